//! The laws of payments, held against random sequences of commands.

use std::{cell::Cell, collections::BTreeMap, sync::Arc};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use proptest::{prelude::*, sample::Index};
use rusum_kit::provider::{Evidence, Outcome, Reason};
use uuid::Uuid;

use super::*;
use crate::{
    change::Change,
    fees::{Adjustment, AdjustmentKind, Bill, BillItem, Channel, Line, MethodPrice, ScheduleRef, Title},
    ids::{AttemptId, PaymentId, QuoteId},
    ledger::{Account, JournalEvent},
    money::{Currency, Method, Piastres, Tender},
    payments::view::Links,
    reference::Reference,
};

const START: &str = "2026-11-21T10:00:00Z";

fn title() -> Arc<Title> {
    Arc::new(Title { ar: "رسم".to_owned(), en: "fee".to_owned() })
}

fn item(authority: &str, amounts: &[i64]) -> BillItem {
    let lines = amounts.iter().enumerate().map(|(index, amount)| Line {
        code: format!("line-{index}").into(),
        title: title(),
        unit_amount: Piastres::new(*amount),
        quantity: 1,
        amount: Piastres::new(*amount),
        beneficiary: format!("{authority}-{index}").into(),
        revenue_code: "1422".into(),
        legal_basis: "decree".into(),
        illustrative: false,
    });
    BillItem {
        service: format!("{authority}.service").into(),
        title: title(),
        delivery: None,
        quantity: 1,
        exemption: None,
        total: amounts.iter().copied().map(Piastres::new).sum(),
        schedule: Arc::new(ScheduleRef {
            authority: authority.to_owned(),
            version: "2026.1".to_owned(),
            digest: "sha256:00".to_owned(),
            effective_from: NaiveDate::default(),
        }),
        lines: lines.collect(),
    }
}

fn adjustment(kind: AdjustmentKind, authority: &str, amount: i64) -> Adjustment {
    let owed = kind == AdjustmentKind::Surcharge;
    Adjustment {
        code: "rule".into(),
        title: title(),
        amount: Piastres::new(amount),
        kind,
        authority: authority.into(),
        beneficiary: owed.then(|| "mof".into()),
        revenue_code: owed.then(|| "1423".into()),
        legal_basis: "decree".into(),
    }
}

/// Two authorities' items; cards with an incentive of the first, cash with a surcharge and rounding.
fn bill(first: &[i64], second: &[i64], incentive: i64, surcharge: i64, rounding: i64) -> Bill {
    let items = vec![item("one", first), item("two", second)];
    let total: Piastres = items.iter().map(|item| item.total).sum();
    let incentive = incentive.min(first.iter().sum());
    let price = |method, tender, adjustments: Vec<Adjustment>| MethodPrice {
        method,
        tender,
        amount: total + adjustments.iter().map(|a| a.amount).sum(),
        adjustments: adjustments.into_iter().filter(|a| !a.amount.is_zero()).collect(),
    };
    let methods = vec![
        price(Method::Card, Tender::Card, vec![adjustment(AdjustmentKind::Incentive, "one", -incentive)]),
        price(
            Method::Epayment,
            Tender::Cash,
            vec![
                adjustment(AdjustmentKind::Surcharge, "mof", surcharge),
                adjustment(AdjustmentKind::Rounding, "mof", rounding),
            ],
        ),
    ];
    Bill {
        channel: Channel::Portal,
        governorate: "03".into(),
        on: NaiveDate::default(),
        items,
        total,
        currency: Currency::Egp,
        methods,
    }
}

fn bills() -> impl Strategy<Value = Bill> {
    let lines = || prop::collection::vec(0_i64..50_000, 1..4);
    (lines(), lines(), 0_i64..60_000, 0_i64..5_000, -24_i64..25).prop_map(|(first, second, i, s, r)| {
        let total: i64 = first.iter().chain(&second).sum();
        bill(&first, &second, i, s, if r < 0 && total + s < 24 { 0 } else { r })
    })
}

/// What may happen, with indexes instead of ids, so that it can be drawn before it is played.
#[derive(Clone, Debug)]
enum Act {
    Start { cash: bool },
    Accepted(Index),
    Lost(Index),
    NeverSent(Index),
    Told(Index, Word),
    Money { attempt: Index, transaction: Option<u8>, wrong_by: i64, foreign: bool },
    Cancel,
    Expire,
    Wait(i64),
}

