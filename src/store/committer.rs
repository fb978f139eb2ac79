//! The Committer: the one place through which Changes reach the database.
//!
//! A lane's task takes whatever waits, without a timer, and writes it in one transaction
//! ([`batch`](super::batch)): under load a commit carries hundreds of Changes, when idle it carries
//! one, at once. Then it answers every caller.
//!
//! Promises: an answer is given only after the COMMIT; a caller that goes away loses nothing, because
//! its Change belongs to the lane from the moment it is queued; one Change that the database refuses
//! never fails its neighbours; a COMMIT whose answer was lost is found out by the batch's own claim,
//! never guessed.
//!
//! Bounded: what waits in all lanes together (`queue_limit`), what one transaction carries
//! (`batch_limit`), and how long a lane tries to reach a database that is gone (`patience`, twice).

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use tokio::sync::{mpsc, oneshot};

use super::{
    CommitError, Committed, Faults, StoreError,
    batch::{Lane, Written, batch_key, claims, write},
    exec::{Db, is_passing},
    lanes,
    metrics::{Metrics, Place},
    rows::decided_from,
};
use crate::{
    calendar::BusinessDay,
    change::{Change, Claim, ClaimKind},
    ids::PaymentId,
};

type Answer = Result<Committed, CommitError>;

/// A Change that waits, and whoever waits for it.
pub(super) struct Job {
    pub change: Change,
    pub answer: oneshot::Sender<Answer>,
    /// Its place in the queue, free again when it is answered.
    pub place: Place,
}

impl Job {
    fn answer(self, answer: Answer, metrics: &Metrics) {
        let counter = match &answer {
            Ok(_) => &metrics.committed,
            Err(CommitError::Stale) => &metrics.stale,
            Err(CommitError::Claimed(_)) => &metrics.claimed,
            Err(CommitError::Overloaded { .. } | CommitError::Broken(_)) => &metrics.broken,
        };
        counter.fetch_add(1, Relaxed);
        drop(self.place);
        // Whoever asked may have gone away; the Change is committed all the same.
        let _ = self.answer.send(answer);
    }

    fn payment(&self) -> Option<(PaymentId, Option<i64>)> {
        self.change.payment.as_ref().map(|change| (change.payment.id, decided_from(change)))
    }
}

/// What a lane's task is told.
pub(super) enum Message {
    Commit(Box<Job>),
    /// Write what waits, then stop.
    Close,
}

/// One lane's task.
pub(super) struct Committer {
    pub db: Db,
    pub node: String,
    pub queue: mpsc::UnboundedReceiver<Message>,
    pub metrics: Arc<Metrics>,
    pub batch_limit: usize,
    pub patience: Duration,
    pub faults: Faults,
    /// Opened with the first batch of a day.
    pub lane: Option<Lane>,
}

/// What a batch learnt that decides Changes which still wait.
#[derive(Default)]
struct Learnt {
    /// Payments and the versions that they have now.
    versions: HashMap<PaymentId, i64>,
    /// Payments and versions that they no longer have.
    gone: HashSet<(PaymentId, Option<i64>)>,
    /// Claims and who holds them.
    holders: HashMap<(ClaimKind, String), String>,
}

/// Why a transaction was not committed. Nothing of it was written.
enum Failure {
    /// The database refuses something in it.
    Refused(sqlx::Error),
    /// Running it again may succeed.
    Passing(sqlx::Error),
    /// The lane's day has ended.
    LaneClosed,
    /// Nobody can tell whether it was committed: the lane must not go on.
    Undecided(StoreError),
    /// No lane can be opened.
    NoLane(StoreError),
}

/// What became of a transaction.
enum Outcome {
    /// Committed; these won, all others are stale.
    Won { won: Vec<usize>, committed: Committed },
    /// Not committed, because of these.
    Clashed(Vec<(usize, Claim)>),
}

