//! Reading the books: accounts, transfers, the trial balance.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    Api,
    extract::{Id, Keyed, Params},
    keys::Key,
    pages::{List, Paging},
    problem::Problem,
    read::{self, Object, word},
};
use crate::{
    calendar::BusinessDay,
    ids::{JournalId, PaymentId},
    ledger::{Account, AccountKind, JournalEvent},
    money::{Currency, Piastres},
    store::{AccountTotals, StoredTransfer, TransferFilter},
};

/// An account and what was moved on it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub struct AccountView {
    /// Its code.
    #[schema(example = "provider:fawry:receivable")]
    pub code: String,
    /// Which side makes it grow.
    pub kind: AccountKind,
    /// Always EGP.
    pub currency: Currency,
    /// Σ debits.
    pub debits: Piastres,
    /// Σ credits.
    pub credits: Piastres,
    /// What stands on it, on the side that makes it grow.
    pub balance: Piastres,
}

impl From<AccountTotals> for AccountView {
    fn from(totals: AccountTotals) -> Self {
        Self {
            code: totals.account.to_string(),
            kind: totals.account.kind(),
            currency: Currency::Egp,
            debits: totals.debits,
            credits: totals.credits,
            balance: totals.balance(),
        }
    }
}

/// Up to which day.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the document only")]
pub struct UpTo {
    /// Up to and including this business day; all of them unless given.
    #[param(value_type = Option<String>, format = Date, example = "2026-11-21")]
    on: Option<BusinessDay>,
}

#[expect(clippy::option_option, reason = "wrong, absent and present are three things")]
fn on(query: &mut Object<'_>) -> Option<Option<BusinessDay>> {
    query.optional("on", word::<BusinessDay>)
}

/// Whether a key that is bound to a provider may see an account.
fn sees(key: &Key, account: &Account) -> bool {
    key.provider.as_ref().is_none_or(|provider| match account {
        Account::Receivable(p)
        | Account::Disputed(p)
        | Account::Reserve(p)
        | Account::Chargebacks(p)
        | Account::ProviderPayable(p)
        | Account::Commission(p)
        | Account::CommissionTax(p)
        | Account::Suspense(p) => **p == **provider,
        Account::Bank(_)
        | Account::BankCharges(_)
        | Account::Treasury
        | Account::Contribution
        | Account::BeneficiaryPayable { .. }
        | Account::Recoverable(_)
        | Account::Incentives(_)
        | Account::PayerExcess
        | Account::PayerHeld
        | Account::PayerRefunds
        | Account::SuspenseBank
        | Account::Rounding
        | Account::Losses => false,
    })
}

/// Lists accounts
///
/// Every account on which something was moved, by code.
#[utoipa::path(get, path = "/v1/ledger/accounts", tag = "Ledger", params(UpTo, Paging),
    responses((status = 200, description = "The accounts", body = List<AccountView>)))]
pub async fn list_accounts(
    State(api): State<Api>,
    Keyed(key): Keyed,
    Params(params): Params,
) -> Result<Json<List<AccountView>>, Problem> {
    let (on, paging) = read::query(params, |query| {
        let on = on(query);
        let paging = Paging::read(query);
        Some((on?, paging?))
    })?;
    let accounts = api.switch.store().accounts(on).await?;
    let seen = accounts.into_iter().filter(|totals| sees(&key, &totals.account));
    let mut views: Vec<AccountView> = seen.map(AccountView::from).collect();
    views.sort_by(|a, b| a.code.cmp(&b.code));
    Ok(Json(paging.cut("accounts", views, |account| account.code.clone())?))
}

/// Which account.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "read by the document only")]
pub struct AccountPath {
    /// The account's code.
    #[param(example = "provider:fawry:receivable")]
    code: String,
}

/// Shows an account
#[utoipa::path(get, path = "/v1/ledger/accounts/{code}", tag = "Ledger",
    params(AccountPath, UpTo),
    responses((status = 200, description = "The account", body = AccountView)))]
pub async fn read_account(
    State(api): State<Api>,
    Keyed(key): Keyed,
    Id(account): Id<Account>,
    Params(params): Params,
) -> Result<Json<AccountView>, Problem> {
    let on = read::query(params, on)?;
    let totals = api.switch.store().account(&account, on).await?;
    let totals = totals.filter(|totals| sees(&key, &totals.account));
    totals.map(|totals| Json(totals.into())).ok_or_else(|| Problem::not_found("account"))
}

