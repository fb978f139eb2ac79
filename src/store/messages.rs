//! Providers' messages, without their content.

use chrono::{DateTime, Utc};

use crate::{change::MessageState, ids::MessageId};

/// A message without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageHead {
    /// Its id.
    pub id: MessageId,
    /// Who sent it.
    pub provider: String,
    /// To which path.
    pub operation: String,
    /// Whether it is worked off.
    pub state: MessageState,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// When it is worked off next.
    pub due_at: Option<DateTime<Utc>>,
}
