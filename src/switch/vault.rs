//! The vault: seals personal data and providers' messages, and hashes what must be found unread.
//!
//! Promises: XChaCha20-Poly1305 with a random nonce; what a text is about (its purpose and id) is
//! authenticated with it, so that one row's ciphertext cannot be put into another; the key's id is
//! kept beside each ciphertext, so that keys can be changed while old rows stay readable. The store
//! never holds a key.

use std::{collections::BTreeMap, fmt};

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use rusum_kit::sign;

use super::clock::random;

/// The keys of a deployment.
#[derive(Clone)]
pub struct Vault {
    active: String,
    keys: BTreeMap<String, [u8; 32]>,
    hash_key: [u8; 32],
}

/// Why something cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The key it is sealed under is not configured.
    #[error(
        "the key {0:?} is not among the configured encryption keys: \
         add it back until all its rows are redacted"
    )]
    UnknownKey(String),
    /// It was not sealed for this purpose, or it was changed.
    #[error("a sealed {0} does not open: it was changed or belongs elsewhere")]
    Broken(&'static str),
    /// The active key is not configured.
    #[error("the active encryption key {0:?} is not among the configured keys")]
    NoActiveKey(String),
}

/// A ciphertext and the id of its key.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The key's id.
    pub key_id: String,
    /// The nonce, then ciphertext and tag.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault(active key {:?} of {})", self.active, self.keys.len())
    }
}

impl Vault {
    /// The vault with these keys, sealing under the active one.
    pub fn try_new(
        active: String,
        keys: BTreeMap<String, [u8; 32]>,
        hash_key: [u8; 32],
    ) -> Result<Self, VaultError> {
        if !keys.contains_key(&active) {
            return Err(VaultError::NoActiveKey(active));
        }
        Ok(Self { active, keys, hash_key })
    }

    /// Seals a text for a purpose (`payer`, `message`, ...) and the id of the row it goes into.
    pub fn seal(&self, purpose: &'static str, id: &str, text: &[u8]) -> Sealed {
        let cipher = XChaCha20Poly1305::new((&self.keys[&self.active]).into());
        let nonce: [u8; 24] = random();
        let aad = format!("{purpose}:{id}");
        let sealed = cipher
            .encrypt(XNonce::from_slice(&nonce), Payload { msg: text, aad: aad.as_bytes() })
            .expect("XChaCha20-Poly1305 seals anything that fits memory");
        Sealed { key_id: self.active.clone(), bytes: [nonce.as_slice(), &sealed].concat() }
    }

    /// Opens what was sealed for this purpose and id.
    pub fn open(
        &self,
        purpose: &'static str,
        id: &str,
        key_id: &str,
        sealed: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let key = self.keys.get(key_id).ok_or_else(|| VaultError::UnknownKey(key_id.to_owned()))?;
        let (nonce, ciphertext) = sealed.split_at_checked(24).ok_or(VaultError::Broken(purpose))?;
        let aad = format!("{purpose}:{id}");
        XChaCha20Poly1305::new(key.into())
            .decrypt(XNonce::from_slice(nonce), Payload { msg: ciphertext, aad: aad.as_bytes() })
            .map_err(|_| VaultError::Broken(purpose))
    }

    /// A keyed hash, for finding a national id without reading it.
    pub fn hash(&self, purpose: &'static str, text: &str) -> Vec<u8> {
        sign::hmac_sha256(&self.hash_key, format!("{purpose}:{text}").as_bytes()).to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(active: &str) -> Vault {
        let keys = BTreeMap::from([("old".to_owned(), [1; 32]), ("new".to_owned(), [2; 32])]);
        Vault::try_new(active.to_owned(), keys, [3; 32]).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_only_for_its_purpose_and_row_and_after_a_key_change() {
        let sealed = vault("old").seal("payer", "pay_1", b"Amina");
        let open = |purpose, id, bytes: &[u8]| vault("new").open(purpose, id, &sealed.key_id, bytes);
        assert_eq!(open("payer", "pay_1", &sealed.bytes).unwrap(), b"Amina");
        assert!(open("payer", "pay_2", &sealed.bytes).is_err());
        assert!(open("message", "pay_1", &sealed.bytes).is_err());
        let mut changed = sealed.bytes.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(open("payer", "pay_1", &changed).is_err());
        assert!(open("payer", "pay_1", &sealed.bytes[..10]).is_err());
        assert!(!sealed.bytes.windows(5).any(|window| window == b"Amina"));
    }

    #[test]
    fn an_active_key_that_is_not_there_is_refused() {
        assert!(Vault::try_new("none".to_owned(), BTreeMap::new(), [0; 32]).is_err());
    }
}
