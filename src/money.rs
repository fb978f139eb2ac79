//! Money and the ways to pay: the kit's words, re-exported so that there is one of each.

pub use rusum_kit::{Currency, Method, MoneyError, Piastres, Tender};
