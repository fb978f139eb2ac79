//! Who may call what: the expected table, compared with every route; owners, bounds, revocation.

use reqwest::Method;
use rusum::{
    api::access::{Access, RULES},
    switch::keys::Scope,
};
use serde_json::json;

use crate::{
    node::{Node, quote_request, send},
    store::{Backend, backends},
    support::until,
};

/// The contract's table, written down again by hand: a route that is added must be added here.
const EXPECTED: [(&str, &str, &str); 35] = [
    ("GET", "/v1/services", "anybody"),
    ("GET", "/v1/services/{code}", "anybody"),
    ("GET", "/v1/price-list", "anybody"),
    ("POST", "/v1/quotes", "anybody"),
    ("GET", "/v1/quotes/{id}", "anybody"),
    ("POST", "/v1/payments", "payments:write"),
    ("GET", "/v1/payments", "payments:read assist"),
    ("GET", "/v1/payments/{id}", "payments:read assist"),
    ("GET", "/v1/payments/{id}/events", "payments:read assist"),
    ("POST", "/v1/payments/{id}/attempts", "payments:write"),
    ("POST", "/v1/payments/{id}/cancel", "payments:write"),
    ("GET", "/v1/payments/{id}/receipt", "payments:read assist"),
    ("GET", "/v1/attempts", "payments:read assist"),
    ("POST", "/v1/webhook-endpoints", "webhooks"),
    ("GET", "/v1/webhook-endpoints", "webhooks"),
    ("GET", "/v1/webhook-endpoints/{id}", "webhooks"),
    ("DELETE", "/v1/webhook-endpoints/{id}", "webhooks"),
    ("POST", "/v1/webhook-endpoints/{id}/rotate-secret", "webhooks"),
    ("GET", "/v1/webhook-deliveries", "webhooks"),
    ("GET", "/v1/events", "webhooks"),
    ("POST", "/v1/events/{id}/redeliver", "webhooks"),
    ("GET", "/v1/ledger/accounts", "ledger:read"),
    ("GET", "/v1/ledger/accounts/{code}", "ledger:read"),
    ("GET", "/v1/ledger/transfers", "ledger:read"),
    ("GET", "/v1/ledger/trial-balance", "ledger:read"),
    ("GET", "/v1/settlement/breaks", "settlement:read"),
    ("GET", "/v1/settlement/days", "settlement:read"),
    ("POST", "/v1/settlement/days/{date}/end", "admin"),
    ("POST", "/providers/{provider}/{operation}", "anybody"),
    ("GET", "/providers/{provider}/{operation}", "anybody"),
    ("GET", "/healthz", "anybody"),
    ("GET", "/readyz", "anybody"),
    ("GET", "/metrics", "anybody"),
    ("GET", "/openapi.json", "anybody"),
    ("GET", "/docs", "anybody"),
];

async fn node() -> Node {
    Node::start(&Backend::Sqlite).await
}

fn path(route: &str) -> String {
    let id = if route.contains("webhook-endpoints") {
        "whk_00000000000000000000000000000007"
    } else if route.contains("events/{id}") {
        "evt_00000000000000000000000000000007"
    } else {
        "pay_00000000000000000000000000000007"
    };
    route
        .replace("{id}", id)
        .replace("{code}", "rounding")
        .replace("{date}", "1999-01-01")
        .replace("{provider}", "nobody")
        .replace("{operation}", "nothing")
}

#[test]
fn the_expected_table_is_the_table() {
    let told = |access: Access| match access {
        Access::Key(scopes) => scopes.iter().map(|scope| scope.code()).collect::<Vec<_>>().join(" "),
        Access::Open | Access::Quotes | Access::Provider | Access::Operator => "anybody".to_owned(),
    };
    let rules: Vec<(&str, &str, String)> =
        RULES.iter().map(|rule| (rule.method.as_str(), rule.path, told(rule.access))).collect();
    let expected: Vec<(&str, &str, String)> =
        EXPECTED.iter().map(|(method, path, who)| (*method, *path, (*who).to_owned())).collect();
    assert_eq!(rules, expected);
}

#[tokio::test]
async fn every_route_is_answered_by_scope_as_the_table_says() {
    let node = node().await;
    let mut keys = Vec::new();
    for scope in Scope::ALL {
        keys.push((scope, node.key("portal", &[scope]).await));
    }
    for (method, route, who) in EXPECTED {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let call = || {
            let call = node.call(method.clone(), &path(route)).header("idempotency-key", "k");
            if method == Method::POST { call.json(&json!({})) } else { call }
        };
        let keyless = send(call()).await;
        if who == "anybody" {
            assert!(![401, 403].contains(&keyless.status.as_u16()), "{method} {route}: {keyless:?}");
            continue;
        }
        for wrong in
            [keyless, send(call().bearer_auth("rsk_x")).await, send(call().bearer_auth(unknown())).await]
        {
            assert_eq!(wrong.refusal(), (401, "unauthorized".to_owned()), "{method} {route}");
            assert!(wrong.header("www-authenticate").starts_with("Bearer"), "{method} {route}");
        }
        for (scope, key) in &keys {
            let answer = send(call().bearer_auth(key)).await;
            let allowed = who.split(' ').any(|known| known == scope.code());
            if allowed {
                assert!(
                    ![401, 403].contains(&answer.status.as_u16()),
                    "{method} {route} {scope}: {answer:?}"
                );
            } else {
                assert_eq!(answer.refusal(), (403, "forbidden".to_owned()), "{method} {route} {scope}");
                let first = who.split(' ').next().unwrap();
                assert!(answer.json()["detail"].as_str().unwrap().contains(first), "{answer:?}");
            }
        }
    }
    node.stop().await;
}

