//! Lanes and business days.
//!
//! A lane is one committer's stream within one business day: it is opened with the committer's first
//! batch of the day and closed when the day ends or the committer stops; a batch that finds its lane
//! closed opens a new one. So every journal of a lane belongs to the lane's day, and no journal goes
//! into a day that has ended: commits hold the day lock shared, ending a day takes it exclusively.
//!
//! A lane's name is the database's clock in milliseconds and three random digits: it is never given
//! out again, also not after a restore that forgot it.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::FromRow;

use super::{
    Store, StoreError,
    batch::Lane,
    exec::{Db, Tx},
    rows::{At, EventRow, Id, micros},
    schema::INSERT_EVENTS,
};
use crate::{calendar::BusinessDay, ids::EventId, payments::EventType};

const OPEN_DAY: &str = "SELECT day FROM business_days WHERE status = 'open'";

/// A business day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDay {
    /// Which.
    pub day: BusinessDay,
    /// Where it stands.
    pub state: DayState,
    /// When it began.
    pub opened_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// Where a business day stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayState {
    /// Journals go into it.
    Open,
    /// No journal goes into it any more.
    Ended,
}

/// What ending a day did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It ended now; this event says so.
    Now {
        /// The day that is open now.
        open: BusinessDay,
        /// The event.
        event: EventId,
    },
    /// It had ended before; nothing changed.
    Before {
        /// The day that is open.
        open: BusinessDay,
    },
}

/// Opens a lane in the open day.
pub(super) async fn open(db: &Db, node: &str) -> Result<Lane, StoreError> {
    let mut tx = db.begin_in_day().await?;
    let day: Option<(NaiveDate,)> = tx.maybe_row(OPEN_DAY, ()).await?;
    let day = day.ok_or(StoreError::NoOpenDay)?.0;
    let lane = insert(&mut tx, node, day).await?;
    tx.commit().await?;
    Ok(lane)
}

async fn insert(tx: &mut Tx, node: &str, day: NaiveDate) -> Result<Lane, StoreError> {
    let random = getrandom::u32().map_err(|error| StoreError::unreadable("random number", error))?;
    let sql = tx.pick(
        "INSERT INTO lanes (id, node, day, opened_at) \
         VALUES (CAST(unixepoch('subsec') * 1000 AS INTEGER) * 1000 + $1, $2, $3, \
         strftime('%Y-%m-%dT%H:%M:%f', 'now') || '+00:00') RETURNING id",
        "INSERT INTO lanes (id, node, day, opened_at) \
         VALUES (CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) * 1000 + $1, $2, $3, now()) \
         RETURNING id",
    );
    let id: Option<(i64,)> = tx.maybe_row(sql, (i64::from(random % 1000), node.to_owned(), day)).await?;
    let id = id.ok_or_else(|| StoreError::unreadable("lane", "no row"))?.0;
    Ok(Lane { id, day, batches: 0, journals: 0, events: 0 })
}

/// Closes a lane whose committer stops.
pub(super) async fn close(db: &Db, lane: i64) -> Result<(), StoreError> {
    let sql = db.pick(
        "UPDATE lanes SET closed_at = strftime('%Y-%m-%dT%H:%M:%f', 'now') || '+00:00' \
         WHERE id = $1 AND closed_at IS NULL",
        "UPDATE lanes SET closed_at = now() WHERE id = $1 AND closed_at IS NULL",
    );
    db.execute(sql, (lane,)).await?;
    Ok(())
}

#[derive(FromRow)]
struct FoundDay {
    day: NaiveDate,
    status: String,
    opened_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

impl FoundDay {
    fn into_day(self) -> Result<StoredDay, StoreError> {
        let state = match self.status.as_str() {
            "open" => DayState::Open,
            "ended" => DayState::Ended,
            other => return Err(StoreError::unreadable("a day's state", other)),
        };
        Ok(StoredDay {
            day: BusinessDay(self.day),
            state,
            opened_at: self.opened_at,
            ended_at: self.ended_at,
        })
    }
}

impl Store {
    /// The business day that journals go into now.
    pub async fn open_day(&self) -> Result<Option<BusinessDay>, StoreError> {
        let row: Option<(NaiveDate,)> = self.db().maybe_row(OPEN_DAY, ()).await?;
        Ok(row.map(|row| BusinessDay(row.0)))
    }

