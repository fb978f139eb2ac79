//! Running it: whether it lives, whether it is ready, what it counts, what it can do.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Api,
    metrics::{Text, seconds},
    negotiate::Media,
    reference,
};
use crate::{
    store::{Histogram, Snapshot},
    switch::jobs,
};

/// How long the database may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(2);
/// How far things are counted that are shown on `/metrics`; beyond it the figure stays here.
const COUNTED: u32 = 1_000;
/// How long the document may be kept by caches.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=60");

/// That the process answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`.
    pub status: &'static str,
    /// The version of the binary.
    pub version: &'static str,
}

/// Says that the process answers
#[utoipa::path(get, path = "/healthz", tag = "Operations",
    responses((status = 200, description = "It does", body = Health)))]
pub async fn healthz() -> Json<Health> {
    Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

/// Whether the node is ready, and why not.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    /// Whether every check is ok.
    pub ready: bool,
    /// What was looked at.
    pub checks: Vec<Check>,
}

/// One thing that was looked at.
#[derive(Debug, Serialize, ToSchema)]
pub struct Check {
    /// What: `database`, `migrations`, `schedules`, `job:<name>`.
    pub name: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found.
    pub why: String,
}

impl Check {
    fn of(name: impl Into<String>, found: Result<String, String>) -> Self {
        let ok = found.is_ok();
        let why = found.unwrap_or_else(|why| why);
        Self { name: name.into(), ok, why }
    }
}

/// Says whether the node is ready
///
/// Database, migrations, schedules in force, and the signs of life of every job of this node.
#[utoipa::path(get, path = "/readyz", tag = "Operations",
    responses((status = 200, description = "It is", body = Readiness),
        (status = 503, description = "It is not: each check says why", body = Readiness)))]
pub async fn readyz(State(api): State<Api>) -> (StatusCode, Json<Readiness>) {
    let store = api.switch.store();
    let mut checks = Vec::new();
    let ping = tokio::time::timeout(PATIENCE, store.ping()).await;
    let database = match ping {
        Ok(Ok(())) => Ok("answers".to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("did not answer within {} s", PATIENCE.as_secs())),
    };
    let lives = database.is_ok();
    checks.push(Check::of("database", database));
    if lives {
        let version = store.schema_version().await;
        let version = version.map(|version| format!("schema {version}")).map_err(|error| error.to_string());
        checks.push(Check::of("migrations", version));
    }
    let schedules = api.switch.schedules_in_force().map(|()| "those in force".to_owned());
    checks.push(Check::of("schedules", schedules));
    if lives {
        checks.extend(jobs_alive(&api).await);
    }
    let ready = checks.iter().all(|check| check.ok);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, checks }))
}

async fn jobs_alive(api: &Api) -> Vec<Check> {
    let beats = match api.switch.store().heartbeats().await {
        Ok(beats) => beats,
        Err(error) => return vec![Check::of("jobs", Err(error.to_string()))],
    };
    let (node, now) = (&api.switch.settings().node, api.switch.clock().now());
    let check = |name: &str| {
        let beat = beats.iter().filter(|beat| beat.job == name && beat.node == *node);
        let found = match beat.max_by_key(|beat| beat.at) {
            None => Err("has not given a sign of life on this node".to_owned()),
            Some(beat) => alive(beat.at, now, &beat.detail),
        };
        Check::of(format!("job:{name}"), found)
    };
    jobs::NAMES.iter().map(|name| check(name)).collect()
}

fn alive(at: DateTime<Utc>, now: DateTime<Utc>, detail: &str) -> Result<String, String> {
    let secs = now.signed_duration_since(at).num_seconds().max(0);
    let said = format!("{secs} s ago: {detail}");
    if now - at <= jobs::LATE_AFTER { Ok(said) } else { Err(said) }
}

/// Shows what is counted, in the Prometheus text format
#[utoipa::path(get, path = "/metrics", tag = "Operations",
    responses((status = 200, description = "The figures", body = String, content_type = "text/plain")))]
pub async fn metrics(State(api): State<Api>) -> Response {
    let mut text = Text::default();
    committer(&mut text, &api.switch.store().metrics());
    providers(&mut text, &api);
    text.number(
        "rusum_messages_unverified_total",
        "counter",
        "providers' messages that could not be verified since the start",
        api.switch.unverified_messages(),
    );
    waiting(&mut text, &api).await;
    let body = text.finish() + &api.metrics.render();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], body).into_response()
}

