//! Rows as they are written and read: the store's own form of the core's types.

use std::{borrow::Cow, str::FromStr, sync::Arc};

use chrono::{DateTime, NaiveDate, SecondsFormat, SubsecRound, Utc};
use serde::{Deserialize, Serialize, Serializer, de::DeserializeOwned};
use sqlx::FromRow;
use uuid::Uuid;

use super::StoreError;
use crate::{
    change::{Break, Claim, Guard, PaymentChange, Quote, SealedPayer, StoredAnswer, StoredMessage},
    fees::Bill,
    ids::{AttemptId, PaymentId, QuoteId, RefundId},
    money::Piastres,
    payments::{
        Attempt, AttemptStatus, Capture, Language, Payment, PaymentStatus, Refund, RefundOf, RefundStatus,
        SettlementStatus,
    },
    reference::Reference,
};

/// An id in a row. It, instants and bytes are texts in JSON and themselves in arrays.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(super) struct Id(pub Uuid);

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self.0.as_simple())
        } else {
            serializer.serialize_bytes(self.0.as_bytes())
        }
    }
}

/// An instant in a row, to the microsecond: what `PostgreSQL` keeps.
#[derive(Clone, Copy, Deserialize)]
#[serde(transparent)]
pub(super) struct At(pub DateTime<Utc>);

impl Serialize for At {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The form in which the driver itself writes instants to SQLite, so that texts sort by time.
        if serializer.is_human_readable() {
            serializer.serialize_str(&micros(self.0).to_rfc3339_opts(SecondsFormat::AutoSi, false))
        } else {
            serializer.serialize_i64(self.0.timestamp_micros())
        }
    }
}

/// Bytes in a row.
pub(super) struct Hex<'a>(pub &'a [u8]);

impl Serialize for Hex<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&hex::encode(self.0))
        } else {
            serializer.serialize_bytes(self.0)
        }
    }
}

/// The instant to the microsecond.
pub(super) fn micros(at: DateTime<Utc>) -> DateTime<Utc> {
    at.trunc_subsecs(6)
}

/// A document as it is kept.
pub(super) fn document<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value)
        .expect("stored documents hold only strings, numbers and maps with string keys")
}

/// A document as it is read back.
pub(super) fn read_document<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::unreadable(what, format!("{error}: {text}")))
}

/// A word of one of our own lists as it is read back.
pub(super) fn word<T: FromStr>(what: &'static str, text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::unreadable(what, text))
}

#[derive(Serialize)]
pub(super) struct PaymentRow<'a> {
    pub id: Id,
    reference: u64,
    owner: &'a str,
    quote_id: Id,
    client_reference: Option<&'a str>,
    return_url: Option<&'a str>,
    language: &'static str,
    payer: Option<String>,
    capture: &'static str,
    metadata: String,
    services: String,
    governorate: &'a str,
    created_at: At,
    expires_at: At,
    status: &'static str,
    version: i64,
    event_sequence: i64,
    amount_paid: i64,
    amount_excess: i64,
    amount_refunded: i64,
    excess_refunded: i64,
    amount_charged_back: i64,
    paid_at: Option<At>,
    open_until: Option<At>,
}

/// A payment's columns that change under its version.
#[derive(Serialize)]
pub(super) struct PaymentStateRow {
    pub id: Id,
    decided_from: i64,
    status: &'static str,
    version: i64,
    event_sequence: i64,
    amount_paid: i64,
    amount_excess: i64,
    amount_refunded: i64,
    excess_refunded: i64,
    amount_charged_back: i64,
    paid_at: Option<At>,
    open_until: Option<At>,
}

/// While a payment can still expire, when it does.
fn open_until(payment: &Payment) -> Option<At> {
    let open = matches!(payment.status, PaymentStatus::Open | PaymentStatus::Processing);
    open.then_some(At(payment.expires_at))
}

