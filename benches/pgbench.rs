//! pgbench's TPC-B-like rate: what the same server does with the transaction that everybody knows.

use std::process::Command;

use crate::{Failed, options::Options, process, report::Round};

/// The database that its tables are in.
const DATABASE: &str = "bench_tpcb";

/// Makes its tables.
pub fn prepare(options: &Options) -> Result<(), Failed> {
    let url = options.fresh_database(DATABASE)?;
    let scale = options.pgbench_scale.to_string();
    process::output(pgbench(options).args(["-i", "-q", "-s", &scale, &url])).map(drop)
}

/// One round with so many clients.
pub fn round(options: &Options, clients: usize) -> Result<Round, Failed> {
    let url = options.url_of(DATABASE);
    let seconds = options.round.as_secs().to_string();
    let clients = clients.to_string();
    let said = process::output(
        pgbench(options).args(["-n", "-M", "prepared", "-j", "2", "-c", &clients, "-T", &seconds, &url]),
    )?;
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")).ok_or("pgbench told no rate")?;
    let whole: u64 = rate.split(['.', ' ']).next().unwrap_or_default().parse()?;
    Ok(Round { done: whole, took: std::time::Duration::from_secs(1), latencies: Vec::new() })
}

fn pgbench(options: &Options) -> Command {
    Command::new(options.postgres_binaries.join("pgbench"))
}