#[derive(Clone, Copy, Debug)]
enum Word {
    Pending,
    Declined,
    Expired,
    Cancelled,
    NotFound,
    Unknown,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let index = || any::<Index>();
    let word = prop_oneof![
        Just(Word::Pending),
        Just(Word::Declined),
        Just(Word::Expired),
        Just(Word::Cancelled),
        Just(Word::NotFound),
        Just(Word::Unknown)
    ];
    let wrong = prop_oneof![4 => Just(0_i64), 1 => -50_i64..50];
    let money = (index(), prop::option::of(0_u8..3), wrong, prop::bool::weighted(0.05)).prop_map(
        |(attempt, transaction, wrong_by, foreign)| Act::Money { attempt, transaction, wrong_by, foreign },
    );
    let act = prop_oneof![
        3 => any::<bool>().prop_map(|cash| Act::Start { cash }),
        3 => index().prop_map(Act::Accepted),
        1 => index().prop_map(Act::Lost),
        1 => index().prop_map(Act::NeverSent),
        3 => (index(), word).prop_map(|(attempt, word)| Act::Told(attempt, word)),
        5 => money,
        1 => Just(Act::Cancel),
        1 => Just(Act::Expire),
        1 => (0_i64..100_000).prop_map(Act::Wait),
    ];
    prop::collection::vec(act, 0..30)
}

/// A payment with its world: the clock, the ids, the books, and what was told of each attempt.
struct World {
    now: DateTime<Utc>,
    next_id: Cell<u128>,
    links: Links,
    payment: Payment,
    books: BTreeMap<String, i64>,
    events: i64,
    /// The collections that exist, per attempt: the id once it was told, the amount, whether EGP.
    tellings: BTreeMap<AttemptId, Vec<(Option<u8>, i64, bool)>>,
}

impl World {
    fn new(bill: Bill) -> Self {
        let links = Links { base_url: "https://pay.example".to_owned(), checkout_key: Arc::from([7; 32]) };
        let now: DateTime<Utc> = START.parse().unwrap();
        let payment = Payment {
            id: PaymentId::new(Uuid::from_u128(1)),
            reference: Reference::from_random(1),
            owner: "portal".to_owned(),
            quote: QuoteId::new(Uuid::from_u128(2)),
            bill: Arc::new(bill),
            client_reference: None,
            return_url: None,
            language: Language::Ar,
            payer: None,
            capture: Capture::Automatic,
            metadata: BTreeMap::new(),
            status: PaymentStatus::Open,
            version: 0,
            event_sequence: 0,
            amount_paid: Piastres::ZERO,
            amount_excess: Piastres::ZERO,
            amount_refunded: Piastres::ZERO,
            excess_refunded: Piastres::ZERO,
            amount_charged_back: Piastres::ZERO,
            created_at: now,
            expires_at: now + TimeDelta::hours(24),
            paid_at: None,
            attempts: Vec::new(),
            refunds: Vec::new(),
        };
        let mut world = Self {
            now,
            next_id: Cell::new(100),
            links,
            payment: payment.clone(),
            books: BTreeMap::new(),
            events: 0,
            tellings: BTreeMap::new(),
        };
        let change = world.with_context(|context| open(payment, context)).unwrap();
        world.adopt(change);
        world
    }

