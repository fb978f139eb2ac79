//! A fresh database per test and engine, gone afterwards.

use std::time::Duration;

use rusum::store::{Options, Store};
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};

/// An engine that tests run on.
#[derive(Clone, Debug)]
pub enum Backend {
    Sqlite,
    Postgres { server: String },
}

/// All engines at hand. `RUSUM_REQUIRE_POSTGRES=1` makes a missing `PostgreSQL` a failure.
pub fn backends() -> Vec<Backend> {
    let mut all = vec![Backend::Sqlite];
    match std::env::var("TEST_POSTGRES_URL") {
        Ok(server) if !server.is_empty() => all.push(Backend::Postgres { server }),
        _ => assert_ne!(
            std::env::var("RUSUM_REQUIRE_POSTGRES").as_deref(),
            Ok("1"),
            "set TEST_POSTGRES_URL, as in TEST_POSTGRES_URL=$(scripts/postgres start)"
        ),
    }
    all
}

/// A database of one test.
pub struct Database {
    pub url: String,
    gone: Gone,
}

enum Gone {
    Folder(#[expect(dead_code, reason = "kept so that the folder is removed with it")] tempfile::TempDir),
    Database { server: String, name: String },
}

impl Backend {
    pub async fn fresh(&self) -> Database {
        match self {
            Self::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                let url = format!("sqlite:{}", folder.path().join("rusum.db").display());
                Database { url, gone: Gone::Folder(folder) }
            }
            Self::Postgres { server } => {
                let name = format!("rusum_test_{}", super::shop::fresh().simple());
                run(server, format!("CREATE DATABASE {name}")).await;
                let (head, _) = server.rsplit_once('/').unwrap();
                Database {
                    url: format!("{head}/{name}"),
                    gone: Gone::Database { server: server.clone(), name },
                }
            }
        }
    }
}

/// A process that holds what others wait for.
pub enum Frozen {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Frozen {
    pub async fn go(self) {
        match self {
            Self::Sqlite(connection) => connection.close().await.unwrap(),
            Self::Postgres(connection) => connection.close().await.unwrap(),
        }
    }
}

async fn run(server: &str, sql: String) {
    let mut connection = PgConnection::connect(server).await.unwrap();
    connection.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
    connection.close().await.unwrap();
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Gone::Database { server, name } = &self.gone {
            let (server, sql) = (server.clone(), format!("DROP DATABASE {name} WITH (FORCE)"));
            let dropped = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(run(&server, sql));
            });
            // A test that fails already says so itself.
            let _ = dropped.join();
        }
    }
}

impl Database {
    pub fn is_postgres(&self) -> bool {
        matches!(self.gone, Gone::Database { .. })
    }

    pub fn options() -> Options {
        // A machine that is busy with other things is no fault of the store.
        Options { patience: Duration::from_mins(1), ..Options::new("test") }
    }

    pub async fn store(&self) -> Store {
        Store::open(&self.url, Self::options()).await.unwrap()
    }

    /// Another process that took the writer's place, or the day's, and froze. It goes when dropped.
    pub async fn frozen_process(&self) -> Frozen {
        if self.is_postgres() {
            let mut connection = PgConnection::connect(&self.url).await.unwrap();
            connection.execute("BEGIN; SELECT pg_advisory_xact_lock(7234857)").await.unwrap();
            Frozen::Postgres(connection)
        } else {
            let mut connection = SqliteConnection::connect(&self.url).await.unwrap();
            connection.execute("BEGIN IMMEDIATE").await.unwrap();
            Frozen::Sqlite(connection)
        }
    }

    /// Runs a statement behind the store's back; says what the engine says.
    pub async fn tamper(&self, sql: &str) -> Result<u64, sqlx::Error> {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        if self.is_postgres() {
            let mut connection = PgConnection::connect(&self.url).await?;
            Ok(connection.execute(sql).await?.rows_affected())
        } else {
            let mut connection = SqliteConnection::connect(&self.url).await?;
            Ok(connection.execute(sql).await?.rows_affected())
        }
    }

    /// The rows of a statement whose columns are all texts.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        let rows: Vec<(String,)> = if self.is_postgres() {
            let mut connection = PgConnection::connect(&self.url).await.unwrap();
            sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap()
        } else {
            let mut connection = SqliteConnection::connect(&self.url).await.unwrap();
            sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap()
        };
        rows.into_iter().map(|row| row.0).collect()
    }

    /// The number that a statement returns.
    pub async fn number(&self, sql: &str) -> i64 {
        let sql = sqlx::AssertSqlSafe(format!("SELECT CAST(({sql}) AS BIGINT)"));
        let row: (i64,) = if self.is_postgres() {
            let mut connection = PgConnection::connect(&self.url).await.unwrap();
            sqlx::query_as(sql).fetch_one(&mut connection).await.unwrap()
        } else {
            let mut connection = SqliteConnection::connect(&self.url).await.unwrap();
            sqlx::query_as(sql).fetch_one(&mut connection).await.unwrap()
        };
        row.0
    }
}
