//! The `_control` calls, to the letter of the contract.

use serde_json::{Value, json};

use crate::world::World;

#[tokio::test]
async fn the_books_are_shown_as_the_contract_says() {
    let world = World::new().await;
    let code = world.charge(&world.charge_of("1234567890123456", 4500)).await;
    world.pay(&code).await;
    world.control("refund", &format!(r#"{{"reference":"{code}","amount":"20.00"}}"#)).await;
    let state = world.state().await;
    let charge = &state["charges"][0];
    for (field, value) in [
        ("reference", code.as_str()),
        ("merchant_reference", "1234567890123456"),
        ("amount", "45.00"),
        ("status", "PARTIAL_REFUNDED"),
        ("paid", "45.00"),
        ("refunded", "20.00"),
    ] {
        assert_eq!(charge[field], value, "{field}");
    }
    assert_eq!(state["refunds"][0]["amount"], "20.00");
    assert_eq!(state["refunds"][0]["by"], "provider");
    assert_eq!(state["notifications"].as_array().unwrap().len(), 2);
    assert_eq!(state["faults"], json!([]));
}

#[tokio::test]
async fn an_order_is_named_by_either_reference() {
    let world = World::new().await;
    world.charge(&world.charge_of("1234567890123456", 4500)).await;
    world.pay("1234567890123456").await;
    assert_eq!(world.state().await["charges"][0]["paid"], "45.00");
}

#[tokio::test]
async fn bad_calls_are_told_what_is_wrong() {
    let world = World::new().await;
    let code = world.charge(&world.charge_of("1", 4500)).await;
    for (call, body, status) in [
        ("pay", "{".to_owned(), 400),
        ("pay", "{}".into(), 422),
        ("pay", r#"{"reference":"931215518"}"#.into(), 404),
        ("pay", format!(r#"{{"reference":"{code}","amount":45}}"#), 422),
        ("pay", format!(r#"{{"reference":"{code}","amount":"0.00"}}"#), 422),
        ("pay", format!(r#"{{"reference":"{code}","amount":"-1.00"}}"#), 422),
        ("pay", format!(r#"{{"reference":"{code}","tender":"gold"}}"#), 422),
        ("pay", format!(r#"{{"reference":"{code}","times":0}}"#), 422),
        ("pay", format!(r#"{{"reference":"{code}","nonsense":1}}"#), 422),
        ("decline", r#"{"reference":"931215518"}"#.into(), 404),
        ("refund", format!(r#"{{"reference":"{code}"}}"#), 409),
        ("chargeback", format!(r#"{{"reference":"{code}"}}"#), 409),
        ("fault", r#"{"kind":"earthquake"}"#.into(), 422),
    ] {
        let (told, answer) = world.control(call, &body).await;
        assert_eq!(told, status, "{call} {body}: {answer}");
        assert!(!answer["error"].as_str().unwrap().is_empty(), "{call} {body}");
    }
    world.pay(&code).await;
    let (told, answer) =
        world.control("refund", &format!(r#"{{"reference":"{code}","amount":"45.01"}}"#)).await;
    assert_eq!(told, 422);
    assert!(answer["error"].as_str().unwrap().contains("45.00"), "{answer}");
    assert_eq!(world.control("decline", &format!(r#"{{"reference":"{code}"}}"#)).await.0, 409);
}

#[tokio::test]
async fn a_notification_can_be_held_back() {
    let world = World::new().await;
    let charge = world.charge_of("1", 4500);
    let code = world.charge(&charge).await;
    world.control("pay", &format!(r#"{{"reference":"{code}","delay_ms":3600000}}"#)).await;
    assert!(matches!(world.query(&charge, &code).await, rusum_kit::provider::Outcome::Approved(_)));
    assert_eq!(world.received_so_far(), 0);
    world.simulator.stop().await;
}

async fn report(world: &World, query: &str) -> (u16, String) {
    let url = format!("{}/fawry/_control/report?{query}", world.address);
    let answer = world.client.get(url).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn the_settlement_file_adds_up() {
    let world = World::new().await;
    let code = world.charge(&world.charge_of("1", 4550)).await;
    world.pay(&code).await;
    world.control("refund", &format!(r#"{{"reference":"{code}","amount":"10.00"}}"#)).await;
    let (status, file) = report(&world, "day=2026-11-21").await;
    assert_eq!(status, 200);
    // 1 % of 45.50 is 0.455, so 0.46; 14 % of that is 0.0644, so 0.06.
    let expected = format!(
        "HEADER,FWR-20261121-1,is0N+YQzlE4=,2026-11-21,2026-11-21,1,EGP,2,0.00,45.50,10.00,0.00,0.46,0.06,34.98,0.00\n\
         PAYMENT,{code},1,{code}001,45.50,0.46,0.06,2026-11-21T10:00:00.000Z\n\
         REFUND,{code},1,,10.00,0.00,0.00,2026-11-21T10:00:00.000Z\n\
         TRAILER,FWR-20261121-1,2,34.98\n"
    );
    assert_eq!(file, expected);

    // After midnight in Cairo, 22:00 UTC, it is the next day's; a refund alone is carried forward.
    world.pass(chrono::TimeDelta::hours(12));
    world.control("refund", &format!(r#"{{"reference":"{code}","amount":"5.00"}}"#)).await;
    let (_, file) = report(&world, "day=2026-11-22").await;
    assert!(file.starts_with("HEADER,FWR-20261122-1,is0N+YQzlE4=,2026-11-22,2026-11-22,1,EGP,1,0.00,0.00,5.00,0.00,0.00,0.00,-5.00,-5.00\n"), "{file}");
    let (_, file) = report(&world, "day=2026-11-23").await;
    assert!(file.contains(",EGP,0,-5.00,0.00,0.00,0.00,0.00,0.00,0.00,-5.00\n"), "{file}");
}

#[tokio::test]
async fn the_settlement_file_can_be_wrong_on_purpose() {
    let world = World::new().await;
    let code = world.charge(&world.charge_of("1", 4550)).await;
    world.pay(&code).await;
    for (fault, lines) in [
        ("missing_line", 2),
        ("duplicate_line", 4),
        ("wrong_amount", 3),
        ("wrong_fee", 3),
        ("unknown_reference", 4),
        ("wrong_total", 3),
        ("none", 3),
    ] {
        let (status, file) = report(&world, &format!("day=2026-11-21&fault={fault}")).await;
        assert_eq!((status, file.lines().count()), (200, lines), "{fault}: {file}");
    }
    let (_, truncated) = report(&world, "day=2026-11-21&fault=truncated").await;
    assert!(!truncated.contains("TRAILER"));
    for query in ["", "day=tomorrow", "day=2026-11-21&fault=earthquake", "month=11"] {
        let (status, answer) = report(&world, query).await;
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert!(status == 422 && answer["error"].is_string(), "{query}: {answer}");
    }
}
