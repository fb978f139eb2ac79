//! Rusum: the switch through which citizens pay the fees of public services.
//!
//! The map, in reading order. A functional core decides; an imperative shell carries out.
//! The core does no I/O, reads no clock and makes no ids: it is given them.

pub mod api;
pub mod calendar;
pub mod change;
pub mod cli;
pub mod fees;
pub mod ids;
pub mod ledger;
pub mod money;
pub mod payments;
pub mod reference;
pub mod routing;
pub mod store;
pub mod switch;
pub mod web;
pub mod words;
