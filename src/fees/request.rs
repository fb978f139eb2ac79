//! What a caller asks the price of: the body of `POST /v1/quotes`, as it arrived.
//!
//! Kept as words, not as decided types, so that [`quote`](super::quote) can point at the very field
//! that is wrong. Unknown and doubled fields are refused while reading. Bounded by the request body.

use std::{fmt, sync::Arc};

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, de};
use utoipa::ToSchema;

/// The body of `POST /v1/quotes`.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuoteRequest {
    /// Where the citizen asks: `portal`, `mobile`, `service-office`, `post-office`, `call-centre`, `kiosk`.
    pub channel: String,
    /// The two-digit code of the governorate; `88` is abroad.
    pub governorate: String,
    /// The date whose prices are wanted, `YYYY-MM-DD`; today in Cairo unless given.
    #[serde(default)]
    pub on: Option<String>,
    /// One to ten services.
    pub items: Vec<ItemRequest>,
}

/// One service of a [`QuoteRequest`].
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemRequest {
    /// The service's code, `authority.service`.
    pub service: String,
    /// One of the service's ways of delivery; its default unless given.
    #[serde(default)]
    pub delivery: Option<String>,
    /// The service's options; defaults for those left out.
    #[serde(default, deserialize_with = "options_or_null")]
    #[schema(value_type = Object)]
    pub options: Options,
    /// How many units; the service's default unless given.
    #[serde(default)]
    #[schema(value_type = Option<u32>)]
    pub quantity: Option<Given>,
    /// The code of an exemption that the service declares.
    #[serde(default)]
    pub exemption: Option<String>,
    /// The id of an authority's assessment, where the service asks for one.
    #[serde(default)]
    pub assessment: Option<String>,
}

/// The options of an item, in the order they were written; no name twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options(pub Vec<(String, Given)>);

/// A value as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// A string: the code of a choice, an amount such as `"45.00"`.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Something that no option can be; what it was, in English.
    Unusable(&'static str),
}

/// What is known around a quote besides the request and the schedules.
#[derive(Clone, Copy, Debug)]
pub struct QuoteContext<'a> {
    /// Today in Cairo: the date of a request that names none.
    pub today: NaiveDate,
    /// The names of the waivers in force now, such as `electronic-outage`.
    pub waivers: &'a [Arc<str>],
    /// The valid assessments that the request's items name; an id that is not here is refused.
    pub assessments: &'a [Assessment],
}

/// What an authority vouched for, for one service.
#[derive(Clone, Debug)]
pub struct Assessment {
    /// Its id, `asm_...`.
    pub id: String,
    /// The service that it was made for.
    pub service: String,
    /// The attested options and their values.
    pub inputs: Options,
    /// The exemption that was granted, if any.
    pub exemption: Option<String>,
}

impl Options {
    /// The value under a name.
    pub fn get(&self, name: &str) -> Option<&Given> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

impl<N: Into<String>> FromIterator<(N, Given)> for Options {
    fn from_iter<I: IntoIterator<Item = (N, Given)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }
}

impl From<&str> for Given {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Given {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

fn options_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Options, D::Error> {
    Ok(Option::<Options>::deserialize(deserializer)?.unwrap_or_default())
}

impl<'de> Deserialize<'de> for Options {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> de::Visitor<'de> for Pairs {
            type Value = Options;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of option names and values")
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Options, A::Error> {
                let mut options = Options::default();
                while let Some((name, value)) = map.next_entry::<String, Given>()? {
                    if options.get(&name).is_some() {
                        return Err(de::Error::custom(format_args!("option {name:?} is given twice")));
                    }
                    options.0.push((name, value));
                }
                Ok(options)
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> de::Visitor<'de> for Any {
            type Value = Given;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a whole number")
            }
            fn visit_str<E>(self, text: &str) -> Result<Given, E> {
                Ok(Given::Text(text.to_owned()))
            }
            fn visit_string<E>(self, text: String) -> Result<Given, E> {
                Ok(Given::Text(text))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Given, E> {
                Ok(Given::Integer(number))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Given, E> {
                Ok(i64::try_from(number).map_or(Given::Unusable("too large a number"), Given::Integer))
            }
            fn visit_f64<E>(self, _: f64) -> Result<Given, E> {
                Ok(Given::Unusable("a number with a fraction or an exponent"))
            }
            fn visit_bool<E>(self, _: bool) -> Result<Given, E> {
                Ok(Given::Unusable("true or false"))
            }
            fn visit_unit<E>(self) -> Result<Given, E> {
                Ok(Given::Unusable("null"))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Given, A::Error> {
                while seq.next_element::<de::IgnoredAny>()?.is_some() {}
                Ok(Given::Unusable("an array"))
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Given, A::Error> {
                while map.next_entry::<de::IgnoredAny, de::IgnoredAny>()?.is_some() {}
                Ok(Given::Unusable("an object"))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contracts_example_is_read() {
        let request: QuoteRequest = serde_json::from_str(
            r#"{"channel": "portal", "governorate": "03", "on": "2026-11-21",
                "items": [{"service": "civil-status.birth-certificate", "delivery": "home",
                           "options": {"speed": "normal"}, "quantity": 2,
                           "exemption": null, "assessment": null}]}"#,
        )
        .unwrap();
        assert_eq!(request.items[0].options.get("speed"), Some(&"normal".into()));
        assert_eq!(request.items[0].quantity, Some(Given::Integer(2)));
    }

    #[test]
    fn odd_values_are_kept_to_be_pointed_at_and_unknown_or_doubled_fields_refused() {
        let item = |options: &str| {
            serde_json::from_str::<ItemRequest>(&format!(r#"{{"service": "a.b", "options": {options}}}"#))
        };
        let odd = item(
            r#"{"a": 1.5, "b": [1, {}], "c": {"x": 1}, "d": null, "e": true, "f": 99999999999999999999}"#,
        )
        .unwrap();
        assert!(odd.options.0.iter().all(|(_, value)| matches!(value, Given::Unusable(_))));
        assert_eq!(item("null").unwrap().options, Options::default());
        assert!(item(r#"{"a": 1, "a": 2}"#).unwrap_err().to_string().contains("\"a\" is given twice"));
        assert!(serde_json::from_str::<ItemRequest>(r#"{"service": "a.b", "price": "1.00"}"#).is_err());
    }
}
