//! What an adapter is: a sans-IO translator between the switch and one provider.
//!
//! An adapter builds requests and reads answers; the switch sends them, with time-outs, tracing,
//! redaction and circuit breaking, the same for all. An adapter knows nothing of payments, the
//! ledger or the store, holds no state and reads no clock: what it needs is in its arguments.
//!
//! Three rules hold for every adapter and are what its conformance is:
//!
//! - **Definite and unknown are types.** [`Outcome::Unknown`] is what a time-out, a 5xx or an
//!   unreadable answer is; a [`Fault`] is only what surely had no effect.
//! - **Verification cannot be skipped**: a [`Notice`] comes only out of [`Provider::receive`].
//! - **Tolerant reader**: a status value that the adapter does not know is `Unknown`, never an error.

use std::{fmt, time::Duration};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    method::{Method, Tender},
    money::{Currency, Piastres},
};

/// One provider, as the switch sees it.
pub trait Provider: Send + Sync {
    /// What it can do, as data.
    fn profile(&self) -> &Profile;

    /// Asks the provider to collect: the first call with `last = None` builds a request; each
    /// answer is given back until the step is done.
    fn charge(&self, charge: &Charge, last: Option<&Answer>) -> Result<Step<Charged>, Fault>;

    /// Asks the provider what became of a charge.
    fn query(&self, charge: &ChargeRef, last: Option<&Answer>) -> Result<Step<Outcome>, Fault>;

    /// Withdraws a charge that has not been paid. `Done(Outcome::Cancelled)` when it is surely gone.
    fn cancel(&self, _charge: &ChargeRef, _last: Option<&Answer>) -> Result<Step<Outcome>, Fault> {
        Err(Fault::Unsupported("cancel"))
    }

    /// Gives money back the way it came.
    fn refund(&self, _order: &RefundOrder, _last: Option<&Answer>) -> Result<Step<Refunded>, Fault> {
        Err(Fault::Unsupported("refund"))
    }

    /// What the citizen has to do next for a charge that [`Provider::query`] found waiting: the
    /// `next_action` of a charge whose own answer never came. Nothing when the provider does not
    /// let it be known a second time.
    fn next_action(
        &self,
        _charge: &Charge,
        _provider_reference: &str,
        _expires_at: Option<DateTime<Utc>>,
    ) -> Option<NextAction> {
        None
    }

    /// Reads a message that the provider sent us. Whatever is returned has been verified; what
    /// cannot be verified is [`Fault::Unverified`], what is verified but makes no sense is
    /// [`Fault::Unreadable`].
    fn receive(&self, message: &Message) -> Result<Vec<Notice>, Fault>;

    /// What the provider is told once its message is stored, or why it was not.
    fn reply(&self, verdict: &Verdict) -> Reply;
}

/// What a provider can do, as data. Routing and the switch read it; nobody branches on the name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// The provider's name in paths, accounts and answers.
    pub id: &'static str,
    /// How citizens pay through it.
    pub ways: Vec<Way>,
    /// The least and the most that one charge may be.
    pub smallest: Piastres,
    /// See `smallest`.
    pub largest: Piastres,
    /// What it can be asked besides charging and querying.
    pub operations: Operations,
    /// How a charge is resumed whose answer never came.
    pub resume: Resume,
    /// Whether a notification counts only once a query has said the same.
    pub confirm_notifications: Confirm,
    /// How long one call may take.
    pub call_timeout: Duration,
    /// The longest time for which it keeps a charge payable.
    pub longest_validity: Duration,
}

/// One method with the tender that the provider takes for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Way {
    /// The way to pay.
    pub method: Method,
    /// With what.
    pub tender: Tender,
}

/// What a provider can be asked besides charging and querying.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Operations {
    /// An unpaid charge can be withdrawn.
    pub cancel: bool,
    /// Money can be given back the way it came.
    pub refund: bool,
    /// Money can be held before it is taken.
    pub authorize: bool,
}

