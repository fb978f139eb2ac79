//! `/metrics`: what is counted while the switch runs, and what is read when somebody asks, in the
//! Prometheus text format.
//!
//! Promises: the labels are routes, methods, statuses and providers, never ids, so the number of
//! series is bounded. The recorder is one per process; several switches in one process (tests)
//! share it.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::http::Method;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// After how many requests what histograms gathered is folded together; else it would grow until
/// somebody asks.
const FOLD_EVERY: u64 = 1024;

/// Seconds; from a read out of memory to a provider that takes its time.
const SECONDS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0];

/// The counters of the API.
pub struct Metrics {
    handle: Option<PrometheusHandle>,
    requests: AtomicU64,
}

/// The process's recorder, or nothing when somebody installed another.
fn handle() -> Option<PrometheusHandle> {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let builder = PrometheusBuilder::new()
                .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
                .ok()?;
            let handle = builder.install_recorder().ok()?;
            metrics::describe_counter!("rusum_http_requests_total", "HTTP requests answered");
            metrics::describe_histogram!(
                "rusum_http_request_duration_seconds",
                metrics::Unit::Seconds,
                "how long HTTP requests took"
            );
            metrics::describe_counter!(
                "rusum_provider_calls_total",
                "calls to providers by what became of them"
            );
            metrics::describe_histogram!(
                "rusum_provider_call_duration_seconds",
                metrics::Unit::Seconds,
                "how long calls to providers took"
            );
            Some(handle)
        })
        .clone()
}

impl Default for Metrics {
    fn default() -> Self {
        Self { handle: handle(), requests: AtomicU64::new(0) }
    }
}

impl Metrics {
    /// Counts an answered request.
    pub fn request(&self, method: &Method, route: &str, status: u16, took: Duration) {
        // A method of the caller's own making must not become a series of its own.
        let method = match *method {
            Method::GET => "GET",
            Method::HEAD => "HEAD",
            Method::POST => "POST",
            Method::DELETE => "DELETE",
            _ => "other",
        };
        let route = route.to_owned();
        metrics::counter!(
            "rusum_http_requests_total",
            "method" => method, "route" => route.clone(), "status" => status.to_string()
        )
        .increment(1);
        metrics::histogram!("rusum_http_request_duration_seconds", "method" => method, "route" => route)
            .record(took);
        if self.requests.fetch_add(1, Ordering::Relaxed) % FOLD_EVERY == FOLD_EVERY - 1
            && let Some(handle) = &self.handle
        {
            handle.run_upkeep();
        }
    }

    /// What was counted in this process.
    pub fn render(&self) -> String {
        self.handle.as_ref().map(PrometheusHandle::render).unwrap_or_default()
    }
}

/// Text of gauges and counters that are read when somebody asks.
#[derive(Default)]
pub struct Text(String);

impl Text {
    /// One series without labels.
    pub fn number(&mut self, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
        self.head(name, kind, help);
        self.line(&format!("{name} {value}"));
    }

    /// The head of a family.
    pub fn head(&mut self, name: &str, kind: &str, help: &str) {
        self.line(&format!("# HELP {name} {help}"));
        self.line(&format!("# TYPE {name} {kind}"));
    }

    /// One line.
    pub fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    /// The whole text.
    pub fn finish(self) -> String {
        self.0
    }
}

/// `micros` as seconds with six decimals, without a float.
pub fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_route_and_status() {
        let metrics = Metrics::default();
        metrics.request(&Method::GET, "/v1/services", 200, Duration::from_millis(3));
        metrics.request(&Method::from_bytes(b"BREW").unwrap(), "-", 405, Duration::ZERO);
        let text = metrics.render();
        assert!(
            text.contains("rusum_http_requests_total{method=\"GET\",route=\"/v1/services\",status=\"200\"}")
        );
        assert!(text.contains("method=\"other\""), "{text}");
        assert_eq!(seconds(1_500_042), "1.500042");
    }
}