impl Committer {
    /// Runs until it is told to close, or nobody can send any more.
    pub async fn run(mut self) {
        let mut waiting: VecDeque<Job> = VecDeque::new();
        let mut closing = false;
        while !(closing && waiting.is_empty()) {
            if waiting.is_empty() {
                match self.queue.recv().await {
                    Some(Message::Commit(job)) => waiting.push_back(*job),
                    Some(Message::Close) | None => closing = true,
                }
            }
            while !closing && waiting.len() < 2 * self.batch_limit {
                match self.queue.try_recv() {
                    Ok(Message::Commit(job)) => waiting.push_back(*job),
                    Ok(Message::Close) => closing = true,
                    Err(_) => break,
                }
            }
            let batch = take_batch(&mut waiting, self.batch_limit);
            if batch.is_empty() {
                continue;
            }
            let mut learnt = Learnt::default();
            self.commit(batch, &mut learnt).await;
            waiting = settle(waiting, &learnt, &self.metrics);
        }
        self.close_lane().await;
    }

    /// Commits a batch and answers it, in as many transactions as it takes.
    async fn commit(&mut self, batch: Vec<Job>, learnt: &mut Learnt) {
        let mut parts = vec![batch];
        while let Some(part) = parts.pop() {
            if let Some((first, second)) = self.commit_part(part, learnt).await {
                parts.push(second);
                parts.push(first);
            }
        }
    }

