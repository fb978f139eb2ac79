//! Every page in every stage, made of the published schedules: what the tests of structure read, and,
//! when `RUSUM_PAGES_DIR` names a folder, what `scripts/screenshots` looks at.

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc, time::Duration};

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};
use rusum_kit::provider::{
    Confirm, Instructions, NextAction, Operations, Profile, Resume, TenderAmount, Way,
};
use uuid::Uuid;

use super::{
    assets,
    checkout::{Ask, CheckoutPage, Facts, Wrong},
    errors,
    frame::Place,
    price_list, receipt,
};
use crate::{
    calendar::BusinessDay,
    fees::{self, Bill, Catalogue, Figures, ItemRequest, QuoteContext, QuoteRequest},
    ids::{AttemptId, JournalId, PaymentId, QuoteId},
    ledger::JournalEvent,
    money::{Method, Piastres, Tender},
    payments::{
        Attempt, AttemptStatus, Booked, Capture, Collection, Language, MaskedPayer, Payment, PaymentStatus,
        Receipt, ReceiptJournal, Routing, SettlementStatus, view::Links,
    },
    reference::Reference,
    switch::schedules,
};

/// A page and its name.
pub struct Sample {
    pub name: String,
    pub language: Language,
    pub html: String,
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn now() -> DateTime<Utc> {
    at("2026-11-21T16:30:00Z")
}

fn catalogue() -> Catalogue {
    let files = schedules::files(None).unwrap();
    fees::check(&files, &[], Figures::Any).unwrap().catalogue
}

fn bill(catalogue: &Catalogue, services: &[&str]) -> Bill {
    let item = |service: &&str| ItemRequest { service: (*service).to_owned(), ..ItemRequest::default() };
    let mut items: Vec<ItemRequest> = services.iter().map(item).collect();
    if let Some(birth) = items.iter_mut().find(|item| item.service.ends_with("birth-certificate")) {
        birth.quantity = Some(3.into());
    }
    let request = QuoteRequest { channel: "portal".into(), governorate: "03".into(), on: None, items };
    let today = BusinessDay::of(now()).0;
    let context = QuoteContext { today, waivers: &[], assessments: &[] };
    fees::quote(catalogue, &request, &context).unwrap().bill
}

fn payment(bill: Bill) -> Payment {
    Payment {
        id: PaymentId::new(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001)),
        reference: Reference::from_random(48_213_377_004_512),
        owner: "portal".into(),
        quote: QuoteId::new(Uuid::from_u128(2)),
        bill: Arc::new(bill),
        client_reference: Some("PORTAL-2026-000123".into()),
        return_url: Some("https://portal.example/done".into()),
        language: Language::Ar,
        payer: Some(MaskedPayer {
            name: Some("م.ع.ح.".into()),
            mobile: Some("…567".into()),
            national_id: Some("…345".into()),
        }),
        capture: Capture::Automatic,
        metadata: BTreeMap::new(),
        status: PaymentStatus::Open,
        version: 3,
        event_sequence: 2,
        amount_paid: Piastres::ZERO,
        amount_excess: Piastres::ZERO,
        amount_refunded: Piastres::ZERO,
        excess_refunded: Piastres::ZERO,
        amount_charged_back: Piastres::ZERO,
        created_at: at("2026-11-21T15:58:07.123456Z"),
        expires_at: at("2026-11-23T15:58:07Z"),
        paid_at: None,
        attempts: Vec::new(),
        refunds: Vec::new(),
    }
}

fn attempt(payment: &Payment, method: Method, tender: Tender, status: AttemptStatus) -> Attempt {
    Attempt {
        id: AttemptId::new(Uuid::from_u128(3)),
        number: 1,
        method,
        tender,
        provider: "fawry".into(),
        status,
        amount: payment.bill.price(method, tender).unwrap().amount,
        merchant_reference: payment.merchant_reference(1),
        provider_reference: Some("931215518".into()),
        next_action: None,
        routing: Routing::default(),
        answers: None,
        collections: Vec::new(),
        reason: None,
        unknown_since: Some(at("2026-11-21T16:12:00Z")),
        due_at: None,
        asked: 0,
        settlement: SettlementStatus::Unreported,
        created_at: at("2026-11-21T16:00:00Z"),
    }
}

