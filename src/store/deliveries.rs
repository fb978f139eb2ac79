//! Deliveries: which event is owed to which endpoint, and in which order.
//!
//! Promises: every event that an endpoint wants is delivered at least once or shown as given up; two
//! nodes never take the same delivery at once; deliveries of one payment go to one endpoint in the
//! order of its events. One waits behind an earlier one that is not delivered, unless that one has been
//! failing for long or was given up.
//!
//! Costs: [`Store::fan_out`] reads each lane from where it stopped; no event is looked for.

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Cursor, Endpoint, EndpointId, Page, Store, StoreError, StoredEvent,
    due::leased_until,
    events::FoundEvent,
    exec::Tx,
    payments::id_rows,
    rows::{At, DeliveryRow, DueDeliveryRow, Id, micros, one_of},
    schema::{DELIVERIES_BEHIND, ENDPOINTS_WITH_IDS, EVENTS_DUE, INSERT_DELIVERIES, LEASE_DELIVERIES},
    webhooks::{FoundEndpoint, enabled},
};
use crate::ids::{EventId, PaymentId};

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is to be sent.
    Waiting,
    /// The receiver took it.
    Delivered,
    /// It was given up; it can be sent again by hand.
    Dead,
}

/// Which delivery: an event goes to an endpoint once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeliveryTarget {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The event.
    pub event: EventId,
    /// The payment it is about.
    pub payment: Option<PaymentId>,
}

/// A delivery that is due, with all that is needed to send it.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Which.
    pub target: DeliveryTarget,
    /// Where it goes and how it is signed.
    pub endpoint: Endpoint,
    /// What is sent.
    pub event: StoredEvent,
    /// How often it was tried before.
    pub tried: i32,
    /// When it failed first.
    pub failing_since: Option<DateTime<Utc>>,
}

/// A delivery that was given up, or fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedDelivery {
    /// Which.
    pub target: DeliveryTarget,
    /// The event's type.
    pub kind: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub tried: i32,
    /// What the receiver last answered: an HTTP status, or nothing where none came.
    pub last_status: Option<i32>,
    /// Why it failed last.
    pub last_error: Option<String>,
    /// When it failed first.
    pub failing_since: Option<DateTime<Utc>>,
}

impl DeliveryState {
    const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::Dead];

    /// The word used in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }
}

impl DeliveryTarget {
    fn subject(&self) -> Uuid {
        self.payment.map_or(self.event.uuid(), PaymentId::uuid)
    }
}

/// How long a delivery waits for an earlier event to be fanned out before it is looked at again.
const MOMENT: TimeDelta = TimeDelta::milliseconds(500);

/// The part of an event that decides to whom it goes.
#[derive(FromRow)]
struct Told {
    subject_id: Uuid,
    id: Uuid,
    seq: i64,
    kind: String,
    owner: Option<String>,
    sequence: i64,
}

#[derive(FromRow)]
struct Unfanned {
    id: i64,
    fanned_seq: i64,
    closed: bool,
}

#[derive(FromRow)]
struct Taken {
    subject_id: Uuid,
    endpoint_id: Uuid,
    event_id: Uuid,
    sequence: i64,
    lane: i64,
    seq: i64,
    tried: i32,
    failing_since: Option<DateTime<Utc>>,
}

impl Taken {
    fn with(&self, times: Times) -> DueDeliveryRow {
        DueDeliveryRow {
            subject_id: Id(self.subject_id),
            endpoint_id: Id(self.endpoint_id),
            event_id: Id(self.event_id),
            sequence: self.sequence,
            lane: self.lane,
            seq: self.seq,
            failing_before: At(times.failing_before),
            due_at: At(times.leased_until),
        }
    }
}

/// A due delivery that is behind something.
#[derive(FromRow)]
struct Behind {
    endpoint_id: Uuid,
    event_id: Uuid,
    /// It waits behind a delivery; else for an event to be fanned out.
    waits: bool,
}

