//! Delivery: events leave as signed webhooks, by the Standard Webhooks form.
//!
//! Promises: at least once; in order per payment where the receiver keeps up; the same
//! `webhook-id` in every try; tried again with jitter for three days, then kept as a dead letter
//! that can be sent again. The receiver has a bounded time; no redirect is followed; only `https`
//! and public addresses are told, checked when the endpoint is registered and again when its name is
//! resolved, so that a name cannot move into our own network later.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};
use rusum_kit::sign;
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::sync::Semaphore;
use tracing::{error, info, warn};

use super::{Switch, SwitchError, clock::random, settings::WebhookSettings};
use crate::{
    ids::{EventId, WebhookId},
    payments::EventType,
    store::{Delivery, Endpoint, Secret, StoredEvent},
};

/// How much longer than a receiver may take a delivery is left alone: what a node that was killed held
/// is made again soon after.
const MARGIN: Duration = Duration::from_secs(5);
/// How many deliveries are under way at the same time on a node.
const AT_ONCE: usize = 128;
/// How long a failing delivery holds back the later ones of its payment.
const OVERTAKE_AFTER: Duration = Duration::from_hours(1);
/// The delays between tries, in seconds: three days in all.
const DELAYS: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// The client that tells receivers, and its bound.
pub(super) struct Courier {
    client: reqwest::Client,
    room: Arc<Semaphore>,
    /// For how long a delivery that was taken is left alone.
    lease: Duration,
}

/// How a try ended.
enum Told {
    /// 2xx in time.
    Taken(u16),
    /// 410: the receiver wants no more.
    Gone,
    /// Anything else.
    Failed(Option<u16>, String),
}

/// The body of a delivery.
#[derive(Serialize)]
struct Body<'a> {
    id: EventId,
    #[serde(rename = "type")]
    kind: EventType,
    timestamp: String,
    sequence: Option<i64>,
    data: &'a RawValue,
}

/// An event's body as receivers get it.
pub fn body(event: &StoredEvent) -> String {
    let event = &event.event;
    let body = Body {
        id: event.id,
        kind: event.kind,
        timestamp: event.at.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        sequence: event.payment.map(|_| event.sequence),
        data: &event.data,
    };
    serde_json::to_string(&body).expect("a stored event is JSON")
}

/// A new signing secret, as its owner sees it once.
pub fn new_secret() -> String {
    format!("whsec_{}", STANDARD.encode(random::<24>()))
}

/// One signature of the Standard Webhooks form: over the id, the time and the body.
pub fn signature(secret: &str, id: &str, timestamp: i64, body: &str) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap_or(secret)).ok()?;
    let mac = sign::hmac_sha256(&key, format!("{id}.{timestamp}.{body}").as_bytes());
    Some(format!("v1,{}", STANDARD.encode(mac)))
}

/// Whether an address may be told; why not otherwise.
pub fn acceptable(url: &str, settings: WebhookSettings) -> Result<Url, String> {
    let url = Url::parse(url).map_err(|error| format!("it is not a URL ({error})"))?;
    let host = url.host_str().ok_or("it names no host")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it may not hold a user name or password".to_owned());
    }
    let literal: Option<IpAddr> = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
    let loopback = host == "localhost" || literal.is_some_and(|address| address.is_loopback());
    if loopback && settings.allow_loopback_http && matches!(url.scheme(), "http" | "https") {
        return Ok(url);
    }
    if url.scheme() != "https" {
        return Err("only https addresses are told".to_owned());
    }
    if loopback || literal.is_some_and(|address| !is_public(address)) {
        return Err("its host is not a public address".to_owned());
    }
    Ok(url)
}

/// Whether an address is out in the world: not ours, not a neighbour's, not a protocol's own.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => {
            let [first, second, ..] = v6.segments();
            if let Some(v4) = v6.to_ipv4_mapped() {
                return is_public_v4(v4);
            }
            // NAT64 and 6to4 carry an IPv4 address that could be private: none of them is needed.
            let carries_v4 = (first == 0x64 && second == 0xff9b) || first == 0x2002;
            let documentation = first == 0x2001 && second == 0xdb8;
            let global = (0x2000..=0x3fff).contains(&first);
            global && !carries_v4 && !documentation
        }
    }
}

fn is_public_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocol = a == 192 && b == 0 && c == 0;
    let benchmark = a == 198 && (b == 18 || b == 19);
    !(v4.is_private()
        || v4.is_loopback()
        || v4.is_link_local()
        || v4.is_documentation()
        || v4.is_multicast()
        || a == 0
        || a >= 240
        || shared
        || protocol
        || benchmark)
}