    /// Begins this day if none is open; returns the open one.
    pub async fn ensure_open_day(
        &self,
        day: BusinessDay,
        at: DateTime<Utc>,
    ) -> Result<BusinessDay, StoreError> {
        if let Some(open) = self.open_day().await? {
            return Ok(open);
        }
        let mut tx = self.db().begin_between_days().await?;
        let row: Option<(NaiveDate,)> = tx.maybe_row(OPEN_DAY, ()).await?;
        if let Some(row) = row {
            return Ok(BusinessDay(row.0));
        }
        begin(&mut tx, day, at).await?;
        tx.commit().await?;
        Ok(day)
    }

    /// Ends a day and opens the next; an empty day ends too. Waits for the commits under way, and
    /// those that come wait for it. A day that ended before stays as it is. `event` becomes the id
    /// of its `day.ended`.
    pub async fn end_day(
        &self,
        day: BusinessDay,
        event: EventId,
        at: DateTime<Utc>,
    ) -> Result<Ended, StoreError> {
        let mut tx = self.db().begin_between_days().await?;
        let row: Option<(NaiveDate,)> = tx.maybe_row(OPEN_DAY, ()).await?;
        let open = BusinessDay(row.ok_or(StoreError::NoOpenDay)?.0);
        if day > open {
            return Err(StoreError::DayNotBegun { asked: day, open });
        }
        if day < open {
            return Ok(Ended::Before { open });
        }
        let at = micros(at);
        tx.execute("UPDATE business_days SET status = 'ended', ended_at = $2 WHERE day = $1", (day.0, at))
            .await?;
        tell_ended(&mut tx, day, event, at).await?;
        tx.execute("UPDATE lanes SET closed_at = $2 WHERE day = $1 AND closed_at IS NULL", (day.0, at))
            .await?;
        begin(&mut tx, day.next(), at).await?;
        tx.commit().await?;
        Ok(Ended::Now { open: day.next(), event })
    }

    /// Business days, newest first.
    pub async fn days(&self, limit: u32) -> Result<Vec<StoredDay>, StoreError> {
        const DAYS: &str =
            "SELECT day, status, opened_at, ended_at FROM business_days ORDER BY day DESC LIMIT $1";
        let rows: Vec<FoundDay> = self.db().rows(DAYS, (i64::from(limit),)).await?;
        rows.into_iter().map(FoundDay::into_day).collect()
    }

    /// A business day, once it has begun.
    pub async fn day(&self, day: BusinessDay) -> Result<Option<StoredDay>, StoreError> {
        const DAY: &str = "SELECT day, status, opened_at, ended_at FROM business_days WHERE day = $1";
        let row: Option<FoundDay> = self.db().maybe_row(DAY, (day.0,)).await?;
        row.map(FoundDay::into_day).transpose()
    }
}

async fn begin(tx: &mut Tx, day: BusinessDay, at: DateTime<Utc>) -> Result<(), StoreError> {
    const BEGIN: &str = "INSERT INTO business_days (day, status, opened_at) VALUES ($1, 'open', $2)";
    tx.execute(BEGIN, (day.0, micros(at))).await?;
    Ok(())
}

/// The event that a day ended stands in a lane of its own, the last of the day.
async fn tell_ended(
    tx: &mut Tx,
    day: BusinessDay,
    event: EventId,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let lane = insert(tx, "end of day", day.0).await?;
    let data = serde_json::json!({
        "date": day,
        "status": "ended",
        "ended_at": at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
    })
    .to_string();
    let row = EventRow {
        subject_id: Id(event.uuid()),
        id: Id(event.uuid()),
        lane: lane.id,
        seq: 1,
        kind: EventType::DayEnded.code(),
        owner: None,
        sequence: 0,
        at: At(at),
        data: &data,
    };
    tx.execute(INSERT_EVENTS.of(tx), INSERT_EVENTS.take(&[row])).await?;
    Ok(())
}
