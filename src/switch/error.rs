//! What can go wrong when the switch is asked for something.
//!
//! Three classes decide what happens: *refused* (the caller's to solve), *not now* (worth trying
//! again), *broken* (ours; told to the log with its whole chain, to the caller not at all). An unknown
//! outcome is none of them: it is a state of the attempt.

use crate::{
    calendar::BusinessDay,
    change::ClaimKind,
    fees,
    ids::PaymentId,
    payments::{Considered, Refusal},
    store::{CommitError, StoreError},
};

/// Why the switch does not do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    /// There is no such thing, or it is another client's.
    #[error("there is no {0} with this id")]
    NotFound(&'static str),
    /// The schedules refuse to price it.
    #[error("the schedules refuse the request")]
    Fee(#[from] fees::Refusal),
    /// The payment refuses the command.
    #[error("the payment refuses the command")]
    Refused(#[from] Refusal),
    /// The quote's time ran out.
    #[error("the quote's time ran out; ask for a new one")]
    QuoteExpired,
    /// The quote is bound by another payment.
    #[error("the quote is bound by {0} already; ask for a new one")]
    QuoteAlreadyUsed(String),
    /// The quote was made for another date than today.
    #[error("the quote shows the prices of {0}, which is not today; ask for one of today")]
    QuoteNotPayable(chrono::NaiveDate),
    /// Something in the request cannot be.
    #[error("{pointer}: {detail}")]
    Invalid {
        /// The JSON pointer of the field.
        pointer: String,
        /// What is wrong and what to write.
        detail: String,
    },
    /// No provider takes the attempt.
    #[error("no provider takes this method and amount")]
    MethodUnavailable(Vec<Considered>),
    /// Providers that would take the attempt do not answer.
    #[error("the providers for this method are not answering")]
    ProviderUnavailable {
        /// When to try again, in seconds.
        retry_after_secs: u64,
    },
    /// The idempotency key was used for another body.
    #[error("this idempotency key was used for a different request")]
    IdempotencyReused,
    /// The first call under this key is still running.
    #[error("the first call under this idempotency key is still running")]
    IdempotencyInProgress,
    /// This node's fee schedules are not those in force.
    #[error("this node's fee schedules are not those in force: {0}")]
    SchedulesDiffer(String),
    /// The day is not over yet.
    #[error("{0} is not over: in production a day ends at its hour")]
    CutOverTooEarly(BusinessDay),
    /// The day has not begun.
    #[error("{day} has not begun: {open} is open")]
    DayNotBegun {
        /// The day asked for.
        day: BusinessDay,
        /// The day that is open.
        open: BusinessDay,
    },
    /// Too much waits to be committed.
    #[error("the switch is overloaded")]
    Overloaded {
        /// When to try again, in seconds.
        retry_after_secs: u64,
    },
    /// The payment is changing faster than it can be decided.
    #[error("payment {0} keeps changing; try again")]
    Contended(PaymentId),
    /// Something may happen only once and happened already.
    #[error("{0:?} {1} is taken by {2}")]
    Claimed(ClaimKind, String, String),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// A bug, or a secret that is gone.
    #[error("{0}")]
    Broken(String),
}

impl From<CommitError> for SwitchError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Overloaded { retry_after_secs } => Self::Overloaded { retry_after_secs },
            CommitError::Claimed(claim) => Self::Claimed(claim.kind, claim.key, claim.holder),
            CommitError::Stale => Self::Broken("a change without a retry met a newer version".to_owned()),
            CommitError::Broken(error) => Self::Store(error),
        }
    }
}
