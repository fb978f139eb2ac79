//! The Change: everything that one decision writes, committed together or not at all.
//!
//! A Change has at most one guard, the version of its payment. What may happen only once is a
//! [`Claim`]: a row `(kind, key)` that can exist once; a clash tells who holds it. The core fills in
//! what it decided, the shell adds what only the shell knows (sealed payers, stored answers).

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{
    calendar::BusinessDay,
    fees::Bill,
    ids::{AttemptId, BreakId, EventId, MessageId, PaymentId, QuoteId, RefundId},
    ledger::Journal,
    money::Piastres,
    payments::{EventType, Payment},
};

/// Everything that one decision writes.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The payment as it then is, and what it was decided from.
    pub payment: Option<PaymentChange>,
    /// The business events to post.
    pub journals: Vec<Journal>,
    /// What the world is told.
    pub events: Vec<Event>,
    /// The differences that have to be explained.
    pub breaks: Vec<Break>,
    /// What may happen only once.
    pub claims: Vec<Claim>,
    /// A new quote.
    pub quote: Option<Quote>,
    /// The payer of a new payment, sealed.
    pub payer: Option<SealedPayer>,
    /// The answer that a replay of the call gets.
    pub answer: Option<StoredAnswer>,
    /// A new message of a provider.
    pub message: Option<StoredMessage>,
    /// A message that this Change works off.
    pub worked_off: Option<(MessageId, MessageState)>,
}

/// A payment's new state and its guard.
#[derive(Clone, Debug)]
pub struct PaymentChange {
    /// What must still hold when it is written.
    pub guard: Guard,
    /// The state to write; its version is the new one.
    pub payment: Arc<Payment>,
    /// The attempts that are new or changed.
    pub attempts: Vec<AttemptId>,
    /// The refunds that are new or changed.
    pub refunds: Vec<RefundId>,
}

/// What must still hold when a payment is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// It does not exist yet.
    New,
    /// It is still at this version.
    Version(i64),
}

/// Something that may happen only once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Claim {
    /// What kind of thing.
    pub kind: ClaimKind,
    /// Which.
    pub key: String,
    /// What whoever clashes with it is told: a payment, a fingerprint.
    pub holder: String,
}

/// What kinds of things may happen only once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClaimKind {
    /// A call under an idempotency key; the holder is the fingerprint of its body.
    Idempotency,
    /// A quote is bound; the holder is the payment.
    Quote,
    /// A payment reference is given out; the holder is the payment.
    Reference,
    /// A provider's collection is booked; the holder is the attempt, or `suspense`.
    Collection,
    /// A provider's message is stored; the holder is the message.
    Message,
    /// A batch of the Committer was committed; how an unknown COMMIT is resolved.
    Batch,
}

impl ClaimKind {
    /// The word used in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Idempotency => "idempotency",
            Self::Quote => "quote",
            Self::Reference => "reference",
            Self::Collection => "collection",
            Self::Message => "message",
            Self::Batch => "batch",
        }
    }
}

/// Something that the world is told, as the object was at its commit.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its id; the same in every delivery.
    pub id: EventId,
    /// What happened.
    pub kind: EventType,
    /// The payment it is about, if it is about one.
    pub payment: Option<PaymentId>,
    /// Grows by one per payment; 0 where there is no payment.
    pub sequence: i64,
    /// When it was decided.
    pub at: DateTime<Utc>,
    /// The object, as JSON.
    pub data: Arc<RawValue>,
}

/// A difference that has to be explained. Immutable; what happens to it is its history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// Its id.
    pub id: BreakId,
    /// Its class in the taxonomy.
    pub code: BreakCode,
    /// Whose account it sits in.
    pub provider: String,
    /// The difference.
    pub amount: Piastres,
    /// What it contributes to the provider's identity: receivable + disputed + reserve +
    /// chargebacks − suspense − payable = items not yet due + Σ clearing amounts.
    pub clearing_amount: Piastres,
    /// The day it is about, where that is not the day of the commit.
    pub day: Option<BusinessDay>,
    /// The payment, if it is about one.
    pub payment: Option<PaymentId>,
    /// What was told: the provider's reference and what the message said of it.
    pub note: String,
    /// When it was found.
    pub at: DateTime<Utc>,
}

/// The classes of differences that are found while payments are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub enum BreakCode {
    /// Collected for a reference that we do not know.
    P02,
    /// More was collected than was due.
    P03,
    /// Less was collected than was due.
    P04,
    /// Collected in another currency.
    P05,
}

impl BreakCode {
    /// All codes.
    pub const ALL: [Self; 4] = [Self::P02, Self::P03, Self::P04, Self::P05];

    /// The code of the taxonomy.
    pub const fn code(self) -> &'static str {
        match self {
            Self::P02 => "P02",
            Self::P03 => "P03",
            Self::P04 => "P04",
            Self::P05 => "P05",
        }
    }
}

/// A quote as it is kept.
#[derive(Clone, Debug)]
pub struct Quote {
    /// Its id.
    pub id: QuoteId,
    /// What it says.
    pub bill: Arc<Bill>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when it can be bound.
    pub expires_at: DateTime<Utc>,
}

/// A payer's data, sealed: the store never sees it open.
#[derive(Clone)]
pub struct SealedPayer {
    /// Whose.
    pub payment: PaymentId,
    /// The key it is sealed under.
    pub key_id: String,
    /// XChaCha20-Poly1305: nonce, then ciphertext and tag.
    pub sealed: Vec<u8>,
    /// A keyed hash of the national id, for finding without reading.
    pub national_id_hash: Option<Vec<u8>>,
}

impl std::fmt::Debug for SealedPayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealedPayer({})", self.payment)
    }
}

/// What a replay of a call is answered, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    /// The key of its idempotency claim.
    pub key: String,
    /// The HTTP status.
    pub status: u16,
    /// The media type.
    pub content_type: String,
    /// The body.
    pub body: String,
}

/// A provider's message, sealed: it holds personal data.
#[derive(Clone)]
pub struct StoredMessage {
    /// Its id.
    pub id: MessageId,
    /// Who sent it.
    pub provider: String,
    /// To which path.
    pub operation: String,
    /// Whether it can be worked off.
    pub state: MessageState,
    /// The key it is sealed under.
    pub key_id: String,
    /// The message, sealed.
    pub sealed: Vec<u8>,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// When it is worked off next.
    pub due_at: Option<DateTime<Utc>>,
}

impl std::fmt::Debug for StoredMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredMessage({} {}/{} {:?})", self.id, self.provider, self.operation, self.state)
    }
}

/// Where a provider's message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageState {
    /// Verified; its effect is still to be made.
    Waiting,
    /// Its effect is made, or it had none.
    Applied,
    /// Verified, but it makes no sense: somebody has to look.
    Unreadable,
    /// Not verified: kept for the security log, without effect.
    Unverified,
}

impl MessageState {
    /// The word used in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Applied => "applied",
            Self::Unreadable => "unreadable",
            Self::Unverified => "unverified",
        }
    }
}

/// Makes ids; given to the core by the shell.
pub type Fresh<'a> = &'a dyn Fn() -> Uuid;
