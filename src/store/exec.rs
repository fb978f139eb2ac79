//! Tuples in, rows out: the one place that knows there are two drivers.
//!
//! A statement is a `&'static str` with `$1`-style places and serves both engines; where one text
//! cannot serve both, [`Db::pick`] chooses. Nothing else differs for a caller.

use std::time::Duration;

use sqlx::{
    Arguments, Encode, FromRow, PgPool, Postgres, Sqlite, SqlitePool, Transaction, Type,
    postgres::{PgArguments, PgRow},
    sqlite::{SqliteArguments, SqliteRow},
};

/// What encoding parameters comes to.
pub(super) type Encoded<T> = Result<T, sqlx::error::BoxDynError>;

/// The connections of one engine.
#[derive(Clone)]
pub(super) enum Db {
    /// One connection that writes, and some that read beside it.
    Sqlite {
        /// The writer; its statements wait for writers in other processes.
        writer: SqlitePool,
        /// The readers.
        readers: SqlitePool,
    },
    /// Writers apart from readers, so that reading never keeps a commit waiting.
    Postgres {
        /// For committers and other writers.
        writers: PgPool,
        /// For readers.
        readers: PgPool,
    },
}

/// A transaction. Dropped without [`Tx::commit`] it is rolled back.
pub(super) enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// A value that both drivers can bind.
pub(super) trait Value:
    for<'q> Encode<'q, Sqlite> + Type<Sqlite> + for<'q> Encode<'q, Postgres> + Type<Postgres> + Send
{
}
impl<T> Value for T where
    T: for<'q> Encode<'q, Sqlite> + Type<Sqlite> + for<'q> Encode<'q, Postgres> + Type<Postgres> + Send
{
}

/// A row type that both drivers can decode (`#[derive(FromRow)]` gives both).
pub(super) trait Row:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}
impl<T> Row for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// A tuple of bind parameters, in placeholder order.
pub(super) trait Binds: Send {
    fn sqlite(self) -> Encoded<SqliteArguments>;
    fn postgres(self) -> Encoded<PgArguments>;
}

macro_rules! tuples {
    ($($name:ident),*) => {
        impl<$($name: Value),*> Binds for ($($name,)*) {
            #[expect(non_snake_case, reason = "the type's letter names its value")]
            fn sqlite(self) -> Encoded<SqliteArguments> {
                let ($($name,)*) = self;
                let mut arguments = SqliteArguments::default();
                $(arguments.add($name)?;)*
                Ok(arguments)
            }
            #[expect(non_snake_case, reason = "the type's letter names its value")]
            fn postgres(self) -> Encoded<PgArguments> {
                let ($($name,)*) = self;
                let mut arguments = PgArguments::default();
                $(arguments.add($name)?;)*
                Ok(arguments)
            }
        }
    };
}
tuples!(A);
tuples!(A, B);
tuples!(A, B, C);
tuples!(A, B, C, D);
tuples!(A, B, C, D, E);
tuples!(A, B, C, D, E, F);
tuples!(A, B, C, D, E, F, G);
tuples!(A, B, C, D, E, F, G, H);
tuples!(A, B, C, D, E, F, G, H, I);
tuples!(A, B, C, D, E, F, G, H, I, J);
tuples!(A, B, C, D, E, F, G, H, I, J, K);
tuples!(A, B, C, D, E, F, G, H, I, J, K, L);
tuples!(A, B, C, D, E, F, G, H, I, J, K, L, M);

impl Binds for () {
    fn sqlite(self) -> Encoded<SqliteArguments> {
        Ok(SqliteArguments::default())
    }
    fn postgres(self) -> Encoded<PgArguments> {
        Ok(PgArguments::default())
    }
}

/// Runs `$query` with the arguments of the engine at hand on the executor of the engine at hand.
macro_rules! on {
    (
        $engine:expr, $binds:expr, $query:ident($sql:expr),
        $sqlite:pat => $lite:expr, $postgres:pat => $pg:expr, $run:ident
    ) => {
        match $engine {
            $sqlite => sqlx::$query($sql, $binds.sqlite().map_err(sqlx::Error::Encode)?).$run($lite).await,
            $postgres => sqlx::$query($sql, $binds.postgres().map_err(sqlx::Error::Encode)?).$run($pg).await,
        }
    };
}

impl Tx {
    /// Rows affected.
    pub async fn execute(&mut self, sql: &'static str, binds: impl Binds) -> sqlx::Result<u64> {
        Ok(match self {
            Self::Sqlite(tx) => {
                let arguments = binds.sqlite().map_err(sqlx::Error::Encode)?;
                sqlx::query_with(sql, arguments).execute(&mut **tx).await?.rows_affected()
            }
            Self::Postgres(tx) => {
                let arguments = binds.postgres().map_err(sqlx::Error::Encode)?;
                sqlx::query_with(sql, arguments).execute(&mut **tx).await?.rows_affected()
            }
        })
    }

    /// All rows.
    pub async fn rows<R: Row>(&mut self, sql: &'static str, binds: impl Binds) -> sqlx::Result<Vec<R>> {
        on!(
            self,
            binds,
            query_as_with(sql),
            Self::Sqlite(tx) => &mut **tx,
            Self::Postgres(tx) => &mut **tx,
            fetch_all
        )
    }

