//! Reading requests: a JSON body or a query becomes a checked value, or every fault in it.
//!
//! Promises: unknown and doubled fields are refused; `null` is the same as left out; all faults are
//! told at once, each with its JSON pointer and in both languages; no number is ever rounded,
//! because no amount is read from one. Bounded by the body's limit and `serde_json`'s depth of 128.

use std::{cell::RefCell, fmt};

use serde::{Deserialize, Deserializer, de};

use super::{
    codes::Code,
    problem::{Fault, Place, Problem, words},
};
use crate::fees::Title;

/// A JSON value as it arrived: objects keep the order and the doubles of their fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number; its value where it is whole and fits.
    Number(Option<i64>),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a whole body.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        serde_json::from_slice(bytes).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Problem::new(
                Code::MalformedJson,
                format!("the body is not JSON: {error}"),
                format!("النص المرسل ليس JSON سليمًا: السطر {line}، العمود {column}"),
            )
        })
    }

    const fn kind(&self) -> (&'static str, &'static str) {
        match self {
            Self::Null => ("null", "null"),
            Self::Bool(_) => ("true or false", "قيمة منطقية"),
            Self::Number(_) => ("a number", "رقم"),
            Self::Text(_) => ("a string", "نص"),
            Self::List(_) => ("an array", "قائمة"),
            Self::Object(_) => ("an object", "كائن"),
        }
    }

    /// "is A; write B", in both languages.
    pub fn refused(&self, en: &str, ar: &str) -> Title {
        let (is_en, is_ar) = self.kind();
        words(format!("is {is_en}; write {en}"), format!("القيمة {is_ar}؛ المطلوب {ar}"))
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> de::Visitor<'de> for Any {
            type Value = Json;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }
            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
                Ok(Json::Bool(value))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
                Ok(Json::Number(Some(number)))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
                Ok(Json::Number(i64::try_from(number).ok()))
            }
            fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
                Ok(Json::Number(None))
            }
            fn visit_str<E>(self, text: &str) -> Result<Json, E> {
                Ok(Json::Text(text.to_owned()))
            }
            fn visit_string<E>(self, text: String) -> Result<Json, E> {
                Ok(Json::Text(text))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
                let mut list = Vec::new();
                while let Some(value) = seq.next_element()? {
                    list.push(value);
                }
                Ok(Json::List(list))
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Json::Object(pairs))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// Where faults are gathered while a request is read.
#[derive(Debug)]
pub struct Faults {
    place: Place,
    found: RefCell<Vec<Fault>>,
}

/// How many faults are told; what follows is not worth a reader's time.
const MOST_FAULTS: usize = 50;

impl Faults {
    /// No faults so far, in this place.
    pub const fn new(place: Place) -> Self {
        Self { place, found: RefCell::new(Vec::new()) }
    }

    /// Notes a fault.
    pub fn add(&self, pointer: impl Into<String>, detail: Title) {
        let mut found = self.found.borrow_mut();
        if found.len() < MOST_FAULTS {
            found.push(Fault { pointer: pointer.into(), place: self.place, detail });
        }
    }

    /// The value, if it was read and nothing is wrong anywhere.
    pub fn or<T>(self, value: Option<T>) -> Result<T, Problem> {
        let found = self.found.into_inner();
        match value {
            Some(value) if found.is_empty() => Ok(value),
            _ => Err(Problem::faulty(found)),
        }
    }
}

/// An object that is being read field by field.
#[derive(Debug)]
pub struct Object<'a> {
    pairs: &'a [(String, Json)],
    pointer: String,
    faults: &'a Faults,
    known: Vec<&'static str>,
    names_are_free: bool,
}

