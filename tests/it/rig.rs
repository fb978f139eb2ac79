//! What the other tests stand on: a node with everything around it starts, and drains.

use crate::{
    store::backends,
    support::{Rig, payment_id, text, until},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_node_starts_on_every_engine_and_drains() {
    for backend in backends() {
        let rig = Rig::start(&backend).await;
        assert_eq!(rig.switch().schedules_in_force(), Ok(()));
        let other = rig.another_node().await;
        assert_eq!(other.switch.schedules_in_force(), Ok(()));
        until("both nodes leave heartbeats", async || {
            let beats = rig.store().heartbeats().await.unwrap();
            let nodes: std::collections::BTreeSet<String> = beats.into_iter().map(|beat| beat.node).collect();
            (nodes.len() >= 2).then_some(())
        })
        .await;
        rig.verify().await;
        other.stop().await;
        rig.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_goes_from_the_price_to_the_paid_event() {
    for backend in backends() {
        let rig = Rig::start(&backend).await;
        let paid = rig.paid().await;
        assert_eq!(text(&paid, "amount_paid"), "25.00");
        let events = rig.http.get(&format!("/v1/payments/{}/events", payment_id(&paid))).await.expect(200);
        assert!(events.body.contains("payment.paid"), "{}", events.body);
        assert_eq!(rig.account("provider:fawry:receivable").await.0, "25.00");
        rig.verify().await;
        rig.stop().await;
    }
}
