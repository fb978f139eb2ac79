//! Once: what an idempotency key means inside the switch.
//!
//! Promises: of any number of calls under one key one is carried out; the others are told its answer
//! byte for byte, or that it is still running, or that the key was used for something else. The
//! claim is committed together with the effect, so nothing lies between them; the table of running
//! calls here only spares the store the clashes on one node.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Answered, Switch, error::SwitchError};
use crate::change::{Change, Claim, ClaimKind, StoredAnswer};

/// An idempotency key as the API scoped it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// Client, method, full path and key, hashed.
    pub key: String,
    /// The body, hashed.
    pub fingerprint: String,
}

/// The calls that are running on this node.
#[derive(Clone, Default)]
pub(super) struct Running(Arc<Mutex<HashMap<String, String>>>);

/// A call that is running; dropped when it is over.
pub(super) struct Permit {
    running: Running,
    key: String,
}

impl Running {
    /// Enters a call, or says why it may not run.
    fn enter(&self, once: &Once) -> Result<Permit, SwitchError> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match running.get(&once.key) {
            Some(fingerprint) if *fingerprint == once.fingerprint => Err(SwitchError::IdempotencyInProgress),
            Some(_) => Err(SwitchError::IdempotencyReused),
            None => {
                running.insert(once.key.clone(), once.fingerprint.clone());
                Ok(Permit { running: self.clone(), key: once.key.clone() })
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.running.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

impl Once {
    /// Adds the claim to the Change that makes the effect.
    pub(super) fn claim(&self, change: &mut Change) {
        change.claims.push(Claim {
            kind: ClaimKind::Idempotency,
            key: self.key.clone(),
            holder: self.fingerprint.clone(),
        });
    }

    /// Adds claim and answer to the Change that makes the effect.
    pub(super) fn claim_and_answer(&self, change: &mut Change, status: u16, body: &str) {
        self.claim(change);
        change.answer = Some(answer(&self.key, status, body));
    }
}

/// The answer that a replay of the call under this claim gets.
pub(super) fn answer(key: &str, status: u16, body: &str) -> StoredAnswer {
    StoredAnswer {
        key: key.to_owned(),
        status,
        content_type: "application/json".to_owned(),
        body: body.to_owned(),
    }
}

impl Switch {
    /// Runs a call once under its key. The call itself goes on when the caller hangs up.
    pub(super) async fn once<F>(&self, once: Option<Once>, call: F) -> Result<Answered, SwitchError>
    where
        F: Future<Output = Result<Answered, SwitchError>> + Send + 'static,
    {
        let Some(once) = once else { return detached(call).await };
        if let Some(answered) = self.answered(&once).await? {
            return Ok(answered);
        }
        let permit = self.running.enter(&once)?;
        let outcome = detached(async move {
            let outcome = call.await;
            drop(permit);
            outcome
        })
        .await;
        match outcome {
            // Another node, or a call that ended between the look-up and the entry, was first.
            Err(SwitchError::Claimed(ClaimKind::Idempotency, ..)) => {
                self.answered(&once).await?.ok_or(SwitchError::IdempotencyInProgress)
            }
            outcome => outcome,
        }
    }

    async fn answered(&self, once: &Once) -> Result<Option<Answered>, SwitchError> {
        let Some(known) = self.store.answer(&once.key).await? else { return Ok(None) };
        if known.holder != once.fingerprint {
            return Err(SwitchError::IdempotencyReused);
        }
        let answer = known.answer.ok_or(SwitchError::IdempotencyInProgress)?;
        Ok(Some(Answered { status: answer.status, body: answer.body, replayed: true }))
    }
}

/// Runs a call to its end even when whoever waits for it goes away.
async fn detached<T: Send + 'static>(
    call: impl Future<Output = Result<T, SwitchError>> + Send + 'static,
) -> Result<T, SwitchError> {
    match tokio::spawn(call).await {
        Ok(outcome) => outcome,
        Err(error) => Err(SwitchError::Broken(format!("a call ended abnormally: {error}"))),
    }
}
