//! Re-adding the books.

/// How far a verification came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Entries checked.
    pub done: u64,
    /// Entries to check, as counted at the start.
    pub total: u64,
}

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which law is broken: `totals`, `gap`, `unbalanced`, `orphan`, `payment`, `attempt`, `day`.
    pub law: &'static str,
    /// What differs, with the figures.
    pub detail: String,
}

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Lanes read.
    pub lanes: u64,
    /// Journals read.
    pub journals: u64,
    /// Transfers re-added.
    pub transfers: u64,
    /// Events counted.
    pub events: u64,
    /// Payments compared with their transfers.
    pub payments: u64,
    /// Differences; the first thousand.
    pub findings: Vec<Finding>,
    /// How many differences there are in all.
    pub differences: u64,
}

impl VerifyReport {
    /// Whether the books are right.
    pub const fn is_clean(&self) -> bool {
        self.differences == 0
    }
}
