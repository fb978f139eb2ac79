//! Nobody rewrites the books, and a verification finds what somebody did to them all the same.

use rusum::{
    ids::PaymentId,
    store::{Options, Store},
};

use super::{Database, Shop, backends};

const BOOKS: [&str; 5] = ["journals", "transfers", "events", "breaks", "break_history"];

#[tokio::test(flavor = "multi_thread")]
async fn the_books_refuse_to_be_changed() {
    for backend in backends() {
        let database = backend.fresh().await;
        let shop = Shop::new(database.store().await).await;
        let payment = shop.paid().await;
        let subject = if database.is_postgres() { "gen_random_uuid()" } else { "randomblob(16)" };
        for fill in [
            format!(
                "INSERT INTO breaks VALUES ({subject}, {subject}, 'P02', 'fawry', 1, 0, '2026-08-04', '', '2026-08-04T09:00:00+00:00')"
            ),
            format!(
                "INSERT INTO break_history VALUES ({subject}, {subject}, 1, '2026-08-04T09:00:00+00:00', 'a', 'b', 'open')"
            ),
        ] {
            database.tamper(&fill).await.unwrap();
        }
        for table in BOOKS {
            assert!(database.number(&format!("SELECT COUNT(*) FROM {table}")).await > 0, "{table}");
            for sql in [format!("UPDATE {table} SET subject_id = subject_id"), format!("DELETE FROM {table}")]
            {
                let error = database.tamper(&sql).await.expect_err(&sql).to_string();
                assert!(error.contains("insert-only"), "{backend:?}: {sql}: {error}");
            }
            if database.is_postgres() {
                assert!(database.tamper(&format!("TRUNCATE {table}")).await.is_err(), "{table}");
            }
        }
        assert_eq!(shop.reload(payment.id).await, payment);
        shop.store.drain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_holds_the_rules_of_money() {
    for backend in backends() {
        let database = backend.fresh().await;
        let shop = Shop::new(database.store().await).await;
        let payment = shop.paid().await;
        let id = if database.is_postgres() {
            format!("'{}'", payment.id.uuid())
        } else {
            format!("x'{}'", payment.id.uuid().simple())
        };
        for set in [
            "amount_refunded = amount_paid + 1",
            "amount_refunded = 1, amount_charged_back = amount_paid",
            "excess_refunded = 1",
            "amount_paid = -1",
            "amount_excess = -1",
            "version = 0",
        ] {
            let sql = format!("UPDATE payments SET {set} WHERE id = {id}");
            assert!(database.tamper(&sql).await.is_err(), "{backend:?}: {set}");
        }
        for (debit, credit, amount) in
            [("losses", "losses", 1), ("losses", "rounding", 0), ("losses", "rounding", -5)]
        {
            let sql = format!(
                "INSERT INTO transfers VALUES ({id}, 1, 1, 1, '2026-08-04', '{debit}', '{credit}', {amount}, 'EGP')"
            );
            assert!(database.tamper(&sql).await.is_err(), "{backend:?}: {sql}");
        }
        let sql = "INSERT INTO business_days (day, status, opened_at) VALUES ('2030-01-01', 'open', '2026-08-04T09:00:00+00:00')";
        assert!(database.tamper(sql).await.is_err(), "{backend:?}: two days were open");
        let again = "INSERT INTO claims SELECT kind, key, 'other' FROM claims";
        assert!(database.tamper(again).await.is_err(), "{backend:?}: a claim was made twice");
        shop.store.drain().await;
    }
}

/// Opens the books to whoever wants to rewrite them.
async fn disarm(database: &Database) {
    for table in BOOKS {
        if database.is_postgres() {
            database.tamper(&format!("ALTER TABLE {table} DISABLE TRIGGER ALL")).await.unwrap();
        } else {
            for what in ["update", "delete"] {
                database.tamper(&format!("DROP TRIGGER {table}_stay_{what}")).await.unwrap();
            }
        }
    }
}

/// What is done, and the law that it breaks; each to a journal of its own.
const DEEDS: [(&str, &str); 14] = [
    ("UPDATE transfers SET amount = amount + 1 WHERE seq = 1 AND leg = 1", "totals"),
    ("UPDATE transfers SET amount = amount + 1 WHERE seq = 2 AND leg = 1", "payment"),
    ("UPDATE transfers SET amount = amount + 1 WHERE seq = 3 AND leg = 1", "attempt"),
    ("UPDATE transfers SET credit = 'rounding' WHERE seq = 4 AND leg = 2", "totals"),
    ("UPDATE transfers SET credit = 'payer:held' WHERE seq = 5 AND leg = 2", "transfer"),
    ("DELETE FROM transfers WHERE seq = 6 AND leg = 4", "orphan"),
    ("DELETE FROM journals WHERE seq = 7", "gap"),
    ("DELETE FROM journals WHERE seq = 8", "orphan"),
    ("UPDATE journals SET day = '2026-08-05' WHERE seq = 9", "day"),
    ("DELETE FROM events WHERE seq = 2", "gap"),
    ("UPDATE attempts SET collections = '[]'", "attempt"),
    ("UPDATE payments SET amount_paid = amount_paid + 100", "payment"),
    ("DELETE FROM totals WHERE account = 'provider:fawry:receivable'", "totals"),
    ("DELETE FROM lanes", "orphan"),
];

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_done_to_the_books_is_found() {
    for backend in backends() {
        let database = backend.fresh().await;
        let options = Options { lanes: 1, ..Database::options() };
        let shop = Shop::new(Store::open(&database.url, options).await.unwrap()).await;
        for _ in 0..10 {
            shop.paid().await;
        }
        let mut told = Vec::new();
        let report = shop.store.verify(&mut |progress| told.push(progress)).await.unwrap();
        assert!(report.is_clean(), "{backend:?}: {:?}", report.findings);
        assert_eq!((report.journals, report.transfers, report.payments), (10, 40, 10));
        assert!(told.last().is_some_and(|last| last.done == last.total && last.total == 20), "{told:?}");
        disarm(&database).await;
        let mut before = report;
        for (deed, law) in DEEDS {
            assert!(database.tamper(deed).await.unwrap() > 0, "{backend:?}: {deed}");
            let after = shop.store.verify(&mut |_| {}).await.unwrap();
            let found = after.findings.iter().any(|new| new.law == law && !before.findings.contains(new));
            assert!(found, "{backend:?}: {deed}: {:?}", after.findings);
            assert_eq!(after.differences, after.findings.len() as u64);
            before = after;
        }
        shop.store.drain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_are_found_by_what_is_known_of_them() {
    use rusum::store::{Cursor, PaymentFilter};
    for backend in backends() {
        let database = backend.fresh().await;
        let shop = Shop::new(database.store().await).await;
        let mut ids: Vec<PaymentId> = Vec::new();
        for _ in 0..5 {
            ids.push(shop.opened().await.id);
        }
        let paid = shop.paid().await;
        ids.push(paid.id);
        ids.sort();
        ids.reverse();
        let found = |filter: PaymentFilter| {
            let store = shop.store.clone();
            async move {
                let (mut cursor, mut all) = (Cursor::START, Vec::new());
                loop {
                    let page = store.payments(&filter, &cursor, 2).await.unwrap();
                    all.extend(page.items.iter().map(|payment| payment.id));
                    match page.next {
                        Some(next) => cursor = next.to_string().parse().unwrap(),
                        None => return all,
                    }
                }
            }
        };
        let all = PaymentFilter::default;
        assert_eq!(found(all()).await, ids, "{backend:?}");
        assert_eq!(found(PaymentFilter { reference: Some(paid.reference), ..all() }).await, [paid.id]);
        let client_reference = paid.client_reference.clone();
        assert_eq!(found(PaymentFilter { client_reference, ..all() }).await, [paid.id]);
        let provider_reference = paid.attempts[0].provider_reference.clone();
        assert_eq!(found(PaymentFilter { provider_reference, ..all() }).await, [paid.id]);
        assert_eq!(found(PaymentFilter { status: Some(paid.status), ..all() }).await, [paid.id]);
        let service = Some("civil-status.birth-certificate".to_owned());
        assert_eq!(found(PaymentFilter { service, ..all() }).await.len(), 6);
        assert!(
            found(PaymentFilter { service: Some("civil-status.birth".to_owned()), ..all() }).await.is_empty()
        );
        assert_eq!(found(PaymentFilter { governorate: Some("03".to_owned()), ..all() }).await.len(), 6);
        assert_eq!(found(PaymentFilter { from: Some(shop.now), ..all() }).await.len(), 6);
        assert!(found(PaymentFilter { to: Some(shop.now), ..all() }).await.is_empty());
        assert_eq!(found(PaymentFilter { owner: Some("portal".to_owned()), ..all() }).await.len(), 6);
        let other = PaymentFilter { reference: Some(paid.reference), owner: Some("x".to_owned()), ..all() };
        assert!(found(other).await.is_empty());
        assert!("no cursor".parse::<Cursor>().is_err());
        let foreign: Cursor = "AAAA".parse().unwrap();
        assert!(shop.store.payments(&all(), &foreign, 2).await.is_err());
        shop.store.drain().await;
    }
}
