//! What can happen to an order, whoever makes it happen: the counter, the merchant or a test.
//!
//! Each act checks and records in one hold of the books' lock, then writes its notification.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rusum_kit::{Piastres, Tender};

use super::{
    Simulator,
    books::{By, Chargeback, Closed, Collection, Delivery, Entry, Facts, Notification, Order, Refund},
    faults::Kind,
};
use crate::vocabulary::status;

/// Why something cannot happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such order.
    Unknown,
    /// The order stands otherwise: its status.
    NotNow(&'static str),
    /// The most that could be given or taken back.
    TooMuch(Piastres),
}

/// Who lets an order be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Till {
    /// The counter: what is paid is not paid again.
    Counter,
    /// A test: the same code may be collected several times.
    Control,
}

/// A payment to be made.
#[derive(Clone, Debug)]
pub struct Pay {
    /// Who lets it be paid.
    pub till: Till,
    /// How much, when it is not what the order says.
    pub amount: Option<Piastres>,
    /// With what.
    pub tender: Tender,
    /// How many times.
    pub times: u32,
    /// How long the notification is held back.
    pub delay: Duration,
}

impl Simulator {
    /// Collects money for an order.
    pub(super) fn pay(&self, reference: &str, pay: &Pay) -> Result<Order, Refusal> {
        let now = self.now();
        let mut books = self.books();
        let order = books.find(reference).ok_or(Refusal::Unknown)?.clone();
        self.may_be_paid(&order, pay.till)?;
        for _ in 0..pay.times {
            let amount = pay.amount.unwrap_or_else(|| self.collected(order.amount));
            let wrong_currency = self.faults().take(Kind::WrongCurrency);
            let count = books.by_reference(&order.reference).map_or(0, |order| order.collections.len());
            let collection = Collection {
                transaction: format!("{}{:03}", order.reference, count + 1),
                amount,
                payer_fee: self.settings().payer_fee,
                currency: if wrong_currency { "USD" } else { "EGP" }.to_owned(),
                tender: pay.tender,
                at: now,
            };
            books.record(Entry::Collected { reference: order.reference.clone(), collection });
        }
        let order = books.find(reference).ok_or(Refusal::Unknown)?.clone();
        drop(books);
        let before = order.collections.len() - usize::try_from(pay.times).unwrap_or_default();
        for collection in &order.collections[before..] {
            self.notify(&order, order.facts(Some(collection), now), pay.delay);
        }
        Ok(order)
    }

    fn may_be_paid(&self, order: &Order, till: Till) -> Result<(), Refusal> {
        let status = order.status(self.now());
        match status {
            status::UNPAID => Ok(()),
            status::PAID | status::PARTIAL_REFUNDED | status::REFUNDED => match till {
                Till::Counter => Err(Refusal::NotNow(status)),
                Till::Control => Ok(()),
            },
            _ if self.faults().take(Kind::LateSuccess) => Ok(()),
            _ => Err(Refusal::NotNow(status)),
        }
    }

    /// What is collected where nobody says how much: a pound less when it is to be wrong.
    fn collected(&self, amount: Piastres) -> Piastres {
        let pound = Piastres::new(100);
        if !self.faults().take(Kind::WrongAmount) {
            amount
        } else if amount > pound {
            amount - pound
        } else {
            amount + pound
        }
    }

    /// Closes an unpaid order. One that was closed in the same way stays closed.
    pub(super) fn close(&self, reference: &str, how: Closed) -> Result<Order, Refusal> {
        let now = self.now();
        let mut books = self.books();
        let order = books.find(reference).ok_or(Refusal::Unknown)?.clone();
        if !order.collections.is_empty() || order.closed.is_some_and(|closed| closed != how) {
            return Err(Refusal::NotNow(order.status(now)));
        }
        if order.closed == Some(how) {
            return Ok(order);
        }
        books.record(Entry::Closed { reference: order.reference, how });
        let order = books.find(reference).ok_or(Refusal::Unknown)?.clone();
        drop(books);
        self.notify(&order, order.facts(None, now), Duration::ZERO);
        Ok(order)
    }

    /// Gives money back: so much, or all that is left.
    pub(super) fn refund(
        &self,
        reference: &str,
        amount: Option<Piastres>,
        reason: &str,
        by: By,
    ) -> Result<Order, Refusal> {
        let now = self.now();
        let mut books = self.books();
        let (order, amount) = left(books.find(reference), amount, now)?;
        let Order { reference: ours, merchant_reference, .. } = order.clone();
        let reason = reason.to_owned();
        books.record(Entry::Refunded(Refund {
            reference: ours,
            merchant_reference,
            amount,
            reason,
            by,
            at: now,
        }));
        let order = books.find(reference).ok_or(Refusal::Unknown)?.clone();
        drop(books);
        self.notify(&order, order.facts(order.collections.first(), now), Duration::ZERO);
        Ok(order)
    }

    /// Takes money back on the word of the payer's bank: so much, or all that is left. Fawry has no
    /// message for it; its settlement file tells.
    pub(super) fn charge_back(&self, reference: &str, amount: Option<Piastres>) -> Result<Order, Refusal> {
        let now = self.now();
        let mut books = self.books();
        let (order, amount) = left(books.find(reference), amount, now)?;
        let Order { reference: ours, merchant_reference, .. } = order;
        books.record(Entry::ChargedBack(Chargeback { reference: ours, merchant_reference, amount, at: now }));
        books.find(reference).cloned().ok_or(Refusal::Unknown)
    }

    /// What is told of an order now, as an answer.
    pub(super) fn facts(&self, order: &Order) -> Facts {
        let mut facts = order.facts(order.collections.first(), self.now());
        self.disguise(&mut facts);
        facts
    }

    fn disguise(&self, facts: &mut Facts) {
        if self.faults().take(Kind::UnknownStatus) {
            "UNDER_REVIEW".clone_into(&mut facts.status);
        }
    }

    /// Writes a notification and has it sent. An order without an address is told to nobody.
    fn notify(&self, order: &Order, mut facts: Facts, delay: Duration) {
        let Some(url) = order.webhook.clone().or_else(|| self.settings().notification_url.clone()) else {
            return;
        };
        self.disguise(&mut facts);
        let mut books = self.books();
        let id = books.notifications.len() as u64;
        books.record(Entry::Notified(Notification {
            id,
            url,
            facts,
            at: self.now(),
            attempts: 0,
            last_answer: None,
            delivery: Delivery::Pending,
        }));
        drop(books);
        self.send_notification(id, delay);
    }
}

/// The order, and how much of it is to go back.
fn left(
    order: Option<&Order>,
    amount: Option<Piastres>,
    now: DateTime<Utc>,
) -> Result<(Order, Piastres), Refusal> {
    let order = order.ok_or(Refusal::Unknown)?;
    let left = order.refundable();
    if order.collections.is_empty() || !left.is_positive() {
        return Err(Refusal::NotNow(order.status(now)));
    }
    let amount = amount.unwrap_or(left);
    if !amount.is_positive() || amount > left {
        return Err(Refusal::TooMuch(left));
    }
    Ok((order.clone(), amount))
}