impl<'a> PaymentRow<'a> {
    pub fn of(payment: &'a Payment) -> Self {
        let mut services = String::from(",");
        for item in &payment.bill.items {
            services.push_str(&item.service);
            services.push(',');
        }
        Self {
            id: Id(payment.id.uuid()),
            reference: payment.reference.number(),
            owner: &payment.owner,
            quote_id: Id(payment.quote.uuid()),
            client_reference: payment.client_reference.as_deref(),
            return_url: payment.return_url.as_deref(),
            language: payment.language.code(),
            payer: payment.payer.as_ref().map(document),
            capture: payment.capture.code(),
            metadata: document(&payment.metadata),
            services,
            governorate: &payment.bill.governorate,
            created_at: At(payment.created_at),
            expires_at: At(payment.expires_at),
            status: payment.status.code(),
            version: payment.version,
            event_sequence: payment.event_sequence,
            amount_paid: payment.amount_paid.get(),
            amount_excess: payment.amount_excess.get(),
            amount_refunded: payment.amount_refunded.get(),
            excess_refunded: payment.excess_refunded.get(),
            amount_charged_back: payment.amount_charged_back.get(),
            paid_at: payment.paid_at.map(At),
            open_until: open_until(payment),
        }
    }
}

impl PaymentStateRow {
    pub fn of(payment: &Payment, decided_from: i64) -> Self {
        Self {
            id: Id(payment.id.uuid()),
            decided_from,
            status: payment.status.code(),
            version: payment.version,
            event_sequence: payment.event_sequence,
            amount_paid: payment.amount_paid.get(),
            amount_excess: payment.amount_excess.get(),
            amount_refunded: payment.amount_refunded.get(),
            excess_refunded: payment.excess_refunded.get(),
            amount_charged_back: payment.amount_charged_back.get(),
            paid_at: payment.paid_at.map(At),
            open_until: open_until(payment),
        }
    }
}

/// A payment as it is read, its attempts and refunds in one JSON text each.
#[derive(FromRow)]
pub(super) struct FoundPayment {
    pub id: Uuid,
    reference: i64,
    owner: String,
    pub quote_id: Uuid,
    client_reference: Option<String>,
    return_url: Option<String>,
    language: String,
    payer: Option<String>,
    capture: String,
    metadata: String,
    pub created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    status: String,
    version: i64,
    event_sequence: i64,
    amount_paid: i64,
    amount_excess: i64,
    amount_refunded: i64,
    excess_refunded: i64,
    amount_charged_back: i64,
    paid_at: Option<DateTime<Utc>>,
    attempts: Option<String>,
    refunds: Option<String>,
}

impl FoundPayment {
    pub fn into_payment(self, bill: Arc<Bill>) -> Result<Payment, StoreError> {
        let attempts: Vec<AttemptRow<'_>> = rows("an attempt", self.attempts.as_deref())?;
        let mut attempts = attempts.into_iter().map(AttemptRow::read).collect::<Result<Vec<_>, _>>()?;
        attempts.sort_by_key(|attempt| attempt.number);
        let refunds: Vec<RefundRow<'_>> = rows("a refund", self.refunds.as_deref())?;
        let mut refunds = refunds.into_iter().map(RefundRow::read).collect::<Result<Vec<_>, _>>()?;
        refunds.sort_by_key(|refund| (refund.created_at, refund.id));
        Ok(Payment {
            id: PaymentId::new(self.id),
            reference: word::<Reference>("a payment reference", &format!("{:016}", self.reference))?,
            owner: self.owner,
            quote: QuoteId::new(self.quote_id),
            bill,
            client_reference: self.client_reference,
            return_url: self.return_url,
            language: one_of("a language", [Language::Ar, Language::En], Language::code, &self.language)?,
            payer: self.payer.as_deref().map(|text| read_document("a masked payer", text)).transpose()?,
            capture: one_of(
                "a capture",
                [Capture::Automatic, Capture::Manual],
                Capture::code,
                &self.capture,
            )?,
            metadata: read_document("metadata", &self.metadata)?,
            status: word::<PaymentStatus>("a payment's status", &self.status)?,
            version: self.version,
            event_sequence: self.event_sequence,
            amount_paid: Piastres::new(self.amount_paid),
            amount_excess: Piastres::new(self.amount_excess),
            amount_refunded: Piastres::new(self.amount_refunded),
            excess_refunded: Piastres::new(self.excess_refunded),
            amount_charged_back: Piastres::new(self.amount_charged_back),
            created_at: self.created_at,
            expires_at: self.expires_at,
            paid_at: self.paid_at,
            attempts,
            refunds,
        })
    }
}

