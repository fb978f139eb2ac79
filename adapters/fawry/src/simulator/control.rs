//! `_control`: what tests and the curious may do to this Fawry from outside.
//!
//! `pay`, `decline`, `refund`, `chargeback` act on an order, named by Fawry's reference or the
//! merchant's; `fault` makes things go wrong; `state` shows the books; `report` is the settlement
//! file. `delay_ms` holds the notification back, not the payment: a question asked meanwhile is
//! already answered "paid".
//!
//! An unknown reference is 404, a state that does not allow it 409, a body that is no JSON 400, one
//! that is not what is asked for 422; each with `{"error": "..."}`.

use std::time::Duration;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{RawQuery, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use chrono::{DateTime, NaiveDate, Utc};
use rusum_kit::{Piastres, Tender};
use serde::{Deserialize, Serialize};

use super::{
    Simulator,
    acts::{Pay, Refusal, Till},
    books::{By, Chargeback, Closed, Collection, Notification, Order, Refund},
    faults::{Kind, Set},
    report,
};

/// The most often that one call may let a code be paid.
const TIMES_MAX: u32 = 100;

/// The routes.
pub fn router() -> Router<Simulator> {
    Router::new()
        .route("/pay", post(pay))
        .route("/decline", post(decline))
        .route("/refund", post(refund))
        .route("/chargeback", post(charge_back))
        .route("/fault", post(fault))
        .route("/state", get(state))
        .route("/report", get(settlement_file))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PayCall {
    reference: String,
    amount: Option<Piastres>,
    tender: Option<Tender>,
    times: Option<u32>,
    delay_ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReferenceCall {
    reference: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AmountCall {
    reference: String,
    amount: Option<Piastres>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultCall {
    kind: String,
    times: Option<u32>,
}

type Failure = (StatusCode, String);

async fn pay(State(simulator): State<Simulator>, body: Bytes) -> Response {
    let done = read::<PayCall>(&body).and_then(|call| {
        let times = call.times.unwrap_or(1);
        if times == 0 || times > TIMES_MAX {
            return Err(unprocessable(format!("times {times} is not between 1 and {TIMES_MAX}")));
        }
        let pay = Pay {
            till: Till::Control,
            amount: positive(call.amount)?,
            tender: call.tender.unwrap_or(Tender::Cash),
            times,
            delay: Duration::from_millis(call.delay_ms.unwrap_or(0)),
        };
        simulator.pay(&call.reference, &pay).map_err(|refusal| failure(&call.reference, refusal))
    });
    simulator.shown(done)
}

async fn decline(State(simulator): State<Simulator>, body: Bytes) -> Response {
    let done = read::<ReferenceCall>(&body).and_then(|call| {
        simulator.close(&call.reference, Closed::Failed).map_err(|refusal| failure(&call.reference, refusal))
    });
    simulator.shown(done)
}

async fn refund(State(simulator): State<Simulator>, body: Bytes) -> Response {
    let done = read::<AmountCall>(&body).and_then(|call| {
        let amount = positive(call.amount)?;
        let refunded = simulator.refund(&call.reference, amount, "made at the provider", By::Provider);
        refunded.map_err(|refusal| failure(&call.reference, refusal))
    });
    simulator.shown(done)
}

async fn charge_back(State(simulator): State<Simulator>, body: Bytes) -> Response {
    let done = read::<AmountCall>(&body).and_then(|call| {
        let amount = positive(call.amount)?;
        simulator.charge_back(&call.reference, amount).map_err(|refusal| failure(&call.reference, refusal))
    });
    simulator.shown(done)
}

async fn fault(State(simulator): State<Simulator>, body: Bytes) -> Response {
    let set = read::<FaultCall>(&body).and_then(|call| {
        if call.kind == "none" {
            simulator.faults().clear();
        } else {
            let kind: Kind = call.kind.parse().map_err(unprocessable)?;
            simulator.faults().set(kind, call.times);
        }
        Ok(simulator.faults().list())
    });
    match set {
        Ok(faults) => Json(Faults { faults }).into_response(),
        Err(failure) => failed(failure),
    }
}

#[derive(Serialize)]
struct Faults {
    faults: Vec<Set>,
}

/// The books as they are shown: an order, with the sums over it.
#[derive(Serialize)]
struct ShownOrder<'a> {
    reference: &'a str,
    merchant_reference: &'a str,
    amount: Piastres,
    currency: &'static str,
    status: &'static str,
    paid: Piastres,
    refunded: Piastres,
    charged_back: Piastres,
    description: &'a str,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    collections: &'a [Collection],
}

#[derive(Serialize)]
struct Shown<'a> {
    charges: Vec<ShownOrder<'a>>,
    refunds: &'a [Refund],
    chargebacks: &'a [Chargeback],
    notifications: &'a [Notification],
    faults: Vec<Set>,
}

fn shown(order: &Order, now: DateTime<Utc>) -> ShownOrder<'_> {
    ShownOrder {
        reference: &order.reference,
        merchant_reference: &order.merchant_reference,
        amount: order.amount,
        currency: "EGP",
        status: order.status(now),
        paid: order.paid(),
        refunded: order.refunded,
        charged_back: order.charged_back,
        description: &order.description,
        created_at: order.created_at,
        expires_at: order.expires_at,
        collections: &order.collections,
    }
}

async fn state(State(simulator): State<Simulator>) -> Response {
    let now = simulator.now();
    let faults = simulator.faults().list();
    let books = simulator.books();
    Json(Shown {
        charges: books.orders().iter().map(|order| shown(order, now)).collect(),
        refunds: &books.refunds,
        chargebacks: &books.chargebacks,
        notifications: &books.notifications,
        faults,
    })
    .into_response()
}

async fn settlement_file(State(simulator): State<Simulator>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let mut asked = (None, report::Fault::None);
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        match name {
            "day" => asked.0 = value.parse::<NaiveDate>().ok(),
            "fault" => match value.parse() {
                Ok(fault) => asked.1 = fault,
                Err(why) => return failed(unprocessable(why)),
            },
            other => return failed(unprocessable(format!("{other:?} is not asked for: day, fault"))),
        }
    }
    let (Some(day), fault) = asked else {
        return failed(unprocessable("say which day: ?day=YYYY-MM-DD".into()));
    };
    let file = report::write(&simulator, day, fault);
    ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], file).into_response()
}