    /// Commits a part of a batch and answers it; returns it in halves when the database refuses
    /// something in it, so that the one that it refuses is found.
    async fn commit_part(&mut self, mut part: Vec<Job>, learnt: &mut Learnt) -> Option<(Vec<Job>, Vec<Job>)> {
        let give_up = Instant::now() + 2 * self.patience;
        let mut pause = Duration::from_millis(10);
        while !part.is_empty() {
            let began = Instant::now();
            match self.transact(&part).await {
                Ok(Outcome::Won { won, committed }) => {
                    self.metrics.count_batch(won.len(), began.elapsed());
                    self.answer_committed(part, &won, committed, learnt);
                    return None;
                }
                Ok(Outcome::Clashed(losers)) => {
                    self.metrics.count_retry();
                    part = self.answer_claimed(part, losers, learnt);
                }
                Err(Failure::LaneClosed) => self.lane = None,
                Err(Failure::Refused(error)) if part.len() == 1 => {
                    tracing::error!(error = %error, "the database refused a change");
                    return self.answer_broken(part, &error.into());
                }
                Err(Failure::Refused(_)) => {
                    self.metrics.count_retry();
                    let second = part.split_off(part.len() / 2);
                    return Some((part, second));
                }
                Err(Failure::Passing(error)) => {
                    self.metrics.count_retry();
                    if Instant::now() >= give_up {
                        tracing::error!(error = %error, "the database cannot be written to");
                        return self.answer_broken(part, &error.into());
                    }
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(1));
                }
                Err(Failure::Undecided(error)) => {
                    // Whatever became of the batch, no number is given out twice: a new lane goes on.
                    self.lane = None;
                    tracing::error!(error = %error, "a commit stays undecided");
                    return self.answer_broken(part, &error);
                }
                Err(Failure::NoLane(error)) => return self.answer_broken(part, &error),
            }
        }
        None
    }

    /// One transaction: write, then COMMIT.
    async fn transact(&mut self, part: &[Job]) -> Result<Outcome, Failure> {
        let lane = self.lane().await?;
        let changes: Vec<&Change> = part.iter().map(|job| &job.change).collect();
        let written = async {
            let mut tx = self.db.begin_in_day().await?;
            let written = write(&mut tx, lane, &changes).await?;
            Ok((tx, written))
        };
        let (tx, written) = within(2 * self.patience, written).await.map_err(failure)?;
        match written {
            Written::LaneClosed => Err(Failure::LaneClosed),
            Written::Clashed(losers) => {
                tx.rollback().await.map_err(failure)?;
                Ok(Outcome::Clashed(losers))
            }
            Written::Won { won, lane } => {
                let (id, batch) = (lane.id, lane.batches);
                let day = BusinessDay(lane.day);
                let committed = Committed { day, lane: id, batch };
                if won.is_empty() {
                    // Nobody's guard held: there is nothing to commit, and no number is used.
                    tx.rollback().await.map_err(failure)?;
                } else {
                    self.commit_tx(tx, lane).await?;
                }
                Ok(Outcome::Won { won, committed })
            }
        }
    }

    /// COMMIT. Whatever goes wrong here leaves the outcome unknown, and it is found out.
    async fn commit_tx(&mut self, tx: super::exec::Tx, after: Lane) -> Result<(), Failure> {
        let result = if self.faults.loses_commit() {
            tx.rollback().await.and(Err(sqlx::Error::WorkerCrashed))
        } else {
            let committed = within(2 * self.patience, tx.commit()).await;
            if self.faults.loses_reply() { Err(sqlx::Error::WorkerCrashed) } else { committed }
        };
        let Err(error) = result else {
            self.lane = Some(after);
            return Ok(());
        };
        self.metrics.count_undecided();
        tracing::warn!(error = %error, lane = after.id, batch = after.batches, "a commit was not answered");
        if self.was_committed(after).await? {
            self.lane = Some(after);
            return Ok(());
        }
        // The number is used up by the claim that proves it.
        if let Some(lane) = &mut self.lane {
            lane.batches = after.batches;
        }
        Err(failure_of_commit(error))
    }

    /// Whether the batch is in: its claim is inserted again on a new connection. That waits for the
    /// old backend, if it is still at work; a clash means that it committed, and if the claim goes
    /// in, the old transaction can no longer commit.
    async fn was_committed(&self, after: Lane) -> Result<bool, Failure> {
        const CLAIM: &str = "INSERT INTO claims (kind, key, holder) VALUES ('batch', $1, 'none') \
             ON CONFLICT (kind, key) DO NOTHING";
        let key = batch_key(after.id, after.batches);
        let give_up = Instant::now() + 3 * self.patience;
        loop {
            let inserted = async {
                let mut tx = self.db.begin().await?;
                let inserted = tx.execute(CLAIM, (key.clone(),)).await?;
                tx.commit().await?;
                Ok::<_, sqlx::Error>(inserted)
            };
            match within(2 * self.patience, inserted).await {
                Ok(inserted) => return Ok(inserted == 0),
                Err(_) if Instant::now() < give_up => tokio::time::sleep(Duration::from_millis(100)).await,
                Err(error) => {
                    tracing::error!(error = %error, "the outcome of a commit cannot be found out");
                    return Err(Failure::Undecided(StoreError::Undecided(key)));
                }
            }
        }
    }

    /// The lane of the open day, opened if there is none yet.
    async fn lane(&mut self) -> Result<Lane, Failure> {
        if let Some(lane) = self.lane {
            return Ok(lane);
        }
        let opened = async { Ok(lanes::open(&self.db, &self.node).await) };
        let lane = match within(2 * self.patience, opened).await.map_err(Failure::Passing)? {
            Ok(lane) => lane,
            Err(StoreError::Database(error)) if is_passing(&error) => {
                return Err(Failure::Passing(sqlx::Error::Protocol(error.to_string())));
            }
            Err(error) => return Err(Failure::NoLane(error)),
        };
        self.lane = Some(lane);
        Ok(lane)
    }

    async fn close_lane(&mut self) {
        if let Some(lane) = self.lane.take()
            && let Err(error) = lanes::close(&self.db, lane.id).await
        {
            // It is closed with its day.
            tracing::warn!(error = %error, lane = lane.id, "a lane could not be closed");
        }
    }

    fn answer_committed(&self, part: Vec<Job>, won: &[usize], committed: Committed, learnt: &mut Learnt) {
        let won: HashSet<usize> = won.iter().copied().collect();
        for (index, job) in part.into_iter().enumerate() {
            if won.contains(&index) {
                if let Some(change) = &job.change.payment {
                    learnt.versions.insert(change.payment.id, change.payment.version);
                }
                for claim in &job.change.claims {
                    learnt.holders.insert((claim.kind, claim.key.clone()), claim.holder.clone());
                }
                job.answer(Ok(committed), &self.metrics);
            } else {
                learnt.gone.extend(job.payment());
                job.answer(Err(CommitError::Stale), &self.metrics);
            }
        }
    }

    /// Answers those who clashed; returns the others.
    fn answer_claimed(&self, part: Vec<Job>, losers: Vec<(usize, Claim)>, learnt: &mut Learnt) -> Vec<Job> {
        let mut losers: HashMap<usize, Claim> = losers.into_iter().collect();
        let mut others = Vec::with_capacity(part.len());
        for (index, job) in part.into_iter().enumerate() {
            match losers.remove(&index) {
                Some(claim) => {
                    learnt.holders.insert((claim.kind, claim.key.clone()), claim.holder.clone());
                    job.answer(Err(CommitError::Claimed(claim)), &self.metrics);
                }
                None => others.push(job),
            }
        }
        others
    }

    fn answer_broken<T>(&self, part: Vec<Job>, error: &StoreError) -> Option<T> {
        for job in part {
            job.answer(Err(CommitError::Broken(error.clone())), &self.metrics);
        }
        None
    }
}