fn rows<'a, T: Deserialize<'a>>(what: &'static str, text: Option<&'a str>) -> Result<Vec<T>, StoreError> {
    let Some(text) = text else { return Ok(Vec::new()) };
    serde_json::from_str(text).map_err(|error| StoreError::unreadable(what, format!("{error}: {text}")))
}

/// The value whose word this is.
pub(super) fn one_of<T: Copy, const N: usize>(
    what: &'static str,
    all: [T; N],
    code: fn(T) -> &'static str,
    text: &str,
) -> Result<T, StoreError> {
    all.into_iter().find(|one| code(*one) == text).ok_or_else(|| StoreError::unreadable(what, text))
}

#[derive(Serialize, Deserialize)]
pub(super) struct AttemptRow<'a> {
    payment_id: Id,
    id: Id,
    number: i32,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    tender: Cow<'a, str>,
    #[serde(borrow)]
    provider: Cow<'a, str>,
    #[serde(borrow)]
    status: Cow<'a, str>,
    amount: i64,
    #[serde(borrow)]
    merchant_reference: Cow<'a, str>,
    provider_reference: Option<String>,
    next_action: Option<String>,
    #[serde(borrow)]
    routing: Cow<'a, str>,
    answers: Option<String>,
    #[serde(borrow)]
    collections: Cow<'a, str>,
    reason: Option<String>,
    unknown_since: Option<At>,
    due_at: Option<At>,
    asked: i32,
    created_at: At,
}

impl<'a> AttemptRow<'a> {
    pub fn of(payment: PaymentId, attempt: &'a Attempt) -> Self {
        Self {
            payment_id: Id(payment.uuid()),
            id: Id(attempt.id.uuid()),
            number: attempt.number,
            method: attempt.method.code().into(),
            tender: attempt.tender.code().into(),
            provider: attempt.provider.as_str().into(),
            status: attempt.status.code().into(),
            amount: attempt.amount.get(),
            merchant_reference: attempt.merchant_reference.as_str().into(),
            provider_reference: attempt.provider_reference.clone(),
            next_action: attempt.next_action.as_ref().map(document),
            routing: document(&attempt.routing).into(),
            answers: attempt.answers.clone(),
            collections: document(&attempt.collections).into(),
            reason: attempt.reason.as_ref().map(document),
            unknown_since: attempt.unknown_since.map(At),
            due_at: attempt.due_at.map(At),
            asked: attempt.asked,
            created_at: At(attempt.created_at),
        }
    }

