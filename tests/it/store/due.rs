//! Work that is due is taken by one node at a time, and falls due again when that node dies.

use std::{collections::HashSet, time::Duration};

use chrono::TimeDelta;
use rusum::{
    change::{Change, MessageState, StoredMessage},
    ids::MessageId,
    payments::AttemptStatus,
    store::{AttemptFilter, Cursor},
};

use super::{Shop, backends, shop::fresh};

const LEASE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_share_the_attempts_that_are_due() {
    for backend in backends() {
        let database = backend.fresh().await;
        let (one, two) = (Shop::new(database.store().await).await, Shop::new(database.store().await).await);
        for _ in 0..20 {
            let payment = one.opened().await;
            one.commit(one.starting(&payment).1).await.unwrap();
        }
        let now = one.now + TimeDelta::seconds(30);
        assert!(one.store.take_due_attempts(one.now, LEASE, 100).await.unwrap().is_empty());
        assert_eq!(one.store.next_due(one.now).await.unwrap(), Some(now));
        let (mut taken, mut each) = (HashSet::new(), Vec::new());
        for _ in 0..6 {
            let (a, b) = tokio::join!(
                one.store.take_due_attempts(now, LEASE, 4),
                two.store.take_due_attempts(now, LEASE, 4)
            );
            for attempt in a.unwrap().into_iter().chain(b.unwrap()) {
                assert!(taken.insert(attempt), "{backend:?}: {attempt:?} was taken twice");
                each.push(attempt);
            }
        }
        assert_eq!(taken.len(), 20, "{backend:?}");
        assert!(two.store.take_due_attempts(now, LEASE, 100).await.unwrap().is_empty());
        // Whoever took them died: they fall due again. One was put off.
        let later = now + TimeDelta::seconds(30);
        let (payment, attempt) = each[0];
        one.store.postpone_attempt(payment, attempt, later + TimeDelta::hours(1), 3).await.unwrap();
        assert_eq!(two.store.take_due_attempts(later, LEASE, 100).await.unwrap().len(), 19);
        let put_off = one.reload(payment).await;
        assert_eq!((put_off.attempts[0].asked, put_off.version), (3, 2));
        one.store.drain().await;
        two.store.drain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_taken_once_and_put_off() {
    for backend in backends() {
        let database = backend.fresh().await;
        let shop = Shop::new(database.store().await).await;
        let message = |state, due| StoredMessage {
            id: MessageId::new(fresh()),
            provider: "fawry".to_owned(),
            operation: "notification".to_owned(),
            state,
            key_id: "k".to_owned(),
            sealed: vec![1],
            received_at: shop.now,
            due_at: due,
        };
        let waiting = message(MessageState::Waiting, Some(shop.now));
        shop.commit(Change { message: Some(waiting.clone()), ..Change::default() }).await.unwrap();
        for _ in 0..5 {
            let change =
                Change { message: Some(message(MessageState::Unverified, None)), ..Change::default() };
            shop.commit(change).await.unwrap();
        }
        let taken = shop.store.take_due_messages(shop.now, LEASE, 10).await.unwrap();
        assert_eq!(taken.iter().map(|one| one.id).collect::<Vec<_>>(), [waiting.id]);
        assert_eq!(taken[0].sealed, [1]);
        assert!(shop.store.take_due_messages(shop.now, LEASE, 10).await.unwrap().is_empty());
        let later = shop.now + TimeDelta::minutes(5);
        shop.store.postpone_message(waiting.id, later).await.unwrap();
        assert_eq!(shop.store.next_due(shop.now).await.unwrap(), Some(later));
        assert_eq!(shop.store.forget_unverified(2).await.unwrap(), 3);
        let unverified =
            shop.store.messages(Some(MessageState::Unverified), &Cursor::START, 10).await.unwrap();
        assert_eq!(unverified.items.len(), 2);
        let first = shop.store.messages(None, &Cursor::START, 2).await.unwrap();
        let rest = shop.store.messages(None, &first.next.unwrap(), 2).await.unwrap();
        assert_eq!((first.items.len(), rest.items.len(), rest.next), (2, 1, None));
        shop.store.drain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_expires_once_and_only_while_it_is_open() {
    for backend in backends() {
        let database = backend.fresh().await;
        let shop = Shop::new(database.store().await).await;
        let open = shop.opened().await;
        let (processing, _) = shop.pending().await;
        shop.paid().await;
        assert!(shop.store.take_expired_payments(shop.now, LEASE, 10).await.unwrap().is_empty());
        let mut expired = shop.store.take_expired_payments(open.expires_at, LEASE, 10).await.unwrap();
        expired.sort();
        let mut expected = vec![open.id, processing.id];
        expected.sort();
        assert_eq!(expired, expected, "{backend:?}");
        // Nobody else gets them meanwhile; what was not ended falls due again.
        let again = |at| shop.store.take_expired_payments(at, LEASE, 10);
        assert!(again(open.expires_at).await.unwrap().is_empty());
        assert_eq!(again(open.expires_at + LEASE).await.unwrap().len(), 2);
        shop.store.drain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_are_listed_with_their_payments() {
    use rusum::payments::{Command, Observation};
    for backend in backends() {
        let database = backend.fresh().await;
        let shop = Shop::new(database.store().await).await;
        let mut lost = Vec::new();
        for _ in 0..3 {
            let payment = shop.opened().await;
            let (attempt, change) = shop.starting(&payment);
            shop.commit(change).await.unwrap();
            let payment = shop.reload(payment.id).await;
            let observation = Observation::Lost("no answer".to_owned());
            shop.commit(shop.decided(&payment, Command::Observe { attempt, observation })).await.unwrap();
            lost.push((payment.id, attempt));
        }
        shop.pending().await;
        let unknown = AttemptFilter {
            status: Some(AttemptStatus::Unknown),
            older_than: Some(shop.now + TimeDelta::seconds(1)),
            ..AttemptFilter::default()
        };
        let first = shop.store.attempts(&unknown, &Cursor::START, 2).await.unwrap();
        let rest = shop.store.attempts(&unknown, first.next.as_ref().unwrap(), 2).await.unwrap();
        let found: Vec<_> =
            first.items.iter().chain(&rest.items).map(|(payment, attempt)| (payment.id, *attempt)).collect();
        assert_eq!((found, rest.next), (lost, None), "{backend:?}");
        let old = AttemptFilter { older_than: Some(shop.now), ..unknown };
        assert!(shop.store.attempts(&old, &Cursor::START, 2).await.unwrap().items.is_empty());
        let all = shop.store.attempts(&AttemptFilter::default(), &Cursor::START, 10).await.unwrap();
        assert_eq!(all.items.len(), 4);
        shop.store.drain().await;
    }
}
