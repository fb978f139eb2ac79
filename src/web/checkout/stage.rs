//! Where a payment stands for the person who pays: one stage, whatever the states inside.

use chrono::{DateTime, Utc};
use rusum_kit::provider::NextAction;

use crate::payments::{Attempt, AttemptStatus, Payment, PaymentStatus};

/// What the page is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stage<'a> {
    /// A way to pay is to be chosen.
    Choose,
    /// The provider is being asked; its answer is a matter of seconds.
    Preparing(&'a Attempt),
    /// The citizen has something to do.
    Waiting(&'a Attempt, &'a NextAction),
    /// Nobody knows yet what became of an attempt.
    Unknown(&'a Attempt),
    /// The money is held, not yet taken.
    Held(&'a Attempt),
    /// It is paid.
    Paid,
    /// Its time ran out.
    Expired,
    /// It was withdrawn.
    Cancelled,
}

impl<'a> Stage<'a> {
    /// The stage of a payment.
    pub fn of(payment: &'a Payment, now: DateTime<Utc>) -> Self {
        match payment.status {
            PaymentStatus::Paid => Self::Paid,
            PaymentStatus::Cancelled => Self::Cancelled,
            PaymentStatus::Expired => Self::Expired,
            PaymentStatus::Open | PaymentStatus::Processing | PaymentStatus::Authorized => {
                match payment.live_attempt() {
                    Some(attempt) => Self::of_attempt(attempt),
                    None if payment.expires_at <= now => Self::Expired,
                    None => Self::Choose,
                }
            }
        }
    }

    fn of_attempt(attempt: &'a Attempt) -> Self {
        match (attempt.status, &attempt.next_action) {
            (AttemptStatus::Unknown, _) => Self::Unknown(attempt),
            (AttemptStatus::Authorized, _) => Self::Held(attempt),
            (AttemptStatus::Pending, Some(action)) => Self::Waiting(attempt, action),
            _ => Self::Preparing(attempt),
        }
    }

    /// The stage in a word, for the script: when it changes, the page is loaded anew.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Choose => "choose",
            Self::Preparing(_) => "preparing",
            Self::Waiting(..) => "waiting",
            Self::Unknown(_) => "unknown",
            Self::Held(_) => "held",
            Self::Paid => "paid",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the page changes by itself: something is expected to happen elsewhere.
    pub const fn is_live(&self) -> bool {
        matches!(self, Self::Preparing(_) | Self::Waiting(..) | Self::Unknown(_) | Self::Held(_))
    }

    /// Whether another way to pay may be chosen while this one waits.
    pub const fn may_change(&self) -> bool {
        matches!(self, Self::Waiting(..))
    }
}
