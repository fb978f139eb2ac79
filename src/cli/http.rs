//! The server: everything the switch says over HTTP, on one listener, until it is told to stop.
//!
//! Promises: whoever was accepted gets an answer; after the signal no connection is accepted, idle
//! ones are closed, and what is running has [`Bounds::grace`] to finish. Bounded: connections at
//! once, and how long one may take to say what it wants; past the first, callers wait in the
//! kernel's queue.

use std::{
    convert::Infallible,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
};
use tower::ServiceExt;
use tracing::{debug, info, warn};

use super::failure::Failure;
use crate::{api, switch::Switch, web};

/// What one listener bears.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Connections at once.
    pub connections: usize,
    /// How long a connection may take for a request's head; also how long it may be idle.
    pub head: Duration,
    /// How long requests that are running may take after the signal to stop.
    pub grace: Duration,
}

impl Bounds {
    /// What a node behind a proxy needs.
    pub const SERVING: Self =
        Self { connections: 8_192, head: Duration::from_secs(75), grace: Duration::from_secs(30) };
}

/// How long the server rests when the system has no connection left to give.
const EXHAUSTED: Duration = Duration::from_millis(200);

/// All paths of the switch: the API and the pages.
pub fn router(switch: &Switch) -> Router {
    api::router_beside(switch.clone(), web::router(switch.clone()))
}

/// Serves a switch until `stop` is true.
pub async fn serve_on(listener: TcpListener, switch: &Switch, stop: watch::Receiver<bool>) -> io::Result<()> {
    serve(listener, router(switch), stop).await
}

/// Serves a router until `stop` is true or its sender is gone.
pub async fn serve(listener: TcpListener, router: Router, stop: watch::Receiver<bool>) -> io::Result<()> {
    serve_within(Bounds::SERVING, listener, router, stop).await
}

/// Serves a router within these bounds.
pub async fn serve_within(
    bounds: Bounds,
    listener: TcpListener,
    router: Router,
    stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(bounds.head);
    let places = Arc::new(Semaphore::new(bounds.connections));
    let connections = GracefulShutdown::new();
    let stopped = told(stop);
    tokio::pin!(stopped);
    loop {
        let accepted = tokio::select! {
            () = &mut stopped => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Ok((stream, peer, place)) = accepted else {
            tokio::time::sleep(EXHAUSTED).await;
            continue;
        };
        let router = router.clone();
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            answer(router.clone(), peer, request.map(Body::new))
        });
        let connection = connections.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                debug!(%peer, %error, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(bounds.grace, connections.shutdown()).await.is_err() {
        warn!(grace_secs = bounds.grace.as_secs(), "requests were still running; they are cut off");
    }
    Ok(())
}

/// Waits for a place, then for a caller.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await.inspect_err(|error| {
        warn!(%error, "a connection could not be accepted");
    })?;
    // Answers are small and written at once: waiting to fill a packet only adds latency.
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%peer, %error, "a connection could not be told not to wait");
    }
    Ok((stream, peer, place))
}

async fn answer(
    router: Router,
    peer: SocketAddr,
    mut request: Request,
) -> Result<axum::response::Response, Infallible> {
    request.extensions_mut().insert(ConnectInfo(peer));
    router.oneshot(request).await
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

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// A server that answers with its caller's port.
    async fn server(
        bounds: Bounds,
    ) -> (SocketAddr, watch::Sender<bool>, tokio::task::JoinHandle<io::Result<()>>) {
        let who = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.port().to_string() };
        let router = Router::new().route("/", get(who)).route("/never", get(std::future::pending::<()>));
        let listener = listen(loopback(0), "--port").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        (address, stop, tokio::spawn(serve_within(bounds, listener, router, stopped)))
    }

    async fn ask(address: SocketAddr, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    #[tokio::test]
    async fn callers_are_known_by_address_and_idle_ones_let_go_at_the_end() {
        let (address, stop, server) = server(Bounds::SERVING).await;
        let mut stream = ask(address, "/").await;
        let mut answer = [0; 200];
        let read = stream.read(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
        assert!(answer.ends_with(&stream.local_addr().unwrap().port().to_string()), "{answer}");
        stop.send_replace(true);
        server.await.unwrap().unwrap();
        assert_eq!(stream.read(&mut [0]).await.unwrap(), 0, "the idle connection is closed");
    }

    #[tokio::test]
    async fn whoever_says_nothing_is_let_go_and_makes_room() {
        let bounds = Bounds { connections: 1, head: Duration::from_millis(50), ..Bounds::SERVING };
        let (address, _stop, _server) = server(bounds).await;
        let mut silent = TcpStream::connect(address).await.unwrap();
        silent.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        // The only place is taken until the silent one is let go.
        let mut next = ask(address, "/").await;
        assert!(next.read(&mut [0; 200]).await.unwrap() > 0);
        let mut rest = Vec::new();
        let ended = silent.read_to_end(&mut rest).await;
        assert!(ended.is_err() || !rest.starts_with(b"HTTP/1.1 200"), "{rest:?}");
    }

    #[tokio::test]
    async fn what_never_ends_is_cut_off_after_the_grace() {
        let (address, stop, server) =
            server(Bounds { grace: Duration::from_millis(20), ..Bounds::SERVING }).await;
        let _stuck = ask(address, "/never").await;
        let mut other = ask(address, "/").await;
        assert!(other.read(&mut [0; 200]).await.unwrap() > 0);
        stop.send_replace(true);
        server.await.unwrap().unwrap();
    }
}
