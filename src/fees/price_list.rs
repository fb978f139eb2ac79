//! The price list: every line and rule in force on a date, flat, for JSON and CSV.
//!
//! CSV cells that a spreadsheet would take for a formula are disarmed with a leading apostrophe.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Catalogue, Title};

/// One figure of the price list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PriceListRow {
    /// The authority's code.
    pub authority: String,
    /// The authority's title.
    pub authority_title: Title,
    /// The service's code; null for a rule that holds for several.
    pub service: Option<String>,
    /// The service's title.
    pub service_title: Option<Title>,
    /// The line's or rule's code.
    pub code: String,
    /// What it is for.
    pub title: Title,
    /// `fixed`, `per-unit`, `bands`, `percentage`, `incentive`, `surcharge`, `rounding`, `exemption`.
    pub kind: String,
    /// When it applies, in words; empty: always.
    pub condition: Title,
    /// The amount or rate, in words.
    pub price: Title,
    /// The amount, where it is one figure.
    pub amount: Option<crate::money::Piastres>,
    /// To whom it is owed; null for incentives, rounding and exemptions.
    pub beneficiary: Option<String>,
    /// Under which revenue item.
    pub revenue_code: Option<String>,
    /// The law or decree that sets it.
    pub legal_basis: String,
    /// Where the figure was published; null where it is illustrative.
    pub source: Option<String>,
    /// Whether the figure has no published source.
    pub illustrative: bool,
    /// The schedule's version.
    pub version: String,
    /// The schedule's digest.
    pub digest: String,
    /// Since when.
    pub effective_from: NaiveDate,
    /// Until when; null: until a next version.
    pub effective_to: Option<NaiveDate>,
}

/// Every line and rule in force on a date, by authority, service and place in the file.
pub fn price_list(_catalogue: &Catalogue, _on: NaiveDate) -> Vec<PriceListRow> {
    unimplemented!("follows")
}

/// The rows as CSV (RFC 4180, CRLF, a header row, UTF-8 without a mark).
pub fn price_list_csv(_rows: &[PriceListRow]) -> String {
    unimplemented!("follows")
}