#[derive(FromRow)]
struct FoundDelivery {
    subject_id: Uuid,
    endpoint_id: Uuid,
    event_id: Uuid,
    kind: String,
    state: String,
    tried: i32,
    last_status: Option<i32>,
    last_error: Option<String>,
    failing_since: Option<DateTime<Utc>>,
}

fn target(endpoint: Uuid, event: Uuid, subject: Uuid) -> DeliveryTarget {
    DeliveryTarget {
        endpoint: EndpointId::new(endpoint),
        event: EventId::new(event),
        payment: (subject != event).then(|| PaymentId::new(subject)),
    }
}

impl FoundDelivery {
    fn into_failed(self) -> Result<FailedDelivery, StoreError> {
        Ok(FailedDelivery {
            target: target(self.endpoint_id, self.event_id, self.subject_id),
            kind: self.kind,
            state: one_of("a delivery's state", DeliveryState::ALL, DeliveryState::code, &self.state)?,
            tried: self.tried,
            last_status: self.last_status,
            last_error: self.last_error,
            failing_since: self.failing_since,
        })
    }
}

impl Store {
    /// Makes deliveries of the events that came since, at most `limit` events of each lane; returns
    /// how many events were looked at. Lanes that another node is fanning out are left to it.
    pub async fn fan_out(&self, now: DateTime<Utc>, limit: u32) -> Result<u64, StoreError> {
        const LAST_EVENT: &str = "SELECT COALESCE(MAX(seq), CAST(0 AS BIGINT)) FROM events WHERE lane = $1";
        const UNFANNED: &str = "SELECT CAST(1 AS BIGINT) FROM lanes WHERE fanned_at IS NULL \
             AND (closed_at IS NOT NULL OR EXISTS \
             (SELECT 1 FROM events e WHERE e.lane = lanes.id AND e.seq > lanes.fanned_seq)) LIMIT 1";
        let unfanned: Option<(i64,)> = self.db().maybe_row(UNFANNED, ()).await?;
        if unfanned.is_none() {
            return Ok(0);
        }
        let mut tx = self.db().begin().await?;
        let lanes = tx.pick(
            "SELECT id, fanned_seq, closed_at IS NOT NULL AS closed FROM lanes \
             WHERE fanned_at IS NULL ORDER BY id",
            "SELECT id, fanned_seq, closed_at IS NOT NULL AS closed FROM lanes \
             WHERE fanned_at IS NULL ORDER BY id FOR UPDATE SKIP LOCKED",
        );
        let unfanned: Vec<Unfanned> = tx.rows(lanes, ()).await?;
        let mut lanes = Vec::new();
        for lane in unfanned {
            // Its last event is read after whether it is closed: nothing comes after both.
            let last: Option<(i64,)> = tx.maybe_row(LAST_EVENT, (lane.id,)).await?;
            let last = last.map_or(0, |row| row.0);
            if lane.closed || last > lane.fanned_seq {
                lanes.push((lane, last));
            }
        }
        if lanes.is_empty() {
            return Ok(0);
        }
        let endpoints = enabled(&mut tx).await?;
        let mut looked_at = 0;
        for (lane, last) in &lanes {
            let last = if endpoints.is_empty() {
                // With no endpoint there is nobody to tell, now or later.
                *last
            } else {
                (*last).min(lane.fanned_seq + i64::from(limit))
            };
            looked_at += fan_out_lane(&mut tx, lane, last, &endpoints, micros(now)).await?;
        }
        tx.commit().await?;
        Ok(looked_at)
    }

