//! What holds for every call: problems in two languages, negotiation, request ids, limits of bodies.

use reqwest::Method;
use rusum::{
    api::access::{Access, RULES},
    switch::keys::Scope,
};
use serde_json::json;

use crate::{
    node::{Answer, Node, quote_request, send},
    store::Backend,
    support::until,
};

async fn node() -> Node {
    Node::start(&Backend::Sqlite).await
}

/// A path of a rule with ids that lead nowhere.
fn path(rule: &str) -> String {
    let mut path = rule.replace("accounts/{code}", "accounts/rounding");
    for (variable, value) in [
        ("{id}", "pay_00000000000000000000000000000007"),
        ("{code}", "civil-status.birth-certificate"),
        ("{date}", "2026-11-21"),
        ("{provider}", "nobody"),
        ("{operation}", "nothing"),
    ] {
        path = path.replace(variable, value);
    }
    path
}

#[tokio::test]
async fn every_refusal_is_a_problem_in_the_callers_language() {
    let node = node().await;
    let quotes = || node.call(Method::POST, "/v1/quotes");
    let calls: Vec<(reqwest::RequestBuilder, u16, &str)> = vec![
        (node.call(Method::GET, "/nowhere"), 404, "not_found"),
        (node.call(Method::GET, "/v1/refunds"), 404, "not_found"),
        (node.call(Method::GET, "/v1/payments/"), 404, "not_found"),
        (node.call(Method::GET, "/v1/services/no.such"), 404, "not_found"),
        (node.call(Method::GET, "/v1/quotes/quo_1"), 404, "not_found"),
        (node.call(Method::GET, "/v1/quotes/%ff"), 404, "not_found"),
        (node.call(Method::PUT, "/v1/quotes"), 405, "method_not_allowed"),
        (node.call(Method::OPTIONS, "/v1/payments"), 405, "method_not_allowed"),
        (node.call(Method::GET, "/v1/services").header("accept", "application/xml"), 406, "not_acceptable"),
        (quotes().json(&quote_request()).header("accept", "text/csv"), 406, "not_acceptable"),
        (quotes().body("{}"), 415, "unsupported_media_type"),
        (quotes().header("content-type", "text/plain").body("{}"), 415, "unsupported_media_type"),
        (
            quotes().header("content-type", "application/json; charset=utf-16").body("{}"),
            415,
            "unsupported_media_type",
        ),
        (quotes().json(&json!({})).header("content-encoding", "gzip"), 415, "unsupported_media_type"),
        (quotes().header("content-type", "application/json").body("{"), 400, "malformed_json"),
        (quotes().header("content-type", "application/json"), 400, "malformed_json"),
        (quotes().json(&json!({})), 422, "invalid_request"),
        (quotes().json(&json!([])), 422, "invalid_request"),
        (node.call(Method::GET, "/v1/services?limit=0"), 422, "invalid_request"),
        (node.call(Method::GET, "/v1/services?cursor=zzz"), 422, "invalid_cursor"),
        (node.call(Method::GET, "/v1/payments"), 401, "unauthorized"),
    ];
    for (call, status, code) in calls {
        let english = send(call.try_clone().unwrap().header("accept-language", "en-GB, ar;q=0.5")).await;
        assert_eq!(english.refusal(), (status, code.to_owned()), "{english:?}");
        assert_eq!(english.header("content-language"), "en");
        let arabic = send(call.header("accept-language", "fr, ar-EG;q=0.9, en;q=0.1")).await;
        assert_eq!(arabic.refusal(), (status, code.to_owned()));
        assert_eq!(arabic.header("content-language"), "ar");
        for member in ["title", "detail"] {
            let text = arabic.json()[member].as_str().unwrap().to_owned();
            assert!(text.chars().any(|c| ('\u{600}'..='\u{6ff}').contains(&c)), "{member}: {text}");
            assert_ne!(text, english.json()[member]);
        }
    }
    node.stop().await;
}

