//! What providers tell us: verified, stored sealed, acknowledged; then worked off.
//!
//! Promises: a message changes money only after it was verified and stored; the same bytes again
//! are acknowledged and change nothing; a process that dies after acknowledging leaves the message
//! `waiting`, due for any node. What cannot be verified is counted and kept within bounds, without
//! effect. Costs one commit before the acknowledgement, one after.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use chrono::{DateTime, Utc};
use rusum_kit::{
    provider::{Confirm, Evidence, Fault, Message, Notice, Outcome, Provider, Reply, Verdict},
    sign,
};
use serde::{Deserialize, Serialize};
use tracing::{error, warn};

use super::{Switch, SwitchError, clock::fresh};
use crate::{
    change::{Change, Claim, ClaimKind, MessageState, StoredMessage},
    ids::{AttemptId, MessageId, PaymentId},
    payments::{self, Command, Observation},
    store::CommitError,
};

/// How many unverified messages are kept in a minute; more are only counted.
const UNVERIFIED_KEPT_PER_MINUTE: u32 = 60;

/// How many unverified messages came, and how many of this minute were kept.
#[derive(Default)]
pub(super) struct SecurityLog {
    counted: AtomicU64,
    minute: Mutex<(i64, u32)>,
}

impl SecurityLog {
    /// Counts one and says whether it is kept.
    fn admit(&self, now: DateTime<Utc>) -> bool {
        self.counted.fetch_add(1, Ordering::Relaxed);
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        let this = now.timestamp() / 60;
        if minute.0 != this {
            *minute = (this, 0);
        }
        minute.1 += 1;
        minute.1 <= UNVERIFIED_KEPT_PER_MINUTE
    }
}

