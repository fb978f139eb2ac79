//! What Fawry states about an order: a notification it sends, or the answer to our question.
//!
//! Promises: nothing is read out of a notification before its signature has been verified; a status
//! that nobody knows is `Unknown`, never an error; no input makes it panic.
//!
//! What was collected for us is `paymentAmount − fawryFees`: the citizen may pay Fawry's fee on top
//! (`paymentAmount = orderAmount + fawryFees`). Where the three do not agree the same difference is
//! taken, so that a wrong amount shows as a mismatch with what was asked for.
//!
//! The signature leaves out `fawryFees` and says nothing of how much has been given back. A fee that
//! is not between nothing and what was paid is therefore not believed, and a notification of a
//! partial refund is a hint only: it is `Unknown` until a query has told the amount.

use rusum_kit::{
    MoneyError, Piastres, Tender,
    provider::{Evidence, Fault, Message, Notice, Outcome, Reason},
    raw::Raw,
    sign::same_hex,
};

use crate::{
    Config,
    sign::{Signed, cut_once, notification},
    vocabulary::{method, status},
    wire::{Told, scalar, shown, time},
};

/// The longest notification that is read. A genuine one has about a kilobyte.
pub const LONGEST_BYTES: usize = 64 * 1024;

/// On whose word a statement is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// The signature's: what it does not cover is not believed.
    Signature,
    /// The connection's: we asked Fawry's own address.
    Connection,
}

/// Reads a notification V2.
pub fn receive(config: &Config, message: &Message) -> Result<Vec<Notice>, Fault> {
    let unverified = |why: String| Fault::Unverified(why);
    if message.body.len() > LONGEST_BYTES {
        return Err(unverified(format!("{} bytes are more than {LONGEST_BYTES}", message.body.len())));
    }
    let order: Told = serde_json::from_slice(&message.body)
        .map_err(|error| unverified(format!("not the JSON expected: {}", shown(&error.to_string()))))?;
    let signed =
        signed(&order).map_err(|(field, error)| unverified(format!("{field} cannot be signed: {error}")))?;
    let told = scalar(order.message_signature.as_ref())
        .ok_or_else(|| unverified("messageSignature is missing".into()))?;
    if !same_hex(&told, &notification(&signed, &config.secure_key)) {
        return Err(unverified("messageSignature does not fit the message".into()));
    }
    let Signed { reference, merchant_reference, .. } = &signed;
    if reference.is_empty() || merchant_reference.is_empty() {
        return Err(Fault::Unreadable("fawryRefNumber or merchantRefNumber is missing".into()));
    }
    let outcome = if cut_once(&signed.method, &signed.transaction) {
        outcome(&order, &signed, Word::Signature).map_err(Fault::Unreadable)?
    } else {
        Outcome::Unknown("the message could be another one with a border between its fields moved".into())
    };
    let (merchant_reference, provider_reference) = (merchant_reference.clone(), reference.clone());
    Ok(vec![Notice { merchant_reference, provider_reference, outcome }])
}

/// The text that an order's signature covers. Amounts count with two decimals, however they were
/// written; an amount that is no whole number of piastres has no such form.
pub fn signed(order: &Told) -> Result<Signed, (&'static str, MoneyError)> {
    let text = |value: &Option<Raw>| scalar(value.as_ref()).unwrap_or_default();
    Ok(Signed {
        reference: text(&order.fawry_ref_number),
        merchant_reference: text(&order.merchant_ref_number),
        paid: two_decimals("paymentAmount", order.payment_amount.as_ref())?,
        ordered: two_decimals("orderAmount", order.order_amount.as_ref())?,
        status: text(&order.order_status),
        method: text(&order.payment_method),
        transaction: text(&order.payment_refrence_number),
    })
}

fn two_decimals(field: &'static str, value: Option<&Raw>) -> Result<String, (&'static str, MoneyError)> {
    match value {
        None => Ok(String::new()),
        Some(raw) => raw.amount().map(|amount| amount.to_string()).map_err(|error| (field, error)),
    }
}