/// A name as one step of a JSON pointer.
fn step(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

impl<'a> Object<'a> {
    /// The fields of a value, which must be an object.
    pub fn of(json: &'a Json, pointer: String, faults: &'a Faults) -> Option<Self> {
        let Json::Object(pairs) = json else {
            faults.add(pointer, json.refused("a JSON object", "كائن JSON"));
            return None;
        };
        let mut names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        for twins in names.windows(2).filter(|twins| twins[0] == twins[1]) {
            faults.add(
                step(&pointer, twins[0]),
                words("stands twice; write it once", "الحقل مكرر؛ يكتب مرة واحدة"),
            );
        }
        Some(Self { pairs, pointer, faults, known: Vec::new(), names_are_free: false })
    }

    /// The pointer to a field of this object.
    pub fn pointer_to(&self, name: &str) -> String {
        step(&self.pointer, name)
    }

    /// The pointer to this object.
    pub fn pointer(&self) -> String {
        self.pointer.clone()
    }

    /// Where faults of this object are noted.
    pub const fn faults(&self) -> &'a Faults {
        self.faults
    }

    /// All fields, for objects whose names are the caller's own.
    pub const fn pairs(&self) -> &'a [(String, Json)] {
        self.pairs
    }

    /// A field as it arrived; nothing when it is left out or `null`.
    pub fn raw(&mut self, name: &'static str) -> Option<&'a Json> {
        self.known.push(name);
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, json)| json).filter(|j| **j != Json::Null)
    }

    /// A field that may be left out. The outer nothing means that it is wrong.
    #[expect(clippy::option_option, reason = "wrong, absent and present are three things")]
    pub fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Json) -> Result<T, Title>,
    ) -> Option<Option<T>> {
        let Some(json) = self.raw(name) else { return Some(None) };
        match read(json) {
            Ok(value) => Some(Some(value)),
            Err(detail) => {
                self.faults.add(self.pointer_to(name), detail);
                None
            }
        }
    }

    /// A field that must be there.
    pub fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Json) -> Result<T, Title>,
    ) -> Option<T> {
        let value = self.optional(name, read)?;
        if value.is_none() {
            self.faults.add(self.pointer_to(name), words("is missing", "الحقل مطلوب وغير موجود"));
        }
        value
    }

    /// An object inside this one that may be left out.
    #[expect(clippy::option_option, reason = "wrong, absent and present are three things")]
    pub fn object<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Object<'a>) -> Option<T>,
    ) -> Option<Option<T>> {
        let pointer = self.pointer_to(name);
        let Some(json) = self.raw(name) else { return Some(None) };
        let mut inner = Object::of(json, pointer, self.faults)?;
        let value = read(&mut inner);
        inner.finish();
        value.map(Some)
    }

    /// A list of objects that must be there.
    pub fn objects<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(&mut Object<'a>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let pointer = self.pointer_to(name);
        let Some(json) = self.raw(name) else {
            self.faults.add(pointer, words("is missing", "الحقل مطلوب وغير موجود"));
            return None;
        };
        let Json::List(list) = json else {
            self.faults.add(pointer, json.refused("an array of objects", "قائمة من الكائنات"));
            return None;
        };
        let mut values = Some(Vec::with_capacity(list.len()));
        for (index, json) in list.iter().enumerate() {
            let value = Object::of(json, format!("{pointer}/{index}"), self.faults).and_then(|mut inner| {
                let value = read(&mut inner);
                inner.finish();
                value
            });
            match (&mut values, value) {
                (Some(values), Some(value)) => values.push(value),
                _ => values = None,
            }
        }
        values
    }

    /// Takes every name as known: for objects whose names are the caller's own.
    pub const fn know_all(&mut self) {
        self.names_are_free = true;
    }

    /// Refuses every field that nobody asked for.
    pub fn finish(&self) {
        if self.names_are_free {
            return;
        }
        for (name, _) in self.pairs {
            if !self.known.contains(&name.as_str()) {
                let names = self.known.join(", ");
                let (en, ar) = if self.known.is_empty() {
                    ("is not known: nothing is read here".to_owned(), "حقل غير معروف".to_owned())
                } else {
                    (
                        format!("is not known; known are {names}"),
                        format!("حقل غير معروف؛ الحقول المعروفة: {names}"),
                    )
                };
                self.faults.add(self.pointer_to(name), words(en, ar));
            }
        }
    }
}

