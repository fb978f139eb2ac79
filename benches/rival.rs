//! The rival of posting: one transaction per payment, in which the balances are updated.
//!
//! The same rows in the same tables with the same indexes as the Committer writes, in the way that
//! comes first to mind: the totals are one row per account, and the provider's is in every posting.
//! It is given every advantage that keeps it what it is: one round trip (a function), accounts locked
//! in one order, the hot one last, and as many connections as were best for it (`CONNECTIONS`).

use std::sync::Arc;

use sqlx::{PgPool, postgres::PgPoolOptions};

use crate::{
    Failed,
    load::{Numbers, Work},
    posting::{ACCOUNTS, Posting},
};

/// More connections make it slower: they queue for one row.
const CONNECTIONS: u32 = 8;

const TABLES: &str = include_str!("rival.sql");
const POST: &str = "SELECT post_one($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

/// Makes what it needs beside the switch's own tables.
pub async fn open(database_url: &str) -> Result<PgPool, Failed> {
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).connect(database_url).await?;
    sqlx::raw_sql(TABLES).execute(&pool).await?;
    for account in 0..ACCOUNTS {
        sqlx::query("INSERT INTO balances VALUES ($1, 0, 0)")
            .bind(crate::posting::account(account).to_string())
            .execute(&pool)
            .await?;
    }
    Ok(pool)
}

/// A caller.
pub struct Rival {
    /// Its connections.
    pub pool: PgPool,
    /// Which payments it makes.
    pub numbers: Numbers,
    /// What all payments have in common.
    pub model: Arc<Posting>,
}

impl Work for Rival {
    async fn once(&mut self) -> Result<(), Failed> {
        let change = self.model.change(&mut self.numbers);
        let payment = change.payment.as_ref().ok_or("a posting without a payment")?.payment.clone();
        let journal = change.journals.first().ok_or("a posting without a journal")?;
        let event = change.events.first().ok_or("a posting without an event")?;
        let mut legs: Vec<(String, i64)> = journal
            .transfers
            .iter()
            .map(|transfer| (transfer.credit.to_string(), transfer.amount.get()))
            .collect();
        legs.sort_unstable();
        let (accounts, amounts): (Vec<_>, Vec<_>) = legs.into_iter().unzip();
        let keys: Vec<_> = change.claims.iter().map(|claim| claim.key.clone()).collect();
        sqlx::query(POST)
            .bind(payment.id.uuid())
            .bind(payment.quote.uuid())
            .bind(i64::try_from(payment.reference.number())?)
            .bind(payment.created_at)
            .bind(payment.expires_at)
            .bind(keys)
            .bind(journal.id.uuid())
            .bind(accounts)
            .bind(amounts)
            .bind(event.id.uuid())
            .bind(event.data.get())
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
