//! A simulator that was killed finds its orders, its money and its debts of telling again.

use rusum_kit::provider::Outcome;

use crate::world::World;

#[tokio::test]
async fn the_books_are_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fawry.jsonl");
    let (before, charge, code) = {
        let world = World::with(Some(path.clone()), |_| {}).await;
        let charge = world.charge_of("1", 4500);
        let code = world.charge(&charge).await;
        let paid = world.charge(&world.charge_of("2", 9900)).await;
        world.pay(&paid).await;
        world.control("refund", &format!(r#"{{"reference":"{paid}","amount":"10.00"}}"#)).await;
        world.control("chargeback", &format!(r#"{{"reference":"{paid}","amount":"5.00"}}"#)).await;
        world.received(2).await;
        for id in 0..2 {
            world.until_notification(id, "delivered").await;
        }
        world.simulator.stop().await;
        (world.state().await, charge, code)
    };
    let world = World::with(Some(path), |_| {}).await;
    let mut after = world.state().await;
    // How the last attempt was answered is not worth a line in the books.
    for notification in after["notifications"].as_array_mut().unwrap() {
        notification["last_answer"] = 200.into();
    }
    assert_eq!(after, before);
    assert!(matches!(world.query(&charge, &code).await, Outcome::Pending { .. }));
    world.pay(&code).await;
    assert!(matches!(world.query(&charge, &code).await, Outcome::Approved(_)));
}

#[tokio::test]
async fn a_notification_that_had_not_arrived_is_taken_up_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fawry.jsonl");
    let first = World::with(Some(path.clone()), |_| {}).await;
    let code = first.charge(&first.charge_of("1", 4500)).await;
    first.fault("outage", None).await;
    first.pay(&code).await;
    first.simulator.stop().await;
    assert_eq!(first.received_so_far(), 0);

    let second = World::with(Some(path), |_| {}).await;
    let received = first.received(1).await;
    assert_eq!(received[0].evidence().provider_reference, code);
    second.until_notification(0, "delivered").await;
}
