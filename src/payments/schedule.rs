//! When the switch looks at an attempt next. Policy as data: delays by state and by how often it has
//! been asked since the state last changed.
//!
//! Notifications are the rule; these looks are for those that never come. An unknown outcome is
//! asked about for as long as it is unknown: there is no last row.

use chrono::{DateTime, TimeDelta, Utc};

use super::states::AttemptStatus;

const SECOND: i64 = 1;
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Unknown: quickly at first, because a payer may be waiting.
const UNKNOWN: &[i64] = &[5 * SECOND, 30 * SECOND, 5 * MINUTE, HOUR, DAY];
/// Pending: a lost notification is found within minutes, and at the latest when time runs out.
const PENDING: &[i64] = &[2 * MINUTE, 10 * MINUTE, HOUR];
/// Superseded: withdrawn at the provider at once, then asked about until the provider lets go.
const SUPERSEDED: &[i64] = &[0, 10 * MINUTE, HOUR, DAY];

/// When to look next at an attempt in this state that has been asked about so many times.
pub fn next_look(
    status: AttemptStatus,
    asked: i32,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let after = |delays: &[i64]| {
        let index = usize::try_from(asked).unwrap_or(0).min(delays.len() - 1);
        now + TimeDelta::seconds(delays[index])
    };
    match status {
        AttemptStatus::Created => Some(now + TimeDelta::seconds(30)),
        AttemptStatus::Unknown => Some(after(UNKNOWN)),
        AttemptStatus::Pending if now < expires_at => Some(after(PENDING).min(expires_at)),
        AttemptStatus::Pending => Some(now + TimeDelta::seconds(MINUTE)),
        AttemptStatus::Superseded => Some(after(SUPERSEDED)),
        AttemptStatus::Authorized
        | AttemptStatus::Succeeded
        | AttemptStatus::Declined
        | AttemptStatus::Failed
        | AttemptStatus::Expired
        | AttemptStatus::Voided
        | AttemptStatus::Reversed => None,
    }
}
