//! API keys. The store knows the hash of a key, never the key.

use chrono::{DateTime, Utc};

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