/// One movement of money between two accounts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Transfer)]
pub struct TransferView {
    /// Its journal: the business event that it is part of.
    pub journal: JournalId,
    /// Its number in the journal, from 1.
    pub leg: i64,
    /// The account that is debited.
    pub debit: String,
    /// The account that is credited.
    pub credit: String,
    /// How much; more than nothing.
    pub amount: Piastres,
    /// Always EGP.
    pub currency: Currency,
    /// The business day it belongs to.
    pub day: BusinessDay,
    /// The day that the event is about, where that is another.
    pub refers_to_day: Option<BusinessDay>,
    /// What happened.
    pub event: JournalEvent,
    /// The payment, if it is about one.
    pub payment: Option<PaymentId>,
    /// What else the journal refers to: an attempt, a refund, a provider's transaction.
    pub refers_to: String,
    /// The committer's stream that carried the journal.
    pub lane: i64,
    /// The journal's number in that lane, without gaps.
    pub seq: i64,
}

impl From<StoredTransfer> for TransferView {
    fn from(stored: StoredTransfer) -> Self {
        Self {
            journal: stored.journal,
            leg: stored.leg,
            debit: stored.transfer.debit.to_string(),
            credit: stored.transfer.credit.to_string(),
            amount: stored.transfer.amount,
            currency: stored.transfer.currency,
            day: stored.day,
            refers_to_day: stored.refers_to_day,
            event: stored.event,
            payment: stored.payment,
            refers_to: stored.refers_to,
            lane: stored.lane,
            seq: stored.seq,
        }
    }
}

/// Which transfers.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the document only")]
pub struct TransferQuery {
    /// Of this payment.
    payment: Option<PaymentId>,
    /// That debit or credit this account.
    #[param(example = "provider:fawry:receivable")]
    account: Option<String>,
    /// Of this business day.
    #[param(value_type = Option<String>, format = Date)]
    day: Option<BusinessDay>,
}

/// Lists transfers
///
/// In the order of the days and lanes they were committed in; nothing is skipped or comes twice.
#[utoipa::path(get, path = "/v1/ledger/transfers", tag = "Ledger", params(TransferQuery, Paging),
    responses((status = 200, description = "The transfers", body = List<TransferView>)))]
pub async fn list_transfers(
    State(api): State<Api>,
    Keyed(key): Keyed,
    Params(params): Params,
) -> Result<Json<List<TransferView>>, Problem> {
    let (filter, paging) = read::query(params, |query| {
        let payment = query.optional("payment", word::<PaymentId>);
        let account = query.optional("account", word::<Account>);
        let day = query.optional("day", word::<BusinessDay>);
        let paging = Paging::read(query);
        Some((TransferFilter { payment: payment?, account: account?, day: day? }, paging?))
    })?;
    let mut page = api.switch.store().transfers(&filter, &paging.stored("transfers")?, paging.limit).await?;
    page.items.retain(|stored| sees(&key, &stored.transfer.debit) || sees(&key, &stored.transfer.credit));
    Ok(Json(paging.page("transfers", page, TransferView::from)))
}

/// All accounts and their sums, which are equal.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TrialBalance)]
pub struct TrialBalanceView {
    /// Up to which business day; null for all of them.
    pub on: Option<BusinessDay>,
    /// The accounts, by code.
    pub accounts: Vec<AccountView>,
    /// Σ of all debits.
    pub total_debits: Piastres,
    /// Σ of all credits.
    pub total_credits: Piastres,
    /// Always EGP.
    pub currency: Currency,
}

/// Shows the trial balance
#[utoipa::path(get, path = "/v1/ledger/trial-balance", tag = "Ledger", params(UpTo),
    responses((status = 200, description = "The trial balance", body = TrialBalanceView)))]
pub async fn read_trial_balance(
    State(api): State<Api>,
    Keyed(key): Keyed,
    Params(params): Params,
) -> Result<Json<TrialBalanceView>, Problem> {
    let on = read::query(params, on)?;
    if let Some(provider) = &key.provider {
        return Err(Problem::new(
            super::codes::Code::Forbidden,
            format!("the key is bound to the provider {provider}; the trial balance is of all accounts"),
            format!("المفتاح مقصور على مقدم الخدمة {provider}؛ ميزان المراجعة يشمل كل الحسابات"),
        ));
    }
    let balance = api.switch.store().trial_balance(on).await?;
    Ok(Json(TrialBalanceView {
        on,
        accounts: balance.accounts.into_iter().map(AccountView::from).collect(),
        total_debits: balance.total_debits,
        total_credits: balance.total_credits,
        currency: Currency::Egp,
    }))
}
