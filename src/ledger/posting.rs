//! The posting rules: one function per business event, and one table of what an event may move.
//!
//! Promises: a posting balances by construction, holds no transfer of nothing, and moves money only
//! between the accounts that [`JournalEvent::allows`]; what does not fit is refused before it can
//! reach the store. Nothing here knows a payment's state: deciding *whether* is `payments::decide`.

use std::sync::Arc;

use super::{Account, JournalEvent, Transfer};
use crate::{
    fees::{AdjustmentKind, Bill, MethodPrice},
    money::{Currency, Piastres},
};

/// The transfers of one business event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// What happened.
    pub event: JournalEvent,
    /// What it moves; empty only when the event is about nothing.
    pub transfers: Vec<Transfer>,
}

/// Why an event cannot be posted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostingError {
    /// The parts of a price do not add up to it.
    #[error("the parts of the price differ by {0} from what was paid")]
    Unbalanced(Piastres),
    /// The event may not move money between these accounts.
    #[error("{0:?} may not debit {1} and credit {2}")]
    NotAllowed(JournalEvent, Account, Account),
    /// A transfer of nothing or less.
    #[error("{0:?} cannot move {1}: a transfer moves more than nothing")]
    NotPositive(JournalEvent, Piastres),
}

impl JournalEvent {
    /// All events.
    pub const ALL: [Self; 28] = [
        Self::Paid,
        Self::Excess,
        Self::Suspense,
        Self::Held,
        Self::Granted,
        Self::Refused,
        Self::Reversed,
        Self::RefundApproved,
        Self::RefundedByProvider,
        Self::RefundedByTreasury,
        Self::RefundFailed,
        Self::CommissionAccrued,
        Self::CommissionNetted,
        Self::CommissionPaid,
        Self::CommissionDisputed,
        Self::Settled,
        Self::UnidentifiedCredit,
        Self::BankCharge,
        Self::Moved,
        Self::ReserveHeld,
        Self::ReserveReleased,
        Self::Chargeback,
        Self::ChargebackWon,
        Self::ChargebackLost,
        Self::Contribution,
        Self::Allocated,
        Self::Forfeited,
        Self::Adjustment,
    ];

