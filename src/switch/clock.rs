//! The clock: the only place that reads the time of day, and the only place that makes ids.
//!
//! Promises: instants have microseconds, because that is what PostgreSQL keeps; ids sort by the time
//! they were made. Tests set the hands themselves.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use uuid::Uuid;

/// What time it is.
#[derive(Clone, Default)]
pub struct Clock {
    /// What tests add to the system's time, in microseconds.
    offset: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The system's clock.
    pub const fn system() -> Self {
        Self { offset: None }
    }

    /// The system's clock with hands that [`Clock::advance`] can move.
    pub fn adjustable() -> Self {
        Self { offset: Some(Arc::new(AtomicI64::new(0))) }
    }

    /// Moves the hands of an adjustable clock, and of all its clones.
    pub fn advance(&self, by: TimeDelta) {
        if let Some(offset) = &self.offset {
            offset.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::SeqCst);
        }
    }

    /// The time, to the microsecond.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that is passed in")]
    pub fn now(&self) -> DateTime<Utc> {
        let offset = self.offset.as_ref().map_or(0, |offset| offset.load(Ordering::SeqCst));
        (Utc::now() + TimeDelta::microseconds(offset)).trunc_subsecs(6)
    }
}

/// A new id.
#[expect(clippy::disallowed_methods, reason = "this is the one place that makes ids")]
pub fn fresh() -> Uuid {
    Uuid::now_v7()
}

/// So many random bytes from the operating system.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}
