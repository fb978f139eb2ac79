//! What the committers count.

/// The committers' counters at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Changes that wait.
    pub queue_length: u64,
    /// The most that may wait.
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
