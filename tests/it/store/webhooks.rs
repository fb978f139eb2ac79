//! What the world is told reaches whoever wants it, at least once and in order.

use std::{collections::HashSet, time::Duration};

use chrono::TimeDelta;
use rusum::{
    ids::{EventId, WebhookId},
    store::{Cursor, Delivery, DeliveryState, Endpoint, Heartbeat, Published, Secret, StoreError, StoredKey},
};

use super::{Shop, backends, shop::fresh};

const LEASE: Duration = Duration::from_secs(30);
const OVERTAKE: Duration = Duration::from_hours(1);

fn endpoint(shop: &Shop, owner: &str, events: &[&str]) -> Endpoint {
    Endpoint {
        id: WebhookId::new(fresh()),
        owner: owner.to_owned(),
        url: "https://portal.example/hooks".to_owned(),
        events: events.iter().map(|event| (*event).to_owned()).collect(),
        description: Some("portal".to_owned()),
        secret: Secret { key_id: "k".to_owned(), sealed: vec![1, 2] },
        previous_secret: None,
        created_at: shop.now,
        disabled: None,
    }
}

async fn take(shop: &Shop) -> Vec<Delivery> {
    shop.store.take_due_deliveries(shop.now, LEASE, OVERTAKE, 100).await.unwrap()
}

