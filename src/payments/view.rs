//! What the outside sees of a payment, an attempt and a refund: the contract's fields, word for word.
//!
//! The same objects are answered by the API, sent in webhooks as they were at their commit, and
//! stored for replays; so they are made here, below both. Nothing personal is in them but masks.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, SecondsFormat, Utc};
use rusum_kit::{provider::NextAction, sign};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{
    model::{Attempt, Capture, MaskedPayer, Payment, Refund, RefundOf, Routing},
    states::{AttemptStatus, PaymentStatus, RefundStatus, SettlementStatus},
};
use crate::{
    calendar::BusinessDay,
    change::{Break, BreakCode},
    fees::{BillItem, MethodPrice},
    ids::{AttemptId, BreakId, PaymentId, RefundId},
    money::{Currency, Method, Piastres, Tender},
    reference::Reference,
};

/// Where links lead and the key that makes checkout links unguessable.
#[derive(Clone)]
pub struct Links {
    /// The address that the outside reaches us by, without a slash at its end.
    pub base_url: String,
    /// The key of checkout tokens.
    pub checkout_key: Arc<[u8]>,
}

impl Links {
    /// The token of a payment's checkout page: the payment's id under a MAC, so that it can neither
    /// be guessed nor used for another payment.
    pub fn checkout_token(&self, payment: PaymentId) -> String {
        self.token("checkout", payment)
    }

    /// The payment that a checkout token opens.
    pub fn payment_of_token(&self, token: &str) -> Option<PaymentId> {
        self.payment_of("checkout", token)
    }

    /// The payment that a receipt's verification token names. It opens no checkout page, and no
    /// checkout token opens a verification.
    pub fn payment_of_verification(&self, token: &str) -> Option<PaymentId> {
        self.payment_of("receipt", token)
    }

    fn token(&self, purpose: &str, payment: PaymentId) -> String {
        let id = payment.uuid().simple().to_string();
        let mac = sign::hmac_sha256(&self.checkout_key, format!("{purpose}:{id}").as_bytes());
        let mac = hex::encode(&mac[..16]);
        format!("{id}{mac}")
    }

    fn payment_of(&self, purpose: &str, token: &str) -> Option<PaymentId> {
        let id = token.get(..32)?;
        let payment = PaymentId::new(uuid::Uuid::try_parse(id).ok()?);
        sign::same(token.as_bytes(), self.token(purpose, payment).as_bytes()).then_some(payment)
    }

    /// The address at which anybody who holds a payment's receipt can check it.
    pub fn verification(&self, payment: PaymentId) -> String {
        format!("{}/verify/{}", self.base_url, self.token("receipt", payment))
    }

    /// The address of a payment's checkout page.
    pub fn checkout(&self, payment: PaymentId) -> String {
        format!("{}/checkout/{}", self.base_url, self.checkout_token(payment))
    }
}

/// An instant as the contract writes it: RFC 3339, UTC, `Z`.
pub fn utc<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

/// [`utc`] for what may not have happened yet.
pub fn utc_option<S: Serializer>(at: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => utc(at, serializer),
        None => serializer.serialize_none(),
    }
}

/// A view as the JSON text that events and stored answers carry.
pub fn raw<T: Serialize>(view: &T) -> Arc<RawValue> {
    let raw = serde_json::value::to_raw_value(view);
    Arc::from(raw.expect("views hold only strings, numbers and maps with string keys"))
}

/// A payment.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Payment)]
pub struct PaymentView {
    /// Its id.
    pub id: PaymentId,
    /// Sixteen digits that a citizen can type or read out.
    #[schema(value_type = String, pattern = "^[1-9][0-9]{15}$")]
    pub reference: Reference,
    /// Where it stands.
    pub status: PaymentStatus,
    /// Grows by one with every change.
    pub version: i64,
    /// The caller's own reference.
    pub client_reference: Option<String>,
    /// What is paid for.
    pub items: Vec<BillItem>,
    /// Σ of the items.
    pub total: Piastres,
    /// Always EGP.
    pub currency: Currency,
    /// The ways to pay, each with its amount.
    pub methods: Vec<MethodPrice>,
    /// The way it was paid; `none` when nothing was to be paid; null while it is not paid.
    pub method: Option<String>,
    /// What was collected for it.
    pub amount_paid: Piastres,
    /// What came beyond that and is given back.
    pub amount_excess: Piastres,
    /// What was given back of what was paid.
    pub amount_refunded: Piastres,
    /// Whether something can be asked back.
    pub refund: RefundSummary,
    /// Whether its money was reported and settled.
    pub settlement: SettlementView,
    /// When the money is taken.
    pub capture: Capture,
    /// Its attempts, oldest first.
    pub attempts: Vec<AttemptView>,
    /// The payer, masked.
    pub payer: Option<MaskedPayer>,
    /// Where the browser goes when it is done.
    pub return_url: Option<String>,
    /// The language of pages and messages.
    pub language: super::model::Language,
    /// The caller's own pairs.
    pub metadata: BTreeMap<String, String>,
    /// When it was made.
    #[serde(serialize_with = "utc")]
    pub created_at: DateTime<Utc>,
    /// When it can no longer be paid.
    #[serde(serialize_with = "utc")]
    pub expires_at: DateTime<Utc>,
    /// When it was paid.
    #[serde(serialize_with = "utc_option")]
    pub paid_at: Option<DateTime<Utc>>,
    /// What can be done with it now.
    #[serde(rename = "_links")]
    pub links: PaymentLinks,
}