/// What is sealed of a message: all of it, so that it can be verified again.
#[derive(Serialize, Deserialize)]
struct Raw {
    operation: String,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Switch {
    /// Takes a provider's message in and says what the provider is told; nothing when there is no
    /// such provider or it knows no such operation.
    pub async fn receive(&self, provider: &str, message: Message) -> Option<Reply> {
        let provider = self.provider(provider)?.clone();
        let (verdict, notices) = match provider.receive(&message) {
            Ok(notices) => (Verdict::Stored, notices),
            Err(Fault::Unsupported(_)) => return None,
            Err(Fault::Unreadable(why)) => {
                warn!(provider = provider.profile().id, why, "a verified message is unreadable");
                (Verdict::Unreadable, Vec::new())
            }
            Err(fault) => {
                warn!(provider = provider.profile().id, %fault, "a message is not verified");
                (Verdict::Unverified, Vec::new())
            }
        };
        let state = match verdict {
            Verdict::Unverified => {
                if !self.unverified.admit(self.clock.now()) {
                    return Some(provider.reply(&verdict));
                }
                MessageState::Unverified
            }
            Verdict::Unreadable => MessageState::Unreadable,
            Verdict::Stored | Verdict::Unavailable => MessageState::Waiting,
        };
        let id = MessageId::new(fresh());
        match self.keep(provider.profile().id, id, &message, state).await {
            Ok(()) => {
                if state == MessageState::Waiting {
                    self.work_off_soon(provider.clone(), id, notices);
                }
                Some(provider.reply(&verdict))
            }
            // The same bytes were stored before: whoever stored them works them off.
            Err(SwitchError::Claimed(ClaimKind::Message, ..)) => Some(provider.reply(&verdict)),
            Err(error) => {
                error!(error = &error as &dyn std::error::Error, "a message could not be stored");
                Some(provider.reply(if verdict == Verdict::Unverified {
                    &verdict
                } else {
                    &Verdict::Unavailable
                }))
            }
        }
    }

    /// How many messages could not be verified since the start.
    pub fn unverified_messages(&self) -> u64 {
        self.unverified.counted.load(Ordering::Relaxed)
    }

    async fn keep(
        &self,
        provider: &str,
        id: MessageId,
        message: &Message,
        state: MessageState,
    ) -> Result<(), SwitchError> {
        let now = self.clock.now();
        let raw = Raw {
            operation: message.operation.clone(),
            query: message.query.clone(),
            headers: message.headers.clone(),
            body: String::from_utf8_lossy(&message.body).into_owned(),
        };
        let open = serde_json::to_vec(&raw).expect("texts are JSON");
        let sealed = self.vault.seal("message", &id.to_string(), &open);
        let mut claims = Vec::new();
        if state == MessageState::Waiting {
            let digest =
                sign::sha256_hex([provider, "\n", &raw.operation, "\n", &raw.query, "\n", &raw.body]);
            claims.push(Claim { kind: ClaimKind::Message, key: digest, holder: id.to_string() });
        }
        let stored = StoredMessage {
            id,
            provider: provider.to_owned(),
            operation: raw.operation,
            state,
            key_id: sealed.key_id,
            sealed: sealed.bytes,
            received_at: now,
            due_at: (state == MessageState::Waiting).then(|| now + self.lease()),
        };
        self.store.commit(Change { message: Some(stored), claims, ..Change::default() }).await?;
        Ok(())
    }

    /// Works a message off now if there is room; else it is due when its lease ends.
    fn work_off_soon(&self, provider: Arc<dyn Provider>, id: MessageId, notices: Vec<Notice>) {
        let switch = self.clone();
        tokio::spawn(async move {
            let Ok(_room) = switch.messages.acquire().await else { return };
            if let Err(error) = switch.work_off(&provider, id, &notices).await {
                error!(message = %id, error = &error as &dyn std::error::Error, "a message was not worked off");
            }
        });
    }

    /// Takes up messages that nobody worked off; gives how many.
    pub(super) async fn work_off_due_messages(&self, limit: u32) -> Result<usize, SwitchError> {
        let due = self.store.take_due_messages(self.clock.now(), self.lease(), limit).await?;
        let count = due.len();
        for stored in due {
            if let Err(error) = self.work_off_stored(&stored).await {
                error!(message = %stored.id, error = &error as &dyn std::error::Error, "a message was not worked off");
            }
        }
        Ok(count)
    }

    async fn work_off_stored(&self, stored: &StoredMessage) -> Result<(), SwitchError> {
        let Some(provider) = self.provider(&stored.provider).cloned() else { return Ok(()) };
        let broken = |error: &dyn std::error::Error| SwitchError::Broken(error.to_string());
        let open = self
            .vault
            .open("message", &stored.id.to_string(), &stored.key_id, &stored.sealed)
            .map_err(|error| broken(&error))?;
        let raw: Raw = serde_json::from_slice(&open).map_err(|error| broken(&error))?;
        let message = Message {
            operation: raw.operation,
            query: raw.query,
            headers: raw.headers,
            body: raw.body.into_bytes(),
        };
        let notices = provider.receive(&message).map_err(|error| broken(&error))?;
        self.work_off(&provider, stored.id, &notices).await
    }

    /// Makes a message's effect. The last notice's Change marks it as worked off; should the process
    /// die before, the notices are told again and those already booked change nothing.
    async fn work_off(
        &self,
        provider: &Arc<dyn Provider>,
        id: MessageId,
        notices: &[Notice],
    ) -> Result<(), SwitchError> {
        let done = Some((id, MessageState::Applied));
        let Some((last, others)) = notices.split_last() else {
            self.store.commit(Change { worked_off: done, ..Change::default() }).await?;
            return Ok(());
        };
        for notice in others {
            self.apply(provider, notice, None).await?;
        }
        self.apply(provider, last, done).await
    }

    async fn apply(
        &self,
        provider: &Arc<dyn Provider>,
        notice: &Notice,
        done: Option<(MessageId, MessageState)>,
    ) -> Result<(), SwitchError> {
        let outcome = match self.attempt_of(provider.profile().id, notice).await? {
            Some((payment, attempt)) => self.apply_to(provider, payment, attempt, notice, done).await,
            None => self.apply_to_nobody(provider.profile().id, notice, done).await,
        };
        match outcome {
            // This very collection was booked by another telling of it.
            Err(SwitchError::Claimed(ClaimKind::Collection, ..)) => {
                self.store.commit(Change { worked_off: done, ..Change::default() }).await?;
                Ok(())
            }
            outcome => outcome,
        }
    }

    async fn attempt_of(
        &self,
        provider: &str,
        notice: &Notice,
    ) -> Result<Option<(PaymentId, AttemptId)>, SwitchError> {
        if let Some(found) = self.memory.attempt(&notice.merchant_reference) {
            return Ok(Some(found));
        }
        if let Some(found) = self.store.attempt_by_merchant_reference(&notice.merchant_reference).await? {
            return Ok(Some(found));
        }
        Ok(self.store.attempt_by_provider_reference(provider, &notice.provider_reference).await?)
    }

    async fn apply_to(
        &self,
        provider: &Arc<dyn Provider>,
        payment: PaymentId,
        attempt: AttemptId,
        notice: &Notice,
        done: Option<(MessageId, MessageState)>,
    ) -> Result<(), SwitchError> {
        let outcome = match provider.profile().confirm_notifications {
            Confirm::Signature => notice.outcome.clone(),
            Confirm::Query => match self.confirm(provider, payment, attempt).await? {
                Some(outcome) => outcome,
                // Nobody can say now: the message stays due.
                None => return Ok(()),
            },
        };
        if let Outcome::Unknown(why) = &outcome {
            error!(%payment, %attempt, why, "a provider told a status that is not known");
        }
        let command = Command::Observe { attempt, observation: Observation::Outcome(outcome) };
        self.change_payment(payment, &command, |_, change| change.worked_off = done).await
    }

    async fn confirm(
        &self,
        provider: &Arc<dyn Provider>,
        payment: PaymentId,
        attempt: AttemptId,
    ) -> Result<Option<Outcome>, SwitchError> {
        let payment = self.store.payment(payment).await?.ok_or(SwitchError::NotFound("payment"))?;
        let Some(attempt) = payment.attempt(attempt) else { return Ok(None) };
        Ok(self.query_outcome(provider, attempt).await)
    }

    async fn apply_to_nobody(
        &self,
        provider: &str,
        notice: &Notice,
        done: Option<(MessageId, MessageState)>,
    ) -> Result<(), SwitchError> {
        warn!(provider, "a verified message names a reference that is not ours");
        let mut change = match &notice.outcome {
            Outcome::Approved(evidence) => self.unplaced(provider, notice, evidence)?,
            Outcome::Authorized(_)
            | Outcome::Declined(_)
            | Outcome::Pending { .. }
            | Outcome::Expired
            | Outcome::Cancelled
            | Outcome::NotFound
            | Outcome::Unknown(_) => Change::default(),
        };
        change.worked_off = done;
        match self.store.commit(change).await {
            Ok(_) | Err(CommitError::Stale) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn unplaced(&self, provider: &str, notice: &Notice, evidence: &Evidence) -> Result<Change, SwitchError> {
        Ok(payments::unplaced(provider, &notice.merchant_reference, evidence, self.context())?)
    }
}
