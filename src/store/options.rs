//! How a store is opened: every size is a number that is configured and shown.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

/// Sizes and names of a store.
#[derive(Clone, Debug)]
pub struct Options {
    /// The name of this node, shown with its lanes and heartbeats.
    pub node: String,
    /// Whether migrations are applied when it is opened.
    pub migrations: Migrations,
    /// The most connections that read at once.
    pub readers: u32,
    /// The most connections that write outside the committers, on `PostgreSQL`.
    pub writers: u32,
    /// How many committers write at once. `SQLite` has one writer, so there it is always one.
    pub lanes: usize,
    /// The most Changes that wait; past it callers are told to come back.
    pub queue_limit: usize,
    /// The most Changes in one transaction.
    pub batch_limit: usize,
    /// How long a statement on `SQLite` waits for another process that writes, and how long a
    /// caller waits for a free connection.
    pub patience: Duration,
    /// Faults that tests inject.
    pub faults: Faults,
}

/// Whether migrations are applied when a store is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migrations {
    /// They are.
    Apply,
    /// They are not: an older schema is refused.
    Refuse,
}

impl Options {
    /// What a node needs that has two cores: measured in `benches/`.
    pub fn new(node: &str) -> Self {
        Self {
            node: node.to_owned(),
            migrations: Migrations::Apply,
            readers: 8,
            writers: 4,
            lanes: 2,
            queue_limit: 4096,
            batch_limit: 512,
            patience: Duration::from_secs(10),
            faults: Faults::default(),
        }
    }
}

/// Faults at the one place where an outcome can be unknown. Nothing sets them in service.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    lost_replies: Arc<AtomicU32>,
    lost_commits: Arc<AtomicU32>,
}

impl Faults {
    /// The next so many COMMITs are carried out, but their replies are lost.
    pub fn lose_replies(&self, times: u32) {
        self.lost_replies.store(times, Ordering::Relaxed);
    }

    /// The next so many COMMITs never reach the database, and nobody is told.
    pub fn lose_commits(&self, times: u32) {
        self.lost_commits.store(times, Ordering::Relaxed);
    }

    pub(super) fn loses_reply(&self) -> bool {
        take(&self.lost_replies)
    }

    pub(super) fn loses_commit(&self) -> bool {
        take(&self.lost_commits)
    }
}

fn take(left: &AtomicU32) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
}