/// Reads a body that is one object.
pub fn body<T>(bytes: &[u8], read: impl FnOnce(&mut Object<'_>) -> Option<T>) -> Result<T, Problem> {
    let json = Json::parse(bytes)?;
    let faults = Faults::new(Place::Body);
    let value = Object::of(&json, String::new(), &faults).and_then(|mut object| {
        let value = read(&mut object);
        object.finish();
        value
    });
    faults.or(value)
}

/// Reads a body that may be left out and in which nothing is known.
pub fn empty_body(bytes: &[u8]) -> Result<(), Problem> {
    if bytes.is_empty() { Ok(()) } else { body(bytes, |_| Some(())) }
}

/// Reads a query. An empty value is the same as a parameter left out.
pub fn query<T>(
    pairs: Vec<(String, String)>,
    read: impl FnOnce(&mut Object<'_>) -> Option<T>,
) -> Result<T, Problem> {
    let value = |text: String| if text.is_empty() { Json::Null } else { Json::Text(text) };
    let json = Json::Object(pairs.into_iter().map(|(name, text)| (name, value(text))).collect());
    let faults = Faults::new(Place::Parameter);
    let value = Object::of(&json, String::new(), &faults).and_then(|mut object| {
        let value = read(&mut object);
        object.finish();
        value
    });
    faults.or(value)
}

/// A string of so many characters without control characters.
pub fn text(least: usize, most: usize) -> impl Fn(&Json) -> Result<String, Title> {
    move |json| {
        let Json::Text(text) = json else { return Err(json.refused("a string", "نص")) };
        let length = text.chars().count();
        if length < least || length > most {
            return Err(words(
                format!("has {length} characters; {least} to {most} are allowed"),
                format!("عدد الحروف {length}؛ المسموح من {least} إلى {most}"),
            ));
        }
        if text.chars().any(char::is_control) {
            return Err(words("has control characters; leave them out", "يحتوي على رموز تحكم غير مسموح بها"));
        }
        Ok(text.clone())
    }
}

/// A string that `T` reads by itself; its error says what is wrong.
pub fn word<T: std::str::FromStr>(json: &Json) -> Result<T, Title>
where
    T::Err: fmt::Display,
{
    let Json::Text(text) = json else { return Err(json.refused("a string", "نص")) };
    text.parse().map_err(|error: T::Err| words(error.to_string(), format!("قيمة غير مقبولة: {error}")))
}

/// A whole number within bounds.
pub fn whole(least: i64, most: i64) -> impl Fn(&Json) -> Result<i64, Title> {
    move |json| match json {
        Json::Number(Some(number)) if (least..=most).contains(number) => Ok(*number),
        Json::Number(_) => Err(words(
            format!("is not a whole number from {least} to {most}"),
            format!("ليس عددًا صحيحًا من {least} إلى {most}"),
        )),
        _ => Err(json.refused(
            &format!("a whole number from {least} to {most}"),
            &format!("عدد صحيح من {least} إلى {most}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let problem = body(text.as_bytes(), |object| {
            let name = object.required("name", self::text(1, 5));
            let count = object.optional("count", whole(0, 9));
            let items = object.objects("items", |item| item.required("code", self::text(1, 5)));
            Some((name?, count?, items?))
        })
        .unwrap_err();
        problem.faults.into_iter().map(|fault| format!("{} {}", fault.pointer, fault.detail.en)).collect()
    }

    #[test]
    fn all_faults_are_told_at_once_with_their_pointers() {
        let found = faults(
            r#"{"count": "3", "items": [{"code": "a"}, {"cod/e": 1}, 7], "name": "toolong", "x~": 1, "x~": 2}"#,
        );
        for expected in [
            "/count is a string; write a whole number from 0 to 9",
            "/items/1/code is missing",
            "/items/1/cod~1e is not known; known are code",
            "/items/2 is a number; write a JSON object",
            "/name has 7 characters; 1 to 5 are allowed",
            "/x~0 stands twice; write it once",
            "/x~0 is not known; known are name, count, items",
        ] {
            assert!(found.iter().any(|fault| fault == expected), "{expected} in {found:#?}");
        }
        assert_eq!(faults("[]"), [" is an array; write a JSON object"]);
    }

    #[test]
    fn numbers_are_never_rounded() {
        for number in ["1.0", "1e0", "10", "-1", "123456789012345678901234567890", "0.1"] {
            let found = faults(&format!(r#"{{"name": "a", "items": [], "count": {number}}}"#));
            assert_eq!(found, ["/count is not a whole number from 0 to 9"], "{number}");
        }
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        for text in ["", "{", "{\"a\": 1,}", "nul", "{} {}", "\u{feff}{}", "{\"a\": 01}", "'a'"] {
            assert_eq!(Json::parse(text.as_bytes()).unwrap_err().code, Code::MalformedJson, "{text:?}");
        }
        assert_eq!(Json::parse(b"\"\xff\"").unwrap_err().code, Code::MalformedJson);
        let deep = "[".repeat(100_000);
        assert_eq!(Json::parse(deep.as_bytes()).unwrap_err().code, Code::MalformedJson);
        assert_eq!(Json::parse(br#""\u0000""#).unwrap(), Json::Text("\0".to_owned()));
        assert!(empty_body(b"").is_ok() && empty_body(b" {} ").is_ok());
        assert!(empty_body(b"{\"lines\": []}").is_err());
    }
}