/// How a charge is resumed whose answer never came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Resume {
    /// Ask first; charge again only when the provider surely has nothing.
    QueryFirst,
    /// The same charge again: the provider takes our reference as an idempotency key.
    RepeatCharge,
}

/// Whether a notification counts by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Confirm {
    /// Its signature covers amount and status.
    Signature,
    /// It is a hint: a query must say the same.
    Query,
}

/// What is to be collected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// Our reference for this attempt; the provider's idempotency key where it has one.
    pub merchant_reference: String,
    /// How the citizen pays.
    pub method: Method,
    /// With what.
    pub tender: Tender,
    /// How much, exactly.
    pub amount: Piastres,
    /// In which currency.
    pub currency: Currency,
    /// What the citizen reads at the provider: service names only, no personal data.
    pub description: String,
    /// `ar` or `en`.
    pub language: &'static str,
    /// When the charge must no longer be payable; always told to the provider.
    pub expires_at: DateTime<Utc>,
    /// Where the provider sends its notifications.
    pub notification_url: String,
    /// Where the browser goes back to.
    pub return_url: String,
    /// The wallet's mobile number, where the method asks for one.
    pub wallet_mobile: Option<String>,
    /// The time of the call.
    pub now: DateTime<Utc>,
}

/// Which charge is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeRef {
    /// Our reference for the attempt.
    pub merchant_reference: String,
    /// The provider's reference, if it is known.
    pub provider_reference: Option<String>,
    /// What the attempt is for.
    pub amount: Piastres,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The time of the call.
    pub now: DateTime<Utc>,
}

/// What is to be given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundOrder {
    /// The charge that the money came by.
    pub charge: ChargeRef,
    /// Our reference for the refund.
    pub refund_reference: String,
    /// How much.
    pub amount: Piastres,
    /// Why, in a word of the contract.
    pub reason: String,
}

/// What to do next: send a request and come back with its answer, or nothing more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<T> {
    /// Send this, then call again with the answer.
    Send(Request),
    /// The provider has spoken.
    Done(T),
}

/// An HTTP request to a provider.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The verb.
    pub verb: Verb,
    /// The whole address, query included, exactly as it must go over the wire.
    pub url: String,
    /// Headers beside the usual; never logged.
    pub headers: Vec<(&'static str, String)>,
    /// A JSON body.
    pub body: Option<String>,
}

impl fmt::Debug for Request {
    /// Without query, headers and body: they hold signatures and personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.url.split('?').next().unwrap_or_default();
        write!(f, "{:?} {address}", self.verb)
    }
}

/// An HTTP verb that providers use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// GET
    Get,
    /// POST
    Post,
    /// PUT
    Put,
}

/// What a provider answered, unread.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body as text; replaced by nothing when it is not UTF-8.
    pub body: String,
}

impl fmt::Debug for Answer {
    /// Without the body: it may hold personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {} ({} bytes)", self.status, self.body.len())
    }
}

/// What became of asking a provider to collect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charged {
    /// The provider's reference for the charge, once there is one.
    pub provider_reference: Option<String>,
    /// Where it stands.
    pub state: ChargeState,
}

/// Where a charge stands after the call that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChargeState {
    /// The citizen has to do this next.
    Waiting(NextAction),
    /// It is already decided.
    Decided(Outcome),
}

/// What the citizen has to do next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum NextAction {
    /// Go to the provider's page.
    Redirect {
        /// Its address.
        url: String,
    },
    /// Pay at a counter, quoting a code.
    PayAtCounter {
        /// The code to quote.
        code: String,
        /// When the code stops being payable.
        expires_at: DateTime<Utc>,
        /// What is to be paid, by tender.
        amounts: Vec<TenderAmount>,
        /// What to do, in both languages.
        instructions: Instructions,
    },
    /// Approve the request on the phone.
    ApproveOnPhone {
        /// The wallet's number, masked.
        mobile: String,
        /// When the request lapses.
        expires_at: DateTime<Utc>,
        /// A QR code's content that does the same.
        #[serde(skip_serializing_if = "Option::is_none")]
        qr: Option<String>,
    },
}

