//! API keys. The store knows the hash of a key, never the key.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Store, StoreError,
    rows::{document, micros, read_document},
};
use crate::ids::KeyId;

/// An API key as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// Its id.
    pub id: KeyId,
    /// SHA-256 of the secret.
    pub hash: [u8; 32],
    /// What it is called.
    pub name: String,
    /// The person or system behind it: maker and checker compare owners.
    pub owner: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// The services it is bound to; empty means all.
    pub services: Vec<String>,
    /// The authorities it is bound to; empty means all.
    pub authorities: Vec<String>,
    /// The provider it is bound to.
    pub provider: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Since when it is worth nothing.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl std::fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredKey({} {:?} of {:?})", self.id, self.name, self.owner)
    }
}

#[derive(FromRow)]
struct FoundKey {
    id: Uuid,
    hash: Vec<u8>,
    name: String,
    owner: String,
    scopes: String,
    services: String,
    authorities: String,
    provider: Option<String>,
    created_at: DateTime<Utc>,
    revoked_at: Option<DateTime<Utc>>,
}

impl FoundKey {
    fn into_key(self) -> Result<StoredKey, StoreError> {
        let hash = self.hash.as_slice().try_into();
        Ok(StoredKey {
            id: KeyId::new(self.id),
            hash: hash.map_err(|_| StoreError::unreadable("hash of a key", self.hash.len()))?,
            name: self.name,
            owner: self.owner,
            scopes: read_document("scopes", &self.scopes)?,
            services: read_document("services", &self.services)?,
            authorities: read_document("authorities", &self.authorities)?,
            provider: self.provider,
            created_at: self.created_at,
            revoked_at: self.revoked_at,
        })
    }
}

impl Store {
    /// Keeps a new key.
    pub async fn insert_key(&self, key: &StoredKey) -> Result<(), StoreError> {
        const INSERT: &str = "INSERT INTO api_keys (id, hash, name, owner, scopes, services, authorities, \
             provider, created_at, revoked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let binds = (
            key.id.uuid(),
            key.hash.to_vec(),
            key.name.clone(),
            key.owner.clone(),
            document(&key.scopes),
            document(&key.services),
            document(&key.authorities),
            key.provider.clone(),
            micros(key.created_at),
            key.revoked_at.map(micros),
        );
        self.db().execute(INSERT, binds).await?;
        Ok(())
    }

    /// All keys, oldest first.
    pub async fn keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        const KEYS: &str = "SELECT id, hash, name, owner, scopes, services, authorities, provider, \
             created_at, revoked_at FROM api_keys ORDER BY created_at, id";
        let rows: Vec<FoundKey> = self.db().rows(KEYS, ()).await?;
        rows.into_iter().map(FoundKey::into_key).collect()
    }

    /// Makes a key worth nothing; says whether there is such a key that was worth something.
    pub async fn revoke_key(&self, id: KeyId, at: DateTime<Utc>) -> Result<bool, StoreError> {
        const REVOKE: &str = "UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
        Ok(self.db().execute(REVOKE, (id.uuid(), micros(at))).await? > 0)
    }

    /// The key whose secret has this hash, also when it is revoked.
    pub async fn key_by_hash(&self, hash: &[u8; 32]) -> Result<Option<StoredKey>, StoreError> {
        const KEY: &str = "SELECT id, hash, name, owner, scopes, services, authorities, provider, \
             created_at, revoked_at FROM api_keys WHERE hash = $1";
        let row: Option<FoundKey> = self.db().maybe_row(KEY, (hash.to_vec(),)).await?;
        row.map(FoundKey::into_key).transpose()
    }
}
