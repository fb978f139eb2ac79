//! Payments to commit: a shop with one service of four lines, decided by the core itself.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use rusum::{
    calendar::BusinessDay,
    change::{Change, Quote},
    fees::{Bill, BillItem, Channel, Line, MethodPrice, ScheduleRef, Title},
    ids::{AttemptId, PaymentId, QuoteId},
    money::{Currency, Method, Piastres, Tender},
    payments::{
        Capture, Command, Context, Language, NewAttempt, Observation, Payment, PaymentStatus, Routing,
        decide, open, view::Links,
    },
    reference::Reference,
    store::{CommitError, Committed, Store},
};
use rusum_kit::provider::{Evidence, NextAction, Outcome};
use uuid::Uuid;

pub struct Shop {
    pub store: Store,
    pub now: DateTime<Utc>,
    links: Links,
    bill: Arc<Bill>,
}

#[expect(clippy::disallowed_methods, reason = "the tests are the shell that makes ids")]
pub fn fresh() -> Uuid {
    Uuid::now_v7()
}

impl Shop {
    /// A shop whose business day is open.
    pub async fn new(store: Store) -> Self {
        let shop = Self::before_the_day(store);
        shop.store.ensure_open_day(shop.today(), shop.now).await.unwrap();
        shop
    }

    pub fn before_the_day(store: Store) -> Self {
        let now = "2026-08-04T09:00:00.123456Z".parse().unwrap();
        let links =
            Links { base_url: "https://fees.example".to_owned(), checkout_key: Arc::from(&b"key"[..]) };
        Self { store, now, links, bill: Arc::new(bill()) }
    }

    pub fn today(&self) -> BusinessDay {
        BusinessDay::of(self.now)
    }