    /// The word used in the API and the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Excess => "excess",
            Self::Suspense => "suspense",
            Self::Held => "held",
            Self::Granted => "granted",
            Self::Refused => "refused",
            Self::Reversed => "reversed",
            Self::RefundApproved => "refund_approved",
            Self::RefundedByProvider => "refunded_by_provider",
            Self::RefundedByTreasury => "refunded_by_treasury",
            Self::RefundFailed => "refund_failed",
            Self::CommissionAccrued => "commission_accrued",
            Self::CommissionNetted => "commission_netted",
            Self::CommissionPaid => "commission_paid",
            Self::CommissionDisputed => "commission_disputed",
            Self::Settled => "settled",
            Self::UnidentifiedCredit => "unidentified_credit",
            Self::BankCharge => "bank_charge",
            Self::Moved => "moved",
            Self::ReserveHeld => "reserve_held",
            Self::ReserveReleased => "reserve_released",
            Self::Chargeback => "chargeback",
            Self::ChargebackWon => "chargeback_won",
            Self::ChargebackLost => "chargeback_lost",
            Self::Contribution => "contribution",
            Self::Allocated => "allocated",
            Self::Forfeited => "forfeited",
            Self::Adjustment => "adjustment",
        }
    }

    /// Whether this event may move money from this credit account to that debit account: the
    /// posting table, read by tests and checked for every posting.
    pub fn allows(self, debit: &Account, credit: &Account) -> bool {
        use Account as A;
        match self {
            Self::Paid => matches!(
                (debit, credit),
                (A::Receivable(_) | A::Incentives(_) | A::Rounding, A::BeneficiaryPayable { .. })
                    | (A::Receivable(_), A::Rounding)
            ),
            Self::Excess => matches!((debit, credit), (A::Receivable(_), A::PayerExcess)),
            Self::Suspense => matches!((debit, credit), (A::Receivable(_), A::Suspense(_))),
            Self::Held => matches!((debit, credit), (A::Receivable(_), A::PayerHeld)),
            Self::Granted => matches!(
                (debit, credit),
                (A::PayerHeld | A::Incentives(_) | A::Rounding, A::BeneficiaryPayable { .. })
                    | (A::PayerHeld, A::Rounding)
            ),
            Self::Refused => matches!((debit, credit), (A::PayerHeld, A::PayerRefunds)),
            Self::Reversed => Self::Paid.allows(credit, debit),
            Self::RefundApproved => matches!(
                (debit, credit),
                (A::BeneficiaryPayable { .. } | A::PayerExcess | A::Recoverable(_), A::PayerRefunds)
            ),
            Self::RefundedByProvider => matches!((debit, credit), (A::PayerRefunds, A::Receivable(_))),
            Self::RefundedByTreasury => matches!((debit, credit), (A::PayerRefunds, A::Treasury)),
            Self::RefundFailed => Self::RefundApproved.allows(credit, debit),
            Self::CommissionAccrued => {
                matches!((debit, credit), (A::Commission(_) | A::CommissionTax(_), A::ProviderPayable(_)))
            }
            Self::CommissionNetted => {
                matches!((debit, credit), (A::ProviderPayable(_), A::Receivable(_)))
            }
            Self::CommissionPaid => matches!((debit, credit), (A::ProviderPayable(_), A::Treasury)),
            Self::CommissionDisputed => matches!((debit, credit), (A::Disputed(_), A::Receivable(_))),
            Self::Settled => matches!((debit, credit), (A::Bank(_), A::Receivable(_))),
            Self::UnidentifiedCredit => matches!((debit, credit), (A::Bank(_), A::SuspenseBank)),
            Self::BankCharge => matches!((debit, credit), (A::BankCharges(_), A::Bank(_))),
            Self::Moved => matches!((debit, credit), (A::Treasury, A::Bank(_))),
            Self::ReserveHeld => matches!((debit, credit), (A::Reserve(_), A::Receivable(_))),
            Self::ReserveReleased => matches!((debit, credit), (A::Receivable(_), A::Reserve(_))),
            Self::Chargeback => matches!((debit, credit), (A::Chargebacks(_), A::Receivable(_))),
            Self::ChargebackWon => matches!((debit, credit), (A::Receivable(_), A::Chargebacks(_))),
            Self::ChargebackLost => {
                matches!((debit, credit), (A::BeneficiaryPayable { .. } | A::Losses, A::Chargebacks(_)))
            }
            Self::Contribution => matches!((debit, credit), (A::Treasury, A::Contribution)),
            Self::Allocated => matches!((debit, credit), (A::BeneficiaryPayable { .. }, A::Treasury)),
            Self::Forfeited => {
                matches!((debit, credit), (A::PayerExcess, A::BeneficiaryPayable { .. }))
            }
            Self::Adjustment => debit != credit,
        }
    }
}

