//! Opening a database: the address, the connections, the schema.

use std::{str::FromStr, sync::Arc, time::Duration};

use sqlx::{
    ConnectOptions, Connection, PgConnection, SqliteConnection,
    migrate::{MigrateError, Migrator},
    pool::PoolOptions,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use super::{Migrations, Options, StoreError, exec::Db};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// How many statements a connection keeps prepared: all that the store has fit.
const STATEMENTS: usize = 400;

/// For how long after its last use a connection is taken to be there.
const TRUSTED: Duration = Duration::from_secs(1);

/// Where a database is, read from its address.
enum Place {
    Sqlite(SqliteConnectOptions),
    Postgres(PgConnectOptions),
}

impl Place {
    fn parse(url: &str, options: &Options) -> Result<Self, StoreError> {
        let refused = || StoreError::Url(without_password(url));
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.starts_with(':') || path.contains('?') {
                return Err(refused());
            }
            return Ok(Self::Sqlite(
                SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(options.migrations == Migrations::Apply)
                    .page_size(8192)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .busy_timeout(options.patience)
                    .pragma("wal_autocheckpoint", "4000")
                    .statement_cache_capacity(STATEMENTS)
                    .disable_statement_logging(),
            ));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let place = PgConnectOptions::from_str(url).map_err(|_| refused())?;
            return Ok(Self::Postgres(
                place
                    .application_name("rusum")
                    .statement_cache_capacity(STATEMENTS)
                    .disable_statement_logging(),
            ));
        }
        Err(refused())
    }

    /// The address as it may be shown.
    fn shown(&self) -> String {
        match self {
            Self::Sqlite(place) => format!("sqlite:{}", place.get_filename().display()),
            Self::Postgres(place) => format!(
                "postgres://{}@{}:{}/{}",
                place.get_username(),
                place.get_host(),
                place.get_port(),
                place.get_database().unwrap_or_else(|| place.get_username()),
            ),
        }
    }
}

/// The address without what stands between the user's name and the host.
fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => {
            let user = &url[scheme + 3..at];
            let user = user.split(':').next().unwrap_or_default();
            format!("{}://{user}:***{}", &url[..scheme], &url[at..])
        }
        _ => url.to_owned(),
    }
}

/// Opens the database and brings its schema up to date, or checks that it is.
pub(super) async fn connect(url: &str, options: &Options) -> Result<Db, StoreError> {
    let place = Place::parse(url, options)?;
    let address = place.shown();
    let unreachable =
        |error: sqlx::Error| StoreError::Unreachable { address: address.clone(), cause: error.to_string() };
    // One connection of its own first: it tells plainly why it cannot be had, and migrates.
    match place {
        Place::Sqlite(place) => {
            let mut first = SqliteConnection::connect_with(&place).await.map_err(unreachable)?;
            prepare_sqlite(&mut first, options.migrations).await?;
            first.close().await?;
            Ok(Db::Sqlite {
                writer: pool(1, options).connect_with(place.clone()).await?,
                readers: pool(options.readers, options).connect_with(place.create_if_missing(false)).await?,
            })
        }
        Place::Postgres(place) => {
            let mut first = PgConnection::connect_with(&place).await.map_err(unreachable)?;
            prepare_postgres(&mut first, options.migrations).await?;
            first.close().await?;
            let lanes = u32::try_from(options.lanes).unwrap_or(u32::MAX);
            let writers = options.writers.saturating_add(lanes);
            Ok(Db::Postgres {
                writers: pool(writers, options)
                    .connect_with(impatient(place.clone(), options.patience))
                    .await?,
                readers: pool(options.readers, options).connect_with(place).await?,
            })
        }
    }
}

/// A writer holds the day and its claims while it is in a transaction: a process that froze in one
/// is thrown out by the server, and nobody waits for a lock for ever.
fn impatient(place: PgConnectOptions, patience: Duration) -> PgConnectOptions {
    let limit = patience.as_millis().max(1).to_string();
    place.options([("idle_in_transaction_session_timeout", limit.as_str()), ("lock_timeout", limit.as_str())])
}

