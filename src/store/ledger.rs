//! Reading the books: accounts and transfers, as of the end of a business day or as of now.
//!
//! Costs: a balance is the sum of its totals, a row per day and lane. The transfers of an account are
//! found through its totals too: they say in which lanes, and between which numbers, it was moved.

use std::{collections::HashMap, io::Write};

use chrono::NaiveDate;
use serde::Serialize;
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Cursor, Page, Store, StoreError,
    rows::{one_of, word},
    walk::Walk,
};
use crate::{
    calendar::BusinessDay,
    ids::{JournalId, PaymentId},
    ledger::{Account, JournalEvent, Transfer},
    money::{Currency, Piastres},
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

/// The most transfers that are told of one payment.
const OF_A_PAYMENT: i64 = 1000;

#[derive(FromRow)]
struct FoundTotals {
    account: String,
    debits: i64,
    credits: i64,
    transfers: i64,
}

impl FoundTotals {
    fn into_totals(self) -> Result<AccountTotals, StoreError> {
        Ok(AccountTotals {
            account: word("an account", &self.account)?,
            debits: Piastres::new(self.debits),
            credits: Piastres::new(self.credits),
            transfers: self.transfers,
        })
    }
}

#[derive(FromRow)]
struct FoundTransfer {
    subject_id: Uuid,
    journal_id: Uuid,
    event: String,
    refers_to: String,
    refers_to_day: Option<NaiveDate>,
    debit: String,
    credit: String,
    amount: i64,
    currency: String,
    day: NaiveDate,
    lane: i64,
    seq: i64,
    leg: i32,
}

impl FoundTransfer {
    fn into_transfer(self) -> Result<StoredTransfer, StoreError> {
        let of_payment = self.subject_id != self.journal_id;
        Ok(StoredTransfer {
            journal: JournalId::new(self.journal_id),
            event: one_of("a journal's event", JournalEvent::ALL, JournalEvent::code, &self.event)?,
            payment: of_payment.then(|| PaymentId::new(self.subject_id)),
            refers_to: self.refers_to,
            transfer: Transfer {
                debit: word("an account", &self.debit)?,
                credit: word("an account", &self.credit)?,
                amount: Piastres::new(self.amount),
                currency: one_of("a currency", [Currency::Egp], Currency::code, &self.currency)?,
            },
            day: BusinessDay(self.day),
            refers_to_day: self.refers_to_day.map(BusinessDay),
            lane: self.lane,
            seq: self.seq,
            leg: i64::from(self.leg),
        })
    }
}

impl Store {
    /// What was moved on every account up to the end of a day, or up to now.
    pub async fn accounts(&self, on: Option<BusinessDay>) -> Result<Vec<AccountTotals>, StoreError> {
        const ACCOUNTS: &str = "SELECT account, CAST(SUM(debits) AS BIGINT) AS debits, \
             CAST(SUM(credits) AS BIGINT) AS credits, CAST(SUM(transfers) AS BIGINT) AS transfers \
             FROM totals WHERE $1 IS NULL OR day <= $1 GROUP BY account ORDER BY account";
        let rows: Vec<FoundTotals> = self.db().rows(ACCOUNTS, (on.map(|day| day.0),)).await?;
        rows.into_iter().map(FoundTotals::into_totals).collect()
    }

    /// What was moved on an account; nothing when it never was.
    pub async fn account(
        &self,
        account: &Account,
        on: Option<BusinessDay>,
    ) -> Result<Option<AccountTotals>, StoreError> {
        const ACCOUNT: &str = "SELECT account, CAST(SUM(debits) AS BIGINT) AS debits, \
             CAST(SUM(credits) AS BIGINT) AS credits, CAST(SUM(transfers) AS BIGINT) AS transfers \
             FROM totals WHERE account = $1 AND ($2 IS NULL OR day <= $2) GROUP BY account";
        let binds = (account.to_string(), on.map(|day| day.0));
        let row: Option<FoundTotals> = self.db().maybe_row(ACCOUNT, binds).await?;
        row.map(FoundTotals::into_totals).transpose()
    }

    /// All accounts and their sums.
    pub async fn trial_balance(&self, on: Option<BusinessDay>) -> Result<TrialBalance, StoreError> {
        let accounts = self.accounts(on).await?;
        Ok(TrialBalance {
            total_debits: accounts.iter().map(|account| account.debits).sum(),
            total_credits: accounts.iter().map(|account| account.credits).sum(),
            accounts,
        })
    }

    /// Transfers in the order of their lanes. Those of one payment come in one page.
    pub async fn transfers(
        &self,
        filter: &TransferFilter,
        cursor: &Cursor,
        limit: u32,
    ) -> Result<Page<StoredTransfer>, StoreError> {
        const TRANSFERS: &str = "SELECT t.subject_id, j.id AS journal_id, j.event, j.refers_to, j.refers_to_day, \
             t.debit, t.credit, t.amount, t.currency, t.day, t.lane, t.seq, t.leg FROM transfers t \
             JOIN journals j ON j.lane = t.lane AND j.seq = t.seq AND j.subject_id = t.subject_id \
             WHERE t.lane = $1 AND (t.seq, t.leg) > ($2, $3) AND t.seq <= $4 \
             AND ($5 IS NULL OR t.debit = $5 OR t.credit = $5) AND ($6 IS NULL OR t.day = $6) \
             ORDER BY t.seq, t.leg LIMIT $7";
        if let Some(payment) = filter.payment {
            return self.transfers_of(payment, filter, cursor).await;
        }
        let account = filter.account.as_ref().map(ToString::to_string);
        let day = filter.day.map(|day| day.0);
        let mut walk = Walk::begin(self.db(), cursor, limit).await?;
        let lanes = match &account {
            Some(account) => self.lanes_of_account(account, day).await?,
            None => HashMap::new(),
        };
        if account.is_some() {
            walk.keep(|lane| lanes.contains_key(&lane));
        }
        while let Some((lane, after, asked)) = walk.wanted() {
            let (first, last) = lanes.get(&lane).copied().unwrap_or((1, i64::MAX));
            let after = after.max((first - 1, i64::from(i32::MAX)));
            let leg = i32::try_from(after.1).unwrap_or(i32::MAX);
            let binds = (lane, after.0, leg, last, account.clone(), day, asked);
            let rows: Vec<FoundTransfer> = self.db().rows(TRANSFERS, binds).await?;
            let found = rows
                .into_iter()
                .map(|row| Ok(((row.seq, i64::from(row.leg)), row.into_transfer()?)))
                .collect::<Result<Vec<_>, StoreError>>()?;
            walk.take(found, asked);
        }
        Ok(walk.finish())
    }

    async fn transfers_of(
        &self,
        payment: PaymentId,
        filter: &TransferFilter,
        cursor: &Cursor,
    ) -> Result<Page<StoredTransfer>, StoreError> {
        const TRANSFERS: &str = "SELECT t.subject_id, j.id AS journal_id, j.event, j.refers_to, j.refers_to_day, \
             t.debit, t.credit, t.amount, t.currency, t.day, t.lane, t.seq, t.leg FROM journals j \
             JOIN transfers t ON j.lane = t.lane AND j.seq = t.seq AND j.subject_id = t.subject_id \
             WHERE j.subject_id = $1 AND ($2 IS NULL OR t.debit = $2 OR t.credit = $2) \
             AND ($3 IS NULL OR t.day = $3) ORDER BY t.day, t.lane, t.seq, t.leg LIMIT $4";
        let account = filter.account.as_ref().map(ToString::to_string);
        let binds = (payment.uuid(), account, filter.day.map(|day| day.0), OF_A_PAYMENT);
        let rows: Vec<FoundTransfer> = self.db().rows(TRANSFERS, binds).await?;
        let items = rows.into_iter().map(FoundTransfer::into_transfer).collect::<Result<_, _>>()?;
        Ok(Page { items, next: None, position: cursor.clone() })
    }

    /// The lanes that moved an account, each with the first and last number that did.
    async fn lanes_of_account(
        &self,
        account: &str,
        day: Option<NaiveDate>,
    ) -> Result<HashMap<i64, (i64, i64)>, StoreError> {
        const LANES: &str = "SELECT lane, MIN(first_seq), MAX(last_seq) FROM totals \
             WHERE account = $1 AND ($2 IS NULL OR day = $2) GROUP BY lane";
        let rows: Vec<(i64, i64, i64)> = self.db().rows(LANES, (account.to_owned(), day)).await?;
        Ok(rows.into_iter().map(|(lane, first, last)| (lane, (first, last))).collect())
    }

    /// Writes journals as JSON lines in the order of days, lanes and numbers, of one day or of all;
    /// returns how many.
    pub async fn export(
        &self,
        day: Option<BusinessDay>,
        out: &mut (dyn Write + Send),
    ) -> Result<u64, StoreError> {
        let filter = TransferFilter { day, ..TransferFilter::default() };
        let (mut cursor, mut written) = (Cursor::START, 0);
        let mut journal: Option<ExportedJournal> = None;
        loop {
            let page = self.transfers(&filter, &cursor, 2000).await?;
            for transfer in page.items {
                if let Some(done) =
                    journal.take_if(|open| (open.lane, open.number) != (transfer.lane, transfer.seq))
                {
                    written += done.write(out)?;
                }
                journal
                    .get_or_insert_with(|| ExportedJournal::of(&transfer))
                    .transfers
                    .push((&transfer).into());
            }
            match page.next {
                Some(next) => cursor = next,
                None => break,
            }
        }
        if let Some(done) = journal {
            written += done.write(out)?;
        }
        Ok(written)
    }
}

/// A journal as it is exported.
#[derive(Serialize)]
struct ExportedJournal {
    day: BusinessDay,
    lane: i64,
    number: i64,
    id: JournalId,
    event: JournalEvent,
    payment: Option<PaymentId>,
    refers_to: String,
    refers_to_day: Option<BusinessDay>,
    transfers: Vec<ExportedTransfer>,
}

#[derive(Serialize)]
struct ExportedTransfer {
    debit: String,
    credit: String,
    amount: Piastres,
    currency: Currency,
}

impl From<&StoredTransfer> for ExportedTransfer {
    fn from(stored: &StoredTransfer) -> Self {
        let Transfer { debit, credit, amount, currency } = &stored.transfer;
        Self { debit: debit.to_string(), credit: credit.to_string(), amount: *amount, currency: *currency }
    }
}

impl ExportedJournal {
    fn of(first: &StoredTransfer) -> Self {
        Self {
            day: first.day,
            lane: first.lane,
            number: first.seq,
            id: first.journal,
            event: first.event,
            payment: first.payment,
            refers_to: first.refers_to.clone(),
            refers_to_day: first.refers_to_day,
            transfers: Vec::new(),
        }
    }

    fn write(&self, out: &mut (dyn Write + Send)) -> Result<u64, StoreError> {
        let output = |error: std::io::Error| StoreError::Output(error.into());
        serde_json::to_writer(&mut *out, self).map_err(|error| output(error.into()))?;
        out.write_all(b"\n").map_err(output)?;
        Ok(1)
    }
}
