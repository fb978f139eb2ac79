//! Providers' messages: the inbox.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Cursor, Page, Store, StoreError,
    due::leased_until,
    rows::{micros, one_of},
};
use crate::{
    change::{MessageState, StoredMessage},
    ids::MessageId,
};

/// A message without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageHead {
    /// Its id.
    pub id: MessageId,
    /// Who sent it.
    pub provider: String,
    /// To which path.
    pub operation: String,
    /// Whether it is worked off.
    pub state: MessageState,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// When it is worked off next.
    pub due_at: Option<DateTime<Utc>>,
}

const STATES: [MessageState; 4] =
    [MessageState::Waiting, MessageState::Applied, MessageState::Unreadable, MessageState::Unverified];

fn state(text: &str) -> Result<MessageState, StoreError> {
    one_of("a message's state", STATES, MessageState::code, text)
}

#[derive(FromRow)]
struct FoundMessage {
    id: Uuid,
    provider: String,
    operation: String,
    state: String,
    key_id: String,
    sealed: Vec<u8>,
    received_at: DateTime<Utc>,
    due_at: Option<DateTime<Utc>>,
}

impl FoundMessage {
    fn into_message(self) -> Result<StoredMessage, StoreError> {
        Ok(StoredMessage {
            id: MessageId::new(self.id),
            provider: self.provider,
            operation: self.operation,
            state: state(&self.state)?,
            key_id: self.key_id,
            sealed: self.sealed,
            received_at: self.received_at,
            due_at: self.due_at,
        })
    }
}

#[derive(FromRow)]
struct FoundHead {
    id: Uuid,
    provider: String,
    operation: String,
    state: String,
    received_at: DateTime<Utc>,
    due_at: Option<DateTime<Utc>>,
}

impl FoundHead {
    fn into_head(self) -> Result<MessageHead, StoreError> {
        Ok(MessageHead {
            id: MessageId::new(self.id),
            provider: self.provider,
            operation: self.operation,
            state: state(&self.state)?,
            received_at: self.received_at,
            due_at: self.due_at,
        })
    }
}

impl Store {
    /// Takes messages that are to be worked off, the longest waiting first.
    pub async fn take_due_messages(
        &self,
        now: DateTime<Utc>,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<StoredMessage>, StoreError> {
        const DUE: &str = "SELECT CAST(1 AS BIGINT) FROM messages WHERE due_at <= $1 LIMIT 1";
        if !self.is_due(DUE, now).await? {
            return Ok(Vec::new());
        }
        let sql = self.db().pick(
            "UPDATE messages SET due_at = $2 WHERE id IN (SELECT id FROM messages WHERE due_at <= $1 \
             ORDER BY due_at LIMIT $3) \
             RETURNING id, provider, operation, state, key_id, sealed, received_at, due_at",
            "UPDATE messages SET due_at = $2 WHERE id IN (SELECT id FROM messages WHERE due_at <= $1 \
             ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED) \
             RETURNING id, provider, operation, state, key_id, sealed, received_at, due_at",
        );
        let binds = (micros(now), leased_until(now, lease), i64::from(limit));
        let mut rows: Vec<FoundMessage> = self.db().write_rows(sql, binds).await?;
        rows.sort_by_key(|row| (row.received_at, row.id));
        rows.into_iter().map(FoundMessage::into_message).collect()
    }

    /// Puts a message off without working it off; one that is worked off stays so.
    pub async fn postpone_message(&self, id: MessageId, due_at: DateTime<Utc>) -> Result<(), StoreError> {
        const POSTPONE: &str = "UPDATE messages SET due_at = $2 WHERE id = $1 AND due_at IS NOT NULL";
        self.db().execute(POSTPONE, (id.uuid(), micros(due_at))).await?;
        Ok(())
    }

    /// A message.
    pub async fn message(&self, id: MessageId) -> Result<Option<StoredMessage>, StoreError> {
        const MESSAGE: &str = "SELECT id, provider, operation, state, key_id, sealed, received_at, due_at \
             FROM messages WHERE id = $1";
        let row: Option<FoundMessage> = self.db().maybe_row(MESSAGE, (id.uuid(),)).await?;
        row.map(FoundMessage::into_message).transpose()
    }

    /// Messages without their content, newest first.
    pub async fn messages(
        &self,
        state: Option<MessageState>,
        cursor: &Cursor,
        limit: u32,
    ) -> Result<Page<MessageHead>, StoreError> {
        const LIST: &str = "SELECT id, provider, operation, state, received_at, due_at FROM messages \
             WHERE id < $1 AND ($2 IS NULL OR state = $2) ORDER BY id DESC LIMIT $3";
        let after: Uuid = cursor.place()?.unwrap_or(Uuid::max());
        let binds = (after, state.map(MessageState::code), i64::from(limit) + 1);
        let rows: Vec<FoundHead> = self.db().rows(LIST, binds).await?;
        let mut items = rows.into_iter().map(FoundHead::into_head).collect::<Result<Vec<_>, _>>()?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let position = items.last().map_or_else(|| cursor.clone(), |last| Cursor::of(&last.id.uuid()));
        Ok(Page { items, next: more.then(|| position.clone()), position })
    }

    /// Keeps the newest so many unverified messages: anybody can send one, so their number is
    /// bounded. Returns how many were dropped.
    pub async fn forget_unverified(&self, keep: u32) -> Result<u64, StoreError> {
        const FORGET: &str = "DELETE FROM messages WHERE id IN (SELECT id FROM messages \
             WHERE state = 'unverified' ORDER BY id DESC LIMIT 1000 OFFSET $1)";
        Ok(self.db().execute(FORGET, (i64::from(keep),)).await?)
    }
}
