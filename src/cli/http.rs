//! The server: everything the switch says over HTTP, on one listener, until it is told to stop.
//!
//! Promises: whoever was accepted gets an answer; after the signal no connection is accepted, idle
//! ones are closed, and what is running has [`GRACE`] to finish.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use axum::{Router, serve::ListenerExt};
use tokio::{net::TcpListener, sync::watch};
use tracing::{info, warn};

use super::failure::Failure;
use crate::{api, switch::Switch, web};

/// How long requests that are running may take after the signal to stop.
const GRACE: Duration = Duration::from_secs(30);

/// All paths of the switch: the API and the pages.
pub fn router(switch: &Switch) -> Router {
    api::router(switch.clone()).merge(web::router(switch.clone()))
}

/// Serves a switch until `stop` is true.
pub async fn serve_on(listener: TcpListener, switch: &Switch, stop: watch::Receiver<bool>) -> io::Result<()> {
    serve(listener, router(switch), stop).await
}

/// Serves a router until `stop` is true or its sender is gone.
pub async fn serve(listener: TcpListener, router: Router, stop: watch::Receiver<bool>) -> io::Result<()> {
    // Answers are small and written at once: waiting to fill a packet only adds latency.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            warn!(%error, "a connection could not be told not to wait");
        }
    });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(told(stop.clone()));
    let too_late = async {
        told(stop).await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        ended = server => ended,
        () = too_late => {
            warn!(grace_secs = GRACE.as_secs(), "requests were still running; they are cut off");
            Ok(())
        }
    }
}

async fn told(mut stop: watch::Receiver<bool>) {
    // A sender that is gone says the same as one that says stop.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Listens; a port that is in use is told with the option that changes it.
pub async fn listen(address: SocketAddr, option: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let port = address.port();
        Failure::unreachable(match error.kind() {
            io::ErrorKind::AddrInUse => format!(
                "port {port} of {} is in use: stop what listens there, or choose another with {option}",
                address.ip()
            ),
            io::ErrorKind::PermissionDenied => {
                format!("port {port} may not be used by this user: choose one above 1023 with {option}")
            }
            _ => format!("{address} cannot be listened on ({error}): choose another with {option}"),
        })
    })
}

/// This port on the loopback interface.
pub fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// True once the process is asked to stop, by Ctrl-C or SIGTERM; a second signal ends it at once.
pub fn signals() -> Result<watch::Receiver<bool>, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let failed = |error: io::Error| Failure::broken(format!("signals cannot be listened to: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        info!("asked to stop: draining");
        stop.send_replace(true);
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        warn!("asked again: stopping at once; what is unfinished is resumed at the next start");
        std::process::exit(130);
    });
    Ok(stopped)
}
