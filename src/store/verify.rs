//! Re-adding the books.
//!
//! Reads one snapshot, lane after lane in pieces of [`PIECE`] entries, so its memory does not grow with
//! the books. The laws:
//!
//! | law | what must hold |
//! |---|---|
//! | `gap` | journals and events of a lane are numbered 1, 2, 3, ... |
//! | `orphan` | a journal has as many transfers as it says; no transfer is without its journal |
//! | `day` | a journal and its transfers belong to the day of their lane |
//! | `transfer` | a transfer moves more than nothing between two accounts of the chart that its event allows |
//! | `totals` | the stored totals of a lane are what its transfers add up to |
//! | `unbalanced` | Σ debits of all accounts = Σ credits |
//! | `payment` | what was paid and what came beyond it is what a payment's transfers say |
//! | `attempt` | the collections of a payment's attempts are its transfers, by how they were booked |
//!
//! A seal of an ended day will be one law more.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Store, StoreError,
    exec::Tx,
    rows::{one_of, read_document},
};
use crate::{
    ids::PaymentId,
    ledger::{Account, JournalEvent},
    money::Piastres,
    payments::{Booked, Collection},
};

/// Entries that are read at a time.
const PIECE: i64 = 5000;
/// Differences that are told; beyond them they are counted.
const TOLD: usize = 1000;

/// How far a verification came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Entries checked.
    pub done: u64,
    /// Entries to check, as counted at the start.
    pub total: u64,
}

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which law is broken.
    pub law: &'static str,
    /// What differs, with the figures.
    pub detail: String,
}

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Lanes read.
    pub lanes: u64,
    /// Journals read.
    pub journals: u64,
    /// Transfers re-added.
    pub transfers: u64,
    /// Events counted.
    pub events: u64,
    /// Payments compared with their transfers.
    pub payments: u64,
    /// Differences; the first thousand.
    pub findings: Vec<Finding>,
    /// How many differences there are in all.
    pub differences: u64,
}

impl VerifyReport {
    /// Whether the books are right.
    pub const fn is_clean(&self) -> bool {
        self.differences == 0
    }

    fn find(&mut self, law: &'static str, detail: String) {
        self.differences += 1;
        if self.findings.len() < TOLD {
            self.findings.push(Finding { law, detail });
        }
    }
}

/// What is told of the progress of.
type Told<'a> = &'a mut (dyn FnMut(Progress) + Send);

/// A verification under way.
struct Verification<'a> {
    tx: Tx,
    report: VerifyReport,
    /// What all lanes moved.
    sums: BTreeMap<String, (i64, i64)>,
    told: Told<'a>,
    done: u64,
    total: u64,
}

#[derive(FromRow)]
struct FoundLane {
    id: i64,
    day: NaiveDate,
}

#[derive(FromRow)]
struct FoundJournal {
    subject_id: Uuid,
    seq: i64,
    day: NaiveDate,
    event: String,
    legs: i32,
}

#[derive(FromRow)]
struct FoundTransfer {
    subject_id: Uuid,
    seq: i64,
    leg: i32,
    day: NaiveDate,
    debit: String,
    credit: String,
    amount: i64,
}

#[derive(FromRow)]
struct FoundTotals {
    account: String,
    day: NaiveDate,
    debits: i64,
    credits: i64,
    transfers: i64,
    first_seq: i64,
    last_seq: i64,
}

/// What a lane moved on an account: debits, credits, transfers, first and last number.
type Moved = (i64, i64, i64, i64, i64);

impl Store {
    /// Re-adds every transfer of one snapshot and compares it with all that is stored about it.
    pub async fn verify(&self, told: Told<'_>) -> Result<VerifyReport, StoreError> {
        const TOTAL: &str =
            "SELECT CAST((SELECT COUNT(*) FROM journals) + (SELECT COUNT(*) FROM payments) AS BIGINT)";
        const LANES: &str = "SELECT id, day FROM lanes ORDER BY day, id";
        let mut tx = self.db().snapshot().await?;
        let total: Option<(i64,)> = tx.maybe_row(TOTAL, ()).await?;
        let total = total.map_or(0, |row| u64::try_from(row.0).unwrap_or(0));
        let lanes: Vec<FoundLane> = tx.rows(LANES, ()).await?;
        let mut verification =
            Verification { tx, report: VerifyReport::default(), sums: BTreeMap::new(), told, done: 0, total };
        for lane in lanes {
            verification.lane(&lane).await?;
        }
        verification.strangers().await?;
        verification.balance();
        verification.payments().await?;
        verification.tx.rollback().await?;
        Ok(verification.report)
    }
}