#[tokio::test]
async fn a_method_that_is_not_allowed_is_told_which_are() {
    let node = node().await;
    for (path, allowed) in [
        ("/v1/payments", "GET, HEAD, POST"),
        ("/v1/quotes", "POST"),
        ("/v1/webhook-endpoints/whk_1", "DELETE, GET, HEAD"),
        ("/healthz", "GET, HEAD"),
    ] {
        let answer = send(node.call(Method::PATCH, path)).await;
        assert_eq!(answer.refusal(), (405, "method_not_allowed".to_owned()));
        assert_eq!(answer.header("allow"), allowed, "{path}");
    }
    node.stop().await;
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let node = node().await;
    for path in ["/v1/services", "/v1/price-list", "/healthz", "/docs", "/v1/services/no.such", "/nowhere"] {
        let get = send(node.call(Method::GET, path)).await;
        let head = send(node.call(Method::HEAD, path)).await;
        assert_eq!(head.status, get.status, "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
        assert_eq!(head.header("content-length"), get.header("content-length"), "{path}");
        assert_eq!(head.body, "");
    }
    node.stop().await;
}

#[tokio::test]
async fn every_answer_carries_a_request_id() {
    let node = node().await;
    for path in ["/v1/services", "/nowhere", "/healthz", "/metrics", "/v1/payments"] {
        let own = send(node.call(Method::GET, path).header("x-request-id", "portal-1.2:3_x")).await;
        assert_eq!(own.header("x-request-id"), "portal-1.2:3_x", "{path}");
        let made = send(node.call(Method::GET, path)).await;
        assert_eq!(made.header("x-request-id").len(), 32, "{path}");
        let replaced = send(node.call(Method::GET, path).header("x-request-id", "a b")).await;
        assert_ne!(replaced.header("x-request-id"), "a b");
        assert_eq!(made.header("x-content-type-options"), "nosniff");
    }
    node.stop().await;
}

#[tokio::test]
async fn unknown_and_doubled_parameters_are_refused_by_every_call() {
    let node = node().await;
    let key = node.key("portal", &Scope::ALL).await;
    for rule in RULES.iter().filter(|rule| rule.path.starts_with("/v1/")) {
        let call = node
            .call(rule.method.clone(), &format!("{}?nonsense=1", path(rule.path)))
            .bearer_auth(&key)
            .header("idempotency-key", "k");
        let answer = send(call).await;
        assert_eq!(answer.refusal().0, 422, "{} {}: {answer:?}", rule.method, rule.path);
        assert_eq!(answer.pointers(), ["/nonsense"], "{} {}", rule.method, rule.path);
        assert_eq!(answer.json()["errors"][0]["parameter"], "nonsense");
    }
    let doubled = node.get(&key, "/v1/payments?status=open&status=paid").await;
    assert_eq!(doubled.refusal().0, 422);
    assert_eq!(doubled.pointers(), ["/status"]);
    node.stop().await;
}

#[tokio::test]
async fn bodies_are_bounded() {
    let node = node().await;
    let padded = |bytes: usize| {
        let mut body = quote_request().to_string();
        body.push_str(&" ".repeat(bytes - body.len()));
        body
    };
    let post = |body: String| {
        send(node.call(Method::POST, "/v1/quotes").header("content-type", "application/json").body(body))
    };
    assert_eq!(post(padded(256 * 1024)).await.status, 201);
    assert_eq!(post(padded(256 * 1024 + 1)).await.refusal(), (413, "too_large".to_owned()));
    assert_eq!(post(padded(4 * 1024 * 1024)).await.refusal(), (413, "too_large".to_owned()));
    node.stop().await;
}

#[tokio::test]
async fn faults_are_told_all_at_once_with_their_pointers() {
    let node = node().await;
    let key = node.key("portal", &[Scope::PaymentsWrite]).await;
    let post = |body: &str| node.post_once(&key, "/v1/payments", "k", body.to_owned());
    let answer = post(
        r#"{"quote": "pay_1", "client_reference": "", "return_url": "http://portal.example/", "language": "fr",
            "payer": {"name": "", "mobile": "0100", "national_id": "19801011234567", "age": 3},
            "capture": 1, "expires_in": "86400", "metadata": {"card": "4111 1111 1111 1111"}, "amount": "1.00"}"#,
    )
    .await;
    assert_eq!(answer.refusal(), (422, "invalid_request".to_owned()));
    let pointers = answer.pointers();
    for expected in [
        "/quote",
        "/client_reference",
        "/return_url",
        "/language",
        "/payer/name",
        "/payer/mobile",
        "/payer/national_id",
        "/payer/age",
        "/capture",
        "/expires_in",
        "/metadata/card",
        "/amount",
    ] {
        assert!(pointers.iter().any(|pointer| pointer == expected), "{expected} in {pointers:?}");
    }
    assert!(!answer.body.contains("4111"), "a card number is not repeated");

    let doubled = post(r#"{"quote": "quo_1", "quote": "quo_2"}"#).await;
    assert!(doubled.pointers().contains(&"/quote".to_owned()), "{doubled:?}");
    let nested = post(r#"{"quote": "quo_00000000000000000000000000000007", "metadata": {"a/b~c": 1}}"#).await;
    assert_eq!(nested.pointers(), ["/metadata/a~1b~0c"]);
    let manual = post(r#"{"quote": "quo_00000000000000000000000000000007", "capture": "manual"}"#).await;
    assert_eq!(manual.pointers(), ["/capture"]);
    let unknown = post(r#"{"quote": "quo_00000000000000000000000000000007"}"#).await;
    assert_eq!(unknown.refusal(), (404, "not_found".to_owned()));
    assert_eq!(unknown.pointers(), ["/quote"]);
    node.stop().await;
}

#[tokio::test]
async fn the_price_list_is_json_or_csv() {
    let node = node().await;
    let json = send(node.call(Method::GET, "/v1/price-list?on=2026-11-21")).await;
    assert_eq!(json.header("content-type"), "application/json");
    let list = json.json();
    assert_eq!(list["on"], "2026-11-21");
    assert!(list["data"].as_array().unwrap().iter().any(|row| row["illustrative"] == true));
    let csv = send(node.call(Method::GET, "/v1/price-list?on=2026-11-21").header("accept", "text/csv")).await;
    assert!(csv.header("content-type").starts_with("text/csv"));
    assert!(csv.body.lines().count() > list["data"].as_array().unwrap().len());
    let wrong = send(node.call(Method::GET, "/v1/price-list?on=21.11.2026")).await;
    assert_eq!(wrong.pointers(), ["/on"]);
    node.stop().await;
}

fn open(rule: &Access) -> bool {
    match rule {
        Access::Open | Access::Quotes | Access::Operator | Access::Provider => true,
        Access::Key(_) => false,
    }
}

#[tokio::test]
async fn those_who_run_it_see_what_they_need() {
    let node = node().await;
    let health = send(node.call(Method::GET, "/healthz")).await;
    assert_eq!(health.json()["status"], "ok");

    let ready: Answer = until("the jobs give signs of life", async || {
        let answer = send(node.call(Method::GET, "/readyz")).await;
        (answer.status == 200).then_some(answer)
    })
    .await;
    let checks = ready.json()["checks"].as_array().unwrap().clone();
    let names: Vec<&str> = checks.iter().map(|check| check["name"].as_str().unwrap()).collect();
    for name in ["database", "migrations", "schedules", "job:outbox", "job:days"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    assert!(checks.iter().all(|check| check["why"].as_str().is_some_and(|why| !why.is_empty())));

    let metrics = send(node.call(Method::GET, "/metrics").header("accept", "text/plain;version=0.0.4")).await;
    for name in [
        "rusum_committer_queue_length",
        "rusum_committer_queue_limit",
        "rusum_commit_duration_seconds_bucket",
        "rusum_http_requests_total{",
        "rusum_provider_healthy{",
        "rusum_attempts_unknown 0",
        "rusum_webhook_deliveries{state=\"dead\"} 0",
        "rusum_messages_unverified_total 0",
    ] {
        assert!(metrics.body.contains(name), "{name} in {}", metrics.body);
    }

    let document = send(node.call(Method::GET, "/openapi.json")).await.json();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["servers"][0]["url"], node.base_url());
    let docs = send(node.call(Method::GET, "/docs")).await;
    assert!(docs.header("content-security-policy").starts_with("default-src 'none'"));
    assert!(docs.body.contains("quote_expired"));
    for rule in RULES.iter().filter(|rule| open(&rule.access)) {
        assert!(docs.body.contains(rule.path), "{}", rule.path);
    }
    node.stop().await;
}