/// A pool of so many connections. One that was idle for a while is asked whether it is still there;
/// one that was just used is not, because that would double the round trips of every read.
fn pool<DB: sqlx::Database>(size: u32, options: &Options) -> PoolOptions<DB> {
    PoolOptions::new()
        .max_connections(size)
        .acquire_timeout(options.patience)
        .test_before_acquire(false)
        .before_acquire(|connection: &mut DB::Connection, found| {
            Box::pin(async move {
                if found.idle_for > TRUSTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}

/// Applies what is missing; returns how many migrations were applied.
pub(super) async fn migrate(url: &str, options: &Options) -> Result<usize, StoreError> {
    let place = Place::parse(url, options)?;
    let address = place.shown();
    let unreachable = |error: sqlx::Error| StoreError::Unreachable { address, cause: error.to_string() };
    let (before, after) = match place {
        Place::Sqlite(place) => {
            let mut connection = SqliteConnection::connect_with(&place).await.map_err(unreachable)?;
            let before = sqlite_version(&mut connection).await?;
            prepare_sqlite(&mut connection, Migrations::Apply).await?;
            let after = sqlite_version(&mut connection).await?;
            connection.close().await?;
            (before, after)
        }
        Place::Postgres(place) => {
            let mut connection = PgConnection::connect_with(&place).await.map_err(unreachable)?;
            let before = postgres_version(&mut connection).await?;
            prepare_postgres(&mut connection, Migrations::Apply).await?;
            let after = postgres_version(&mut connection).await?;
            connection.close().await?;
            (before, after)
        }
    };
    let applied = known(&SQLITE, after).saturating_sub(known(&SQLITE, before));
    Ok(applied)
}

/// How many migrations lead to this version.
fn known(migrator: &Migrator, version: i64) -> usize {
    migrator.iter().filter(|migration| migration.version <= version).count()
}

/// The schema that this binary knows.
fn newest(migrator: &Migrator) -> i64 {
    migrator.iter().map(|migration| migration.version).max().unwrap_or_default()
}

pub(super) const VERSION: &str =
    "SELECT CAST(COALESCE(MAX(version), 0) AS BIGINT) FROM _sqlx_migrations WHERE success";
const LEAST: &str = "SELECT CAST(COALESCE(MAX(version), 0) AS BIGINT) FROM schema_least";

async fn sqlite_version(connection: &mut SqliteConnection) -> Result<i64, StoreError> {
    let exists: Option<(i64,)> =
        sqlx::query_as("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '_sqlx_migrations'")
            .fetch_optional(&mut *connection)
            .await?;
    if exists.is_none() {
        return Ok(0);
    }
    Ok(sqlx::query_as::<_, (i64,)>(VERSION).fetch_one(connection).await?.0)
}

async fn postgres_version(connection: &mut PgConnection) -> Result<i64, StoreError> {
    let exists: Option<(i32,)> = sqlx::query_as("SELECT 1 WHERE to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_optional(&mut *connection)
        .await?;
    if exists.is_none() {
        return Ok(0);
    }
    Ok(sqlx::query_as::<_, (i64,)>(VERSION).fetch_one(connection).await?.0)
}

async fn prepare_sqlite(connection: &mut SqliteConnection, how: Migrations) -> Result<(), StoreError> {
    let found = sqlite_version(connection).await?;
    if needs_work(found, newest(&SQLITE), how)? {
        // Two processes may begin at once, and SQLite has no lock for it: whoever comes second finds
        // the work done.
        if let Err(error) = apply(&SQLITE, &mut *connection).await
            && sqlite_version(connection).await? < newest(&SQLITE)
        {
            tokio::time::sleep(Duration::from_millis(200)).await;
            if apply(&SQLITE, &mut *connection).await.is_err() {
                return Err(error);
            }
        }
    }
    let least = sqlx::query_as::<_, (i64,)>(LEAST).fetch_one(&mut *connection).await?.0;
    check_least(sqlite_version(connection).await?, least, newest(&SQLITE))
}

async fn prepare_postgres(connection: &mut PgConnection, how: Migrations) -> Result<(), StoreError> {
    let found = postgres_version(connection).await?;
    if needs_work(found, newest(&POSTGRES), how)? {
        apply(&POSTGRES, &mut *connection).await?;
    }
    let least = sqlx::query_as::<_, (i64,)>(LEAST).fetch_one(&mut *connection).await?.0;
    check_least(postgres_version(connection).await?, least, newest(&POSTGRES))
}

async fn apply<'a, A>(migrator: &Migrator, connection: A) -> Result<(), StoreError>
where
    A: sqlx::Acquire<'a>,
    <A::Connection as std::ops::Deref>::Target: sqlx::migrate::Migrate,
{
    // Migrations of a newer binary are not missing: check_least decides whether we may run on them.
    let mut migrator = Migrator::with_migrations(migrator.iter().cloned().collect());
    migrator.set_ignore_missing(true);
    migrator.run(connection).await.map_err(|error: MigrateError| StoreError::Migration(Arc::new(error)))
}

fn needs_work(found: i64, known: i64, how: Migrations) -> Result<bool, StoreError> {
    match how {
        Migrations::Apply => Ok(found <= known),
        Migrations::Refuse if found < known => Err(StoreError::OlderSchema { found, known }),
        Migrations::Refuse => Ok(false),
    }
}

/// An old binary runs on a newer schema unless a contracting migration says that it cannot.
fn check_least(found: i64, least: i64, known: i64) -> Result<(), StoreError> {
    if least > known { Err(StoreError::NewerSchema { found, least, known }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_refused_without_telling_its_password() {
        let options = Options::new("test");
        for url in ["", "mysql://root:secret@host/db", "sqlite:", "sqlite::memory:", "rusum.db", "postgres:x"]
        {
            let error = Place::parse(url, &options).err().expect(url).to_string();
            assert!(error.contains("sqlite:PATH") && !error.contains("secret"), "{error}");
        }
        let place = Place::parse("postgres://switch:secret@db.example:5433/fees", &options).unwrap();
        assert_eq!(place.shown(), "postgres://switch@db.example:5433/fees");
        assert_eq!(Place::parse("sqlite:a.db", &options).unwrap().shown(), "sqlite:a.db");
    }

    #[test]
    fn a_newer_schema_is_refused_only_when_it_says_so() {
        assert!(check_least(3, 1, 2).is_ok());
        assert!(matches!(
            check_least(3, 3, 2),
            Err(StoreError::NewerSchema { found: 3, least: 3, known: 2 })
        ));
        assert!(matches!(needs_work(1, 2, Migrations::Refuse), Err(StoreError::OlderSchema { .. })));
    }
}
