//! The words of Fawry's wire: paths, codes, statuses, payment methods.
//!
//! The only thing that the adapter and its simulator share, so that a mistake in one of them is not
//! repeated by the other.

/// Paths below the base address.
pub mod path {
    /// POST: a reference code (or a card or wallet charge).
    pub const CHARGE: &str = "/ECommerceWeb/Fawry/payments/charge";
    /// GET: what became of a charge, in the older form.
    pub const STATUS: &str = "/ECommerceWeb/Fawry/payments/status";
    /// GET: what became of a charge, in the form of a notification.
    pub const STATUS_V2: &str = "/ECommerceWeb/Fawry/payments/status/v2";
    /// POST: money back, whole or in part.
    pub const REFUND: &str = "/ECommerceWeb/Fawry/payments/refund";
    /// POST: withdraws an order that nobody has paid.
    pub const CANCEL: &str = "/ECommerceWeb/api/orders/cancel-unpaid-order";
}

/// Values of `statusCode`.
pub mod code {
    /// Done.
    pub const OK: &str = "200";
    /// The merchant code is blank or invalid.
    pub const MERCHANT: &str = "9901";
    /// There is no such payment.
    pub const NOT_FOUND: &str = "9938";
    /// The reference is blank.
    pub const REFERENCE: &str = "9944";
    /// The signature is blank or invalid.
    pub const SIGNATURE: &str = "9946";
    /// What a card's issuer refuses: `99901` to `99907` and their like.
    pub const ISSUER_REFUSED_PREFIX: &str = "999";
}

/// Values of `orderStatus`.
pub mod status {
    /// Made, not paid.
    pub const NEW: &str = "NEW";
    /// Made, not paid (the status call's word).
    pub const UNPAID: &str = "UNPAID";
    /// Collected.
    pub const PAID: &str = "PAID";
    /// Withdrawn unpaid (the notification's word).
    pub const CANCELED: &str = "CANCELED";
    /// Withdrawn unpaid (the status call's word).
    pub const CANCELLED: &str = "CANCELLED";
    /// Given back whole.
    pub const REFUNDED: &str = "REFUNDED";
    /// Given back in part.
    pub const PARTIAL_REFUNDED: &str = "PARTIAL_REFUNDED";
    /// Lapsed unpaid.
    pub const EXPIRED: &str = "EXPIRED";
    /// Refused.
    pub const FAILED: &str = "FAILED";
    /// Collected, and what was bought has been handed over.
    pub const DELIVERED: &str = "DELIVERED";
}

/// Values of `paymentMethod`; others exist.
pub mod method {
    /// By reference code at a counter or in Fawry's own channels.
    pub const PAY_AT_FAWRY: &str = "PAYATFAWRY";
    /// By card.
    pub const CARD: &str = "CARD";
    /// By a mobile wallet.
    pub const MOBILE_WALLET: &str = "MWALLET";
    /// By a mobile wallet, as live notifications spell it.
    pub const MOBILE_WALLET_LIVE: &str = "Mobile Wallet";
    /// All that are known. None is the beginning of another: the notification's signature joins
    /// the method to the next field without a separator.
    pub const KNOWN: [&str; 7] =
        [PAY_AT_FAWRY, CARD, MOBILE_WALLET, MOBILE_WALLET_LIVE, "MYFAWRY", "VALU", "CASHONDELIVERY"];
}
