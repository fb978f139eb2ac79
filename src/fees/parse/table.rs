//! Reading one TOML table: each key by its type, every fault noted with its place and the remedy,
//! and at the end every key that nobody asked for.

use std::sync::Arc;

use chrono::NaiveDate;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{
    fees::{
        Title,
        notes::{Notes, Spot},
        percent::Percent,
    },
    money::{MoneyError, Piastres},
};

/// A TOML value with its place.
#[derive(Clone, Copy)]
pub(super) struct Value<'t> {
    pub(super) spot: Spot,
    pub(super) value: &'t DeValue<'t>,
}

/// A TOML table under reading.
pub(super) struct Table<'t> {
    /// Where it begins.
    pub(super) spot: Spot,
    /// What it is, for messages: `service`, `line "certificate"`.
    pub(super) what: String,
    entries: &'t DeTable<'t>,
    asked: Vec<&'static str>,
}

/// How long a text may be.
const LIMIT_TEXT: usize = 600;

impl<'t> Table<'t> {
    pub(super) fn new(spot: Spot, what: impl Into<String>, entries: &'t DeTable<'t>) -> Self {
        Self { spot, what: what.into(), entries, asked: Vec::new() }
    }

    /// The value under a key, if there.
    pub(super) fn get(&mut self, key: &'static str) -> Option<Value<'t>> {
        self.asked.push(key);
        self.entries.iter().find(|(known, _)| known.get_ref() == key).map(|(_, value)| self.value(value))
    }

    /// The value under a key; its absence is noted with what to write.
    pub(super) fn need(
        &mut self,
        notes: &mut Notes<'_>,
        key: &'static str,
        example: &str,
    ) -> Option<Value<'t>> {
        let found = self.get(key);
        if found.is_none() {
            notes.error(
                self.spot,
                format!("{} lacks `{key}`", self.what),
                format!("write `{key} = {example}`"),
            );
        }
        found
    }

    /// All keys and values, for tables whose keys are data.
    pub(super) fn entries(&self) -> impl Iterator<Item = (Spot, &'t str, Value<'t>)> + use<'t> {
        let file = self.spot.file;
        self.entries.iter().map(move |(key, value)| {
            let spot = Spot { file, byte: key.span().start };
            let value = Value { spot: Spot { file, byte: value.span().start }, value: value.get_ref() };
            (spot, key.get_ref().as_ref(), value)
        })
    }

    /// Notes every key that nobody asked for.
    pub(super) fn finish(&self, notes: &mut Notes<'_>) {
        for (spot, key, _) in self.entries() {
            if !self.asked.contains(&key) {
                let mut known: Vec<&str> = self.asked.clone();
                known.sort_unstable();
                known.dedup();
                notes.error(
                    spot,
                    format!("{} knows no `{key}`", self.what),
                    format!("remove it, or write one of: {}", known.join(", ")),
                );
            }
        }
    }

    fn value(&self, value: &'t Spanned<DeValue<'t>>) -> Value<'t> {
        Value { spot: Spot { file: self.spot.file, byte: value.span().start }, value: value.get_ref() }
    }

    /// The tables of an array of tables (`[[key]]`); none if the key is absent.
    pub(super) fn tables(
        &mut self,
        notes: &mut Notes<'_>,
        key: &'static str,
        limit: usize,
    ) -> Vec<Table<'t>> {
        let Some(found) = self.get(key) else { return Vec::new() };
        let DeValue::Array(array) = found.value else {
            let remedy = format!("write each as a table of its own under `[[...{key}]]`");
            notes.error(found.spot, format!("`{key}` is {}", kind(found.value)), remedy);
            return Vec::new();
        };
        if array.len() > limit {
            let message =
                format!("{} has {} of `{key}`, more than the {limit} allowed", self.what, array.len());
            notes.error(found.spot, message, "split it");
            return Vec::new();
        }
        let file = self.spot.file;
        let mut tables = Vec::new();
        for one in array {
            let spot = Spot { file, byte: one.span().start };
            match one.get_ref() {
                DeValue::Table(entries) => tables.push(Table::new(spot, key, entries)),
                other => notes.error(
                    spot,
                    format!("`{key}` holds {}", kind(other)),
                    format!("write each as a table under `[[...{key}]]` or `{{ ... }}`"),
                ),
            }
        }
        tables
    }

    /// The table under a key, if there.
    pub(super) fn table(&mut self, notes: &mut Notes<'_>, key: &'static str) -> Option<Table<'t>> {
        self.get(key)?.table(notes, &format!("`{key}` of {}", self.what))
    }

    /// A text that must be there.
    pub(super) fn text(
        &mut self,
        notes: &mut Notes<'_>,
        key: &'static str,
        example: &str,
    ) -> Option<Arc<str>> {
        self.need(notes, key, example)?.text(notes, key)
    }

    /// A code that must be there: lower-case letters, digits and hyphens.
    pub(super) fn code(&mut self, notes: &mut Notes<'_>, key: &'static str) -> Option<Arc<str>> {
        self.need(notes, key, "\"some-code\"")?.code(notes, key)
    }

    /// A title in both languages that must be there.
    pub(super) fn title(&mut self, notes: &mut Notes<'_>, key: &'static str) -> Option<Arc<Title>> {
        let example = "{ ar = \"...\", en = \"...\" }";
        let mut table = self.need(notes, key, example)?.table(notes, &format!("`{key}` of {}", self.what))?;
        let (ar, en) = (table.text(notes, "ar", "\"...\""), table.text(notes, "en", "\"...\""));
        table.finish(notes);
        Some(Arc::new(Title { ar: ar?.to_string(), en: en?.to_string() }))
    }

    /// Whether a flag is set; absent is no.
    pub(super) fn flag(&mut self, notes: &mut Notes<'_>, key: &'static str) -> bool {
        let Some(found) = self.get(key) else { return false };
        if let DeValue::Boolean(set) = found.value {
            return *set;
        }
        let message = format!("`{key}` is {}", kind(found.value));
        notes.error(found.spot, message, format!("write `{key} = true` or leave it out"));
        false
    }
}