impl Verification<'_> {
    fn went_on(&mut self, entries: usize) {
        self.done += entries as u64;
        (self.told)(Progress { done: self.done.min(self.total), total: self.total });
    }

    async fn lane(&mut self, lane: &FoundLane) -> Result<(), StoreError> {
        const JOURNALS: &str = "SELECT subject_id, seq, day, event, legs FROM journals \
             WHERE lane = $1 AND seq > $2 ORDER BY seq LIMIT $3";
        const TRANSFERS: &str = "SELECT subject_id, seq, leg, day, debit, credit, amount FROM transfers \
             WHERE lane = $1 AND seq > $2 AND seq <= $3 ORDER BY seq, leg";
        let mut moved: BTreeMap<String, Moved> = BTreeMap::new();
        let mut last = 0;
        loop {
            let journals: Vec<FoundJournal> = self.tx.rows(JOURNALS, (lane.id, last, PIECE)).await?;
            let read_to_end = i64::try_from(journals.len()).unwrap_or(i64::MAX) < PIECE;
            let up_to = if read_to_end { i64::MAX } else { journals.last().map_or(i64::MAX, |j| j.seq) };
            let transfers: Vec<FoundTransfer> = self.tx.rows(TRANSFERS, (lane.id, last, up_to)).await?;
            self.piece(lane, last, &journals, &transfers, &mut moved);
            last = up_to;
            self.went_on(journals.len());
            if read_to_end {
                break;
            }
        }
        self.events(lane).await?;
        self.totals(lane, moved).await?;
        self.report.lanes += 1;
        Ok(())
    }

    /// Checks a piece of a lane that begins after a number.
    fn piece(
        &mut self,
        lane: &FoundLane,
        after: i64,
        journals: &[FoundJournal],
        transfers: &[FoundTransfer],
        moved: &mut BTreeMap<String, Moved>,
    ) {
        let report = &mut self.report;
        report.journals += journals.len() as u64;
        report.transfers += transfers.len() as u64;
        let mut legs: HashMap<i64, Vec<&FoundTransfer>> = HashMap::new();
        for transfer in transfers {
            legs.entry(transfer.seq).or_default().push(transfer);
            for (account, debit, credit) in
                [(&transfer.debit, transfer.amount, 0), (&transfer.credit, 0, transfer.amount)]
            {
                let moved = moved.entry(account.clone()).or_insert((0, 0, 0, transfer.seq, transfer.seq));
                *moved = (moved.0 + debit, moved.1 + credit, moved.2 + 1, moved.3, transfer.seq);
            }
        }
        let mut expected = after;
        for journal in journals {
            expected += 1;
            let place = format!("journal {} of lane {}", journal.seq, lane.id);
            if journal.seq != expected {
                report.find("gap", format!("lane {}: journal {expected} is missing", lane.id));
                expected = journal.seq;
            }
            if journal.day != lane.day {
                report.find("day", format!("{place} is of {}, its lane of {}", journal.day, lane.day));
            }
            let own = legs.remove(&journal.seq).unwrap_or_default();
            let numbered = (1..).zip(&own).all(|(number, leg)| leg.leg == number);
            if i64::from(journal.legs) != i64::try_from(own.len()).unwrap_or(i64::MAX) || !numbered {
                report.find("orphan", format!("{place} has {} transfers, not {}", own.len(), journal.legs));
            }
            for transfer in own {
                check_transfer(report, &place, journal, transfer);
            }
        }
        for seq in legs.into_keys() {
            report.find("orphan", format!("transfers of journal {seq} of lane {} have no journal", lane.id));
        }
    }

    async fn events(&mut self, lane: &FoundLane) -> Result<(), StoreError> {
        const EVENTS: &str = "SELECT COUNT(*), COALESCE(MAX(seq), CAST(0 AS BIGINT)), \
             COUNT(DISTINCT seq) FROM events WHERE lane = $1";
        let row: Option<(i64, i64, i64)> = self.tx.maybe_row(EVENTS, (lane.id,)).await?;
        let (count, last, distinct) = row.unwrap_or_default();
        self.report.events += u64::try_from(count).unwrap_or(0);
        if count != last || distinct != last {
            self.report.find("gap", format!("lane {}: {count} events, numbered up to {last}", lane.id));
        }
        Ok(())
    }

    async fn totals(
        &mut self,
        lane: &FoundLane,
        mut moved: BTreeMap<String, Moved>,
    ) -> Result<(), StoreError> {
        const TOTALS: &str = "SELECT account, day, debits, credits, transfers, first_seq, last_seq \
             FROM totals WHERE lane = $1 ORDER BY account, day";
        let stored: Vec<FoundTotals> = self.tx.rows(TOTALS, (lane.id,)).await?;
        for (account, moved) in &moved {
            let sum = self.sums.entry(account.clone()).or_default();
            *sum = (sum.0 + moved.0, sum.1 + moved.1);
        }
        for row in stored {
            let place = format!("totals of {} in lane {} on {}", row.account, lane.id, row.day);
            if row.day != lane.day {
                self.report.find("day", format!("{place}: the lane is of {}", lane.day));
            }
            let told = (row.debits, row.credits, row.transfers, row.first_seq, row.last_seq);
            let added = moved.remove(&row.account).unwrap_or_default();
            if told != added {
                let detail = format!("{place}: stored {}, added up {}", figures(told), figures(added));
                self.report.find("totals", detail);
            }
        }
        for (account, added) in moved {
            let place = format!("totals of {account} in lane {}", lane.id);
            self.report.find("totals", format!("{place}: not stored, added up {}", figures(added)));
        }
        Ok(())
    }

    /// Entries of lanes that there are not.
    async fn strangers(&mut self) -> Result<(), StoreError> {
        for (table, sql) in [
            ("journals", "SELECT COUNT(*) FROM journals WHERE lane NOT IN (SELECT id FROM lanes)"),
            ("transfers", "SELECT COUNT(*) FROM transfers WHERE lane NOT IN (SELECT id FROM lanes)"),
            ("events", "SELECT COUNT(*) FROM events WHERE lane NOT IN (SELECT id FROM lanes)"),
            ("totals", "SELECT COUNT(*) FROM totals WHERE lane NOT IN (SELECT id FROM lanes)"),
        ] {
            let row: Option<(i64,)> = self.tx.maybe_row(sql, ()).await?;
            let count = row.map_or(0, |row| row.0);
            if count > 0 {
                self.report.find("orphan", format!("{count} {table} are of lanes that there are not"));
            }
        }
        Ok(())
    }

    fn balance(&mut self) {
        let debits: i64 = self.sums.values().map(|sum| sum.0).sum();
        let credits: i64 = self.sums.values().map(|sum| sum.1).sum();
        if debits != credits {
            let (debits, credits) = (Piastres::new(debits), Piastres::new(credits));
            self.report.find("unbalanced", format!("debits are {debits}, credits {credits}"));
        }
    }

    async fn payments(&mut self) -> Result<(), StoreError> {
        const IDS: &str = "SELECT id FROM payments WHERE id > $1 ORDER BY id LIMIT $2";
        const PAYMENTS: &str =
            "SELECT id, amount_paid, amount_excess FROM payments WHERE id > $1 AND id <= $2";
        // What the events that take money in moved, payment by payment.
        const BOOKED: &str = "SELECT j.subject_id, j.event, CAST(SUM(t.amount) AS BIGINT) FROM journals j \
             JOIN transfers t ON t.lane = j.lane AND t.seq = j.seq AND t.subject_id = j.subject_id \
             WHERE j.subject_id > $1 AND j.subject_id <= $2 AND ((j.event IN ('paid', 'excess', 'suspense') \
             AND t.debit LIKE 'provider:%:receivable') OR (j.event = 'granted' AND t.debit = 'payer:held') \
             OR (j.event = 'reversed' AND t.credit LIKE 'provider:%:receivable')) GROUP BY j.subject_id, j.event";
        const COLLECTED: &str = "SELECT payment_id, collections FROM attempts \
             WHERE payment_id > $1 AND payment_id <= $2 AND collections <> '[]'";
        let mut after = Uuid::nil();
        loop {
            let ids: Vec<(Uuid,)> = self.tx.rows(IDS, (after, PIECE)).await?;
            let Some((last,)) = ids.last().copied() else { return Ok(()) };
            let payments: Vec<(Uuid, i64, i64)> = self.tx.rows(PAYMENTS, (after, last)).await?;
            let booked: Vec<(Uuid, String, i64)> = self.tx.rows(BOOKED, (after, last)).await?;
            let mut books: HashMap<Uuid, Books> = HashMap::new();
            for (payment, event, amount) in booked {
                books.entry(payment).or_default().book(&event, amount);
            }
            let collected: Vec<(Uuid, String)> = self.tx.rows(COLLECTED, (after, last)).await?;
            let mut told: HashMap<Uuid, Books> = HashMap::new();
            for (payment, collections) in collected {
                let collections: Vec<Collection> = read_document("collections", &collections)?;
                told.entry(payment).or_default().collect(&collections);
            }
            for (payment, paid, excess) in payments {
                let books = books.remove(&payment).unwrap_or_default();
                let told = told.remove(&payment).unwrap_or_default();
                check_payment(&mut self.report, PaymentId::new(payment), (paid, excess), &books, &told);
            }
            self.report.payments += ids.len() as u64;
            self.went_on(ids.len());
            after = last;
        }
    }
}

