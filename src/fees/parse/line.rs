//! One line of a service's price: `[[service.line]]`.

use super::{
    condition::{self, Scope},
    table::{Table, Value},
};
use crate::{
    fees::{
        notes::{Notes, Spot},
        percent::{Rounding, RoundingMode},
        schedule::{Band, Basis, Further, LIMIT_UNITS, Owed, Per, Price, Shape, Share, Tariff},
    },
    money::Piastres,
};

/// Bands of a line, at most.
const LIMIT_BANDS: usize = 64;

pub(super) fn tariff(notes: &mut Notes<'_>, mut table: Table<'_>, scope: &Scope<'_>) -> Option<Tariff> {
    let code = table.code(notes, "code");
    if let Some(code) = &code {
        table.what = format!("line {code:?}");
    }
    let title = table.title(notes, "title");
    let when = condition::condition(notes, &mut table, scope);
    let kind = table.text(notes, "kind", "\"fixed\"");
    let kind_spot = spot_of(&mut table, "kind");
    let (price, further) = match kind.as_deref() {
        Some("fixed") => (amount(notes, &mut table), None),
        Some("per-unit") => (amount(notes, &mut table), Some(further(notes, &mut table))),
        Some("bands") => (bands(notes, &mut table, scope), None),
        Some("percentage") => (percentage(notes, &mut table, scope), None),
        Some(other) => {
            let message = format!("{} is of kind {other:?}", table.what);
            notes.error(kind_spot, message, "write one of: fixed, per-unit, bands, percentage");
            return None;
        }
        None => return None,
    };
    let default_per = if kind.as_deref() == Some("per-unit") { Per::Quantity } else { Per::Item };
    let per = if kind.as_deref() == Some("fixed") {
        Some(Per::Item)
    } else {
        per(notes, &mut table, scope, default_per)
    };
    let (owed, basis) = (owed(notes, &mut table), basis(notes, &mut table));
    table.finish(notes);
    Some(Tariff {
        spot: table.spot,
        code: code?,
        title: title?,
        when: when?,
        price: price?,
        per: per?,
        further: further.unwrap_or(Some(None))?,
        owed: owed?,
        basis: basis?,
    })
}

fn amount(notes: &mut Notes<'_>, table: &mut Table<'_>) -> Option<Price> {
    table.need(notes, "amount", "\"45.00\"")?.amount(notes, "amount").map(Price::Amount)
}

/// `first_units = 10` and `further = { code, title, amount }`, both or neither.
#[expect(clippy::option_option, reason = "outer: whether it could be read; inner: whether it is there")]
fn further(notes: &mut Notes<'_>, table: &mut Table<'_>) -> Option<Option<Further>> {
    let (first, rest) = (table.get("first_units"), table.table(notes, "further"));
    match (first, rest) {
        (None, None) => Some(None),
        (Some(first), Some(mut rest)) => {
            let after = first.integer(notes, "first_units", 1, LIMIT_UNITS);
            let (code, title) = (rest.code(notes, "code"), rest.title(notes, "title"));
            let amount =
                rest.need(notes, "amount", "\"5.00\"").and_then(|found| found.amount(notes, "amount"));
            rest.finish(notes);
            let after = u32::try_from(after?).ok()?;
            Some(Some(Further { code: code?, title: title?, after, amount: amount? }))
        }
        (Some(Value { spot, .. }), None) | (None, Some(Table { spot, .. })) => {
            let message = format!("{} has one of `first_units` and `further` without the other", table.what);
            let remedy = "write `first_units = 1` and `further = { code = \"...\", title = {...}, amount = \"5.00\" }`";
            notes.error(spot, message, remedy);
            None
        }
    }
}

