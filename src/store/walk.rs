//! Lists in the order of lanes: days, then the lanes of a day, then the numbers of a lane.
//!
//! Promises: pages neither skip nor repeat an entry while other lanes append. An id or a time made
//! earlier may be committed later, a number in a lane may not: so the cursor remembers how far it came
//! in each lane of the days that have not been read to their end, and of all days before only the last.
//! A day that has ended gets no more lanes.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Cursor, Page, StoreError, exec::Db};

/// A number in a lane, and the place within what has that number.
pub(super) type Place = (i64, i64);

/// How far a reader came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Positions {
    /// Every lane up to this day has been read to its end.
    #[serde(rename = "d", skip_serializing_if = "Option::is_none", default)]
    through: Option<NaiveDate>,
    /// The last place read in lanes of later days.
    #[serde(rename = "l", skip_serializing_if = "BTreeMap::is_empty", default)]
    lanes: BTreeMap<i64, Place>,
}

struct Lane {
    id: i64,
    day: NaiveDate,
    day_ended: bool,
    read_to_end: bool,
}

/// A walk through the lanes, from a cursor to the end of a page.
pub(super) struct Walk<T> {
    positions: Positions,
    lanes: Vec<Lane>,
    current: usize,
    items: Vec<T>,
    limit: usize,
    more: bool,
}

impl<T> Walk<T> {
    /// Begins at a cursor. Whether a day has ended is read before its entries are.
    pub async fn begin(db: &Db, cursor: &Cursor, limit: u32) -> Result<Self, StoreError> {
        const LANES: &str = "SELECT l.id, l.day, d.status FROM lanes l JOIN business_days d ON d.day = l.day \
             WHERE $1 IS NULL OR l.day > $1 ORDER BY l.day, l.id";
        let positions: Positions = cursor.place()?.unwrap_or_default();
        let lanes: Vec<(i64, NaiveDate, String)> = db.rows(LANES, (positions.through,)).await?;
        let lanes = lanes
            .into_iter()
            .map(|(id, day, status)| Lane { id, day, day_ended: status == "ended", read_to_end: false })
            .collect();
        Ok(Self { positions, lanes, current: 0, items: Vec::new(), limit: limit as usize, more: false })
    }

    /// Leaves out lanes that hold nothing that is asked for.
    pub fn keep(&mut self, wanted: impl Fn(i64) -> bool) {
        for lane in &mut self.lanes {
            lane.read_to_end |= !wanted(lane.id);
        }
    }

    /// The lane to read next, the place to read after, and how many entries; nothing when the page
    /// is full or all lanes are read.
    pub fn wanted(&mut self) -> Option<(i64, Place, i64)> {
        if self.more {
            return None;
        }
        while self.lanes.get(self.current)?.read_to_end {
            self.current += 1;
        }
        let lane = self.lanes[self.current].id;
        let after = self.positions.lanes.get(&lane).copied().unwrap_or_default();
        // One more than fits tells whether there is more.
        let left = self.limit + 1 - self.items.len();
        Some((lane, after, i64::try_from(left).unwrap_or(i64::MAX)))
    }

    /// Takes what was read for the last [`Walk::wanted`].
    pub fn take(&mut self, mut found: Vec<(Place, T)>, asked: i64) {
        let read_to_end = i64::try_from(found.len()).unwrap_or(i64::MAX) < asked;
        let room = self.limit - self.items.len();
        if found.len() > room {
            self.more = true;
            found.truncate(room);
        }
        let lane = &mut self.lanes[self.current];
        if let Some((place, _)) = found.last() {
            self.positions.lanes.insert(lane.id, *place);
        }
        lane.read_to_end = read_to_end;
        self.items.extend(found.into_iter().map(|(_, item)| item));
    }

    /// The page.
    pub fn finish(mut self) -> Page<T> {
        let days: BTreeMap<NaiveDate, bool> = self.lanes.iter().fold(BTreeMap::new(), |mut days, lane| {
            *days.entry(lane.day).or_insert(true) &= lane.day_ended && lane.read_to_end;
            days
        });
        let through = days.into_iter().take_while(|(_, done)| *done).last().map(|(day, _)| day);
        if let Some(through) = through {
            for lane in self.lanes.iter().filter(|lane| lane.day <= through) {
                self.positions.lanes.remove(&lane.id);
            }
            self.positions.through = Some(through);
        }
        let position = Cursor::of(&self.positions);
        Page { items: self.items, next: self.more.then(|| position.clone()), position }
    }
}
