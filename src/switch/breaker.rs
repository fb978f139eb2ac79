//! The circuit breaker: stops calling a provider that does not answer, and tries again by one call.
//!
//! A pure state machine over real outcomes; the time is an argument. It counts only what says
//! something about the provider: no answer, a 5xx, an unreadable answer. A declined card is health.

use chrono::{DateTime, TimeDelta, Utc};

/// How many failures in a row open the breaker.
pub const FAILURES_TO_OPEN: u32 = 5;
/// How long it stays open before one call is let through.
pub const OPEN_FOR: TimeDelta = TimeDelta::seconds(10);

/// One provider's breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breaker {
    /// Calls go through.
    Closed {
        /// Failures since the last success.
        failures: u32,
    },
    /// Calls are not made.
    Open {
        /// Until when.
        until: DateTime<Utc>,
    },
    /// One call is under way to find out.
    Probing {
        /// When the next probe may go if this one never comes back.
        until: DateTime<Utc>,
    },
}

impl Default for Breaker {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

impl Breaker {
    /// Whether a call may be made now; letting one through while open makes it a probe.
    pub fn admit(&mut self, now: DateTime<Utc>) -> bool {
        match *self {
            Self::Closed { .. } => true,
            Self::Open { until } | Self::Probing { until } => {
                let probe = now >= until;
                if probe {
                    *self = Self::Probing { until: now + OPEN_FOR };
                }
                probe
            }
        }
    }

    /// Whether a call would be admitted, without making it a probe.
    pub fn is_healthy(&self, now: DateTime<Utc>) -> bool {
        match *self {
            Self::Closed { .. } => true,
            Self::Open { until } | Self::Probing { until } => now >= until,
        }
    }

    /// The provider answered.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// The provider did not answer, or not so that it can be understood.
    pub fn failed(&mut self, now: DateTime<Utc>) {
        let failures = match *self {
            Self::Closed { failures } => failures + 1,
            Self::Open { .. } | Self::Probing { .. } => FAILURES_TO_OPEN,
        };
        *self = if failures >= FAILURES_TO_OPEN {
            Self::Open { until: now + OPEN_FOR }
        } else {
            Self::Closed { failures }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_in_a_row_and_closes_after_one_good_probe() {
        let start: DateTime<Utc> = "2026-11-21T10:00:00Z".parse().unwrap();
        let mut breaker = Breaker::default();
        for _ in 1..FAILURES_TO_OPEN {
            breaker.failed(start);
            assert!(breaker.admit(start));
        }
        breaker.failed(start);
        assert!(!breaker.admit(start) && !breaker.is_healthy(start));
        let later = start + OPEN_FOR;
        assert!(breaker.admit(later), "one probe is let through");
        assert!(!breaker.admit(later), "and only one");
        breaker.failed(later);
        assert!(!breaker.admit(later));
        assert!(breaker.admit(later + OPEN_FOR));
        breaker.succeeded();
        assert!(breaker.admit(later + OPEN_FOR));
    }

    #[test]
    fn a_success_forgets_the_failures_before_it() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let mut breaker = Breaker::default();
        for _ in 0..100 {
            breaker.failed(now);
            breaker.succeeded();
        }
        assert!(breaker.admit(now));
    }
}
