//! Digests and MACs that providers sign with, and the only comparison that is used on them.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha512};
use subtle::ConstantTimeEq;

/// SHA-256 of the parts joined without a separator.
pub fn sha256<'a>(parts: impl IntoIterator<Item = &'a str>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
    }
    hasher.finalize().into()
}

/// The lower-case hex of [`sha256`].
pub fn sha256_hex<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    hex::encode(sha256(parts))
}

/// HMAC-SHA256 of one message.
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// HMAC-SHA512 of one message.
pub fn hmac_sha512(key: &[u8], message: &[u8]) -> [u8; 64] {
    let mut mac = Hmac::<Sha512>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// Whether two signatures are the same, in a time that does not tell where they differ.
pub fn same(told: &[u8], computed: &[u8]) -> bool {
    told.ct_eq(computed).into()
}

/// [`same`] for hex text; the case of the digits told does not matter.
pub fn same_hex(told: &str, computed: &str) -> bool {
    same(told.to_ascii_lowercase().as_bytes(), computed.to_ascii_lowercase().as_bytes())
}
