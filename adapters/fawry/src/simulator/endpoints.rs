//! Fawry's own endpoints: charge, status, refund, withdrawal.
//!
//! Query values are taken as they stand: a caller that percent-encodes its merchant code is not
//! recognised, as with the genuine one. Refusals come as HTTP 200 with their code in the body.

use axum::{
    Router,
    body::Bytes,
    extract::{RawQuery, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use chrono::DateTime;
use rusum_kit::{Piastres, raw::Raw, sign::same_hex};
use serde::{Deserialize, Serialize};

use super::{
    Simulator,
    acts::Refusal,
    books::{By, Closed, Entry, Order},
    code as ours,
    faults::Kind,
    messages::{
        Charged, Coded, StatusV1, Told, cancel_signature, charge_signature, refund_signature,
        status_signature,
    },
};
use crate::vocabulary::{code, path};

/// The routes.
pub fn router() -> Router<Simulator> {
    Router::new()
        .route(path::CHARGE, post(charge))
        .route(path::STATUS, get(status))
        .route(path::STATUS_V2, get(status_v2))
        .route(path::REFUND, post(refund))
        .route(path::CANCEL, post(cancel))
}

/// A refusal: a code and its words.
type Refused = (&'static str, String);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChargeRequest {
    merchant_code: Option<Raw>,
    merchant_ref_num: Option<Raw>,
    customer_profile_id: Option<Raw>,
    payment_method: Option<Raw>,
    amount: Option<Raw>,
    currency_code: Option<Raw>,
    description: Option<Raw>,
    payment_expiry: Option<Raw>,
    #[serde(default)]
    charge_items: Vec<Item>,
    order_web_hook_url: Option<Raw>,
    signature: Option<Raw>,
}

#[derive(Deserialize)]
struct Item {
    price: Raw,
    quantity: Raw,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RefundRequest {
    merchant_code: Option<Raw>,
    reference_number: Option<Raw>,
    refund_amount: Option<Raw>,
    reason: Option<Raw>,
    signature: Option<Raw>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CancelRequest {
    merchant_account: Option<Raw>,
    order_ref_no: Option<Raw>,
    lang: Option<Raw>,
    signature: Option<Raw>,
}

async fn charge(State(simulator): State<Simulator>, body: Bytes) -> Response {
    if let Some(broken) = simulator.break_before().await {
        return broken;
    }
    let made = read(&body).and_then(|request| simulator.order(&request));
    simulator.hang_after().await;
    match made {
        Ok(order) => {
            let expires_at = order.expires_at.timestamp_millis();
            answer(&Charged::new(&order.reference, &order.merchant_reference, expires_at))
        }
        Err(refused) => refusal("ChargeResponse", &refused),
    }
}

async fn status(State(simulator): State<Simulator>, RawQuery(query): RawQuery) -> Response {
    if let Some(broken) = simulator.break_before().await {
        return broken;
    }
    let asked = simulator.asked(&query.unwrap_or_default());
    simulator.hang_after().await;
    match asked {
        Ok(order) => answer(&StatusV1::new(&simulator.facts(&order))),
        Err(refused) => refusal("PaymentStatusResponse", &refused),
    }
}

async fn status_v2(State(simulator): State<Simulator>, RawQuery(query): RawQuery) -> Response {
    if let Some(broken) = simulator.break_before().await {
        return broken;
    }
    let asked = simulator.asked(&query.unwrap_or_default());
    simulator.hang_after().await;
    match asked {
        Ok(order) => answer(&Told::answer(&simulator.facts(&order), &simulator.settings().secure_key)),
        Err(refused) => refusal("PaymentStatusResponse", &refused),
    }
}

async fn refund(State(simulator): State<Simulator>, body: Bytes) -> Response {
    if let Some(broken) = simulator.break_before().await {
        return broken;
    }
    let refunded = read(&body).and_then(|request| simulator.refund_asked(&request));
    simulator.hang_after().await;
    coded("ResponseDataModel", refunded)
}

async fn cancel(State(simulator): State<Simulator>, body: Bytes) -> Response {
    if let Some(broken) = simulator.break_before().await {
        return broken;
    }
    let cancelled = read(&body).and_then(|request| simulator.cancel_asked(&request));
    simulator.hang_after().await;
    coded("CancelUnpaidOrderResponse", cancelled)
}

impl Simulator {
    /// What goes wrong with a call before it has any effect.
    async fn break_before(&self) -> Option<Response> {
        if self.faults().take(Kind::Outage) {
            return Some((StatusCode::SERVICE_UNAVAILABLE, "service unavailable").into_response());
        }
        if self.faults().take(Kind::Http500) {
            return Some((StatusCode::INTERNAL_SERVER_ERROR, "internal server error").into_response());
        }
        if self.faults().take(Kind::TimeoutBefore) {
            self.pause(self.settings().hang).await;
            return Some((StatusCode::GATEWAY_TIMEOUT, "gateway time-out").into_response());
        }
        None
    }

    async fn hang_after(&self) {
        if self.faults().take(Kind::TimeoutAfter) {
            self.pause(self.settings().hang).await;
        }
    }

    fn order(&self, request: &ChargeRequest) -> Result<Order, Refused> {
        let merchant = self.merchant(request.merchant_code.as_ref())?;
        let merchant_reference = reference(request.merchant_ref_num.as_ref())?;
        let amount = amount("amount", request.amount.as_ref())?;
        let way = text(request.payment_method.as_ref());
        let profile = text(request.customer_profile_id.as_ref());
        let key = &self.settings().secure_key;
        let computed = charge_signature(merchant, &merchant_reference, &profile, &way, amount, key);
        verify(request.signature.as_ref(), &computed)?;
        if !way.eq_ignore_ascii_case("PAYATFAWRY") {
            return Err(malformed(format!("paymentMethod {way:?}: this Fawry takes PAYATFAWRY only")));
        }
        if !matches!(text(request.currency_code.as_ref()).as_str(), "" | "EGP") {
            return Err(malformed("currencyCode must be EGP".into()));
        }
        check_items(&request.charge_items, amount)?;
        let expires_at = text(request.payment_expiry.as_ref()).parse().ok();
        let expires_at = expires_at.and_then(DateTime::from_timestamp_millis);
        let expires_at = expires_at.ok_or_else(|| malformed("paymentExpiry must be milliseconds".into()))?;
        let webhook = Some(text(request.order_web_hook_url.as_ref())).filter(|url| !url.is_empty());
        let now = self.now();
        let mut books = self.books();
        if let Some(order) = books.by_merchant_reference(&merchant_reference) {
            return if order.amount == amount && order.expires_at == expires_at {
                Ok(order.clone())
            } else {
                Err((ours::REFERENCE_TAKEN, "merchantRefNum has been used with other data".into()))
            };
        }
        if expires_at <= now {
            return Err(malformed("paymentExpiry is in the past".into()));
        }
        let order = Order {
            reference: books.fresh_reference(&merchant_reference),
            merchant_reference,
            amount,
            description: text(request.description.as_ref()),
            webhook,
            created_at: now,
            expires_at,
            collections: Vec::new(),
            closed: None,
            refunded: Piastres::ZERO,
            charged_back: Piastres::ZERO,
        };
        books.record(Entry::Ordered(order.clone()));
        Ok(order)
    }

    fn asked(&self, query: &str) -> Result<Order, Refused> {
        let value = |name: &str| {
            let found =
                query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
            found.map(|(_, value)| value).unwrap_or_default()
        };
        let (merchant, reference) = (value("merchantCode"), value("merchantRefNumber"));
        if merchant != self.settings().merchant_code {
            return Err((code::MERCHANT, "Merchant code is blank or invalid".into()));
        }
        if reference.is_empty() {
            return Err((code::REFERENCE, "Reference number is blank".into()));
        }
        if !same_hex(value("signature"), &status_signature(merchant, reference, &self.settings().secure_key))
        {
            return Err(wrong_signature());
        }
        self.books().by_merchant_reference(reference).cloned().ok_or_else(not_found)
    }

    fn refund_asked(&self, request: &RefundRequest) -> Result<Order, Refused> {
        let merchant = self.merchant(request.merchant_code.as_ref())?;
        let reference = reference(request.reference_number.as_ref())?;
        let amount = amount("refundAmount", request.refund_amount.as_ref())?;
        let reason = text(request.reason.as_ref());
        let key = &self.settings().secure_key;
        verify(request.signature.as_ref(), &refund_signature(merchant, &reference, amount, &reason, key))?;
        self.books().by_reference(&reference).map(drop).ok_or_else(not_found)?;
        self.refund(&reference, Some(amount), &reason, By::Merchant).map_err(refused)
    }

    fn cancel_asked(&self, request: &CancelRequest) -> Result<Order, Refused> {
        let merchant = self.merchant(request.merchant_account.as_ref())?;
        let reference = reference(request.order_ref_no.as_ref())?;
        let lang = text(request.lang.as_ref());
        let computed = cancel_signature(&reference, merchant, &lang, &self.settings().secure_key);
        verify(request.signature.as_ref(), &computed)?;
        self.books().by_reference(&reference).map(drop).ok_or_else(not_found)?;
        self.close(&reference, Closed::Cancelled).map_err(refused)
    }

    fn merchant(&self, told: Option<&Raw>) -> Result<&str, Refused> {
        if text(told) == self.settings().merchant_code {
            Ok(&self.settings().merchant_code)
        } else {
            Err((code::MERCHANT, "Merchant code is blank or invalid".into()))
        }
    }
}

fn check_items(items: &[Item], amount: Piastres) -> Result<(), Refused> {
    let mut sum = Some(Piastres::ZERO);
    for item in items {
        let price = self::amount("price", Some(&item.price))?;
        let quantity = text(Some(&item.quantity)).parse().ok();
        let line = quantity.and_then(|quantity| price.checked_mul(quantity));
        sum = sum.zip(line).and_then(|(sum, line)| sum.checked_add(line));
    }
    if sum == Some(amount) {
        Ok(())
    } else {
        Err(malformed("the chargeItems do not add up to the amount".into()))
    }
}

fn read<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| malformed(format!("not the JSON expected: {error}")))
}

fn text(value: Option<&Raw>) -> String {
    value.and_then(Raw::scalar).unwrap_or_default()
}

fn reference(value: Option<&Raw>) -> Result<String, Refused> {
    let reference = text(value);
    if reference.is_empty() {
        return Err((code::REFERENCE, "Reference number is blank".into()));
    }
    Ok(reference)
}

fn amount(field: &str, value: Option<&Raw>) -> Result<Piastres, Refused> {
    let amount = value.map(Raw::amount).and_then(Result::ok).filter(|amount| amount.is_positive());
    amount.ok_or_else(|| malformed(format!("{field} is not an amount of money")))
}

fn verify(told: Option<&Raw>, computed: &str) -> Result<(), Refused> {
    if same_hex(&text(told), computed) { Ok(()) } else { Err(wrong_signature()) }
}

fn malformed(why: String) -> Refused {
    (ours::MALFORMED, why)
}

fn wrong_signature() -> Refused {
    (code::SIGNATURE, "Wrong Signature".into())
}

fn not_found() -> Refused {
    (code::NOT_FOUND, "Payment not found".into())
}

fn refused(refusal: Refusal) -> Refused {
    match refusal {
        Refusal::Unknown => not_found(),
        Refusal::NotNow(status) => (ours::NOT_UNPAID, format!("the order is {status}")),
        Refusal::TooMuch(most) => (ours::REFUND_TOO_LARGE, format!("at most {most} can be refunded")),
    }
}

fn refusal(kind: &str, (code, words): &Refused) -> Response {
    answer(&Coded::new(kind, code, words))
}

fn coded(kind: &str, done: Result<Order, Refused>) -> Response {
    match done {
        Ok(_) => answer(&Coded::new(kind, code::OK, "")),
        Err(refused) => refusal(kind, &refused),
    }
}

fn answer(body: &impl Serialize) -> Response {
    match serde_json::to_string(body) {
        Ok(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