    /// The first row, if there is one.
    pub async fn maybe_row<R: Row>(
        &mut self,
        sql: &'static str,
        binds: impl Binds,
    ) -> sqlx::Result<Option<R>> {
        on!(
            self,
            binds,
            query_as_with(sql),
            Self::Sqlite(tx) => &mut **tx,
            Self::Postgres(tx) => &mut **tx,
            fetch_optional
        )
    }

    /// The text of the engine at hand.
    pub const fn pick(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self {
            Self::Sqlite(_) => sqlite,
            Self::Postgres(_) => postgres,
        }
    }

    pub async fn commit(self) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
        }
    }

    pub async fn rollback(self) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(tx) => tx.rollback().await,
            Self::Postgres(tx) => tx.rollback().await,
        }
    }
}

impl Db {
    /// A transaction that writes. On `SQLite` it has the database for itself.
    pub async fn begin(&self) -> sqlx::Result<Tx> {
        match self {
            Self::Sqlite { writer, .. } => writer.begin_with("BEGIN IMMEDIATE").await.map(Tx::Sqlite),
            Self::Postgres { writers, .. } => writers.begin().await.map(Tx::Postgres),
        }
    }

    /// A transaction in an open business day that does not end before it.
    pub async fn begin_in_day(&self) -> sqlx::Result<Tx> {
        // 7234857 is the one number that the commits of all nodes and the end of a day agree on.
        self.begin_locked("SELECT pg_advisory_xact_lock_shared(7234857)").await
    }

    /// A transaction that no transaction in a business day runs beside.
    pub async fn begin_between_days(&self) -> sqlx::Result<Tx> {
        self.begin_locked("SELECT pg_advisory_xact_lock(7234857)").await
    }

    /// The lock is a statement of its own: what comes after it sees all that was committed before it
    /// was had, and a transaction that does not get it is rolled back like any other.
    async fn begin_locked(&self, lock: &'static str) -> sqlx::Result<Tx> {
        let mut tx = self.begin().await?;
        if matches!(tx, Tx::Postgres(_)) {
            tx.execute(lock, ()).await?;
        }
        Ok(tx)
    }

    /// A transaction that reads everything as it is at its first statement.
    pub async fn snapshot(&self) -> sqlx::Result<Tx> {
        match self {
            Self::Sqlite { readers, .. } => readers.begin().await.map(Tx::Sqlite),
            Self::Postgres { readers, .. } => {
                readers.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await.map(Tx::Postgres)
            }
        }
    }

    /// Writes by one statement; returns the rows affected.
    pub async fn execute(&self, sql: &'static str, binds: impl Binds) -> sqlx::Result<u64> {
        Ok(match self {
            Self::Sqlite { writer, .. } => {
                let arguments = binds.sqlite().map_err(sqlx::Error::Encode)?;
                sqlx::query_with(sql, arguments).execute(writer).await?.rows_affected()
            }
            Self::Postgres { writers, .. } => {
                let arguments = binds.postgres().map_err(sqlx::Error::Encode)?;
                sqlx::query_with(sql, arguments).execute(writers).await?.rows_affected()
            }
        })
    }

    /// Writes by one statement that returns rows.
    pub async fn write_rows<R: Row>(&self, sql: &'static str, binds: impl Binds) -> sqlx::Result<Vec<R>> {
        on!(
            self,
            binds,
            query_as_with(sql),
            Self::Sqlite { writer, .. } => writer,
            Self::Postgres { writers, .. } => writers,
            fetch_all
        )
    }

    /// All rows.
    pub async fn rows<R: Row>(&self, sql: &'static str, binds: impl Binds) -> sqlx::Result<Vec<R>> {
        on!(
            self,
            binds,
            query_as_with(sql),
            Self::Sqlite { readers, .. } => readers,
            Self::Postgres { readers, .. } => readers,
            fetch_all
        )
    }

    /// The first row, if there is one.
    pub async fn maybe_row<R: Row>(&self, sql: &'static str, binds: impl Binds) -> sqlx::Result<Option<R>> {
        on!(
            self,
            binds,
            query_as_with(sql),
            Self::Sqlite { readers, .. } => readers,
            Self::Postgres { readers, .. } => readers,
            fetch_optional
        )
    }

    /// The text of the engine at hand.
    pub const fn pick(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self {
            Self::Sqlite { .. } => sqlite,
            Self::Postgres { .. } => postgres,
        }
    }

    /// Closes all connections, giving those in use a moment to come back.
    pub async fn close(&self) {
        let closed = async {
            match self {
                Self::Sqlite { writer, readers } => {
                    readers.close().await;
                    writer.close().await;
                }
                Self::Postgres { writers, readers } => {
                    readers.close().await;
                    writers.close().await;
                }
            }
        };
        // A reader that is stuck keeps nobody from leaving: its connection dies with the process.
        let _ = tokio::time::timeout(Duration::from_secs(5), closed).await;
    }
}

/// Whether running the same transaction again may succeed: it met another one, or the connection or
/// the server went away. Nothing of it was written.
pub(super) fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => match error.code() {
            // PostgreSQL: serialization and deadlock, lock not available, operator's intervention,
            // insufficient resources, connection trouble, a transaction that took too long or was
            // aborted. SQLite: busy, locked, with extended codes.
            Some(code)
                if code.len() == 5
                    && error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() =>
            {
                matches!(&code[..2], "08" | "25" | "40" | "53" | "57") || code == "55P03"
            }
            Some(code) => code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6)),
            None => false,
        },
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => true,
        _ => false,
    }
}