    /// Takes deliveries that may be sent now. One waits behind an earlier one of the same payment and
    /// endpoint, unless that one has been failing for `overtake_after`.
    pub async fn take_due_deliveries(
        &self,
        now: DateTime<Utc>,
        lease: Duration,
        overtake_after: Duration,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        const DUE: &str = "SELECT CAST(1 AS BIGINT) FROM deliveries WHERE due_at <= $1 LIMIT 1";
        if !self.is_due(DUE, now).await? {
            return Ok(Vec::new());
        }
        let patience = TimeDelta::from_std(overtake_after).unwrap_or(TimeDelta::MAX);
        let failing_before = now.checked_sub_signed(patience).unwrap_or(DateTime::<Utc>::UNIX_EPOCH);
        let times = Times { now: micros(now), leased_until: leased_until(now, lease), failing_before };
        let mut tx = self.db().begin().await?;
        let (taken, rows) = take(&mut tx, times, limit).await?;
        if taken.is_empty() {
            tx.commit().await?;
            return Ok(Vec::new());
        }
        let ids = id_rows(taken.iter().map(|row| row.endpoint_id));
        let endpoints: Vec<FoundEndpoint> =
            tx.rows(ENDPOINTS_WITH_IDS.of(&tx), ENDPOINTS_WITH_IDS.take(&ids)).await?;
        let events: Vec<FoundEvent> = tx.rows(EVENTS_DUE.of(&tx), EVENTS_DUE.take(&rows)).await?;
        tx.commit().await?;
        let endpoints: Vec<Endpoint> =
            endpoints.into_iter().map(FoundEndpoint::into_endpoint).collect::<Result<_, _>>()?;
        let events: Vec<StoredEvent> =
            events.into_iter().map(FoundEvent::into_event).collect::<Result<_, _>>()?;
        let deliver = |row: Taken| {
            Some(Delivery {
                target: target(row.endpoint_id, row.event_id, row.subject_id),
                endpoint: endpoints.iter().find(|one| one.id.uuid() == row.endpoint_id)?.clone(),
                event: events.iter().find(|one| one.event.id.uuid() == row.event_id)?.clone(),
                tried: row.tried,
                failing_since: row.failing_since,
            })
        };
        Ok(taken.into_iter().filter_map(deliver).collect())
    }