/// A connection whose other end is gone without a word never answers: time is what tells.
async fn within<T>(limit: Duration, work: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    match tokio::time::timeout(limit, work).await {
        Ok(result) => result,
        Err(_) => Err(sqlx::Error::Protocol(format!("no answer in {limit:?}"))),
    }
}

fn failure(error: sqlx::Error) -> Failure {
    if is_passing(&error) { Failure::Passing(error) } else { Failure::Refused(error) }
}

/// A COMMIT that is known not to have happened is run again, unless the database refused it.
fn failure_of_commit(error: sqlx::Error) -> Failure {
    match &error {
        sqlx::Error::Database(_) if !is_passing(&error) => Failure::Refused(error),
        _ => Failure::Passing(error),
    }
}

/// Takes the Changes for one transaction: at most one per payment and per claim, in the order in
/// which they came.
fn take_batch(waiting: &mut VecDeque<Job>, limit: usize) -> Vec<Job> {
    let mut payments: HashSet<PaymentId> = HashSet::new();
    let mut claimed: HashSet<(ClaimKind, String)> = HashSet::new();
    let (mut batch, mut later) = (Vec::new(), VecDeque::new());
    while let Some(job) = waiting.pop_front() {
        if batch.len() == limit {
            later.push_back(job);
            break;
        }
        let payment = job.payment().map(|(id, _)| id);
        let taken = payment.is_some_and(|id| payments.contains(&id))
            || claims(&job.change).any(|(kind, key)| claimed.contains(&(kind, key.to_owned())));
        // One that waits keeps its place before those that come after it on the same payment.
        payments.extend(payment);
        claimed.extend(claims(&job.change).map(|(kind, key)| (kind, key.to_owned())));
        if taken { later.push_back(job) } else { batch.push(job) }
    }
    later.append(waiting);
    *waiting = later;
    batch
}

/// Answers those that still wait and that the batch has decided: their payment has moved on, or
/// their claim is held. They need not go to the database.
fn settle(waiting: VecDeque<Job>, learnt: &Learnt, metrics: &Metrics) -> VecDeque<Job> {
    let mut left = VecDeque::with_capacity(waiting.len());
    for job in waiting {
        let stale = job.payment().is_some_and(|(id, from)| {
            let moved_on = learnt.versions.get(&id).is_some_and(|version| from != Some(*version));
            moved_on || learnt.gone.contains(&(id, from))
        });
        let held = job.change.claims.iter().find_map(|claim| {
            let holder = learnt.holders.get(&(claim.kind, claim.key.clone()))?;
            Some(Claim { holder: holder.clone(), ..claim.clone() })
        });
        match (stale, held) {
            (true, _) => job.answer(Err(CommitError::Stale), metrics),
            (false, Some(claim)) => job.answer(Err(CommitError::Claimed(claim)), metrics),
            (false, None) => left.push_back(job),
        }
    }
    left
}
