//! Once: what an `Idempotency-Key` promises to the outside, on every engine.

use std::time::Duration;

use reqwest::Method;
use rusum::switch::{clock::fresh, keys::Scope};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    node::{Node, send, until},
    store::backends,
};

const SCOPES: [Scope; 2] = [Scope::PaymentsRead, Scope::PaymentsWrite];

async fn nodes() -> Vec<Node> {
    let mut nodes = Vec::new();
    for backend in backends() {
        nodes.push(Node::start(backend.fresh().await).await);
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
        let quote = node.quote().await;
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
        let (quote, other) = (node.quote().await, node.quote().await);
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
        let body = json!({"quote": node.quote().await}).to_string();
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

#[tokio::test]
async fn while_the_first_call_runs_others_are_told_to_come_back() {
    for node in nodes().await {
        let key = node.key("portal", &SCOPES).await;
        let payment = node.payment(&key).await;
        let path = format!("/v1/payments/{}/attempts", payment["id"].as_str().unwrap());
        let order = json!({"method": "epayment"}).to_string();
        // The provider hangs for two seconds after it made the charge.
        node.simulate("fault", &json!({"kind": "timeout_after", "times": 1})).await;
        let call = |body: String| {
            node.call(Method::POST, &path)
                .bearer_auth(&key)
                .header("idempotency-key", "slow")
                .header("content-type", "application/json")
                .body(body)
        };
        let running = tokio::spawn(send(call(order.clone())));
        let shown = format!("/v1/payments/{}", payment["id"].as_str().unwrap());
        until("the intent of the first call is stored", || async {
            let payment = node.get(&key, &shown).await.json();
            (!payment["attempts"].as_array().unwrap().is_empty()).then_some(())
        })
        .await;
        let told = send(call(order.clone())).await;
        assert_eq!(told.refusal().1, "idempotency_in_progress");
        assert_eq!(told.header("retry-after"), "1");
        assert_eq!(told.json()["retry_after"], 1);
        let other = send(call(json!({"method": "epayment", "tender": "cash"}).to_string())).await;
        assert_eq!(other.refusal().1, "idempotency_key_reused");
        let first = running.await.unwrap();
        assert_eq!(first.status, 201, "{first:?}");
        let again = send(call(order)).await;
        assert_eq!(
            (again.body, again.headers["idempotent-replayed"].to_str().unwrap()),
            (first.body, "true")
        );
        node.stop().await;
    }
}

#[tokio::test]
async fn a_caller_that_hangs_up_gets_the_finished_answer_on_replay() {
    for node in nodes().await {
        let key = node.key("portal", &SCOPES).await;
        let payment = node.payment(&key).await;
        let path = format!("/v1/payments/{}/attempts", payment["id"].as_str().unwrap());
        let order = json!({"method": "epayment"}).to_string();
        node.simulate("fault", &json!({"kind": "timeout_after", "times": 1})).await;
        let call = node
            .call(Method::POST, &path)
            .bearer_auth(&key)
            .header("idempotency-key", "hang-up")
            .header("content-type", "application/json")
            .body(order.clone())
            .timeout(Duration::from_millis(300));
        assert!(call.send().await.is_err(), "the caller hangs up");
        let finished = until("the attempt is finished", || async {
            let answer = node.post_once(&key, &path, "hang-up", order.clone()).await;
            (answer.status != 409).then_some(answer)
        })
        .await;
        assert_eq!(finished.status, 201, "{finished:?}");
        assert_eq!(finished.header("idempotent-replayed"), "true");
        let attempts =
            node.get(&key, &format!("/v1/payments/{}", payment["id"].as_str().unwrap())).await.json();
        assert_eq!(attempts["attempts"].as_array().unwrap().len(), 1);
        node.stop().await;
    }
}

#[tokio::test]
async fn a_refused_request_does_not_use_the_key_up() {
    for node in nodes().await {
        let key = node.key("portal", &SCOPES).await;
        let reader = node.key("portal", &[Scope::PaymentsRead]).await;
        let path = "/v1/payments";
        let body = json!({"quote": node.quote().await}).to_string();
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
        let body = json!({"quote": node.quote().await});
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
        let quote = node.quote().await;
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
