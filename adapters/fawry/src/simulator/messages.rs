//! The simulated Fawry's messages and signatures, written apart from the adapter's.
//!
//! Amounts go out as a JVM prints a double (`840.0`, `45.1`), which is how the genuine ones come.

use rusum_kit::{Piastres, sign::sha256_hex};
use serde::{Serialize, Serializer, ser::Error as _};
use serde_json::value::RawValue;

use super::books::Facts;
use crate::vocabulary::{code, status};

/// An amount as a JVM prints a double.
pub struct Double(pub Piastres);

impl Serialize for Double {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.0.to_string();
        let text = text.strip_suffix('0').unwrap_or(&text);
        RawValue::from_string(text.to_owned()).map_err(S::Error::custom)?.serialize(serializer)
    }
}

/// The answer to a charge.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Charged<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    reference_number: &'a str,
    merchant_ref_number: &'a str,
    expiration_time: i64,
    status_code: u32,
    status_description: &'a str,
}

const DONE: &str = "Operation done successfully";

impl<'a> Charged<'a> {
    /// The answer that an order has been made.
    pub fn new(reference: &'a str, merchant_reference: &'a str, expiration_time: i64) -> Self {
        Self {
            kind: "ChargeResponse",
            reference_number: reference,
            merchant_ref_number: merchant_reference,
            expiration_time,
            status_code: 200,
            status_description: DONE,
        }
    }
}

/// An answer that is only a code.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Coded<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    status_code: u32,
    status_description: &'a str,
}

impl<'a> Coded<'a> {
    /// A code and its words.
    pub fn new(kind: &'a str, told: &str, words: &'a str) -> Self {
        let words = if told == code::OK { DONE } else { words };
        Self { kind, status_code: told.parse().unwrap_or_default(), status_description: words }
    }
}

/// The answer of the older status call.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusV1<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    reference_number: &'a str,
    merchant_ref_number: &'a str,
    payment_amount: Double,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_date: Option<i64>,
    expiration_time: i64,
    payment_status: &'a str,
    payment_method: &'a str,
    status_code: u32,
    status_description: &'a str,
}

impl<'a> StatusV1<'a> {
    /// What is said of an order, in the older form.
    pub fn new(facts: &'a Facts) -> Self {
        Self {
            kind: "PaymentStatusResponse",
            reference_number: &facts.reference,
            merchant_ref_number: &facts.merchant_reference,
            payment_amount: Double(facts.paid),
            payment_date: facts.paid_at.map(|at| at.timestamp_millis()),
            expiration_time: facts.expires_at.timestamp_millis(),
            payment_status: answered_status(facts),
            payment_method: &facts.method,
            status_code: 200,
            status_description: DONE,
        }
    }
}

/// The status call spells one status otherwise than the notification.
fn answered_status(facts: &Facts) -> &str {
    if facts.status == status::CANCELED { status::CANCELLED } else { &facts.status }
}

/// A notification, and the answer of the status call v2.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Told<'a> {
    request_id: String,
    fawry_ref_number: &'a str,
    merchant_ref_number: &'a str,
    payment_amount: Double,
    order_amount: Double,
    fawry_fees: Double,
    order_status: &'a str,
    payment_method: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_refrence_number: Option<&'a str>,
    order_expiry_date: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refunded_amount: Option<Double>,
    message_signature: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_error_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_code: Option<u32>,
}

impl<'a> Told<'a> {
    /// A notification.
    pub fn notification(number: u64, facts: &'a Facts, key: &str) -> Self {
        Self::new(number, facts, &facts.status, None, key)
    }

    /// The answer of the status call v2.
    pub fn answer(facts: &'a Facts, key: &str) -> Self {
        Self::new(0, facts, answered_status(facts), Some(200), key)
    }

    fn new(
        number: u64,
        facts: &'a Facts,
        order_status: &'a str,
        status_code: Option<u32>,
        key: &str,
    ) -> Self {
        let failed = (order_status == status::FAILED).then_some(());
        let transaction = facts.transaction.as_deref();
        let message_signature = sha256_hex([
            facts.reference.as_str(),
            &facts.merchant_reference,
            &facts.paid.to_string(),
            &facts.ordered.to_string(),
            order_status,
            &facts.method,
            transaction.unwrap_or_default(),
            key,
        ]);
        Self {
            request_id: format!("{number:032x}"),
            fawry_ref_number: &facts.reference,
            merchant_ref_number: &facts.merchant_reference,
            payment_amount: Double(facts.paid),
            order_amount: Double(facts.ordered),
            fawry_fees: Double(facts.fees),
            order_status,
            payment_method: &facts.method,
            payment_time: facts.paid_at.map(|at| at.timestamp_millis()),
            payment_refrence_number: transaction,
            order_expiry_date: facts.expires_at.timestamp_millis(),
            currency_code: facts.currency.as_deref(),
            refunded_amount: Some(Double(facts.refunded)).filter(|refunded| !refunded.0.is_zero()),
            message_signature,
            failure_error_code: failed.map(|()| "99901"),
            failure_reason: failed.map(|()| "The transaction is refused"),
            status_code,
        }
    }
}

/// The signature that a charge must carry.
pub fn charge_signature(
    merchant: &str,
    reference: &str,
    profile: &str,
    way: &str,
    amount: Piastres,
    key: &str,
) -> String {
    sha256_hex([merchant, reference, profile, way, &amount.to_string(), key])
}

/// The signature that a question must carry.
pub fn status_signature(merchant: &str, reference: &str, key: &str) -> String {
    sha256_hex([merchant, reference, key])
}

/// The signature that a refund must carry.
pub fn refund_signature(
    merchant: &str,
    reference: &str,
    amount: Piastres,
    reason: &str,
    key: &str,
) -> String {
    sha256_hex([merchant, reference, &amount.to_string(), reason, key])
}

/// The signature that a withdrawal must carry.
pub fn cancel_signature(reference: &str, merchant: &str, lang: &str, key: &str) -> String {
    sha256_hex([reference, merchant, lang, key])
}