fn with_attempt(mut payment: Payment, status: AttemptStatus, action: Option<NextAction>) -> Payment {
    let mut attempt = attempt(&payment, Method::Epayment, Tender::Cash, status);
    attempt.next_action = action;
    payment.status = PaymentStatus::Processing;
    payment.attempts.push(attempt);
    payment
}

fn paid(payment: Payment) -> Payment {
    let mut payment = with_attempt(payment, AttemptStatus::Succeeded, None);
    let amount = payment.attempts[0].amount;
    payment.attempts[0].collections.push(Collection {
        transaction: Some("7001".into()),
        amount,
        payer_fee: Piastres::ZERO,
        tender: Some(Tender::Cash),
        collected_at: Some(at("2026-11-21T16:20:11Z")),
        booked: Booked::Paid,
    });
    payment.status = PaymentStatus::Paid;
    payment.amount_paid = amount;
    payment.paid_at = Some(at("2026-11-21T16:20:12Z"));
    payment
}

fn counter(payment: &Payment) -> NextAction {
    let amount = payment.bill.price(Method::Epayment, Tender::Cash).unwrap().amount;
    NextAction::PayAtCounter {
        code: "931215518".into(),
        expires_at: payment.expires_at,
        amounts: vec![TenderAmount { tender: Tender::Cash, amount }],
        instructions: Instructions {
            ar: "توجّه إلى أي منفذ فوري، واذكر أنك تدفع برقم مرجعي لخدمة FawryPay.".into(),
            en: "Go to any Fawry outlet and say that you are paying a FawryPay reference number.".into(),
        },
    }
}

fn profile() -> Profile {
    Profile {
        id: "fawry",
        ways: vec![Way { method: Method::Epayment, tender: Tender::Cash }],
        smallest: Piastres::new(1),
        largest: Piastres::LIMIT,
        operations: Operations { cancel: true, refund: true, authorize: false },
        resume: Resume::QueryFirst,
        confirm_notifications: Confirm::Signature,
        call_timeout: Duration::from_secs(15),
        longest_validity: Duration::from_hours(24),
    }
}

/// The payments, one per stage.
fn stages(catalogue: &Catalogue) -> Vec<(&'static str, Payment, Ask)> {
    let simple = || payment(bill(catalogue, &["civil-status.birth-certificate"]));
    let basket = || {
        let services = ["traffic.driving-licence-first", "civil-status.birth-certificate"];
        payment(bill(catalogue, &services))
    };
    let wrong = |wrong| Ask { change: true, wrong: Some((wrong, None)) };
    let change = Ask { change: true, wrong: None };
    let code = || with_attempt(basket(), AttemptStatus::Pending, Some(counter(&basket())));
    let redirect = NextAction::Redirect { url: "https://pay.example/session/1".into() };
    let phone = NextAction::ApproveOnPhone {
        mobile: "…567".into(),
        expires_at: now() + TimeDelta::minutes(11),
        qr: Some("00020101021226".into()),
    };
    let ended = |status: PaymentStatus| {
        let mut payment = with_attempt(simple(), AttemptStatus::Expired, None);
        payment.status = status;
        payment
    };
    let mut excess = paid(basket());
    excess.amount_excess = Piastres::new(114_000);
    vec![
        ("choose", simple(), Ask::default()),
        ("choose-basket", basket(), Ask::default()),
        ("choose-wrong", basket(), wrong(Wrong::Nothing)),
        ("choose-silent", basket(), wrong(Wrong::Silent("fawry".into()))),
        ("choose-again", with_attempt(simple(), AttemptStatus::Declined, None), Ask::default()),
        ("code", code(), Ask::default()),
        ("code-change", code(), change),
        ("redirect", with_attempt(simple(), AttemptStatus::Pending, Some(redirect)), Ask::default()),
        ("phone", with_attempt(simple(), AttemptStatus::Pending, Some(phone)), Ask::default()),
        ("preparing", with_attempt(simple(), AttemptStatus::Created, None), Ask::default()),
        ("unknown", with_attempt(simple(), AttemptStatus::Unknown, None), Ask::default()),
        ("held", with_attempt(simple(), AttemptStatus::Authorized, None), Ask::default()),
        ("paid", paid(basket()), Ask::default()),
        ("paid-excess", excess, Ask::default()),
        ("expired", ended(PaymentStatus::Expired), Ask::default()),
        ("cancelled", ended(PaymentStatus::Cancelled), Ask::default()),
    ]
}

