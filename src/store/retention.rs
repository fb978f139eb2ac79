//! Retention: personal data goes when its time is over.
//!
//! Promises: what is forgotten is gone from the tables, not hidden; the books, the masked payer and
//! the claims stay, so that nothing that happened once can happen again. Ids sort by the time they
//! were made, so each table is cut at one place of its primary key: two statements, no scan.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Store, StoreError};

/// How many rows were forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Payers' sealed data.
    pub payers: u64,
    /// Providers' sealed messages.
    pub messages: u64,
}

/// The least id that was made at or after an instant.
fn first_id(at: DateTime<Utc>) -> Uuid {
    let millis = u128::try_from(at.timestamp_millis()).unwrap_or(0);
    Uuid::from_u128(millis << 80)
}

impl Store {
    /// Forgets the payers of payments made before the one instant, and messages that came before
    /// the other and have been worked off.
    pub async fn forget(
        &self,
        payers_before: DateTime<Utc>,
        messages_before: DateTime<Utc>,
    ) -> Result<Forgotten, StoreError> {
        const PAYERS: &str = "DELETE FROM payers WHERE payment_id < $1";
        const MESSAGES: &str = "DELETE FROM messages WHERE id < $1 AND state <> 'waiting'";
        Ok(Forgotten {
            payers: self.db().execute(PAYERS, (first_id(payers_before),)).await?,
            messages: self.db().execute(MESSAGES, (first_id(messages_before),)).await?,
        })
    }
}