/// Resolves names and leaves out what is not public.
struct Guard {
    loopback: bool,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let loopback = self.loopback;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found
                .filter(|address| is_public(address.ip()) || (loopback && address.ip().is_loopback()))
                .collect();
            if allowed.is_empty() {
                return Err("the name resolves to no public address".into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}

impl Courier {
    pub(super) fn try_new(settings: WebhookSettings) -> Result<Self, reqwest::Error> {
        let timeout = Duration::from_secs(settings.timeout_secs);
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(Guard { loopback: settings.allow_loopback_http }))
            .timeout(timeout)
            .user_agent(concat!("rusum/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, room: Arc::new(Semaphore::new(AT_ONCE)), lease: timeout + MARGIN })
    }

    /// Waits until nothing is under way, as long as a receiver may take.
    pub(super) async fn finish(&self) {
        let all = u32::try_from(AT_ONCE).unwrap_or(u32::MAX);
        let waited = tokio::time::timeout(self.lease, self.room.acquire_many(all)).await;
        if waited.is_err() {
            warn!("deliveries were still under way; they will be made again");
        }
    }

    async fn tell(&self, url: Url, id: &str, timestamp: i64, signatures: String, body: String) -> Told {
        let sent = self
            .client
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures)
            .body(body)
            .send()
            .await;
        match sent {
            Ok(answer) if answer.status().is_success() => Told::Taken(answer.status().as_u16()),
            Ok(answer) if answer.status().as_u16() == 410 => Told::Gone,
            Ok(answer) => {
                let status = answer.status().as_u16();
                let why =
                    if answer.status().is_redirection() { "redirects are not followed" } else { "refused" };
                Told::Failed(Some(status), why.to_owned())
            }
            Err(error) if error.is_timeout() => Told::Failed(None, "no answer in time".to_owned()),
            Err(error) if error.is_connect() => Told::Failed(None, "could not connect".to_owned()),
            Err(_) => Told::Failed(None, "the connection broke".to_owned()),
        }
    }
}

impl Switch {
    /// Makes deliveries of what happened since and starts those that are due; gives how many.
    pub(super) async fn deliver(&self, limit: u32) -> Result<usize, SwitchError> {
        while self.store.fan_out(self.clock.now(), limit).await? > 0 {}
        let room = u32::try_from(self.courier.room.available_permits()).unwrap_or(limit).min(limit);
        if room == 0 {
            return Ok(0);
        }
        let due = self
            .store
            .take_due_deliveries(self.clock.now(), self.courier.lease, OVERTAKE_AFTER, room)
            .await?;
        let count = due.len();
        for delivery in due {
            let Ok(place) = self.courier.room.clone().acquire_owned().await else { break };
            let switch = self.clone();
            tokio::spawn(async move {
                if let Err(error) = switch.deliver_one(&delivery).await {
                    error!(error = &error as &dyn std::error::Error, "the end of a delivery was not stored");
                }
                drop(place);
                switch.outbox.notify_one();
            });
        }
        Ok(count)
    }

    async fn deliver_one(&self, delivery: &Delivery) -> Result<(), SwitchError> {
        let now = self.clock.now();
        let told = match self.sign(delivery, now) {
            Ok((url, signatures, body)) => {
                let id = delivery.event.event.id.to_string();
                self.courier.tell(url, &id, now.timestamp(), signatures, body).await
            }
            Err(why) => Told::Failed(None, why),
        };
        let now = self.clock.now();
        let (endpoint, event) = (delivery.target.endpoint, delivery.target.event);
        match told {
            Told::Taken(status) => {
                info!(%endpoint, %event, status, "webhook delivered");
                self.store.delivered(delivery.target, i32::from(status), now).await?;
            }
            Told::Gone => {
                warn!(%endpoint, %event, "a receiver is gone; its endpoint is disabled");
                self.store.disable_endpoint(endpoint, now, "the receiver answered 410 Gone").await?;
                self.store.delivery_failed(delivery.target, Some(410), "gone", now, None).await?;
            }
            Told::Failed(status, why) => {
                let next = next_try(delivery.tried, now);
                warn!(%endpoint, %event, ?status, why, tried = delivery.tried + 1, "webhook not delivered");
                let status = status.map(i32::from);
                self.store.delivery_failed(delivery.target, status, &why, now, next).await?;
            }
        }
        Ok(())
    }

    fn sign(&self, delivery: &Delivery, now: DateTime<Utc>) -> Result<(Url, String, String), String> {
        let endpoint = &delivery.endpoint;
        let url = acceptable(&endpoint.url, self.settings.webhooks)?;
        let body = body(&delivery.event);
        let id = delivery.event.event.id.to_string();
        let signatures: Vec<String> = self
            .secrets(endpoint, now)
            .map_err(|error| error.to_string())?
            .iter()
            .filter_map(|secret| signature(secret, &id, now.timestamp(), &body))
            .collect();
        Ok((url, signatures.join(" "), body))
    }

    /// The secrets that deliveries to an endpoint are signed with now: two during a rotation.
    fn secrets(&self, endpoint: &Endpoint, now: DateTime<Utc>) -> Result<Vec<String>, SwitchError> {
        let previous = endpoint.previous_secret.as_ref().filter(|(_, until)| *until > now);
        let sealed = std::iter::once(&endpoint.secret).chain(previous.map(|(secret, _)| secret));
        sealed.map(|secret| self.open_secret(endpoint.id, secret)).collect()
    }

    fn open_secret(&self, endpoint: WebhookId, secret: &Secret) -> Result<String, SwitchError> {
        let open = self
            .vault
            .open("webhook", &endpoint.to_string(), &secret.key_id, &secret.sealed)
            .map_err(|error| SwitchError::Broken(error.to_string()))?;
        String::from_utf8(open).map_err(|_| SwitchError::Broken("a webhook secret is not text".to_owned()))
    }

    /// Seals an endpoint's secret for the store.
    pub fn seal_secret(&self, endpoint: WebhookId, secret: &str) -> Secret {
        let sealed = self.vault.seal("webhook", &endpoint.to_string(), secret.as_bytes());
        Secret { key_id: sealed.key_id, sealed: sealed.bytes }
    }
}

/// When a delivery that failed after so many tries is tried next: up to a fifth later than its
/// delay, so that a receiver that comes back is not met by all at once. Nothing after the last.
fn next_try(tried: i32, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let delay = *DELAYS.get(usize::try_from(tried).ok()?)?;
    let jitter_ms = i64::from(u16::from_le_bytes(random())) * delay * 200 / i64::from(u16::MAX);
    Some(now + TimeDelta::seconds(delay) + TimeDelta::milliseconds(jitter_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(allow_loopback_http: bool) -> WebhookSettings {
        WebhookSettings { allow_loopback_http, timeout_secs: 15 }
    }

    #[test]
    fn the_published_vector_verifies() {
        let vectors = include_str!("../../tests/data/webhooks/standard_webhooks.json");
        let vectors: Vec<serde_json::Value> = serde_json::from_str(vectors).unwrap();
        for vector in vectors {
            let text = |name: &str| vector[name].as_str().unwrap();
            let timestamp = text("webhook-timestamp").parse().unwrap();
            let made = signature(text("secret"), text("webhook-id"), timestamp, text("payload")).unwrap();
            assert_eq!(made == text("webhook-signature"), vector["valid"].as_bool().unwrap());
        }
    }

    #[test]
    fn only_public_https_addresses_are_told() {
        for url in ["https://portal.example/hook", "https://8.8.8.8/x", "https://[2606:4700::1111]/"] {
            assert!(acceptable(url, settings(false)).is_ok(), "{url}");
        }
        for url in [
            "http://portal.example/hook",
            "https://127.0.0.1/",
            "https://localhost/",
            "https://10.0.0.1/",
            "https://192.168.1.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://100.64.0.1/",
            "https://0.0.0.0/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[fd00::1]/",
            "https://[fe80::1]/",
            "https://[64:ff9b::a00:1]/",
            "https://user:pass@portal.example/",
            "ftp://portal.example/",
            "portal",
        ] {
            assert!(acceptable(url, settings(false)).is_err(), "{url}");
        }
        assert!(acceptable("http://127.0.0.1:9/x", settings(true)).is_ok());
        assert!(acceptable("http://10.0.0.1:9/x", settings(true)).is_err());
    }

    #[test]
    fn tries_go_on_for_three_days_and_then_stop() {
        let start = DateTime::<Utc>::UNIX_EPOCH;
        let mut now = start;
        let mut tried = 0;
        while let Some(next) = next_try(tried, now) {
            let delay = next - now;
            let least = TimeDelta::seconds(DELAYS[usize::try_from(tried).unwrap()]);
            assert!(delay >= least && delay <= least + least / 5 + TimeDelta::seconds(1));
            (now, tried) = (next, tried + 1);
        }
        assert_eq!(tried, 9);
        assert!(now - start >= TimeDelta::days(3));
    }
}