/// The place of the option named under a key; it must be a number or an amount.
fn measured(
    notes: &mut Notes<'_>,
    table: &mut Table<'_>,
    scope: &Scope<'_>,
    key: &'static str,
    fits: fn(&Shape) -> bool,
    wanted: &str,
) -> Option<usize> {
    let found = table.need(notes, key, "\"some-option\"")?;
    let name = found.text(notes, key)?;
    let place = scope.options.iter().position(|option| option.code == name && fits(&option.shape));
    if place.is_none() {
        let known: Vec<&str> =
            scope.options.iter().filter(|option| fits(&option.shape)).map(|option| &*option.code).collect();
        let remedy = if known.is_empty() {
            format!("declare {wanted} of this name under `[[service.option]]`")
        } else {
            format!("write one of: {}", known.join(", "))
        };
        notes.error(
            found.spot,
            format!("`{key}` of {} names {name:?}, which is not {wanted}", table.what),
            remedy,
        );
    }
    place
}

fn bands(notes: &mut Notes<'_>, table: &mut Table<'_>, scope: &Scope<'_>) -> Option<Price> {
    let fits = |shape: &Shape| matches!(shape, Shape::Integer(..) | Shape::Amount(..));
    let place = measured(notes, table, scope, "of", fits, "an integer or amount option");
    let rows = table.tables(notes, "band", LIMIT_BANDS);
    if rows.is_empty() {
        let remedy = "write `band = [{ from = 0, to = 100, amount = \"500.00\" }, ...]`";
        notes.error(table.spot, format!("{} has no bands", table.what), remedy);
    }
    let place = place?;
    let shape = &scope.options[place].shape;
    let bands: Vec<Option<Band>> = rows.into_iter().map(|row| band(notes, row, shape)).collect();
    let bands: Vec<Band> = bands.into_iter().collect::<Option<_>>()?;
    (!bands.is_empty()).then_some(Price::Bands(place, bands))
}

fn band(notes: &mut Notes<'_>, mut row: Table<'_>, shape: &Shape) -> Option<Band> {
    let most = match shape {
        Shape::Integer(_, most) | Shape::Amount(_, most) => *most,
        Shape::Choice(_) => 0,
    };
    let from = row.need(notes, "from", "0").and_then(|found| condition::number(notes, found, "from", shape));
    let to = match row.get("to") {
        Some(found) => condition::number(notes, found, "to", shape),
        None => Some(most),
    };
    let amount = row.need(notes, "amount", "\"500.00\"").and_then(|found| found.amount(notes, "amount"));
    row.finish(notes);
    let (from, to, amount) = (from?, to?, amount?);
    if from > to {
        notes.error(row.spot, "the band ends before it begins", "swap `from` and `to`");
        return None;
    }
    Some(Band { spot: row.spot, from, to, amount })
}

fn percentage(notes: &mut Notes<'_>, table: &mut Table<'_>, scope: &Scope<'_>) -> Option<Price> {
    let fits = |shape: &Shape| matches!(shape, Shape::Amount(..));
    let place = measured(notes, table, scope, "of", fits, "an amount option");
    let share = share(notes, table);
    Some(Price::Percentage(place?, share?))
}

/// `rate`, `floor`, `cap`, `rounding`, `round_to`.
pub(super) fn share(notes: &mut Notes<'_>, table: &mut Table<'_>) -> Option<Share> {
    let percent = table.need(notes, "rate", "\"2.5\"").and_then(|found| found.percent(notes, "rate"));
    let rounding = rounding(notes, table, "round_to", Some(Piastres::new(1)));
    let floor = optional_amount(notes, table, "floor");
    let cap = optional_amount(notes, table, "cap");
    let cap_spot = spot_of(table, "cap");
    let (percent, rounding, floor, cap) = (percent?, rounding?, floor?, cap?);
    let floor = floor.unwrap_or(Piastres::ZERO);
    if cap.is_some_and(|cap| cap < floor) {
        notes.error(cap_spot, format!("the cap of {} is below its floor {floor}", table.what), "swap them");
        return None;
    }
    Some(Share { percent, rounding, floor, cap })
}

#[expect(clippy::option_option, reason = "outer: whether it could be read; inner: whether it is there")]
pub(super) fn optional_amount(
    notes: &mut Notes<'_>,
    table: &mut Table<'_>,
    key: &'static str,
) -> Option<Option<Piastres>> {
    match table.get(key) {
        Some(found) => found.amount(notes, key).map(Some),
        None => Some(None),
    }
}