/// What is to be paid with one tender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TenderAmount {
    /// With what.
    pub tender: Tender,
    /// How much.
    pub amount: Piastres,
}

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Instructions {
    /// Arabic.
    pub ar: String,
    /// English.
    pub en: String,
}

/// What a provider says of a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The money has been collected. The evidence says how much: compare before believing.
    Approved(Evidence),
    /// The money is held, not yet taken.
    Authorized(Evidence),
    /// Refused for good.
    Declined(Reason),
    /// Waiting for the citizen; nothing has been collected.
    Pending {
        /// The provider's reference, where the answer tells it.
        provider_reference: Option<String>,
        /// When the provider will stop waiting, where the answer tells it.
        expires_at: Option<DateTime<Utc>>,
    },
    /// The provider will no longer collect: the charge lapsed unpaid.
    Expired,
    /// The provider will no longer collect: the charge was withdrawn unpaid.
    Cancelled,
    /// The provider surely has no such charge.
    NotFound,
    /// Nobody can say: ask again later, never guess.
    Unknown(String),
}

/// What a provider states about money that it collected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The provider's reference for the charge.
    pub provider_reference: String,
    /// The provider's own id of this very collection, where it has one apart from the charge's:
    /// two collections of one charge differ in it, two tellings of one collection do not.
    pub provider_transaction: Option<String>,
    /// What was collected for us, without what the provider added for the payer.
    pub amount: Piastres,
    /// The ISO code that the provider told; the contract's currency where its message has none.
    pub currency: String,
    /// What the provider added for the payer.
    pub payer_fee: Piastres,
    /// With what it was paid, where the provider tells.
    pub tender: Option<Tender>,
    /// When the provider collected it, where it tells.
    pub collected_at: Option<DateTime<Utc>>,
    /// How much of this charge the provider has given back so far, in total.
    pub refunded: Piastres,
}

/// Why a provider refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The provider's own code.
    pub code: String,
    /// Its text, for the log and the console.
    pub text: String,
}

/// What became of asking to give money back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refunded {
    /// It has been given back.
    Done {
        /// The provider's id of the refund, where it has one.
        provider_refund: Option<String>,
    },
    /// Refused; nothing has been given back.
    Declined(Reason),
    /// Accepted, not yet carried out.
    Pending,
    /// Nobody can say: look at the cumulative amount refunded.
    Unknown(String),
}

/// What surely had no effect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The provider cannot do this.
    #[error("{0} is not supported by this provider")]
    Unsupported(&'static str),
    /// The message's signature does not verify, or cannot be checked.
    #[error("the message cannot be verified: {0}")]
    Unverified(String),
    /// The message verifies but cannot be understood.
    #[error("the message is verified but unreadable: {0}")]
    Unreadable(String),
    /// The provider refused to take the call at all (credentials, signature, form).
    #[error("the provider refused the call: {0}")]
    Refused(String),
    /// We asked for something that cannot be sent.
    #[error("the call cannot be made: {0}")]
    Invalid(String),
}

/// A message that a provider sent us, raw.
#[derive(Clone)]
pub struct Message {
    /// The last segment of the path: `notification`, `transaction`, ...
    pub operation: String,
    /// The query string, undecoded.
    pub query: String,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body's bytes.
    pub body: Vec<u8>,
}

impl Message {
    /// The first value of a header (name in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Message {
    /// Without content: it holds signatures and personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.operation, self.body.len())
    }
}

/// A verified statement of a provider about one charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Our reference, as the provider quotes it.
    pub merchant_reference: String,
    /// The provider's reference.
    pub provider_reference: String,
    /// What it says.
    pub outcome: Outcome,
}

/// What we made of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Stored; the rest is ours to do.
    Stored,
    /// Not verified: nothing changes.
    Unverified,
    /// Verified and kept, but it cannot be understood.
    Unreadable,
    /// We cannot store it now; it should come again.
    Unavailable,
}

/// What is answered to a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body's media type.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}
