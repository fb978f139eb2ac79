//! The switch: carries out what the core decides.
//!
//! It loads what a decision needs, asks the core, commits the Change, and only then answers; it
//! talks to providers between the intent and the result, never inside a transaction. Every call
//! that changes something runs to its end even when the caller hangs up, and everything that a dead
//! process leaves undone is a row with a `due_at` that any node takes up ([`jobs`]).

mod attempts;
pub mod breaker;
pub mod clock;
pub mod error;
pub mod jobs;
pub mod keys;
mod memory;
mod notifications;
mod once;
mod payments;
pub mod providers;
mod quotes;
mod receipts;
pub mod schedules;
pub mod settings;
pub mod transport;
pub mod vault;
pub mod webhooks;

use std::{
    ops::Deref,
    sync::{Arc, RwLock},
    time::Duration,
};

use rusum_kit::provider::Provider;
use tokio::sync::{Notify, Semaphore};

pub use self::{
    attempts::AttemptOrder,
    clock::Clock,
    error::SwitchError,
    jobs::Jobs,
    once::Once,
    payments::{Payer, PaymentOrder},
    settings::Settings,
    vault::Vault,
};
use self::{memory::Memory, once::Running, transport::Transport};
use crate::{
    calendar::{self, BusinessDay},
    fees::Catalogue,
    payments::{Context, Payment, view::Links},
    store::{Options, Store},
};

/// How many messages of providers are worked off at the same time; more wait in the store.
const MESSAGES_AT_ONCE: usize = 64;

/// The switch. Clones share everything.
#[derive(Clone)]
pub struct Switch(Arc<Inner>);

/// What the clones share.
pub struct Inner {
    settings: Settings,
    store: Store,
    clock: Clock,
    links: Links,
    vault: Vault,
    catalogue: Arc<Catalogue>,
    in_force: RwLock<Result<(), String>>,
    comparing: tokio::sync::Mutex<()>,
    providers: Vec<Arc<dyn Provider>>,
    transport: Transport,
    courier: webhooks::Courier,
    running: Running,
    memory: Memory,
    messages: Semaphore,
    unverified: notifications::SecurityLog,
    /// Rung when there may be deliveries to make.
    outbox: Notify,
}

impl Deref for Switch {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The person or system behind the key: whose objects these are.
    pub owner: String,
    /// Whether the key's scopes let it see every client's objects.
    pub sees_all: bool,
}

/// What a call is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// The body, sent byte for byte.
    pub body: String,
    /// Whether an earlier call made it.
    pub replayed: bool,
}

impl Caller {
    /// A citizen who holds a payment's checkout link.
    pub fn citizen() -> Self {
        Self { owner: "citizen".to_owned(), sees_all: true }
    }

    /// Whether this caller may see a payment.
    pub fn sees(&self, payment: &Payment) -> bool {
        self.sees_all || payment.owner == self.owner
    }
}

impl Switch {
    /// A switch with these settings: opens the store, loads schedules and providers. Nothing runs
    /// in the background until [`Switch::run`].
    pub async fn start(settings: Settings, clock: Clock) -> Result<Self, SwitchError> {
        let broken = |error: &dyn std::error::Error| SwitchError::Broken(error.to_string());
        let vault = settings.vault().map_err(|error| broken(&error))?;
        let checkout_key = settings.checkout_key().map_err(|error| broken(&error))?;
        let store = Store::open(&settings.database_url, options(&settings)).await?;
        store.ensure_open_day(current_day(&settings, &clock), clock.now()).await?;
        let catalogue = schedules::load(&settings)?;
        let inner = Inner {
            links: Links {
                base_url: settings.base_url.clone(),
                checkout_key: checkout_key.as_slice().into(),
            },
            vault,
            comparing: tokio::sync::Mutex::default(),
            in_force: RwLock::new(Err("not compared with what is in force yet".to_owned())),
            providers: providers::all(&settings.providers).map_err(|error| broken(&error))?,
            transport: Transport::try_new(clock.clone()).map_err(|error| broken(&error))?,
            courier: webhooks::Courier::try_new(settings.webhooks).map_err(|error| broken(&error))?,
            running: Running::default(),
            memory: Memory::default(),
            messages: Semaphore::new(MESSAGES_AT_ONCE),
            unverified: notifications::SecurityLog::default(),
            outbox: Notify::new(),
            catalogue: Arc::new(catalogue),
            settings,
            store,
            clock,
        };
        let switch = Self(Arc::new(inner));
        switch.compare_schedules().await?;
        Ok(switch)
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Where links lead.
    pub fn links(&self) -> &Links {
        &self.links
    }

    /// The vault.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// The schedules that this node holds.
    pub fn catalogue(&self) -> Arc<Catalogue> {
        self.catalogue.clone()
    }

    /// The transport to providers, for its health.
    pub fn transport(&self) -> &Transport {
        &self.transport
    }

    /// The providers, in the order in which routing prefers them.
    pub fn providers(&self) -> &[Arc<dyn Provider>] {
        &self.providers
    }

    fn provider(&self, id: &str) -> Option<&Arc<dyn Provider>> {
        self.providers.iter().find(|provider| provider.profile().id == id)
    }

    /// For how long this node has to itself what it takes up.
    fn lease(&self) -> Duration {
        Duration::from_secs(self.settings.limits.lease_secs)
    }

    /// What a decision made now needs.
    fn context(&self) -> Context<'_> {
        Context { now: self.clock.now(), links: &self.links, fresh: &clock::fresh }
    }
}

fn options(settings: &Settings) -> Options {
    Options {
        lanes: settings.committer.lanes,
        queue_limit: settings.committer.queue,
        batch_limit: settings.committer.batch,
        ..Options::new(&settings.node)
    }
}

/// The business day that should be open now: days end at their hour of the next Cairo date.
fn current_day(settings: &Settings, clock: &Clock) -> BusinessDay {
    let now = clock.now();
    let today = calendar::cairo_date(now);
    let ended_yesterday = calendar::instant(today, settings.day.ends_at) <= now;
    if ended_yesterday { BusinessDay(today) } else { BusinessDay(today.pred_opt().unwrap_or(today)) }
}
