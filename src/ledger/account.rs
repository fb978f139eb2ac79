//! The chart of accounts. An account's code says everything about it: there is no other register.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

/// An account of the chart. Parts that vary (a provider, a bank account, a beneficiary) are words of
/// lower-case letters, digits and hyphens.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// `provider:<p>:receivable` - collected by the provider, not yet banked.
    Receivable(Arc<str>),
    /// `provider:<p>:disputed` - claimed back from it.
    Disputed(Arc<str>),
    /// `provider:<p>:reserve` - held back by it.
    Reserve(Arc<str>),
    /// `provider:<p>:chargebacks` - taken back by it, contested.
    Chargebacks(Arc<str>),
    /// `provider:<p>:payable` - commission and tax accrued, not yet netted or invoiced.
    ProviderPayable(Arc<str>),
    /// `provider:<p>:commission` - borne by the treasury, never by the citizen.
    Commission(Arc<str>),
    /// `provider:<p>:commission-tax` - the tax on it.
    CommissionTax(Arc<str>),
    /// `bank:<account>` - the transit account that providers pay into.
    Bank(Arc<str>),
    /// `bank:<account>:charges` - what the bank kept.
    BankCharges(Arc<str>),
    /// `treasury:tsa` - in the treasury single account.
    Treasury,
    /// `treasury:contribution` - what the treasury puts in so that authorities get gross.
    Contribution,
    /// `beneficiary:<b>:<revenue code>:payable` - owed to an authority.
    BeneficiaryPayable {
        /// To whom.
        beneficiary: Arc<str>,
        /// Under which revenue item.
        revenue_code: Arc<str>,
    },
    /// `authority:<a>:recoverable` - refunded after its share had been passed on.
    Recoverable(Arc<str>),
    /// `incentives:<a>` - discounts granted by rule.
    Incentives(Arc<str>),
    /// `payer:excess` - to give back.
    PayerExcess,
    /// `payer:held` - taken before the service is granted.
    PayerHeld,
    /// `payer:refunds` - decided, not yet carried out.
    PayerRefunds,
    /// `suspense:<p>` - reported by a provider, not yet explained.
    Suspense(Arc<str>),
    /// `suspense:bank` - received by the bank, not yet explained.
    SuspenseBank,
    /// `rounding` - cash rounding by rule.
    Rounding,
    /// `losses` - chargebacks lost, written off by two persons.
    Losses,
}

/// What kind of account it is: which side makes it grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AccountKind {
    /// Grows by debits.
    Asset,
    /// Grows by credits.
    Liability,
    /// Grows by debits.
    Expense,
    /// Grows by credits.
    Income,
}

impl AccountKind {
    /// Whether debits make it grow.
    pub const fn grows_by_debits(self) -> bool {
        matches!(self, Self::Asset | Self::Expense)
    }
}

/// A text that is not an account of the chart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an account of the chart, as \"payer:excess\" is")]
pub struct AccountError(pub String);

