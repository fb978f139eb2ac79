//! The measures that Rusum has to meet, taken side by side in one run and printed as one table.
//!
//! `scripts/bench` starts a throw-away `PostgreSQL` and runs this; ratios compare what ran in the same
//! minutes on the same machine, so only they travel to another one. Every figure of a rate is the
//! median of several rounds in which ours and its rival take turns.
//!
//! - [`quote`]: a price, in process;
//! - [`posting`]: durable posting through the Committer, against [`rival`] and [`pgbench`];
//! - [`payments`]: whole payments over HTTP, against [`bare`];
//! - [`start`]: from an empty folder to the first answer.
//!
//! Figures are whole numbers throughout: ratios are held in hundredths.

mod bare;
mod load;
mod options;
mod payments;
mod pgbench;
mod posting;
mod process;
mod quote;
mod report;
mod rival;
mod start;

use std::process::ExitCode;

use options::{Options, Part, Role};
use report::Report;

/// What goes wrong in a benchmark ends it, with its cause.
type Failed = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    // The client for providers needs it before the first request, as `rusum` itself does.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let outcome = match options::read(std::env::args().skip(1)) {
        Ok(Role::Measure(options)) => measure(&options),
        Ok(Role::Bare { database_url }) => bare::serve(&database_url),
        // `cargo test --benches` and the like run this without meaning to measure.
        Ok(Role::Nothing) => Ok(()),
        Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the benchmark failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Result<(), Failed> {
    let mut report = Report::default();
    for part in &options.parts {
        eprintln!("{part:?} ...");
        match part {
            Part::Quote => quote::measure(&mut report)?,
            Part::Posting => posting::measure(options, &mut report)?,
            Part::Payments => payments::measure(options, &mut report)?,
            Part::Start => start::measure(options, &mut report)?,
        }
    }
    for row in &options.given {
        report.push(row.clone());
    }
    report.print(&options.machine()?);
    Ok(())
}
