//! Once: what an `Idempotency-Key` promises to the outside, on every engine.

use reqwest::Method;
use rusum::switch::{clock::fresh, keys::Scope};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    node::{Node, send},
    store::backends,
    support::until,
};

const SCOPES: [Scope; 2] = [Scope::PaymentsRead, Scope::PaymentsWrite];

async fn nodes() -> Vec<Node> {
    let mut nodes = Vec::new();
    for backend in backends() {
        nodes.push(Node::start(&backend).await);
    }
    nodes
}

async fn count_payments(node: &Node, key: &str) -> usize {
    node.get(key, "/v1/payments?limit=200").await.json()["data"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_replay_is_the_first_answer_byte_for_byte() {
    for node in nodes().await {
        let key = node.key("portal", &SCOPES).await;
        // The order of fields and the blanks are the caller's own.
        let quote = node.priced().await;
        let body = format!("{{ \"metadata\": {{\"b\": \"2\", \"a\": \"1\"}},\n \"quote\": \"{quote}\" }}");
        let first = node.post_once(&key, "/v1/payments", "once-1", body.clone()).await;
        assert_eq!(first.status, 201, "{first:?}");
        assert_eq!(first.header("idempotent-replayed"), "");
        for once in ["once-1", "\"once-1\""] {
            let again = node.post_once(&key, "/v1/payments", once, body.clone()).await;
            assert_eq!(again.status, 201);
            assert_eq!(again.body, first.body, "byte for byte");
            assert_eq!(again.header("idempotent-replayed"), "true");
            assert_eq!(again.header("content-type"), first.header("content-type"));
        }
        let id = first.json()["id"].as_str().unwrap().to_owned();

        // It stays the first answer when the payment has moved on and the quote has expired.
        let attempts = format!("/v1/payments/{id}/attempts");
        let order = json!({"method": "epayment"}).to_string();
        let attempt = node.post_once(&key, &attempts, "once-1", order.clone()).await;
        assert_eq!(attempt.status, 201, "another path is another call: {attempt:?}");
        let again = node.post_once(&key, &attempts, "once-1", order).await;
        assert_eq!(
            (again.body, again.headers["idempotent-replayed"].to_str().unwrap()),
            (attempt.body, "true")
        );
        node.clock.advance(chrono::TimeDelta::hours(23));
        let late = node.post_once(&key, "/v1/payments", "once-1", body.clone()).await;
        assert_eq!(late.body, first.body);
        assert_eq!(count_payments(&node, &key).await, 1);

        let cancel = format!("/v1/payments/{id}/cancel");
        let cancelled = node.post_once(&key, &cancel, "c", String::new()).await;
        assert_eq!(cancelled.status, 200, "{cancelled:?}");
        let again = node.post_once(&key, &cancel, "c", String::new()).await;
        assert_eq!((again.status.as_u16(), again.body), (200, cancelled.body));
        node.stop().await;
    }
}

#[tokio::test]
async fn another_body_under_the_same_key_is_refused_and_changes_nothing() {
    for node in nodes().await {
        let key = node.key("portal", &SCOPES).await;
        let (quote, other) = (node.priced().await, node.priced().await);
        let body = |quote: &str| json!({"quote": quote}).to_string();
        assert_eq!(node.post_once(&key, "/v1/payments", "k", body(&quote)).await.status, 201);
        for changed in [body(&other), format!("{} ", body(&quote))] {
            let refused = node.post_once(&key, "/v1/payments", "k", changed).await;
            assert_eq!(refused.refusal(), (422, "idempotency_key_reused".to_owned()));
        }
        assert_eq!(count_payments(&node, &key).await, 1);
        // The other quote is free, and another client may use the same key.
        let kiosks = node.key("kiosks", &SCOPES).await;
        assert_eq!(node.post_once(&kiosks, "/v1/payments", "k", body(&other)).await.status, 201);
        node.stop().await;
    }
}

#[tokio::test]
async fn fifty_first_calls_at_once_make_one_payment() {
    for node in nodes().await {
        let key = node.key("portal", &SCOPES).await;
        let body = json!({"quote": node.priced().await}).to_string();
        let mut calls = JoinSet::new();
        for _ in 0..50 {
            let call = node
                .call(Method::POST, "/v1/payments")
                .bearer_auth(&key)
                .header("idempotency-key", "fifty")
                .header("content-type", "application/json")
                .body(body.clone());
            calls.spawn(send(call));
        }
        let mut bodies = Vec::new();
        while let Some(answer) = calls.join_next().await {
            let answer = answer.unwrap();
            match answer.status.as_u16() {
                201 => bodies.push(answer.body),
                409 => {
                    assert_eq!(answer.refusal().1, "idempotency_in_progress");
                    assert!(!answer.header("retry-after").is_empty());
                }
                other => panic!("{other}: {answer:?}"),
            }
        }
        assert!(!bodies.is_empty());
        assert!(bodies.iter().all(|body| *body == bodies[0]));
        assert_eq!(count_payments(&node, &key).await, 1);
        let replay = node.post_once(&key, "/v1/payments", "fifty", body).await;
        assert_eq!(replay.body, bodies[0]);
        node.stop().await;
    }
}

/// An order to pay that waits at the provider's gate, its path, and the key that made it.
async fn waiting(node: &Node) -> (String, String, String) {
    let key = node.key("portal", &SCOPES).await;
    let payment = node.ordered(&key).await;
    let path = format!("/v1/payments/{}", payment["id"].as_str().unwrap());
    (key, path, json!({"method": "epayment"}).to_string())
}

async fn intent_is_stored(node: &Node, key: &str, payment: &str) {
    until("the intent of the first call is stored", async || {
        let payment = node.get(key, payment).await.json();
        (!payment["attempts"].as_array().unwrap().is_empty()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn while_the_first_call_runs_others_are_told_to_come_back() {
    for backend in backends() {
        let (node, gate) = Node::start_gated(&backend).await;
        let (key, payment, order) = waiting(&node).await;
        let path = format!("{payment}/attempts");
        let call = |body: String| {
            node.call(Method::POST, &path)
                .bearer_auth(&key)
                .header("idempotency-key", "slow")
                .header("content-type", "application/json")
                .body(body)
        };
        let running = tokio::spawn(send(call(order.clone())));
        intent_is_stored(&node, &key, &payment).await;
        let told = send(call(order.clone())).await;
        assert_eq!(told.refusal(), (409, "idempotency_in_progress".to_owned()));
        assert_eq!(told.header("retry-after"), "1");
        assert_eq!(told.json()["retry_after"], 1);
        let other = send(call(json!({"method": "epayment", "tender": "cash"}).to_string())).await;
        assert_eq!(other.refusal(), (422, "idempotency_key_reused".to_owned()));
        // Under another key it is another attempt, which has to wait for the first one's outcome.
        let second = node.post(&key, &path, &json!({"method": "epayment"})).await;
        assert_eq!(second.refusal(), (409, "payment_in_progress".to_owned()));
        assert!(second.json()["retry_after"].as_u64().is_some_and(|secs| secs >= 1));
        gate.open();
        let first = running.await.unwrap();
        assert_eq!(first.status, 201, "{first:?}");
        let again = send(call(order)).await;
        assert_eq!((again.header("idempotent-replayed"), &again.body), ("true", &first.body));
        node.stop().await;
    }
}

#[tokio::test]
async fn a_caller_that_hangs_up_gets_the_finished_answer_on_replay() {
    for backend in backends() {
        let (node, gate) = Node::start_gated(&backend).await;
        let (key, payment, order) = waiting(&node).await;
        let path = format!("{payment}/attempts");
        let call = node
            .call(Method::POST, &path)
            .bearer_auth(&key)
            .header("idempotency-key", "hang-up")
            .header("content-type", "application/json")
            .body(order.clone());
        let running = tokio::spawn(send(call));
        intent_is_stored(&node, &key, &payment).await;
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled(), "the caller hangs up");
        gate.open();
        let finished = until("the attempt is finished", async || {
            let answer = node.post_once(&key, &path, "hang-up", order.clone()).await;
            (answer.status != 409).then_some(answer)
        })
        .await;
        assert_eq!(finished.status, 201, "{finished:?}");
        assert_eq!(finished.header("idempotent-replayed"), "true");
        assert_eq!(finished.json()["status"], "pending");
        let payment = node.get(&key, &payment).await.json();
        assert_eq!(payment["attempts"].as_array().unwrap().len(), 1);
        node.stop().await;
    }
}

#[tokio::test]
async fn a_refused_request_does_not_use_the_key_up() {
    for node in nodes().await {
        let key = node.key("portal", &SCOPES).await;
        let reader = node.key("portal", &[Scope::PaymentsRead]).await;
        let path = "/v1/payments";
        let body = json!({"quote": node.priced().await}).to_string();
        let refusals: [(&str, &str, u16); 5] = [
            (&key, "{", 400),
            (&key, "{}", 422),
            (&key, r#"{"quote": "quo_00000000000000000000000000000007"}"#, 404),
            (&reader, &body, 403),
            ("rsk_wrong", &body, 401),
        ];
        for (secret, text, status) in refusals {
            let refused = node.post_once(secret, path, "again", text.to_owned()).await;
            assert_eq!(refused.refusal().0, status, "{refused:?}");
        }
        let bare = node.call(Method::POST, path).bearer_auth(&key).header("idempotency-key", "again");
        let refused = send(bare.header("content-type", "text/plain").body(body.clone())).await;
        assert_eq!(refused.refusal().0, 415);
        let made = node.post_once(&key, path, "again", body).await;
        assert_eq!(made.status, 201, "{made:?}");
        assert_eq!(made.header("idempotent-replayed"), "");
        node.stop().await;
    }
}

#[tokio::test]
async fn calls_that_move_money_need_a_key_and_a_sound_one() {
    for node in nodes().await {
        let key = node.key("portal", &SCOPES).await;
        let body = json!({"quote": node.priced().await});
        let call = || node.call(Method::POST, "/v1/payments").bearer_auth(&key).json(&body);
        assert_eq!(send(call()).await.refusal(), (400, "idempotency_key_missing".to_owned()));
        let empty = send(call().header("idempotency-key", "")).await;
        assert_eq!(empty.refusal(), (400, "idempotency_key_missing".to_owned()));
        for wrong in ["a b", "\"", "\"\"", &"k".repeat(256), "\"open"] {
            let refused = send(call().header("idempotency-key", wrong)).await;
            assert_eq!(refused.refusal(), (422, "invalid_request".to_owned()), "{wrong:?}");
            assert_eq!(refused.json()["errors"][0]["header"], "Idempotency-Key");
        }
        assert_eq!(send(call().header("idempotency-key", "k".repeat(255))).await.status, 201);
        node.stop().await;
    }
}

#[tokio::test]
async fn a_quote_is_used_by_one_payment() {
    for node in nodes().await {
        let key = node.key("portal", &SCOPES).await;
        let quote = node.priced().await;
        let mut calls = JoinSet::new();
        for _ in 0..10 {
            let call = node
                .call(Method::POST, "/v1/payments")
                .bearer_auth(&key)
                .header("idempotency-key", fresh().to_string())
                .json(&json!({"quote": quote}));
            calls.spawn(send(call));
        }
        let mut made: Vec<Value> = Vec::new();
        while let Some(answer) = calls.join_next().await {
            let answer = answer.unwrap();
            if answer.status == 201 {
                made.push(answer.json());
            } else {
                assert_eq!(answer.refusal(), (409, "quote_already_used".to_owned()), "{answer:?}");
            }
        }
        assert_eq!(made.len(), 1);
        node.stop().await;
    }
}
