//! The payment reference: sixteen ASCII digits that a citizen types at a counter or reads over the
//! phone.
//!
//! Promises: fourteen unguessable digits and two check digits by ISO 7064 MOD 97-10, which finds
//! every single wrong digit, every swap of neighbours or of digits one apart, and 99 % of anything
//! else. At most sixteen characters, because that is what counters' protocols carry. It says
//! nothing about the payer or the service. Uniqueness is a claim in the store, not a promise here:
//! 9 × 10¹³ references make a clash rare, and a clash makes another draw.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A payment reference whose check digits hold.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference(u64);

/// Why a text is not a reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Not sixteen ASCII digits, the first of which is not zero.
    #[error("{0:?} is not a payment reference: it has 16 digits and does not begin with 0")]
    Form(String),
    /// The check digits do not hold: a digit was mistyped.
    #[error("{0:?} is not a payment reference: its check digits do not match, a digit was mistyped")]
    CheckDigits(String),
}

const PAYLOAD_LEAST: u64 = 10_000_000_000_000;
const PAYLOADS: u64 = 90_000_000_000_000;

impl Reference {
    /// The reference that this randomness makes. The bias of the remainder is below 10⁻⁵.
    pub const fn from_random(random: u64) -> Self {
        Self::from_payload(PAYLOAD_LEAST + random % PAYLOADS)
    }

    const fn from_payload(payload: u64) -> Self {
        let check = 98 - (payload * 100) % 97;
        Self(payload * 100 + check)
    }

    /// The sixteen digits as a number, for the store.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;
    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let shown = || text.chars().take(40).collect::<String>();
        if text.len() != 16 || !text.bytes().all(|b| b.is_ascii_digit()) || text.starts_with('0') {
            return Err(ReferenceError::Form(shown()));
        }
        let number: u64 = text.parse().map_err(|_| ReferenceError::Form(shown()))?;
        if Self::from_payload(number / 100).0 == number {
            Ok(Self(number))
        } else {
            Err(ReferenceError::CheckDigits(shown()))
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016}", self.0)
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_published_vectors_hold() {
        let vectors = include_str!("../tests/data/references/iso7064_mod97_10.csv");
        let rows: Vec<Vec<&str>> = vectors.lines().skip(1).map(|row| row.split(',').collect()).collect();
        let mut valid = 0;
        for row in rows.iter().filter(|row| row[2].len() == 16 && !row[2].starts_with('0')) {
            assert_eq!(row[2].parse::<Reference>().is_ok(), row[3] == "1", "{row:?}");
            valid += usize::from(row[3] == "1");
        }
        assert!(valid > 10, "the vectors hold valid references");
    }

    proptest! {
        #[test]
        fn what_is_drawn_is_read_back(random: u64) {
            let reference = Reference::from_random(random);
            prop_assert_eq!(reference.to_string().len(), 16);
            prop_assert_eq!(reference.to_string().parse(), Ok(reference));
            // MOD 97-10: the whole number leaves the remainder 1.
            prop_assert_eq!(reference.number() % 97, 1);
        }

        #[test]
        fn one_wrong_digit_or_swapped_neighbours_are_found(
            random: u64,
            place in 0_usize..16,
            digit in 0_u8..10,
        ) {
            let right = Reference::from_random(random).to_string().into_bytes();
            let mut wrong = right.clone();
            wrong[place] = b'0' + digit;
            if wrong != right {
                prop_assert!(String::from_utf8(wrong).unwrap().parse::<Reference>().is_err());
            }
            let mut swapped = right.clone();
            swapped.swap(place, (place + 1) % 16);
            if swapped != right && place < 15 {
                prop_assert!(String::from_utf8(swapped).unwrap().parse::<Reference>().is_err());
            }
        }
    }
}
