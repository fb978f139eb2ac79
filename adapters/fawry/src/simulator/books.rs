//! The simulated Fawry's own books: every order, collection, refund, chargeback and notification.
//!
//! Promises: what happened is a list of [`Entry`]s, and applying them is the only way to change the
//! books; with a file each entry is one JSON line, written before it is applied, so that a process
//! that was killed finds its orders again. A torn last line is what being killed leaves behind: it is
//! cut off. Nothing is synced to the disk; a power failure may cost the last lines.
//!
//! Bounded by memory: about a kilobyte per paid order, kept as long as the process lives.

use std::{
    collections::HashMap,
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    path::Path,
};

use chrono::{DateTime, Utc};
use rusum_kit::{Piastres, Tender, sign::sha256};
use serde::{Deserialize, Serialize};

use crate::vocabulary::{method, status};

/// One thing that happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum Entry {
    /// An order was made.
    Ordered(Order),
    /// Money was collected for an order.
    Collected {
        /// Fawry's reference of the order.
        reference: String,
        /// What and when.
        collection: Collection,
    },
    /// An order was closed unpaid.
    Closed {
        /// Fawry's reference of the order.
        reference: String,
        /// How.
        how: Closed,
    },
    /// Money was given back.
    Refunded(Refund),
    /// Money was taken back by the payer's bank.
    ChargedBack(Chargeback),
    /// A notification was written.
    Notified(Notification),
    /// A notification reached its end.
    Told {
        /// The notification.
        id: u64,
        /// How it ended.
        delivery: Delivery,
        /// How often it was sent.
        attempts: u32,
    },
}

/// An order: what a charge call makes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    /// The code that the citizen quotes: nine digits.
    pub reference: String,
    /// The merchant's reference.
    pub merchant_reference: String,
    /// What is to be paid.
    pub amount: Piastres,
    /// What for.
    pub description: String,
    /// Where this order's notifications go.
    pub webhook: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When the code stops being payable.
    pub expires_at: DateTime<Utc>,
    /// Every time that it was paid.
    #[serde(default)]
    pub collections: Vec<Collection>,
    /// Whether it was closed unpaid, and how.
    #[serde(default)]
    pub closed: Option<Closed>,
    /// How much has been given back, in total.
    #[serde(default)]
    pub refunded: Piastres,
    /// How much has been charged back, in total.
    #[serde(default)]
    pub charged_back: Piastres,
}

/// One time that an order was paid.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Collection {
    /// The id of this collection (`paymentRefrenceNumber`).
    pub transaction: String,
    /// What was collected for the merchant.
    pub amount: Piastres,
    /// What the citizen paid on top.
    pub payer_fee: Piastres,
    /// In which currency.
    pub currency: String,
    /// With what.
    pub tender: Tender,
    /// When.
    pub at: DateTime<Utc>,
}

/// How an order was closed unpaid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closed {
    /// The merchant withdrew it.
    Cancelled,
    /// It was refused.
    Failed,
}

/// Money given back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Refund {
    /// Fawry's reference of the order.
    pub reference: String,
    /// The merchant's reference of the order.
    pub merchant_reference: String,
    /// How much.
    pub amount: Piastres,
    /// Why.
    pub reason: String,
    /// On whose word.
    pub by: By,
    /// When.
    pub at: DateTime<Utc>,
}

/// On whose word money was given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The merchant called.
    Merchant,
    /// Fawry decided.
    Provider,
}

/// Money taken back by the payer's bank.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Chargeback {
    /// Fawry's reference of the order.
    pub reference: String,
    /// The merchant's reference of the order.
    pub merchant_reference: String,
    /// How much.
    pub amount: Piastres,
    /// When.
    pub at: DateTime<Utc>,
}

/// A notification and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Notification {
    /// Its number.
    pub id: u64,
    /// Where it goes.
    pub url: String,
    /// What it says.
    pub facts: Facts,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// How often it was sent so far.
    pub attempts: u32,
    /// What the last answer was: an HTTP status, or nothing when there was none.
    pub last_answer: Option<u16>,
    /// Whether it arrived.
    pub delivery: Delivery,
}

/// Whether a notification arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Not yet.
    Pending,
    /// It was answered with 200.
    Delivered,
    /// It was sent as often as the schedule says, in vain.
    GivenUp,
}

