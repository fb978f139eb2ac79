//! A price, in process: nanoseconds for one, and whether a million of them leave anything behind.

use std::{fs, hint::black_box, sync::Arc};

use chrono::NaiveDate;
use rusum::fees::{self, Bill, Catalogue, Figures, QuoteContext, QuoteRequest, Quoted, SourceFile};

use crate::{
    Failed, process,
    report::{Report, Row, grouped},
};

/// Quotes per round.
const ROUND: u32 = 50_000;
/// Rounds whose median counts.
const ROUNDS: usize = 9;
/// Quotes after which memory must not have grown.
const MANY: u32 = 1_000_000;

const CERTIFICATE: &str = r#"{"service": "civil-status.birth-certificate", "delivery": "home",
    "options": {"speed": "normal"}, "quantity": 2}"#;
const LICENCE: &str = r#"{"service": "traffic.driving-licence-first"}"#;

/// Measures it.
pub fn measure(report: &mut Report) -> Result<(), Failed> {
    let catalogue = catalogue()?;
    let basket = [CERTIFICATE, LICENCE].repeat(5).join(",");
    let certificate = request(CERTIFICATE)?;
    let nanos = nanos_each(&catalogue, &certificate)?;
    report.push(Row::at_most("quote: two birth certificates, sent home", nanos, 2_000, "ns"));
    let nanos = nanos_each(&catalogue, &request(LICENCE)?)?;
    report.push(Row::at_most("quote: driving licence, seven lines", nanos, 2_000, "ns"));
    let nanos = nanos_each(&catalogue, &request(&basket)?)?;
    report.push(Row::plain("quote: basket of ten items, two authorities", format!("{} ns", grouped(nanos))));

    let before = process::resident()?;
    for _ in 0..MANY {
        quote(&catalogue, &certificate)?;
    }
    let grown = process::resident()?.saturating_sub(before);
    report.push(Row::at_most("memory that 1,000,000 quotes leave behind", grown, 256, "kB"));
    Ok(())
}

/// What the first private driving licence costs.
pub fn licence() -> Result<Arc<Bill>, Failed> {
    let catalogue = catalogue()?;
    Ok(Arc::new(quoted(&catalogue, &request(LICENCE)?)?.bill))
}

/// The schedules of the repository.
fn catalogue() -> Result<Catalogue, Failed> {
    let mut files = Vec::new();
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fee-schedules"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(SourceFile { name: path.display().to_string(), text: fs::read_to_string(path)? });
        }
    }
    let checked = fees::check(&files, &[], Figures::Any);
    checked.map(|checked| checked.catalogue).map_err(|findings| format!("{findings:?}").into())
}

fn request(items: &str) -> Result<QuoteRequest, Failed> {
    Ok(serde_json::from_str(&format!(r#"{{"channel": "portal", "governorate": "03", "items": [{items}]}}"#))?)
}

fn quoted(catalogue: &Catalogue, request: &QuoteRequest) -> Result<Quoted, Failed> {
    let today = NaiveDate::from_ymd_opt(2026, 11, 21).ok_or("not a date")?;
    let context = QuoteContext { today, waivers: &[], assessments: &[] };
    fees::quote(catalogue, request, &context).map_err(|refusal| format!("{refusal:?}").into())
}

fn quote(catalogue: &Catalogue, request: &QuoteRequest) -> Result<(), Failed> {
    black_box(quoted(catalogue, black_box(request))?);
    Ok(())
}

fn nanos_each(catalogue: &Catalogue, request: &QuoteRequest) -> Result<u64, Failed> {
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let began = process::thread_nanos()?;
        for _ in 0..ROUND {
            quote(catalogue, request)?;
        }
        rounds.push((process::thread_nanos()? - began) / u64::from(ROUND));
    }
    rounds.sort_unstable();
    Ok(rounds[ROUNDS / 2])
}
