//! Work that is due: rows whose `due_at` is when somebody should next take them.
//!
//! Taking a row pushes its `due_at` by the lease: whoever took it has that long; if it dies, the row
//! falls due again and any node takes it. Two nodes never take the same row at once.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{Store, StoreError, rows::micros};
use crate::ids::{AttemptId, PaymentId};

/// The instant until which work taken now is leased.
pub(super) fn leased_until(now: DateTime<Utc>, lease: Duration) -> DateTime<Utc> {
    let lease = TimeDelta::from_std(lease).unwrap_or(TimeDelta::MAX);
    micros(now.checked_add_signed(lease).unwrap_or(DateTime::<Utc>::MAX_UTC))
}

impl Store {
    /// Whether anything is due, asked of a reader: most looks find nothing, and should not keep a
    /// writer. `sql` takes the time.
    pub(super) async fn is_due(&self, sql: &'static str, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let row: Option<(i64,)> = self.db().maybe_row(sql, (micros(now),)).await?;
        Ok(row.is_some())
    }

    /// Takes attempts that somebody has to look at.
    pub async fn take_due_attempts(
        &self,
        now: DateTime<Utc>,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<(PaymentId, AttemptId)>, StoreError> {
        const DUE: &str = "SELECT CAST(1 AS BIGINT) FROM attempts WHERE due_at <= $1 LIMIT 1";
        if !self.is_due(DUE, now).await? {
            return Ok(Vec::new());
        }
        let sql = self.db().pick(
            "UPDATE attempts SET due_at = $2 WHERE (payment_id, id) IN (SELECT payment_id, id FROM attempts \
             WHERE due_at <= $1 ORDER BY due_at LIMIT $3) RETURNING payment_id, id",
            "UPDATE attempts SET due_at = $2 WHERE (payment_id, id) IN (SELECT payment_id, id FROM attempts \
             WHERE due_at <= $1 ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED) RETURNING payment_id, id",
        );
        let binds = (micros(now), leased_until(now, lease), i64::from(limit));
        let rows: Vec<(Uuid, Uuid)> = self.db().write_rows(sql, binds).await?;
        Ok(rows.into_iter().map(|row| (PaymentId::new(row.0), AttemptId::new(row.1))).collect())
    }

    /// Puts an attempt off that has been asked about in vain. Nothing else of it changes, so its
    /// payment's version does not either; one that is no longer to be looked at stays so.
    pub async fn postpone_attempt(
        &self,
        payment: PaymentId,
        attempt: AttemptId,
        due_at: DateTime<Utc>,
        asked: i32,
    ) -> Result<(), StoreError> {
        const POSTPONE: &str = "UPDATE attempts SET due_at = $3, asked = $4 \
             WHERE payment_id = $1 AND id = $2 AND due_at IS NOT NULL";
        self.db().execute(POSTPONE, (payment.uuid(), attempt.uuid(), micros(due_at), asked)).await?;
        Ok(())
    }

    /// Takes payments whose time ran out and that can still expire, the longest first. One that
    /// cannot be ended yet falls due again after the lease, and keeps nobody behind it waiting.
    pub async fn take_expired_payments(
        &self,
        now: DateTime<Utc>,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<PaymentId>, StoreError> {
        const DUE: &str = "SELECT CAST(1 AS BIGINT) FROM payments WHERE open_until <= $1 LIMIT 1";
        if !self.is_due(DUE, now).await? {
            return Ok(Vec::new());
        }
        let sql = self.db().pick(
            "UPDATE payments SET open_until = $2 WHERE id IN (SELECT id FROM payments \
             WHERE open_until <= $1 ORDER BY open_until LIMIT $3) RETURNING id",
            "UPDATE payments SET open_until = $2 WHERE id IN (SELECT id FROM payments \
             WHERE open_until <= $1 ORDER BY open_until LIMIT $3 FOR UPDATE SKIP LOCKED) RETURNING id",
        );
        let binds = (micros(now), leased_until(now, lease), i64::from(limit));
        let rows: Vec<(Uuid,)> = self.db().write_rows(sql, binds).await?;
        Ok(rows.into_iter().map(|row| PaymentId::new(row.0)).collect())
    }

    /// When the next attempt, message or delivery falls due, or a payment expires; `now` when
    /// something already is due.
    pub async fn next_due(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, StoreError> {
        let mut next: Option<DateTime<Utc>> = None;
        for sql in [
            "SELECT due_at FROM attempts WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1",
            "SELECT due_at FROM messages WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1",
            "SELECT due_at FROM deliveries WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1",
            "SELECT open_until FROM payments WHERE open_until IS NOT NULL ORDER BY open_until LIMIT 1",
        ] {
            let row: Option<(DateTime<Utc>,)> = self.db().maybe_row(sql, ()).await?;
            next = [next, row.map(|row| row.0)].into_iter().flatten().min();
        }
        Ok(next.map(|next| next.max(now)))
    }
}
