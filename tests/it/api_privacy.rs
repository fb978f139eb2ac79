//! Personal data and secrets: canaries go through the whole flow, and neither the logs, at their most
//! talkative, nor the files of the database hold one of them.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use axum::{Router, extract::State, routing::post};
use reqwest::Method;
use rusum::switch::keys::Scope;
use serde_json::json;
use tokio::net::TcpListener;
use tracing_subscriber::fmt::MakeWriter;

use crate::{
    node::{Node, send},
    store::Backend,
    support::{SECURE_KEY, until},
};

const NAME: &str = "Canaria Zanbaqa Qusayri";
const MOBILE: &str = "01055598761";
const NATIONAL_ID: &str = "29207150212349";

/// Keeps everything that is logged.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Kept {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

type Received = Arc<Mutex<Vec<String>>>;

/// A receiver of webhooks, and what it received.
async fn receiver() -> (String, Received) {
    let received = Received::default();
    let router = Router::new()
        .route(
            "/hook",
            post(|State(received): State<Received>, body: String| async move {
                received.lock().unwrap().push(body);
            }),
        )
        .with_state(received.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, received)
}

#[tokio::test]
async fn no_canary_is_found_in_logs_or_files() {
    let logs = Kept::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(logs.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let node = Node::start(&Backend::Sqlite).await;
    let file = node.database.url.strip_prefix("sqlite:").unwrap().to_owned();
    let key = node.key("portal", &[Scope::PaymentsRead, Scope::PaymentsWrite, Scope::Webhooks]).await;
    let wrong = format!("rsk_{}", "Q".repeat(43));
    node.get(&wrong, "/v1/payments").await;
    let (url, received) = receiver().await;
    let endpoint = json!({"url": url, "events": ["*"]});
    let call = node.call(Method::POST, "/v1/webhook-endpoints").bearer_auth(&key).json(&endpoint);
    let endpoint = send(call).await.json();
    let mut secrets = vec![endpoint["secret"].as_str().unwrap().to_owned()];

    // A quote, a payment with a payer, a refused one, an attempt, the money, the receipt.
    let payer = json!({"name": NAME, "mobile": MOBILE, "national_id": NATIONAL_ID});
    let order = json!({"quote": node.priced().await, "payer": payer});
    let payment = node.post(&key, "/v1/payments", &order).await;
    assert_eq!(payment.status, 201, "{payment:?}");
    assert_eq!(
        payment.json()["payer"]["mobile"].as_str().unwrap().chars().rev().take(3).collect::<String>(),
        "167"
    );
    let refused =
        json!({"quote": "quo_1", "payer": {"name": NAME, "mobile": MOBILE, "national_id": NATIONAL_ID}});
    node.post(&key, "/v1/payments", &refused).await;
    let path = format!("/v1/payments/{}", payment.json()["id"].as_str().unwrap());
    let wallet = json!({"method": "wallet", "wallet_mobile": MOBILE});
    node.post(&key, &format!("{path}/attempts"), &wallet).await;
    let attempt = node.post(&key, &format!("{path}/attempts"), &json!({"method": "epayment"})).await;
    assert_eq!(attempt.status, 201, "{attempt:?}");
    let reference = attempt.json()["provider_reference"].clone();
    node.control("pay", &json!({"reference": reference})).await;
    let receipt = until("the payment is paid", async || {
        let answer = node.get(&key, &format!("{path}/receipt")).await;
        (answer.status == 200).then_some(answer)
    })
    .await;
    let page =
        node.call(Method::GET, &format!("{path}/receipt")).bearer_auth(&key).header("accept", "text/html");
    let page = send(page).await;
    assert!(page.header("content-type").starts_with("text/html"));
    until("the webhook of the payment comes", async || {
        let told = received.lock().unwrap().iter().any(|body| body.contains("payment.paid"));
        told.then_some(())
    })
    .await;

    // A rotation, and messages that do not verify.
    let rotate = format!("/v1/webhook-endpoints/{}/rotate-secret", endpoint["id"].as_str().unwrap());
    let rotated = send(node.call(Method::POST, &rotate).bearer_auth(&key)).await.json();
    secrets.push(rotated["secret"].as_str().unwrap().to_owned());
    let forged = json!({"merchantRefNumber": "1", "customerMobile": MOBILE, "customerName": NAME});
    let call = node.call(Method::POST, "/providers/fawry/notification").json(&forged);
    assert_eq!(send(call).await.status, 401);

    let mut outside: Vec<String> = vec![payment.body.clone(), receipt.body.clone(), page.body.clone()];
    outside.extend(received.lock().unwrap().iter().cloned());
    for shown in &outside {
        for canary in [NAME, MOBILE, NATIONAL_ID] {
            assert!(!shown.contains(canary), "{canary} comes back: {shown}");
        }
    }

    // The files while it runs, with the write-ahead log, and after it ended.
    let mut held = vec![("log", logs.0.lock().unwrap().clone())];
    for suffix in ["", "-wal", "-shm"] {
        held.push(("file", std::fs::read(format!("{file}{suffix}")).unwrap_or_default()));
    }
    assert!(held.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > 50_000);
    let text = String::from_utf8_lossy(&held[0].1).into_owned();
    assert!(text.contains("rusum::access") && text.contains("/v1/payments/{id}/attempts"), "{text}");
    let mut canaries = vec![NAME, MOBILE, NATIONAL_ID, SECURE_KEY, &key, &wrong];
    canaries.extend(secrets.iter().map(String::as_str));
    canaries.extend(secrets.iter().map(|secret| secret.strip_prefix("whsec_").unwrap()));
    for canary in &canaries {
        for (place, bytes) in &held {
            let found = bytes.windows(canary.len()).position(|window| window == canary.as_bytes());
            if let Some(at) = found {
                let around = &bytes[at.saturating_sub(300)..(at + 100).min(bytes.len())];
                panic!("{canary} stands in a {place}: {}", String::from_utf8_lossy(around));
            }
        }
    }
    node.stop().await;
}
