//! Durable posting through the Committer: a payment, a journal of four transfers, two claims, an event.
//!
//! Against one transaction per payment ([`rival`]) and pgbench's TPC-B-like rate ([`pgbench`]), taking
//! turns in the same minutes on the same server; on `SQLite` beside them. Every round begins after a
//! checkpoint. At the end the books are verified.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rusum::{
    calendar::BusinessDay,
    change::{Change, Claim, ClaimKind, Event, Guard, PaymentChange},
    fees::Bill,
    ids::{EventId, JournalId, PaymentId, QuoteId},
    ledger::{Account, Journal, JournalEvent, Transfer},
    money::{Currency, Piastres},
    payments::{Capture, EventType, Language, Payment, PaymentStatus, view},
    reference::Reference,
    store::{self, Store, VerifyReport},
    switch::clock::{Clock, fresh},
};
use serde_json::value::RawValue;

use crate::{
    Failed,
    load::{Numbers, Work, drive},
    options::Options,
    pgbench, quote,
    report::{Rates, Report, Round, Row, grouped},
    rival::{self, Rival},
};

/// How many accounts the transfers credit.
pub const ACCOUNTS: u64 = 200;
/// Transfers of one journal.
const LEGS: u64 = 4;
/// Callers at once, and what hundredths of the rival's rate are wanted there.
const CALLERS: [(usize, u64); 2] = [(64, 300), (512, 450)];
/// What hundredths of pgbench's rate are wanted.
const TPCB_HUNDREDTHS: u64 = 150;

/// One of the accounts that are credited.
pub fn account(number: u64) -> Account {
    Account::BeneficiaryPayable {
        beneficiary: format!("beneficiary-{:02}", number / 10).into(),
        revenue_code: format!("14{:02}", number % 10).into(),
    }
}

/// What all postings have in common.
pub struct Posting {
    bill: Arc<Bill>,
    /// What the events carry: a payment as the world is told of it.
    data: Arc<RawValue>,
    at: DateTime<Utc>,
}

impl Posting {
    /// Of the first private driving licence: seven lines.
    pub fn try_new() -> Result<Self, Failed> {
        let links = view::Links {
            base_url: "http://localhost:8080".to_owned(),
            checkout_key: [7; 32].as_slice().into(),
        };
        let mut posting = Self { bill: quote::licence()?, data: view::raw(&()), at: Clock::system().now() };
        let sample = posting.payment(PaymentId::new(fresh()), posting.bill.total, &mut Numbers(0));
        posting.data = view::raw(&view::payment(&sample, &links));
        Ok(posting)
    }

    /// A new payment that was paid, with everything that is committed with it.
    pub fn change(&self, numbers: &mut Numbers) -> Change {
        let id = PaymentId::new(fresh());
        let receivable = Account::Receivable("fawry".into());
        let transfers: Vec<Transfer> = (0..LEGS)
            .map(|_| Transfer {
                debit: receivable.clone(),
                credit: account(numbers.below(ACCOUNTS)),
                amount: Piastres::new(i64::try_from(1 + numbers.below(50_000)).unwrap_or(1)),
                currency: Currency::Egp,
            })
            .collect();
        let payment = Arc::new(self.payment(id, transfers.iter().map(|one| one.amount).sum(), numbers));
        let claim = |kind, key| Claim { kind, key, holder: id.to_string() };
        let event = Event {
            id: EventId::new(fresh()),
            kind: EventType::PaymentPaid,
            payment: Some(id),
            sequence: 1,
            at: self.at,
            data: self.data.clone(),
        };
        Change {
            journals: vec![Journal {
                id: JournalId::new(fresh()),
                event: JournalEvent::Paid,
                payment: Some(id),
                refers_to: id.to_string(),
                refers_to_day: None,
                transfers,
            }],
            events: vec![event],
            claims: vec![
                claim(ClaimKind::Idempotency, format!("{:016x}{:016x}", numbers.next(), numbers.next())),
                claim(ClaimKind::Reference, payment.reference.to_string()),
            ],
            payment: Some(PaymentChange { guard: Guard::New, payment, attempts: vec![], refunds: vec![] }),
            ..Change::default()
        }
    }

    fn payment(&self, id: PaymentId, paid: Piastres, numbers: &mut Numbers) -> Payment {
        Payment {
            id,
            reference: Reference::from_random(numbers.next()),
            owner: "portal".to_owned(),
            quote: QuoteId::new(fresh()),
            bill: self.bill.clone(),
            client_reference: None,
            return_url: None,
            language: Language::Ar,
            payer: None,
            capture: Capture::Automatic,
            metadata: BTreeMap::new(),
            status: PaymentStatus::Paid,
            version: 1,
            event_sequence: 1,
            amount_paid: paid,
            amount_excess: Piastres::ZERO,
            amount_refunded: Piastres::ZERO,
            excess_refunded: Piastres::ZERO,
            amount_charged_back: Piastres::ZERO,
            created_at: self.at,
            expires_at: self.at + TimeDelta::days(1),
            paid_at: Some(self.at),
            attempts: vec![],
            refunds: vec![],
        }
    }
}