fn links() -> Links {
    Links { base_url: "https://rusum.example".into(), checkout_key: [7; 32].as_slice().into() }
}

fn the_receipt(catalogue: &Catalogue, services: &[&str]) -> Receipt {
    let payment = paid(payment(bill(catalogue, services)));
    let journal = ReceiptJournal {
        id: JournalId::new(Uuid::from_u128(9)),
        event: JournalEvent::Paid,
        day: BusinessDay::of(now()),
    };
    Receipt::of(&payment, &[journal], catalogue, &links()).unwrap()
}

/// Every page, in both languages.
pub fn all() -> Vec<Sample> {
    let catalogue = catalogue();
    let profile = profile();
    let mut samples = Vec::new();
    for language in [Language::Ar, Language::En] {
        let mut add = |name: &str, html: String| {
            samples.push(Sample { name: format!("{name}-{}", language.code()), language, html });
        };
        let place = |path: &str| Place { path: path.to_owned(), query: String::new(), demo: true };
        for (name, payment, ask) in stages(&catalogue) {
            let facts = Facts { payment: &payment, catalogue: &catalogue, profiles: &[&profile], now: now() };
            let page = CheckoutPage::new(facts, &ask, language, &place("/checkout/token"));
            add(name, page.render().unwrap());
        }
        add(
            "receipt",
            receipt::receipt_html(&the_receipt(&catalogue, &["traffic.driving-licence-first"]), language),
        );
        let both = ["traffic.driving-licence-first", "civil-status.birth-certificate"];
        add("receipt-basket", receipt::receipt_html(&the_receipt(&catalogue, &both), language));
        add("front", super::front::page(language, &place("/")).render().unwrap());
        let today = BusinessDay::of(now()).0;
        let list = price_list::page(
            &catalogue,
            price_list::Search::default(),
            today,
            language,
            &place("/price-list"),
        );
        add("price-list", list.render().unwrap());
        for kind in errors::Kind::ALL {
            add(&format!("error-{kind:?}").to_lowercase(), errors::html(kind, language));
        }
    }
    samples
}

#[test]
fn a_receipt_adds_up_and_says_its_amount_in_words() {
    let catalogue = catalogue();
    let receipt =
        the_receipt(&catalogue, &["traffic.driving-licence-first", "civil-status.birth-certificate"]);
    let lines: Piastres = receipt.items.iter().flat_map(|item| &item.lines).map(|line| line.amount).sum();
    let adjustments: Piastres = receipt.adjustments.iter().map(|one| one.amount).sum();
    assert_eq!((lines, lines + adjustments), (receipt.total, receipt.amount));
    assert_eq!(receipt.amount, Piastres::new(127_575));
    assert!(receipt.amount_in_words.en.starts_with("One thousand two hundred and seventy-five"));
    assert_eq!((receipt.authorities.len(), receipt.schedules.len(), receipt.number), (2, 2, None));
    let token = receipt.verification.rsplit_once('/').unwrap().1.to_owned();
    assert_eq!(links().payment_of_verification(&token), Some(receipt.payment));
    assert_eq!(links().payment_of_token(&token), None, "a receipt opens no checkout");
}

/// Writes the samples and the assets where `scripts/screenshots` looks for them.
#[test]
fn pages_are_written_for_screenshots_when_asked_for() {
    let Ok(folder) = std::env::var("RUSUM_PAGES_DIR") else { return };
    let folder = std::path::Path::new(&folder);
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    let mut index = String::new();
    for sample in all() {
        std::fs::write(folder.join(format!("{}.html", sample.name)), sample.html).unwrap();
        writeln!(index, "{}", sample.name).unwrap();
    }
    std::fs::write(folder.join("names.txt"), index).unwrap();
    for (name, bytes) in assets::files() {
        std::fs::write(folder.join("assets").join(name), bytes).unwrap();
    }
}
