//! The jobs: what the switch does without being asked.
//!
//! Each is a loop over work that is due in the store. Any number of nodes run them beside one
//! another: taking a row pushes its `due_at` by a lease, so nobody else takes it meanwhile, and a
//! node that dies gives it back by doing nothing. Each leaves a heartbeat that `/readyz` shows.
//! Stopping lets each finish what it holds.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{sync::watch, task::JoinSet};
use tracing::{error, info};

use super::{Switch, SwitchError, clock::fresh, current_day};
use crate::{
    calendar::BusinessDay,
    ids::EventId,
    store::{Ended, Forgotten, Heartbeat},
};

/// How much one round of a job takes.
const ROUND: u32 = 200;
/// How long a job rests when nothing was due.
const REST: Duration = Duration::from_millis(250);
/// How long jobs rest whose work comes seldom.
const LONG_REST: Duration = Duration::from_secs(2);
/// How often a job leaves a heartbeat.
const HEARTBEAT: TimeDelta = TimeDelta::seconds(10);
/// How many unverified messages the security log keeps.
const UNVERIFIED_KEPT: u32 = 10_000;

/// How old a heartbeat may be before `/readyz` calls its job late.
pub const LATE_AFTER: TimeDelta = TimeDelta::seconds(60);
/// How long the job rests that looks for data whose time is over.
const RETENTION_REST: Duration = Duration::from_secs(30);

/// The names of the jobs, as their heartbeats tell them.
pub const NAMES: [&str; 7] = ["attempts", "messages", "expiry", "outbox", "days", "schedules", "retention"];

/// The running jobs.
pub struct Jobs {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    switch: Switch,
}

#[derive(Clone, Copy)]
enum Job {
    Attempts,
    Messages,
    Expiry,
    Outbox,
    Days,
    Schedules,
    Retention,
}

impl Job {
    const ALL: [Self; 7] = [
        Self::Attempts,
        Self::Messages,
        Self::Expiry,
        Self::Outbox,
        Self::Days,
        Self::Schedules,
        Self::Retention,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Attempts => "attempts",
            Self::Messages => "messages",
            Self::Expiry => "expiry",
            Self::Outbox => "outbox",
            Self::Days => "days",
            Self::Schedules => "schedules",
            Self::Retention => "retention",
        }
    }

    const fn rest(self) -> Duration {
        match self {
            Self::Attempts | Self::Messages | Self::Outbox => REST,
            Self::Expiry | Self::Days | Self::Schedules => LONG_REST,
            Self::Retention => RETENTION_REST,
        }
    }
}

impl Switch {
    /// Starts the jobs.
    pub fn run(&self) -> Jobs {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for job in Job::ALL {
            tasks.spawn(repeat(self.clone(), job, stopped.clone()));
        }
        Jobs { stop, tasks, switch: self.clone() }
    }

    async fn round(&self, job: Job) -> Result<usize, SwitchError> {
        match job {
            Job::Attempts => self.look_at_due_attempts(ROUND).await,
            Job::Messages => {
                self.store.forget_unverified(UNVERIFIED_KEPT).await?;
                self.work_off_due_messages(ROUND).await
            }
            Job::Expiry => self.expire_payments(ROUND).await,
            Job::Outbox => self.deliver(ROUND).await,
            Job::Days => self.end_days().await,
            Job::Schedules => self.compare_schedules().await.map(|()| 0),
            Job::Retention => self.forget().await.map(|()| 0),
        }
    }

    /// Forgets personal data whose time is over.
    async fn forget(&self) -> Result<(), SwitchError> {
        let now = self.clock.now();
        let kept = self.settings.retention;
        let before = |days: u32| now - TimeDelta::days(i64::from(days));
        let forgotten = self.store.forget(before(kept.payers_days), before(kept.messages_days)).await?;
        if forgotten != Forgotten::default() {
            info!(payers = forgotten.payers, messages = forgotten.messages, "personal data forgotten");
        }
        Ok(())
    }

    /// Ends every day that is over: after an outage one by one, in order.
    async fn end_days(&self) -> Result<usize, SwitchError> {
        let today = current_day(&self.settings, &self.clock);
        let mut ended = 0;
        while let Some(open) = self.store.open_day().await? {
            if open >= today {
                break;
            }
            self.store.end_day(open, EventId::new(fresh()), self.clock.now()).await?;
            info!(day = %open, "business day ended");
            ended += 1;
        }
        Ok(ended)
    }

    /// Ends the open business day now. Ending it again changes nothing. In production a day may not
    /// be ended before its hour.
    pub async fn end_day(&self, day: BusinessDay) -> Result<Ended, SwitchError> {
        let early = day >= current_day(&self.settings, &self.clock);
        if early && self.settings.mode == super::settings::Mode::Production {
            let known = self.store.day(day).await?;
            if known.is_none_or(|known| known.ended_at.is_none()) {
                return Err(SwitchError::CutOverTooEarly(day));
            }
        }
        let ended = self.store.end_day(day, EventId::new(fresh()), self.clock.now()).await;
        match ended {
            Err(crate::store::StoreError::DayNotBegun { open, .. }) => {
                Err(SwitchError::DayNotBegun { day, open })
            }
            ended => Ok(ended?),
        }
    }
}

async fn repeat(switch: Switch, job: Job, mut stopped: watch::Receiver<bool>) {
    let mut beat: Option<DateTime<Utc>> = None;
    let outbox = Arc::clone(&switch.0);
    while !*stopped.borrow() {
        let done = switch.round(job).await;
        let now = switch.clock.now();
        let (rest, detail) = match &done {
            Ok(0) => (job.rest(), "nothing due".to_owned()),
            Ok(count) => (Duration::ZERO, format!("{count} done")),
            Err(error) => {
                error!(job = job.name(), error = error as &dyn std::error::Error, "a job failed");
                (LONG_REST, format!("failed: {error}"))
            }
        };
        if done.is_err() || beat.is_none_or(|last| now - last >= HEARTBEAT) {
            beat = Some(now);
            leave_heartbeat(&switch, job, now, detail).await;
        }
        if rest > Duration::ZERO {
            tokio::select! {
                () = tokio::time::sleep(rest) => {}
                () = outbox.outbox.notified(), if matches!(job, Job::Outbox) => {}
                _ = stopped.changed() => {}
            }
        }
    }
}

async fn leave_heartbeat(switch: &Switch, job: Job, at: DateTime<Utc>, detail: String) {
    let beat = Heartbeat { job: job.name().to_owned(), node: switch.settings.node.clone(), at, detail };
    if let Err(error) = switch.store.heartbeat(&beat).await {
        error!(job = job.name(), error = &error as &dyn std::error::Error, "a heartbeat could not be left");
    }
}

impl Jobs {
    /// Drains: no new work is taken, what is held is finished, the queue is flushed, the store is
    /// closed.
    pub async fn stop(mut self) {
        // Nobody listens any more only when all tasks have ended, and then there is nothing to stop.
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
        self.switch.courier.finish().await;
        self.switch.store.drain().await;
    }
}
