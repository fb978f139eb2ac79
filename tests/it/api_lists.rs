//! Lists: pages that stay right while entries are added, limits, cursors.

use std::collections::BTreeSet;

use rusum::switch::keys::Scope;
use serde_json::Value;

use crate::{node::Node, store::backends};

const SCOPES: [Scope; 5] =
    [Scope::PaymentsRead, Scope::PaymentsWrite, Scope::Webhooks, Scope::LedgerRead, Scope::SettlementRead];

fn ids(page: &Value) -> Vec<String> {
    let entries = page["data"].as_array().unwrap();
    entries.iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn pages_stay_right_while_new_payments_arrive() {
    for backend in backends() {
        let node = Node::start(&backend).await;
        let key = node.key("portal", &SCOPES).await;
        let mut before = BTreeSet::new();
        for _ in 0..7 {
            before.insert(node.ordered(&key).await["id"].as_str().unwrap().to_owned());
        }
        for list in ["/v1/payments", "/v1/events?type=payment.created"] {
            let mut seen = Vec::new();
            let separator = if list.contains('?') { '&' } else { '?' };
            let mut path = format!("{list}{separator}limit=2");
            loop {
                let page = node.get(&key, &path).await;
                assert_eq!(page.status, 200, "{page:?}");
                let page = page.json();
                assert!(ids(&page).len() <= 2);
                seen.extend(page["data"].as_array().unwrap().iter().map(|entry| {
                    let id = if entry["id"].as_str().unwrap().starts_with("pay_") {
                        &entry["id"]
                    } else {
                        &entry["data"]["id"]
                    };
                    id.as_str().unwrap().to_owned()
                }));
                // A new one between any two pages.
                if seen.len() < 30 {
                    node.ordered(&key).await;
                }
                let Some(cursor) = page["next_cursor"].as_str() else { break };
                path = format!("{list}{separator}limit=2&cursor={cursor}");
                assert!(seen.len() < 100, "the pages come to an end");
                if before.iter().all(|id| seen.contains(id)) {
                    break;
                }
            }
            let once: BTreeSet<&String> = seen.iter().collect();
            assert_eq!(once.len(), seen.len(), "{list}: nothing comes twice");
            for id in &before {
                assert!(once.contains(id), "{list}: {id} is skipped");
            }
        }
        node.stop().await;
    }
}

#[tokio::test]
async fn every_list_takes_limit_and_cursor_and_refuses_others() {
    for backend in backends() {
        let node = Node::start(&backend).await;
        let key = node.key("portal", &SCOPES).await;
        let payment = node.ordered(&key).await;
        node.ordered(&key).await;
        let events = format!("/v1/payments/{}/events", payment["id"].as_str().unwrap());
        for list in [
            "/v1/services",
            "/v1/payments",
            &events,
            "/v1/attempts",
            "/v1/webhook-endpoints",
            "/v1/webhook-deliveries",
            "/v1/events",
            "/v1/ledger/accounts",
            "/v1/ledger/transfers",
            "/v1/settlement/breaks",
            "/v1/settlement/days",
        ] {
            let page = node.get(&key, &format!("{list}?limit=1")).await;
            assert_eq!(page.status, 200, "{list}: {page:?}");
            assert!(page.json()["data"].as_array().unwrap().len() <= 1, "{list}");
            assert!(page.json().get("next_cursor").is_some(), "{list}");
            for limit in ["0", "201", "x", "-1", "1.0"] {
                let refused = node.get(&key, &format!("{list}?limit={limit}")).await;
                assert_eq!(refused.refusal(), (422, "invalid_request".to_owned()), "{list} {limit}");
                assert_eq!(refused.pointers(), ["/limit"]);
            }
            for cursor in ["x", "bm90IGEgY3Vyc29y", "%00", "e30"] {
                let refused = node.get(&key, &format!("{list}?cursor={cursor}")).await;
                assert_eq!(refused.refusal().0, 422, "{list} {cursor}: {refused:?}");
                assert_eq!(refused.pointers(), ["/cursor"], "{list} {cursor}");
            }
        }
        node.stop().await;
    }
}

#[tokio::test]
async fn a_cursor_belongs_to_its_list_and_its_filters() {
    for backend in backends() {
        let node = Node::start(&backend).await;
        let key = node.key("portal", &SCOPES).await;
        node.ordered(&key).await;
        node.ordered(&key).await;
        let page = node.get(&key, "/v1/payments?limit=1&status=open").await.json();
        let cursor = page["next_cursor"].as_str().unwrap();
        let next = node.get(&key, &format!("/v1/payments?status=open&cursor={cursor}&limit=7")).await;
        assert_eq!(ids(&next.json()).len(), 1, "another limit is fine");
        for other in ["/v1/payments?", "/v1/payments?status=paid&", "/v1/events?status=open&", "/v1/events?"]
        {
            let refused = node.get(&key, &format!("{other}cursor={cursor}")).await;
            assert_eq!(refused.refusal().0, 422, "{other}");
            assert!(refused.pointers().len() == 1, "{other}");
        }
        let foreign = node.get(&key, &format!("/v1/events?cursor={cursor}")).await;
        assert_eq!(foreign.refusal(), (422, "invalid_cursor".to_owned()));
        node.stop().await;
    }
}

#[tokio::test]
async fn payments_are_found_by_what_is_known_of_them() {
    for backend in backends() {
        let node = Node::start(&backend).await;
        let key = node.key("portal", &SCOPES).await;
        let quote = node.priced().await;
        let order = serde_json::json!({"quote": quote, "client_reference": "PORTAL-1"});
        let payment = node.post(&key, "/v1/payments", &order).await.json();
        node.ordered(&key).await;
        let attempt = format!("/v1/payments/{}/attempts", payment["id"].as_str().unwrap());
        let attempt = node.post(&key, &attempt, &serde_json::json!({"method": "epayment"})).await;
        assert_eq!(attempt.status, 201, "{attempt:?}");
        let provider_reference = attempt.json()["provider_reference"].as_str().unwrap().to_owned();
        let reference = payment["reference"].as_str().unwrap();
        for (query, count) in [
            (format!("reference={reference}"), 1),
            ("client_reference=PORTAL-1".to_owned(), 1),
            ("client_reference=PORTAL-2".to_owned(), 0),
            (format!("provider_reference={provider_reference}"), 1),
            ("status=processing".to_owned(), 1),
            ("status=open".to_owned(), 1),
            ("status=paid".to_owned(), 0),
            ("service=civil-status.birth-certificate".to_owned(), 2),
            ("service=civil-status.nothing".to_owned(), 0),
            ("governorate=03".to_owned(), 2),
            ("governorate=01".to_owned(), 0),
            ("from=2020-01-01&to=2099-12-31".to_owned(), 2),
            ("to=2020-01-01".to_owned(), 0),
            ("from=2020-01-01T00:00:00Z".to_owned(), 2),
            ("reference=&status=".to_owned(), 2),
        ] {
            let page = node.get(&key, &format!("/v1/payments?{query}")).await;
            assert_eq!(page.status, 200, "{query}: {page:?}");
            assert_eq!(ids(&page.json()).len(), count, "{query}");
        }
        for query in
            ["reference=1234567890123456", "status=nothing", "from=yesterday", "client_reference=%00"]
        {
            let refused = node.get(&key, &format!("/v1/payments?{query}")).await;
            assert_eq!(refused.refusal().0, 422, "{query}");
        }
        let attempts = node.get(&key, "/v1/attempts?status=pending&older_than=0").await.json();
        assert_eq!(ids(&attempts), [attempt.json()["id"].as_str().unwrap()]);
        assert!(ids(&node.get(&key, "/v1/attempts?status=unknown").await.json()).is_empty());
        node.stop().await;
    }
}
