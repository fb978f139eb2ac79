//! Rate limits: how many calls a key or an address may make.
//!
//! Promises: a caller over its limit is told when to come back, and every limited answer says how
//! much is left (`RateLimit-Policy` and `RateLimit`, draft-ietf-httpapi-ratelimit-headers). The
//! limit is a leaky bucket that holds one minute's calls. Costs one entry per key or address that
//! called lately; those at rest are forgotten every [`FORGET_EVERY`] calls. Each node counts for
//! itself.

use std::{
    hash::Hash,
    net::IpAddr,
    num::NonZeroU32,
    sync::atomic::{AtomicU64, Ordering},
};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DashMapStateStore,
};

use super::{codes::Code, problem::Problem};
use crate::{ids::KeyId, switch::settings::LimitSettings};

/// After how many calls entries at rest are forgotten.
const FORGET_EVERY: u64 = 1 << 16;

type Limiter<K> = RateLimiter<K, DashMapStateStore<K>, DefaultClock, StateInformationMiddleware>;

/// One limit.
pub struct Limit<K: Hash + Eq + Clone> {
    name: &'static str,
    per_minute: u32,
    limiter: Option<Limiter<K>>,
    clock: DefaultClock,
    calls: AtomicU64,
}

/// How a caller stands after a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    name: &'static str,
    per_minute: u32,
    left: u32,
    full_in_secs: u32,
}

impl<K: Hash + Eq + Clone> Limit<K> {
    /// So many calls per minute; 0 for no limit.
    pub fn new(name: &'static str, per_minute: u32) -> Self {
        let limiter = NonZeroU32::new(per_minute).map(|calls| {
            RateLimiter::dashmap(Quota::per_minute(calls)).with_middleware::<StateInformationMiddleware>()
        });
        Self { name, per_minute, limiter, clock: DefaultClock::default(), calls: AtomicU64::new(0) }
    }

    /// Counts a call; nothing when there is no limit.
    pub fn count(&self, caller: &K) -> Result<Option<Standing>, Box<Problem>> {
        let Some(limiter) = &self.limiter else { return Ok(None) };
        if self.calls.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            limiter.retain_recent();
        }
        match limiter.check_key(caller) {
            Ok(state) => Ok(Some(self.standing(state.remaining_burst_capacity()))),
            Err(until) => {
                let wait = until.wait_time_from(self.clock.now());
                let secs = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
                let mut problem = Problem::new(
                    Code::RateLimited,
                    format!("the limit is {} calls a minute; try again in {secs} s", self.per_minute),
                    format!("الحد الأقصى {} طلب في الدقيقة؛ أعد المحاولة بعد {secs} ثانية", self.per_minute),
                )
                .retry_after(secs);
                self.standing(0).tell(&mut problem.headers);
                Err(Box::new(problem))
            }
        }
    }

    fn standing(&self, left: u32) -> Standing {
        let used = u64::from(self.per_minute.saturating_sub(left));
        let full_in_secs = (used * 60).div_ceil(u64::from(self.per_minute.max(1)));
        Standing {
            name: self.name,
            per_minute: self.per_minute,
            left,
            full_in_secs: u32::try_from(full_in_secs).unwrap_or(60),
        }
    }
}

impl Standing {
    /// Writes the fields of an answer.
    pub fn tell(self, headers: &mut HeaderMap) {
        let Self { name, per_minute, left, full_in_secs } = self;
        let mut put = |field: &'static str, text: String| {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(HeaderName::from_static(field), value);
            }
        };
        put("ratelimit-policy", format!("\"{name}\";q={per_minute};w=60"));
        put("ratelimit", format!("\"{name}\";r={left};t={full_in_secs}"));
    }
}

/// The limits of a node.
pub struct Limits {
    /// Quotes, by address.
    pub quotes: Limit<IpAddr>,
    /// Other calls without a key, and wrong keys, by address.
    pub addresses: Limit<IpAddr>,
    /// Calls by key.
    pub keys: Limit<KeyId>,
}

impl Limits {
    /// The limits that the settings ask for.
    pub fn new(settings: LimitSettings) -> Self {
        Self {
            quotes: Limit::new("quotes", settings.quotes_per_minute),
            addresses: Limit::new("address", settings.calls_per_minute),
            keys: Limit::new("key", settings.calls_per_minute),
        }
    }
}

/// What counts as one address: for version 6 the network of 64 bits that one subscriber has.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        four @ IpAddr::V4(_) => four,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_over_the_limit_is_told_when_to_come_back_and_others_are_not_touched() {
        let limit = Limit::new("quotes", 3);
        let caller: IpAddr = "192.0.2.1".parse().unwrap();
        for left in [2, 1, 0] {
            let standing = limit.count(&caller).unwrap().unwrap();
            assert_eq!(standing.left, left);
        }
        let problem = limit.count(&caller).unwrap_err();
        assert_eq!(problem.code, Code::RateLimited);
        assert!(problem.retry_after_secs.is_some_and(|secs| (1..=21).contains(&secs)));
        assert_eq!(problem.headers["ratelimit-policy"], "\"quotes\";q=3;w=60");
        assert_eq!(problem.headers["ratelimit"], "\"quotes\";r=0;t=60");
        assert!(limit.count(&"192.0.2.2".parse().unwrap()).is_ok());
        let none: Limit<IpAddr> = Limit::new("quotes", 0);
        for _ in 0..1000 {
            assert_eq!(none.count(&caller).unwrap(), None);
        }
    }

    #[test]
    fn addresses_of_one_subscriber_count_as_one() {
        let network = |text: &str| super::network(text.parse().unwrap());
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::1"));
        assert_ne!(network("2001:db8:1:3::1"), network("2001:db8:1:2::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
    }
}