fn committer(text: &mut Text, snapshot: &Snapshot) {
    let gauges = [
        ("rusum_committer_queue_length", "Changes that wait", snapshot.queue_length),
        ("rusum_committer_queue_limit", "the most Changes that may wait", snapshot.queue_limit),
        ("rusum_committer_batch_limit", "the most Changes in one transaction", snapshot.batch_limit),
    ];
    for (name, help, value) in gauges {
        text.number(name, "gauge", help, value);
    }
    text.head("rusum_committer_changes_total", "counter", "Changes by what became of them");
    let outcomes = [
        ("committed", snapshot.committed),
        ("stale", snapshot.stale),
        ("claimed", snapshot.claimed),
        ("overloaded", snapshot.overloaded),
        ("broken", snapshot.broken),
    ];
    for (outcome, value) in outcomes {
        text.line(&format!("rusum_committer_changes_total{{outcome=\"{outcome}\"}} {value}"));
    }
    let retried = "transactions run again, for a clash, a deadlock or a lost connection";
    text.number("rusum_committer_retries_total", "counter", retried, snapshot.retried);
    let undecided = "COMMITs whose outcome had to be found out";
    text.number("rusum_committer_undecided_total", "counter", undecided, snapshot.undecided);
    let size = "Changes per committed transaction";
    histogram(text, "rusum_committer_batch_size", size, &snapshot.batch_size, |value| value.to_string());
    let latency = "from BEGIN to the answer of COMMIT";
    histogram(text, "rusum_commit_duration_seconds", latency, &snapshot.commit_micros, seconds);
}

fn histogram(text: &mut Text, name: &str, help: &str, histogram: &Histogram, show: impl Fn(u64) -> String) {
    text.head(name, "histogram", help);
    for (bound, count) in histogram.buckets.iter().filter(|(bound, _)| *bound != u64::MAX) {
        text.line(&format!("{name}_bucket{{le=\"{}\"}} {count}", show(*bound)));
    }
    text.line(&format!("{name}_bucket{{le=\"+Inf\"}} {}", histogram.count));
    text.line(&format!("{name}_sum {}", show(histogram.sum)));
    text.line(&format!("{name}_count {}", histogram.count));
}

fn providers(text: &mut Text, api: &Api) {
    text.head(
        "rusum_provider_healthy",
        "gauge",
        "1 while calls to the provider go through, 0 while they are paused",
    );
    for provider in api.switch.providers() {
        let id = provider.profile().id;
        let healthy = u8::from(api.switch.transport().is_healthy(id));
        text.line(&format!("rusum_provider_healthy{{provider=\"{id}\"}} {healthy}"));
    }
}

/// What waits for somebody, counted up to [`COUNTED`]; left out where it cannot be had.
async fn waiting(text: &mut Text, api: &Api) {
    let Ok(waiting) = api.switch.store().waiting(COUNTED).await else { return };
    let unknown = "attempts whose outcome nobody knows";
    text.number("rusum_attempts_unknown", "gauge", unknown, waiting.attempts_unknown);
    text.head(
        "rusum_webhook_deliveries",
        "gauge",
        "webhook deliveries that are not over, by where they stand",
    );
    for (state, count) in [
        ("pending", waiting.deliveries_pending),
        ("failing", waiting.deliveries_failing),
        ("dead", waiting.deliveries_dead),
    ] {
        text.line(&format!("rusum_webhook_deliveries{{state=\"{state}\"}} {count}"));
    }
    text.head("rusum_messages", "gauge", "providers' messages by where they stand");
    for (state, count) in [
        ("waiting", waiting.messages_waiting),
        ("unreadable", waiting.messages_unreadable),
        ("unverified", waiting.messages_unverified),
    ] {
        text.line(&format!("rusum_messages{{state=\"{state}\"}} {count}"));
    }
}

/// Shows this document
#[utoipa::path(get, path = "/openapi.json", tag = "Operations",
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value)))]
pub async fn openapi(State(api): State<Api>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(Media::Json.content_type())),
        (header::CACHE_CONTROL, KEPT),
    ];
    (headers, api.document.clone()).into_response()
}

/// Shows this document as a page
#[utoipa::path(get, path = "/docs", tag = "Operations",
    responses((status = 200, description = "The reference", body = String, content_type = "text/html")))]
pub async fn docs(State(api): State<Api>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(Media::Html.content_type())),
        (header::CONTENT_SECURITY_POLICY, reference::policy()),
        (header::CACHE_CONTROL, KEPT),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (headers, api.reference.clone()).into_response()
}
