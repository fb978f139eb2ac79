//! One service: `[[service]]`, with its deliveries, options, units, exemptions and lines.

use std::sync::Arc;

use chrono::NaiveDate;

use super::{
    condition::{self, RESERVED, Scope},
    line,
    table::{Table, Value},
};
use crate::fees::{
    Capture, governorate,
    notes::Notes,
    schedule::{
        Choosable, Exemption, LIMIT_CHOICES, LIMIT_DELIVERIES, LIMIT_LINES, LIMIT_OPTIONS, LIMIT_UNITS,
        Named, Service, Shape, Tariff, Unit,
    },
    way::{self, Ways},
};

/// Exemptions of a service, at most.
const LIMIT_EXEMPTIONS: usize = 32;
/// The largest number that an integer option can take.
const LIMIT_INTEGER: i64 = 1_000_000_000;
/// A quote holds at least a minute and at most thirty days.
const VALID_SECS: (i64, i64) = (60, 30 * 86_400);

/// What a service has when it does not say otherwise, from the head of its file or from itself.
#[derive(Clone, Default)]
pub(super) struct Offer {
    channels: Option<u8>,
    ways: Option<Ways>,
    governorates: Option<[Option<NaiveDate>; 28]>,
    valid_secs: Option<u32>,
}

/// Reads what is said about the offer in a table; what is not said comes from `above`.
pub(super) fn offer(notes: &mut Notes<'_>, table: &mut Table<'_>, above: &Offer) -> Offer {
    let channels = table.get("channels").map(|found| condition::channels(notes, found));
    let ways = table.get("methods").map(|found| methods(notes, found));
    let governorates = table.get("governorates").map(|found| governorates(notes, found));
    let valid_secs = table.get("quote_valid_secs").map(|found| {
        let read = found.integer(notes, "quote_valid_secs", VALID_SECS.0, VALID_SECS.1)?;
        u32::try_from(read).ok()
    });
    Offer {
        channels: channels.unwrap_or(above.channels),
        ways: ways.unwrap_or(above.ways),
        governorates: governorates.unwrap_or(above.governorates),
        valid_secs: valid_secs.unwrap_or(above.valid_secs),
    }
}

/// A set of `method/tender`.
pub(super) fn methods(notes: &mut Notes<'_>, value: Value<'_>) -> Option<Ways> {
    let mut ways = Ways::default();
    let mut whole = true;
    for one in value.list(notes, "methods") {
        let Some(text) = one.text(notes, "methods") else {
            whole = false;
            continue;
        };
        if let Some(place) = way::find(&text) {
            ways = ways.with(place);
        } else {
            whole = false;
            let remedy = format!("write method and tender, one of: {}", way::words());
            notes.error(one.spot, format!("{text:?} is no way to pay"), remedy);
        }
    }
    (whole && !ways.is_empty()).then_some(ways)
}

/// `{ "03" = 2021-07-01, all = 2023-01-01 }`: since when; `all` is every governorate not named.
fn governorates(notes: &mut Notes<'_>, value: Value<'_>) -> Option<[Option<NaiveDate>; 28]> {
    let table = value.table(notes, "`governorates`")?;
    let mut starts = [None; 28];
    let mut all = None;
    let mut whole = true;
    for (spot, key, value) in table.entries() {
        let start = value.date(notes, key);
        whole &= start.is_some();
        if key == "all" {
            all = start;
        } else if let Some(place) = governorate::find(key) {
            starts[place] = start;
        } else {
            whole = false;
            condition::unknown_governorate(notes, Value { spot, ..value }, key);
        }
    }
    if all.is_some() {
        for (start, place) in starts.iter_mut().zip(&governorate::ALL) {
            if start.is_none() && place.code != "88" {
                *start = all;
            }
        }
    }
    if whole && starts.iter().all(Option::is_none) {
        notes.error(
            table.spot,
            "`governorates` names none",
            "write codes with their dates, or `all = 2024-01-01`",
        );
        return None;
    }
    whole.then_some(starts)
}