/// A caller of the Committer.
struct Ours {
    store: Store,
    numbers: Numbers,
    model: Arc<Posting>,
}

impl Work for Ours {
    async fn once(&mut self) -> Result<(), Failed> {
        self.store.commit(self.model.change(&mut self.numbers)).await?;
        Ok(())
    }
}

/// Everything that takes turns.
struct Arena<'a> {
    options: &'a Options,
    model: Arc<Posting>,
    postgres: Store,
    sqlite: Store,
    rival: sqlx::PgPool,
    seed: u64,
}

/// Measures it.
pub fn measure(options: &Options, report: &mut Report) -> Result<(), Failed> {
    pgbench::prepare(options)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let folder = tempfile::tempdir()?;
        let rivals = options.fresh_database("bench_rival")?;
        Store::migrate(&rivals).await?;
        let mut arena = Arena {
            options,
            model: Arc::new(Posting::try_new()?),
            postgres: open(&options.fresh_database("bench_posting")?).await?,
            sqlite: open(&format!("sqlite:{}", folder.path().join("bench.db").display())).await?,
            rival: rival::open(&rivals).await?,
            seed: 0,
        };
        for (callers, hundredths) in CALLERS {
            arena.compare(callers, hundredths, report).await?;
        }
        for (engine, store) in [("PostgreSQL", &arena.postgres), ("SQLite", &arena.sqlite)] {
            let verified = store.verify(&mut |_| ()).await?;
            report.push(verified_row(&format!("books after it, {engine}"), &verified));
            store.drain().await;
        }
        Ok(())
    })
}

async fn open(url: &str) -> Result<Store, Failed> {
    let store = Store::open(url, store::Options::new("bench")).await?;
    let clock = Clock::system();
    let day = NaiveDate::from_ymd_opt(2026, 11, 21).ok_or("not a date")?;
    store.ensure_open_day(BusinessDay(day), clock.now()).await?;
    Ok(store)
}

/// What a verification of the books found.
pub fn verified_row(measure: &str, verified: &VerifyReport) -> Row {
    let figure = format!(
        "{} payments, {} transfers, {} differences",
        grouped(verified.payments),
        grouped(verified.transfers),
        verified.differences
    );
    for finding in verified.findings.iter().take(3) {
        eprintln!("{}: {}", finding.law, finding.detail);
    }
    Row::check(measure, figure, verified.is_clean())
}

impl Arena<'_> {
    async fn compare(&mut self, callers: usize, hundredths: u64, report: &mut Report) -> Result<(), Failed> {
        let [mut ours, mut rival, mut tpcb, mut sqlite] = [(); 4].map(|()| Rates::default());
        for _ in 0..self.options.rounds {
            ours.add(self.ours(&self.postgres.clone(), callers).await?);
            rival.add(self.rival(callers).await?);
            self.options.checkpoint()?;
            tpcb.add(pgbench::round(self.options, callers.min(64))?);
            sqlite.add(self.ours(&self.sqlite.clone(), callers).await?);
        }
        let measure = format!("posting, {callers} callers");
        let rate = ("one transaction each", rival.median());
        report.push(Row::at_least(&measure, &ours, rate, hundredths));
        report.push(Row::at_least(&measure, &ours, ("TPC-B", tpcb.median()), TPCB_HUNDREDTHS));
        report.push(Row::plain(&format!("one transaction each, {callers} callers"), rival.to_string()));
        report.push(Row::plain(&format!("posting on SQLite, {callers} callers"), sqlite.to_string()));
        Ok(())
    }

    async fn ours(&mut self, store: &Store, callers: usize) -> Result<Round, Failed> {
        self.options.checkpoint()?;
        let callers = (0..callers).map(|_| Ours {
            store: store.clone(),
            numbers: self.numbers(),
            model: self.model.clone(),
        });
        Ok(drive(callers.collect(), self.options.round).await?.1)
    }

    async fn rival(&mut self, callers: usize) -> Result<Round, Failed> {
        self.options.checkpoint()?;
        let callers = (0..callers).map(|_| Rival {
            pool: self.rival.clone(),
            numbers: self.numbers(),
            model: self.model.clone(),
        });
        Ok(drive(callers.collect(), self.options.round).await?.1)
    }

    const fn numbers(&mut self) -> Numbers {
        self.seed += 1;
        Numbers(self.seed << 32)
    }
}