impl Account {
    /// Its kind.
    pub const fn kind(&self) -> AccountKind {
        match self {
            Self::Receivable(_)
            | Self::Disputed(_)
            | Self::Reserve(_)
            | Self::Chargebacks(_)
            | Self::Bank(_)
            | Self::Treasury
            | Self::Recoverable(_) => AccountKind::Asset,
            Self::ProviderPayable(_)
            | Self::BeneficiaryPayable { .. }
            | Self::PayerExcess
            | Self::PayerHeld
            | Self::PayerRefunds
            | Self::Suspense(_)
            | Self::SuspenseBank
            | Self::Rounding => AccountKind::Liability,
            Self::Commission(_)
            | Self::CommissionTax(_)
            | Self::BankCharges(_)
            | Self::Incentives(_)
            | Self::Losses => AccountKind::Expense,
            Self::Contribution => AccountKind::Income,
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Receivable(p) => write!(f, "provider:{p}:receivable"),
            Self::Disputed(p) => write!(f, "provider:{p}:disputed"),
            Self::Reserve(p) => write!(f, "provider:{p}:reserve"),
            Self::Chargebacks(p) => write!(f, "provider:{p}:chargebacks"),
            Self::ProviderPayable(p) => write!(f, "provider:{p}:payable"),
            Self::Commission(p) => write!(f, "provider:{p}:commission"),
            Self::CommissionTax(p) => write!(f, "provider:{p}:commission-tax"),
            Self::Bank(account) => write!(f, "bank:{account}"),
            Self::BankCharges(account) => write!(f, "bank:{account}:charges"),
            Self::Treasury => f.write_str("treasury:tsa"),
            Self::Contribution => f.write_str("treasury:contribution"),
            Self::BeneficiaryPayable { beneficiary, revenue_code } => {
                write!(f, "beneficiary:{beneficiary}:{revenue_code}:payable")
            }
            Self::Recoverable(a) => write!(f, "authority:{a}:recoverable"),
            Self::Incentives(a) => write!(f, "incentives:{a}"),
            Self::PayerExcess => f.write_str("payer:excess"),
            Self::PayerHeld => f.write_str("payer:held"),
            Self::PayerRefunds => f.write_str("payer:refunds"),
            Self::Suspense(p) => write!(f, "suspense:{p}"),
            Self::SuspenseBank => f.write_str("suspense:bank"),
            Self::Rounding => f.write_str("rounding"),
            Self::Losses => f.write_str("losses"),
        }
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Account {
    type Err = AccountError;
    fn from_str(text: &str) -> Result<Self, AccountError> {
        let parts: Vec<&str> = text.split(':').collect();
        let word = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if !parts.iter().all(|part| word(part)) {
            return Err(AccountError(text.chars().take(80).collect()));
        }
        Ok(match parts.as_slice() {
            ["provider", p, "receivable"] => Self::Receivable((*p).into()),
            ["provider", p, "disputed"] => Self::Disputed((*p).into()),
            ["provider", p, "reserve"] => Self::Reserve((*p).into()),
            ["provider", p, "chargebacks"] => Self::Chargebacks((*p).into()),
            ["provider", p, "payable"] => Self::ProviderPayable((*p).into()),
            ["provider", p, "commission"] => Self::Commission((*p).into()),
            ["provider", p, "commission-tax"] => Self::CommissionTax((*p).into()),
            ["bank", account] => Self::Bank((*account).into()),
            ["bank", account, "charges"] => Self::BankCharges((*account).into()),
            ["treasury", "tsa"] => Self::Treasury,
            ["treasury", "contribution"] => Self::Contribution,
            ["beneficiary", beneficiary, revenue_code, "payable"] => Self::BeneficiaryPayable {
                beneficiary: (*beneficiary).into(),
                revenue_code: (*revenue_code).into(),
            },
            ["authority", a, "recoverable"] => Self::Recoverable((*a).into()),
            ["incentives", a] => Self::Incentives((*a).into()),
            ["payer", "excess"] => Self::PayerExcess,
            ["payer", "held"] => Self::PayerHeld,
            ["payer", "refunds"] => Self::PayerRefunds,
            ["suspense", "bank"] => Self::SuspenseBank,
            ["suspense", p] => Self::Suspense((*p).into()),
            ["rounding"] => Self::Rounding,
            ["losses"] => Self::Losses,
            _ => return Err(AccountError(text.chars().take(80).collect())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_account_of_the_chart_is_read_back() {
        for code in [
            "provider:fawry:receivable",
            "provider:fawry:disputed",
            "provider:fawry:reserve",
            "provider:fawry:chargebacks",
            "provider:fawry:payable",
            "provider:fawry:commission",
            "provider:fawry:commission-tax",
            "bank:nbe-1",
            "bank:nbe-1:charges",
            "treasury:tsa",
            "treasury:contribution",
            "beneficiary:moi-civil-status:1422:payable",
            "authority:civil-status:recoverable",
            "incentives:civil-status",
            "payer:excess",
            "payer:held",
            "payer:refunds",
            "suspense:fawry",
            "suspense:bank",
            "rounding",
            "losses",
        ] {
            assert_eq!(code.parse::<Account>().unwrap().to_string(), code);
        }
        for refused in [
            "",
            "provider",
            "provider::receivable",
            "Provider:x:receivable",
            "payer:all",
            "bank:a:b:c",
            "rounding:x",
        ] {
            assert!(refused.parse::<Account>().is_err(), "{refused}");
        }
    }
}
