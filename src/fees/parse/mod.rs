//! Reading schedule files: TOML text to a [`Schedule`], every fault noted with its place.
//!
//! A file has a head (authority, version, dates, and the offer that its services share), then
//! services, rules, or the registers. Cost: one pass over the text; files are read at start only.

mod condition;
mod line;
mod register;
mod rule;
mod service;
mod table;

use std::sync::Arc;

use toml::de::DeTable;

use self::{service::Offer, table::Table};
use super::{
    ScheduleRef, SourceFile,
    notes::{Notes, Spot},
    schedule::Schedule,
};

/// Services of a file, at most.
const LIMIT_SERVICES: usize = 500;
/// Bytes of a file, at most.
const LIMIT_BYTES: usize = 1 << 20;

/// Reads one file. Nothing if something in it is wrong; what, is noted.
pub(super) fn schedule(notes: &mut Notes<'_>, number: usize, file: &SourceFile) -> Option<Schedule> {
    let start = Spot { file: number, byte: 0 };
    if file.text.len() > LIMIT_BYTES {
        notes.error(
            start,
            format!("the file has more than {LIMIT_BYTES} bytes"),
            "split the authority's services",
        );
        return None;
    }
    let (document, faults) = DeTable::parse_recoverable(&file.text);
    for fault in &faults {
        let byte = fault.span().map_or(0, |span| span.start);
        let message = format!("not TOML: {}", fault.message().replace('\n', " "));
        notes.error(Spot { file: number, byte }, message, "correct the syntax here");
    }
    if !faults.is_empty() {
        return None;
    }
    let errors = notes.errors();
    let table = Table::new(start, "the file", document.get_ref());
    let read = head_and_body(notes, table, file);
    if notes.errors() > errors { None } else { read }
}

fn head_and_body(notes: &mut Notes<'_>, mut table: Table<'_>, file: &SourceFile) -> Option<Schedule> {
    let authority = table.code(notes, "authority");
    let version = version(notes, &mut table);
    let title = table.title(notes, "title");
    let from = table
        .need(notes, "effective_from", "2026-07-01")
        .and_then(|found| found.date(notes, "effective_from"));
    let to = table.get("effective_to").map(|found| (found.spot, found.date(notes, "effective_to")));
    let offer = service::offer(notes, &mut table, &Offer::default());
    let rows = table.tables(notes, "service", LIMIT_SERVICES);
    let services: Vec<_> =
        rows.into_iter().map(|row| service::service(notes, row, authority.as_deref(), &offer)).collect();
    let rules = rule::rules(notes, &mut table);
    let beneficiaries = register::beneficiaries(notes, &mut table);
    let revenue_codes = register::revenue_codes(notes, &mut table);
    table.finish(notes);
    let (effective_to_spot, effective_to) = match to {
        Some((spot, Some(date))) => (spot, Some(date)),
        Some((_, None)) => return None,
        None => (table.spot, None),
    };
    let authority = authority?;
    Some(Schedule {
        spot: line::spot_of(&mut table, "effective_from"),
        reference: Arc::new(ScheduleRef {
            authority: authority.to_string(),
            version: version?,
            digest: file.digest(),
            effective_from: from?,
        }),
        authority,
        title: title?,
        effective_to,
        effective_to_spot,
        services: services.into_iter().collect::<Option<_>>()?,
        rules: rules?,
        beneficiaries: beneficiaries?,
        revenue_codes: revenue_codes?,
    })
}

/// `YYYY.N`.
fn version(notes: &mut Notes<'_>, table: &mut Table<'_>) -> Option<String> {
    let found = table.need(notes, "version", "\"2026.1\"")?;
    let text = found.text(notes, "version")?;
    let digits = |part: &str| !part.is_empty() && part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit());
    let well_formed = text.split_once('.').is_some_and(|(year, number)| {
        year.len() == 4 && digits(year) && digits(number) && !number.starts_with('0')
    });
    if !well_formed {
        let remedy = "write the year, a point and a number from 1: \"2026.1\"";
        notes.error(found.spot, format!("{:?} is no version", &*text), remedy);
    }
    well_formed.then(|| text.to_string())
}