pub(super) fn service(
    notes: &mut Notes<'_>,
    mut table: Table<'_>,
    authority: Option<&str>,
    above: &Offer,
) -> Option<Service> {
    let code = table.code(notes, "code");
    if let Some(code) = &code {
        table.what = format!("service {code:?}");
    }
    let title = table.title(notes, "title");
    let errors = notes.errors();
    let offer = offer(notes, &mut table, above);
    let offer = complete(notes, &table, &offer, errors);
    let capture = capture(notes, &mut table);
    let deliveries = deliveries(notes, &mut table);
    let (deliveries, default_delivery) = deliveries?;
    let options = options(notes, &mut table, &deliveries)?;
    let unit = unit(notes, &mut table);
    let scope = Scope { deliveries: &deliveries, options: &options };
    let lines = lines(notes, &mut table, &scope);
    let exemptions = exemptions(notes, &mut table, lines.as_deref());
    table.finish(notes);
    let (channels, ways, governorates, valid_secs) = offer?;
    Some(Service {
        spot: table.spot,
        code: format!("{}.{}", authority?, code?).into(),
        title: title?,
        channels,
        ways,
        governorates,
        capture: capture?,
        valid_secs,
        default_delivery,
        lines: lines?,
        exemptions: exemptions?,
        unit: unit?,
        deliveries,
        options,
    })
}

/// The parts of an offer; each that is nowhere said is noted, unless it was said and faulty.
fn complete(
    notes: &mut Notes<'_>,
    table: &Table<'_>,
    offer: &Offer,
    errors_before: usize,
) -> Option<(u8, Ways, [Option<NaiveDate>; 28], u32)> {
    let faulty = notes.errors() > errors_before;
    let mut lacks = |missing: bool, key: &str, example: &str| {
        if missing && !faulty {
            let message = format!("neither {} nor its file says `{key}`", table.what);
            notes.error(table.spot, message, format!("write `{key} = {example}`"));
        }
    };
    lacks(offer.channels.is_none(), "channels", "[\"portal\", \"service-office\"]");
    lacks(offer.ways.is_none(), "methods", "[\"card/card\", \"epayment/cash\"]");
    lacks(offer.governorates.is_none(), "governorates", "{ all = 2024-01-01 }");
    lacks(offer.valid_secs.is_none(), "quote_valid_secs", "86400");
    Some((offer.channels?, offer.ways?, offer.governorates?, offer.valid_secs?))
}

fn capture(notes: &mut Notes<'_>, table: &mut Table<'_>) -> Option<Capture> {
    let Some(found) = table.get("capture") else { return Some(Capture::Automatic) };
    match &*found.text(notes, "capture")? {
        "automatic" => Some(Capture::Automatic),
        "manual" => Some(Capture::Manual),
        other => {
            notes.error(found.spot, format!("`capture` is {other:?}"), "write automatic or manual");
            None
        }
    }
}

fn deliveries(notes: &mut Notes<'_>, table: &mut Table<'_>) -> Option<(Vec<Named>, Option<usize>)> {
    let mut whole = true;
    let (mut deliveries, mut default): (Vec<Named>, Option<usize>) = (Vec::new(), None);
    for mut row in table.tables(notes, "delivery", LIMIT_DELIVERIES) {
        let (code, title) = (row.code(notes, "code"), row.title(notes, "title"));
        let is_default = row.flag(notes, "default");
        row.finish(notes);
        let (Some(code), Some(title)) = (code, title) else {
            whole = false;
            continue;
        };
        if deliveries.iter().any(|known| known.code == code) {
            notes.error(row.spot, format!("delivery {code:?} is declared twice"), "remove one");
        }
        if is_default && default.replace(deliveries.len()).is_some() {
            notes.error(row.spot, format!("delivery {code:?} is a second default"), "keep one default");
        }
        deliveries.push(Named { code, title });
    }
    if deliveries.len() == 1 {
        default = Some(0);
    }
    whole.then_some((deliveries, default))
}

fn options(notes: &mut Notes<'_>, table: &mut Table<'_>, deliveries: &[Named]) -> Option<Vec<Choosable>> {
    let mut whole = true;
    let mut options: Vec<Choosable> = Vec::new();
    for row in table.tables(notes, "option", LIMIT_OPTIONS) {
        let spot = row.spot;
        let scope = Scope { deliveries, options: &options };
        let Some(option) = option(notes, row, &scope) else {
            whole = false;
            continue;
        };
        if options.iter().any(|known| known.code == option.code) {
            notes.error(spot, format!("option {:?} is declared twice", option.code), "remove one");
        }
        options.push(option);
    }
    whole.then_some(options)
}

