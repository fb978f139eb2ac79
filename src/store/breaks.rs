//! Differences that have to be explained, and what happened to them.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Cursor, Page, Store, StoreError, payments::id_rows, rows::one_of, schema::BREAK_HISTORY};
use crate::{
    calendar::BusinessDay,
    change::{Break, BreakCode},
    ids::{BreakId, PaymentId},
    money::Piastres,
};

/// Which breaks.
#[derive(Clone, Debug, Default)]
pub struct BreakFilter {
    /// Of this business day.
    pub day: Option<BusinessDay>,
    /// Of this provider.
    pub provider: Option<String>,
    /// Of this class.
    pub code: Option<String>,
    /// `open`, `proposed` or `resolved`.
    pub status: Option<String>,
}

/// A break and what happened to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBreak {
    /// As it was found; its day is always given.
    pub found: Break,
    /// `open`, `proposed` or `resolved`.
    pub status: String,
    /// What happened to it since, oldest first: when, by whom, what.
    pub history: Vec<(DateTime<Utc>, String, String)>,
}

#[derive(FromRow)]
struct FoundBreak {
    subject_id: Uuid,
    id: Uuid,
    code: String,
    provider: String,
    amount: i64,
    clearing_amount: i64,
    day: NaiveDate,
    note: String,
    at: DateTime<Utc>,
    status: String,
}

impl FoundBreak {
    fn into_break(
        self,
        history: &[(Uuid, DateTime<Utc>, String, String)],
    ) -> Result<StoredBreak, StoreError> {
        let history = history
            .iter()
            .filter(|row| row.0 == self.id)
            .map(|(_, at, by, what)| (*at, by.clone(), what.clone()))
            .collect();
        Ok(StoredBreak {
            found: Break {
                id: BreakId::new(self.id),
                code: one_of("a break's code", BreakCode::ALL, BreakCode::code, &self.code)?,
                provider: self.provider,
                amount: Piastres::new(self.amount),
                clearing_amount: Piastres::new(self.clearing_amount),
                day: Some(BusinessDay(self.day)),
                payment: (self.subject_id != self.id).then(|| PaymentId::new(self.subject_id)),
                note: self.note,
                at: self.at,
            },
            status: self.status,
            history,
        })
    }
}

impl Store {
    /// Breaks, newest day first.
    pub async fn breaks(
        &self,
        filter: &BreakFilter,
        cursor: &Cursor,
        limit: u32,
    ) -> Result<Page<StoredBreak>, StoreError> {
        // A break is open until its history says otherwise.
        const LIST: &str = "SELECT * FROM (SELECT b.*, COALESCE((SELECT h.status FROM break_history h \
             WHERE h.subject_id = b.subject_id AND h.break_id = b.id ORDER BY h.number DESC LIMIT 1), \
             'open') AS status FROM breaks b WHERE (b.day, b.id) < ($1, $2) AND ($3 IS NULL OR b.day = $3) \
             AND ($4 IS NULL OR b.provider = $4) AND ($5 IS NULL OR b.code = $5)) AS found \
             WHERE ($6 IS NULL OR status = $6) ORDER BY day DESC, id DESC LIMIT $7";
        let start = (NaiveDate::from_ymd_opt(9999, 12, 31).expect("31 December 9999 exists"), Uuid::max());
        let after: (NaiveDate, Uuid) = cursor.place()?.unwrap_or(start);
        let binds = (
            after.0,
            after.1,
            filter.day.map(|day| day.0),
            filter.provider.clone(),
            filter.code.clone(),
            filter.status.clone(),
            i64::from(limit) + 1,
        );
        let mut rows: Vec<FoundBreak> = self.db().rows(LIST, binds).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let position = rows.last().map_or_else(|| cursor.clone(), |last| Cursor::of(&(last.day, last.id)));
        let history: Vec<(Uuid, DateTime<Utc>, String, String)> = if rows.is_empty() {
            Vec::new()
        } else {
            let ids = id_rows(rows.iter().map(|row| row.id));
            self.db().rows(BREAK_HISTORY.for_db(self.db()), BREAK_HISTORY.take(&ids)).await?
        };
        let items = rows.into_iter().map(|row| row.into_break(&history)).collect::<Result<_, _>>()?;
        Ok(Page { items, next: more.then(|| position.clone()), position })
    }
}
