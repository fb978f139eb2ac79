//! Reading JSON without losing the raw text of its values.
//!
//! Providers sign over the text that they wrote (`20.50`, `20.5` and `20` are one number and three
//! signatures), and no amount may pass through a float. A [`Raw`] keeps a value as it was written.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::money::{MoneyError, Piastres};

/// One JSON value as the sender wrote it.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct Raw(Box<RawValue>);

impl Raw {
    /// The text as written, quotes included where there are quotes.
    pub fn text(&self) -> &str {
        self.0.get()
    }

    /// Whether the value is `null`.
    pub fn is_null(&self) -> bool {
        self.text() == "null"
    }

    /// What is meant: the content of a string, the digits of a number, the word of a boolean;
    /// nothing for `null`, an array or an object.
    pub fn scalar(&self) -> Option<String> {
        let text = self.text();
        match text.as_bytes().first()? {
            b'"' => serde_json::from_str(text).ok(),
            b'[' | b'{' | b'n' => None,
            _ => Some(text.to_owned()),
        }
    }

    /// The amount in major units (pounds) that the scalar says.
    pub fn amount(&self) -> Result<Piastres, MoneyError> {
        Piastres::parse_foreign(&self.scalar().unwrap_or_default())
    }
}
