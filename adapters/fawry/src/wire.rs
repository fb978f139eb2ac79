//! What goes over the wire: requests as Fawry wants them, answers as far as they can be read.
//!
//! Amounts are written into the JSON and read out of it as text; none passes through a float.
//! Reading is tolerant: unknown fields are ignored, a number may come as a string and the other way
//! round. A field that comes twice makes the whole message unreadable.

use chrono::{DateTime, Utc};
use rusum_kit::{
    Piastres,
    provider::{Answer, Charge, ChargeRef, Fault, RefundOrder, Request, Verb},
    raw::Raw,
};
use serde::{Deserialize, Serialize, Serializer, ser::Error as _};
use serde_json::value::RawValue;

use crate::{
    Config, sign,
    vocabulary::{code, method, path},
};

/// An amount as a JSON number with exactly two decimals.
struct Pounds(Piastres);

impl Serialize for Pounds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.to_string()).map_err(S::Error::custom)?.serialize(serializer)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChargeBody<'a> {
    merchant_code: &'a str,
    merchant_ref_num: &'a str,
    customer_profile_id: &'a str,
    payment_method: &'a str,
    amount: Pounds,
    currency_code: &'a str,
    language: &'a str,
    description: &'a str,
    payment_expiry: i64,
    charge_items: [ChargeItem<'a>; 1],
    order_web_hook_url: &'a str,
    signature: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChargeItem<'a> {
    item_id: &'a str,
    description: &'a str,
    price: Pounds,
    quantity: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RefundBody<'a> {
    merchant_code: &'a str,
    reference_number: &'a str,
    refund_amount: Pounds,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    signature: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CancelBody<'a> {
    order_ref_no: &'a str,
    merchant_account: &'a str,
    lang: &'a str,
    signature: String,
}

/// Asks for a reference code. The customer's profile is our own reference: nothing about the
/// citizen is told.
pub fn charge(config: &Config, charge: &Charge) -> Result<Request, Fault> {
    let reference = plain("merchant reference", &charge.merchant_reference)?;
    if !charge.amount.is_positive() {
        return Err(Fault::Invalid(format!("the amount {} is not more than nothing", charge.amount)));
    }
    if charge.expires_at <= charge.now {
        return Err(Fault::Invalid(format!(
            "the charge would have expired already, at {}",
            charge.expires_at
        )));
    }
    let way = method::PAY_AT_FAWRY;
    let body = ChargeBody {
        merchant_code: &config.merchant_code,
        merchant_ref_num: reference,
        customer_profile_id: reference,
        payment_method: way,
        amount: Pounds(charge.amount),
        currency_code: charge.currency.code(),
        language: if charge.language == "ar" { "ar-eg" } else { "en-gb" },
        description: &charge.description,
        payment_expiry: charge.expires_at.timestamp_millis(),
        charge_items: [ChargeItem {
            item_id: reference,
            description: &charge.description,
            price: Pounds(charge.amount),
            quantity: 1,
        }],
        order_web_hook_url: &charge.notification_url,
        signature: sign::charge(
            &config.merchant_code,
            reference,
            reference,
            way,
            charge.amount,
            &config.secure_key,
        ),
    };
    post(config, path::CHARGE, &body)
}

/// Asks what became of a charge. The values stand in the address as they are: Fawry reads `+` and
/// `=` of a merchant code literally and would take a percent-encoded one for another.
pub fn status(config: &Config, charge: &ChargeRef) -> Result<Request, Fault> {
    let reference = plain("merchant reference", &charge.merchant_reference)?;
    let (merchant, base) = (&config.merchant_code, &config.base_url);
    let signature = sign::status(merchant, reference, &config.secure_key);
    let query = format!("merchantCode={merchant}&merchantRefNumber={reference}&signature={signature}");
    let url = format!("{base}{}?{query}", path::STATUS_V2);
    Ok(Request { verb: Verb::Get, url, headers: Vec::new(), body: None })
}

/// Asks for money to be given back.
pub fn refund(config: &Config, order: &RefundOrder) -> Result<Request, Fault> {
    if !order.amount.is_positive() {
        return Err(Fault::Invalid(format!("the amount {} is not more than nothing", order.amount)));
    }
    let reference = provider_reference(&order.charge)?;
    let (merchant, key) = (&config.merchant_code, &config.secure_key);
    let body = RefundBody {
        merchant_code: merchant,
        reference_number: reference,
        refund_amount: Pounds(order.amount),
        reason: &order.reason,
        signature: sign::refund(merchant, reference, order.amount, &order.reason, key),
    };
    post(config, path::REFUND, &body)
}

/// Asks for an unpaid order to be withdrawn.
pub fn cancel(config: &Config, charge: &ChargeRef) -> Result<Request, Fault> {
    let reference = provider_reference(charge)?;
    let lang = "ar-eg";
    let body = CancelBody {
        order_ref_no: reference,
        merchant_account: &config.merchant_code,
        lang,
        signature: sign::cancel(reference, &config.merchant_code, lang, &config.secure_key),
    };
    post(config, path::CANCEL, &body)
}

