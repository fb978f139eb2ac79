//! Sample payments, so that there is something to look at: one to pay, one with its code, one that is
//! paid, one that costs nothing.
//!
//! Each is known by its client reference and made once; the first is made anew when it can no longer
//! be paid.

use std::collections::BTreeMap;

use serde_json::json;

use super::running::{MAKER, Running};
use crate::{
    cli::failure::Failure,
    fees::{Given, ItemRequest, Options, QuoteRequest},
    ids::PaymentId,
    money::Method,
    payments::{Capture, Language, Payment, PaymentStatus},
    store::{Cursor, PaymentFilter},
    switch::{AttemptOrder, Caller, Once, Payer, PaymentOrder, Switch, clock::fresh},
};

/// For how long samples can be paid: a month.
const EXPIRES_IN_SECS: i64 = 30 * 24 * 60 * 60;

/// One sample.
struct Sample {
    reference: &'static str,
    service: &'static str,
    delivery: Option<&'static str>,
    options: &'static [(&'static str, &'static str)],
    quantity: Option<i64>,
    language: Language,
    payer: (&'static str, &'static str),
    then: Then,
}

/// What is done with a sample once it is made.
#[derive(PartialEq)]
enum Then {
    Nothing,
    TakeCode,
    PayCode,
}

const SAMPLES: [Sample; 4] = [
    Sample {
        reference: "DEMO-1-TO-PAY",
        service: "civil-status.birth-certificate",
        delivery: Some("home"),
        options: &[],
        quantity: Some(2),
        language: Language::Ar,
        payer: ("منى السيد", "01001234567"),
        then: Then::Nothing,
    },
    Sample {
        reference: "DEMO-2-WITH-CODE",
        service: "civil-status.national-id",
        delivery: None,
        options: &[("speed", "urgent")],
        quantity: None,
        language: Language::Ar,
        payer: ("كريم فؤاد", "01112345678"),
        then: Then::TakeCode,
    },
    Sample {
        reference: "DEMO-3-PAID",
        service: "civil-status.marriage-document",
        delivery: None,
        options: &[],
        quantity: Some(1),
        language: Language::En,
        payer: ("Salma Hassan", "01223456789"),
        then: Then::PayCode,
    },
    Sample {
        reference: "DEMO-4-FREE",
        service: "civil-status.first-birth-certificate",
        delivery: None,
        options: &[],
        quantity: None,
        language: Language::Ar,
        payer: ("هدى مراد", "01534567890"),
        then: Then::Nothing,
    },
];

/// Makes the samples that are missing; gives the payment to try.
pub async fn make(running: &Running) -> Result<PaymentId, Failure> {
    let mut first = None;
    for sample in &SAMPLES {
        let id = match existing(&running.switch, sample).await? {
            Some(id) => id,
            None => new(running, sample).await?,
        };
        first.get_or_insert(id);
    }
    first.ok_or_else(|| Failure::broken("there are no samples"))
}

async fn existing(switch: &Switch, sample: &Sample) -> Result<Option<PaymentId>, Failure> {
    let filter = PaymentFilter {
        client_reference: Some(sample.reference.to_owned()),
        owner: Some(MAKER.to_owned()),
        ..PaymentFilter::default()
    };
    let now = switch.clock().now();
    let stays = |payment: &Payment| match payment.status {
        PaymentStatus::Open | PaymentStatus::Processing => payment.expires_at > now,
        PaymentStatus::Authorized | PaymentStatus::Paid => {
            sample.then != Then::Nothing || payment.bill.total.is_zero()
        }
        PaymentStatus::Cancelled | PaymentStatus::Expired => false,
    };
    let page = switch.store().payments(&filter, &Cursor::START, 50).await?;
    Ok(page.items.into_iter().find(stays).map(|payment| payment.id))
}

async fn new(running: &Running, sample: &Sample) -> Result<PaymentId, Failure> {
    let (switch, caller) = (&running.switch, Caller { owner: MAKER.to_owned(), sees_all: false });
    let quote = switch.quote(&request(sample)).await?;
    let order = PaymentOrder {
        quote: quote.id,
        client_reference: Some(sample.reference.to_owned()),
        return_url: None,
        language: sample.language,
        payer: Some(Payer {
            name: Some(sample.payer.0.to_owned()),
            mobile: Some(sample.payer.1.to_owned()),
            national_id: None,
        }),
        capture: Capture::Automatic,
        expires_in_secs: Some(EXPIRES_IN_SECS),
        metadata: BTreeMap::from([("sample".to_owned(), "yes".to_owned())]),
    };
    let answered = switch.create_payment(&caller, order, once()).await?;
    let id: PaymentId = field(&answered.body, "id")?
        .parse()
        .map_err(|error| Failure::broken(format!("the id of a sample payment: {error}")))?;
    if sample.then == Then::Nothing {
        return Ok(id);
    }
    let order = AttemptOrder { method: Method::Epayment, tender: None, provider: None, wallet_mobile: None };
    let answered = switch.start_attempt(&caller, id, order, Some(once())).await?;
    if sample.then == Then::PayCode {
        let code = field(&answered.body, "provider_reference")?;
        pay(&running.simulators_url, &code).await?;
    }
    Ok(id)
}

fn request(sample: &Sample) -> QuoteRequest {
    let options: Options = sample.options.iter().map(|(name, value)| (*name, Given::from(*value))).collect();
    QuoteRequest {
        channel: "portal".to_owned(),
        governorate: "01".to_owned(),
        on: None,
        items: vec![ItemRequest {
            service: sample.service.to_owned(),
            delivery: sample.delivery.map(str::to_owned),
            options,
            quantity: sample.quantity.map(Given::Integer),
            exemption: None,
            assessment: None,
        }],
    }
}

/// A key that nobody else uses.
fn once() -> Once {
    let key = format!("sample-{}", fresh().simple());
    Once { fingerprint: key.clone(), key }
}

fn field(body: &str, name: &str) -> Result<String, Failure> {
    let body: serde_json::Value = serde_json::from_str(body)
        .map_err(|error| Failure::broken(format!("the answer about a sample payment: {error}")))?;
    let text = body[name].as_str().map(str::to_owned);
    text.ok_or_else(|| Failure::broken(format!("the answer about a sample payment has no {name}")))
}

/// Pays a code at the simulated provider.
async fn pay(simulators_url: &str, code: &str) -> Result<(), Failure> {
    let failed = |error: reqwest::Error| Failure::broken(format!("a sample payment was not paid: {error}"));
    let client = reqwest::Client::builder().no_proxy().build().map_err(failed)?;
    let url = format!("{simulators_url}/fawry/_control/pay");
    let answer = client.post(url).json(&json!({"reference": code})).send().await.map_err(failed)?;
    answer.error_for_status().map(drop).map_err(failed)
}
