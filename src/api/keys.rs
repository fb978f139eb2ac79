//! Authentication: from `Authorization: Bearer` to who calls and what the key may do.
//!
//! Promises: a key is found by the digest of its secret; a revoked key is refused within
//! [`REMEMBERED`], on every node; what the store does not understand grants nothing. Costs one read
//! by an index per key and [`REMEMBERED`]; bounded to [`MOST_KEYS`] remembered keys.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::http::{HeaderMap, HeaderValue, header};

use super::{codes::Code, problem::Problem};
use crate::{
    fees::BillItem,
    ids::KeyId,
    payments::Payment,
    store::{Store, StoredKey},
    switch::{
        Caller,
        keys::{Scope, digest, sees_all},
    },
};

/// For how long a key that was found is not looked up again.
const REMEMBERED: Duration = Duration::from_millis(500);
/// How many keys are remembered at once.
const MOST_KEYS: usize = 10_000;

/// A key that may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its id; the only thing of it that logs tell.
    pub id: KeyId,
    /// Who calls.
    pub caller: Caller,
    /// What it may do.
    pub scopes: BTreeSet<Scope>,
    /// The services it is bound to; empty means all.
    pub services: Vec<String>,
    /// The authorities it is bound to; empty means all.
    pub authorities: Vec<String>,
    /// The provider it is bound to.
    pub provider: Option<String>,
}

impl From<StoredKey> for Key {
    fn from(stored: StoredKey) -> Self {
        let scopes = stored.scopes.iter().filter_map(|scope| scope.parse().ok()).collect();
        Self {
            id: stored.id,
            caller: Caller { owner: stored.owner, sees_all: sees_all(&scopes) },
            scopes,
            services: stored.services,
            authorities: stored.authorities,
            provider: stored.provider,
        }
    }
}

impl Key {
    /// Refuses a key that has none of these scopes, and names them.
    pub fn require(&self, any_of: &[Scope]) -> Result<(), Problem> {
        if any_of.iter().any(|scope| self.scopes.contains(scope)) {
            return Ok(());
        }
        let names = any_of.iter().map(|scope| scope.code()).collect::<Vec<_>>();
        Err(Problem::new(
            Code::Forbidden,
            format!("the key needs the scope {}", names.join(" or ")),
            format!("يحتاج المفتاح إلى الصلاحية {}", names.join(" أو ")),
        ))
    }

    /// Whether the services and authorities it is bound to allow all of these.
    pub fn allows(&self, items: &[BillItem]) -> bool {
        items.iter().all(|item| {
            let among = |bound: &[String], word: &str| {
                bound.is_empty() || bound.iter().any(|allowed| allowed == word)
            };
            among(&self.services, &item.service) && among(&self.authorities, &item.schedule.authority)
        })
    }

    /// Whether it is bound to services or authorities.
    pub const fn is_bound(&self) -> bool {
        !self.services.is_empty() || !self.authorities.is_empty()
    }

    /// Whether it may see a payment.
    pub fn sees(&self, payment: &Payment) -> bool {
        self.caller.sees(payment) && self.allows(&payment.bill.items)
    }

    /// Whose objects a list shows: only the caller's own, unless the key sees all.
    pub fn owner(&self) -> Option<String> {
        (!self.caller.sees_all).then(|| self.caller.owner.clone())
    }

    /// The provider that a list is narrowed to: the one asked for, or the one the key is bound to.
    pub fn narrow(&self, asked: Option<String>) -> Result<Option<String>, Problem> {
        match (&self.provider, asked) {
            (Some(bound), Some(asked)) if *bound != asked => Err(Problem::new(
                Code::Forbidden,
                format!("the key is bound to the provider {bound}"),
                format!("المفتاح مقصور على مقدم الخدمة {bound}"),
            )),
            (Some(bound), _) => Ok(Some(bound.clone())),
            (None, asked) => Ok(asked),
        }
    }
}

/// A key, and when it was looked up.
type Found = (Instant, Arc<Key>);

/// The keys that were found lately.
#[derive(Default)]
pub struct Keys {
    remembered: Mutex<HashMap<[u8; 32], Found>>,
}

