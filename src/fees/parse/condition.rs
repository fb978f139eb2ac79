//! `when = { channel = ["portal"], speed = ["urgent"], engine_cc = { min = 1031 } }`: when a line
//! applies or an option is asked for.

use super::table::{Table, Value};
use crate::fees::{
    Channel, governorate,
    notes::Notes,
    schedule::{Allowed, Choosable, Condition, Named, Shape},
};

/// Names that conditions give a meaning of their own: no option can have them.
pub(super) const RESERVED: [&str; 4] = ["channel", "delivery", "governorate", "quantity"];

/// What conditions can refer to.
pub(super) struct Scope<'s> {
    pub(super) deliveries: &'s [Named],
    pub(super) options: &'s [Choosable],
}

/// Reads the condition of a table; none written is one that always holds.
pub(super) fn condition(
    notes: &mut Notes<'_>,
    table: &mut Table<'_>,
    scope: &Scope<'_>,
) -> Option<Condition> {
    let Some(found) = table.get("when") else { return Some(Condition::always(table.spot)) };
    let when = found.table(notes, &format!("`when` of {}", table.what))?;
    let mut condition = Condition::always(when.spot);
    let mut whole = true;
    for (spot, key, value) in when.entries() {
        let read = match key {
            "channel" => channels(notes, value).map(|set| condition.channels = set),
            "delivery" => choices(notes, value, key, scope.deliveries)
                .map(|set| condition.deliveries = u32::try_from(set).unwrap_or(u32::MAX)),
            "governorate" => governorates(notes, value).map(|set| condition.governorates = set),
            "quantity" => {
                range(notes, value, key, &Shape::Integer(1, i64::from(u32::MAX))).map(|(from, to)| {
                    condition.quantity =
                        (u32::try_from(from).unwrap_or(u32::MAX), u32::try_from(to).unwrap_or(u32::MAX));
                })
            }
            name => {
                if let Some(place) = scope.options.iter().position(|option| *option.code == *name) {
                    allowed(notes, value, name, &scope.options[place].shape)
                        .map(|allowed| condition.options.push((place, allowed)))
                } else {
                    let known: Vec<&str> = scope.options.iter().map(|option| &*option.code).collect();
                    let message =
                        format!("`when` of {} refers to {name:?}, which is no option known here", table.what);
                    let remedy = format!(
                        "write one of {}, or one of the options declared before: {}",
                        RESERVED.join(", "),
                        if known.is_empty() { "(none)".to_owned() } else { known.join(", ") },
                    );
                    notes.error(spot, message, remedy);
                    None
                }
            }
        };
        whole &= read.is_some();
    }
    whole.then_some(condition)
}

/// A set of channels.
pub(super) fn channels(notes: &mut Notes<'_>, value: Value<'_>) -> Option<u8> {
    let named: Vec<Option<usize>> = value
        .list(notes, "channel")
        .into_iter()
        .map(|one| {
            let text = one.text(notes, "channel")?;
            let place = Channel::ALL.iter().position(|channel| channel.code() == &*text);
            if place.is_none() {
                let known = Channel::ALL.map(Channel::code).join(", ");
                notes.error(one.spot, format!("{text:?} is no channel"), format!("write one of: {known}"));
            }
            place
        })
        .collect();
    let set = bits(&named)?;
    Some(u8::try_from(set).unwrap_or(u8::MAX))
}

/// A set of governorates.
pub(super) fn governorates(notes: &mut Notes<'_>, value: Value<'_>) -> Option<u32> {
    let named: Vec<Option<usize>> = value
        .list(notes, "governorate")
        .into_iter()
        .map(|one| {
            let text = one.text(notes, "governorate")?;
            let place = governorate::find(&text);
            if place.is_none() {
                unknown_governorate(notes, one, &text);
            }
            place
        })
        .collect();
    let set = bits(&named)?;
    Some(u32::try_from(set).unwrap_or(u32::MAX))
}

pub(super) fn unknown_governorate(notes: &mut Notes<'_>, value: Value<'_>, text: &str) {
    notes.error(
        value.spot,
        format!("{text:?} is no governorate"),
        "write its two-digit code in quotes: 01 to 04, 11 to 19, 21 to 29, 31 to 35, or 88 for abroad",
    );
}

/// A set of named things.
fn choices(notes: &mut Notes<'_>, value: Value<'_>, key: &str, known: &[Named]) -> Option<u64> {
    let named: Vec<Option<usize>> = value
        .list(notes, key)
        .into_iter()
        .map(|one| {
            let text = one.text(notes, key)?;
            let place = known.iter().position(|named| named.code == text);
            if place.is_none() {
                let codes: Vec<&str> = known.iter().map(|named| &*named.code).collect();
                let codes = if codes.is_empty() { "(none is declared)".to_owned() } else { codes.join(", ") };
                let message = format!("{text:?} is not declared for `{key}`");
                notes.error(one.spot, message, format!("write one of: {codes}"));
            }
            place
        })
        .collect();
    bits(&named)
}

/// The set of these places; nothing if one is missing or there is none.
fn bits(places: &[Option<usize>]) -> Option<u64> {
    let set = places.iter().try_fold(0_u64, |set, place| place.map(|place| set | 1 << (place & 63)))?;
    (set != 0).then_some(set)
}

fn allowed(notes: &mut Notes<'_>, value: Value<'_>, key: &str, shape: &Shape) -> Option<Allowed> {
    match shape {
        Shape::Choice(known) => choices(notes, value, key, known).map(Allowed::Choices),
        Shape::Integer(..) | Shape::Amount(..) => {
            range(notes, value, key, shape).map(|(from, to)| Allowed::Range(from, to))
        }
    }
}

/// `{ min = 1, max = 5 }`, either end open to the option's bounds.
fn range(notes: &mut Notes<'_>, value: Value<'_>, key: &str, shape: &Shape) -> Option<(i64, i64)> {
    let mut table = value.table(notes, &format!("the range of `{key}`"))?;
    let (least, most) = match shape {
        Shape::Integer(least, most) | Shape::Amount(least, most) => (*least, *most),
        Shape::Choice(_) => (0, 0),
    };
    let min = end(notes, &mut table, "min", shape, least);
    let max = end(notes, &mut table, "max", shape, most);
    table.finish(notes);
    let (min, max) = (min?, max?);
    if min > max {
        let (message, remedy) = if (least..=most).contains(&min) && (least..=most).contains(&max) {
            (format!("the range of `{key}` ends before it begins"), "swap `min` and `max`".to_owned())
        } else {
            let (least, most) = (shape.written(least), shape.written(most));
            (
                format!("the range of `{key}` is outside its bounds"),
                format!("write values from {least} to {most}"),
            )
        };
        notes.error(table.spot, message, remedy);
        return None;
    }
    Some((min, max))
}

fn end(
    notes: &mut Notes<'_>,
    table: &mut Table<'_>,
    key: &'static str,
    shape: &Shape,
    open: i64,
) -> Option<i64> {
    let Some(found) = table.get(key) else { return Some(open) };
    number(notes, found, key, shape)
}

/// A value of a numeric option: a whole number, or an amount in quotes.
pub(super) fn number(notes: &mut Notes<'_>, value: Value<'_>, key: &str, shape: &Shape) -> Option<i64> {
    match shape {
        Shape::Amount(..) => value.amount(notes, key).map(crate::money::Piastres::get),
        Shape::Integer(..) | Shape::Choice(_) => {
            value.integer(notes, key, -1_000_000_000_000, 1_000_000_000_000)
        }
    }
}
