//! What a provider's notification does and does not do, on both engines.
//!
//! The messages are built and signed here, apart from the adapter and from the simulator, the way
//! the provider's documents say.

use std::sync::Arc;

use axum::{Json, Router, extract::State, routing::post};
use chrono::TimeDelta;
use rusum::{store::Cursor, switch::settings::FawrySettings};
use rusum_kit::sign::sha256_hex;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Notify};

use crate::{
    store::backends,
    support::{MERCHANT, Rig, SECURE_KEY, text, until},
};

/// A notification about a charge.
#[derive(Clone)]
struct Notification {
    fawry_reference: String,
    merchant_reference: String,
    payment_amount: String,
    order_amount: String,
    status: String,
    payment_reference: Option<String>,
    request_id: String,
}

impl Notification {
    /// That this attempt was paid with what was due.
    async fn paid(rig: &Rig, attempt: &Value) -> Self {
        let code = text(attempt, "provider_reference");
        let books = rig.provider_books().await;
        let charges = books["charges"].as_array().unwrap();
        let charge = charges.iter().find(|charge| charge["reference"] == code).unwrap();
        Self {
            fawry_reference: code.to_owned(),
            merchant_reference: text(charge, "merchant_reference").to_owned(),
            payment_amount: text(attempt, "amount").to_owned(),
            order_amount: text(attempt, "amount").to_owned(),
            status: "PAID".to_owned(),
            payment_reference: None,
            request_id: "1".to_owned(),
        }
    }

    fn amount(mut self, amount: &str) -> Self {
        amount.clone_into(&mut self.payment_amount);
        amount.clone_into(&mut self.order_amount);
        self
    }

    fn status(mut self, status: &str) -> Self {
        status.clone_into(&mut self.status);
        self
    }

    fn payment_reference(mut self, reference: &str) -> Self {
        self.payment_reference = Some(reference.to_owned());
        self
    }

    fn request_id(mut self, id: usize) -> Self {
        self.request_id = id.to_string();
        self
    }

    /// The message as the provider signs it.
    fn signed(&self) -> Value {
        let signature = sha256_hex([
            self.fawry_reference.as_str(),
            &self.merchant_reference,
            &self.payment_amount,
            &self.order_amount,
            &self.status,
            "PAYATFAWRY",
            self.payment_reference.as_deref().unwrap_or_default(),
            SECURE_KEY,
        ]);
        let number = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let mut message = json!({
            "requestId": self.request_id,
            "fawryRefNumber": self.fawry_reference,
            "merchantRefNumber": self.merchant_reference,
            "customerMobile": "01001234567",
            "paymentAmount": number(&self.payment_amount),
            "orderAmount": number(&self.order_amount),
            "fawryFees": 0,
            "orderStatus": self.status,
            "paymentMethod": "PAYATFAWRY",
            "paymentTime": 1_795_255_200_000_i64,
            "messageSignature": signature,
        });
        if let Some(reference) = &self.payment_reference {
            message["paymentRefrenceNumber"] = json!(reference);
        }
        message
    }
}

async fn state(rig: &Rig) -> (String, String, String) {
    let credits = |account: (String, String)| account.1;
    (
        rig.account("provider:fawry:receivable").await.0,
        credits(rig.account("payer:excess").await),
        credits(rig.account("suspense:fawry").await),
    )
}

fn sums(receivable: &str, excess: &str, suspense: &str) -> (String, String, String) {
    (receivable.to_owned(), excess.to_owned(), suspense.to_owned())
}

