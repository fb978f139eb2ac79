//! Reading the books: accounts, transfers, breaks and business days.

use chrono::{DateTime, Utc};

use crate::{
    calendar::BusinessDay,
    change::Break,
    ids::{EventId, JournalId, PaymentId},
    ledger::{Account, JournalEvent, Transfer},
    money::Piastres,
};

/// What was moved on an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountTotals {
    /// Which.
    pub account: Account,
    /// Σ debits.
    pub debits: Piastres,
    /// Σ credits.
    pub credits: Piastres,
    /// How many transfers touched it.
    pub transfers: i64,
}

impl AccountTotals {
    /// The balance on the side that makes the account grow.
    pub fn balance(&self) -> Piastres {
        if self.account.kind().grows_by_debits() {
            self.debits - self.credits
        } else {
            self.credits - self.debits
        }
    }
}

/// All accounts and their sums, which must be equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialBalance {
    /// The accounts, by code.
    pub accounts: Vec<AccountTotals>,
    /// Σ of all debits.
    pub total_debits: Piastres,
    /// Σ of all credits.
    pub total_credits: Piastres,
}

/// Which transfers.
#[derive(Clone, Debug, Default)]
pub struct TransferFilter {
    /// Of this payment.
    pub payment: Option<PaymentId>,
    /// That debit or credit this account.
    pub account: Option<Account>,
    /// Of this business day.
    pub day: Option<BusinessDay>,
}

/// A transfer as it stands in the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredTransfer {
    /// Its journal.
    pub journal: JournalId,
    /// What happened.
    pub event: JournalEvent,
    /// The payment, if it is about one.
    pub payment: Option<PaymentId>,
    /// What else the journal refers to.
    pub refers_to: String,
    /// The movement.
    pub transfer: Transfer,
    /// The day it belongs to.
    pub day: BusinessDay,
    /// The day that the event is about, where that is another.
    pub refers_to_day: Option<BusinessDay>,
    /// The lane that carried the journal.
    pub lane: i64,
    /// The journal's number in that lane.
    pub seq: i64,
    /// The transfer's number in its journal, from 1.
    pub leg: i64,
}

/// Which breaks.
#[derive(Clone, Debug, Default)]
pub struct BreakFilter {
    /// Of this business day.
    pub day: Option<BusinessDay>,
    /// Of this provider.
    pub provider: Option<String>,
    /// Of this class.
    pub code: Option<String>,
    /// `open`, `proposed` or `resolved`.
    pub status: Option<String>,
}

/// A break and what happened to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBreak {
    /// As it was found; its day is always given.
    pub found: Break,
    /// `open`, `proposed` or `resolved`.
    pub status: String,
    /// What happened to it since, oldest first: when, by whom, what.
    pub history: Vec<(DateTime<Utc>, String, String)>,
}

/// A business day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDay {
    /// Which.
    pub day: BusinessDay,
    /// Where it stands.
    pub state: DayState,
    /// When it began.
    pub opened_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// Where a business day stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayState {
    /// Journals go into it.
    Open,
    /// No journal goes into it any more.
    Ended,
}

/// What ending a day did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It ended now; this event says so.
    Now {
        /// The day that is open now.
        open: BusinessDay,
        /// The event.
        event: EventId,
    },
    /// It had ended before; nothing changed.
    Before {
        /// The day that is open.
        open: BusinessDay,
    },
}
