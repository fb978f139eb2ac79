//! Webhook endpoints.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Store, StoreError,
    events::matches,
    exec::Tx,
    rows::{document, micros, read_document},
};
pub use crate::ids::WebhookId as EndpointId;

/// A signing secret, sealed: the store never sees it open.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// The key it is sealed under.
    pub key_id: String,
    /// The sealed bytes.
    pub sealed: Vec<u8>,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secret(under {})", self.key_id)
    }
}

/// A webhook endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// Whose it is: it gets the events of this owner's payments and those about no payment.
    pub owner: String,
    /// Where deliveries go.
    pub url: String,
    /// Event types, or patterns as `payment.*` and `*`.
    pub events: Vec<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What deliveries are signed with.
    pub secret: Secret,
    /// The secret before, and until when deliveries are signed with it too.
    pub previous_secret: Option<(Secret, DateTime<Utc>)>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Since when nothing is sent to it, and why.
    pub disabled: Option<(DateTime<Utc>, String)>,
}

#[derive(FromRow)]
pub(super) struct FoundEndpoint {
    id: Uuid,
    owner: String,
    url: String,
    events: String,
    description: Option<String>,
    key_id: String,
    secret: Vec<u8>,
    previous_key_id: Option<String>,
    previous_secret: Option<Vec<u8>>,
    previous_until: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    disabled_at: Option<DateTime<Utc>>,
    disabled_reason: Option<String>,
}

impl FoundEndpoint {
    pub fn into_endpoint(self) -> Result<Endpoint, StoreError> {
        let previous = match (self.previous_key_id, self.previous_secret, self.previous_until) {
            (Some(key_id), Some(sealed), Some(until)) => Some((Secret { key_id, sealed }, until)),
            _ => None,
        };
        Ok(Endpoint {
            id: EndpointId::new(self.id),
            owner: self.owner,
            url: self.url,
            events: read_document("an endpoint's events", &self.events)?,
            description: self.description,
            secret: Secret { key_id: self.key_id, sealed: self.secret },
            previous_secret: previous,
            created_at: self.created_at,
            disabled: self.disabled_at.map(|at| (at, self.disabled_reason.unwrap_or_default())),
        })
    }
}

impl Endpoint {
    /// Whether it wants an event of this type about a payment of this owner, or about none.
    pub(super) fn wants(&self, kind: &str, owner: Option<&str>) -> bool {
        owner.is_none_or(|owner| owner == self.owner)
            && self.events.iter().any(|pattern| matches(pattern, kind))
    }
}

/// The endpoints that deliveries go to.
pub(super) async fn enabled(tx: &mut Tx) -> Result<Vec<Endpoint>, StoreError> {
    const ENABLED: &str = "SELECT * FROM webhook_endpoints WHERE disabled_at IS NULL ORDER BY id";
    let rows: Vec<FoundEndpoint> = tx.rows(ENABLED, ()).await?;
    rows.into_iter().map(FoundEndpoint::into_endpoint).collect()
}

impl Store {
    /// Keeps a new endpoint. It gets the events that are fanned out from now on.
    pub async fn insert_endpoint(&self, endpoint: &Endpoint) -> Result<(), StoreError> {
        const INSERT: &str = "INSERT INTO webhook_endpoints (id, owner, url, events, description, key_id, \
             secret, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let binds = (
            endpoint.id.uuid(),
            endpoint.owner.clone(),
            endpoint.url.clone(),
            document(&endpoint.events),
            endpoint.description.clone(),
            endpoint.secret.key_id.clone(),
            endpoint.secret.sealed.clone(),
            micros(endpoint.created_at),
        );
        self.db().execute(INSERT, binds).await?;
        Ok(())
    }

    /// An endpoint.
    pub async fn endpoint(&self, id: EndpointId) -> Result<Option<Endpoint>, StoreError> {
        const ENDPOINT: &str = "SELECT * FROM webhook_endpoints WHERE id = $1";
        let row: Option<FoundEndpoint> = self.db().maybe_row(ENDPOINT, (id.uuid(),)).await?;
        row.map(FoundEndpoint::into_endpoint).transpose()
    }

    /// The endpoints of an owner, or all, oldest first.
    pub async fn endpoints(&self, owner: Option<&str>) -> Result<Vec<Endpoint>, StoreError> {
        const ENDPOINTS: &str =
            "SELECT * FROM webhook_endpoints WHERE $1 IS NULL OR owner = $1 ORDER BY created_at, id";
        let rows: Vec<FoundEndpoint> = self.db().rows(ENDPOINTS, (owner.map(str::to_owned),)).await?;
        rows.into_iter().map(FoundEndpoint::into_endpoint).collect()
    }

    /// Removes an endpoint and what is still owed to it; says whether there was one.
    pub async fn delete_endpoint(&self, id: EndpointId) -> Result<bool, StoreError> {
        let mut tx = self.db().begin().await?;
        tx.execute("DELETE FROM deliveries WHERE endpoint_id = $1", (id.uuid(),)).await?;
        let deleted = tx.execute("DELETE FROM webhook_endpoints WHERE id = $1", (id.uuid(),)).await?;
        tx.commit().await?;
        Ok(deleted > 0)
    }

    /// Stops sending to an endpoint; what is still owed to it is given up.
    pub async fn disable_endpoint(
        &self,
        id: EndpointId,
        at: DateTime<Utc>,
        reason: &str,
    ) -> Result<(), StoreError> {
        const DISABLE: &str = "UPDATE webhook_endpoints SET disabled_at = $2, disabled_reason = $3 \
             WHERE id = $1 AND disabled_at IS NULL";
        const GIVE_UP: &str = "UPDATE deliveries SET state = 'dead', due_at = NULL, done_at = $2, \
             last_error = $3 WHERE endpoint_id = $1 AND state = 'waiting'";
        let mut tx = self.db().begin().await?;
        tx.execute(DISABLE, (id.uuid(), micros(at), reason.to_owned())).await?;
        tx.execute(GIVE_UP, (id.uuid(), micros(at), format!("the endpoint is disabled: {reason}"))).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Gives an endpoint a new secret; the one before stays valid until then. Says whether there is
    /// such an endpoint.
    pub async fn rotate_secret(
        &self,
        id: EndpointId,
        secret: &Secret,
        previous_until: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        const ROTATE: &str = "UPDATE webhook_endpoints SET previous_key_id = key_id, previous_secret = secret, \
             previous_until = $4, key_id = $2, secret = $3 WHERE id = $1";
        let binds = (id.uuid(), secret.key_id.clone(), secret.sealed.clone(), micros(previous_until));
        Ok(self.db().execute(ROTATE, binds).await? > 0)
    }
}
