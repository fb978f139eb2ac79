//! From a charge to its money, and back.

use chrono::TimeDelta;
use rusum_kit::{
    Piastres, Tender,
    provider::{ChargeState, Outcome, Refunded},
};

use crate::world::{KEY, MERCHANT, World, evidence};

#[tokio::test]
async fn a_code_is_paid_notified_and_told_when_asked() {
    let world = World::new().await;
    let charge = world.charge_of("1234567890123456", 4510);
    let code = world.charge(&charge).await;
    assert!(code.len() == 9 && code.bytes().all(|b| b.is_ascii_digit()), "{code}");
    let Outcome::Pending { provider_reference, expires_at } = world.query(&charge, &code).await else {
        panic!("it is not paid yet");
    };
    assert_eq!(provider_reference.as_deref(), Some(code.as_str()));
    assert_eq!(expires_at, Some(charge.expires_at));

    world.pay(&code).await;
    let received = world.received(1).await;
    let notice = &received[0].result.as_ref().unwrap()[0];
    assert_eq!(
        (notice.merchant_reference.as_str(), notice.provider_reference.as_str()),
        ("1234567890123456", &*code)
    );
    assert!(
        received[0].body.contains(r#""paymentAmount":45.1,"#),
        "as a JVM prints it: {}",
        received[0].body
    );
    let asked = world.query(&charge, &code).await;
    for told in [received[0].evidence(), evidence(&asked)] {
        assert_eq!(told.amount, charge.amount);
        assert_eq!(told.provider_reference, code);
        assert_eq!(told.provider_transaction, Some(format!("{code}001")));
        assert_eq!(told.tender, Some(Tender::Cash));
        assert_eq!(told.collected_at, Some(world.now()));
        assert_eq!(told.refunded, Piastres::ZERO);
        assert_eq!(told.currency, "EGP");
    }
}

#[tokio::test]
async fn the_same_charge_again_is_the_same_code() {
    let world = World::new().await;
    let charge = world.charge_of("1", 4510);
    let code = world.charge(&charge).await;
    assert_eq!(world.charge(&charge).await, code);
    let other = world.charge_of("1", 4511);
    let charged = world.try_charge(&other).await.unwrap();
    assert!(matches!(charged.state, ChargeState::Decided(Outcome::Unknown(_))), "{charged:?}");
}

#[tokio::test]
async fn a_charge_that_nobody_made_is_surely_not_there() {
    let world = World::new().await;
    assert_eq!(world.query(&world.charge_of("1", 100), "931215518").await, Outcome::NotFound);
    assert_eq!(world.cancel(&world.charge_of("1", 100), "931215518").await, Outcome::NotFound);
}

#[tokio::test]
async fn an_unpaid_code_is_withdrawn_and_a_paid_one_is_not() {
    let world = World::new().await;
    let charge = world.charge_of("1", 4510);
    let code = world.charge(&charge).await;
    for _ in 0..2 {
        assert_eq!(world.cancel(&charge, &code).await, Outcome::Cancelled);
    }
    assert_eq!(world.query(&charge, &code).await, Outcome::Cancelled);
    assert_eq!(*world.received(1).await[0].outcome(), Outcome::Cancelled);
    assert_eq!(world.control("pay", &format!(r#"{{"reference":"{code}"}}"#)).await.0, 409);

    let paid = world.charge_of("2", 4510);
    let code = world.charge(&paid).await;
    world.pay(&code).await;
    assert!(matches!(world.cancel(&paid, &code).await, Outcome::Unknown(_)));
    assert!(matches!(world.query(&paid, &code).await, Outcome::Approved(_)));
}

#[tokio::test]
async fn a_code_expires() {
    let world = World::new().await;
    let charge = world.charge_of("1", 4510);
    let code = world.charge(&charge).await;
    world.pass(TimeDelta::hours(24));
    assert_eq!(world.query(&charge, &code).await, Outcome::Expired);
    let (status, told) = world.control("pay", &format!(r#"{{"reference":"{code}"}}"#)).await;
    assert_eq!((status, told["error"].as_str().unwrap().contains("EXPIRED")), (409, true));
}

#[tokio::test]
async fn two_equal_partial_refunds_add_up() {
    let world = World::new().await;
    let charge = world.charge_of("1", 4500);
    let code = world.charge(&charge).await;
    assert!(matches!(world.try_refund(&charge, &code, 2000).await.unwrap(), Refunded::Unknown(_)));
    world.pay(&code).await;
    world.received(1).await;
    for so_far in [2000, 4000] {
        let refunded = world.try_refund(&charge, &code, 2000).await.unwrap();
        assert!(matches!(refunded, Refunded::Done { .. }));
        assert_eq!(evidence(&world.query(&charge, &code).await).refunded, Piastres::new(so_far));
    }
    // The notification does not sign how much was given back: it is a reason to ask, no evidence.
    let received = world.received(2).await;
    assert!(received.iter().all(|one| matches!(one.outcome(), Outcome::Unknown(_))));
    assert!(matches!(world.try_refund(&charge, &code, 501).await.unwrap(), Refunded::Unknown(_)));
    assert!(matches!(world.try_refund(&charge, &code, 500).await.unwrap(), Refunded::Done { .. }));
    let received = world.received(1).await;
    assert_eq!(received[0].evidence().refunded, charge.amount);
    assert_eq!(evidence(&world.query(&charge, &code).await).refunded, charge.amount);
}

#[tokio::test]
async fn a_declined_code_is_told_and_stays_declined() {
    let world = World::new().await;
    let charge = world.charge_of("1", 4500);
    let code = world.charge(&charge).await;
    assert_eq!(world.control("decline", &format!(r#"{{"reference":"{code}"}}"#)).await.0, 200);
    let Outcome::Declined(reason) = world.query(&charge, &code).await else { panic!() };
    assert_eq!(reason.code, "99901");
    assert!(matches!(world.received(1).await[0].outcome(), Outcome::Declined(_)));
}

#[tokio::test]
async fn what_the_payer_pays_on_top_is_told_apart() {
    let world = World::with(None, |settings| settings.payer_fee = Piastres::new(200)).await;
    let charge = world.charge_of("1", 15_000);
    let code = world.charge(&charge).await;
    world.pay(&code).await;
    let received = world.received(1).await;
    assert!(received[0].body.contains(r#""paymentAmount":152.0,"#), "{}", received[0].body);
    let told = received[0].evidence();
    assert_eq!((told.amount, told.payer_fee), (Piastres::new(15_000), Piastres::new(200)));
}

#[tokio::test]
async fn a_caller_without_the_key_is_refused() {
    let world = World::new().await;
    let code = world.charge(&world.charge_of("1", 4500)).await;
    let base = format!("{}/fawry/ECommerceWeb", world.address);
    let refused = async |request: reqwest::RequestBuilder| -> i64 {
        let answer: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
        answer["statusCode"].as_i64().unwrap()
    };
    let post = |path: &str, body: serde_json::Value| world.client.post(format!("{base}{path}")).json(&body);
    let merchant = MERCHANT;
    let charge = serde_json::json!({"merchantCode": merchant, "merchantRefNum": "2", "amount": 1, "signature": "00",
        "paymentMethod": "PAYATFAWRY", "paymentExpiry": 1});
    assert_eq!(refused(post("/Fawry/payments/charge", charge)).await, 9946);
    let refund = serde_json::json!({"merchantCode": merchant, "referenceNumber": code, "refundAmount": 1});
    assert_eq!(refused(post("/Fawry/payments/refund", refund)).await, 9946);
    let cancel = serde_json::json!({"merchantAccount": "x", "orderRefNo": code, "lang": "ar-eg"});
    assert_eq!(refused(post("/api/orders/cancel-unpaid-order", cancel)).await, 9901);
    for (query, code) in [
        (format!("merchantCode={merchant}&merchantRefNumber=1&signature=00"), 9946),
        (format!("merchantCode={merchant}&merchantRefNumber=&signature=00"), 9944),
        ("merchantCode=is0N%2BYQzlE4%3D&merchantRefNumber=1&signature=00".to_owned(), 9901),
    ] {
        for form in ["", "/v2"] {
            let url = format!("{base}/Fawry/payments/status{form}?{query}");
            assert_eq!(refused(world.client.get(url)).await, code, "{query}");
        }
    }
}

#[tokio::test]
async fn the_older_status_call_answers_in_its_own_form() {
    let world = World::new().await;
    let code = world.charge(&world.charge_of("1", 4500)).await;
    world.pay(&code).await;
    let signature = rusum_fawry::sign::status(MERCHANT, "1", KEY);
    let url = format!(
        "{}/fawry/ECommerceWeb/Fawry/payments/status?merchantCode={MERCHANT}&merchantRefNumber=1&signature={signature}",
        world.address
    );
    let answer: serde_json::Value = world.client.get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["paymentStatus"], "PAID");
    assert_eq!(answer["referenceNumber"], code);
    assert_eq!(answer["paymentDate"], world.now().timestamp_millis());
}
