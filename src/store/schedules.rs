//! Schedules in force, and the signs of life of jobs.

use chrono::{DateTime, NaiveDate, Utc};

/// A published version of an authority's schedule. Never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Whose.
    pub authority: String,
    /// Which version.
    pub version: String,
    /// `sha256:` and the hex digest of the file's bytes.
    pub digest: String,
    /// The first date on which it is in force.
    pub effective_from: NaiveDate,
    /// Who published it.
    pub published_by: String,
    /// When.
    pub published_at: DateTime<Utc>,
}

/// The last sign of life of a job on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// The job.
    pub job: String,
    /// The node.
    pub node: String,
    /// When.
    pub at: DateTime<Utc>,
    /// What it did, in a few words.
    pub detail: String,
}
