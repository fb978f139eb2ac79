//! Limits: whoever calls too much is told when to come back, and a full queue is told as such.

use reqwest::Method;
use rusum::switch::keys::Scope;
use serde_json::json;

use crate::{
    node::{Node, quote_request, send},
    store::{Backend, backends},
    support::until,
};

#[tokio::test]
async fn quotes_are_limited_by_address() {
    let node = Node::start_with(&Backend::Sqlite, |settings| settings.limits.quotes_per_minute = 3).await;
    for left in ["2", "1", "0"] {
        let answer = send(node.call(Method::POST, "/v1/quotes").json(&quote_request())).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(answer.header("ratelimit-policy"), "\"quotes\";q=3;w=60");
        assert!(answer.header("ratelimit").starts_with(&format!("\"quotes\";r={left};t=")), "{answer:?}");
    }
    let refused = send(node.call(Method::POST, "/v1/quotes").json(&quote_request())).await;
    assert_eq!(refused.refusal(), (429, "rate_limited".to_owned()));
    assert!((1..=21).contains(&refused.header("retry-after").parse::<u32>().unwrap()), "{refused:?}");
    assert!(refused.header("ratelimit").starts_with("\"quotes\";r=0;"));
    // Other calls are not touched.
    assert_eq!(send(node.call(Method::GET, "/v1/services")).await.status, 200);
    node.stop().await;
}

#[tokio::test]
async fn calls_are_limited_by_key_and_a_refused_one_does_not_use_the_idempotency_key_up() {
    let node = Node::start_with(&Backend::Sqlite, |settings| settings.limits.calls_per_minute = 60).await;
    let key = node.key("portal", &[Scope::PaymentsRead, Scope::PaymentsWrite]).await;
    let other = node.key("portal", &[Scope::PaymentsRead]).await;
    let body = json!({"quote": node.priced().await}).to_string();
    while node.get(&key, "/v1/payments").await.status == 200 {}
    let refused = node.post_once(&key, "/v1/payments", "k", body.clone()).await;
    assert_eq!(refused.refusal(), (429, "rate_limited".to_owned()));
    assert_eq!(node.get(&other, "/v1/payments").await.status, 200);
    let made = until("the limit lets one through", async || {
        let answer = node.post_once(&key, "/v1/payments", "k", body.clone()).await;
        (answer.status != 429).then_some(answer)
    })
    .await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.header("idempotent-replayed"), "");
    node.stop().await;
}

#[tokio::test]
async fn wrong_keys_are_limited_by_address() {
    let node = Node::start_with(&Backend::Sqlite, |settings| settings.limits.calls_per_minute = 5).await;
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(node.get("rsk_wrong", "/v1/payments").await.status.as_u16());
    }
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429]);
    node.stop().await;
}

#[tokio::test]
async fn a_full_queue_is_told_with_a_time_to_come_back() {
    for backend in backends() {
        let node = Node::start_with(&backend, |settings| settings.committer.queue = 0).await;
        let refused = send(node.call(Method::POST, "/v1/quotes").json(&quote_request())).await;
        assert_eq!(refused.refusal(), (503, "overloaded".to_owned()));
        assert!(refused.header("retry-after").parse::<u32>().unwrap() >= 1);
        node.stop().await;
    }
}
