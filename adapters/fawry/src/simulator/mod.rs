//! A Fawry of our own: a real HTTP server that behaves as Fawry's documents say.
//!
//! Mount [`Simulator::router`] under `/fawry`. It serves
//!
//! - Fawry's endpoints (`endpoints`), with its signatures checked and its codes answered;
//! - the counter (`counter`): a page where a person types a code and pays;
//! - `_control/...` (`control`): pay, decline, refund, charge back and break things from outside, see
//!   the books, fetch the settlement file (`report`).
//!
//! Notifications (`callbacks`) go to the order's own webhook, else to the configured address, again
//! and again until they are answered with 200, as often as [`Redelivery`] says. Its books (`books`)
//! are its own; with a file it finds them again after it was killed.
//!
//! It shares no code with the adapter but the wire's vocabulary, and decides for itself where the
//! documents are silent:
//!
//! - the same `merchantRefNum` with the same amount and expiry again is the same order, with other
//!   data it is refused;
//! - refusals that no document lists have codes of our own ([`code`]);
//! - an answer or notification about an order that was given back in part tells the total given back
//!   as `refundedAmount`;
//! - a notification comes at payment, refusal, withdrawal and refund, not at making and expiry;
//! - an order that was paid several times is told as paid by the first one.
//!
//! The books sit behind one lock that is never held across an await; writing their file blocks for
//! the time of one small write.

mod acts;
mod books;
mod callbacks;
mod control;
mod counter;
mod endpoints;
mod faults;
mod messages;
mod report;

use std::{
    fmt, io,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::Router;
use chrono::{DateTime, Utc};
use rusum_kit::Piastres;
use tokio::{
    sync::{Semaphore, watch},
    task::JoinSet,
};

use self::{books::Books, callbacks::IN_FLIGHT_MAX, faults::Faults};

/// Codes of refusals that Fawry's documents do not list: ours.
pub mod code {
    /// The request is not what the document says.
    pub const MALFORMED: &str = "9990";
    /// The merchant's reference is taken by an order with other data.
    pub const REFERENCE_TAKEN: &str = "9991";
    /// The order is paid, or was closed otherwise.
    pub const NOT_UNPAID: &str = "9992";
    /// More would be given back than is left.
    pub const REFUND_TOO_LARGE: &str = "9993";
}

/// Tells the time: expiry, business days and receipts follow it.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// How this Fawry is set up.
#[derive(Clone)]
pub struct Settings {
    /// The one merchant that it knows.
    pub merchant_code: String,
    /// The key that signatures end in. Never printed.
    pub secure_key: String,
    /// Where notifications go of orders that name no webhook of their own.
    pub notification_url: Option<String>,
    /// The file of its books; without, they last as long as the process.
    pub books: Option<PathBuf>,
    /// The time.
    pub clock: Clock,
    /// Sends notifications. It must have been built after a TLS provider was installed.
    pub client: reqwest::Client,
    /// What it adds for the payer at the counter.
    pub payer_fee: Piastres,
    /// How notifications are repeated.
    pub redelivery: Redelivery,
    /// How long a call hangs that gets no answer.
    pub hang: Duration,
    /// What it keeps for itself, in its settlement file.
    pub commission: Commission,
}

/// How notifications are repeated until they are answered with 200.
#[derive(Clone, Copy, Debug)]
pub struct Redelivery {
    /// The pause after the first attempt; it doubles with each.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// How often one is sent in all; then it is given up, and stays listed.
    pub attempts: u32,
    /// How long one attempt may take.
    pub timeout: Duration,
}

/// A commission in hundredths of a percent of what was collected, rounded to the piastre, half up.
#[derive(Clone, Copy, Debug)]
pub struct Commission {
    /// Of each amount collected.
    pub basis_points: i64,
    /// Tax on the commission.
    pub tax_basis_points: i64,
}

impl Settings {
    /// A Fawry for one merchant, with figures fit for a demonstration: no fee on top, a made-up
    /// commission of 1 % and 14 % tax on it, notifications repeated after 0.2 s to 10 s, 20 times.
    pub fn new(merchant_code: &str, secure_key: &str, clock: Clock, client: reqwest::Client) -> Self {
        Self {
            merchant_code: merchant_code.to_owned(),
            secure_key: secure_key.to_owned(),
            notification_url: None,
            books: None,
            clock,
            client,
            payer_fee: Piastres::ZERO,
            redelivery: Redelivery {
                first: Duration::from_millis(200),
                longest: Duration::from_secs(10),
                attempts: 20,
                timeout: Duration::from_secs(10),
            },
            hang: Duration::from_mins(1),
            commission: Commission { basis_points: 100, tax_basis_points: 1_400 },
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("merchant_code", &self.merchant_code)
            .field("notification_url", &self.notification_url)
            .field("books", &self.books)
            .finish_non_exhaustive()
    }
}

/// A running Fawry. Clones are the same one.
#[derive(Clone)]
pub struct Simulator(Arc<Shared>);

/// What all its parts share.
struct Shared {
    settings: Settings,
    books: Mutex<Books>,
    faults: Mutex<Faults>,
    callbacks: Mutex<JoinSet<()>>,
    /// Bounds how many notifications are on the wire at once.
    in_flight: Semaphore,
    /// How many notifications have been received; those that are held back wait for it to change.
    received: watch::Sender<u64>,
    /// Whether it is to stop.
    stopping: watch::Sender<bool>,
}

impl Simulator {
    /// Opens the books and takes up the notifications that had not arrived. To be called inside a
    /// Tokio runtime, which sends them.
    pub fn open(settings: Settings) -> io::Result<Self> {
        let books = Books::open(settings.books.as_deref())?;
        let simulator = Self(Arc::new(Shared {
            settings,
            books: Mutex::new(books),
            faults: Mutex::default(),
            callbacks: Mutex::default(),
            in_flight: Semaphore::new(IN_FLIGHT_MAX),
            received: watch::Sender::new(0),
            stopping: watch::Sender::new(false),
        }));
        simulator.resume_callbacks();
        Ok(simulator)
    }

    /// All its pages and endpoints, with paths that begin at `/`: nest it under `/fawry`.
    pub fn router(&self) -> Router {
        Router::new()
            .merge(endpoints::router())
            .merge(counter::router())
            .nest("/_control", control::router())
            .with_state(self.clone())
    }

    /// Stops sending notifications and lets go of calls that hang. What had not arrived is taken up
    /// again by the next [`Simulator::open`] of the same books.
    pub async fn stop(&self) {
        self.0.stopping.send_replace(true);
        let mut callbacks = std::mem::take(&mut *locked(&self.0.callbacks));
        while callbacks.join_next().await.is_some() {}
    }

    fn settings(&self) -> &Settings {
        &self.0.settings
    }

    fn now(&self) -> DateTime<Utc> {
        (self.0.settings.clock)()
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        locked(&self.0.books)
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        locked(&self.0.faults)
    }

    /// Waits, but not beyond the end.
    async fn pause(&self, duration: Duration) {
        let mut stopping = self.0.stopping.subscribe();
        tokio::select! {
            () = tokio::time::sleep(duration) => {}
            _ = stopping.wait_for(|stopping| *stopping) => {}
        }
    }

    fn is_stopping(&self) -> bool {
        *self.0.stopping.borrow()
    }
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Simulator").field(&self.0.settings).finish()
    }
}

/// A lock whose holder panicked is still a lock: every change to what it guards is one step.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
