//! Calls whose answer never comes, and providers that do not answer at all: an unknown outcome stays
//! unknown until there is evidence, and nothing is taken twice or forgotten.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    store::{Backend, backends},
    support::{Rig, text, until},
};

/// Time-outs are waited for in real time, so the engines wait beside one another.
fn on_each_engine<F: Future<Output = ()>>(play: impl Fn(Backend) -> F + Sync) {
    std::thread::scope(|scope| {
        for backend in backends() {
            scope.spawn(|| tokio::runtime::Runtime::new().unwrap().block_on(play(backend)));
        }
    });
}

async fn begin(rig: &Rig, payment: &Value) -> Value {
    let path = format!("/v1/payments/{}/attempts", text(payment, "id"));
    rig.http.post(&path, &json!({"method": "epayment"})).await.expect(201).json()
}

/// Moves the clock until the attempt stands so: the switch looks at it by its schedule.
async fn until_attempt(rig: &Rig, payment: &Value, status: &str) -> Value {
    until(&format!("the attempt is {status}"), async || {
        rig.clock.advance(TimeDelta::seconds(5));
        let now = rig.read(payment).await;
        (now["attempts"][0]["status"] == status).then_some(now)
    })
    .await
}

#[test]
fn a_time_out_after_the_effect_is_unknown_until_the_provider_is_asked() {
    on_each_engine(|backend| async move {
        let rig = Rig::start(&backend).await;
        let payment = rig.birth_certificate().await;
        rig.fault("timeout_after", 1).await;
        let attempt = begin(&rig, &payment).await;
        assert_eq!((&attempt["status"], &attempt["next_action"]), (&json!("unknown"), &Value::Null));
        let path = format!("/v1/payments/{}/attempts", text(&payment, "id"));
        let refused = rig.http.post(&path, &json!({"method": "epayment"})).await.expect(409);
        assert_eq!(refused.code(), "payment_in_progress");
        let now = until_attempt(&rig, &payment, "pending").await;
        let found = &now["attempts"][0];
        assert_eq!(found["next_action"]["code"], found["provider_reference"], "the code is told after all");
        rig.pay(text(found, "provider_reference")).await;
        rig.until_status(&payment, "paid").await;
        let charges = rig.provider_books().await["charges"].as_array().unwrap().len();
        assert_eq!(charges, 1, "the provider was asked, not charged again");
        rig.verify().await;
        rig.stop().await;
    });
}

#[test]
fn a_time_out_before_the_effect_ends_as_failed_when_the_provider_knows_nothing() {
    on_each_engine(|backend| async move {
        let rig = Rig::start(&backend).await;
        let payment = rig.birth_certificate().await;
        rig.fault("timeout_before", 1).await;
        assert_eq!(begin(&rig, &payment).await["status"], "unknown");
        let now = until_attempt(&rig, &payment, "failed").await;
        assert_eq!(now["status"], "open");
        // The citizen tries again and pays.
        let attempt = begin(&rig, &payment).await;
        rig.pay(text(&attempt, "provider_reference")).await;
        rig.until_status(&payment, "paid").await;
        rig.verify().await;
        rig.stop().await;
    });
}

#[test]
fn money_for_an_unknown_attempt_is_evidence_enough() {
    on_each_engine(|backend| async move {
        let rig = Rig::start(&backend).await;
        let payment = rig.birth_certificate().await;
        rig.fault("timeout_after", 1).await;
        assert_eq!(begin(&rig, &payment).await["status"], "unknown");
        let books = rig.provider_books().await;
        rig.pay(text(&books["charges"][0], "reference")).await;
        let paid = rig.until_status(&payment, "paid").await;
        assert_eq!(paid["attempts"][0]["status"], "succeeded");
        rig.verify().await;
        rig.stop().await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_are_unknown_an_outage_is_told_and_calls_are_paused() {
    for backend in backends() {
        let rig = Rig::start(&backend).await;
        rig.fault("http_500", 1).await;
        let payment = rig.birth_certificate().await;
        assert_eq!(begin(&rig, &payment).await["status"], "unknown");
        rig.fault("outage", 1_000).await;
        // The breaker opens after some calls in vain; then callers are told before anything begins.
        let refused = until("calls are paused", async || {
            let other = rig.birth_certificate().await;
            let path = format!("/v1/payments/{}/attempts", text(&other, "id"));
            let answer = rig.http.post(&path, &json!({"method": "epayment"})).await;
            (answer.status == 503).then_some((answer, other))
        })
        .await;
        assert_eq!(refused.0.code(), "provider_unavailable");
        assert!(refused.0.header("retry-after").is_some());
        assert_eq!(rig.read(&refused.1).await["attempts"], json!([]), "nothing was begun");
        rig.fault("none", 0).await;
        until_attempt(&rig, &payment, "failed").await;
        let path = format!("/v1/payments/{}/attempts", text(&refused.1, "id"));
        until("calls go through again", async || {
            rig.clock.advance(TimeDelta::seconds(2));
            (rig.http.post(&path, &json!({"method": "epayment"})).await.status == 201).then_some(())
        })
        .await;
        rig.verify().await;
        rig.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn choosing_again_sets_the_first_way_aside_and_late_money_for_it_is_not_lost() {
    for backend in backends() {
        let rig = Rig::start(&backend).await;
        let (payment, first) = rig.attempted().await;
        let second = rig.attempt(&payment).await;
        assert_ne!(first["provider_reference"], second["provider_reference"]);
        rig.pay(text(&second, "provider_reference")).await;
        rig.until_status(&payment, "paid").await;
        // The first code is withdrawn at the provider, and that is what its attempt then says.
        until("the first code is withdrawn", async || {
            let now = rig.read(&payment).await;
            (now["attempts"][0]["status"] == "expired").then_some(())
        })
        .await;
        let books = rig.provider_books().await;
        let charges = books["charges"].as_array().unwrap();
        let withdrawn = charges.iter().find(|c| c["reference"] == first["provider_reference"]).unwrap();
        assert_eq!(withdrawn["paid"], "0.00");
        rig.verify().await;
        rig.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_notification_is_found_by_asking() {
    for backend in backends() {
        let rig = Rig::start(&backend).await;
        let (payment, attempt) = rig.attempted().await;
        rig.fault("bad_signature", 1_000).await;
        rig.pay(text(&attempt, "provider_reference")).await;
        let paid = until("the payment is paid", async || {
            rig.clock.advance(TimeDelta::seconds(10));
            let now = rig.read(&payment).await;
            (now["status"] == "paid").then_some(now)
        })
        .await;
        assert_eq!(paid["amount_paid"], "25.00");
        rig.verify().await;
        rig.stop().await;
    }
}