    fn with_context<T>(&self, act: impl FnOnce(Context<'_>) -> T) -> T {
        let fresh = || {
            self.next_id.set(self.next_id.get() + 1);
            Uuid::from_u128(self.next_id.get())
        };
        act(Context { now: self.now, links: &self.links, fresh: &fresh })
    }

    fn decide(&self, command: Command) -> Result<Option<Change>, Refusal> {
        self.with_context(|context| decide(&self.payment, command, context))
    }

    /// Plays a command; gives whether something changed.
    fn play(&mut self, command: Command) -> bool {
        let unknown: Vec<AttemptId> = self.unknown_attempts();
        let is_evidence = matches!(command, Command::Observe { .. });
        let changed = match self.decide(command) {
            Ok(Some(change)) => {
                self.adopt(change);
                true
            }
            Err(Refusal::NoTransition(missing)) => {
                panic!("the tables do not know what was decided: {missing}")
            }
            Err(Refusal::Posting(error)) => panic!("what was decided cannot be posted: {error}"),
            Ok(None) | Err(_) => false,
        };
        if !is_evidence {
            assert_eq!(self.unknown_attempts(), unknown, "unknown leaves only by evidence");
        }
        changed
    }

    fn unknown_attempts(&self) -> Vec<AttemptId> {
        let unknown = self.payment.attempts.iter().filter(|a| a.status == AttemptStatus::Unknown);
        unknown.map(|attempt| attempt.id).collect()
    }

    fn adopt(&mut self, change: Change) {
        let changed = change.payment.expect("a decision writes its payment");
        let after = Arc::unwrap_or_clone(changed.payment);
        assert_eq!(after.version, self.payment.version + 1, "each change is one version");
        for event in &change.events {
            self.events += 1;
            assert_eq!(event.sequence, self.events, "events are numbered without gaps");
        }
        assert_eq!(after.event_sequence, self.events);
        check_moves(&self.payment, &after);
        for journal in &change.journals {
            for transfer in &journal.transfers {
                assert!(transfer.amount.is_positive() && transfer.debit != transfer.credit);
                assert!(journal.event.allows(&transfer.debit, &transfer.credit));
                *self.books.entry(transfer.debit.to_string()).or_default() += transfer.amount.get();
                *self.books.entry(transfer.credit.to_string()).or_default() -= transfer.amount.get();
            }
        }
        self.payment = after;
    }

    fn act(&mut self, act: &Act) {
        let count = self.payment.attempts.len();
        let chosen = |index: &Index| (count > 0).then(|| index.index(count));
        let observe = |world: &mut Self, index: &Index, observation| {
            if let Some(place) = chosen(index) {
                let attempt = world.payment.attempts[place].id;
                world.play(Command::Observe { attempt, observation });
            }
        };
        match act {
            Act::Start { cash } => self.start(*cash),
            Act::Accepted(index) => {
                let accepted = Observation::Accepted { provider_reference: None, next_action: None };
                observe(self, index, accepted);
            }
            Act::Lost(index) => observe(self, index, Observation::Lost("lost".to_owned())),
            Act::NeverSent(index) => {
                let reason = Reason { code: "x".to_owned(), text: "x".to_owned() };
                observe(self, index, Observation::NeverSent(reason));
            }
            Act::Told(index, word) => observe(self, index, Observation::Outcome(outcome(*word))),
            Act::Money { attempt, transaction, wrong_by, foreign } => {
                if let Some(place) = chosen(attempt) {
                    self.money(place, *transaction, *wrong_by, *foreign);
                }
            }
            Act::Cancel => drop(self.play(Command::Cancel)),
            Act::Expire => drop(self.play(Command::Expire)),
            Act::Wait(secs) => self.now += TimeDelta::seconds(*secs),
        }
    }

    fn start(&mut self, cash: bool) {
        let (method, tender) =
            if cash { (Method::Epayment, Tender::Cash) } else { (Method::Card, Tender::Card) };
        self.next_id.set(self.next_id.get() + 1);
        let attempt = NewAttempt {
            id: AttemptId::new(Uuid::from_u128(self.next_id.get())),
            method,
            tender,
            provider: "fawry".to_owned(),
            routing: Routing::default(),
            answers: None,
            leased_until: self.now,
        };
        self.play(Command::Start(attempt));
    }

    fn money(&mut self, place: usize, transaction: Option<u8>, wrong_by: i64, foreign: bool) {
        let attempt = &self.payment.attempts[place];
        let (id, amount) = (attempt.id, (attempt.amount.get() + wrong_by).max(0));
        if attempt.provider == NO_PROVIDER {
            return;
        }
        let evidence = Evidence {
            provider_reference: format!("ref-{place}"),
            provider_transaction: transaction.map(|t| t.to_string()),
            amount: Piastres::new(amount),
            currency: if foreign { "USD" } else { "EGP" }.to_owned(),
            payer_fee: Piastres::ZERO,
            tender: None,
            collected_at: Some(self.now),
            refunded: Piastres::ZERO,
        };
        self.note(id, transaction, amount, !foreign);
        let approved = || Observation::Outcome(Outcome::Approved(evidence.clone()));
        self.play(Command::Observe { attempt: id, observation: approved() });
        let again = self.play(Command::Observe { attempt: id, observation: approved() });
        assert!(!again, "telling a collection again changes nothing");
    }

    /// The rule of tellings, written again: a telling without an id is one that is known, if any is;
    /// one with an id is the same id, or names the one that has none yet, or is new.
    fn note(&mut self, attempt: AttemptId, transaction: Option<u8>, amount: i64, in_pounds: bool) {
        let told = self.tellings.entry(attempt).or_default();
        let known = match transaction {
            None => !told.is_empty(),
            Some(_) if told.iter().any(|(known, ..)| *known == transaction) => true,
            Some(_) => match told.iter_mut().find(|(known, ..)| known.is_none()) {
                Some(nameless) => {
                    nameless.0 = transaction;
                    true
                }
                None => false,
            },
        };
        if !known {
            told.push((transaction, amount, in_pounds));
        }
    }

    fn balance(&self, account: &Account) -> i64 {
        self.books.get(&account.to_string()).copied().unwrap_or(0)
    }

    /// The laws that hold after every step.
    fn check(&self) {
        let payment = &self.payment;
        assert_eq!(self.books.values().sum::<i64>(), 0, "debits and credits are equal");

        let collections = || payment.attempts.iter().flat_map(|attempt| &attempt.collections);
        let sum = |booked| collections().filter(|c| c.booked == booked).map(|c| c.amount.get()).sum::<i64>();
        let paid_times = collections().filter(|c| c.booked == Booked::Paid).count();
        assert!(paid_times <= 1, "a payment is credited once");

        let told: i64 =
            self.tellings.values().flatten().filter(|(.., egp)| *egp).map(|(_, sum, _)| sum).sum();
        assert_eq!(
            self.balance(&Account::Receivable("fawry".into())),
            told,
            "every piastre told is booked once"
        );
        assert_eq!(-self.balance(&Account::PayerExcess), sum(Booked::Excess));
        assert_eq!(payment.amount_excess.get(), sum(Booked::Excess));
        assert_eq!(-self.balance(&Account::Suspense("fawry".into())), sum(Booked::Suspense));
        assert_eq!(payment.amount_paid.get(), sum(Booked::Paid));

        let payables: i64 =
            self.books.iter().filter(|(code, _)| code.ends_with(":payable")).map(|(_, sum)| -sum).sum();
        let is_paid = payment.status == PaymentStatus::Paid;
        let surcharge: i64 = payment
            .attempts
            .iter()
            .find(|a| a.collections.iter().any(|c| c.booked == Booked::Paid))
            .and_then(|a| payment.bill.price(a.method, a.tender))
            .map_or(0, |price| {
                let surcharges = price.adjustments.iter().filter(|a| a.kind == AdjustmentKind::Surcharge);
                surcharges.map(|a| a.amount.get()).sum()
            });
        let owed = if is_paid { payment.bill.total.get() + surcharge } else { 0 };
        assert_eq!(payables, owed, "beneficiaries are owed the published price, once it is paid");
        assert_eq!(is_paid, payment.paid_at.is_some());

        let live = payment.attempts.iter().filter(|attempt| attempt.is_live()).count();
        assert!(live <= 1 || is_paid, "at most one attempt is live");
        let excess_cases: i64 =
            payment.refunds.iter().filter(|r| r.of == RefundOf::Excess).map(|r| r.amount.get()).sum();
        assert_eq!(excess_cases, payment.amount_excess.get(), "excess money has its refund case");
        for attempt in payment.attempts.iter().filter(|attempt| attempt.status == AttemptStatus::Unknown) {
            assert!(
                attempt.unknown_since.is_some() && attempt.due_at.is_some(),
                "unknown is dated and owned"
            );
        }
        let over =
            matches!(payment.status, PaymentStatus::Paid | PaymentStatus::Cancelled | PaymentStatus::Expired);
        let waiting = payment.attempts.iter().any(|attempt| attempt.status == AttemptStatus::Pending);
        assert!(!(over && waiting), "a payment that is over waits for nobody");
    }
}

fn outcome(word: Word) -> Outcome {
    match word {
        Word::Pending => Outcome::Pending { provider_reference: None, expires_at: None },
        Word::Declined => Outcome::Declined(Reason { code: "no".to_owned(), text: "no".to_owned() }),
        Word::Expired => Outcome::Expired,
        Word::Cancelled => Outcome::Cancelled,
        Word::NotFound => Outcome::NotFound,
        Word::Unknown => Outcome::Unknown("?".to_owned()),
    }
}

/// Every state moved along rows of the tables: one command may move a payment by two rows (an
/// attempt ends, the payment opens) and an attempt by two (accepted, and set aside at once).
fn check_moves(before: &Payment, after: &Payment) {
    let one = |from, to| states::PAYMENT.iter().any(|row| row.from == from && row.to == to);
    let (from, to) = (before.status, after.status);
    let two = states::PAYMENT.iter().any(|row| row.from == from && one(row.to, to));
    assert!(from == to || one(from, to) || two, "a payment moved from {from} to {to}");
    for attempt in &after.attempts {
        let from = before.attempt(attempt.id).map_or(AttemptStatus::Created, |before| before.status);
        let to = attempt.status;
        let one = |from, to| states::ATTEMPT.iter().any(|row| row.from == from && row.to == to);
        let two = states::ATTEMPT.iter().any(|row| row.from == from && one(row.to, to));
        assert!(from == to || one(from, to) || two, "an attempt moved from {from} to {to}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_sequence_of_commands_takes_more_than_once_or_loses_money(bill in bills(), acts in acts()) {
        let mut world = World::new(bill);
        world.check();
        for act in &acts {
            world.act(act);
            world.check();
        }
    }
}

#[test]
fn late_money_pays_an_expired_payment_and_is_excess_for_a_cancelled_one() {
    for cancelled in [false, true] {
        let mut world = World::new(bill(&[4_500], &[500], 0, 0, 0));
        world.act(&Act::Start { cash: true });
        world.play(Command::Observe {
            attempt: world.payment.attempts[0].id,
            observation: Observation::Accepted { provider_reference: None, next_action: None },
        });
        if cancelled {
            world.play(Command::Cancel);
        } else {
            world.now += TimeDelta::hours(25);
            world.play(Command::Expire);
        }
        world.money(0, None, 0, false);
        world.check();
        let expected = if cancelled { PaymentStatus::Cancelled } else { PaymentStatus::Paid };
        assert_eq!(world.payment.status, expected);
        assert_eq!(world.payment.refunds.len(), usize::from(cancelled));
    }
}

#[test]
fn an_incentive_that_bears_all_pays_without_a_provider() {
    let mut world = World::new(bill(&[4_500], &[0], 4_500, 0, 0));
    world.act(&Act::Start { cash: false });
    world.check();
    assert_eq!(world.payment.status, PaymentStatus::Paid);
    assert_eq!(world.payment.attempts[0].provider, NO_PROVIDER);
    assert_eq!(world.balance(&Account::Incentives("one".into())), 4_500);
}

#[test]
fn nothing_due_is_paid_at_once_without_transfers() {
    let world = World::new(bill(&[0], &[0], 0, 0, 0));
    world.check();
    assert_eq!(world.payment.status, PaymentStatus::Paid);
    assert!(world.books.is_empty());
}

#[test]
fn money_for_a_reference_that_is_not_ours_is_suspense_with_a_break() {
    let world = World::new(bill(&[100], &[], 0, 0, 0));
    let evidence = Evidence {
        provider_reference: "9".to_owned(),
        provider_transaction: None,
        amount: Piastres::new(700),
        currency: "EGP".to_owned(),
        payer_fee: Piastres::ZERO,
        tender: None,
        collected_at: None,
        refunded: Piastres::ZERO,
    };
    let change = world.with_context(|context| unplaced("fawry", "x-1", &evidence, context)).unwrap();
    assert_eq!(change.journals[0].event, JournalEvent::Suspense);
    assert_eq!(change.breaks[0].code.code(), "P02");
    assert_eq!(change.claims[0].key, "fawry:9:");
}
