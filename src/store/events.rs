//! Events in the order of their lanes.

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;
use sqlx::FromRow;
use uuid::Uuid;

use super::{Cursor, Page, Store, StoreError, rows::word, walk::Walk};
use crate::{
    change::Event,
    ids::{EventId, PaymentId},
    payments::EventType,
};

/// An event and its place.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    /// The event.
    pub event: Event,
    /// Whose payment it is about; nothing where it is about no payment.
    pub owner: Option<String>,
    /// The lane that carried it.
    pub lane: i64,
    /// Its number in that lane, from 1, without gaps.
    pub seq: i64,
}

/// Which events.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Types, or patterns as `payment.*` and `*`; empty means all.
    pub types: Vec<String>,
    /// Only of this owner's payments, and those about no payment.
    pub owner: Option<String>,
}

/// Whether a type is meant by a pattern: itself, `*`, or the part before `.*`.
pub(super) fn matches(pattern: &str, kind: &str) -> bool {
    pattern == "*"
        || pattern == kind
        || pattern.strip_suffix('*').is_some_and(|prefix| prefix.ends_with('.') && kind.starts_with(prefix))
}

#[derive(FromRow)]
pub(super) struct FoundEvent {
    subject_id: Uuid,
    id: Uuid,
    lane: i64,
    seq: i64,
    kind: String,
    owner: Option<String>,
    sequence: i64,
    at: DateTime<Utc>,
    data: String,
}

impl FoundEvent {
    pub fn into_event(self) -> Result<StoredEvent, StoreError> {
        let data = RawValue::from_string(self.data)
            .map_err(|error| StoreError::unreadable("an event's object", error))?;
        Ok(StoredEvent {
            event: Event {
                id: EventId::new(self.id),
                kind: word::<EventType>("an event's type", &self.kind)?,
                payment: (self.subject_id != self.id).then(|| PaymentId::new(self.subject_id)),
                sequence: self.sequence,
                at: self.at,
                data: data.into(),
            },
            owner: self.owner,
            lane: self.lane,
            seq: self.seq,
        })
    }
}

impl Store {
    /// The events of a payment, in their order.
    pub async fn events_of(&self, payment: PaymentId) -> Result<Vec<StoredEvent>, StoreError> {
        const EVENTS: &str = "SELECT subject_id, id, lane, seq, kind, owner, sequence, at, data FROM events \
             WHERE subject_id = $1 ORDER BY sequence";
        let rows: Vec<FoundEvent> = self.db().rows(EVENTS, (payment.uuid(),)).await?;
        rows.into_iter().map(FoundEvent::into_event).collect()
    }

    /// Events in the order of their lanes: [`Page::position`] is where a reader goes on later.
    pub async fn events(
        &self,
        filter: &EventFilter,
        cursor: &Cursor,
        limit: u32,
    ) -> Result<Page<StoredEvent>, StoreError> {
        // The types that are meant, between commas: one text for any number of them.
        const EVENTS: &str = "SELECT subject_id, id, lane, seq, kind, owner, sequence, at, data FROM events \
             WHERE lane = $1 AND seq > $2 AND ($3 IS NULL OR $3 LIKE '%,' || kind || ',%') \
             AND ($4 IS NULL OR owner IS NULL OR owner = $4) ORDER BY seq LIMIT $5";
        let meant = |kind: &&EventType| filter.types.iter().any(|pattern| matches(pattern, kind.code()));
        let types = (!filter.types.is_empty()).then(|| {
            let meant: Vec<_> = EventType::ALL.iter().filter(meant).map(|kind| kind.code()).collect();
            format!(",{},", meant.join(","))
        });
        let mut walk = Walk::begin(self.db(), cursor, limit).await?;
        while let Some((lane, after, asked)) = walk.wanted() {
            let binds = (lane, after.0, types.clone(), filter.owner.clone(), asked);
            let rows: Vec<FoundEvent> = self.db().rows(EVENTS, binds).await?;
            let found = rows
                .into_iter()
                .map(|row| Ok(((row.seq, 0), row.into_event()?)))
                .collect::<Result<Vec<_>, StoreError>>()?;
            walk.take(found, asked);
        }
        Ok(walk.finish())
    }

    /// An event.
    pub async fn event(&self, id: EventId) -> Result<Option<StoredEvent>, StoreError> {
        const EVENT: &str = "SELECT subject_id, id, lane, seq, kind, owner, sequence, at, data FROM events \
             WHERE id = $1";
        let row: Option<FoundEvent> = self.db().maybe_row(EVENT, (id.uuid(),)).await?;
        row.map(FoundEvent::into_event).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_means_itself_a_family_or_all() {
        assert!(matches("payment.paid", "payment.paid"));
        assert!(matches("payment.*", "payment.paid"));
        assert!(matches("*", "day.ended"));
        for pattern in ["pay*", "payment", "payment.", "day.*", "", "*.paid"] {
            assert!(!matches(pattern, "payment.paid"), "{pattern}");
        }
    }
}
