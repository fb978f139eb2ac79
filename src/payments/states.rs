//! The state machines of payments, attempts and refunds, as data.
//!
//! Promises: a state changes only by a row of these tables; every state is reachable; the documents
//! are drawn from the same rows. Deciding *whether* a command is right is `payments::decide`; here
//! stands only what it then does.

use serde::{Deserialize, Serialize};

/// One row of a state machine: what a command does in a state, and which event says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition<S: 'static, C: 'static> {
    /// The state before.
    pub from: S,
    /// What happens.
    pub command: C,
    /// The state after.
    pub to: S,
    /// The event that tells the world, if the world is told.
    pub event: Option<EventType>,
}

/// A command that has no row for the state it met.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{machine} in state {from} does not know {command}")]
pub struct NoTransition {
    machine: &'static str,
    from: String,
    command: String,
}

/// Words for a plain enum: its code, all its values, and reading it back.
macro_rules! states {
    ($(#[doc = $doc:literal])* $name:ident { $($(#[$vdoc:meta])* $value:ident = $code:literal),* $(,)? }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $code)] $value),* }

        impl $name {
            /// All values.
            pub const ALL: &'static [Self] = &[$(Self::$value),*];

            /// The word used in the API and the database.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$value => $code),* }
            }
        }

        // Derived, the schema would show the names of the variants: a derive does not see the words
        // that a macro was given.
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some(concat!($($doc),*).trim()))
                    .enum_values(Some([$($code),*]))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.code())
            }
        }

        impl std::str::FromStr for $name {
            type Err = rusum_kit::method::UnknownWord;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($code => Ok(Self::$value),)*
                    _ => Err(rusum_kit::method::UnknownWord(text.to_owned(), [$($code),*].join(", "))),
                }
            }
        }
    };
}

states! {
    /// Where a payment stands.
    PaymentStatus {
        /// It can be paid.
        Open = "open",
        /// An attempt is under way.
        Processing = "processing",
        /// The money is held, not yet taken.
        Authorized = "authorized",
        /// It is paid.
        Paid = "paid",
        /// It was withdrawn.
        Cancelled = "cancelled",
        /// Its time ran out. Late money still pays it.
        Expired = "expired",
    }
}

states! {
    /// Where an attempt stands.
    AttemptStatus {
        /// The intent is stored; the provider has not answered yet.
        Created = "created",
        /// The citizen has to do something.
        Pending = "pending",
        /// A call may have had its effect and nobody knows: leaves only by evidence.
        Unknown = "unknown",
        /// The money is held.
        Authorized = "authorized",
        /// The money was collected.
        Succeeded = "succeeded",
        /// The provider refused.
        Declined = "declined",
        /// It surely never reached the provider, or the provider could not carry it out.
        Failed = "failed",
        /// It was not paid in time.
        Expired = "expired",
        /// What was held was let go.
        Voided = "voided",
        /// The citizen chose another way; the provider is still asked about it.
        Superseded = "superseded",
        /// A counter took it back on the same day.
        Reversed = "reversed",
    }
}

states! {
    /// Where a refund stands.
    RefundStatus {
        /// Somebody asked for it, or excess money opened it.
        Requested = "requested",
        /// Another person approved it.
        Approved = "approved",
        /// Another person rejected it.
        Rejected = "rejected",
        /// The provider was asked to give the money back.
        Submitted = "submitted",
        /// The money was given back.
        Succeeded = "succeeded",
        /// The provider refused; the money is where it was.
        Failed = "failed",
        /// Nobody knows whether it was given back: leaves only by evidence.
        Unknown = "unknown",
    }
}

states! {
    /// Whether a collection has been found in the provider's report and at the bank.
    SettlementStatus {
        /// In no report yet.
        Unreported = "unreported",
        /// In a report.
        Reported = "reported",
        /// In a report whose money arrived.
        Settled = "settled",
    }
}

states! {
    /// What happens to a payment.
    PaymentCommand {
        /// An attempt begins.
        Start = "start",
        /// No live attempt is left.
        Release = "release",
        /// The money is held.
        Authorize = "authorize",
        /// The money is there (or the total is zero).
        Pay = "pay",
        /// What is held is let go.
        Void = "void",
        /// The caller withdraws it.
        Cancel = "cancel",
        /// Its time ran out and no provider has money for it.
        Expire = "expire",
        /// A counter takes the collection back on the same day.
        Reverse = "reverse",
    }
}

