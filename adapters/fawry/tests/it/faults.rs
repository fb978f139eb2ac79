//! Whatever goes wrong at Fawry: nothing is taken for paid that is not, and nothing paid is lost.

use std::time::Duration;

use chrono::TimeDelta;
use rusum_kit::{
    Piastres,
    provider::{ChargeState, Fault, NextAction, Outcome, Provider, Refunded},
};

use crate::world::{NoAnswer, World, evidence};

const SHORT: Duration = Duration::from_millis(150);

#[tokio::test]
async fn a_time_out_before_the_effect_leaves_nothing_behind() {
    let mut world = World::new().await;
    world.call_timeout = SHORT;
    let charge = world.charge_of("1", 4500);
    world.fault("timeout_before", Some(1)).await;
    assert_eq!(world.try_charge(&charge).await, Err(NoAnswer));
    world.call_timeout = Duration::from_secs(10);
    assert_eq!(world.query(&charge, "0").await, Outcome::NotFound);
    world.charge(&charge).await;
}

#[tokio::test]
async fn a_time_out_after_the_effect_is_found_by_asking() {
    let mut world = World::new().await;
    let charge = world.charge_of("1", 4500);
    world.call_timeout = SHORT;
    world.fault("timeout_after", Some(1)).await;
    assert_eq!(world.try_charge(&charge).await, Err(NoAnswer));
    world.call_timeout = Duration::from_secs(10);
    let Outcome::Pending { provider_reference: Some(code), expires_at } = world.query(&charge, "0").await
    else {
        panic!("the order was made");
    };
    let next = world.fawry.next_action(&charge, &code, expires_at);
    assert!(matches!(next, Some(NextAction::PayAtCounter { code: quoted, .. }) if quoted == code));
    world.pay(&code).await;

    world.received(1).await;
    world.call_timeout = SHORT;
    world.fault("timeout_after", Some(1)).await;
    assert_eq!(world.try_refund(&charge, &code, 1000).await, Err(NoAnswer));
    world.call_timeout = Duration::from_secs(10);
    assert_eq!(evidence(&world.query(&charge, &code).await).refunded, Piastres::new(1000));
}

#[tokio::test]
async fn an_internal_error_and_an_outage_are_unknown() {
    let world = World::new().await;
    let charge = world.charge_of("1", 4500);
    for kind in ["http_500", "outage"] {
        world.fault(kind, Some(1)).await;
        let charged = world.try_charge(&charge).await.unwrap();
        assert!(matches!(charged.state, ChargeState::Decided(Outcome::Unknown(_))), "{kind}: {charged:?}");
        assert_eq!(world.query(&charge, "0").await, Outcome::NotFound);
    }
    let code = world.charge(&charge).await;
    world.pay(&code).await;
    world.fault("http_500", Some(3)).await;
    assert!(matches!(world.query(&charge, &code).await, Outcome::Unknown(_)));
    assert!(matches!(world.cancel(&charge, &code).await, Outcome::Unknown(_)));
    assert!(matches!(world.try_refund(&charge, &code, 100).await, Ok(Refunded::Unknown(_))));
    assert!(matches!(world.query(&charge, &code).await, Outcome::Approved(_)));
}

#[tokio::test]
async fn notifications_wait_for_the_end_of_an_outage() {
    let world = World::new().await;
    let code = world.charge(&world.charge_of("1", 4500)).await;
    world.fault("outage", None).await;
    world.pay(&code).await;
    assert_eq!(world.state().await["notifications"][0]["attempts"], 0);
    assert_eq!(world.received_so_far(), 0);
    world.fault("none", None).await;
    assert_eq!(world.received(1).await[0].evidence().amount, Piastres::new(4500));
}

#[tokio::test]
async fn a_duplicate_tells_the_same_collection_twice() {
    let world = World::new().await;
    let code = world.charge(&world.charge_of("1", 4500)).await;
    world.fault("duplicate", Some(1)).await;
    world.pay(&code).await;
    let received = world.received(2).await;
    assert_eq!(received[0].body, received[1].body);
    assert_eq!(received[0].outcome(), received[1].outcome());
}

