//! The ledger: accounts, transfers, journals, and the rules by which events become transfers.
//!
//! Promises: a transfer moves one amount > 0 from one debit account to another credit account, so it
//! balances by itself; a [`Journal`] is one business event, and holds only transfers that its event
//! may make ([`JournalEvent::allows`]); it is insert-only. The ledger says who owes whom; it is not a
//! purse: the switch never holds money.

mod account;
pub mod posting;

pub use account::{Account, AccountError, AccountKind};
pub use posting::{Posting, PostingError};

use serde::{Deserialize, Serialize};

use crate::{
    calendar::BusinessDay,
    ids::{JournalId, PaymentId},
    money::{Currency, Piastres},
};

/// One movement of money between two accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The account that is debited.
    pub debit: Account,
    /// The account that is credited.
    pub credit: Account,
    /// How much; more than nothing.
    pub amount: Piastres,
    /// In which currency.
    pub currency: Currency,
}

/// One business event and its transfers, committed together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    /// Its id.
    pub id: JournalId,
    /// What happened.
    pub event: JournalEvent,
    /// The payment it belongs to, if it belongs to one.
    pub payment: Option<PaymentId>,
    /// What else it refers to: an attempt, a refund, a report, in the form of its id; or a
    /// provider's transaction where we have nothing of our own.
    pub refers_to: String,
    /// The day that the event is about, where that is not the day of the commit.
    pub refers_to_day: Option<BusinessDay>,
    /// At least one.
    pub transfers: Vec<Transfer>,
}

/// What a journal records. One word each, as in the API and the database.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum JournalEvent {
    /// A payment was paid: fee lines, surcharges, incentives, cash rounding.
    Paid,
    /// Money came late or twice: it is to be given back.
    Excess,
    /// Money came in a wrong amount or for a reference that we do not know.
    Suspense,
    /// Money was taken before the service is granted.
    Held,
    /// The service was granted: what was held goes to the beneficiaries.
    Granted,
    /// The service was refused: what was held is to be given back.
    Refused,
    /// A counter took a collection back on the same day: the mirror of the paid journal.
    Reversed,
    /// A refund was approved.
    RefundApproved,
    /// A refund was carried out by the provider.
    RefundedByProvider,
    /// A refund was carried out by the treasury.
    RefundedByTreasury,
    /// A refund failed: its money goes back to where it was taken from.
    RefundFailed,
    /// Commission and its tax became due by contract.
    CommissionAccrued,
    /// Commission was kept back by the provider out of what it owes.
    CommissionNetted,
    /// Commission was invoiced and paid by the treasury.
    CommissionPaid,
    /// The provider kept more than its contract says.
    CommissionDisputed,
    /// The provider's money arrived at the bank.
    Settled,
    /// Money arrived at the bank that nobody can place.
    UnidentifiedCredit,
    /// The bank kept a charge.
    BankCharge,
    /// Money moved from the bank to the treasury single account.
    Moved,
    /// The provider holds a reserve back.
    ReserveHeld,
    /// The provider released a reserve.
    ReserveReleased,
    /// A payer's bank took money back.
    Chargeback,
    /// A chargeback was won.
    ChargebackWon,
    /// A chargeback was lost.
    ChargebackLost,
    /// The treasury made authorities whole.
    Contribution,
    /// An authority received its share.
    Allocated,
    /// Unclaimed money was forfeited after the legal term.
    Forfeited,
    /// A manual journal by two persons, and the clearing of a suspense item.
    Adjustment,
}
