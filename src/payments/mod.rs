//! Payments: what they are, what may happen to them, and what the outside sees of them.
//!
//! A payment is one aggregate: its attempts and refunds change only under its version. [`decide`]
//! takes a payment and what happened, and returns the payment as it then is, with the journals,
//! events, breaks and claims that must be committed together with it, or says that nothing changes,
//! or refuses. It reads no clock, makes no ids and does no I/O.

pub mod decide;
#[cfg(test)]
mod laws;
pub mod model;
mod money;
pub mod receipt;
pub mod schedule;
pub mod states;
pub mod view;

pub use decide::{Command, Context, NewAttempt, Observation, Refusal, decide, open, startable};
pub use model::{
    Attempt, Booked, Capture, Collection, Considered, Language, MaskedPayer, NO_PROVIDER, Payment, Refund,
    RefundOf, Routing,
};
pub use money::unplaced;
pub use receipt::{Receipt, ReceiptJournal};
pub use states::{
    AttemptCommand, AttemptStatus, EventType, PaymentCommand, PaymentStatus, RefundCommand, RefundStatus,
    SettlementStatus,
};