fn option(notes: &mut Notes<'_>, mut row: Table<'_>, scope: &Scope<'_>) -> Option<Choosable> {
    let code = row.code(notes, "code");
    if let Some(code) = &code {
        row.what = format!("option {code:?}");
        if RESERVED.contains(&&**code) {
            let message = format!("an option cannot be named {code:?}");
            notes.error(row.spot, message, format!("{} have a meaning of their own", RESERVED.join(", ")));
        }
    }
    let title = row.title(notes, "title");
    let attested = row.flag(notes, "attested");
    let when = condition::condition(notes, &mut row, scope);
    let shape = shape(notes, &mut row);
    let default = match (row.get("default"), &shape) {
        (Some(found), Some(shape)) => default(notes, found, shape, attested).map(Some),
        (Some(_), None) => None,
        (None, _) => Some(None),
    };
    row.finish(notes);
    Some(Choosable { code: code?, title: title?, shape: shape?, default: default?, attested, when: when? })
}

fn shape(notes: &mut Notes<'_>, row: &mut Table<'_>) -> Option<Shape> {
    let kind = row.text(notes, "kind", "\"choice\"")?;
    let kind_spot = line::spot_of(row, "kind");
    let shape = match &*kind {
        "choice" => Shape::Choice(choices(notes, row)?),
        "integer" => {
            let mut end = |key| {
                let found = row.need(notes, key, "1")?;
                found.integer(notes, key, -LIMIT_INTEGER, LIMIT_INTEGER)
            };
            let (min, max) = (end("min"), end("max"));
            Shape::Integer(min?, max?)
        }
        "amount" => {
            let mut end = |key| row.need(notes, key, "\"1.00\"")?.amount(notes, key);
            let (min, max) = (end("min"), end("max"));
            Shape::Amount(min?.get(), max?.get())
        }
        other => {
            let message = format!("{} is of kind {other:?}", row.what);
            notes.error(kind_spot, message, "write one of: choice, integer, amount");
            return None;
        }
    };
    if let Shape::Integer(min, max) | Shape::Amount(min, max) = shape
        && min > max
    {
        let spot = line::spot_of(row, "min");
        notes.error(spot, format!("{} has a `min` above its `max`", row.what), "swap them");
        return None;
    }
    Some(shape)
}

fn choices(notes: &mut Notes<'_>, row: &mut Table<'_>) -> Option<Vec<Named>> {
    let mut whole = true;
    let mut choices: Vec<Named> = Vec::new();
    for mut choice in row.tables(notes, "choice", LIMIT_CHOICES) {
        let (code, title) = (choice.code(notes, "code"), choice.title(notes, "title"));
        choice.finish(notes);
        let (Some(code), Some(title)) = (code, title) else {
            whole = false;
            continue;
        };
        if choices.iter().any(|known| known.code == code) {
            notes.error(choice.spot, format!("choice {code:?} is declared twice"), "remove one");
        }
        choices.push(Named { code, title });
    }
    if whole && choices.is_empty() {
        let remedy = "write `choice = [{ code = \"normal\", title = { ar = \"...\", en = \"...\" } }, ...]`";
        notes.error(row.spot, format!("{} has no choices", row.what), remedy);
        return None;
    }
    whole.then_some(choices)
}

fn default(notes: &mut Notes<'_>, found: Value<'_>, shape: &Shape, attested: bool) -> Option<i64> {
    if attested {
        notes.error(
            found.spot,
            "an attested option has a default",
            "remove it: an authority must tell the value",
        );
        return None;
    }
    match shape {
        Shape::Choice(choices) => {
            let code = found.text(notes, "default")?;
            let place = choices.iter().position(|choice| choice.code == code);
            if place.is_none() {
                let known: Vec<&str> = choices.iter().map(|choice| &*choice.code).collect();
                let message = format!("the default {code:?} is none of the choices");
                notes.error(found.spot, message, format!("write one of: {}", known.join(", ")));
            }
            i64::try_from(place?).ok()
        }
        Shape::Integer(min, max) | Shape::Amount(min, max) => {
            let value = condition::number(notes, found, "default", shape)?;
            if (*min..=*max).contains(&value) {
                return Some(value);
            }
            notes.error(
                found.spot,
                "the default is outside the option's bounds",
                "write one from `min` to `max`",
            );
            None
        }
    }
}

