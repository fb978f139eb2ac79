//! The signatures that are being filled in.
#![expect(clippy::unused_async, unused_variables, missing_docs, reason = "being filled in")]

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::*;
use crate::{
    change::{Change, ClaimKind, MessageState, Quote, SealedPayer, StoredMessage},
    ids::{AttemptId, EventId, KeyId, MessageId, PaymentId, QuoteId},
    ledger::Account,
    payments::Payment,
    reference::Reference,
};

type Result<T> = std::result::Result<T, StoreError>;

impl Store {
    pub async fn insert_endpoint(&self, endpoint: &Endpoint) -> Result<()> {
        Err(StoreError::Closed)
    }
    pub async fn endpoint(&self, id: EndpointId) -> Result<Option<Endpoint>> {
        Err(StoreError::Closed)
    }
    /// All, or those of an owner.
    pub async fn endpoints(&self, owner: Option<&str>) -> Result<Vec<Endpoint>> {
        Err(StoreError::Closed)
    }
    pub async fn delete_endpoint(&self, id: EndpointId) -> Result<bool> {
        Err(StoreError::Closed)
    }
    pub async fn disable_endpoint(&self, id: EndpointId, at: DateTime<Utc>, reason: &str) -> Result<()> {
        Err(StoreError::Closed)
    }
    pub async fn rotate_secret(
        &self,
        id: EndpointId,
        secret: &Secret,
        previous_until: DateTime<Utc>,
    ) -> Result<bool> {
        Err(StoreError::Closed)
    }
    /// Makes deliveries of the events that came since; returns how many events were looked at.
    pub async fn fan_out(&self, now: DateTime<Utc>, limit: u32) -> Result<u64> {
        Err(StoreError::Closed)
    }
    /// Deliveries that may be sent now. One waits behind an earlier one of the same payment and
    /// endpoint, unless that has been failing for `overtake_after`.
    pub async fn take_due_deliveries(
        &self,
        now: DateTime<Utc>,
        lease: Duration,
        overtake_after: Duration,
        limit: u32,
    ) -> Result<Vec<Delivery>> {
        Err(StoreError::Closed)
    }
    pub async fn delivered(&self, target: DeliveryTarget, status: i32, at: DateTime<Utc>) -> Result<()> {
        Err(StoreError::Closed)
    }
    /// `due_at` none: given up.
    pub async fn delivery_failed(
        &self,
        target: DeliveryTarget,
        status: Option<i32>,
        error: &str,
        at: DateTime<Utc>,
        due_at: Option<DateTime<Utc>>,
    ) -> Result<()> {
        Err(StoreError::Closed)
    }
    pub async fn dead_letters(
        &self,
        owner: Option<&str>,
        cursor: &Cursor,
        limit: u32,
    ) -> Result<Page<FailedDelivery>> {
        Err(StoreError::Closed)
    }
    /// To one endpoint or to all that match; returns to how many.
    pub async fn redeliver(
        &self,
        event: EventId,
        endpoint: Option<EndpointId>,
        now: DateTime<Utc>,
    ) -> Result<u64> {
        Err(StoreError::Closed)
    }

    pub async fn insert_key(&self, key: &StoredKey) -> Result<()> {
        Err(StoreError::Closed)
    }
    pub async fn keys(&self) -> Result<Vec<StoredKey>> {
        Err(StoreError::Closed)
    }
    pub async fn revoke_key(&self, id: KeyId, at: DateTime<Utc>) -> Result<bool> {
        Err(StoreError::Closed)
    }
    pub async fn key_by_hash(&self, hash: &[u8; 32]) -> Result<Option<StoredKey>> {
        Err(StoreError::Closed)
    }

    pub async fn verify(&self, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<VerifyReport> {
        Err(StoreError::Closed)
    }

    pub async fn publish(&self, schedules: &[Published]) -> Result<()> {
        Err(StoreError::Closed)
    }
    pub async fn published(&self) -> Result<Vec<Published>> {
        Err(StoreError::Closed)
    }
    pub async fn heartbeat(&self, beat: &Heartbeat) -> Result<()> {
        Err(StoreError::Closed)
    }
    pub async fn heartbeats(&self) -> Result<Vec<Heartbeat>> {
        Err(StoreError::Closed)
    }
}
