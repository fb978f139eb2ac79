//! Everything SQL. The only room that names sqlx.
//!
//! Promises: what [`Store::commit`] acknowledged is on disk; a Change is written whole or not at
//! all; one set of functions serves `SQLite` and `PostgreSQL`; the business rules that a database can
//! hold, it holds (amounts, unique claims, books that nobody can rewrite).
//!
//! Costs: a batch of Changes is one transaction with a statement per table that it touches, however
//! many Changes it carries ([`committer`]); a payment is loaded whole by one statement, its bill from
//! memory or by one more. Bounded: the queue, the batch, the pools, every page and every piece of
//! due work.
//!
//! Read in this order: [`committer`] (what waits is written), `batch` (how), `schema` and `rows` (the
//! statements and their rows), `lanes` (streams and days), then the readers.

mod arrays;
mod batch;
mod bills;
mod breaks;
mod committer;
mod connect;
mod cursor;
mod deliveries;
mod due;
mod error;
mod events;
mod exec;
mod keys;
mod lanes;
mod ledger;
mod messages;
mod metrics;
mod options;
mod payments;
mod rows;
mod retention;
mod schedules;
mod schema;
mod verify;
mod waiting;
mod walk;
mod webhooks;

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

pub use breaks::{BreakFilter, StoredBreak};
pub use cursor::{Cursor, Page};
pub use deliveries::{Delivery, DeliveryState, DeliveryTarget, FailedDelivery};
pub use error::{CommitError, StoreError};
pub use events::{EventFilter, StoredEvent};
pub use keys::StoredKey;
pub use lanes::{DayState, Ended, StoredDay};
pub use ledger::{AccountTotals, StoredTransfer, TransferFilter, TrialBalance};
pub use messages::MessageHead;
pub use metrics::{Histogram, Snapshot};
pub use options::{Faults, Migrations, Options};
pub use payments::{AttemptFilter, Held, PaymentFilter};
pub use retention::Forgotten;
pub use schedules::{Heartbeat, Published};
pub use verify::{Finding, Progress, VerifyReport};
pub use waiting::Waiting;
pub use webhooks::{Endpoint, EndpointId, Secret};

use crate::{calendar::BusinessDay, change::Change};
use committer::{Committer, Job, Message};
use exec::Db;

/// The store. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    queues: Vec<mpsc::UnboundedSender<Message>>,
    committers: Mutex<Vec<JoinHandle<()>>>,
    turn: AtomicUsize,
    closing: AtomicBool,
    metrics: Arc<metrics::Metrics>,
    bills: bills::Bills,
}

/// Where and in which day a Change was committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The business day that its journals belong to.
    pub day: BusinessDay,
    /// The lane that carried it.
    pub lane: i64,
    /// The number of its batch in that lane.
    pub batch: i64,
}

/// After how many seconds a caller that was turned away may come back.
const RETRY_AFTER_SECS: u64 = 1;

impl Store {
    /// Opens a database (`sqlite:PATH`, made if it is not there, or `postgres://...`), brings its
    /// schema up to date, and starts the committers. Needs a tokio runtime.
    pub async fn open(url: &str, options: Options) -> Result<Self, StoreError> {
        let db = connect::connect(url, &options).await?;
        let lanes = match db {
            Db::Sqlite { .. } => 1,
            Db::Postgres { .. } => options.lanes.max(1),
        };
        let metrics = Arc::new(metrics::Metrics::new(options.queue_limit, options.batch_limit));
        let (mut queues, mut committers) = (Vec::new(), Vec::new());
        for _ in 0..lanes {
            let (sender, queue) = mpsc::unbounded_channel();
            queues.push(sender);
            let committer = Committer {
                db: db.clone(),
                node: options.node.clone(),
                queue,
                metrics: Arc::clone(&metrics),
                batch_limit: options.batch_limit.max(1),
                patience: options.patience,
                faults: options.faults.clone(),
                lane: None,
            };
            committers.push(tokio::spawn(committer.run()));
        }
        let inner = Inner {
            db,
            queues,
            committers: Mutex::new(committers),
            turn: AtomicUsize::new(0),
            closing: AtomicBool::new(false),
            metrics,
            bills: bills::Bills::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Brings the schema of a database up to date; returns how many migrations were applied.
    pub async fn migrate(url: &str) -> Result<usize, StoreError> {
        connect::migrate(url, &Options::new("migrate")).await
    }

    /// The schema that the database has.
    pub async fn schema_version(&self) -> Result<i64, StoreError> {
        let row: Option<(i64,)> = self.db().maybe_row(connect::VERSION, ()).await?;
        Ok(row.map_or(0, |row| row.0))
    }

    /// Whether the database answers and every lane is at work.
    pub async fn ping(&self) -> Result<(), StoreError> {
        if self.committers().iter().any(JoinHandle::is_finished) {
            return Err(StoreError::Closed);
        }
        let _: Option<(i64,)> = self.db().maybe_row("SELECT CAST(1 AS BIGINT)", ()).await?;
        Ok(())
    }

    /// Commits a Change: written whole with whatever else waits, or not at all. Answers after the
    /// COMMIT. A caller that stops waiting loses the answer, not the Change.
    pub async fn commit(&self, change: Change) -> Result<Committed, CommitError> {
        let inner = &self.inner;
        let overloaded = CommitError::Overloaded { retry_after_secs: RETRY_AFTER_SECS };
        if inner.closing.load(Ordering::Acquire) {
            return Err(overloaded);
        }
        let place = inner.metrics.enter().ok_or(overloaded)?;
        let lane = match &change.payment {
            // Always the same lane for a payment: two lanes never wait for one another's rows.
            Some(change) => usize::from(change.payment.id.uuid().as_bytes()[15]),
            None => inner.turn.fetch_add(1, Ordering::Relaxed),
        };
        let quote = change.quote.clone();
        let (answer, answered) = oneshot::channel();
        let job = Box::new(Job { change, answer, place });
        let closed = || CommitError::Broken(StoreError::Closed);
        let queue = &inner.queues[lane % inner.queues.len()];
        queue.send(Message::Commit(job)).map_err(|_| closed())?;
        let answer = answered.await.map_err(|_| closed())?;
        if let (Ok(_), Some(quote)) = (&answer, quote) {
            inner.bills.keep(quote.id, &quote.bill);
        }
        answer
    }

    /// Stops taking Changes, writes those that wait, closes the lanes and the connections.
    pub async fn drain(&self) {
        self.inner.closing.store(true, Ordering::Release);
        for queue in &self.inner.queues {
            // A lane that is gone has nothing to write.
            let _ = queue.send(Message::Close);
        }
        let committers = std::mem::take(&mut *self.committers());
        for committer in committers {
            if let Err(error) = committer.await {
                tracing::error!(error = %error, "a committer broke off");
            }
        }
        self.db().close().await;
    }

    /// What the committers count.
    pub fn metrics(&self) -> Snapshot {
        self.inner.metrics.read()
    }

    fn committers(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.inner.committers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn db(&self) -> &Db {
        &self.inner.db
    }
}
