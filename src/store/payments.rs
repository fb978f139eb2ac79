//! Reading payments, and what hangs on them.
//!
//! Costs: one statement for a payment with its attempts and refunds, and one for its bill unless it
//! is in memory. A list is one statement for its ids and one for its payments. References are found
//! by their claims, so they need no index of their own.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Cursor, Page, Store, StoreError,
    rows::{FoundPayment, Id, micros, read_document},
    schema::{BILLS, PAYMENTS_WHERE_ID, PAYMENTS_WHERE_IDS, Texts},
};
use crate::{
    change::{ClaimKind, Quote, SealedPayer, StoredAnswer},
    fees::Bill,
    ids::{AttemptId, PaymentId, QuoteId},
    payments::{AttemptStatus, Payment, PaymentStatus},
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

impl PaymentFilter {
    fn admits(&self, payment: &Payment) -> bool {
        let same = |wanted: &Option<String>, text: &str| wanted.as_ref().is_none_or(|wanted| wanted == text);
        self.reference.is_none_or(|wanted| payment.reference == wanted)
            && (self.client_reference.is_none() || self.client_reference == payment.client_reference)
            && (self.provider_reference.is_none()
                || payment.attempts.iter().any(|a| a.provider_reference == self.provider_reference))
            && self.status.is_none_or(|wanted| payment.status == wanted)
            && (self.service.is_none()
                || payment.bill.items.iter().any(|item| same(&self.service, &item.service)))
            && same(&self.governorate, &payment.bill.governorate)
            && self.from.is_none_or(|from| payment.created_at >= from)
            && self.to.is_none_or(|to| payment.created_at < to)
            && same(&self.owner, &payment.owner)
    }
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

/// How many payments a search by a reference looks at: a reference is hardly ever used twice.
const CANDIDATES: i64 = 200;

/// The place of a payment in a list, newest first.
#[derive(Serialize, Deserialize)]
struct ListPlace {
    at: DateTime<Utc>,
    id: Uuid,
}

impl ListPlace {
    /// Before the newest.
    fn start() -> Self {
        let last = NaiveDate::from_ymd_opt(9999, 12, 31).and_then(|date| date.and_hms_opt(0, 0, 0));
        Self { at: last.expect("31 December 9999 exists").and_utc(), id: Uuid::max() }
    }
}

/// A row that is an id.
#[derive(Serialize)]
pub(super) struct IdRow {
    id: Id,
}

/// Rows with an id each.
pub(super) fn id_rows(ids: impl IntoIterator<Item = Uuid>) -> Vec<IdRow> {
    ids.into_iter().map(|id| IdRow { id: Id(id) }).collect()
}

impl Store {
    /// A payment with its attempts, its refunds and its bill.
    pub async fn payment(&self, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        let found = self.found(&PAYMENTS_WHERE_ID, id.uuid()).await?;
        Ok(self.with_bills(found).await?.pop())
    }

    async fn found(&self, texts: &'static Texts, id: Uuid) -> Result<Vec<FoundPayment>, StoreError> {
        Ok(self.db().rows(texts.for_db(self.db()), (id,)).await?)
    }

    /// The payments with these ids, newest first; those that do not exist are left out.
    async fn payments_with_ids(&self, ids: Vec<Uuid>) -> Result<Vec<Payment>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let sql = PAYMENTS_WHERE_IDS.for_db(self.db());
        let ids = id_rows(ids);
        let mut found: Vec<FoundPayment> = self.db().rows(sql, PAYMENTS_WHERE_IDS.take(&ids)).await?;
        found.sort_by_key(|row| std::cmp::Reverse((row.created_at, row.id)));
        self.with_bills(found).await
    }

    /// Joins payments with their bills, from memory or by one statement.
    async fn with_bills(&self, found: Vec<FoundPayment>) -> Result<Vec<Payment>, StoreError> {
        let mut bills: HashMap<Uuid, Arc<Bill>> = HashMap::new();
        let mut missing = Vec::new();
        for row in &found {
            match self.inner.bills.get(QuoteId::new(row.quote_id)) {
                Some(bill) => {
                    bills.insert(row.quote_id, bill);
                }
                None => missing.push(row.quote_id),
            }
        }
        if !missing.is_empty() {
            let missing = id_rows(missing);
            let stored: Vec<(Uuid, String)> =
                self.db().rows(BILLS.for_db(self.db()), BILLS.take(&missing)).await?;
            for (quote, text) in stored {
                let bill: Arc<Bill> = Arc::new(read_document("a bill", &text)?);
                self.inner.bills.keep(QuoteId::new(quote), &bill);
                bills.insert(quote, bill);
            }
        }
        let with_bill = |row: FoundPayment| {
            let quote = QuoteId::new(row.quote_id);
            let bill = bills.get(&row.quote_id).cloned();
            row.into_payment(bill.ok_or_else(|| StoreError::unreadable("quote of a payment", quote))?)
        };
        found.into_iter().map(with_bill).collect()
    }

    /// The payment with this reference.
    pub async fn payment_by_reference(&self, reference: Reference) -> Result<Option<Payment>, StoreError> {
        match self.id_by_reference(reference).await? {
            Some(id) => self.payment(id).await,
            None => Ok(None),
        }
    }

    async fn id_by_reference(&self, reference: Reference) -> Result<Option<PaymentId>, StoreError> {
        let holder = self.claim(ClaimKind::Reference, &reference.to_string()).await?;
        holder.map(|holder| super::rows::word("a payment's id", &holder)).transpose()
    }

    /// The attempt that a provider knows by our own reference: the payment's and two digits more.
    pub async fn attempt_by_merchant_reference(
        &self,
        reference: &str,
    ) -> Result<Option<(PaymentId, AttemptId)>, StoreError> {
        const ATTEMPT: &str = "SELECT id FROM attempts WHERE payment_id = $1 AND merchant_reference = $2";
        let payment = reference.get(..16).and_then(|payment| payment.parse::<Reference>().ok());
        let Some(payment) = payment else { return Ok(None) };
        let Some(payment) = self.id_by_reference(payment).await? else { return Ok(None) };
        let row: Option<(Uuid,)> =
            self.db().maybe_row(ATTEMPT, (payment.uuid(), reference.to_owned())).await?;
        Ok(row.map(|row| (payment, AttemptId::new(row.0))))
    }

    /// The attempt that a provider knows by its own reference; the newest, should it reuse them.
    pub async fn attempt_by_provider_reference(
        &self,
        provider: &str,
        reference: &str,
    ) -> Result<Option<(PaymentId, AttemptId)>, StoreError> {
        const ATTEMPT: &str = "SELECT payment_id, id FROM attempts \
             WHERE provider_reference = $2 AND provider = $1 ORDER BY created_at DESC, id DESC LIMIT 1";
        let binds = (provider.to_owned(), reference.to_owned());
        let row: Option<(Uuid, Uuid)> = self.db().maybe_row(ATTEMPT, binds).await?;
        Ok(row.map(|(payment, attempt)| (PaymentId::new(payment), AttemptId::new(attempt))))
    }

    /// Payments, newest first. With a reference of any kind the search is by that reference.
    pub async fn payments(
        &self,
        filter: &PaymentFilter,
        cursor: &Cursor,
        limit: u32,
    ) -> Result<Page<Payment>, StoreError> {
        let after: ListPlace = cursor.place()?.unwrap_or_else(ListPlace::start);
        let limit = limit as usize;
        let mut items = match self.candidates(filter).await? {
            Some(ids) => {
                let mut items = self.payments_with_ids(ids).await?;
                items.retain(|payment| {
                    filter.admits(payment) && (payment.created_at, payment.id.uuid()) < (after.at, after.id)
                });
                items
            }
            None => self.listed(filter, &after, limit + 1).await?,
        };
        let more = items.len() > limit;
        items.truncate(limit);
        let position = items.last().map_or_else(
            || cursor.clone(),
            |last| Cursor::of(&ListPlace { at: micros(last.created_at), id: last.id.uuid() }),
        );
        Ok(Page { items, next: more.then(|| position.clone()), position })
    }

    /// The few payments that a reference can mean, where one is given.
    async fn candidates(&self, filter: &PaymentFilter) -> Result<Option<Vec<Uuid>>, StoreError> {
        const BY_CLIENT: &str =
            "SELECT id FROM payments WHERE client_reference = $1 ORDER BY created_at DESC LIMIT $2";
        const BY_PROVIDER: &str =
            "SELECT DISTINCT payment_id FROM attempts WHERE provider_reference = $1 LIMIT $2";
        if let Some(reference) = filter.reference {
            return Ok(Some(
                self.id_by_reference(reference).await?.map(PaymentId::uuid).into_iter().collect(),
            ));
        }
        let (sql, reference) = match (&filter.client_reference, &filter.provider_reference) {
            (Some(reference), _) => (BY_CLIENT, reference),
            (None, Some(reference)) => (BY_PROVIDER, reference),
            (None, None) => return Ok(None),
        };
        let rows: Vec<(Uuid,)> = self.db().rows(sql, (reference.clone(), CANDIDATES)).await?;
        Ok(Some(rows.into_iter().map(|row| row.0).collect()))
    }

    async fn listed(
        &self,
        filter: &PaymentFilter,
        after: &ListPlace,
        limit: usize,
    ) -> Result<Vec<Payment>, StoreError> {
        const LIST: &str = "SELECT id FROM payments WHERE (created_at, id) < ($1, $2) \
             AND ($3 IS NULL OR status = $3) AND ($4 IS NULL OR services LIKE '%,' || $4 || ',%') \
             AND ($5 IS NULL OR governorate = $5) AND ($6 IS NULL OR created_at >= $6) \
             AND ($7 IS NULL OR created_at < $7) AND ($8 IS NULL OR owner = $8) \
             ORDER BY created_at DESC, id DESC LIMIT $9";
        let binds = (
            after.at,
            after.id,
            filter.status.map(PaymentStatus::code),
            filter.service.clone(),
            filter.governorate.clone(),
            filter.from.map(micros),
            filter.to.map(micros),
            filter.owner.clone(),
            i64::try_from(limit).unwrap_or(i64::MAX),
        );
        let ids: Vec<(Uuid,)> = self.db().rows(LIST, binds).await?;
        self.payments_with_ids(ids.into_iter().map(|row| row.0).collect()).await
    }

    /// Attempts, by payment, oldest payment first; each with its whole payment.
    pub async fn attempts(
        &self,
        filter: &AttemptFilter,
        cursor: &Cursor,
        limit: u32,
    ) -> Result<Page<(Payment, AttemptId)>, StoreError> {
        // The few unknown ones have an index of their own; all others are read in their key's order.
        const UNKNOWN: &str = "SELECT payment_id, id FROM attempts WHERE unknown_since IS NOT NULL \
             AND (payment_id, id) > ($1, $2) AND ($3 IS NULL OR status = $3) \
             AND ($4 IS NULL OR provider = $4) \
             AND ($5 IS NULL OR unknown_since < $5) ORDER BY payment_id, id LIMIT $6";
        const ALL: &str = "SELECT payment_id, id FROM attempts WHERE (payment_id, id) > ($1, $2) \
             AND ($3 IS NULL OR status = $3) AND ($4 IS NULL OR provider = $4) \
             AND ($5 IS NULL OR COALESCE(unknown_since, created_at) < $5) ORDER BY payment_id, id LIMIT $6";
        let (payment, attempt): (Uuid, Uuid) = cursor.place()?.unwrap_or_default();
        let binds = (
            payment,
            attempt,
            filter.status.map(AttemptStatus::code),
            filter.provider.clone(),
            filter.older_than.map(micros),
            i64::from(limit) + 1,
        );
        let sql = if filter.status == Some(AttemptStatus::Unknown) { UNKNOWN } else { ALL };
        let mut found: Vec<(Uuid, Uuid)> = self.db().rows(sql, binds).await?;
        let more = found.len() > limit as usize;
        found.truncate(limit as usize);
        let position = found.last().map_or_else(|| cursor.clone(), Cursor::of);
        let payments = self.payments_with_ids(found.iter().map(|row| row.0).collect()).await?;
        let payments: HashMap<Uuid, Payment> =
            payments.into_iter().map(|payment| (payment.id.uuid(), payment)).collect();
        let items = found
            .iter()
            .filter_map(|(payment, attempt)| Some((payments.get(payment)?.clone(), AttemptId::new(*attempt))))
            .collect();
        Ok(Page { items, next: more.then(|| position.clone()), position })
    }

    /// A quote.
    pub async fn quote(&self, id: QuoteId) -> Result<Option<Quote>, StoreError> {
        const QUOTE: &str = "SELECT bill, created_at, expires_at FROM quotes WHERE id = $1";
        let row: Option<(String, DateTime<Utc>, DateTime<Utc>)> =
            self.db().maybe_row(QUOTE, (id.uuid(),)).await?;
        let Some((bill, created_at, expires_at)) = row else { return Ok(None) };
        let bill = match self.inner.bills.get(id) {
            Some(bill) => bill,
            None => Arc::new(read_document("a bill", &bill)?),
        };
        self.inner.bills.keep(id, &bill);
        Ok(Some(Quote { id, bill, created_at, expires_at }))
    }

    /// Who holds a claim.
    pub async fn claim(&self, kind: ClaimKind, key: &str) -> Result<Option<String>, StoreError> {
        const CLAIM: &str = "SELECT holder FROM claims WHERE kind = $1 AND key = $2";
        let row: Option<(String,)> = self.db().maybe_row(CLAIM, (kind.code(), key.to_owned())).await?;
        Ok(row.map(|row| row.0))
    }

    /// The idempotency claim of a key and the answer stored under it.
    pub async fn answer(&self, key: &str) -> Result<Option<Held>, StoreError> {
        const HELD: &str = "SELECT c.holder, a.status, a.content_type, a.body FROM claims c \
             LEFT JOIN answers a ON a.key = c.key WHERE c.kind = 'idempotency' AND c.key = $1";
        let row: Option<FoundAnswer> = self.db().maybe_row(HELD, (key.to_owned(),)).await?;
        row.map(|row| row.into_held(key)).transpose()
    }

    /// A payer's sealed data.
    pub async fn payer(&self, payment: PaymentId) -> Result<Option<SealedPayer>, StoreError> {
        const PAYER: &str = "SELECT key_id, sealed, national_id_hash FROM payers WHERE payment_id = $1";
        let row: Option<(String, Vec<u8>, Option<Vec<u8>>)> =
            self.db().maybe_row(PAYER, (payment.uuid(),)).await?;
        Ok(row.map(|(key_id, sealed, national_id_hash)| SealedPayer {
            payment,
            key_id,
            sealed,
            national_id_hash,
        }))
    }
}

#[derive(FromRow)]
struct FoundAnswer {
    holder: String,
    status: Option<i32>,
    content_type: Option<String>,
    body: Option<String>,
}

impl FoundAnswer {
    fn into_held(self, key: &str) -> Result<Held, StoreError> {
        let answer = match (self.status, self.content_type, self.body) {
            (Some(status), Some(content_type), Some(body)) => {
                let read =
                    u16::try_from(status).map_err(|_| StoreError::unreadable("an HTTP status", status))?;
                Some(StoredAnswer { key: key.to_owned(), status: read, content_type, body })
            }
            _ => None,
        };
        Ok(Held { holder: self.holder, answer })
    }
}