/// What an order's status means.
pub fn outcome(order: &Told, signed: &Signed, word: Word) -> Result<Outcome, String> {
    match signed.status.as_str() {
        status::PAID | status::DELIVERED => Ok(Outcome::Approved(evidence(order, signed)?)),
        status::REFUNDED => {
            let evidence = evidence(order, signed)?;
            Ok(Outcome::Approved(Evidence { refunded: evidence.amount, ..evidence }))
        }
        status::PARTIAL_REFUNDED => partly_refunded(order, signed, word),
        status::NEW | status::UNPAID => Ok(Outcome::Pending {
            provider_reference: Some(signed.reference.clone()).filter(|reference| !reference.is_empty()),
            expires_at: time(order.order_expiry_date.as_ref()),
        }),
        status::CANCELED | status::CANCELLED => Ok(Outcome::Cancelled),
        status::EXPIRED => Ok(Outcome::Expired),
        status::FAILED => Ok(Outcome::Declined(Reason {
            code: shown(&scalar(order.failure_error_code.as_ref()).unwrap_or_else(|| "FAILED".into())),
            text: shown(&scalar(order.failure_reason.as_ref()).unwrap_or_default()),
        })),
        other => Ok(Outcome::Unknown(format!("Fawry says {:?}, which is no status we know", shown(other)))),
    }
}

fn partly_refunded(order: &Told, signed: &Signed, word: Word) -> Result<Outcome, String> {
    let evidence = evidence(order, signed)?;
    let refunded = match (word, &order.refunded_amount) {
        (Word::Connection, Some(told)) => {
            told.amount().map_err(|error| format!("refundedAmount: {error}"))?
        }
        _ => return Ok(Outcome::Unknown("partly given back; how much is not vouched for".into())),
    };
    if refunded.is_negative() || refunded > evidence.amount {
        return Ok(Outcome::Unknown(format!("{refunded} given back of {} collected", evidence.amount)));
    }
    Ok(Outcome::Approved(Evidence { refunded, ..evidence }))
}

fn evidence(order: &Told, signed: &Signed) -> Result<Evidence, String> {
    let amount = |field: &str, value: Option<&Raw>| match value {
        None => Err(format!("{field} is missing")),
        Some(raw) => raw.amount().map_err(|error| format!("{field}: {error}")),
    };
    let paid = amount("paymentAmount", order.payment_amount.as_ref())?;
    let fee = order.fawry_fees.as_ref().map_or(Ok(Piastres::ZERO), |fee| amount("fawryFees", Some(fee)))?;
    if paid.is_negative() || fee.is_negative() || fee > paid {
        return Err(format!("a fee of {fee} in a payment of {paid}"));
    }
    if signed.reference.is_empty() {
        return Err("fawryRefNumber is missing".into());
    }
    Ok(Evidence {
        provider_reference: signed.reference.clone(),
        provider_transaction: Some(signed.transaction.clone()).filter(|id| !id.is_empty()),
        amount: paid - fee,
        currency: scalar(order.currency_code.as_ref()).map_or_else(|| "EGP".into(), |code| shown(&code)),
        payer_fee: fee,
        tender: tender(&signed.method),
        collected_at: time(order.payment_time.as_ref()),
        refunded: Piastres::ZERO,
    })
}

/// With what it was paid: Fawry's word for the way is all that it tells.
fn tender(told: &str) -> Option<Tender> {
    let is = |known: &str| told.eq_ignore_ascii_case(known);
    if is(method::PAY_AT_FAWRY) {
        Some(Tender::Cash)
    } else if is(method::CARD) {
        Some(Tender::Card)
    } else if is(method::MOBILE_WALLET) || is(method::MOBILE_WALLET_LIVE) {
        Some(Tender::Wallet)
    } else {
        None
    }
}