    /// Its settlement is a fact of the reconciliation's own rows: until there are any, unreported.
    fn read(self) -> Result<Attempt, StoreError> {
        let parsed =
            |text: Option<String>| text.as_deref().map(|t| read_document("a next action", t)).transpose();
        Ok(Attempt {
            id: AttemptId::new(self.id.0),
            number: self.number,
            method: word("a method", &self.method)?,
            tender: word("a tender", &self.tender)?,
            provider: self.provider.into_owned(),
            status: word::<AttemptStatus>("an attempt's status", &self.status)?,
            amount: Piastres::new(self.amount),
            merchant_reference: self.merchant_reference.into_owned(),
            provider_reference: self.provider_reference,
            next_action: parsed(self.next_action)?,
            routing: read_document("a routing", &self.routing)?,
            answers: self.answers,
            collections: read_document("collections", &self.collections)?,
            reason: self.reason.as_deref().map(|text| read_document("a reason", text)).transpose()?,
            unknown_since: self.unknown_since.map(|at| at.0),
            due_at: self.due_at.map(|at| at.0),
            asked: self.asked,
            settlement: SettlementStatus::Unreported,
            created_at: self.created_at.0,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct RefundRow<'a> {
    payment_id: Id,
    id: Id,
    attempt_id: Id,
    #[serde(borrow)]
    of_what: Cow<'a, str>,
    #[serde(borrow)]
    status: Cow<'a, str>,
    amount: i64,
    #[serde(borrow)]
    reason: Cow<'a, str>,
    #[serde(borrow)]
    requested_by: Cow<'a, str>,
    created_at: At,
}

impl<'a> RefundRow<'a> {
    pub fn of(payment: PaymentId, refund: &'a Refund) -> Self {
        Self {
            payment_id: Id(payment.uuid()),
            id: Id(refund.id.uuid()),
            attempt_id: Id(refund.attempt.uuid()),
            of_what: refund.of.code().into(),
            status: refund.status.code().into(),
            amount: refund.amount.get(),
            reason: refund.reason.as_str().into(),
            requested_by: refund.requested_by.as_str().into(),
            created_at: At(refund.created_at),
        }
    }

    fn read(self) -> Result<Refund, StoreError> {
        Ok(Refund {
            id: RefundId::new(self.id.0),
            attempt: AttemptId::new(self.attempt_id.0),
            of: one_of(
                "what a refund gives back",
                [RefundOf::Payment, RefundOf::Excess],
                RefundOf::code,
                &self.of_what,
            )?,
            status: word::<RefundStatus>("a refund's status", &self.status)?,
            amount: Piastres::new(self.amount),
            reason: self.reason.into_owned(),
            requested_by: self.requested_by.into_owned(),
            created_at: self.created_at.0,
        })
    }
}

#[derive(Serialize)]
pub(super) struct ClaimRow<'a> {
    pub kind: &'static str,
    pub key: &'a str,
    pub holder: &'a str,
}

impl<'a> ClaimRow<'a> {
    pub fn of(claim: &'a Claim) -> Self {
        Self { kind: claim.kind.code(), key: &claim.key, holder: &claim.holder }
    }
}

#[derive(Serialize)]
pub(super) struct JournalRow<'a> {
    pub subject_id: Id,
    pub id: Id,
    pub lane: i64,
    pub seq: i64,
    pub day: NaiveDate,
    pub event: &'static str,
    pub refers_to: &'a str,
    pub refers_to_day: Option<NaiveDate>,
    pub legs: usize,
}

#[derive(Serialize)]
pub(super) struct TransferRow {
    pub subject_id: Id,
    pub lane: i64,
    pub seq: i64,
    pub leg: usize,
    pub day: NaiveDate,
    pub debit: String,
    pub credit: String,
    pub amount: i64,
    pub currency: &'static str,
}

#[derive(Serialize)]
pub(super) struct TotalRow<'a> {
    pub account: &'a str,
    pub day: NaiveDate,
    pub lane: i64,
    pub currency: &'static str,
    pub debits: i64,
    pub credits: i64,
    pub transfers: i64,
    pub first_seq: i64,
    pub last_seq: i64,
}

#[derive(Serialize)]
pub(super) struct EventRow<'a> {
    pub subject_id: Id,
    pub id: Id,
    pub lane: i64,
    pub seq: i64,
    pub kind: &'static str,
    pub owner: Option<&'a str>,
    pub sequence: i64,
    pub at: At,
    pub data: &'a str,
}