states! {
    /// What happens to an attempt.
    AttemptCommand {
        /// The provider waits for the citizen.
        Accept = "accept",
        /// The money was collected.
        Approve = "approve",
        /// The money is held.
        Authorize = "authorize",
        /// The provider refused for good.
        Decline = "decline",
        /// It surely had no effect.
        Fail = "fail",
        /// Nobody knows.
        Lose = "lose",
        /// The provider will no longer collect.
        Expire = "expire",
        /// The citizen chose another way, or the payment is over.
        Supersede = "supersede",
        /// What is held is let go.
        Void = "void",
        /// A counter takes it back.
        Reverse = "reverse",
        /// The provider says that it collected what we held as refused: adopted, listed for review.
        Correct = "correct",
    }
}

states! {
    /// What happens to a refund.
    RefundCommand {
        /// Another person approves.
        Approve = "approve",
        /// Another person rejects.
        Reject = "reject",
        /// The provider is asked.
        Submit = "submit",
        /// The money was given back.
        Succeed = "succeed",
        /// The provider refused.
        Fail = "fail",
        /// Nobody knows.
        Lose = "lose",
    }
}

states! {
    /// What the world is told.
    EventType {
        /// A payment was made.
        PaymentCreated = "payment.created",
        /// An attempt is under way.
        PaymentProcessing = "payment.processing",
        /// The money is held.
        PaymentAuthorized = "payment.authorized",
        /// The payment is paid.
        PaymentPaid = "payment.paid",
        /// Its time ran out.
        PaymentExpired = "payment.expired",
        /// It was withdrawn.
        PaymentCancelled = "payment.cancelled",
        /// A counter took it back.
        PaymentReversed = "payment.reversed",
        /// A state was corrected to match the provider.
        PaymentCorrected = "payment.corrected",
        /// Money came that is to be given back.
        PaymentExcessReceived = "payment.excess_received",
        /// An attempt's outcome is unknown.
        AttemptUnknown = "attempt.unknown",
        /// A refund was asked for.
        RefundRequested = "refund.requested",
        /// A refund was approved.
        RefundApproved = "refund.approved",
        /// A refund was carried out.
        RefundSucceeded = "refund.succeeded",
        /// A refund failed.
        RefundFailed = "refund.failed",
        /// A payer's bank took money back.
        DisputeOpened = "dispute.opened",
        /// A dispute was won.
        DisputeWon = "dispute.won",
        /// A dispute was lost.
        DisputeLost = "dispute.lost",
        /// A provider's report was matched.
        SettlementReportMatched = "settlement.report_matched",
        /// A difference has to be explained.
        SettlementBreakOpened = "settlement.break_opened",
        /// A difference was explained.
        SettlementBreakResolved = "settlement.break_resolved",
        /// A business day ended.
        DayEnded = "day.ended",
        /// A business day was sealed.
        DaySealed = "day.sealed",
        /// A business day was closed.
        DayClosed = "day.closed",
    }
}

macro_rules! table {
    ($($from:ident --$command:ident--> $to:ident $(: $event:ident)?),* $(,)?) => {
        &[$(Transition {
            from: From::$from, command: Command::$command, to: From::$to, event: table!(@event $($event)?),
        }),*]
    };
    (@event) => { None };
    (@event $event:ident) => { Some(EventType::$event) };
}

/// The payment's machine.
pub const PAYMENT: &[Transition<PaymentStatus, PaymentCommand>] = {
    use PaymentCommand as Command;
    use PaymentStatus as From;
    table![
        Open --Start--> Processing: PaymentProcessing,
        Open --Pay--> Paid: PaymentPaid,
        Open --Cancel--> Cancelled: PaymentCancelled,
        Open --Expire--> Expired: PaymentExpired,
        Processing --Start--> Processing,
        Processing --Release--> Open,
        Processing --Authorize--> Authorized: PaymentAuthorized,
        Processing --Pay--> Paid: PaymentPaid,
        Processing --Cancel--> Cancelled: PaymentCancelled,
        Processing --Expire--> Expired: PaymentExpired,
        Authorized --Pay--> Paid: PaymentPaid,
        Authorized --Void--> Cancelled: PaymentCancelled,
        Expired --Pay--> Paid: PaymentPaid,
        Paid --Reverse--> Open: PaymentReversed,
    ]
};

