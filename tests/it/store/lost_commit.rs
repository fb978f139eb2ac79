//! A COMMIT whose answer is lost is found out, never guessed.

use std::sync::Arc;

use rusum::store::{CommitError, Faults, Options, Store, StoreError};
use tokio::task::JoinSet;

use super::{Database, Shop, backends};

async fn shop_with(database: &Database, faults: &Faults) -> Shop {
    let options = Options { faults: faults.clone(), lanes: 1, ..Database::options() };
    Shop::new(Store::open(&database.url, options).await.unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_is_answered_as_committed_and_nothing_is_written_twice() {
    for backend in backends() {
        let database = backend.fresh().await;
        let faults = Faults::default();
        let shop = shop_with(&database, &faults).await;
        let (payment, attempt) = shop.pending().await;
        faults.lose_replies(1);
        let committed = shop.commit(shop.paying(&payment, attempt, "T1")).await.unwrap();
        let next = shop.paid().await;
        assert_eq!(shop.store.metrics().undecided, 1, "{backend:?}");
        assert_eq!(shop.reload(payment.id).await.amount_paid, next.amount_paid);
        assert_eq!(database.number("SELECT COUNT(*) FROM journals").await, 2);
        assert_eq!(database.number("SELECT COUNT(DISTINCT lane) FROM journals").await, 1);
        let claim = format!(
            "SELECT COUNT(*) FROM claims WHERE kind = 'batch' AND key = '{}/{}'",
            committed.lane, committed.batch
        );
        assert_eq!(database.number(&claim).await, 1);
        let report = shop.store.verify(&mut |_| {}).await.unwrap();
        assert!(report.is_clean(), "{backend:?}: {:?}", report.findings);
        shop.store.drain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_never_arrived_is_run_again() {
    for backend in backends() {
        let database = backend.fresh().await;
        let faults = Faults::default();
        let shop = shop_with(&database, &faults).await;
        let (payment, attempt) = shop.pending().await;
        faults.lose_commits(2);
        shop.commit(shop.paying(&payment, attempt, "T1")).await.unwrap();
        assert_eq!(shop.store.metrics().undecided, 2, "{backend:?}");
        shop.paid().await;
        assert_eq!(database.number("SELECT COUNT(*) FROM journals").await, 2);
        let report = shop.store.verify(&mut |_| {}).await.unwrap();
        assert!(report.is_clean(), "{backend:?}: {:?}", report.findings);
        shop.store.drain().await;
    }
}

/// Makes every COMMIT last, so that it can be met.
const SLOW: &str = "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS \
     $$ BEGIN PERFORM pg_sleep(0.01); RETURN NULL; END $$; \
     CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON claims DEFERRABLE INITIALLY DEFERRED \
     FOR EACH ROW WHEN (NEW.kind = 'batch') EXECUTE FUNCTION dawdle()";

/// Ends connections of the store that are in a COMMIT, and some that are not, for a while.
const KILLER: &str = "DO $$ DECLARE began timestamptz := clock_timestamp(); BEGIN \
     WHILE clock_timestamp() < began + interval '2 seconds' LOOP \
         PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'rusum' \
             AND datname = current_database() AND state = 'active' \
             AND (query LIKE 'COMMIT%' AND random() < 0.1 OR random() < 0.01); \
         PERFORM pg_stat_clear_snapshot(), pg_sleep(0.001); \
     END LOOP; END $$";

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_killed_lose_nothing_and_double_nothing() {
    for backend in backends() {
        let database = Arc::new(backend.fresh().await);
        if !database.is_postgres() {
            continue;
        }
        // Batches of one, so that many COMMITs are met.
        let options = Options { lanes: 2, batch_limit: 1, ..Database::options() };
        let shop = Arc::new(Shop::new(Store::open(&database.url, options).await.unwrap()).await);
        let mut paying = Vec::new();
        for _ in 0..60 {
            let (payment, attempt) = shop.pending().await;
            paying.push((payment.id, shop.paying(&payment, attempt, "T1")));
        }
        database.tamper(SLOW).await.unwrap();
        let killer = {
            let database = Arc::clone(&database);
            tokio::spawn(async move { database.tamper(KILLER).await })
        };
        let mut commits = JoinSet::new();
        for (id, change) in paying {
            let shop = Arc::clone(&shop);
            commits.spawn(async move { (id, shop.commit(change).await) });
        }
        let mut results = Vec::new();
        while let Some(result) = commits.join_next().await {
            results.push(result.unwrap());
        }
        killer.await.unwrap().unwrap();
        for (id, result) in results {
            let paid = shop.reload_patiently(id).await.amount_paid.is_positive();
            match result {
                Ok(_) => assert!(paid, "{id} was acknowledged and is not paid"),
                Err(CommitError::Broken(StoreError::Undecided(_))) => {}
                Err(error) => assert!(!paid, "{id} is paid, its caller was told {error}"),
            }
        }
        let metrics = shop.store.metrics();
        assert!(metrics.undecided > 0 && metrics.retried > 0, "no COMMIT was met: {metrics:?}");
        let report = shop.store.verify(&mut |_| {}).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.findings);
        shop.store.drain().await;
    }
}
