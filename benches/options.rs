//! What a run is told: by arguments what to measure, by the environment where things are.

use std::{path::PathBuf, time::Duration};

use crate::{Failed, process, report::Row};

/// What this process is to do.
pub enum Role {
    /// Measure.
    Measure(Options),
    /// Be the rival of whole payments: serve a POST that inserts one row.
    Bare {
        /// Where its table is.
        database_url: String,
    },
    /// Nothing: called without `--bench`.
    Nothing,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Quotes in process.
    Quote,
    /// Durable posting.
    Posting,
    /// Whole payments over HTTP.
    Payments,
    /// The start on an empty folder.
    Start,
}

/// A run.
pub struct Options {
    /// What to measure, in this order.
    pub parts: Vec<Part>,
    /// How many rounds each rate is the median of.
    pub rounds: usize,
    /// How long one round of one rate takes.
    pub round: Duration,
    /// The scale of pgbench's tables.
    pub pgbench_scale: u32,
    /// Where `PostgreSQL` is; databases are made in it.
    pub postgres_url: String,
    /// The folder of its binaries, for pgbench.
    pub postgres_binaries: PathBuf,
    /// Rows that the script measured itself: the cold build.
    pub given: Vec<Row>,
}

/// Where `PostgreSQL` is.
const POSTGRES_URL: &str = "RUSUM_BENCH_POSTGRES_URL";
/// The folder of its binaries.
const POSTGRES_BINARIES: &str = "RUSUM_BENCH_POSTGRES_BIN";
/// The cold build's CPU seconds and crates: `seconds crates`.
const COLD_BUILD: &str = "RUSUM_BENCH_COLD_BUILD";

/// Reads the arguments.
pub fn read(arguments: impl Iterator<Item = String>) -> Result<Role, Failed> {
    let mut parts = Vec::new();
    let (mut long, mut wanted) = (false, false);
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bench" => wanted = true,
            "--long" => long = true,
            "--bare" => {
                let database_url = arguments.next().ok_or("--bare takes a database URL")?;
                return Ok(Role::Bare { database_url });
            }
            "quote" => parts.push(Part::Quote),
            "posting" => parts.push(Part::Posting),
            "payments" => parts.push(Part::Payments),
            "start" => parts.push(Part::Start),
            other => {
                return Err(format!("{other:?} is not one of quote, posting, payments, start, --long").into());
            }
        }
    }
    if !wanted {
        return Ok(Role::Nothing);
    }
    if parts.is_empty() {
        parts = vec![Part::Quote, Part::Start, Part::Posting, Part::Payments];
    }
    let needed =
        |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set: run scripts/bench"));
    Ok(Role::Measure(Options {
        parts,
        rounds: if long { 7 } else { 3 },
        round: Duration::from_secs(if long { 10 } else { 4 }),
        pgbench_scale: 50,
        postgres_url: needed(POSTGRES_URL)?,
        postgres_binaries: needed(POSTGRES_BINARIES)?.into(),
        given: cold_build(std::env::var(COLD_BUILD).ok().as_deref())?,
    }))
}

fn cold_build(told: Option<&str>) -> Result<Vec<Row>, Failed> {
    let Some((seconds, crates)) = told.and_then(|told| told.split_once(' ')) else { return Ok(Vec::new()) };
    let (seconds, crates): (u64, u64) = (seconds.parse()?, crates.parse()?);
    Ok(vec![
        Row::at_most("cold release build, CPU", seconds, 600, "s"),
        Row::at_most("crates in it", crates, 330, ""),
    ])
}

impl Options {
    /// The machine, in one line.
    pub fn machine(&self) -> Result<String, Failed> {
        let server = self.postgres("SELECT split_part(version(), ' on ', 1)")?;
        let fsync = self.postgres("SHOW fsync")?;
        let synchronous = self.postgres("SHOW synchronous_commit")?;
        Ok(format!(
            "{}; {server}, fsync {fsync}, synchronous_commit {synchronous}; load generator included",
            process::machine()?
        ))
    }

    /// One value from the server.
    fn postgres(&self, sql: &str) -> Result<String, Failed> {
        self.psql("postgres", sql)
    }

    /// Runs a statement in a database of the server.
    pub fn psql(&self, database: &str, sql: &str) -> Result<String, Failed> {
        let psql = self.postgres_binaries.join("psql");
        process::output(std::process::Command::new(psql).args([
            "--no-psqlrc",
            "-qtAX",
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            sql,
            &self.url_of(database),
        ]))
    }

    /// Makes an empty database; gives its URL.
    pub fn fresh_database(&self, name: &str) -> Result<String, Failed> {
        self.psql("postgres", &format!("DROP DATABASE IF EXISTS {name}"))?;
        self.psql("postgres", &format!("CREATE DATABASE {name}"))?;
        Ok(self.url_of(name))
    }

    /// The server's first process.
    pub fn postgres_process(&self) -> Result<String, Failed> {
        self.postgres(r"SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)")
    }

    /// What one round wrote is flushed before the next begins, so that each pays for its own.
    pub fn checkpoint(&self) -> Result<(), Failed> {
        self.psql("postgres", "CHECKPOINT").map(drop)
    }

    /// The URL of a database of the server.
    pub fn url_of(&self, database: &str) -> String {
        let server = self.postgres_url.rsplit_once('/').map_or(&*self.postgres_url, |(server, _)| server);
        format!("{server}/{database}")
    }
}
