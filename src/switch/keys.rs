//! API keys: what a key may do, and its secret.
//!
//! Promises: a secret is 256 random bits and is shown once; the store keeps its SHA-256 only. A key
//! is found by that digest, so no comparison of a secret's bytes takes a time that depends on them.
//! A slow hash would add nothing: nobody guesses 256 bits.

use std::{collections::BTreeSet, fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rusum_kit::method::UnknownWord;
use secrecy::SecretString;
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::clock::random;

/// What every secret begins with, so that it can be found where it should not be.
pub const SECRET_PREFIX: &str = "rsk_";

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Read payments, attempts, events of payments, receipts.
    PaymentsRead,
    /// Make payments and attempts, cancel.
    PaymentsWrite,
    /// Staff: read and make links for citizens.
    Assist,
    /// Ask for refunds.
    RefundsWrite,
    /// Approve refunds that another owner asked for.
    RefundsApprove,
    /// Vouch for values and exemptions.
    Assessments,
    /// Read the ledger.
    LedgerRead,
    /// Read settlement and breaks.
    SettlementRead,
    /// Bring files, propose resolutions.
    SettlementWrite,
    /// Approve what another owner proposed.
    SettlementApprove,
    /// Webhook endpoints, events and their deliveries.
    Webhooks,
    /// Run the switch: end the day.
    Admin,
}

impl Scope {
    /// All scopes, in the contract's order.
    pub const ALL: [Self; 12] = [
        Self::PaymentsRead,
        Self::PaymentsWrite,
        Self::Assist,
        Self::RefundsWrite,
        Self::RefundsApprove,
        Self::Assessments,
        Self::LedgerRead,
        Self::SettlementRead,
        Self::SettlementWrite,
        Self::SettlementApprove,
        Self::Webhooks,
        Self::Admin,
    ];

    /// The scopes by which a key sees the objects of every owner.
    pub const SEES_ALL: [Self; 7] = [
        Self::Admin,
        Self::Assist,
        Self::RefundsApprove,
        Self::SettlementRead,
        Self::SettlementWrite,
        Self::SettlementApprove,
        Self::LedgerRead,
    ];

    /// The word of the contract.
    pub const fn code(self) -> &'static str {
        match self {
            Self::PaymentsRead => "payments:read",
            Self::PaymentsWrite => "payments:write",
            Self::Assist => "assist",
            Self::RefundsWrite => "refunds:write",
            Self::RefundsApprove => "refunds:approve",
            Self::Assessments => "assessments",
            Self::LedgerRead => "ledger:read",
            Self::SettlementRead => "settlement:read",
            Self::SettlementWrite => "settlement:write",
            Self::SettlementApprove => "settlement:approve",
            Self::Webhooks => "webhooks",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl FromStr for Scope {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|one| one.code() == text)
            .ok_or_else(|| UnknownWord(text.to_owned(), Self::ALL.map(Self::code).join(", ")))
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// Whether a key with these scopes sees the objects of every owner.
pub fn sees_all(scopes: &BTreeSet<Scope>) -> bool {
    Scope::SEES_ALL.iter().any(|scope| scopes.contains(scope))
}

/// A new secret and the digest under which the store keeps it.
pub fn fresh_secret() -> (SecretString, [u8; 32]) {
    let secret = format!("{SECRET_PREFIX}{}", URL_SAFE_NO_PAD.encode(random::<32>()));
    let digest = digest_of(&secret);
    (SecretString::from(secret), digest)
}

/// The digest of what a caller sent, or nothing when it cannot be a secret: no look-up is needed.
pub fn digest(secret: &str) -> Option<[u8; 32]> {
    let random = secret.strip_prefix(SECRET_PREFIX)?;
    let form = random.len() == 43
        && random.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    form.then(|| digest_of(secret))
}

fn digest_of(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_secret_is_found_by_its_digest_and_never_printed() {
        let (secret, stored) = fresh_secret();
        assert_eq!(digest(secret.expose_secret()), Some(stored));
        assert!(secret.expose_secret().starts_with("rsk_"));
        assert!(!format!("{secret:?}").contains("rsk_"));
        assert_ne!(fresh_secret().1, stored);
        for refused in ["", "rsk_", "rsk_short", "sk_0123456789012345678901234567890123456789012"] {
            assert_eq!(digest(refused), None, "{refused}");
        }
    }

    #[test]
    fn every_scope_is_read_back() {
        for scope in Scope::ALL {
            assert_eq!(scope.code().parse(), Ok(scope));
        }
        let error = "payments".parse::<Scope>().unwrap_err().to_string();
        assert!(error.contains("payments:read"), "{error}");
        assert!(!sees_all(&BTreeSet::from([Scope::PaymentsRead, Scope::PaymentsWrite, Scope::Webhooks])));
        assert!(sees_all(&BTreeSet::from([Scope::PaymentsRead, Scope::LedgerRead])));
    }
}