/// Money of one payment, by how it was booked.
#[derive(Default, PartialEq, Eq)]
struct Books {
    paid: i64,
    excess: i64,
    suspense: i64,
    reversed: i64,
}

impl Books {
    fn book(&mut self, event: &str, amount: i64) {
        match event {
            "excess" => self.excess += amount,
            "suspense" => self.suspense += amount,
            "reversed" => self.reversed += amount,
            _ => self.paid += amount,
        }
    }

    fn collect(&mut self, collections: &[Collection]) {
        for collection in collections {
            let amount = collection.amount.get();
            match collection.booked {
                Booked::Paid => self.paid += amount,
                Booked::Excess => self.excess += amount,
                Booked::Suspense => self.suspense += amount,
                Booked::Unbooked => {}
            }
        }
    }
}

fn check_payment(report: &mut VerifyReport, id: PaymentId, stored: (i64, i64), books: &Books, told: &Books) {
    let shown = Piastres::new;
    let (paid, excess) = stored;
    if paid != books.paid - books.reversed || excess != books.excess {
        report.find(
            "payment",
            format!(
                "{id} says {} paid and {} beyond; its transfers say {} and {}",
                shown(paid),
                shown(excess),
                shown(books.paid - books.reversed),
                shown(books.excess)
            ),
        );
    }
    if (told.paid, told.excess, told.suspense) != (books.paid, books.excess, books.suspense) {
        report.find(
            "attempt",
            format!(
                "{id}: its attempts collected {} as paid, {} beyond, {} in suspense; its transfers say {}, {} and {}",
                shown(told.paid),
                shown(told.excess),
                shown(told.suspense),
                shown(books.paid),
                shown(books.excess),
                shown(books.suspense)
            ),
        );
    }
}

