//! What makes the amount of a way to pay differ from the total: `[[incentive]]`, `[[surcharge]]`,
//! `[[rounding]]`.

use std::sync::Arc;

use super::{
    condition,
    line::{basis, optional_amount, owed, rounding, share},
    service::methods,
    table::Table,
};
use crate::{
    fees::{
        notes::{Notes, Spot},
        schedule::{Effect, Measure, Rule},
    },
    money::Piastres,
};

/// Rules of a file, at most, of each kind.
const LIMIT_RULES: usize = 64;

/// All rules of a file, in the order in which they are applied.
pub(super) fn rules(notes: &mut Notes<'_>, file: &mut Table<'_>) -> Option<Vec<Rule>> {
    let mut read = Vec::new();
    for kind in ["incentive", "surcharge", "rounding"] {
        for table in file.tables(notes, kind, LIMIT_RULES) {
            read.push(rule(notes, table, kind));
        }
    }
    read.into_iter().collect()
}

fn rule(notes: &mut Notes<'_>, mut table: Table<'_>, kind: &'static str) -> Option<Rule> {
    let code = table.code(notes, "code");
    if let Some(code) = &code {
        table.what = format!("{kind} {code:?}");
    }
    let title = table.title(notes, "title");
    let ways = table
        .need(notes, "methods", "[\"post/cash\", \"epayment/cash\"]")
        .and_then(|found| methods(notes, found));
    let effect = match kind {
        "incentive" => measure(notes, &mut table).map(Effect::Incentive),
        "surcharge" => {
            let (measure, owed) = (measure(notes, &mut table), owed(notes, &mut table));
            measure.zip(owed).map(|(measure, owed)| Effect::Surcharge(measure, owed))
        }
        _ => rounding(notes, &mut table, "to", None).map(Effect::Rounding),
    };
    let threshold = optional_amount(notes, &mut table, "threshold");
    let waivers = codes(notes, &mut table, "waivers");
    let services = codes(notes, &mut table, "services");
    let exempt_services = codes(notes, &mut table, "exempt_services");
    let exempt_authorities = codes(notes, &mut table, "exempt_authorities");
    let exempt_governorates =
        table.get("exempt_governorates").map(|found| condition::governorates(notes, found));
    let from = table.get("effective_from").map(|found| found.date(notes, "effective_from"));
    let to = table.get("effective_to").map(|found| found.date(notes, "effective_to"));
    let basis = basis(notes, &mut table);
    table.finish(notes);
    if let (Some(Some(from)), Some(Some(to))) = (from, to)
        && to < from
    {
        notes.error(table.spot, format!("{} ends before it begins", table.what), "swap the dates");
    }
    Some(Rule {
        spot: table.spot,
        code: code?,
        title: title?,
        effect: effect?,
        ways: ways?,
        threshold: threshold?.unwrap_or(Piastres::ZERO),
        waivers: waivers?.into_iter().map(|(_, name)| name).collect(),
        services: services?,
        exempt_services: exempt_services?,
        exempt_authorities: exempt_authorities?,
        exempt_governorates: readable(exempt_governorates)?.unwrap_or(0),
        effective_from: readable(from)?,
        effective_to: readable(to)?,
        basis: basis?,
    })
}

/// Turns "said, and could it be read" into "could it be read, if said".
#[expect(clippy::option_option, reason = "outer: whether it could be read; inner: whether it is there")]
fn readable<T>(said: Option<Option<T>>) -> Option<Option<T>> {
    said.map_or(Some(None), |read| read.map(Some))
}

/// `amount = "5.00"`, or `rate = "5"` with its rounding.
fn measure(notes: &mut Notes<'_>, table: &mut Table<'_>) -> Option<Measure> {
    match (table.get("amount"), table.get("rate")) {
        (Some(found), None) => found.amount(notes, "amount").map(Measure::Amount),
        (None, Some(_)) => share(notes, table).map(Measure::Share),
        (Some(found), Some(_)) => {
            notes.error(found.spot, format!("{} has an amount and a rate", table.what), "remove one");
            None
        }
        (None, None) => {
            let remedy = "write `amount = \"5.00\"`, or `rate = \"5\"` with `rounding = \"half-up\"`";
            notes.error(table.spot, format!("{} has neither an amount nor a rate", table.what), remedy);
            None
        }
    }
}

/// A list of codes; services are written in full, `authority.service`.
fn codes(notes: &mut Notes<'_>, table: &mut Table<'_>, key: &'static str) -> Option<Vec<(Spot, Arc<str>)>> {
    let Some(found) = table.get(key) else { return Some(Vec::new()) };
    let read: Vec<_> =
        found.list(notes, key).into_iter().map(|one| Some((one.spot, one.text(notes, key)?))).collect();
    read.into_iter().collect()
}