impl Simulator {
    fn shown(&self, done: Result<Order, Failure>) -> Response {
        match done {
            Ok(order) => Json(shown(&order, self.now())).into_response(),
            Err(failure) => failed(failure),
        }
    }
}

fn read<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| {
        let status = if error.is_data() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::BAD_REQUEST };
        (status, format!("the body is not what is asked for: {error}"))
    })
}

fn positive(amount: Option<Piastres>) -> Result<Option<Piastres>, Failure> {
    match amount {
        Some(amount) if !amount.is_positive() => {
            Err(unprocessable(format!("the amount {amount} is not more than nothing")))
        }
        amount => Ok(amount),
    }
}

fn unprocessable(why: String) -> Failure {
    (StatusCode::UNPROCESSABLE_ENTITY, why)
}

fn failure(reference: &str, refusal: Refusal) -> Failure {
    let shown: String = reference.chars().take(64).collect();
    match refusal {
        Refusal::Unknown => {
            (StatusCode::NOT_FOUND, format!("there is no order with the reference {shown:?}"))
        }
        Refusal::NotNow(status) => (StatusCode::CONFLICT, format!("the order {shown} is {status}")),
        Refusal::TooMuch(most) => unprocessable(format!("at most {most} of the order {shown} is left")),
    }
}

#[derive(Serialize)]
struct Error {
    error: String,
}

fn failed((status, error): Failure) -> Response {
    (status, Json(Error { error })).into_response()
}