fn check_transfer(report: &mut VerifyReport, place: &str, journal: &FoundJournal, transfer: &FoundTransfer) {
    if transfer.day != journal.day {
        report.find("day", format!("a transfer of {place} is of {}", transfer.day));
    }
    if transfer.subject_id != journal.subject_id {
        report.find("orphan", format!("a transfer of {place} is about something else than its journal"));
    }
    let event = one_of("a journal's event", JournalEvent::ALL, JournalEvent::code, &journal.event);
    let accounts = (transfer.debit.parse::<Account>(), transfer.credit.parse::<Account>());
    let allowed = match (event, accounts) {
        (Ok(event), (Ok(debit), Ok(credit))) => event.allows(&debit, &credit) && debit != credit,
        _ => false,
    };
    if !allowed || transfer.amount <= 0 {
        report.find(
            "transfer",
            format!(
                "{place} ({}) moves {} from {} to {}",
                journal.event,
                Piastres::new(transfer.amount),
                transfer.credit,
                transfer.debit
            ),
        );
    }
}

fn figures(moved: Moved) -> String {
    let (debits, credits) = (Piastres::new(moved.0), Piastres::new(moved.1));
    format!("debits {debits}, credits {credits}, {} transfers from {} to {}", moved.2, moved.3, moved.4)
}
