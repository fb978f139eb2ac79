//! The price: a request and the catalogue in, a bill or a refusal out. No clock, no randomness.

use super::{Bill, Catalogue, QuoteContext, QuoteRequest, Refusal};

/// A price and for how long it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quoted {
    /// What was asked for, what it costs, and what each way to pay makes of it.
    pub bill: Bill,
    /// Seconds that it holds: the shortest of its items'.
    pub valid_secs: u32,
}

/// Computes a price.
pub fn quote(
    _catalogue: &Catalogue,
    _request: &QuoteRequest,
    _context: &QuoteContext<'_>,
) -> Result<Quoted, Refusal> {
    unimplemented!("follows")
}
