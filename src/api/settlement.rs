//! Settlement, as far as it is built: business days and breaks.

use axum::{Json, extract::State};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    Api,
    extract::{Body, Keyed, NoParams, Params, Text, day},
    pages::{List, Paging},
    problem::{Problem, words},
    read::{self, Json as Value, text, word},
};
use crate::{
    calendar::{BusinessDay, cairo_date},
    change::BreakCode,
    fees::Title,
    payments::view::{BreakHistory, BreakView, found, utc, utc_option},
    store::{BreakFilter, DayState, StoredBreak, StoredDay},
};

/// How many days are looked at: some centuries.
const MOST_DAYS: u32 = 100_000;

/// A business day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BusinessDayState)]
pub struct DayView {
    /// Its date (Africa/Cairo).
    pub date: BusinessDay,
    /// `open` while journals go into it, then `ended`.
    #[schema(example = "open")]
    pub status: &'static str,
    /// When it began.
    #[serde(serialize_with = "utc")]
    pub opened_at: DateTime<Utc>,
    /// When it ended.
    #[serde(serialize_with = "utc_option")]
    pub ended_at: Option<DateTime<Utc>>,
}

impl From<StoredDay> for DayView {
    fn from(stored: StoredDay) -> Self {
        Self {
            date: stored.day,
            status: match stored.state {
                DayState::Open => "open",
                DayState::Ended => "ended",
            },
            opened_at: stored.opened_at,
            ended_at: stored.ended_at,
        }
    }
}

/// Lists business days
///
/// The newest first.
#[utoipa::path(get, path = "/v1/settlement/days", tag = "Settlement", params(Paging),
    responses((status = 200, description = "The days", body = List<DayView>)))]
pub async fn list_days(
    State(api): State<Api>,
    Params(params): Params,
) -> Result<Json<List<DayView>>, Problem> {
    let paging = read::query(params, Paging::read)?;
    let days = api.switch.store().days(MOST_DAYS).await?;
    // Counted back from a day that never comes, so that the newest has the least name.
    let name = |day: &DayView| {
        let back = chrono::NaiveDate::MAX.signed_duration_since(day.date.0);
        format!("{:020}", back.num_days())
    };
    Ok(Json(paging.cut("days", days.into_iter().map(DayView::from).collect(), name)?))
}

/// Ends the open business day
///
/// Now instead of at its hour; in production mode not before it. A day that has ended stays as it is.
#[utoipa::path(post, path = "/v1/settlement/days/{date}/end", tag = "Settlement",
    params(("date" = String, Path, description = "The open business day", format = Date, example = "2026-11-21")),
    responses((status = 200, description = "The day, ended", body = DayView)))]
pub async fn end_day(
    State(api): State<Api>,
    NoParams: NoParams,
    Text(date): Text,
    Body(bytes): Body,
) -> Result<Json<DayView>, Problem> {
    read::empty_body(&bytes)?;
    let day = day(&date)?;
    api.switch.end_day(day).await?;
    let stored = api.switch.store().day(day).await?;
    stored.map(|stored| Json(stored.into())).ok_or_else(|| Problem::not_found("business day"))
}

/// Which breaks.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the document only")]
pub struct BreakQuery {
    /// Of this business day.
    #[param(value_type = Option<String>, format = Date)]
    day: Option<BusinessDay>,
    /// Of this provider.
    provider: Option<String>,
    /// Of this class.
    #[param(inline)]
    code: Option<BreakCode>,
    /// Where it stands: `open`, `proposed` or `resolved`.
    status: Option<String>,
}

/// Lists breaks
///
/// Differences that have to be explained: money for a reference that we do not know, more, less or
/// other money than was due.
#[utoipa::path(get, path = "/v1/settlement/breaks", tag = "Settlement", params(BreakQuery, Paging),
    responses((status = 200, description = "The breaks", body = List<BreakView>)))]
pub async fn list_breaks(
    State(api): State<Api>,
    Keyed(key): Keyed,
    Params(params): Params,
) -> Result<Json<List<BreakView>>, Problem> {
    let (mut filter, paging) = read::query(params, |query| {
        let day = query.optional("day", word::<BusinessDay>);
        let provider = query.optional("provider", text(1, 40));
        let code = query.optional("code", |json| one_of(json, &BreakCode::ALL.map(BreakCode::code)));
        let status = query.optional("status", |json| one_of(json, &["open", "proposed", "resolved"]));
        let paging = Paging::read(query);
        let filter = BreakFilter { day: day?, provider: provider?, code: code?, status: status? };
        Some((filter, paging?))
    })?;
    filter.provider = key.narrow(filter.provider)?;
    let page = api.switch.store().breaks(&filter, &paging.stored("breaks")?, paging.limit).await?;
    let today = cairo_date(api.switch.clock().now());
    let show = |stored: StoredBreak| shown(&stored, today);
    Ok(Json(paging.page("breaks", page, show)))
}

fn one_of(json: &Value, known: &[&str]) -> Result<String, Title> {
    let text = text(1, 40)(json)?;
    if known.contains(&text.as_str()) {
        return Ok(text);
    }
    let names = known.join(", ");
    Err(words(format!("must be one of {names}"), format!("يجب أن تكون القيمة إحدى: {names}")))
}

fn shown(stored: &StoredBreak, today: chrono::NaiveDate) -> BreakView {
    let mut view = found(&stored.found);
    let since = stored.found.day.map_or_else(|| cairo_date(stored.found.at), |day| day.0);
    view.age_days = today.signed_duration_since(since).max(TimeDelta::zero()).num_days();
    view.status = match stored.status.as_str() {
        "proposed" => "proposed",
        "resolved" => "resolved",
        _ => "open",
    };
    view.history.extend(stored.history.iter().map(|(at, by, what)| BreakHistory {
        at: *at,
        by: by.clone(),
        what: what.clone(),
    }));
    view
}