    pub fn context(&self) -> Context<'_> {
        Context { now: self.now, links: &self.links, fresh: &fresh }
    }

    pub fn quote(&self) -> Quote {
        Quote {
            id: QuoteId::new(fresh()),
            bill: Arc::clone(&self.bill),
            created_at: self.now,
            expires_at: self.now + TimeDelta::hours(1),
        }
    }

    pub async fn committed_quote(&self) -> Quote {
        let quote = self.quote();
        self.store.commit(Change { quote: Some(quote.clone()), ..Change::default() }).await.unwrap();
        quote
    }

    /// A payment of a quote, not committed.
    pub fn opening(&self, quote: &Quote) -> (PaymentId, Change) {
        let id = PaymentId::new(fresh());
        let payment = Payment {
            id,
            reference: Reference::from_random(fresh().as_u64_pair().1),
            owner: "portal".to_owned(),
            quote: quote.id,
            bill: Arc::clone(&quote.bill),
            client_reference: Some(format!("PORTAL-{}", fresh().simple())),
            return_url: Some("https://portal.example/done".to_owned()),
            language: Language::Ar,
            payer: None,
            capture: Capture::Automatic,
            metadata: [("office".to_owned(), "الجيزة \"1\"".to_owned())].into(),
            status: PaymentStatus::Open,
            version: 0,
            event_sequence: 0,
            amount_paid: Piastres::ZERO,
            amount_excess: Piastres::ZERO,
            amount_refunded: Piastres::ZERO,
            excess_refunded: Piastres::ZERO,
            amount_charged_back: Piastres::ZERO,
            created_at: self.now,
            expires_at: self.now + TimeDelta::days(1),
            paid_at: None,
            attempts: vec![],
            refunds: vec![],
        };
        (id, open(payment, self.context()).unwrap())
    }

    /// A payment of a quote of its own, committed at once.
    pub async fn opened(&self) -> Payment {
        let quote = self.quote();
        let (id, change) = self.opening(&quote);
        self.store.commit(Change { quote: Some(quote), ..change }).await.unwrap();
        self.store.payment(id).await.unwrap().unwrap()
    }

    pub fn starting(&self, payment: &Payment) -> (AttemptId, Change) {
        let id = AttemptId::new(fresh());
        let attempt = NewAttempt {
            id,
            method: Method::Epayment,
            tender: Tender::Cash,
            provider: "fawry".to_owned(),
            routing: Routing { chosen: "fawry".to_owned(), considered: vec![] },
            answers: None,
            leased_until: self.now + TimeDelta::seconds(30),
        };
        (id, self.decided(payment, Command::Start(attempt)))
    }

    pub fn decided(&self, payment: &Payment, command: Command) -> Change {
        decide(payment, command, self.context()).unwrap().expect("the command changes something")
    }

    pub async fn commit(&self, change: Change) -> Result<Committed, CommitError> {
        self.store.commit(change).await
    }

    pub async fn reload(&self, id: PaymentId) -> Payment {
        self.store.payment(id).await.unwrap().expect("the payment is there")
    }

    /// The same, over connections that were killed.
    pub async fn reload_patiently(&self, id: PaymentId) -> Payment {
        let mut last = None;
        for _ in 0..50 {
            match self.store.payment(id).await {
                Ok(payment) => return payment.expect("the payment is there"),
                Err(error) => last = Some(error),
            }
        }
        panic!("{id} cannot be read: {last:?}")
    }

    /// A payment with a pending attempt.
    pub async fn pending(&self) -> (Payment, AttemptId) {
        let payment = self.opened().await;
        let (attempt, change) = self.starting(&payment);
        self.commit(change).await.unwrap();
        let payment = self.reload(payment.id).await;
        let accepted = Observation::Accepted {
            provider_reference: Some(format!("9{}", payment.reference)),
            next_action: Some(NextAction::Redirect { url: "https://fawry.example".to_owned() }),
        };
        let change = self.decided(&payment, Command::Observe { attempt, observation: accepted });
        self.commit(change).await.unwrap();
        (self.reload(payment.id).await, attempt)
    }

    /// What a provider states about the money of an attempt.
    pub fn money(&self, payment: &Payment, transaction: &str, amount: Piastres) -> Outcome {
        Outcome::Approved(Evidence {
            provider_reference: format!("9{}", payment.reference),
            provider_transaction: Some(transaction.to_owned()),
            amount,
            currency: "EGP".to_owned(),
            payer_fee: Piastres::ZERO,
            tender: Some(Tender::Cash),
            collected_at: Some(self.now),
            refunded: Piastres::ZERO,
        })
    }

    pub fn paying(&self, payment: &Payment, attempt: AttemptId, transaction: &str) -> Change {
        let outcome = self.money(payment, transaction, self.bill.total);
        self.decided(payment, Command::Observe { attempt, observation: Observation::Outcome(outcome) })
    }

    /// A paid payment.
    pub async fn paid(&self) -> Payment {
        let (payment, attempt) = self.pending().await;
        self.commit(self.paying(&payment, attempt, "T1")).await.unwrap();
        self.reload(payment.id).await
    }
}

fn bill() -> Bill {
    let title = |ar: &str, en: &str| Arc::new(Title { ar: ar.to_owned(), en: en.to_owned() });
    let line = |code: &str, amount: i64, beneficiary: &str| Line {
        code: code.into(),
        title: title("رسم", "Fee"),
        unit_amount: Piastres::new(amount),
        quantity: 1,
        amount: Piastres::new(amount),
        beneficiary: beneficiary.into(),
        revenue_code: "1422".into(),
        legal_basis: "Decree 1 of 2026".into(),
        illustrative: false,
    };
    let lines = vec![
        line("certificate", 2500, "moi-civil-status"),
        line("stamp", 310, "tax-authority"),
        line("fund", 500, "police-fund"),
        line("service", 190, "digital-egypt"),
    ];
    let total: Piastres = lines.iter().map(|line| line.amount).sum();
    Bill {
        channel: Channel::Portal,
        governorate: "03".into(),
        on: "2026-08-04".parse().unwrap(),
        items: vec![BillItem {
            service: "civil-status.birth-certificate".into(),
            title: title("شهادة ميلاد", "Birth certificate"),
            delivery: None,
            quantity: 1,
            exemption: None,
            total,
            schedule: Arc::new(ScheduleRef {
                authority: "civil-status".to_owned(),
                version: "2026.1".to_owned(),
                digest: "sha256:00".to_owned(),
                effective_from: "2026-07-01".parse().unwrap(),
            }),
            lines,
        }],
        total,
        currency: Currency::Egp,
        methods: vec![MethodPrice {
            method: Method::Epayment,
            tender: Tender::Cash,
            amount: total,
            adjustments: vec![],
        }],
    }
}