#[expect(clippy::option_option, reason = "outer: whether it could be read; inner: whether it is there")]
fn unit(notes: &mut Notes<'_>, table: &mut Table<'_>) -> Option<Option<Unit>> {
    if table.get("quantity").is_none() {
        return Some(None);
    }
    let mut quantity = table.table(notes, "quantity")?;
    let title = quantity.title(notes, "unit");
    let mut number = |key, open: i64| match quantity.get(key) {
        Some(found) => found.integer(notes, key, 1, LIMIT_UNITS),
        None => Some(open),
    };
    let (min, default) = (number("min", 1), number("default", 1));
    let max = quantity.need(notes, "max", "20").and_then(|found| found.integer(notes, "max", 1, LIMIT_UNITS));
    quantity.finish(notes);
    let (min, max, default) = (min?, max?, default?);
    if !(min <= default && default <= max) {
        let message = format!("a quantity of {default} by default is not from {min} to {max}");
        notes.error(quantity.spot, message, "write `min` <= `default` <= `max`");
        return None;
    }
    let small = |n: i64| u32::try_from(n).ok();
    Some(Some(Unit { title: title?, min: small(min)?, max: small(max)?, default: small(default)? }))
}

fn lines(notes: &mut Notes<'_>, table: &mut Table<'_>, scope: &Scope<'_>) -> Option<Vec<Tariff>> {
    let rows = table.tables(notes, "line", LIMIT_LINES);
    if rows.is_empty() {
        let remedy = "write at least one `[[service.line]]`; of amount \"0.00\" if it is free";
        notes.error(table.spot, format!("{} has no lines", table.what), remedy);
        return None;
    }
    let read: Vec<Option<Tariff>> = rows.into_iter().map(|row| line::tariff(notes, row, scope)).collect();
    read.into_iter().collect()
}

fn exemptions(
    notes: &mut Notes<'_>,
    table: &mut Table<'_>,
    lines: Option<&[Tariff]>,
) -> Option<Vec<Exemption>> {
    let mut whole = true;
    let mut exemptions: Vec<Exemption> = Vec::new();
    for row in table.tables(notes, "exemption", LIMIT_EXEMPTIONS) {
        let spot = row.spot;
        let Some(exemption) = exemption(notes, row, lines) else {
            whole = false;
            continue;
        };
        if exemptions.iter().any(|known| known.code == exemption.code) {
            notes.error(spot, format!("exemption {:?} is declared twice", exemption.code), "remove one");
        }
        exemptions.push(exemption);
    }
    whole.then_some(exemptions)
}

fn exemption(notes: &mut Notes<'_>, mut row: Table<'_>, lines: Option<&[Tariff]>) -> Option<Exemption> {
    let code = row.code(notes, "code");
    if let Some(code) = &code {
        row.what = format!("exemption {code:?}");
    }
    let (title, evidence) = (row.title(notes, "title"), row.title(notes, "evidence"));
    let attested = row.flag(notes, "attested");
    let taken = match row.get("lines") {
        None => Some(u64::MAX),
        Some(found) => exempted(notes, found, lines?),
    };
    let basis = line::basis(notes, &mut row);
    row.finish(notes);
    Some(Exemption {
        code: code?,
        title: title?,
        evidence: evidence?,
        attested,
        lines: taken?,
        basis: basis?,
    })
}

fn exempted(notes: &mut Notes<'_>, found: Value<'_>, lines: &[Tariff]) -> Option<u64> {
    let mut set = 0_u64;
    for one in found.list(notes, "lines") {
        let code: Arc<str> = one.text(notes, "lines")?;
        let Some(place) = lines.iter().position(|line| line.code == code) else {
            let known: Vec<&str> = lines.iter().map(|line| &*line.code).collect();
            let message = format!("{code:?} is no line of this service");
            notes.error(one.spot, message, format!("write one of: {}", known.join(", ")));
            return None;
        };
        set |= 1 << place;
    }
    (set != 0).then_some(set)
}