/// What can be asked back.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RefundSummary {
    /// `unavailable` while nothing was paid, `available`, or `full` when all is asked back.
    pub status: &'static str,
    /// How much can still be asked back.
    pub available: Piastres,
}

/// Whether a collection was reported and settled.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SettlementView {
    /// `unreported`, `reported` or `settled`.
    pub status: SettlementStatus,
}

/// Where to go on; null when the action is not allowed now.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PaymentLinks {
    /// This payment.
    #[serde(rename = "self")]
    pub this: String,
    /// The citizen's page. Whoever has this link can pay and see the receipt.
    pub checkout: String,
    /// Its events.
    pub events: String,
    /// Where attempts are made.
    pub attempts: Option<String>,
    /// Where it is withdrawn.
    pub cancel: Option<String>,
    /// Where refunds are asked for.
    pub refunds: Option<String>,
    /// Its receipt.
    pub receipt: Option<String>,
}

/// An attempt.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Attempt)]
pub struct AttemptView {
    /// Its id.
    pub id: AttemptId,
    /// Its payment.
    pub payment: PaymentId,
    /// The way to pay.
    pub method: Method,
    /// With what.
    pub tender: Tender,
    /// Through whom.
    pub provider: String,
    /// Where it stands.
    pub status: AttemptStatus,
    /// What the citizen pays this way.
    pub amount: Piastres,
    /// Always EGP.
    pub currency: Currency,
    /// The provider's own reference.
    pub provider_reference: Option<String>,
    /// What the citizen has to do next.
    pub next_action: Option<NextAction>,
    /// Why this provider was chosen.
    pub routing: Routing,
    /// Why it was declined, failed or is unknown.
    pub reason: Option<String>,
    /// Since when its outcome has been unknown.
    #[serde(serialize_with = "utc_option")]
    pub unknown_since: Option<DateTime<Utc>>,
    /// Whether its collection was reported and settled.
    pub settlement: SettlementView,
    /// When it was made.
    #[serde(serialize_with = "utc")]
    pub created_at: DateTime<Utc>,
}

/// A refund.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Refund)]
pub struct RefundView {
    /// Its id.
    pub id: RefundId,
    /// The payment.
    pub payment: PaymentId,
    /// The attempt whose money it gives back.
    pub attempt: AttemptId,
    /// Where it stands.
    pub status: RefundStatus,
    /// `payment`, or `excess` for money that came beyond it.
    pub of: RefundOf,
    /// How much.
    pub amount: Piastres,
    /// Always EGP.
    pub currency: Currency,
    /// Why.
    pub reason: String,
    /// When it was asked for.
    #[serde(serialize_with = "utc")]
    pub created_at: DateTime<Utc>,
}