impl Posting {
    /// The posting of these movements (debit, credit, amount), in order.
    pub fn try_new(
        event: JournalEvent,
        movements: impl IntoIterator<Item = (Account, Account, Piastres)>,
    ) -> Result<Self, PostingError> {
        let transfers = movements
            .into_iter()
            .map(|(debit, credit, amount)| {
                if !amount.is_positive() {
                    return Err(PostingError::NotPositive(event, amount));
                }
                if !event.allows(&debit, &credit) {
                    return Err(PostingError::NotAllowed(event, debit, credit));
                }
                Ok(Transfer { debit, credit, amount, currency: Currency::Egp })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { event, transfers })
    }

    /// The posting that takes this one back, as another event.
    pub fn mirrored(&self, event: JournalEvent) -> Result<Self, PostingError> {
        Self::try_new(event, self.transfers.iter().map(|t| (t.credit.clone(), t.debit.clone(), t.amount)))
    }
}

/// A payment was paid: each line and surcharge is owed to its beneficiary; incentives and rounding
/// down bear their part, the rest is receivable from the provider.
///
/// The incentive of an authority is spent on that authority's own lines, in the order of the bill,
/// so that the same bill always makes the same transfers.
pub fn paid(provider: &str, bill: &Bill, price: &MethodPrice) -> Result<Posting, PostingError> {
    collected(JournalEvent::Paid, &Account::Receivable(provider.into()), bill, price)
}

/// What was held is granted: as [`paid`], out of what the payer's money is held in.
pub fn granted(bill: &Bill, price: &MethodPrice) -> Result<Posting, PostingError> {
    collected(JournalEvent::Granted, &Account::PayerHeld, bill, price)
}

fn collected(
    event: JournalEvent,
    source: &Account,
    bill: &Bill,
    price: &MethodPrice,
) -> Result<Posting, PostingError> {
    let adjustment_sum =
        |kind| price.adjustments.iter().filter(move |a| a.kind == kind).map(|a| a.amount).sum::<Piastres>();
    let mut incentives: Vec<(Arc<str>, Piastres)> = price
        .adjustments
        .iter()
        .filter(|a| a.kind == AdjustmentKind::Incentive)
        .map(|a| (a.authority.clone(), -a.amount))
        .collect();
    let rounding = adjustment_sum(AdjustmentKind::Rounding);
    let mut rounded_down = if rounding.is_negative() { -rounding } else { Piastres::ZERO };
    let mut left = price.amount;
    let mut movements = Vec::new();

    for item in &bill.items {
        for line in &item.lines {
            let credit = Account::BeneficiaryPayable {
                beneficiary: line.beneficiary.clone(),
                revenue_code: line.revenue_code.clone(),
            };
            let mut owed = line.amount;
            for (authority, granted) in &mut incentives {
                if **authority == *item.schedule.authority {
                    take(
                        &mut movements,
                        &Account::Incentives(authority.clone()),
                        &credit,
                        granted,
                        &mut owed,
                    );
                }
            }
            take(&mut movements, &Account::Rounding, &credit, &mut rounded_down, &mut owed);
            take(&mut movements, source, &credit, &mut left, &mut owed);
            if owed.is_positive() {
                return Err(PostingError::Unbalanced(owed));
            }
        }
    }
    for surcharge in price.adjustments.iter().filter(|a| a.kind == AdjustmentKind::Surcharge) {
        let credit = Account::BeneficiaryPayable {
            beneficiary: surcharge.beneficiary.clone().unwrap_or_else(|| surcharge.authority.clone()),
            revenue_code: surcharge.revenue_code.clone().unwrap_or_else(|| Arc::from("1422")),
        };
        let mut owed = surcharge.amount;
        take(&mut movements, &Account::Rounding, &credit, &mut rounded_down, &mut owed);
        take(&mut movements, source, &credit, &mut left, &mut owed);
        if owed.is_positive() {
            return Err(PostingError::Unbalanced(owed));
        }
    }
    let mut rounded_up = if rounding.is_positive() { rounding } else { Piastres::ZERO };
    take(&mut movements, source, &Account::Rounding, &mut left, &mut rounded_up);
    let unspent = left + rounded_up + rounded_down + incentives.iter().map(|(_, sum)| *sum).sum();
    if !unspent.is_zero() {
        return Err(PostingError::Unbalanced(unspent));
    }
    Posting::try_new(event, movements)
}

/// Moves as much as both sides have.
fn take(
    movements: &mut Vec<(Account, Account, Piastres)>,
    debit: &Account,
    credit: &Account,
    available: &mut Piastres,
    owed: &mut Piastres,
) {
    let part = (*available).min(*owed);
    if part.is_positive() {
        movements.push((debit.clone(), credit.clone(), part));
        *available -= part;
        *owed -= part;
    }
}

/// The events that move one amount between two accounts: named here so that no caller writes a pair
/// of accounts of its own.
macro_rules! single {
    ($($(#[$doc:meta])* $name:ident($($arg:ident),*) = $event:ident: $debit:expr, $credit:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name($($arg: &str,)* amount: Piastres) -> Result<Posting, PostingError> {
            Posting::try_new(JournalEvent::$event, [($debit, $credit, amount)])
        }
    )*};
}

single! {
    /// Money came late or twice.
    excess(provider) = Excess: Account::Receivable(provider.into()), Account::PayerExcess;
    /// Money came in a wrong amount, or for a reference that we do not know: whole.
    suspense(provider) = Suspense: Account::Receivable(provider.into()), Account::Suspense(provider.into());
    /// Money was taken before the service is granted.
    held(provider) = Held: Account::Receivable(provider.into()), Account::PayerHeld;
    /// The service was refused.
    refused() = Refused: Account::PayerHeld, Account::PayerRefunds;
    /// The provider gave the money back.
    refunded_by_provider(provider) = RefundedByProvider:
        Account::PayerRefunds, Account::Receivable(provider.into());
    /// The treasury gave the money back.
    refunded_by_treasury() = RefundedByTreasury: Account::PayerRefunds, Account::Treasury;
    /// Commission became due by contract.
    commission_accrued(provider) = CommissionAccrued:
        Account::Commission(provider.into()), Account::ProviderPayable(provider.into());
    /// The tax on commission became due.
    commission_tax_accrued(provider) = CommissionAccrued:
        Account::CommissionTax(provider.into()), Account::ProviderPayable(provider.into());
    /// Commission was kept back by the provider.
    commission_netted(provider) = CommissionNetted:
        Account::ProviderPayable(provider.into()), Account::Receivable(provider.into());
    /// Commission was invoiced and paid.
    commission_paid(provider) = CommissionPaid: Account::ProviderPayable(provider.into()), Account::Treasury;
    /// The provider kept more than its contract says.
    commission_disputed(provider) = CommissionDisputed:
        Account::Disputed(provider.into()), Account::Receivable(provider.into());
    /// The provider's money arrived at the bank.
    settled(provider, bank) = Settled: Account::Bank(bank.into()), Account::Receivable(provider.into());
    /// Money arrived at the bank that nobody can place.
    unidentified_credit(bank) = UnidentifiedCredit: Account::Bank(bank.into()), Account::SuspenseBank;
    /// The bank kept a charge.
    bank_charge(bank) = BankCharge: Account::BankCharges(bank.into()), Account::Bank(bank.into());
    /// Money moved to the treasury single account.
    moved(bank) = Moved: Account::Treasury, Account::Bank(bank.into());
    /// The provider holds a reserve back.
    reserve_held(provider) = ReserveHeld:
        Account::Reserve(provider.into()), Account::Receivable(provider.into());
    /// The provider released a reserve.
    reserve_released(provider) = ReserveReleased:
        Account::Receivable(provider.into()), Account::Reserve(provider.into());
    /// A payer's bank took money back.
    chargeback(provider) = Chargeback:
        Account::Chargebacks(provider.into()), Account::Receivable(provider.into());
    /// A chargeback was won.
    chargeback_won(provider) = ChargebackWon:
        Account::Receivable(provider.into()), Account::Chargebacks(provider.into());
    /// A chargeback was lost and nobody can be asked for it.
    chargeback_written_off(provider) = ChargebackLost: Account::Losses, Account::Chargebacks(provider.into());
    /// The treasury made authorities whole.
    contribution() = Contribution: Account::Treasury, Account::Contribution;
}

/// The parts of several accounts that together bear one event, such as the lines of a refund.
fn shared(
    event: JournalEvent,
    bearers: impl IntoIterator<Item = (Account, Piastres)>,
    credit: &Account,
) -> Result<Posting, PostingError> {
    Posting::try_new(event, bearers.into_iter().map(|(debit, amount)| (debit, credit.clone(), amount)))
}

/// A refund was approved: out of the payables of the named lines, the payer's excess, or what an
/// authority has to give back because its share had been passed on.
pub fn refund_approved(
    sources: impl IntoIterator<Item = (Account, Piastres)>,
) -> Result<Posting, PostingError> {
    shared(JournalEvent::RefundApproved, sources, &Account::PayerRefunds)
}

/// A refund failed: what its approval moved goes back.
pub fn refund_failed(approved: &Posting) -> Result<Posting, PostingError> {
    approved.mirrored(JournalEvent::RefundFailed)
}

/// A counter took a collection back on the same day.
pub fn reversed(paid: &Posting) -> Result<Posting, PostingError> {
    paid.mirrored(JournalEvent::Reversed)
}

/// A chargeback was lost: the beneficiaries of the payment bear it.
pub fn chargeback_lost(
    provider: &str,
    bearers: impl IntoIterator<Item = (Account, Piastres)>,
) -> Result<Posting, PostingError> {
    shared(JournalEvent::ChargebackLost, bearers, &Account::Chargebacks(provider.into()))
}

/// An authority received its share.
pub fn allocated(beneficiary: &str, revenue_code: &str, amount: Piastres) -> Result<Posting, PostingError> {
    let debit =
        Account::BeneficiaryPayable { beneficiary: beneficiary.into(), revenue_code: revenue_code.into() };
    Posting::try_new(JournalEvent::Allocated, [(debit, Account::Treasury, amount)])
}

/// Unclaimed money was forfeited after the legal term, by two persons.
pub fn forfeited(beneficiary: &str, revenue_code: &str, amount: Piastres) -> Result<Posting, PostingError> {
    let credit =
        Account::BeneficiaryPayable { beneficiary: beneficiary.into(), revenue_code: revenue_code.into() };
    Posting::try_new(JournalEvent::Forfeited, [(Account::PayerExcess, credit, amount)])
}