    /// The receiver took it; those behind it may go.
    pub async fn delivered(
        &self,
        delivery: DeliveryTarget,
        status: i32,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        const DELIVERED: &str = "UPDATE deliveries SET state = 'delivered', due_at = NULL, done_at = $4, \
             last_status = $5, last_error = NULL, failing_since = NULL, tried = tried + 1 \
             WHERE endpoint_id = $1 AND subject_id = $2 AND event_id = $3";
        let subject = delivery.subject();
        let mut tx = self.db().begin().await?;
        let binds = (delivery.endpoint.uuid(), subject, delivery.event.uuid(), micros(at), status);
        tx.execute(DELIVERED, binds).await?;
        wake_next(&mut tx, delivery, micros(at)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// It failed: it is tried again at `due_at`, or given up where that is nothing.
    pub async fn delivery_failed(
        &self,
        delivery: DeliveryTarget,
        status: Option<i32>,
        error: &str,
        at: DateTime<Utc>,
        due_at: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError> {
        const FAILED: &str = "UPDATE deliveries SET tried = tried + 1, last_status = $4, last_error = $5, \
             failing_since = COALESCE(failing_since, $6), due_at = $7, \
             state = CASE WHEN $7 IS NULL THEN 'dead' ELSE state END, \
             done_at = CASE WHEN $7 IS NULL THEN $6 END \
             WHERE endpoint_id = $1 AND subject_id = $2 AND event_id = $3 AND state = 'waiting'";
        let mut tx = self.db().begin().await?;
        let binds = (
            delivery.endpoint.uuid(),
            delivery.subject(),
            delivery.event.uuid(),
            status,
            error.chars().take(500).collect::<String>(),
            micros(at),
            due_at.map(micros),
        );
        tx.execute(FAILED, binds).await?;
        if due_at.is_none() {
            wake_next(&mut tx, delivery, micros(at)).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Deliveries that were given up, of an owner's endpoints or of all.
    pub async fn dead_letters(
        &self,
        owner: Option<&str>,
        cursor: &Cursor,
        limit: u32,
    ) -> Result<Page<FailedDelivery>, StoreError> {
        const DEAD: &str = "SELECT d.subject_id, d.endpoint_id, d.event_id, d.kind, d.state, d.tried, \
             d.last_status, d.last_error, d.failing_since FROM deliveries d \
             JOIN webhook_endpoints e ON e.id = d.endpoint_id WHERE d.state = 'dead' \
             AND (d.event_id, d.endpoint_id) > ($1, $2) AND ($3 IS NULL OR e.owner = $3) \
             ORDER BY d.event_id, d.endpoint_id LIMIT $4";
        let after: (Uuid, Uuid) = cursor.place()?.unwrap_or_default();
        let binds = (after.0, after.1, owner.map(str::to_owned), i64::from(limit) + 1);
        let mut rows: Vec<FoundDelivery> = self.db().rows(DEAD, binds).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let position =
            rows.last().map_or_else(|| cursor.clone(), |row| Cursor::of(&(row.event_id, row.endpoint_id)));
        let items = rows.into_iter().map(FoundDelivery::into_failed).collect::<Result<_, _>>()?;
        Ok(Page { items, next: more.then(|| position.clone()), position })
    }

    /// Sends an event again, to one endpoint or to all that want it; returns to how many.
    pub async fn redeliver(
        &self,
        event: EventId,
        endpoint: Option<EndpointId>,
        now: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        const AGAIN: &str = "UPDATE deliveries SET state = 'waiting', due_at = $4, tried = 0, \
             failing_since = NULL, done_at = NULL \
             WHERE endpoint_id = $1 AND subject_id = $2 AND event_id = $3";
        let Some(stored) = self.event(event).await? else { return Ok(0) };
        let mut tx = self.db().begin().await?;
        let kind = stored.event.kind.code();
        let wanted: Vec<Endpoint> = enabled(&mut tx)
            .await?
            .into_iter()
            .filter(|one| endpoint.is_none_or(|id| one.id == id) && one.wants(kind, stored.owner.as_deref()))
            .collect();
        let subject = stored.event.payment.map_or(event.uuid(), PaymentId::uuid);
        for endpoint in &wanted {
            let again = (endpoint.id.uuid(), subject, event.uuid(), micros(now));
            if tx.execute(AGAIN, again).await? == 0 {
                let row = DeliveryRow {
                    subject_id: Id(subject),
                    endpoint_id: Id(endpoint.id.uuid()),
                    event_id: Id(event.uuid()),
                    sequence: stored.event.sequence,
                    kind,
                    lane: stored.lane,
                    seq: stored.seq,
                    state: DeliveryState::Waiting.code(),
                    due_at: At(now),
                };
                tx.execute(INSERT_DELIVERIES.of(&tx), INSERT_DELIVERIES.take(&[row])).await?;
            }
        }
        tx.commit().await?;
        Ok(wanted.len() as u64)
    }
}

/// Fans out a lane's events up to this number; returns how many there were.
async fn fan_out_lane(
    tx: &mut Tx,
    lane: &Unfanned,
    up_to: i64,
    endpoints: &[Endpoint],
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    const EVENTS: &str = "SELECT subject_id, id, seq, kind, owner, sequence FROM events \
         WHERE lane = $1 AND seq > $2 AND seq <= $3 ORDER BY seq";
    const FANNED: &str = "UPDATE lanes SET fanned_seq = $2, fanned_at = $3 WHERE id = $1";
    let told: Vec<Told> = if endpoints.is_empty() || up_to == lane.fanned_seq {
        Vec::new()
    } else {
        tx.rows(EVENTS, (lane.id, lane.fanned_seq, up_to)).await?
    };
    let mut rows = Vec::new();
    for event in &told {
        for endpoint in endpoints.iter().filter(|one| one.wants(&event.kind, event.owner.as_deref())) {
            rows.push(DeliveryRow {
                subject_id: Id(event.subject_id),
                endpoint_id: Id(endpoint.id.uuid()),
                event_id: Id(event.id),
                sequence: event.sequence,
                kind: &event.kind,
                lane: lane.id,
                seq: event.seq,
                state: DeliveryState::Waiting.code(),
                due_at: At(now),
            });
        }
    }
    if !rows.is_empty() {
        tx.execute(INSERT_DELIVERIES.of(tx), INSERT_DELIVERIES.take(&rows)).await?;
    }
    // A closed lane of which all was fanned out is done with: the next look at it finds nothing new.
    let done = (lane.closed && up_to == lane.fanned_seq).then_some(now);
    tx.execute(FANNED, (lane.id, up_to, done)).await?;
    Ok(told.len() as u64)
}

/// The instants that decide what is taken.
#[derive(Clone, Copy)]
struct Times {
    now: DateTime<Utc>,
    leased_until: DateTime<Utc>,
    /// What has been failing since before is overtaken.
    failing_before: DateTime<Utc>,
}

/// Takes what is due and not behind anything, by four statements however much it is. What waits
/// behind a delivery is put off until that is done or the lease is over; what waits for an earlier
/// event to be fanned out, for a moment.
async fn take(
    tx: &mut Tx,
    times: Times,
    limit: u32,
) -> Result<(Vec<Taken>, Vec<DueDeliveryRow>), StoreError> {
    let sql = tx.pick(
        "SELECT subject_id, endpoint_id, event_id, sequence, lane, seq, tried, failing_since \
         FROM deliveries WHERE due_at <= $1 ORDER BY due_at, sequence LIMIT $2",
        "SELECT subject_id, endpoint_id, event_id, sequence, lane, seq, tried, failing_since \
         FROM deliveries WHERE due_at <= $1 ORDER BY due_at, sequence LIMIT $2 FOR UPDATE SKIP LOCKED",
    );
    let mut due: Vec<Taken> = tx.rows(sql, (times.now, i64::from(limit))).await?;
    let mut rows: Vec<DueDeliveryRow> = due.iter().map(|row| row.with(times)).collect();
    let behind: Vec<Behind> = tx.rows(DELIVERIES_BEHIND.of(tx), DELIVERIES_BEHIND.take(&rows)).await?;
    let behind: HashMap<(Uuid, Uuid), bool> =
        behind.into_iter().map(|row| ((row.endpoint_id, row.event_id), row.waits)).collect();
    for row in &mut rows {
        if behind.get(&(row.endpoint_id.0, row.event_id.0)) == Some(&false) {
            row.due_at = At(times.now + MOMENT);
        }
    }
    if !rows.is_empty() {
        tx.execute(LEASE_DELIVERIES.of(tx), LEASE_DELIVERIES.take(&rows)).await?;
    }
    due.retain(|row| !behind.contains_key(&(row.endpoint_id, row.event_id)));
    rows.retain(|row| !behind.contains_key(&(row.endpoint_id.0, row.event_id.0)));
    Ok((due, rows))
}

/// Lets the next delivery of the same payment to the same endpoint go at once.
async fn wake_next(tx: &mut Tx, done: DeliveryTarget, at: DateTime<Utc>) -> Result<(), StoreError> {
    const WAKE: &str = "UPDATE deliveries SET due_at = $3 WHERE endpoint_id = $1 AND subject_id = $2 \
         AND state = 'waiting' AND failing_since IS NULL AND sequence = \
         (SELECT MIN(sequence) FROM deliveries \
         WHERE endpoint_id = $1 AND subject_id = $2 AND state = 'waiting')";
    if done.payment.is_some() {
        tx.execute(WAKE, (done.endpoint.uuid(), done.subject(), at)).await?;
    }
    Ok(())
}
