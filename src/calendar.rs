//! Days as Egypt counts them: the business day of an instant, working days, the fiscal year.
//!
//! Promises: the business day of an instant is its date in Africa/Cairo, which is always defined.
//! The way back, from a Cairo date and hour to an instant, is not: on the last Friday of April
//! midnight does not exist, on the last Thursday of October 23:00 happens twice; [`instant`] takes
//! the first moment that exists. Holidays are data: Islamic dates are known by announcement only.

use std::{collections::BTreeSet, fmt, str::FromStr};

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::Africa::Cairo;
use serde::{Deserialize, Serialize};

/// A business day: the date that a journal belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct BusinessDay(pub NaiveDate);

impl BusinessDay {
    /// The Cairo date of an instant.
    pub fn of(at: DateTime<Utc>) -> Self {
        Self(cairo_date(at))
    }

    /// The day after.
    #[must_use]
    pub fn next(self) -> Self {
        Self(
            self.0
                .checked_add_days(Days::new(1))
                .expect("business days are centuries from chrono's last date"),
        )
    }

    /// The fiscal year (1 July to 30 June) by the year in which it ends.
    pub fn fiscal_year(self) -> i32 {
        if self.0.month() >= 7 { self.0.year() + 1 } else { self.0.year() }
    }
}

impl fmt::Display for BusinessDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for BusinessDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for BusinessDay {
    type Err = chrono::ParseError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        NaiveDate::parse_from_str(text, "%Y-%m-%d").map(Self)
    }
}

/// The Cairo date of an instant.
pub fn cairo_date(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&Cairo).date_naive()
}

/// The first instant of Cairo's clock that shows this date and time, or, where the clock jumps
/// over it, the first instant after the jump.
pub fn instant(date: NaiveDate, time: NaiveTime) -> DateTime<Utc> {
    let mut local = date.and_time(time);
    // Africa/Cairo has never jumped by more than an hour; three tries leave room.
    for _ in 0..3 {
        if let Some(found) = Cairo.from_local_datetime(&local).earliest() {
            return found.with_timezone(&Utc);
        }
        local += TimeDelta::minutes(60);
    }
    Utc.from_utc_datetime(&date.and_time(time))
}

/// The days on which banks and the treasury do not work beside Fridays and Saturdays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holidays(BTreeSet<NaiveDate>);

impl Holidays {
    /// The calendar with these holidays.
    pub fn new(dates: impl IntoIterator<Item = NaiveDate>) -> Self {
        Self(dates.into_iter().collect())
    }

    /// The announced and, for later dates, the expected holidays of 2026 and 2027; a deployment
    /// replaces them by configuration when announcements differ.
    pub fn expected() -> Self {
        let dates = include_str!("calendar/holidays.txt");
        Self::new(dates.lines().filter_map(|line| line.get(..10)?.parse().ok()))
    }

    /// Whether banks work on this date.
    pub fn is_working_day(&self, date: NaiveDate) -> bool {
        !matches!(date.weekday(), Weekday::Fri | Weekday::Sat) && !self.0.contains(&date)
    }

    /// The date so many working days after this one; 0 gives the date itself or the next working day.
    pub fn add_working_days(&self, date: NaiveDate, days: u32) -> NaiveDate {
        let mut left = days;
        let mut date = date;
        loop {
            if self.is_working_day(date) {
                if left == 0 {
                    return date;
                }
                left -= 1;
            }
            date = BusinessDay(date).next().0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_midnight_that_does_not_exist_begins_its_day_an_hour_later() {
        assert_eq!(cairo_date(at("2026-04-23T21:59:59Z")), day("2026-04-23"));
        assert_eq!(cairo_date(at("2026-04-23T22:00:00Z")), day("2026-04-24"));
        assert_eq!(instant(day("2026-04-24"), NaiveTime::MIN), at("2026-04-23T22:00:00Z"));
        assert_eq!(instant(day("2027-04-30"), NaiveTime::MIN), at("2027-04-29T22:00:00Z"));
    }

    #[test]
    fn the_hour_that_happens_twice_belongs_to_one_day_of_twenty_five_hours() {
        assert_eq!(cairo_date(at("2026-10-29T20:30:00Z")), day("2026-10-29"));
        assert_eq!(cairo_date(at("2026-10-29T21:30:00Z")), day("2026-10-29"));
        assert_eq!(cairo_date(at("2026-10-29T22:00:00Z")), day("2026-10-30"));
        let eleven = NaiveTime::from_hms_opt(23, 0, 0).unwrap();
        assert_eq!(instant(day("2026-10-29"), eleven), at("2026-10-29T20:00:00Z"));
        let length = instant(day("2026-10-30"), NaiveTime::MIN) - instant(day("2026-10-29"), NaiveTime::MIN);
        assert_eq!(length, TimeDelta::hours(25));
    }

    #[test]
    fn working_days_skip_the_weekend_and_holidays() {
        let holidays = Holidays::expected();
        assert!(!holidays.is_working_day(day("2026-10-08")), "Armed Forces Day, observed on Thursday");
        assert_eq!(holidays.add_working_days(day("2026-10-07"), 1), day("2026-10-11"));
        assert_eq!(holidays.add_working_days(day("2026-11-20"), 0), day("2026-11-22"));
    }

    #[test]
    fn the_fiscal_year_begins_in_july() {
        assert_eq!(BusinessDay(day("2026-06-30")).fiscal_year(), 2026);
        assert_eq!(BusinessDay(day("2026-07-01")).fiscal_year(), 2027);
    }
}
