//! What the committers count: relaxed atomics, read by `/metrics`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

/// The committers' counters at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Changes that wait or are being written.
    pub queue_length: u64,
    /// The most that may be.
    pub queue_limit: u64,
    /// The most Changes in one transaction.
    pub batch_limit: u64,
    /// Changes committed.
    pub committed: u64,
    /// Changes that answered stale.
    pub stale: u64,
    /// Changes that answered claimed.
    pub claimed: u64,
    /// Changes turned away because the queue was full.
    pub overloaded: u64,
    /// Changes that the database refused.
    pub broken: u64,
    /// Transactions run again, for a clash, a deadlock or a lost connection.
    pub retried: u64,
    /// COMMITs whose outcome had to be found out.
    pub undecided: u64,
    /// Changes per committed transaction.
    pub batch_size: Histogram,
    /// Microseconds from BEGIN to the answer of COMMIT.
    pub commit_micros: Histogram,
}

/// A cumulative histogram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    /// Upper bound and how many values were at most that, in rising order; the last bound is
    /// `u64::MAX`.
    pub buckets: Vec<(u64, u64)>,
    /// Σ of the values.
    pub sum: u64,
    /// How many values.
    pub count: u64,
}

const SIZES: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, u64::MAX];
const MICROS: &[u64] = &[
    500,
    1_000,
    2_000,
    4_000,
    8_000,
    16_000,
    32_000,
    64_000,
    128_000,
    256_000,
    512_000,
    1_024_000,
    4_096_000,
    u64::MAX,
];

struct Counting {
    bounds: &'static [u64],
    counts: Vec<AtomicU64>,
    sum: AtomicU64,
}

impl Counting {
    fn new(bounds: &'static [u64]) -> Self {
        Self { bounds, counts: bounds.iter().map(|_| AtomicU64::new(0)).collect(), sum: AtomicU64::new(0) }
    }

    fn count(&self, value: u64) {
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        self.counts[bucket].fetch_add(1, Relaxed);
        self.sum.fetch_add(value, Relaxed);
    }

    fn read(&self) -> Histogram {
        let mut count = 0;
        let buckets = self
            .bounds
            .iter()
            .zip(&self.counts)
            .map(|(bound, own)| {
                count += own.load(Relaxed);
                (*bound, count)
            })
            .collect();
        Histogram { buckets, sum: self.sum.load(Relaxed), count }
    }
}

/// The counters, and the bound of the queue.
pub(super) struct Metrics {
    waiting: AtomicU64,
    queue_limit: u64,
    batch_limit: u64,
    pub committed: AtomicU64,
    pub stale: AtomicU64,
    pub claimed: AtomicU64,
    overloaded: AtomicU64,
    pub broken: AtomicU64,
    retried: AtomicU64,
    undecided: AtomicU64,
    batch_size: Counting,
    commit_micros: Counting,
}

/// A place in the queue, given back when it is dropped.
pub(super) struct Place(Arc<Metrics>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Relaxed);
    }
}

impl Metrics {
    pub fn new(queue_limit: usize, batch_limit: usize) -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            waiting: zero(),
            queue_limit: queue_limit as u64,
            batch_limit: batch_limit as u64,
            committed: zero(),
            stale: zero(),
            claimed: zero(),
            overloaded: zero(),
            broken: zero(),
            retried: zero(),
            undecided: zero(),
            batch_size: Counting::new(SIZES),
            commit_micros: Counting::new(MICROS),
        }
    }

    /// A place in the queue, if one is free.
    pub fn enter(self: &Arc<Self>) -> Option<Place> {
        let entered = self
            .waiting
            .fetch_update(Relaxed, Relaxed, |waiting| (waiting < self.queue_limit).then_some(waiting + 1));
        if entered.is_err() {
            self.overloaded.fetch_add(1, Relaxed);
        }
        entered.is_ok().then(|| Place(Arc::clone(self)))
    }

    pub fn count_batch(&self, changes: usize, took: Duration) {
        self.batch_size.count(changes as u64);
        self.commit_micros.count(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    pub fn count_retry(&self) {
        self.retried.fetch_add(1, Relaxed);
    }

    pub fn count_undecided(&self) {
        self.undecided.fetch_add(1, Relaxed);
    }

    pub fn read(&self) -> Snapshot {
        Snapshot {
            queue_length: self.waiting.load(Relaxed),
            queue_limit: self.queue_limit,
            batch_limit: self.batch_limit,
            committed: self.committed.load(Relaxed),
            stale: self.stale.load(Relaxed),
            claimed: self.claimed.load(Relaxed),
            overloaded: self.overloaded.load(Relaxed),
            broken: self.broken.load(Relaxed),
            retried: self.retried.load(Relaxed),
            undecided: self.undecided.load(Relaxed),
            batch_size: self.batch_size.read(),
            commit_micros: self.commit_micros.read(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_is_bounded_and_places_come_back() {
        let metrics = Arc::new(Metrics::new(1, 1));
        let place = metrics.enter().unwrap();
        assert!(metrics.enter().is_none());
        drop(place);
        assert!(metrics.enter().is_some());
        assert_eq!(metrics.read().overloaded, 1);
    }

    #[test]
    fn a_histogram_is_cumulative() {
        let counting = Counting::new(SIZES);
        for value in [1, 3, 3, 5000] {
            counting.count(value);
        }
        let read = counting.read();
        assert_eq!((read.count, read.sum), (4, 5007));
        assert_eq!(read.buckets[..3], [(1, 1), (2, 1), (4, 3)]);
        assert_eq!(read.buckets.last(), Some(&(u64::MAX, 4)));
    }
}
