//! Pages and the cursors between them.
//!
//! Promises: a cursor is opaque outside and safe to hand back at any time; one that no list gave out
//! is refused.

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};

use super::StoreError;

/// Where a page ended. [`Cursor::START`] is before the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    /// Before the first entry.
    pub const START: Self = Self(String::new());

    pub(super) fn of<T: Serialize>(place: &T) -> Self {
        let json = serde_json::to_vec(place).expect("places are made of strings, numbers and dates");
        Self(URL_SAFE_NO_PAD.encode(json))
    }

    /// The place, or nothing at the start.
    pub(super) fn place<T: DeserializeOwned>(&self) -> Result<Option<T>, StoreError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let refused = || StoreError::Cursor(self.0.chars().take(60).collect());
        let json = URL_SAFE_NO_PAD.decode(&self.0).map_err(|_| refused())?;
        serde_json::from_slice(&json).map(Some).map_err(|_| refused())
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Cursor {
    type Err = StoreError;
    /// Bounded: longer texts than any list gives out are refused.
    fn from_str(text: &str) -> Result<Self, StoreError> {
        let fits =
            text.len() <= 8192 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        fits.then(|| Self(text.to_owned())).ok_or_else(|| StoreError::Cursor(text.chars().take(60).collect()))
    }
}

/// A part of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Where to go on, or nothing when this was all there is now.
    pub next: Option<Cursor>,
    /// Where this page ended, whether or not more stands there now: a reader that comes back later
    /// goes on from here.
    pub position: Cursor,
}