/// What Fawry says of an order in a notification or an answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Facts {
    /// Fawry's reference.
    pub reference: String,
    /// The merchant's reference.
    pub merchant_reference: String,
    /// What the citizen paid, the fee on top included; what is to be paid, before.
    pub paid: Piastres,
    /// What the order is for.
    pub ordered: Piastres,
    /// The fee on top.
    pub fees: Piastres,
    /// `orderStatus`
    pub status: String,
    /// `paymentMethod`
    pub method: String,
    /// `paymentRefrenceNumber`
    pub transaction: Option<String>,
    /// When it was paid.
    pub paid_at: Option<DateTime<Utc>>,
    /// When the code stops being payable.
    pub expires_at: DateTime<Utc>,
    /// How much has been given back, in total.
    pub refunded: Piastres,
    /// Said only when it is not the pound.
    pub currency: Option<String>,
}

impl Order {
    /// What was collected for the merchant, in total.
    pub fn paid(&self) -> Piastres {
        self.collections.iter().map(|collection| collection.amount).sum()
    }

    /// What can still be given back.
    pub fn refundable(&self) -> Piastres {
        self.paid() - self.refunded - self.charged_back
    }

    /// `orderStatus` at a moment.
    pub fn status(&self, now: DateTime<Utc>) -> &'static str {
        if self.collections.is_empty() {
            return match self.closed {
                Some(Closed::Cancelled) => status::CANCELED,
                Some(Closed::Failed) => status::FAILED,
                None if now >= self.expires_at => status::EXPIRED,
                None => status::UNPAID,
            };
        }
        if self.refunded.is_zero() {
            status::PAID
        } else if self.refunded < self.paid() {
            status::PARTIAL_REFUNDED
        } else {
            status::REFUNDED
        }
    }

    /// What is said of the order, as paid by one of its collections.
    pub fn facts(&self, collection: Option<&Collection>, now: DateTime<Utc>) -> Facts {
        let fees = collection.map_or(Piastres::ZERO, |collection| collection.payer_fee);
        Facts {
            reference: self.reference.clone(),
            merchant_reference: self.merchant_reference.clone(),
            paid: collection.map_or(self.amount, |collection| collection.amount) + fees,
            ordered: self.amount,
            fees,
            status: self.status(now).to_owned(),
            method: collection.map_or(method::PAY_AT_FAWRY, |collection| word(collection.tender)).to_owned(),
            transaction: collection.map(|collection| collection.transaction.clone()),
            paid_at: collection.map(|collection| collection.at),
            expires_at: self.expires_at,
            refunded: self.refunded,
            currency: collection.map(|collection| collection.currency.clone()).filter(|code| code != "EGP"),
        }
    }
}

fn word(tender: Tender) -> &'static str {
    match tender {
        Tender::Cash => method::PAY_AT_FAWRY,
        Tender::Card => method::CARD,
        Tender::Wallet => method::MOBILE_WALLET,
    }
}

/// The books.
#[derive(Debug, Default)]
pub struct Books {
    orders: Vec<Order>,
    by_reference: HashMap<String, usize>,
    by_merchant_reference: HashMap<String, usize>,
    /// Money given back, in order.
    pub refunds: Vec<Refund>,
    /// Money charged back, in order.
    pub chargebacks: Vec<Chargeback>,
    /// Notifications, in order; a notification's number is its place.
    pub notifications: Vec<Notification>,
    file: Option<File>,
}

impl Books {
    /// The books of a file, made when there is none; without a file, empty ones that nobody keeps.
    pub fn open(path: Option<&Path>) -> io::Result<Self> {
        let mut books = Self::default();
        let Some(path) = path else { return Ok(books) };
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let whole = books.read(&mut BufReader::new(&mut file))?;
        file.set_len(whole)?;
        books.file = Some(file);
        Ok(books)
    }

    /// Applies the whole lines of a file and tells how many bytes they are.
    fn read(&mut self, file: &mut impl BufRead) -> io::Result<u64> {
        let (mut whole, mut number) = (0, 0);
        loop {
            let mut line = Vec::new();
            let length = file.read_until(b'\n', &mut line)?;
            if line.last() != Some(&b'\n') {
                return Ok(whole);
            }
            number += 1;
            let entry = serde_json::from_slice(&line).map_err(|error| {
                io::Error::new(io::ErrorKind::InvalidData, format!("line {number} of the books: {error}"))
            })?;
            self.apply(entry);
            whole += length as u64;
        }
    }

    /// Writes down what happened, then lets it have happened.
    pub fn record(&mut self, entry: Entry) {
        if let Some(file) = &mut self.file {
            let written = serde_json::to_vec(&entry).map_err(io::Error::from).and_then(|mut line| {
                line.push(b'\n');
                file.write_all(&line)
            });
            if let Err(error) = written {
                tracing::error!(%error, "the simulated Fawry's books cannot be written; they go on in memory");
                self.file = None;
            }
        }
        self.apply(entry);
    }

    fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Ordered(order) => {
                let place = self.orders.len();
                self.by_reference.insert(order.reference.clone(), place);
                self.by_merchant_reference.insert(order.merchant_reference.clone(), place);
                self.orders.push(order);
            }
            Entry::Collected { reference, collection } => {
                self.change(&reference, |order| order.collections.push(collection));
            }
            Entry::Closed { reference, how } => self.change(&reference, |order| order.closed = Some(how)),
            Entry::Refunded(refund) => {
                self.change(&refund.reference, |order| order.refunded += refund.amount);
                self.refunds.push(refund);
            }
            Entry::ChargedBack(chargeback) => {
                self.change(&chargeback.reference, |order| order.charged_back += chargeback.amount);
                self.chargebacks.push(chargeback);
            }
            Entry::Notified(notification) => self.notifications.push(notification),
            Entry::Told { id, delivery, attempts } => self.change_notification(id, |notification| {
                notification.delivery = delivery;
                notification.attempts = attempts;
            }),
        }
    }

    fn change(&mut self, reference: &str, change: impl FnOnce(&mut Order)) {
        let place = self.by_reference.get(reference).copied();
        if let Some(order) = place.and_then(|place| self.orders.get_mut(place)) {
            change(order);
        }
    }

    /// Changes a notification in memory only: how often it was sent so far is not worth a line.
    pub fn change_notification(&mut self, id: u64, change: impl FnOnce(&mut Notification)) {
        if let Some(notification) = usize::try_from(id).ok().and_then(|id| self.notifications.get_mut(id)) {
            change(notification);
        }
    }

    /// All orders, in the order in which they were made.
    pub fn orders(&self) -> &[Order] {
        &self.orders
    }

    /// The order with this reference of Fawry's.
    pub fn by_reference(&self, reference: &str) -> Option<&Order> {
        self.by_reference.get(reference).and_then(|place| self.orders.get(*place))
    }

    /// The order with this reference of the merchant's.
    pub fn by_merchant_reference(&self, reference: &str) -> Option<&Order> {
        self.by_merchant_reference.get(reference).and_then(|place| self.orders.get(*place))
    }

    /// The order with this reference of either side's.
    pub fn find(&self, reference: &str) -> Option<&Order> {
        self.by_reference(reference).or_else(|| self.by_merchant_reference(reference))
    }

    /// A reference that no order has: nine digits, derived from the merchant's reference, so that a
    /// simulator that kept no books does not give out a code a second time for something else.
    pub fn fresh_reference(&self, merchant_reference: &str) -> String {
        let digest = sha256([merchant_reference]);
        let start = digest.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        let mut offset = start % 900_000_000;
        loop {
            let reference = (100_000_000 + offset).to_string();
            if !self.by_reference.contains_key(&reference) {
                return reference;
            }
            offset = (offset + 1) % 900_000_000;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(reference: &str, merchant_reference: &str) -> Entry {
        Entry::Ordered(Order {
            reference: reference.into(),
            merchant_reference: merchant_reference.into(),
            amount: Piastres::new(4500),
            description: "x".into(),
            webhook: None,
            created_at: DateTime::UNIX_EPOCH,
            expires_at: DateTime::UNIX_EPOCH,
            collections: Vec::new(),
            closed: None,
            refunded: Piastres::ZERO,
            charged_back: Piastres::ZERO,
        })
    }

    #[test]
    fn a_torn_last_line_is_cut_off_and_the_rest_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fawry.jsonl");
        let mut books = Books::open(Some(&path)).unwrap();
        books.record(order("931215518", "1"));
        books.record(order("931215519", "2"));
        drop(books);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 7]).unwrap();

        let mut books = Books::open(Some(&path)).unwrap();
        assert_eq!(books.orders().len(), 1);
        books.record(order("931215520", "3"));
        drop(books);
        let books = Books::open(Some(&path)).unwrap();
        assert!(books.by_reference("931215518").is_some() && books.find("3").is_some());
        assert!(books.find("931215519").is_none());
    }

    #[test]
    fn a_broken_line_before_the_end_is_told_with_its_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fawry.jsonl");
        std::fs::write(&path, "{}\n").unwrap();
        let error = Books::open(Some(&path)).unwrap_err().to_string();
        assert!(error.starts_with("line 1 of the books"), "{error}");
    }

    #[test]
    fn references_have_nine_digits_and_are_never_given_twice() {
        let mut books = Books::default();
        let first = books.fresh_reference("1");
        books.record(order(&first, "1"));
        let second = books.fresh_reference("1");
        assert_ne!(first, second);
        for reference in [first, second] {
            assert!(reference.len() == 9 && reference.bytes().all(|b| b.is_ascii_digit()));
        }
    }
}
