//! Fees: schedule file -> catalogue -> quote.
//!
//! [`check`] reads all schedule files and gives a [`Catalogue`] or every fault with file and line;
//! [`quote`] computes a [`Bill`] from it; [`price_list`], [`describe_service`], [`services`] and
//! [`diff`] show what is published.

pub mod bill;
mod catalogue;
mod check;
mod describe;
mod diff;
pub mod governorate;
mod notes;
mod parse;
mod percent;
mod price_list;
mod quote;
mod refusal;
mod request;
mod schedule;
mod search;
mod source;
mod way;
mod words;

#[cfg(test)]
mod tests;

pub use bill::{Adjustment, AdjustmentKind, Bill, BillItem, Channel, Line, MethodPrice, ScheduleRef, Title};
pub use catalogue::{Beneficiary, Catalogue, NATIONAL, Place, REGISTERS, RevenueCode};
pub use check::{Checked, Figures, check};
pub use describe::{
    Capture, ChoiceDescription, DeliveryDescription, ExemptionDescription, GovernorateDescription,
    OptionDescription, OptionKind, ServiceDescription, ServiceFilter, ServiceSummary, UnitDescription,
    WayDescription, describe_service, services,
};
pub use diff::{Change, ChangeKind, diff, diff_files};
pub use price_list::{PriceListRow, price_list, price_list_csv};
pub use quote::{LIMIT_ITEMS, Quoted, quote};
pub use refusal::{Refusal, RefusalCode};
pub use request::{Assessment, Given, ItemRequest, Options, QuoteContext, QuoteRequest};
pub use source::{Finding, Published, Severity, SourceFile};
