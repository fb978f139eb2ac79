//! Fawry's signatures: SHA-256 in hex over fields joined without a separator, the secure key last.
//!
//! It is not an HMAC, and the missing separators let one digest stand for several messages: the
//! border between two neighbouring fields can be moved without changing it. [`cut_once`] finds the
//! move that would matter most (one collection told as another one); `notice.rs` says what is done.

use rusum_kit::{Piastres, sign};

use crate::vocabulary::method;

/// Signs a request for a charge without a card token.
pub fn charge(
    merchant_code: &str,
    merchant_reference: &str,
    customer_profile: &str,
    payment_method: &str,
    amount: Piastres,
    key: &str,
) -> String {
    let amount = amount.to_string();
    let fields = [merchant_code, merchant_reference, customer_profile, payment_method, &amount, key];
    sign::sha256_hex(fields)
}

/// Signs a question about a charge.
pub fn status(merchant_code: &str, merchant_reference: &str, key: &str) -> String {
    sign::sha256_hex([merchant_code, merchant_reference, key])
}

/// Signs a request to give money back; an empty reason is none.
pub fn refund(merchant_code: &str, reference: &str, amount: Piastres, reason: &str, key: &str) -> String {
    sign::sha256_hex([merchant_code, reference, &amount.to_string(), reason, key])
}

/// Signs a request to withdraw an unpaid order.
pub fn cancel(reference: &str, merchant_code: &str, language: &str, key: &str) -> String {
    sign::sha256_hex([reference, merchant_code, language, key])
}

/// What a notification's signature covers; a field that is absent is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signed {
    /// `fawryRefNumber`
    pub reference: String,
    /// `merchantRefNumber`
    pub merchant_reference: String,
    /// `paymentAmount`, written with two decimals.
    pub paid: String,
    /// `orderAmount`, written with two decimals.
    pub ordered: String,
    /// `orderStatus`
    pub status: String,
    /// `paymentMethod`
    pub method: String,
    /// `paymentRefrenceNumber`
    pub transaction: String,
}

/// Signs a notification, or an answer in the form of one.
pub fn notification(signed: &Signed, key: &str) -> String {
    sign::sha256_hex([
        signed.reference.as_str(),
        &signed.merchant_reference,
        &signed.paid,
        &signed.ordered,
        &signed.status,
        &signed.method,
        &signed.transaction,
        key,
    ])
}

/// Whether the border between the method and the collection's id can only be where it was told.
///
/// Whoever has seen one genuine message could send it again as method `PAYATFAWRY1` and id `00162`
/// instead of `PAYATFAWRY` and `100162`: the digest is the same, and it would look like a second
/// collection of the same code. So a known method is taken as far as it goes, and a method that
/// nobody knows must end where digits begin.
pub fn cut_once(method: &str, transaction: &str) -> bool {
    let told = [method.as_bytes(), transaction.as_bytes()].concat();
    let is_start = |known: &str| {
        told.get(..known.len()).is_some_and(|start| start.eq_ignore_ascii_case(known.as_bytes()))
    };
    if let Some(known) = method::KNOWN.into_iter().find(|known| is_start(known)) {
        return known.len() == method.len();
    }
    let ends_where_digits_begin = transaction.bytes().next().is_none_or(|b| b.is_ascii_digit());
    !method.bytes().any(|b| b.is_ascii_digit()) && ends_where_digits_begin
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "fawry_secure_key";
    const MERCHANT: &str = "merchant_code";
    const REFERENCE: &str = "io5jxf3jp27kfh8m719arcqgw7izo7db";

    #[test]
    fn the_worked_example_of_a_charge_comes_out() {
        let profile = "ocvsydvbu2gcp528wvl64i9z5srdalg5";
        assert_eq!(
            charge(MERCHANT, REFERENCE, profile, "PAYATFAWRY", Piastres::new(2050), KEY),
            "68a1ff1e7189137f1b3c98784399b3adc49bd644d159593a8ed2fc70a810bd7b"
        );
    }

    #[test]
    fn the_worked_example_of_a_question_comes_out() {
        assert_eq!(
            status(MERCHANT, REFERENCE, KEY),
            "7ce8b004c8f18391c273d94c7b3adde7bfa85466104d61c238a27d64fed0d99a"
        );
    }

    #[test]
    fn the_worked_example_of_a_refund_comes_out() {
        assert_eq!(
            refund(MERCHANT, "931337410", Piastres::new(2050), "", KEY),
            "3ddbaf9457ed9b5f6e048e1775ff7eaccd477070e31cf28a90d879e8f9689323"
        );
    }

    #[test]
    fn a_collection_cannot_be_told_as_another_by_moving_a_border() {
        for (method, transaction) in
            [("PAYATFAWRY", "100162801"), ("PAYATFAWRY", "AB12"), ("PayAtFawry", ""), ("Meeza QR", "77")]
        {
            assert!(cut_once(method, transaction), "{method}|{transaction}");
        }
        for (method, transaction) in
            [("PAYATFAWRY1", "00162801"), ("PAYATFAWR", "Y100162801"), ("Meeza QR7", "7"), ("Meeza Q", "R77")]
        {
            assert!(!cut_once(method, transaction), "{method}|{transaction}");
        }
    }

    #[test]
    fn no_known_method_begins_another() {
        for one in method::KNOWN {
            for other in method::KNOWN {
                assert!(one == other || !other.to_lowercase().starts_with(&one.to_lowercase()));
            }
        }
    }
}
