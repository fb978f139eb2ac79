//! What a payment is: one aggregate with its attempts and refunds, changed only under its version.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use rusum_kit::provider::{NextAction, Reason};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::states::{AttemptStatus, PaymentStatus, RefundStatus, SettlementStatus};
use crate::{
    fees::Bill,
    ids::{AttemptId, PaymentId, QuoteId, RefundId},
    money::{Method, Piastres, Tender},
    reference::Reference,
};

/// A payment and everything that hangs on its version.
#[derive(Clone, Debug, PartialEq)]
pub struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// What the citizen types at a counter.
    pub reference: Reference,
    /// Whose it is: the owner of the key that made it.
    pub owner: String,
    /// The quote that it bound.
    pub quote: QuoteId,
    /// What that quote said; never recomputed.
    pub bill: Arc<Bill>,
    /// The caller's own reference.
    pub client_reference: Option<String>,
    /// Where the browser goes when it is done.
    pub return_url: Option<String>,
    /// The language of pages and messages.
    pub language: Language,
    /// The payer as anybody may see them.
    pub payer: Option<MaskedPayer>,
    /// When the money is taken.
    pub capture: Capture,
    /// The caller's own pairs.
    pub metadata: BTreeMap<String, String>,
    /// Where it stands.
    pub status: PaymentStatus,
    /// Grows by one with every change; the guard of every change.
    pub version: i64,
    /// The sequence of the last event.
    pub event_sequence: i64,
    /// What was collected for it.
    pub amount_paid: Piastres,
    /// What came beyond that.
    pub amount_excess: Piastres,
    /// What was given back of what was paid.
    pub amount_refunded: Piastres,
    /// What was given back of the excess.
    pub excess_refunded: Piastres,
    /// What payers' banks took back.
    pub amount_charged_back: Piastres,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it can no longer be paid.
    pub expires_at: DateTime<Utc>,
    /// When it was paid.
    pub paid_at: Option<DateTime<Utc>>,
    /// Its attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// Its refunds, oldest first.
    pub refunds: Vec<Refund>,
}

/// One try to pay a payment in one way through one provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// Its number within the payment, from 1.
    pub number: i32,
    /// The way to pay.
    pub method: Method,
    /// With what, as far as it is known before the money comes.
    pub tender: Tender,
    /// Through whom; [`NO_PROVIDER`] where nothing is left to be collected.
    pub provider: String,
    /// Where it stands.
    pub status: AttemptStatus,
    /// What the citizen pays this way.
    pub amount: Piastres,
    /// What the provider knows it by: our reference.
    pub merchant_reference: String,
    /// The provider's own reference, once there is one.
    pub provider_reference: Option<String>,
    /// What the citizen has to do next.
    pub next_action: Option<NextAction>,
    /// Why this provider was chosen.
    pub routing: Routing,
    /// The idempotency claim of the call that made it: the answer is stored with the result.
    pub answers: Option<String>,
    /// What was collected by it, each collection once.
    pub collections: Vec<Collection>,
    /// Why it was declined, failed or is unknown.
    pub reason: Option<Reason>,
    /// Since when its outcome has been unknown.
    pub unknown_since: Option<DateTime<Utc>>,
    /// When the switch has to look at it next; nothing when there is nothing left to ask.
    pub due_at: Option<DateTime<Utc>>,
    /// How often the switch has asked since its state last changed.
    pub asked: i32,
    /// Whether its collection was reported and settled; kept in rows of its own.
    pub settlement: SettlementStatus,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// The provider of an attempt for which nothing is left to be collected: an incentive bears all.
pub const NO_PROVIDER: &str = "none";

/// Money that a provider stated it collected by an attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Collection {
    /// The provider's id of this very collection, where it has one apart from the charge's.
    pub transaction: Option<String>,
    /// How much was collected for us.
    pub amount: Piastres,
    /// What the provider added for the payer.
    pub payer_fee: Piastres,
    /// With what, where the provider told.
    pub tender: Option<Tender>,
    /// When the provider collected it; its day is not ours at midnight.
    pub collected_at: Option<DateTime<Utc>>,
    /// How it was booked.
    pub booked: Booked,
}

/// How a collection was booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Booked {
    /// It paid the payment.
    Paid,
    /// It is to be given back.
    Excess,
    /// Its amount is wrong: whole in suspense.
    Suspense,
    /// It is in another currency: nothing can be booked, a break stands for it.
    Unbooked,
}

/// Money on its way back.
#[derive(Clone, Debug, PartialEq)]
pub struct Refund {
    /// Its id.
    pub id: RefundId,
    /// The attempt whose money it gives back.
    pub attempt: AttemptId,
    /// What it gives back.
    pub of: RefundOf,
    /// Where it stands.
    pub status: RefundStatus,
    /// How much.
    pub amount: Piastres,
    /// Why, in a word of the contract.
    pub reason: String,
    /// Who asked for it: an owner, or `system`.
    pub requested_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// What a refund gives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RefundOf {
    /// What was paid.
    Payment,
    /// What came beyond that.
    Excess,
}

impl RefundOf {
    /// The word used in the API and the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Excess => "excess",
        }
    }
}

/// Which provider was chosen and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Routing {
    /// The provider chosen.
    pub chosen: String,
    /// Every provider that was looked at.
    pub considered: Vec<Considered>,
}

/// What was found out about one provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Considered {
    /// The provider.
    pub provider: String,
    /// Whether it could have taken the attempt.
    pub eligible: bool,
    /// Why, or why not.
    pub reason: String,
}

/// A language of the switch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Arabic, right to left; the pages' first language.
    #[default]
    Ar,
    /// English.
    En,
}

impl Language {
    /// The word used in the API, the database and `lang` attributes.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ar => "ar",
            Self::En => "en",
        }
    }
}

/// When the money is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Capture {
    /// At once.
    #[default]
    Automatic,
    /// When the service is granted.
    Manual,
}

impl Capture {
    /// The word used in the API and the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Manual => "manual",
        }
    }
}

/// The payer as anybody may see them: initials and last digits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MaskedPayer {
    /// Initials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The last three digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mobile: Option<String>,
    /// The last three digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub national_id: Option<String>,
}

impl Attempt {
    /// Whether its outcome is still open: at most one such attempt per payment beside those
    /// superseded.
    pub const fn is_live(&self) -> bool {
        matches!(
            self.status,
            AttemptStatus::Created
                | AttemptStatus::Pending
                | AttemptStatus::Unknown
                | AttemptStatus::Authorized
        )
    }
}

impl Payment {
    /// An attempt of this payment.
    pub fn attempt(&self, id: AttemptId) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.id == id)
    }

    /// The attempt whose outcome is open.
    pub fn live_attempt(&self) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.is_live())
    }

    /// What the provider knows an attempt of this payment by: digits only, because some providers'
    /// documents call it a number.
    pub fn merchant_reference(&self, number: i32) -> String {
        format!("{}{number:02}", self.reference)
    }

    /// What of the paid amount can still be asked back.
    pub fn refundable(&self) -> Piastres {
        let requested: Piastres = self
            .refunds
            .iter()
            .filter(|refund| refund.of == RefundOf::Payment)
            .filter(|refund| !matches!(refund.status, RefundStatus::Rejected | RefundStatus::Failed))
            .map(|refund| refund.amount)
            .sum();
        self.amount_paid - self.amount_charged_back - requested
    }
}