#[derive(Serialize)]
pub(super) struct BreakRow<'a> {
    subject_id: Id,
    id: Id,
    code: &'static str,
    provider: &'a str,
    amount: i64,
    clearing_amount: i64,
    day: NaiveDate,
    note: &'a str,
    at: At,
}

impl<'a> BreakRow<'a> {
    pub fn of(found: &'a Break, day: NaiveDate) -> Self {
        Self {
            subject_id: Id(found.payment.map_or(found.id.uuid(), PaymentId::uuid)),
            id: Id(found.id.uuid()),
            code: found.code.code(),
            provider: &found.provider,
            amount: found.amount.get(),
            clearing_amount: found.clearing_amount.get(),
            day: found.day.map_or(day, |day| day.0),
            note: &found.note,
            at: At(found.at),
        }
    }
}

#[derive(Serialize)]
pub(super) struct QuoteRow {
    id: Id,
    bill: String,
    created_at: At,
    expires_at: At,
}

impl QuoteRow {
    pub fn of(quote: &Quote) -> Self {
        Self {
            id: Id(quote.id.uuid()),
            bill: document(&*quote.bill),
            created_at: At(quote.created_at),
            expires_at: At(quote.expires_at),
        }
    }
}

#[derive(Serialize)]
pub(super) struct PayerRow<'a> {
    payment_id: Id,
    key_id: &'a str,
    sealed: Hex<'a>,
    national_id_hash: Option<Hex<'a>>,
}

impl<'a> PayerRow<'a> {
    pub fn of(payer: &'a SealedPayer) -> Self {
        Self {
            payment_id: Id(payer.payment.uuid()),
            key_id: &payer.key_id,
            sealed: Hex(&payer.sealed),
            national_id_hash: payer.national_id_hash.as_deref().map(Hex),
        }
    }
}

#[derive(Serialize)]
pub(super) struct AnswerRow<'a> {
    key: &'a str,
    status: u16,
    content_type: &'a str,
    body: &'a str,
}

impl<'a> AnswerRow<'a> {
    pub fn of(answer: &'a StoredAnswer) -> Self {
        Self {
            key: &answer.key,
            status: answer.status,
            content_type: &answer.content_type,
            body: &answer.body,
        }
    }
}

#[derive(Serialize)]
pub(super) struct MessageRow<'a> {
    id: Id,
    provider: &'a str,
    operation: &'a str,
    state: &'static str,
    key_id: &'a str,
    sealed: Hex<'a>,
    received_at: At,
    due_at: Option<At>,
}

impl<'a> MessageRow<'a> {
    pub fn of(message: &'a StoredMessage) -> Self {
        Self {
            id: Id(message.id.uuid()),
            provider: &message.provider,
            operation: &message.operation,
            state: message.state.code(),
            key_id: &message.key_id,
            sealed: Hex(&message.sealed),
            received_at: At(message.received_at),
            due_at: message.due_at.map(At),
        }
    }
}

#[derive(Serialize)]
pub(super) struct DueDeliveryRow {
    pub subject_id: Id,
    pub endpoint_id: Id,
    pub event_id: Id,
    pub sequence: i64,
    pub lane: i64,
    pub seq: i64,
    pub failing_before: At,
    pub due_at: At,
}

#[derive(Serialize)]
pub(super) struct DeliveryRow<'a> {
    pub subject_id: Id,
    pub endpoint_id: Id,
    pub event_id: Id,
    pub sequence: i64,
    pub kind: &'a str,
    pub lane: i64,
    pub seq: i64,
    pub state: &'static str,
    pub due_at: At,
}

#[derive(Serialize)]
pub(super) struct WorkedOffRow {
    pub id: Id,
    pub state: &'static str,
}

/// The version that a payment was decided from; nothing for a new one.
pub(super) const fn decided_from(change: &PaymentChange) -> Option<i64> {
    match change.guard {
        Guard::New => None,
        Guard::Version(version) => Some(version),
    }
}