impl<'t> Value<'t> {
    pub(super) fn table(self, notes: &mut Notes<'_>, what: &str) -> Option<Table<'t>> {
        if let DeValue::Table(entries) = self.value {
            return Some(Table::new(self.spot, what, entries));
        }
        notes.error(self.spot, format!("{what} is {}", kind(self.value)), "write a table, `{ ... }`");
        None
    }

    pub(super) fn text(self, notes: &mut Notes<'_>, key: &str) -> Option<Arc<str>> {
        let DeValue::String(text) = self.value else {
            notes.error(self.spot, format!("`{key}` is {}", kind(self.value)), "write a text in quotes");
            return None;
        };
        if text.trim().is_empty() || text.len() > LIMIT_TEXT || text.chars().any(char::is_control) {
            let message =
                format!("`{key}` is empty, has control characters, or more than {LIMIT_TEXT} bytes");
            notes.error(self.spot, message, "write one line of text");
            return None;
        }
        Some(text.as_ref().into())
    }

    pub(super) fn code(self, notes: &mut Notes<'_>, key: &str) -> Option<Arc<str>> {
        let text = self.text(notes, key)?;
        if is_code(&text) {
            return Some(text);
        }
        let remedy =
            "write 1 to 64 lower-case letters, digits, hyphens or underscores, a letter or digit first";
        notes.error(self.spot, format!("`{key}` {text:?} is not a code"), remedy);
        None
    }

    pub(super) fn amount(self, notes: &mut Notes<'_>, key: &str) -> Option<Piastres> {
        let remedy =
            |text: &str| format!("write `{key} = \"{text}\"`: digits, a point, two decimals, in quotes");
        match self.value {
            DeValue::String(text) => match Piastres::parse(text) {
                Ok(amount) => Some(amount),
                Err(form) => {
                    let foreign = Piastres::parse_foreign(text);
                    // A third decimal is a matter of money, not of form.
                    let error = foreign.as_ref().err().filter(|e| matches!(e, MoneyError::Fraction(_)));
                    let error = error.unwrap_or(&form).to_string();
                    let mended = foreign.ok().filter(|amount| !amount.is_negative());
                    let mended = mended.map_or_else(|| "45.00".to_owned(), |amount| amount.to_string());
                    notes.error(self.spot, format!("`{key}`: {error}"), remedy(&mended));
                    None
                }
            },
            other => {
                let written = match other {
                    DeValue::Integer(number) => Piastres::parse_foreign(number.as_str()).ok(),
                    DeValue::Float(number) => Piastres::parse_foreign(number.as_str()).ok(),
                    _ => None,
                };
                let mended = written.map_or_else(|| "45.00".to_owned(), |amount| amount.to_string());
                let message = format!("`{key}` is {}, which is not exact money", kind(other));
                notes.error(self.spot, message, remedy(&mended));
                None
            }
        }
    }

    pub(super) fn percent(self, notes: &mut Notes<'_>, key: &str) -> Option<Percent> {
        let read = match self.value {
            DeValue::String(text) => Percent::parse(text),
            _ => None,
        };
        if read.is_none() {
            let shown = match self.value {
                DeValue::String(text) => format!("{text:?}"),
                other => kind(other),
            };
            notes.error(
                self.spot,
                format!("`{key}` is {shown}, not an exact percentage"),
                format!(
                    "write `{key} = \"2.5\"` for 2.5 %: in quotes, above 0, up to 100, at most six decimals"
                ),
            );
        }
        read
    }

    pub(super) fn integer(self, notes: &mut Notes<'_>, key: &str, from: i64, to: i64) -> Option<i64> {
        let read = match self.value {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        let within = read.filter(|number| (from..=to).contains(number));
        if within.is_none() {
            let shown = read.map_or_else(|| kind(self.value), |number| number.to_string());
            notes.error(
                self.spot,
                format!("`{key}` is {shown}"),
                format!("write a whole number from {from} to {to}, without quotes"),
            );
        }
        within
    }

    pub(super) fn date(self, notes: &mut Notes<'_>, key: &str) -> Option<NaiveDate> {
        let read = match self.value {
            DeValue::Datetime(moment) if moment.time.is_none() && moment.offset.is_none() => moment.date,
            _ => None,
        };
        let date = read.and_then(|d| NaiveDate::from_ymd_opt(d.year.into(), d.month.into(), d.day.into()));
        if date.is_none() {
            let remedy = format!("write `{key} = 2026-07-01`, without quotes and without a time");
            notes.error(self.spot, format!("`{key}` is {}, not a date", kind(self.value)), remedy);
        }
        date
    }

    /// The elements of an array; a fault if there is none or it is no array.
    pub(super) fn list(self, notes: &mut Notes<'_>, key: &str) -> Vec<Value<'t>> {
        let DeValue::Array(array) = self.value else {
            let message = format!("`{key}` is {}", kind(self.value));
            notes.error(self.spot, message, format!("write a list, `{key} = [\"...\", \"...\"]`"));
            return Vec::new();
        };
        if array.is_empty() {
            let message = format!("`{key}` is an empty list");
            notes.error(self.spot, message, "leave it out or name at least one");
        }
        let file = self.spot.file;
        let place = |one: &'t Spanned<DeValue<'t>>| Value {
            spot: Spot { file, byte: one.span().start },
            value: one.get_ref(),
        };
        array.iter().map(place).collect()
    }
}

/// What a TOML value is, with the value where it is short.
fn kind(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the text {:?}", text.chars().take(40).collect::<String>()),
        DeValue::Integer(number) => format!("the number {number}"),
        DeValue::Float(number) => format!("the floating-point number {number}"),
        DeValue::Boolean(flag) => format!("the flag {flag}"),
        DeValue::Datetime(moment) => format!("the date {moment}"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

/// Whether a text can be a code of anything.
pub(super) fn is_code(text: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let rest = |b: u8| letter(b) || b == b'-' || b == b'_';
    text.len() <= 64 && text.bytes().next().is_some_and(letter) && text.bytes().all(rest)
}
