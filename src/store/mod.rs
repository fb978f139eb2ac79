//! Everything SQL. The only room that names sqlx.
//!
//! Promises: what [`Store::commit`] acknowledged is on disk; a Change is written whole or not at
//! all; one set of functions serves `SQLite` and `PostgreSQL`; the business rules that a database can
//! hold, it holds (amounts, unique claims, books that nobody can rewrite).
//!
//! Costs: a batch of Changes is one transaction with a statement per table that it touches, however
//! many Changes it carries ([`commit`](Store::commit)); a payment is loaded whole by one statement.
//! Bounded: the queue, the batch, the pools, every page and every piece of due work.

mod cursor;
mod error;
mod events;
mod keys;
mod ledger;
mod messages;
mod metrics;
mod options;
mod payments;
mod schedules;
mod stubs;
mod verify;
mod webhooks;

use std::sync::Arc;

pub use cursor::{Cursor, Page};
pub use error::{CommitError, StoreError};
pub use events::{EventFilter, StoredEvent};
pub use keys::StoredKey;
pub use ledger::{
    AccountTotals, BreakFilter, DayState, Ended, StoredBreak, StoredDay, StoredTransfer, TransferFilter,
    TrialBalance,
};
pub use messages::MessageHead;
pub use metrics::{Histogram, Snapshot};
pub use options::{Faults, Migrations, Options};
pub use payments::{AttemptFilter, Held, PaymentFilter};
pub use schedules::{Heartbeat, Published};
pub use verify::{Finding, Progress, VerifyReport};
pub use webhooks::{Delivery, DeliveryState, DeliveryTarget, Endpoint, EndpointId, FailedDelivery, Secret};

use crate::calendar::BusinessDay;

/// The store. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner;

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
