//! What waits for somebody: the counts that a monitor looks at.
//!
//! Promises: every count is read through an index or off the newest rows, and stops at the bound it
//! is given, so that asking costs the same on a large database; one statement for all of them.

use super::{Store, StoreError};

/// How much of everything waits; each figure stops at the bound that was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Attempts whose outcome nobody knows.
    pub attempts_unknown: i64,
    /// Deliveries that are to be sent for the first time.
    pub deliveries_pending: i64,
    /// Deliveries that failed and are tried again.
    pub deliveries_failing: i64,
    /// Deliveries that were given up.
    pub deliveries_dead: i64,
    /// Providers' messages whose effect is still to be made.
    pub messages_waiting: i64,
    /// Verified messages that make no sense, among the newest ten times the bound.
    pub messages_unreadable: i64,
    /// Messages that could not be verified and are kept.
    pub messages_unverified: i64,
}

impl Store {
    /// Counts what waits, each up to `most`.
    pub async fn waiting(&self, most: u32) -> Result<Waiting, StoreError> {
        const COUNTS: &str = "SELECT \
             (SELECT COUNT(*) FROM (SELECT 1 FROM attempts \
              WHERE unknown_since IS NOT NULL AND status = 'unknown' LIMIT $1) AS a), \
             (SELECT COUNT(*) FROM (SELECT 1 FROM deliveries \
              WHERE due_at IS NOT NULL AND failing_since IS NULL LIMIT $1) AS b), \
             (SELECT COUNT(*) FROM (SELECT 1 FROM deliveries \
              WHERE due_at IS NOT NULL AND failing_since IS NOT NULL LIMIT $1) AS c), \
             (SELECT COUNT(*) FROM (SELECT 1 FROM deliveries WHERE state = 'dead' LIMIT $1) AS d), \
             (SELECT COUNT(*) FROM (SELECT 1 FROM messages \
              WHERE due_at IS NOT NULL AND state = 'waiting' LIMIT $1) AS e), \
             (SELECT COUNT(*) FROM (SELECT state FROM messages ORDER BY id DESC LIMIT $2) AS f \
              WHERE state = 'unreadable'), \
             (SELECT COUNT(*) FROM (SELECT 1 FROM messages WHERE state = 'unverified' LIMIT $1) AS g)";
        let most = i64::from(most);
        let row: Option<(i64, i64, i64, i64, i64, i64, i64)> =
            self.db().maybe_row(COUNTS, (most, most.saturating_mul(10))).await?;
        let (unknown, pending, failing, dead, waiting, unreadable, unverified) = row.unwrap_or_default();
        Ok(Waiting {
            attempts_unknown: unknown,
            deliveries_pending: pending,
            deliveries_failing: failing,
            deliveries_dead: dead,
            messages_waiting: waiting,
            messages_unreadable: unreadable.min(most),
            messages_unverified: unverified,
        })
    }
}