fn kinds(deliveries: &[Delivery]) -> Vec<&'static str> {
    deliveries.iter().map(|delivery| delivery.event.event.kind.code()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_gets_what_it_wants_in_order() {
    for backend in backends() {
        let database = backend.fresh().await;
        let mut shop = Shop::new(database.store().await).await;
        let wanted = endpoint(&shop, "portal", &["payment.created", "payment.paid", "day.*"]);
        shop.store.insert_endpoint(&wanted).await.unwrap();
        shop.store.insert_endpoint(&endpoint(&shop, "another", &["*"])).await.unwrap();
        let payment = shop.paid().await;
        assert!(take(&shop).await.is_empty(), "nothing is fanned out yet");
        assert_eq!(shop.store.fan_out(shop.now, 100).await.unwrap(), 3);
        assert_eq!(shop.store.fan_out(shop.now, 100).await.unwrap(), 0);

        let first = take(&shop).await;
        assert_eq!(kinds(&first), ["payment.created"], "{backend:?}: the next waits behind it");
        assert_eq!(first[0].endpoint, wanted);
        assert_eq!(first[0].target.payment, Some(payment.id));
        assert!(take(&shop).await.is_empty());
        // It fails; the one behind it goes on waiting.
        let due = shop.now + TimeDelta::seconds(5);
        shop.store.delivery_failed(first[0].target, Some(500), "500", shop.now, Some(due)).await.unwrap();
        shop.now = due + TimeDelta::minutes(1);
        let again = take(&shop).await;
        assert_eq!((kinds(&again), again[0].tried), (vec!["payment.created"], 1));
        shop.store.delivered(again[0].target, 200, shop.now).await.unwrap();
        let second = take(&shop).await;
        assert_eq!(kinds(&second), ["payment.paid"], "{backend:?}: it goes at once");

        // It fails for longer than anybody waits, and is given up.
        shop.store.delivery_failed(second[0].target, None, "no answer", shop.now, None).await.unwrap();
        let dead = shop.store.dead_letters(Some("portal"), &Cursor::START, 10).await.unwrap();
        assert_eq!(dead.items.len(), 1);
        assert_eq!((dead.items[0].state, dead.items[0].kind.as_str()), (DeliveryState::Dead, "payment.paid"));
        assert!(shop.store.dead_letters(Some("another"), &Cursor::START, 10).await.unwrap().items.is_empty());
        assert_eq!(shop.store.redeliver(second[0].target.event, None, shop.now).await.unwrap(), 1);
        let third = take(&shop).await;
        assert_eq!(third[0].target, second[0].target);
        shop.store.delivered(third[0].target, 204, shop.now).await.unwrap();

        // An event about no payment goes to everybody who wants it.
        let event = EventId::new(fresh());
        shop.store.end_day(shop.today(), event, shop.now).await.unwrap();
        shop.store.fan_out(shop.now, 100).await.unwrap();
        let told = take(&shop).await;
        assert_eq!(kinds(&told), ["day.ended", "day.ended"], "{backend:?}");
        // Closed lanes that are done with are no longer looked at.
        shop.store.fan_out(shop.now, 100).await.unwrap();
        assert_eq!(database.number("SELECT COUNT(*) FROM lanes WHERE fanned_at IS NULL").await, 0);
        shop.store.drain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fails_for_long_is_overtaken() {
    for backend in backends() {
        let database = backend.fresh().await;
        let mut shop = Shop::new(database.store().await).await;
        shop.store.insert_endpoint(&endpoint(&shop, "portal", &["payment.*"])).await.unwrap();
        shop.paid().await;
        shop.store.fan_out(shop.now, 100).await.unwrap();
        let first = take(&shop).await;
        let far = shop.now + TimeDelta::days(1);
        shop.store.delivery_failed(first[0].target, Some(500), "500", shop.now, Some(far)).await.unwrap();
        shop.now += TimeDelta::minutes(59);
        assert!(take(&shop).await.is_empty(), "{backend:?}");
        shop.now += TimeDelta::minutes(2);
        assert_eq!(kinds(&take(&shop).await), ["payment.processing"], "{backend:?}");
        shop.store.drain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_deliver_each_event_once() {
    for backend in backends() {
        let database = backend.fresh().await;
        let (one, two) = (Shop::new(database.store().await).await, Shop::new(database.store().await).await);
        let to = endpoint(&one, "portal", &["*"]);
        one.store.insert_endpoint(&to).await.unwrap();
        for shop in [&one, &two, &one, &two, &one] {
            shop.paid().await;
        }
        let (mut sent, mut seen) = (HashSet::new(), std::collections::HashMap::new());
        while sent.len() < 15 {
            let (a, b) = tokio::join!(one.store.fan_out(one.now, 4), two.store.fan_out(two.now, 4));
            a.unwrap();
            b.unwrap();
            let (a, b) = tokio::join!(take(&one), take(&two));
            for delivery in a.into_iter().chain(b) {
                assert!(sent.insert(delivery.target), "{backend:?}: {:?} was sent twice", delivery.target);
                let last = seen.insert(delivery.target.payment, delivery.event.event.sequence);
                assert_eq!(delivery.event.event.sequence, last.unwrap_or(0) + 1, "{backend:?}");
                two.store.delivered(delivery.target, 200, two.now).await.unwrap();
            }
        }
        assert!(take(&one).await.is_empty());
        one.store.drain().await;
        two.store.drain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_are_kept_rotated_disabled_and_removed() {
    for backend in backends() {
        let database = backend.fresh().await;
        let shop = Shop::new(database.store().await).await;
        let store = &shop.store;
        let (mine, theirs) = (endpoint(&shop, "portal", &["*"]), endpoint(&shop, "another", &["*"]));
        store.insert_endpoint(&mine).await.unwrap();
        store.insert_endpoint(&theirs).await.unwrap();
        assert_eq!(store.endpoints(Some("portal")).await.unwrap(), std::slice::from_ref(&mine));
        assert_eq!(store.endpoints(None).await.unwrap().len(), 2);
        let (secret, until) =
            (Secret { key_id: "k2".to_owned(), sealed: vec![9] }, shop.now + TimeDelta::days(1));
        assert!(store.rotate_secret(mine.id, &secret, until).await.unwrap());
        let rotated = store.endpoint(mine.id).await.unwrap().unwrap();
        assert_eq!((rotated.secret, rotated.previous_secret), (secret, Some((mine.secret.clone(), until))));
        shop.opened().await;
        store.fan_out(shop.now, 10).await.unwrap();
        store.disable_endpoint(mine.id, shop.now, "410 Gone").await.unwrap();
        assert!(take(&shop).await.is_empty());
        assert_eq!(store.dead_letters(None, &Cursor::START, 10).await.unwrap().items.len(), 1);
        let disabled = store.endpoint(mine.id).await.unwrap().unwrap().disabled;
        assert_eq!(disabled, Some((shop.now, "410 Gone".to_owned())));
        assert!(store.delete_endpoint(mine.id).await.unwrap());
        assert!(!store.delete_endpoint(mine.id).await.unwrap());
        assert!(store.dead_letters(None, &Cursor::START, 10).await.unwrap().items.is_empty());
        store.drain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_schedules_and_heartbeats_are_kept() {
    for backend in backends() {
        let database = backend.fresh().await;
        let shop = Shop::new(database.store().await).await;
        let store = &shop.store;
        let key = StoredKey {
            id: rusum::ids::KeyId::new(fresh()),
            hash: [7; 32],
            name: "portal".to_owned(),
            owner: "portal".to_owned(),
            scopes: vec!["payments:read".to_owned()],
            services: vec![],
            authorities: vec!["civil-status".to_owned()],
            provider: None,
            created_at: shop.now,
            revoked_at: None,
        };
        store.insert_key(&key).await.unwrap();
        assert_eq!(store.key_by_hash(&[7; 32]).await.unwrap().as_ref(), Some(&key));
        assert_eq!(store.key_by_hash(&[8; 32]).await.unwrap(), None);
        assert!(store.revoke_key(key.id, shop.now).await.unwrap());
        assert!(!store.revoke_key(key.id, shop.now).await.unwrap());
        assert_eq!(store.keys().await.unwrap()[0].revoked_at, Some(shop.now));

        let published = Published {
            authority: "civil-status".to_owned(),
            version: "2026.1".to_owned(),
            digest: "sha256:01".to_owned(),
            effective_from: "2026-07-01".parse().unwrap(),
            published_by: "minister".to_owned(),
            published_at: shop.now,
        };
        assert_eq!(store.publish(std::slice::from_ref(&published)).await.unwrap(), 1);
        assert_eq!(store.publish(std::slice::from_ref(&published)).await.unwrap(), 0);
        let new = Published { version: "2026.2".to_owned(), ..published.clone() };
        let changed = Published { digest: "sha256:02".to_owned(), ..published.clone() };
        let refused = store.publish(&[new, changed]).await.unwrap_err();
        assert!(matches!(refused, StoreError::AlreadyPublished { .. }), "{refused}");
        assert_eq!(store.published().await.unwrap(), [published]);

        let beat = |detail: &str| Heartbeat {
            job: "deliver".to_owned(),
            node: "a".to_owned(),
            at: shop.now,
            detail: detail.to_owned(),
        };
        store.heartbeat(&beat("1 sent")).await.unwrap();
        store.heartbeat(&beat("2 sent")).await.unwrap();
        assert_eq!(store.heartbeats().await.unwrap(), [beat("2 sent")]);
        store.drain().await;
    }
}