/// `rounding = "half-up"` and the step under another key.
pub(super) fn rounding(
    notes: &mut Notes<'_>,
    table: &mut Table<'_>,
    step_key: &'static str,
    default_step: Option<Piastres>,
) -> Option<Rounding> {
    let known = RoundingMode::ALL.map(RoundingMode::code).join(", ");
    let mode = if let Some(found) = table.get("rounding") {
        found.text(notes, "rounding").and_then(|text| {
            let mode = RoundingMode::ALL.into_iter().find(|mode| mode.code() == &*text);
            if mode.is_none() {
                notes.error(found.spot, format!("{text:?} is no rounding"), format!("write one of: {known}"));
            }
            mode
        })
    } else {
        let message = format!("{} does not say how it is rounded", table.what);
        notes.error(table.spot, message, format!("write `rounding = \"half-up\"`, or another of: {known}"));
        None
    };
    let step = match (table.get(step_key), default_step) {
        (Some(found), _) => found.amount(notes, step_key).and_then(|step| {
            if step.is_zero() {
                notes.error(found.spot, format!("`{step_key}` is nothing"), "write at least \"0.01\"");
            }
            step.is_positive().then_some(step)
        }),
        (None, Some(step)) => Some(step),
        (None, None) => {
            let message = format!("{} lacks `{step_key}`", table.what);
            notes.error(table.spot, message, format!("write `{step_key} = \"0.25\"`"));
            None
        }
    };
    Some(Rounding { mode: mode?, step: step? })
}

/// `per = "quantity"`, `per = "item"` or the name of an integer option that counts.
fn per(notes: &mut Notes<'_>, table: &mut Table<'_>, scope: &Scope<'_>, default: Per) -> Option<Per> {
    let Some(found) = table.get("per") else { return Some(default) };
    let name = found.text(notes, "per")?;
    match &*name {
        "quantity" => Some(Per::Quantity),
        "item" => Some(Per::Item),
        other => {
            let counts =
                |shape: &Shape| matches!(shape, Shape::Integer(from, to) if *from >= 0 && *to <= LIMIT_UNITS);
            let place =
                scope.options.iter().position(|option| *option.code == *other && counts(&option.shape));
            if place.is_none() {
                let message = format!("`per` of {} names {other:?}, which counts nothing", table.what);
                let remedy =
                    format!("write quantity, item, or an integer option between 0 and {LIMIT_UNITS}");
                notes.error(found.spot, message, remedy);
            }
            place.map(Per::Option)
        }
    }
}

/// `beneficiary` and `revenue_code`.
pub(super) fn owed(notes: &mut Notes<'_>, table: &mut Table<'_>) -> Option<Owed> {
    let beneficiary = table.code(notes, "beneficiary");
    let revenue_code = table.code(notes, "revenue_code");
    Some(Owed {
        beneficiary: beneficiary?,
        beneficiary_spot: spot_of(table, "beneficiary"),
        revenue_code: revenue_code?,
        revenue_code_spot: spot_of(table, "revenue_code"),
    })
}

/// `legal_basis`, and either `source` or `illustrative = true`.
pub(super) fn basis(notes: &mut Notes<'_>, table: &mut Table<'_>) -> Option<Basis> {
    let law = table.text(notes, "legal_basis", "\"Law 143/1994 art. 8\"");
    let illustrative = table.flag(notes, "illustrative");
    let illustrative_spot = spot_of(table, "illustrative");
    let source = match table.get("source") {
        Some(found) => {
            if illustrative {
                let message = format!("{} has a source and is illustrative", table.what);
                notes.error(illustrative_spot, message, "remove `illustrative` or `source`");
            }
            Some(found.text(notes, "source")?)
        }
        None if illustrative => None,
        None => {
            let message = format!("{} names no source for its figure", table.what);
            let remedy =
                "write `source = \"where it was published\"`, or `illustrative = true` if there is none";
            notes.error(table.spot, message, remedy);
            return None;
        }
    };
    Some(Basis { law: law?, source, illustrative, illustrative_spot })
}

/// The place of a key's value, or of its table.
pub(super) fn spot_of(table: &mut Table<'_>, key: &'static str) -> Spot {
    table.get(key).map_or(table.spot, |found| found.spot)
}
