//! What is acknowledged is written, once, and one bad Change fails alone.

use std::{sync::Arc, time::Duration};

use rusum::{
    change::{
        Break, BreakCode, Change, Claim, ClaimKind, MessageState, SealedPayer, StoredAnswer, StoredMessage,
    },
    ids::{BreakId, MessageId},
    ledger::{Account, Journal, JournalEvent, Transfer},
    money::{Currency, Piastres},
    payments::{Command, PaymentStatus},
    store::{CommitError, Options, Store},
};
use tokio::task::JoinSet;

use super::{Database, Shop, backends, shop::fresh};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_read_back() {
    for backend in backends() {
        let database = backend.fresh().await;
        let shop = Shop::new(database.store().await).await;
        let quote = shop.committed_quote().await;
        let (id, mut change) = shop.opening(&quote);
        let written = Arc::clone(&change.payment.as_ref().unwrap().payment);
        change.payer = Some(SealedPayer {
            payment: id,
            key_id: "k1".to_owned(),
            sealed: vec![0, 1, 255],
            national_id_hash: Some(vec![7; 32]),
        });
        change.claims.push(Claim {
            kind: ClaimKind::Idempotency,
            key: "portal POST /v1/payments 'k'".to_owned(),
            holder: "f".to_owned(),
        });
        change.answer = Some(StoredAnswer {
            key: "portal POST /v1/payments 'k'".to_owned(),
            status: 201,
            content_type: "application/json".to_owned(),
            body: "{\"a\":\"\\u0000 ج\"}\n".to_owned(),
        });
        let answer = change.answer.clone();
        let committed = shop.commit(change).await.unwrap();
        assert_eq!(committed.day, shop.today());
        assert_eq!(shop.reload(id).await, *written, "{backend:?}");

        // Another process has no bill in memory.
        let other = database.store().await;
        assert_eq!(other.payment(id).await.unwrap().unwrap(), *written);
        assert_eq!(other.payment_by_reference(written.reference).await.unwrap().unwrap(), *written);
        assert_eq!(other.quote(quote.id).await.unwrap().unwrap().bill, quote.bill);
        let held = other.answer("portal POST /v1/payments 'k'").await.unwrap().unwrap();
        assert_eq!((held.holder.as_str(), held.answer), ("f", answer));
        let payer = other.payer(id).await.unwrap().unwrap();
        assert_eq!((payer.sealed, payer.national_id_hash), (vec![0, 1, 255], Some(vec![7; 32])));
        assert_eq!(other.claim(ClaimKind::Quote, &quote.id.to_string()).await.unwrap(), Some(id.to_string()));
        other.drain().await;

        let paid = shop.paid().await;
        assert_eq!(paid.status, PaymentStatus::Paid);
        assert_eq!(paid.attempts.len(), 1);
        assert_eq!(paid.attempts[0].collections.len(), 1);
        assert!(paid.attempts[0].next_action.is_some());
        let attempt = (paid.id, paid.attempts[0].id);
        let by_ours = shop.store.attempt_by_merchant_reference(&paid.attempts[0].merchant_reference).await;
        assert_eq!(by_ours.unwrap(), Some(attempt));
        let theirs = paid.attempts[0].provider_reference.as_deref().unwrap();
        let by_theirs = shop.store.attempt_by_provider_reference("fawry", theirs).await;
        assert_eq!(by_theirs.unwrap(), Some(attempt));
        assert_eq!(shop.store.attempt_by_provider_reference("paymob", theirs).await.unwrap(), None);
        shop.store.drain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_stored_once_and_worked_off() {
    for backend in backends() {
        let database = backend.fresh().await;
        let shop = Shop::new(database.store().await).await;
        let message = StoredMessage {
            id: MessageId::new(fresh()),
            provider: "fawry".to_owned(),
            operation: "notification".to_owned(),
            state: MessageState::Waiting,
            key_id: "k1".to_owned(),
            sealed: vec![1, 2, 3],
            received_at: shop.now,
            due_at: Some(shop.now),
        };
        let claim =
            Claim { kind: ClaimKind::Message, key: "digest".to_owned(), holder: message.id.to_string() };
        let change = Change { message: Some(message.clone()), claims: vec![claim], ..Change::default() };
        shop.commit(change.clone()).await.unwrap();
        assert!(matches!(shop.commit(change).await, Err(CommitError::Claimed(_))));
        let stored = shop.store.message(message.id).await.unwrap().unwrap();
        assert_eq!((stored.sealed, stored.received_at), (message.sealed, message.received_at));
        let worked_off =
            Change { worked_off: Some((message.id, MessageState::Applied)), ..Change::default() };
        shop.commit(worked_off).await.unwrap();
        let stored = shop.store.message(message.id).await.unwrap().unwrap();
        assert_eq!((stored.state, stored.due_at), (MessageState::Applied, None));
        shop.store.drain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_commits_of_one_version_win_once() {
    for backend in backends() {
        let database = backend.fresh().await;
        let options = Options { lanes: 4, ..Database::options() };
        let shop = Arc::new(Shop::new(Store::open(&database.url, options).await.unwrap()).await);
        let mut payment = shop.opened().await;
        for _ in 0..3 {
            let mut commits = JoinSet::new();
            for _ in 0..200 {
                let (shop, payment) = (Arc::clone(&shop), payment.clone());
                commits.spawn(async move {
                    let change = match payment.status {
                        PaymentStatus::Processing => shop.decided(&payment, Command::Cancel),
                        _ => shop.starting(&payment).1,
                    };
                    shop.commit(change).await
                });
            }
            let (mut won, mut stale) = (0, 0);
            while let Some(result) = commits.join_next().await {
                match result.unwrap() {
                    Ok(_) => won += 1,
                    Err(CommitError::Stale) => stale += 1,
                    Err(other) => panic!("{backend:?}: {other}"),
                }
            }
            assert_eq!((won, stale), (1, 199), "{backend:?}");
            let now = shop.reload(payment.id).await;
            assert_eq!(now.version, payment.version + 1);
            payment = now;
            if payment.status == PaymentStatus::Processing {
                // Cancelling needs an attempt that waits for the citizen.
                let live = payment.live_attempt().unwrap().id;
                let observation =
                    rusum::payments::Observation::Accepted { provider_reference: None, next_action: None };
                let change = shop.decided(&payment, Command::Observe { attempt: live, observation });
                shop.commit(change).await.unwrap();
                payment = shop.reload(payment.id).await;
            }
            if payment.status == PaymentStatus::Cancelled {
                break;
            }
        }
        shop.store.drain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_exists_is_not_made_again() {
    for backend in backends() {
        let database = backend.fresh().await;
        let shop = Shop::new(database.store().await).await;
        let quote = shop.committed_quote().await;
        let (_, change) = shop.opening(&quote);
        shop.commit(change.clone()).await.unwrap();
        assert!(matches!(shop.commit(change).await, Err(CommitError::Stale)));
        shop.store.drain().await;
    }
}

/// One writer that is kept busy, so that what comes meanwhile is one batch.
async fn while_busy(shop: &Shop, changes: Vec<Change>) -> Vec<Result<rusum::store::Committed, CommitError>> {
    let mut futures: Vec<_> = changes
        .into_iter()
        .map(|change| {
            let store = shop.store.clone();
            tokio::spawn(async move { store.commit(change).await })
        })
        .collect();
    let mut results = Vec::new();
    for future in futures.drain(..) {
        results.push(future.await.unwrap());
    }
    results
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clash_answers_with_what_is_stored_and_its_neighbours_commit() {
    for backend in backends() {
        let database = backend.fresh().await;
        let options = Options { lanes: 1, ..Database::options() };
        let shop = Shop::new(Store::open(&database.url, options).await.unwrap()).await;
        let quote = shop.committed_quote().await;
        let (first, change) = shop.opening(&quote);
        shop.commit(change).await.unwrap();

        let mut changes: Vec<Change> = (0..20).map(|_| shop.opening(&shop.quote()).1).collect();
        let (_, loser) = shop.opening(&quote);
        changes.insert(7, loser);
        let results = while_busy(&shop, changes).await;
        for (index, result) in results.iter().enumerate() {
            match result {
                Err(CommitError::Claimed(claim)) if index == 7 => {
                    assert_eq!(claim.kind, ClaimKind::Quote);
                    assert_eq!(claim.holder, first.to_string());
                }
                Ok(_) if index != 7 => {}
                other => panic!("{backend:?}: {index}: {other:?}"),
            }
        }
        assert_eq!(database.number("SELECT COUNT(*) FROM payments").await, 21);
        shop.store.drain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_with_one_claim_win_once() {
    for backend in backends() {
        let database = backend.fresh().await;
        let options = Options { lanes: 4, ..Database::options() };
        let shop = Shop::new(Store::open(&database.url, options).await.unwrap()).await;
        let quote = shop.committed_quote().await;
        let changes: Vec<Change> = (0..50).map(|_| shop.opening(&quote).1).collect();
        let results = while_busy(&shop, changes).await;
        let won = results.iter().filter(|result| result.is_ok()).count();
        let holder = shop.store.claim(ClaimKind::Quote, &quote.id.to_string()).await.unwrap().unwrap();
        let told = results
            .iter()
            .filter(|result| matches!(result, Err(CommitError::Claimed(claim)) if claim.holder == holder))
            .count();
        assert_eq!((won, told), (1, 49), "{backend:?}");
        assert_eq!(database.number("SELECT COUNT(*) FROM payments").await, 1);
        shop.store.drain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_the_database_refuses_fails_alone() {
    for backend in backends() {
        let database = backend.fresh().await;
        let options = Options { lanes: 1, ..Database::options() };
        let shop = Shop::new(Store::open(&database.url, options).await.unwrap()).await;
        let receivable: Account = "provider:fawry:receivable".parse().unwrap();
        let poison = Change {
            journals: vec![Journal {
                id: rusum::ids::JournalId::new(fresh()),
                event: JournalEvent::Adjustment,
                payment: None,
                refers_to: "poison".to_owned(),
                refers_to_day: None,
                transfers: vec![Transfer {
                    debit: receivable.clone(),
                    credit: receivable,
                    amount: Piastres::new(1),
                    currency: Currency::Egp,
                }],
            }],
            ..Change::default()
        };
        let mut changes: Vec<Change> = (0..30).map(|_| shop.opening(&shop.quote()).1).collect();
        changes.insert(11, poison.clone());
        changes.insert(23, poison);
        let results = while_busy(&shop, changes).await;
        for (index, result) in results.iter().enumerate() {
            match result {
                Err(CommitError::Broken(_)) if index == 11 || index == 23 => {}
                Ok(_) if index != 11 && index != 23 => {}
                other => panic!("{backend:?}: {index}: {other:?}"),
            }
        }
        let report = shop.store.verify(&mut |_| {}).await.unwrap();
        assert!(report.is_clean(), "{backend:?}: {:?}", report.findings);
        shop.store.drain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_answers_at_once_and_nothing_of_it_is_written() {
    for backend in backends() {
        let database = backend.fresh().await;
        let options = Options { queue_limit: 8, lanes: 1, ..Database::options() };
        let shop = Shop::new(Store::open(&database.url, options).await.unwrap()).await;
        let changes: Vec<Change> =
            (0..200).map(|_| Change { quote: Some(shop.quote()), ..Change::default() }).collect();
        let results = while_busy(&shop, changes).await;
        let committed = results.iter().filter(|result| result.is_ok()).count();
        let turned_away = results
            .iter()
            .filter(|result| matches!(result, Err(CommitError::Overloaded { retry_after_secs: 1.. })))
            .count();
        assert!(turned_away > 0 && committed + turned_away == 200, "{committed} + {turned_away}");
        let stored = database.number("SELECT COUNT(*) FROM quotes").await;
        assert_eq!(usize::try_from(stored), Ok(committed));
        let metrics = shop.store.metrics();
        assert_eq!(metrics.overloaded, turned_away as u64);
        assert_eq!((metrics.queue_length, metrics.queue_limit), (0, 8));
        shop.store.drain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_loses_nothing() {
    for backend in backends() {
        let database = backend.fresh().await;
        let shop = Shop::new(database.store().await).await;
        for _ in 0..50 {
            let commit = shop.store.commit(Change { quote: Some(shop.quote()), ..Change::default() });
            // Polled once, then dropped.
            let _ = tokio::time::timeout(Duration::ZERO, commit).await;
        }
        shop.store.drain().await;
        assert_eq!(database.number("SELECT COUNT(*) FROM quotes").await, 50, "{backend:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn draining_writes_what_waits_and_then_refuses() {
    for backend in backends() {
        let database = backend.fresh().await;
        let shop = Shop::new(database.store().await).await;
        let commits: Vec<_> = (0..100)
            .map(|_| {
                let (store, quote) = (shop.store.clone(), shop.quote());
                tokio::spawn(
                    async move { store.commit(Change { quote: Some(quote), ..Change::default() }).await },
                )
            })
            .collect();
        shop.store.drain().await;
        let mut committed = 0;
        for commit in commits {
            match commit.await.unwrap() {
                Ok(_) => committed += 1,
                Err(CommitError::Overloaded { .. } | CommitError::Broken(_)) => {}
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(database.number("SELECT COUNT(*) FROM quotes").await, committed);
        assert_eq!(database.number("SELECT COUNT(*) FROM lanes WHERE closed_at IS NULL").await, 0);
        let after = shop.store.commit(Change { quote: Some(shop.quote()), ..Change::default() }).await;
        assert!(matches!(after, Err(CommitError::Overloaded { .. })));
        assert!(shop.store.ping().await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_beside_a_running_server_waits_its_turn() {
    for backend in backends() {
        let database = backend.fresh().await;
        let server = Arc::new(Shop::new(database.store().await).await);
        let command = Arc::new(Shop::new(database.store().await).await);
        let mut commits = JoinSet::new();
        for shop in [&server, &command].into_iter().cycle().take(60) {
            let shop = Arc::clone(shop);
            commits.spawn(async move { shop.opened().await });
        }
        while let Some(result) = commits.join_next().await {
            result.unwrap();
        }
        assert_eq!(database.number("SELECT COUNT(*) FROM payments").await, 60);
        command.store.drain().await;
        server.opened().await;
        server.store.drain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_process_keeps_nobody_for_ever() {
    for backend in backends() {
        let database = backend.fresh().await;
        let options = Options { patience: Duration::from_millis(200), ..Database::options() };
        let shop = Shop::new(Store::open(&database.url, options).await.unwrap()).await;
        shop.opened().await;
        let frozen = database.frozen_process().await;
        let kept = shop.store.commit(Change { quote: Some(shop.quote()), ..Change::default() }).await;
        assert!(matches!(kept, Err(CommitError::Broken(_))), "{backend:?}: {kept:?}");
        frozen.go().await;
        shop.opened().await;
        assert_eq!(database.number("SELECT COUNT(*) FROM quotes").await, 2, "{backend:?}");
        shop.store.drain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_break_belongs_to_the_day_of_its_commit() {
    for backend in backends() {
        let database = backend.fresh().await;
        let shop = Shop::new(database.store().await).await;
        let found = Break {
            id: BreakId::new(fresh()),
            code: BreakCode::P02,
            provider: "fawry".to_owned(),
            amount: Piastres::new(-5),
            clearing_amount: Piastres::ZERO,
            day: None,
            payment: None,
            note: "told 5.00".to_owned(),
            at: shop.now,
        };
        shop.commit(Change { breaks: vec![found.clone()], ..Change::default() }).await.unwrap();
        let page = shop
            .store
            .breaks(&rusum::store::BreakFilter::default(), &rusum::store::Cursor::START, 10)
            .await
            .unwrap();
        assert_eq!(page.items.len(), 1);
        assert_eq!(page.items[0].status, "open");
        assert_eq!(page.items[0].found, Break { day: Some(shop.today()), ..found });
        shop.store.drain().await;
    }
}
