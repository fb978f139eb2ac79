//! Fees: schedule file -> catalogue -> quote.

pub mod bill;

pub use bill::{Adjustment, AdjustmentKind, Bill, BillItem, Channel, Line, MethodPrice, ScheduleRef, Title};
