//! Reading payments, and what a claim says.

use chrono::{DateTime, Utc};

use crate::{
    change::StoredAnswer,
    payments::{AttemptStatus, PaymentStatus},
    reference::Reference,
};

/// Which payments; what is not given does not narrow the list.
#[derive(Clone, Debug, Default)]
pub struct PaymentFilter {
    /// The payment's own reference.
    pub reference: Option<Reference>,
    /// The caller's reference.
    pub client_reference: Option<String>,
    /// A provider's reference of one of its attempts.
    pub provider_reference: Option<String>,
    /// Where it stands.
    pub status: Option<PaymentStatus>,
    /// A service that it pays.
    pub service: Option<String>,
    /// The governorate it was asked for in.
    pub governorate: Option<String>,
    /// Made at or after.
    pub from: Option<DateTime<Utc>>,
    /// Made before.
    pub to: Option<DateTime<Utc>>,
    /// Whose it is.
    pub owner: Option<String>,
}

/// Which attempts.
#[derive(Clone, Debug, Default)]
pub struct AttemptFilter {
    /// Where it stands.
    pub status: Option<AttemptStatus>,
    /// Through whom.
    pub provider: Option<String>,
    /// Unknown since before this instant, or where it is not unknown, made before it.
    pub older_than: Option<DateTime<Utc>>,
}

/// An idempotency claim and the answer stored under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The holder: the fingerprint of the first call's body.
    pub holder: String,
    /// What that call was answered, once it was.
    pub answer: Option<StoredAnswer>,
}
