//! Schedules in force, and the signs of life of jobs.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::FromRow;

use super::{Store, StoreError, rows::micros};

/// A published version of an authority's schedule. Never changes.
#[derive(FromRow, Clone, Debug, PartialEq, Eq)]
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
#[derive(FromRow, Clone, Debug, PartialEq, Eq)]
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

impl Store {
    /// Puts versions in force, all or none. One that is published already with the same digest stays
    /// as it is; with another digest it is refused. Returns how many are new.
    pub async fn publish(&self, schedules: &[Published]) -> Result<u64, StoreError> {
        const INSERT: &str = "INSERT INTO schedules (authority, version, digest, effective_from, \
             published_by, published_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
        const DIGEST: &str = "SELECT digest FROM schedules WHERE authority = $1 AND version = $2";
        let mut tx = self.db().begin().await?;
        let mut new = 0;
        for schedule in schedules {
            let key = (schedule.authority.clone(), schedule.version.clone());
            let binds = (
                key.0.clone(),
                key.1.clone(),
                schedule.digest.clone(),
                schedule.effective_from,
                schedule.published_by.clone(),
                micros(schedule.published_at),
            );
            new += tx.execute(INSERT, binds).await?;
            let stored: Option<(String,)> = tx.maybe_row(DIGEST, key).await?;
            let published = stored.map(|row| row.0).unwrap_or_default();
            if published != schedule.digest {
                tx.rollback().await?;
                return Err(StoreError::AlreadyPublished {
                    authority: schedule.authority.clone(),
                    version: schedule.version.clone(),
                    published,
                });
            }
        }
        tx.commit().await?;
        Ok(new)
    }

    /// Every version that is in force or will be, by authority and date.
    pub async fn published(&self) -> Result<Vec<Published>, StoreError> {
        const PUBLISHED: &str = "SELECT authority, version, digest, effective_from, published_by, published_at \
             FROM schedules ORDER BY authority, effective_from, version";
        Ok(self.db().rows(PUBLISHED, ()).await?)
    }

    /// Leaves a sign of life.
    pub async fn heartbeat(&self, beat: &Heartbeat) -> Result<(), StoreError> {
        const BEAT: &str = "INSERT INTO heartbeats (job, node, at, detail) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (job, node) DO UPDATE SET at = excluded.at, detail = excluded.detail";
        let binds = (beat.job.clone(), beat.node.clone(), micros(beat.at), beat.detail.clone());
        self.db().execute(BEAT, binds).await?;
        Ok(())
    }

    /// The last sign of life of every job on every node.
    pub async fn heartbeats(&self) -> Result<Vec<Heartbeat>, StoreError> {
        const BEATS: &str = "SELECT job, node, at, detail FROM heartbeats ORDER BY job, node";
        Ok(self.db().rows(BEATS, ()).await?)
    }
}