#[tokio::test]
async fn one_code_paid_twice_is_told_as_two_collections() {
    let world = World::new().await;
    let code = world.charge(&world.charge_of("1", 4500)).await;
    let (status, told) = world.control("pay", &format!(r#"{{"reference":"{code}","times":2}}"#)).await;
    assert_eq!((status, told["paid"].as_str()), (200, Some("90.00")));
    let received = world.received(2).await;
    let mut ids = received.iter().map(|one| one.evidence().provider_transaction.clone()).collect::<Vec<_>>();
    ids.sort();
    assert_eq!(ids, [Some(format!("{code}001")), Some(format!("{code}002"))]);
}

#[tokio::test]
async fn a_later_notification_can_overtake_an_earlier_one() {
    let world = World::new().await;
    let code = world.charge(&world.charge_of("1", 4500)).await;
    world.fault("reorder", Some(1)).await;
    world.pay(&code).await;
    world.control("refund", &format!(r#"{{"reference":"{code}"}}"#)).await;
    let received = world.received(2).await;
    assert_eq!(received[0].evidence().refunded, Piastres::new(4500));
    assert_eq!(received[1].evidence().refunded, Piastres::ZERO);
}

#[tokio::test]
async fn a_wrong_amount_or_currency_shows() {
    let world = World::new().await;
    let charge = world.charge_of("1", 4500);
    let code = world.charge(&charge).await;
    world.fault("wrong_amount", Some(1)).await;
    world.pay(&code).await;
    assert_eq!(world.received(1).await[0].evidence().amount, Piastres::new(4400));
    assert_eq!(evidence(&world.query(&charge, &code).await).amount, Piastres::new(4400));
    assert_eq!(world.state().await["charges"][0]["paid"], "44.00");

    let charge = world.charge_of("2", 4500);
    let code = world.charge(&charge).await;
    world.fault("wrong_currency", Some(1)).await;
    world.pay(&code).await;
    assert_eq!(world.received(1).await[0].evidence().currency, "USD");
    assert_eq!(evidence(&world.query(&charge, &code).await).currency, "USD");

    let code = world.charge(&world.charge_of("3", 4500)).await;
    world.control("pay", &format!(r#"{{"reference":"{code}","amount":"50.00"}}"#)).await;
    assert_eq!(world.received(1).await[0].evidence().amount, Piastres::new(5000));
}

#[tokio::test]
async fn a_forged_signature_is_refused_and_the_genuine_message_follows() {
    let world = World::new().await;
    let code = world.charge(&world.charge_of("1", 4500)).await;
    world.fault("bad_signature", Some(1)).await;
    world.pay(&code).await;
    let received = world.received(2).await;
    assert!(matches!(received[0].result, Err(Fault::Unverified(_))));
    assert_eq!(received[0].status, 401);
    assert_eq!(received[1].evidence().amount, Piastres::new(4500));
}

#[tokio::test]
async fn a_late_success_is_still_money() {
    let world = World::new().await;
    let expired = world.charge_of("1", 4500);
    let cancelled = world.charge_of("2", 4500);
    let codes = [world.charge(&expired).await, world.charge(&cancelled).await];
    world.cancel(&cancelled, &codes[1]).await;
    world.received(1).await;
    world.pass(TimeDelta::hours(25));
    for (charge, code) in [expired, cancelled].iter().zip(codes) {
        world.fault("late_success", Some(1)).await;
        world.pay(&code).await;
        assert_eq!(world.received(1).await[0].evidence().amount, charge.amount);
        assert!(matches!(world.query(charge, &code).await, Outcome::Approved(_)));
    }
}

#[tokio::test]
async fn a_status_that_nobody_knows_is_unknown_until_it_is_told_again() {
    let world = World::new().await;
    let charge = world.charge_of("1", 4500);
    let code = world.charge(&charge).await;
    world.fault("unknown_status", Some(2)).await;
    world.pay(&code).await;
    assert!(matches!(world.received(1).await[0].outcome(), Outcome::Unknown(_)));
    assert!(matches!(world.query(&charge, &code).await, Outcome::Unknown(_)));
    assert!(matches!(world.query(&charge, &code).await, Outcome::Approved(_)));
}

#[tokio::test]
async fn a_notification_comes_again_until_it_is_received() {
    let world = World::new().await;
    let code = world.charge(&world.charge_of("1", 4500)).await;
    world.refuse(&[500, 401, 302, 204, 503]);
    world.pay(&code).await;
    let received = world.received(6).await;
    assert_eq!(received.iter().map(|one| one.status).collect::<Vec<_>>(), [500, 401, 302, 204, 503, 200]);
    assert!(received.iter().all(|one| one.body == received[0].body));
    world.until_notification(0, "delivered").await;
    assert_eq!(world.state().await["notifications"][0]["attempts"], 6);
}

#[tokio::test]
async fn a_notification_that_nobody_receives_is_given_up_and_stays_listed() {
    let world = World::with(None, |settings| settings.redelivery.attempts = 3).await;
    let code = world.charge(&world.charge_of("1", 4500)).await;
    world.refuse(&[500; 3]);
    world.pay(&code).await;
    world.until_notification(0, "given_up").await;
    let notification = &world.state().await["notifications"][0];
    assert_eq!((&notification["attempts"], &notification["last_answer"]), (&3.into(), &500.into()));
}
