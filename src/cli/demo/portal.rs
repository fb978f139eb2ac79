//! The demo's portal: receives the switch's webhooks as a service portal would, and shows them.
//!
//! `POST /portal/webhooks` verifies the Standard Webhooks signature (with a verification of its own,
//! not the sender's code) and the age of the message; `GET /portal/webhooks` lists what came, newest
//! first. Bounded: it remembers the last [`KEPT`] messages.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use rusum_kit::sign;
use serde::Serialize;
use serde_json::Value;

use crate::switch::Clock;

/// How many messages are remembered.
const KEPT: usize = 1_000;
/// How old a message may be, in seconds.
const OLDEST_SECS: i64 = 300;

/// The portal.
#[derive(Clone)]
pub struct Portal(Arc<Shared>);

struct Shared {
    secret: Vec<u8>,
    clock: Clock,
    inbox: Mutex<Inbox>,
}

#[derive(Default)]
struct Inbox {
    received: VecDeque<Received>,
    refused: u64,
}

/// A webhook that verified.
#[derive(Clone, Serialize)]
struct Received {
    id: String,
    #[serde(rename = "type")]
    kind: Value,
    sequence: Value,
    verified: bool,
    /// How often it came: at least once is promised.
    deliveries: u32,
    at: DateTime<Utc>,
    payload: Value,
}

/// What the portal shows.
#[derive(Serialize)]
struct Shown {
    verified: usize,
    refused: u64,
    data: Vec<Received>,
}

impl Portal {
    /// A portal that knows its endpoint's secret (`whsec_...`).
    pub fn new(secret: &str, clock: Clock) -> Self {
        let encoded = secret.strip_prefix("whsec_").unwrap_or(secret);
        let secret = STANDARD.decode(encoded).unwrap_or_default();
        Self(Arc::new(Shared { secret, clock, inbox: Mutex::default() }))
    }

    /// Its paths.
    pub fn router(&self) -> Router {
        Router::new().route("/portal/webhooks", post(receive).get(show)).with_state(self.clone())
    }

    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.0.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The message's id, if it was signed with our secret and is not old.
    fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Option<String> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let id = header("webhook-id")?;
        let timestamp = header("webhook-timestamp")?;
        let age = self.0.clock.now().timestamp() - timestamp.parse::<i64>().ok()?;
        if age.abs() > OLDEST_SECS {
            return None;
        }
        let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
        let expected = STANDARD.encode(sign::hmac_sha256(&self.0.secret, &signed));
        let mut signatures = header("webhook-signature")?.split(' ');
        signatures
            .any(|signature| {
                let signature = signature.strip_prefix("v1,");
                signature.is_some_and(|signature| sign::same(signature.as_bytes(), expected.as_bytes()))
            })
            .then(|| id.to_owned())
    }
}

async fn receive(State(portal): State<Portal>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let verified = portal.verify(&headers, &body);
    let payload = serde_json::from_slice::<Value>(&body);
    let mut inbox = portal.inbox();
    let (Some(id), Ok(payload)) = (verified, payload) else {
        inbox.refused += 1;
        return StatusCode::UNAUTHORIZED;
    };
    if let Some(before) = inbox.received.iter_mut().find(|received| received.id == id) {
        before.deliveries += 1;
        return StatusCode::NO_CONTENT;
    }
    inbox.received.push_front(Received {
        id,
        kind: payload["type"].clone(),
        sequence: payload["sequence"].clone(),
        verified: true,
        deliveries: 1,
        at: portal.0.clock.now(),
        payload,
    });
    inbox.received.truncate(KEPT);
    StatusCode::NO_CONTENT
}

async fn show(State(portal): State<Portal>) -> Json<Shown> {
    let inbox = portal.inbox();
    Json(Shown {
        verified: inbox.received.len(),
        refused: inbox.refused,
        data: inbox.received.iter().cloned().collect(),
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;
    use crate::switch::webhooks;

    #[tokio::test]
    async fn only_what_was_signed_for_us_is_shown() {
        let clock = Clock::system();
        let secret = webhooks::new_secret();
        let portal = Portal::new(&secret, clock.clone());
        let body = r#"{"id":"evt_1","type":"payment.paid","sequence":3,"data":{}}"#;
        let send = async |secret: &str, timestamp: i64, body: &'static str| {
            let signature = webhooks::signature(secret, "evt_1", timestamp, body).unwrap();
            let mut headers = HeaderMap::new();
            headers.insert("webhook-id", HeaderValue::from_static("evt_1"));
            headers.insert("webhook-timestamp", timestamp.into());
            headers.insert("webhook-signature", format!("v1,bm90 {signature}").parse().unwrap());
            receive(State(portal.clone()), headers, Bytes::from(body)).await
        };
        let now = clock.now().timestamp();
        assert_eq!(send(&secret, now, body).await, StatusCode::NO_CONTENT);
        assert_eq!(send(&secret, now, body).await, StatusCode::NO_CONTENT);
        assert_eq!(send(&webhooks::new_secret(), now, body).await, StatusCode::UNAUTHORIZED);
        assert_eq!(send(&secret, now - 600, body).await, StatusCode::UNAUTHORIZED);
        let unsigned = receive(State(portal.clone()), HeaderMap::new(), Bytes::from(body)).await;
        assert_eq!(unsigned, StatusCode::UNAUTHORIZED);
        let shown = show(State(portal)).await;
        assert_eq!((shown.verified, shown.refused), (1, 3));
        assert_eq!((shown.data[0].kind.as_str(), shown.data[0].deliveries), (Some("payment.paid"), 2));
    }
}
