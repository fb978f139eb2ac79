//! The `Idempotency-Key` header, and the scope and fingerprint that the switch knows a call by.
//!
//! Promises: the bare and the quoted form are one key; a key belongs to its client, method and full
//! path; the fingerprint is taken over the body's bytes.

use axum::http::{HeaderMap, HeaderName, Method};
use rusum_kit::sign::sha256_hex;
use sha2::{Digest, Sha256};

use super::{
    codes::Code,
    problem::{Fault, Place, Problem, words},
};
use crate::switch::Once;

/// The header's name.
pub const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer is the first one again.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A key of 1 to 255 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key of a call.
    pub fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut values = headers.get_all(&HEADER).iter();
        let Some(value) = values.next() else { return Err(Code::IdempotencyKeyMissing.into()) };
        if values.next().is_some() {
            return Err(malformed());
        }
        let text = value.to_str().map_err(|_| malformed())?.trim();
        if text.is_empty() {
            return Err(Code::IdempotencyKeyMissing.into());
        }
        let key = if text.starts_with('"') { unquote(text).ok_or_else(malformed)? } else { text.to_owned() };
        let fits = (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then_some(Self(key)).ok_or_else(malformed)
    }

    /// What the switch knows the call by.
    pub fn once(&self, owner: &str, method: &Method, path: &str, body: &[u8]) -> Once {
        // Owners, methods and paths hold no line feed, so the parts cannot run into one another.
        let key = sha256_hex([owner, "\n", method.as_str(), "\n", path, "\n", &self.0]);
        Once { key, fingerprint: hex::encode(Sha256::digest(body)) }
    }
}

/// The content of a quoted string (RFC 8941): `\"` and `\\` are the only escapes.
fn unquote(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"').filter(|_| text.len() >= 2)?;
    let mut plain = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => plain.push(characters.next().filter(|next| matches!(next, '"' | '\\'))?),
            '"' => return None,
            other => plain.push(other),
        }
    }
    Some(plain)
}

fn malformed() -> Problem {
    Problem::faulty(vec![Fault {
        pointer: "/Idempotency-Key".to_owned(),
        place: Place::Header,
        detail: words(
            "must be one header of 1 to 255 visible ASCII characters, bare or in double quotes",
            "يجب أن تكون ترويسة واحدة من 1 إلى 255 رمز ASCII ظاهر، مجردة أو بين علامتي تنصيص",
        ),
    }])
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(values: &[&[u8]]) -> Result<String, Code> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_bytes(value).unwrap());
        }
        IdempotencyKey::of(&headers).map(|key| key.0).map_err(|problem| problem.code)
    }

    #[test]
    fn the_bare_and_the_quoted_form_are_one_key() {
        assert_eq!(read(&[b"abc-1"]), Ok("abc-1".to_owned()));
        assert_eq!(read(&[b"\"abc-1\""]), Ok("abc-1".to_owned()));
        assert_eq!(read(&[br#""a\"b\\c""#]), Ok(r#"a"b\c"#.to_owned()));
        assert_eq!(read(&["k".repeat(255).as_bytes()]), Ok("k".repeat(255)));
    }

    #[test]
    fn what_is_no_key_is_missing_or_refused() {
        assert_eq!(read(&[]), Err(Code::IdempotencyKeyMissing));
        assert_eq!(read(&[b"  "]), Err(Code::IdempotencyKeyMissing));
        let long = "k".repeat(256);
        for refused in
            [long.as_bytes(), b"a b", b"\"", b"\"\"", b"\"a", b"\"a\"b\"", b"\"a\\x\"", b"\xd9\x85"]
        {
            assert_eq!(read(&[refused]), Err(Code::InvalidRequest), "{refused:?}");
        }
        assert_eq!(read(&[b"a", b"a"]), Err(Code::InvalidRequest));
    }

    #[test]
    fn another_client_path_or_body_is_another_call() {
        let key = IdempotencyKey("k".to_owned());
        let once = key.once("a", &Method::POST, "/v1/payments", b"{}");
        assert_eq!(once, key.once("a", &Method::POST, "/v1/payments", b"{}"));
        assert_ne!(once.key, key.once("b", &Method::POST, "/v1/payments", b"{}").key);
        assert_ne!(once.key, key.once("a", &Method::POST, "/v1/payments/x", b"{}").key);
        let other = key.once("a", &Method::POST, "/v1/payments", b"{ }");
        assert_eq!(once.key, other.key);
        assert_ne!(once.fingerprint, other.fingerprint);
    }
}