/// The payment as the outside sees it.
pub fn payment(payment: &Payment, links: &Links) -> PaymentView {
    let this = format!("{}/v1/payments/{}", links.base_url, payment.id);
    let when = |allowed: bool, path: &str| allowed.then(|| format!("{this}/{path}"));
    let payable = matches!(payment.status, PaymentStatus::Open | PaymentStatus::Processing);
    let paid_by = payment
        .attempts
        .iter()
        .find(|a| a.collections.iter().any(|c| c.booked == super::model::Booked::Paid));
    PaymentView {
        id: payment.id,
        reference: payment.reference,
        status: payment.status,
        version: payment.version,
        client_reference: payment.client_reference.clone(),
        items: payment.bill.items.clone(),
        total: payment.bill.total,
        currency: payment.bill.currency,
        methods: payment.bill.methods.clone(),
        method: (payment.status == PaymentStatus::Paid)
            .then(|| paid_by.map_or("none", |attempt| attempt.method.code()).to_owned()),
        amount_paid: payment.amount_paid,
        amount_excess: payment.amount_excess,
        amount_refunded: payment.amount_refunded,
        refund: refund_summary(payment),
        settlement: SettlementView {
            status: paid_by.map_or(SettlementStatus::Unreported, |attempt| attempt.settlement),
        },
        capture: payment.capture,
        attempts: payment.attempts.iter().map(|a| attempt(payment, a)).collect(),
        payer: payment.payer.clone(),
        return_url: payment.return_url.clone(),
        language: payment.language,
        metadata: payment.metadata.clone(),
        created_at: payment.created_at,
        expires_at: payment.expires_at,
        paid_at: payment.paid_at,
        links: PaymentLinks {
            checkout: links.checkout(payment.id),
            events: format!("{this}/events"),
            attempts: when(payable, "attempts"),
            cancel: when(payable, "cancel"),
            refunds: None,
            receipt: when(payment.status == PaymentStatus::Paid, "receipt"),
            this,
        },
    }
}

fn refund_summary(payment: &Payment) -> RefundSummary {
    let available = payment.refundable();
    let status = match (payment.amount_paid.is_positive(), available.is_positive()) {
        (true, true) => "available",
        (true, false) => "full",
        (false, _) => "unavailable",
    };
    RefundSummary { status, available }
}

/// An attempt as the outside sees it.
pub fn attempt(payment: &Payment, attempt: &Attempt) -> AttemptView {
    AttemptView {
        id: attempt.id,
        payment: payment.id,
        method: attempt.method,
        tender: attempt.tender,
        provider: attempt.provider.clone(),
        status: attempt.status,
        amount: attempt.amount,
        currency: payment.bill.currency,
        provider_reference: attempt.provider_reference.clone(),
        next_action: attempt.next_action.clone().filter(|_| attempt.status == AttemptStatus::Pending),
        routing: attempt.routing.clone(),
        reason: attempt.reason.as_ref().map(|reason| reason.code.clone()),
        unknown_since: attempt.unknown_since,
        settlement: SettlementView { status: attempt.settlement },
        created_at: attempt.created_at,
    }
}

/// A refund as the outside sees it.
pub fn refund(payment: &Payment, refund: &Refund) -> RefundView {
    RefundView {
        id: refund.id,
        payment: payment.id,
        attempt: refund.attempt,
        status: refund.status,
        of: refund.of,
        amount: refund.amount,
        currency: payment.bill.currency,
        reason: refund.reason.clone(),
        created_at: refund.created_at,
    }
}

/// A break as the outside sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Break)]
pub struct BreakView {
    /// Its id.
    pub id: BreakId,
    /// Its class in the taxonomy.
    pub code: BreakCode,
    /// Whose account it sits in.
    pub provider: String,
    /// The business day it belongs to; null until it is committed.
    pub day: Option<BusinessDay>,
    /// The difference.
    pub amount: Piastres,
    /// What it contributes to the provider's identity.
    pub clearing_amount: Piastres,
    /// How many days it has been open.
    pub age_days: i64,
    /// `open`, `proposed` or `resolved`.
    pub status: &'static str,
    /// The payment, if it is about one.
    pub payment: Option<PaymentId>,
    /// What was told.
    pub note: String,
    /// When it was found.
    #[serde(serialize_with = "utc")]
    pub created_at: DateTime<Utc>,
    /// What happened to it, oldest first.
    pub history: Vec<BreakHistory>,
}

/// One thing that happened to a break.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = BreakHistory)]
pub struct BreakHistory {
    /// When.
    #[serde(serialize_with = "utc")]
    pub at: DateTime<Utc>,
    /// By whom; `system` when it was found.
    pub by: String,
    /// What: `opened`, ...
    pub what: String,
}

/// A break that was just found.
pub fn found(found: &Break) -> BreakView {
    BreakView {
        id: found.id,
        code: found.code,
        provider: found.provider.clone(),
        day: found.day,
        amount: found.amount,
        clearing_amount: found.clearing_amount,
        age_days: 0,
        status: "open",
        payment: found.payment,
        note: found.note.clone(),
        created_at: found.at,
        history: vec![BreakHistory { at: found.at, by: "system".to_owned(), what: "opened".to_owned() }],
    }
}