impl Keys {
    /// The key of a call, or why there is none.
    pub async fn authenticate(&self, store: &Store, headers: &HeaderMap) -> Result<Arc<Key>, Problem> {
        let hash = bearer(headers)?;
        if let Some(key) = self.recall(&hash) {
            return Ok(key);
        }
        let stored = store.key_by_hash(&hash).await.map_err(Problem::from)?;
        let Some(stored) = stored.filter(|stored| stored.revoked_at.is_none()) else {
            return Err(unauthorized(
                "the API key is not known or has been revoked",
                "مفتاح الدخول غير معروف أو تم إلغاؤه",
            ));
        };
        let key = Arc::new(Key::from(stored));
        self.remember(hash, key.clone());
        Ok(key)
    }

    fn recall(&self, hash: &[u8; 32]) -> Option<Arc<Key>> {
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, key) = remembered.get(hash)?;
        (since.elapsed() < REMEMBERED).then(|| key.clone())
    }

    fn remember(&self, hash: [u8; 32], key: Arc<Key>) {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= MOST_KEYS {
            remembered.clear();
        }
        remembered.insert(hash, (Instant::now(), key));
    }
}

/// The digest of the secret in `Authorization: Bearer`.
fn bearer(headers: &HeaderMap) -> Result<[u8; 32], Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(unauthorized(
            "send one Authorization header: Bearer and the API key",
            "أرسل ترويسة Authorization واحدة: كلمة Bearer ثم مفتاح الدخول",
        ));
    };
    let text = value.to_str().unwrap_or_default();
    let (scheme, secret) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(unauthorized(
            "the Authorization header must be Bearer and the API key",
            "يجب أن تبدأ ترويسة Authorization بكلمة Bearer",
        ));
    }
    digest(secret.trim()).ok_or_else(|| {
        unauthorized("the API key is not known or has been revoked", "مفتاح الدخول غير معروف أو تم إلغاؤه")
    })
}

fn unauthorized(en: &str, ar: &str) -> Problem {
    Problem::new(Code::Unauthorized, en, ar)
        .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"rusum\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(scopes: &[Scope]) -> Key {
        let scopes: BTreeSet<Scope> = scopes.iter().copied().collect();
        Key {
            id: KeyId::new(uuid::Uuid::nil()),
            caller: Caller { owner: "portal".to_owned(), sees_all: sees_all(&scopes) },
            scopes,
            services: Vec::new(),
            authorities: Vec::new(),
            provider: None,
        }
    }

    #[test]
    fn a_missing_scope_is_named() {
        let reader = key(&[Scope::PaymentsRead]);
        assert!(reader.require(&[Scope::PaymentsRead, Scope::Assist]).is_ok());
        let problem = reader.require(&[Scope::PaymentsWrite]).unwrap_err();
        assert_eq!(problem.code, Code::Forbidden);
        assert!(problem.detail.unwrap().en.contains("payments:write"));
        assert_eq!(reader.owner(), Some("portal".to_owned()));
        assert_eq!(key(&[Scope::LedgerRead]).owner(), None);
    }

    #[test]
    fn a_key_bound_to_a_provider_sees_that_one_only() {
        let bound = Key { provider: Some("fawry".to_owned()), ..key(&[Scope::SettlementRead]) };
        assert_eq!(bound.narrow(None).unwrap(), Some("fawry".to_owned()));
        assert_eq!(bound.narrow(Some("fawry".to_owned())).unwrap(), Some("fawry".to_owned()));
        assert_eq!(bound.narrow(Some("paymob".to_owned())).unwrap_err().code, Code::Forbidden);
        assert_eq!(key(&[]).narrow(Some("paymob".to_owned())).unwrap(), Some("paymob".to_owned()));
    }

    #[test]
    fn what_is_not_one_bearer_key_is_unauthorized() {
        let secret = "rsk_0123456789012345678901234567890123456789012";
        let told = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
            }
            bearer(&headers)
        };
        assert!(told(&[&format!("Bearer {secret}")]).is_ok());
        assert!(told(&[&format!("bearer  {secret}")]).is_ok());
        for refused in [
            vec![],
            vec!["Bearer"],
            vec!["Bearer x"],
            vec![secret],
            vec!["Basic YTpi"],
            vec!["Bearer rsk_0123456789012345678901234567890123456789012", "Bearer x"],
        ] {
            let problem = told(&refused).unwrap_err();
            assert_eq!(problem.code, Code::Unauthorized);
            assert!(problem.headers.contains_key(header::WWW_AUTHENTICATE));
        }
    }
}