async fn breaks(rig: &Rig) -> Vec<(String, String)> {
    let page = rig.http.get("/v1/settlement/breaks").await.expect(200).json();
    let one = |found: &Value| (text(found, "code").to_owned(), text(found, "amount").to_owned());
    page["data"].as_array().unwrap().iter().map(one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_valid_notification_pays_once_however_often_it_is_told() {
    for backend in backends() {
        let rig = Rig::start(&backend).await;
        let (payment, attempt) = rig.attempted().await;
        let notification = Notification::paid(&rig, &attempt).await;
        let same = notification.signed();
        // The same bytes, and the same statement in other bytes, all at once.
        let mut told = tokio::task::JoinSet::new();
        for number in 0..100 {
            let http = rig.anonymous();
            let message =
                if number % 2 == 0 { same.clone() } else { notification.clone().request_id(number).signed() };
            told.spawn(async move { http.post("/providers/fawry/notification", &message).await });
        }
        while let Some(answer) = told.join_next().await {
            answer.unwrap().expect(200);
        }
        let paid = rig.until_status(&payment, "paid").await;
        assert_eq!((text(&paid, "amount_paid"), text(&paid, "amount_excess")), ("25.00", "0.00"));
        until("every message is worked off", async || {
            let waiting =
                rig.store().messages(Some(rusum::change::MessageState::Waiting), &Cursor::default(), 1).await;
            waiting.unwrap().items.is_empty().then_some(())
        })
        .await;
        assert_eq!(state(&rig).await, sums("25.00", "0.00", "0.00"));
        let events = rig.http.get(&format!("/v1/payments/{}/events", text(&payment, "id"))).await.json();
        let paid_events =
            events["data"].as_array().unwrap().iter().filter(|e| e["type"] == "payment.paid").count();
        assert_eq!(paid_events, 1);
        rig.verify().await;
        rig.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unverifiable_message_is_refused_and_changes_nothing() {
    for backend in backends() {
        let rig = Rig::start(&backend).await;
        let (payment, attempt) = rig.attempted().await;
        let notification = Notification::paid(&rig, &attempt).await;
        for field in [
            "paymentAmount",
            "orderAmount",
            "orderStatus",
            "merchantRefNumber",
            "fawryRefNumber",
            "messageSignature",
        ] {
            let mut tampered = notification.signed();
            tampered[field] = match field {
                "paymentAmount" | "orderAmount" => json!(24.5),
                "messageSignature" => json!("00".repeat(32)),
                _ => json!(format!("{}1", text(&tampered, field))),
            };
            rig.notify(&tampered).await.expect(401);
        }
        let mut unsigned = notification.signed();
        unsigned.as_object_mut().unwrap().remove("messageSignature");
        rig.notify(&unsigned).await.expect(401);
        for body in ["", "{", "[]", "null", "\u{0}", "{\"messageSignature\": 1}"] {
            let answer =
                rig.anonymous().post_with("/providers/fawry/notification", &[], body.to_owned()).await;
            assert!((400..500).contains(&answer.status), "{body:?}: {}", answer.status);
        }
        assert_eq!(rig.read(&payment).await["version"], payment["version"].as_i64().unwrap() + 2);
        assert_eq!(state(&rig).await, sums("0.00", "0.00", "0.00"));
        rig.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_amount_is_suspense_whole_and_the_payment_stays_as_it_was() {
    for backend in backends() {
        for (amount, code, difference) in [("24.00", "P04", "-1.00"), ("2500.00", "P03", "2475.00")] {
            let rig = Rig::start(&backend).await;
            let (payment, attempt) = rig.attempted().await;
            let before = rig.read(&payment).await;
            let wrong = Notification::paid(&rig, &attempt).await.amount(amount);
            for _ in 0..3 {
                rig.notify(&wrong.signed()).await.expect(200);
            }
            let found = until("the break is shown", async || {
                let found = breaks(&rig).await;
                (!found.is_empty()).then_some(found)
            })
            .await;
            assert_eq!(found, [(code.to_owned(), difference.to_owned())]);
            let after = rig.read(&payment).await;
            assert_eq!((&after["status"], &after["amount_paid"]), (&before["status"], &json!("0.00")));
            assert_eq!(state(&rig).await, sums(amount, "0.00", amount));
            rig.verify().await;
            rig.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_reference_is_suspense_with_a_break() {
    for backend in backends() {
        let rig = Rig::start(&backend).await;
        let stray = Notification {
            fawry_reference: "931999999".to_owned(),
            merchant_reference: "999999999999999901".to_owned(),
            payment_amount: "77.50".to_owned(),
            order_amount: "77.50".to_owned(),
            status: "PAID".to_owned(),
            payment_reference: None,
            request_id: "9".to_owned(),
        };
        for number in 0..5 {
            rig.notify(&stray.clone().request_id(number).signed()).await.expect(200);
        }
        until("the break is shown", async || (!breaks(&rig).await.is_empty()).then_some(())).await;
        assert_eq!(breaks(&rig).await, [("P02".to_owned(), "77.50".to_owned())]);
        assert_eq!(state(&rig).await, sums("77.50", "0.00", "77.50"));
        // A stray message about no money is only written down.
        rig.notify(&stray.status("EXPIRED").signed()).await.expect(200);
        rig.verify().await;
        rig.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_status_value_makes_the_attempt_unknown_until_there_is_evidence() {
    for backend in backends() {
        let rig = Rig::start(&backend).await;
        let (payment, attempt) = rig.attempted().await;
        let notification = Notification::paid(&rig, &attempt).await;
        rig.notify(&notification.clone().status("HALF_PAID").signed()).await.expect(200);
        until("the attempt is unknown", async || {
            let page = rig.http.get("/v1/attempts?status=unknown").await.expect(200).json();
            (page["data"][0]["id"] == attempt["id"]).then_some(())
        })
        .await;
        let path = format!("/v1/payments/{}/attempts", text(&payment, "id"));
        let refused = rig.http.post(&path, &json!({"method": "epayment"})).await.expect(409);
        assert_eq!(refused.code(), "payment_in_progress");
        rig.notify(&notification.signed()).await.expect(200);
        rig.until_status(&payment, "paid").await;
        assert_eq!(state(&rig).await, sums("25.00", "0.00", "0.00"));
        rig.verify().await;
        rig.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn money_after_cancelling_is_excess_with_its_refund_case() {
    for backend in backends() {
        let rig = Rig::start(&backend).await;
        let (payment, attempt) = rig.attempted().await;
        let notification = Notification::paid(&rig, &attempt).await;
        let path = format!("/v1/payments/{}/cancel", text(&payment, "id"));
        let cancelled = rig.http.post(&path, &json!({})).await.expect(200).json();
        assert_eq!(cancelled["status"], "cancelled");
        rig.notify(&notification.signed()).await.expect(200);
        let after = until("the money is booked", async || {
            let now = rig.read(&payment).await;
            (now["amount_excess"] == "25.00").then_some(now)
        })
        .await;
        assert_eq!((&after["status"], &after["amount_paid"]), (&json!("cancelled"), &json!("0.00")));
        assert_eq!(state(&rig).await, sums("25.00", "25.00", "0.00"));
        let events = rig.http.get(&format!("/v1/payments/{}/events", text(&payment, "id"))).await.json();
        let kinds: Vec<&str> = events["data"].as_array().unwrap().iter().map(|e| text(e, "type")).collect();
        assert!(
            kinds.contains(&"payment.excess_received") && kinds.contains(&"refund.requested"),
            "{kinds:?}"
        );
        rig.verify().await;
        rig.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn money_after_expiry_pays_the_payment() {
    for backend in backends() {
        let rig = Rig::start(&backend).await;
        let (payment, attempt) = rig.attempted().await;
        let notification = Notification::paid(&rig, &attempt).await;
        rig.clock.advance(TimeDelta::hours(25));
        rig.until_status(&payment, "expired").await;
        rig.notify(&notification.signed()).await.expect(200);
        rig.until_status(&payment, "paid").await;
        assert_eq!(state(&rig).await, sums("25.00", "0.00", "0.00"));
        rig.verify().await;
        rig.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn paying_one_code_twice_is_one_credit_and_one_excess_case() {
    for backend in backends() {
        let rig = Rig::start(&backend).await;
        let (payment, attempt) = rig.attempted().await;
        let notification = Notification::paid(&rig, &attempt).await;
        for transaction in ["100001", "100002", "100001"] {
            rig.notify(&notification.clone().payment_reference(transaction).signed()).await.expect(200);
        }
        let after = until("both are booked", async || {
            let now = rig.read(&payment).await;
            (now["status"] == "paid" && now["amount_excess"] == "25.00").then_some(now)
        })
        .await;
        assert_eq!(after["amount_paid"], "25.00");
        assert_eq!(state(&rig).await, sums("50.00", "25.00", "0.00"));
        rig.verify().await;
        rig.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn money_told_before_our_own_call_returned_is_credited_once() {
    for backend in backends() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider_url = format!("http://{}", listener.local_addr().unwrap());
        let rig = Rig::with(&backend, |settings| {
            settings.providers.fawry = Some(FawrySettings {
                merchant_code: MERCHANT.to_owned(),
                secure_key: SECURE_KEY.to_owned().into(),
                base_url: provider_url,
            });
        })
        .await;
        let booked = Arc::new(Notify::new());
        let hasty = hasty_provider(booked.clone());
        let provider = tokio::spawn(async move { axum::serve(listener, hasty).await });
        let payment = rig.birth_certificate().await;
        let (attempt, ()) = tokio::join!(rig.attempt(&payment), async {
            rig.until_status(&payment, "paid").await;
            booked.notify_one();
        });
        assert_eq!(attempt["status"], "succeeded", "the answer tells what is known by then: {attempt}");
        let paid = rig.until_status(&payment, "paid").await;
        assert_eq!(paid["attempts"][0]["provider_reference"], "931000001");
        assert_eq!(state(&rig).await, sums("25.00", "0.00", "0.00"));
        rig.verify().await;
        rig.stop().await;
        provider.abort();
    }
}

/// A provider that tells of the payment before it answers the call that made the charge, and
/// answers that only when it is told that the money is booked.
fn hasty_provider(booked: Arc<Notify>) -> Router {
    async fn charge(State(booked): State<Arc<Notify>>, Json(charge): Json<Value>) -> Json<Value> {
        let notification = Notification {
            fawry_reference: "931000001".to_owned(),
            merchant_reference: text(&charge, "merchantRefNum").to_owned(),
            payment_amount: "25.00".to_owned(),
            order_amount: "25.00".to_owned(),
            status: "PAID".to_owned(),
            payment_reference: None,
            request_id: "1".to_owned(),
        };
        let sent = reqwest::Client::new().post(text(&charge, "orderWebHookUrl")).json(&notification.signed());
        assert_eq!(sent.send().await.unwrap().status().as_u16(), 200);
        booked.notified().await;
        Json(json!({"type": "ChargeResponse", "referenceNumber": "931000001",
            "merchantRefNumber": charge["merchantRefNum"], "statusCode": 200,
            "expirationTime": charge["paymentExpiry"], "statusDescription": "Operation done successfully"}))
    }
    Router::new().route("/ECommerceWeb/Fawry/payments/charge", post(charge)).with_state(booked)
}
