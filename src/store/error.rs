//! What can go wrong in the store, told apart by what the caller can do about it.

use std::sync::Arc;

use crate::change::Claim;

/// The store is broken, unreachable or was asked for what it cannot do. The caller answers 5xx,
/// but for [`StoreError::Cursor`], which is the caller's own fault.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The address is of no known form.
    #[error(
        "{0:?} is not the address of a database: write sqlite:PATH, as in sqlite:rusum.db, or postgres://USER@HOST:PORT/NAME"
    )]
    Url(String),
    /// Nothing answers there, or it lets nobody in.
    #[error(
        "the database {address} cannot be opened ({cause}): check that it runs, the address and the access rights"
    )]
    Unreachable {
        /// The address, without its password.
        address: String,
        /// What the driver says.
        cause: String,
    },
    /// A newer binary has changed the schema beyond what this one understands.
    #[error(
        "the database has schema {found}, which needs a binary that knows schema {least}; this one knows {known}: run a newer binary"
    )]
    NewerSchema {
        /// What the database has.
        found: i64,
        /// The schema that a binary must know to run on it.
        least: i64,
        /// What this binary knows.
        known: i64,
    },
    /// The schema is older than this binary and it was told not to change it.
    #[error("the database has schema {found}, this binary needs {known}: run `rusum migrate` first")]
    OlderSchema {
        /// What the database has.
        found: i64,
        /// What this binary needs.
        known: i64,
    },
    /// A migration failed; nothing of it was kept.
    #[error("the schema could not be brought up to date")]
    Migration(#[source] Arc<sqlx::migrate::MigrateError>),
    /// The database refused a statement or broke off.
    #[error("the database refused or broke off")]
    Database(#[source] Arc<sqlx::Error>),
    /// A stored value cannot be understood: it was not written by this switch.
    #[error("the database holds a {what} that cannot be understood: {value:?}")]
    Unreadable {
        /// What it should be.
        what: &'static str,
        /// What is there.
        value: String,
    },
    /// A cursor that this list did not give out.
    #[error("{0:?} is not a cursor of this list: take next_cursor of the page before, or none")]
    Cursor(String),
    /// The outcome of a COMMIT could not be found out in time.
    #[error(
        "the connection died during COMMIT and the database did not come back to tell whether batch {0} is in"
    )]
    Undecided(String),
    /// No business day is open: the store was opened, but nobody began a day.
    #[error("no business day is open: begin one before anything is committed")]
    NoOpenDay,
    /// A day that cannot be ended because it has not begun.
    #[error("business day {asked} has not begun: {open} is open")]
    DayNotBegun {
        /// The day that was to be ended.
        asked: crate::calendar::BusinessDay,
        /// The day that is open.
        open: crate::calendar::BusinessDay,
    },
    /// A published version never changes.
    #[error(
        "version {version} of {authority} is published with digest {published}: give the changed file a new version"
    )]
    AlreadyPublished {
        /// Whose schedule.
        authority: String,
        /// Its version.
        version: String,
        /// The digest that is in force.
        published: String,
    },
    /// A place that the output cannot be written to.
    #[error("the output cannot be written")]
    Output(#[source] Arc<std::io::Error>),
    /// The store has been drained.
    #[error("the store is closed")]
    Closed,
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::PoolClosed => Self::Closed,
            other => Self::Database(Arc::new(other)),
        }
    }
}

impl StoreError {
    pub(super) fn unreadable(what: &'static str, value: impl std::fmt::Display) -> Self {
        Self::Unreadable { what, value: value.to_string().chars().take(200).collect() }
    }
}

/// Why a Change was not committed. Nothing of it was written.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CommitError {
    /// The payment has moved on since it was read: load it again, decide again, commit again.
    #[error("the payment has changed since it was read")]
    Stale,
    /// A claim is held already; it comes back with the holder that is stored.
    #[error("{} {:?} is held by {:?}", .0.kind.code(), .0.key, .0.holder)]
    Claimed(Claim),
    /// The queue is full or the store is closing: nothing was queued.
    #[error("too much is waiting to be written: try again in {retry_after_secs} s")]
    Overloaded {
        /// After how many seconds to try again.
        retry_after_secs: u64,
    },
    /// The database refused this Change, or could not be reached.
    #[error(transparent)]
    Broken(#[from] StoreError),
}
