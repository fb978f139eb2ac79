//! The transport: sends what adapters build, and says only what it knows.
//!
//! Promises: a request that surely never left is [`Sent::Never`]; anything else without a readable
//! answer is [`Sent::Lost`], because it may have had its effect; nothing is ever re-sent, and no
//! redirect is followed. An answer is read up to [`LARGEST_ANSWER`]. Logged are the provider, the
//! verb, the address without its query, the status and the duration: never headers, bodies or query
//! strings, which hold signatures and personal data.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use chrono::{DateTime, Utc};
use rusum_kit::provider::{Answer, Request, Verb};
use tracing::{info, warn};

use super::{breaker::Breaker, clock::Clock};

/// The largest answer that is read, in bytes.
pub const LARGEST_ANSWER: usize = 1024 * 1024;

/// What became of sending a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The provider answered.
    Answered(Answer),
    /// It surely never reached the provider.
    Never(String),
    /// It may have reached the provider, and nobody knows what it did.
    Lost(String),
}

/// The client for all providers, and a breaker for each.
pub struct Transport {
    client: reqwest::Client,
    clock: Clock,
    breakers: Mutex<HashMap<&'static str, Breaker>>,
}

impl Transport {
    /// A transport of its own connections.
    pub fn try_new(clock: Clock) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .pool_max_idle_per_host(64)
            .user_agent(concat!("rusum/", env!("CARGO_PKG_VERSION")))
            .retry(reqwest::retry::never())
            .build()?;
        Ok(Self { client, clock, breakers: Mutex::default() })
    }

    /// Whether calls to this provider go through at the moment.
    pub fn is_healthy(&self, provider: &'static str) -> bool {
        let now = self.clock.now();
        self.breaker(provider, |breaker| breaker.is_healthy(now))
    }

    /// Sends one request of a provider's adapter.
    pub async fn send(&self, provider: &'static str, request: &Request, timeout: Duration) -> Sent {
        let started = self.clock.now();
        if !self.breaker(provider, |breaker| breaker.admit(started)) {
            return Sent::Never("the provider has not been answering; calls to it are paused".to_owned());
        }
        let sent = self.exchange(request, timeout).await;
        let now = self.clock.now();
        self.breaker(provider, |breaker| match &sent {
            Sent::Answered(answer) if answer.status < 500 => breaker.succeeded(),
            _ => breaker.failed(now),
        });
        log(provider, request, &sent, started, now);
        sent
    }

    async fn exchange(&self, request: &Request, timeout: Duration) -> Sent {
        let verb = match request.verb {
            Verb::Get => reqwest::Method::GET,
            Verb::Post => reqwest::Method::POST,
            Verb::Put => reqwest::Method::PUT,
        };
        let Ok(url) = reqwest::Url::parse(&request.url) else {
            return Sent::Never("the provider's address is not a URL".to_owned());
        };
        let mut builder = self.client.request(verb, url).timeout(timeout);
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        if let Some(body) = &request.body {
            builder = builder.header("content-type", "application/json").body(body.clone());
        }
        match builder.send().await {
            Err(error) if error.is_connect() || error.is_builder() => Sent::Never(plain(&error)),
            Err(error) => Sent::Lost(plain(&error)),
            Ok(response) => read(response).await,
        }
    }

    fn breaker<T>(&self, provider: &'static str, act: impl FnOnce(&mut Breaker) -> T) -> T {
        let mut breakers = self.breakers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        act(breakers.entry(provider).or_default())
    }
}

async fn read(mut response: reqwest::Response) -> Sent {
    let status = response.status().as_u16();
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() <= LARGEST_ANSWER => bytes.extend_from_slice(&chunk),
            Ok(Some(_)) => return Sent::Lost(format!("the answer is larger than {LARGEST_ANSWER} bytes")),
            Ok(None) => break,
            Err(error) => return Sent::Lost(plain(&error)),
        }
    }
    match String::from_utf8(bytes) {
        Ok(body) => Sent::Answered(Answer { status, body }),
        Err(_) => Sent::Lost("the answer is not UTF-8 text".to_owned()),
    }
}

/// The error's kind without its address, which may hold a signature.
fn plain(error: &reqwest::Error) -> String {
    let kind = if error.is_timeout() {
        "timed out"
    } else if error.is_connect() {
        "could not connect"
    } else {
        "the connection broke"
    };
    kind.to_owned()
}

fn log(provider: &'static str, request: &Request, sent: &Sent, started: DateTime<Utc>, now: DateTime<Utc>) {
    let took = now - started;
    let duration_ms = took.num_milliseconds();
    let outcome = match sent {
        Sent::Answered(answer) if answer.status < 500 => "answered",
        Sent::Answered(_) => "failed",
        Sent::Never(_) => "never_sent",
        Sent::Lost(_) => "lost",
    };
    metrics::counter!("rusum_provider_calls_total", "provider" => provider, "outcome" => outcome)
        .increment(1);
    metrics::histogram!("rusum_provider_call_duration_seconds", "provider" => provider)
        .record(took.to_std().unwrap_or_default());
    match sent {
        Sent::Answered(answer) => {
            info!(provider, ?request, status = answer.status, duration_ms, "provider answered");
        }
        Sent::Never(why) => warn!(provider, ?request, why, duration_ms, "request never sent"),
        Sent::Lost(why) => warn!(provider, ?request, why, duration_ms, "answer lost"),
    }
}