/// The attempt's machine.
pub const ATTEMPT: &[Transition<AttemptStatus, AttemptCommand>] = {
    use AttemptCommand as Command;
    use AttemptStatus as From;
    table![
        Created --Accept--> Pending,
        Created --Approve--> Succeeded,
        Created --Authorize--> Authorized,
        Created --Decline--> Declined,
        Created --Fail--> Failed,
        Created --Expire--> Expired,
        Created --Lose--> Unknown: AttemptUnknown,
        Pending --Approve--> Succeeded,
        Pending --Authorize--> Authorized,
        Pending --Decline--> Declined,
        Pending --Fail--> Failed,
        Pending --Expire--> Expired,
        Pending --Lose--> Unknown: AttemptUnknown,
        Pending --Supersede--> Superseded,
        Unknown --Accept--> Pending,
        Unknown --Approve--> Succeeded,
        Unknown --Authorize--> Authorized,
        Unknown --Decline--> Declined,
        Unknown --Fail--> Failed,
        Unknown --Expire--> Expired,
        Authorized --Approve--> Succeeded,
        Authorized --Void--> Voided,
        Superseded --Approve--> Succeeded,
        Superseded --Decline--> Declined,
        Superseded --Fail--> Failed,
        Superseded --Expire--> Expired,
        Succeeded --Reverse--> Reversed,
        Declined --Correct--> Succeeded: PaymentCorrected,
        Failed --Correct--> Succeeded: PaymentCorrected,
        Expired --Correct--> Succeeded: PaymentCorrected,
    ]
};

/// The refund's machine.
pub const REFUND: &[Transition<RefundStatus, RefundCommand>] = {
    use RefundCommand as Command;
    use RefundStatus as From;
    table![
        Requested --Approve--> Approved: RefundApproved,
        Requested --Reject--> Rejected,
        Approved --Submit--> Submitted,
        Submitted --Succeed--> Succeeded: RefundSucceeded,
        Submitted --Fail--> Failed: RefundFailed,
        Submitted --Lose--> Unknown,
        Unknown --Succeed--> Succeeded: RefundSucceeded,
        Unknown --Fail--> Failed: RefundFailed,
    ]
};

macro_rules! machine {
    ($status:ident, $command:ident, $table:ident, $name:literal) => {
        impl $status {
            /// The state that a command leads to and the event that says so.
            pub fn after(self, command: $command) -> Result<(Self, Option<EventType>), NoTransition> {
                $table
                    .iter()
                    .find(|row| row.from == self && row.command == command)
                    .map(|row| (row.to, row.event))
                    .ok_or_else(|| NoTransition {
                        machine: $name,
                        from: self.to_string(),
                        command: command.to_string(),
                    })
            }
        }
    };
}
machine!(PaymentStatus, PaymentCommand, PAYMENT, "a payment");
machine!(AttemptStatus, AttemptCommand, ATTEMPT, "an attempt");
machine!(RefundStatus, RefundCommand, REFUND, "a refund");

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fmt::Debug};

    use super::*;

    fn check<S: Copy + Ord + Debug, C: Copy + Ord + Debug>(
        table: &[Transition<S, C>],
        states: &[S],
        commands: &[C],
        start: S,
    ) {
        let mut reached = BTreeSet::from([start]);
        loop {
            let before = reached.len();
            for row in table {
                if reached.contains(&row.from) {
                    reached.insert(row.to);
                }
            }
            if reached.len() == before {
                break;
            }
        }
        for state in states {
            assert!(reached.contains(state), "{state:?} can be reached");
        }
        for command in commands {
            assert!(table.iter().any(|row| row.command == *command), "{command:?} does something");
        }
        let keys: BTreeSet<_> = table.iter().map(|row| (row.from, row.command)).collect();
        assert_eq!(keys.len(), table.len(), "one row per state and command");
    }

    #[test]
    fn every_state_is_reachable_and_every_command_has_a_row() {
        check(PAYMENT, PaymentStatus::ALL, PaymentCommand::ALL, PaymentStatus::Open);
        check(ATTEMPT, AttemptStatus::ALL, AttemptCommand::ALL, AttemptStatus::Created);
        check(REFUND, RefundStatus::ALL, RefundCommand::ALL, RefundStatus::Requested);
    }

    #[test]
    fn what_has_no_row_is_refused() {
        let refused = PaymentStatus::Cancelled.after(PaymentCommand::Pay).unwrap_err();
        assert_eq!(refused.to_string(), "a payment in state cancelled does not know pay");
        for command in AttemptCommand::ALL {
            assert!(AttemptStatus::Voided.after(*command).is_err());
            assert!(AttemptStatus::Reversed.after(*command).is_err());
        }
        // Unknown is never failed by a timer and never set aside: it leaves only by evidence.
        assert!(AttemptStatus::Unknown.after(AttemptCommand::Supersede).is_err());
    }
}