fn post(config: &Config, path: &str, body: &impl Serialize) -> Result<Request, Fault> {
    let body = serde_json::to_string(body).map_err(|error| Fault::Invalid(error.to_string()))?;
    let url = format!("{}{path}", config.base_url);
    Ok(Request { verb: Verb::Post, url, headers: Vec::new(), body: Some(body) })
}

fn provider_reference(charge: &ChargeRef) -> Result<&str, Fault> {
    let missing =
        || Fault::Invalid("Fawry's reference of the charge is not known yet: query it first".into());
    plain("provider reference", charge.provider_reference.as_deref().ok_or_else(missing)?)
}

/// Lets through only what stands in an address unencoded and cannot be taken for something else.
pub fn plain<'a>(what: &str, text: &'a str) -> Result<&'a str, Fault> {
    let harmless = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=:@".contains(&b);
    if text.is_empty() || text.len() > 64 || !text.bytes().all(harmless) {
        let shown: String = text.chars().take(64).collect();
        return Err(Fault::Invalid(format!(
            "the {what} {shown:?} cannot be sent to Fawry: it takes 1 to 64 ASCII letters, digits and -._~+/=:@"
        )));
    }
    Ok(text)
}

/// What an answer says before its content matters.
#[derive(Debug)]
pub enum Said {
    /// Done.
    Done,
    /// The call was not taken: credentials, signature, form.
    NotTaken(String),
    /// There is no such payment.
    NotFound,
    /// The card's issuer refused.
    Declined {
        /// Fawry's code.
        code: String,
        /// Fawry's words.
        text: String,
    },
    /// An answer without a code.
    Silent,
    /// Anything else: nobody can say what happened.
    Unclear(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    status_code: Option<Raw>,
    status_description: Option<Raw>,
    code: Option<Raw>,
    description: Option<Raw>,
}

/// Reads the code of an answer. The cancel call's answer is not documented; `code` is taken for
/// `statusCode` where the latter is absent.
pub fn said(answer: &Answer) -> Said {
    let unclear = |why: &str| Said::Unclear(format!("HTTP {} {why}", answer.status));
    if !(200..300).contains(&answer.status) && !(400..500).contains(&answer.status) {
        return unclear("is no answer");
    }
    let Ok(envelope) = serde_json::from_str::<Envelope>(&answer.body) else {
        return unclear("with a body that is not the JSON expected");
    };
    let Some(told) = scalar(envelope.status_code.as_ref()).or_else(|| scalar(envelope.code.as_ref())) else {
        return if answer.status < 300 { Said::Silent } else { unclear("without a code") };
    };
    let text = scalar(envelope.status_description.as_ref())
        .or_else(|| scalar(envelope.description.as_ref()))
        .unwrap_or_default();
    let text = shown(&text);
    match told.as_str() {
        code::OK if answer.status < 300 => Said::Done,
        code::MERCHANT | code::REFERENCE | code::SIGNATURE => Said::NotTaken(format!("{told} {text}")),
        code::NOT_FOUND => Said::NotFound,
        refused if refused.len() == 5 && refused.starts_with(code::ISSUER_REFUSED_PREFIX) => {
            Said::Declined { code: told, text }
        }
        _ => unclear(&format!("with code {} {text}", shown(&told))),
    }
}

/// A provider's words, cut so that a log line stays one.
pub fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(120).collect()
}

/// What is meant by a value that may be absent.
pub fn scalar(value: Option<&Raw>) -> Option<String> {
    value.and_then(Raw::scalar).filter(|text| !text.is_empty())
}

/// A time in milliseconds, where it can be read as one.
pub fn time(value: Option<&Raw>) -> Option<DateTime<Utc>> {
    scalar(value)?.parse().ok().and_then(DateTime::from_timestamp_millis)
}

/// The answer to a charge.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargeAnswer {
    /// The code that the citizen quotes.
    pub reference_number: Option<Raw>,
    /// Our reference, echoed.
    pub merchant_ref_number: Option<Raw>,
    /// When the code stops being payable, in milliseconds.
    pub expiration_time: Option<Raw>,
}

/// A notification V2, and the answer of the status call v2, which has its form.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// Fawry's reference.
    pub fawry_ref_number: Option<Raw>,
    /// Ours.
    pub merchant_ref_number: Option<Raw>,
    /// What the citizen paid.
    pub payment_amount: Option<Raw>,
    /// What the order is for.
    pub order_amount: Option<Raw>,
    /// What Fawry added for the payer. Not signed.
    pub fawry_fees: Option<Raw>,
    /// See [`crate::vocabulary::status`].
    pub order_status: Option<Raw>,
    /// See [`crate::vocabulary::method`].
    pub payment_method: Option<Raw>,
    /// The id of this very collection, in Fawry's spelling.
    pub payment_refrence_number: Option<Raw>,
    /// When it was collected, in milliseconds.
    pub payment_time: Option<Raw>,
    /// When the code stops being payable, in milliseconds.
    pub order_expiry_date: Option<Raw>,
    /// The signature.
    pub message_signature: Option<Raw>,
    /// Why it failed.
    pub failure_error_code: Option<Raw>,
    /// Why it failed, in words.
    pub failure_reason: Option<Raw>,
    /// Not documented; read where it is told. Not signed.
    pub currency_code: Option<Raw>,
    /// Not documented: how much has been given back so far, in total. Not signed.
    pub refunded_amount: Option<Raw>,
}
