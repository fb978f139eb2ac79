//! Both engines have the same tables; what cannot be opened says why and what to do.

use std::collections::BTreeSet;

use rusum::store::{Migrations, Options, Store, StoreError};

use super::{Database, backends};

/// Every table and its columns, in one text each.
async fn columns(database: &Database) -> BTreeSet<String> {
    let sql = if database.is_postgres() {
        "SELECT table_name || '.' || column_name || CASE is_nullable WHEN 'YES' THEN '?' ELSE '' END \
         FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'"
    } else {
        "SELECT t.name || '.' || c.name || CASE c.\"notnull\" WHEN 0 THEN '?' ELSE '' END \
         FROM sqlite_schema t, pragma_table_info(t.name) c \
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> '_sqlx_migrations'"
    };
    database.texts(sql).await.into_iter().collect()
}

async fn indexes(database: &Database) -> BTreeSet<String> {
    let sql = if database.is_postgres() {
        "SELECT CAST(indexname AS TEXT) FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%_pkey'"
    } else {
        "SELECT name FROM sqlite_schema WHERE type = 'index' AND name NOT LIKE 'sqlite_%'"
    };
    database.texts(sql).await.into_iter().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_engines_have_the_same_tables_columns_and_indexes() {
    let mut seen = Vec::new();
    for backend in backends() {
        let database = backend.fresh().await;
        assert_eq!(Store::migrate(&database.url).await.unwrap(), 1, "{backend:?}");
        assert_eq!(Store::migrate(&database.url).await.unwrap(), 0, "{backend:?}");
        let store = database.store().await;
        assert_eq!(store.schema_version().await.unwrap(), 1);
        store.drain().await;
        seen.push((columns(&database).await, indexes(&database).await));
    }
    assert!(seen[0].0.len() > 100 && seen[0].1.len() > 15);
    for other in &seen[1..] {
        assert_eq!(seen[0], *other);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_does_not_fit_is_refused() {
    for backend in backends() {
        let database = backend.fresh().await;
        let careful = Options { migrations: Migrations::Refuse, ..Database::options() };
        if let Some(path) = database.url.strip_prefix("sqlite:") {
            // Whoever may not change a schema makes no database either.
            let refused = Store::open(&database.url, careful.clone()).await.err().unwrap();
            assert!(matches!(refused, StoreError::Unreachable { .. }), "{refused}");
            assert!(!std::path::Path::new(path).exists());
            std::fs::File::create(path).unwrap();
        }
        let refused = Store::open(&database.url, careful.clone()).await.err().unwrap();
        assert!(matches!(refused, StoreError::OlderSchema { found: 0, known: 1 }), "{refused}");
        assert!(refused.to_string().contains("rusum migrate"));
        Store::migrate(&database.url).await.unwrap();
        Store::open(&database.url, careful).await.unwrap().drain().await;

        // A newer binary was here. What it expanded does not hurt; what it contracted does.
        database
            .tamper(
                "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 SELECT 2, 'second', success, checksum, 0 FROM _sqlx_migrations",
            )
            .await
            .unwrap();
        Store::open(&database.url, Database::options()).await.unwrap().drain().await;
        database.tamper("UPDATE schema_least SET version = 2").await.unwrap();
        let refused = Store::open(&database.url, Database::options()).await.err().unwrap();
        assert!(matches!(refused, StoreError::NewerSchema { found: 2, least: 2, known: 1 }), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_may_begin_at_once() {
    for backend in backends() {
        let database = backend.fresh().await;
        let (one, two) = tokio::join!(database.store(), database.store());
        one.ping().await.unwrap();
        two.ping().await.unwrap();
        one.drain().await;
        two.drain().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_reached_says_where_and_why() {
    let options = Options { patience: std::time::Duration::from_millis(200), ..Database::options() };
    for (url, says) in [
        ("postgres://switch:secret@127.0.0.1:1/fees", "postgres://switch@127.0.0.1:1/fees"),
        ("sqlite:/nowhere/at/all/rusum.db", "sqlite:/nowhere/at/all/rusum.db"),
        ("mysql://switch:secret@host/fees", "sqlite:PATH"),
        ("rusum.db", "sqlite:PATH"),
    ] {
        let error = Store::open(url, options.clone()).await.err().unwrap().to_string();
        assert!(error.contains(says) && !error.contains("secret"), "{url}: {error}");
    }
}