fn unknown() -> String {
    format!("rsk_{}", "A".repeat(43))
}

#[tokio::test]
async fn another_clients_object_is_not_found() {
    for backend in backends() {
        let node = Node::start(&backend).await;
        let scopes = [Scope::PaymentsRead, Scope::PaymentsWrite, Scope::Webhooks];
        let mine = node.key("portal", &scopes).await;
        let other = node.key("kiosks", &scopes).await;
        let staff = node.key("finance", &[Scope::PaymentsRead, Scope::SettlementRead]).await;
        let payment = node.ordered(&mine).await;
        let id = payment["id"].as_str().unwrap();

        let reads = [format!("/v1/payments/{id}"), format!("/v1/payments/{id}/events")];
        for path in &reads {
            assert_eq!(node.get(&mine, path).await.status, 200, "{path}");
            assert_eq!(node.get(&staff, path).await.status, 200, "{path}");
            assert_eq!(node.get(&other, path).await.refusal(), (404, "not_found".to_owned()), "{path}");
        }
        let writes = [
            (format!("/v1/payments/{id}/attempts"), json!({"method": "epayment"})),
            (format!("/v1/payments/{id}/cancel"), json!({})),
        ];
        for (path, body) in &writes {
            let answer = node.post(&other, path, body).await;
            assert_eq!(answer.refusal(), (404, "not_found".to_owned()), "{path}");
        }
        assert_eq!(node.get(&other, "/v1/payments").await.json()["data"], json!([]));
        assert_eq!(node.get(&mine, "/v1/payments").await.json()["data"][0]["id"], id);
        assert_eq!(node.get(&staff, "/v1/payments").await.json()["data"][0]["id"], id);

        let endpoint = json!({"url": "http://127.0.0.1:9/hook", "events": ["*"]});
        let answer =
            send(node.call(Method::POST, "/v1/webhook-endpoints").bearer_auth(&mine).json(&endpoint)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let path = format!("/v1/webhook-endpoints/{}", answer.json()["id"].as_str().unwrap());
        assert_eq!(node.get(&other, &path).await.status, 404);
        assert_eq!(send(node.call(Method::DELETE, &path).bearer_auth(&other)).await.status, 404);
        assert_eq!(node.get(&mine, &path).await.status, 200);
        assert_eq!(node.get(&other, "/v1/events").await.json()["data"], json!([]));
        assert_ne!(node.get(&mine, "/v1/events").await.json()["data"], json!([]));
        node.stop().await;
    }
}

#[tokio::test]
async fn a_bound_key_stays_within_its_bounds() {
    let node = node().await;
    let scopes = [Scope::PaymentsRead, Scope::PaymentsWrite, Scope::SettlementRead, Scope::LedgerRead];
    let free = node.key("portal", &scopes).await;
    let elsewhere =
        node.bound_key("portal", &scopes, |key| key.authorities = vec!["traffic".to_owned()]).await;
    let here = node
        .bound_key("portal", &scopes, |key| {
            key.services = vec!["civil-status.birth-certificate".to_owned()];
            key.authorities = vec!["civil-status".to_owned()];
        })
        .await;
    let quote = node.priced().await;
    let refused = node.post(&elsewhere, "/v1/payments", &json!({"quote": quote})).await;
    assert_eq!(refused.refusal(), (403, "forbidden".to_owned()));
    let made = node.post(&here, "/v1/payments", &json!({"quote": quote})).await;
    assert_eq!(made.status, 201, "{made:?}");
    let path = format!("/v1/payments/{}", made.json()["id"].as_str().unwrap());
    assert_eq!(node.get(&here, &path).await.status, 200);
    assert_eq!(node.get(&elsewhere, &path).await.status, 404);
    assert_eq!(node.get(&elsewhere, "/v1/payments").await.json()["data"], json!([]));
    let cancel = node.post(&elsewhere, &format!("{path}/cancel"), &json!({})).await;
    assert_eq!(cancel.status, 404);

    let fawry = node.bound_key("fawry", &scopes, |key| key.provider = Some("fawry".to_owned())).await;
    assert_eq!(node.get(&fawry, "/v1/settlement/breaks?provider=paymob").await.status, 403);
    assert_eq!(node.get(&fawry, "/v1/settlement/breaks").await.status, 200);
    assert_eq!(node.get(&fawry, "/v1/ledger/trial-balance").await.status, 403);
    assert_eq!(node.get(&free, "/v1/ledger/trial-balance").await.status, 200);
    assert_eq!(node.get(&fawry, "/v1/ledger/accounts/rounding").await.status, 404);
    node.stop().await;
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once() {
    let node = node().await;
    let key = node.key("portal", &[Scope::PaymentsRead]).await;
    assert_eq!(node.get(&key, "/v1/payments").await.status, 200);
    let id = node.key_id(&key).await;
    assert!(node.store().revoke_key(id, node.clock.now()).await.unwrap());
    let began = std::time::Instant::now();
    until("the key is refused", async || (node.get(&key, "/v1/payments").await.status == 401).then_some(()))
        .await;
    assert!(began.elapsed() < std::time::Duration::from_secs(2), "{:?}", began.elapsed());
    node.stop().await;
}

#[tokio::test]
async fn quotes_need_no_key() {
    let node = node().await;
    let made = send(node.call(Method::POST, "/v1/quotes").json(&quote_request())).await;
    assert_eq!(made.status, 201, "{made:?}");
    let quote = made.json();
    let read = send(node.call(Method::GET, &format!("/v1/quotes/{}", quote["id"].as_str().unwrap()))).await;
    assert_eq!(read.json(), quote);
    node.stop().await;
}
