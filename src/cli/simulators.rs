//! The providers' simulators, together on one listener: `<address>/<provider>/...`.
//!
//! A list: a provider's simulator is added here and nowhere else. Each keeps its own books; with a
//! folder they are found again after the process was killed.

use std::{io, path::Path, sync::Arc};

use axum::{Json, Router, routing::get};
use rusum_fawry::simulator as fawry;
use serde_json::json;
use tokio::{net::TcpListener, sync::watch};

use super::{failure::Failure, http};
use crate::switch::Clock;

/// What the simulators are told when they start.
pub struct Setup<'a> {
    /// Fawry's merchant.
    pub fawry: Merchant,
    /// The folder of the books; without, they last as long as the process.
    pub books: Option<&'a Path>,
    /// The address of the switch that unaddressed notifications go to.
    pub switch_url: Option<&'a str>,
    /// The time.
    pub clock: Clock,
}

/// Fawry's made-up credentials.
#[derive(Clone)]
pub struct Merchant {
    /// The merchant code.
    pub code: String,
    /// The secure key.
    pub secure_key: String,
}

/// The running simulators.
#[derive(Clone)]
pub struct Simulators {
    fawry: fawry::Simulator,
}

impl Simulators {
    /// Opens the books and takes up the notifications that had not arrived.
    pub fn open(setup: Setup<'_>) -> Result<Self, Failure> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .build()
            .map_err(|error| Failure::broken(format!("the simulators' HTTP client: {error}")))?;
        let clock: fawry::Clock = Arc::new(move || setup.clock.now());
        let mut settings = fawry::Settings::new(&setup.fawry.code, &setup.fawry.secure_key, clock, client);
        settings.books = setup.books.map(|folder| folder.join("fawry-books.json"));
        settings.notification_url = setup.switch_url.map(|url| format!("{url}/providers/fawry/notification"));
        let fawry = fawry::Simulator::open(settings).map_err(|error| {
            Failure::unreachable(format!(
                "the books of the simulated Fawry cannot be opened ({error}): give the folder's files \
                 back to this user, or remove the folder to begin anew"
            ))
        })?;
        Ok(Self { fawry })
    }

    /// Their paths, and a list of them at `/`.
    pub fn router(&self) -> Router {
        let list = json!({"providers": [
            {"name": "fawry", "counter": "/fawry/counter", "state": "/fawry/_control/state"},
        ]});
        Router::new().route("/", get(move || async { Json(list) })).nest("/fawry", self.fawry.router())
    }

    /// Serves, beside other paths, until `stop` is true; calls that hang are let go of then.
    pub async fn serve(
        &self,
        listener: TcpListener,
        also: Router,
        stop: watch::Receiver<bool>,
    ) -> io::Result<()> {
        let mut told = stop.clone();
        let ending = async {
            // A sender that is gone says the same as one that says stop.
            let _ = told.wait_for(|stop| *stop).await;
            self.stop().await;
        };
        let (served, ()) = tokio::join!(http::serve(listener, self.router().merge(also), stop), ending);
        served
    }

    /// Stops sending; what had not arrived is taken up at the next start.
    pub async fn stop(&self) {
        self.fawry.stop().await;
    }
}
