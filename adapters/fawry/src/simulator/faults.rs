//! What is made to go wrong.
//!
//! A fault that is set with `times` happens so often; without, until `none` clears them all. Several
//! may be set at once.

use std::{collections::BTreeMap, str::FromStr};

use serde::Serialize;

/// What can be made to go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A call gets no answer and has no effect.
    TimeoutBefore,
    /// A call has its effect and gets no answer.
    TimeoutAfter,
    /// A call is answered with HTTP 500 and has no effect.
    Http500,
    /// A notification is sent once more after it was received.
    Duplicate,
    /// A notification waits until the next one has been received.
    Reorder,
    /// Another amount is collected than was asked for.
    WrongAmount,
    /// It is collected in another currency.
    WrongCurrency,
    /// A notification is sent with a signature that does not fit.
    BadSignature,
    /// An order is paid that has expired or was closed.
    LateSuccess,
    /// Calls are answered with HTTP 503; nobody can pay; notifications wait.
    Outage,
    /// A notification or an answer tells a status that nobody knows.
    UnknownStatus,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::TimeoutBefore,
        Self::TimeoutAfter,
        Self::Http500,
        Self::Duplicate,
        Self::Reorder,
        Self::WrongAmount,
        Self::WrongCurrency,
        Self::BadSignature,
        Self::LateSuccess,
        Self::Outage,
        Self::UnknownStatus,
    ];

    /// The contract's word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TimeoutBefore => "timeout_before",
            Self::TimeoutAfter => "timeout_after",
            Self::Http500 => "http_500",
            Self::Duplicate => "duplicate",
            Self::Reorder => "reorder",
            Self::WrongAmount => "wrong_amount",
            Self::WrongCurrency => "wrong_currency",
            Self::BadSignature => "bad_signature",
            Self::LateSuccess => "late_success",
            Self::Outage => "outage",
            Self::UnknownStatus => "unknown_status",
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|kind| kind.code() == text).ok_or_else(|| {
            let known = Self::ALL.map(Self::code).join(", ");
            format!("{text:?} is no kind of fault: write one of {known}, or none")
        })
    }
}

/// The faults that are set, each with how often it will still happen; nothing is "until cleared".
#[derive(Debug, Default)]
pub struct Faults(BTreeMap<Kind, Option<u32>>);

/// A fault that is set, as the books show it.
#[derive(Debug, Serialize)]
pub struct Set {
    /// The contract's word.
    pub kind: &'static str,
    /// How often it will still happen; nothing is "until cleared".
    pub remaining: Option<u32>,
}

impl Faults {
    /// Sets a fault, in place of the same one set before.
    pub fn set(&mut self, kind: Kind, times: Option<u32>) {
        if times == Some(0) {
            self.0.remove(&kind);
        } else {
            self.0.insert(kind, times);
        }
    }

    /// Clears all.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether a fault is set.
    pub fn is_set(&self, kind: Kind) -> bool {
        self.0.contains_key(&kind)
    }

    /// Lets a fault happen once, if it is set.
    pub fn take(&mut self, kind: Kind) -> bool {
        let Some(remaining) = self.0.get_mut(&kind) else { return false };
        if let Some(times) = remaining {
            *times -= 1;
            if *times == 0 {
                self.0.remove(&kind);
            }
        }
        true
    }

    /// All that are set.
    pub fn list(&self) -> Vec<Set> {
        self.0.iter().map(|(kind, remaining)| Set { kind: kind.code(), remaining: *remaining }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_happens_as_often_as_was_said() {
        let mut faults = Faults::default();
        faults.set(Kind::Duplicate, Some(2));
        faults.set(Kind::Outage, None);
        assert_eq!([(); 3].map(|()| faults.take(Kind::Duplicate)), [true, true, false]);
        assert_eq!([(); 3].map(|()| faults.take(Kind::Outage)), [true; 3]);
        faults.clear();
        assert!(!faults.is_set(Kind::Outage));
        for kind in Kind::ALL {
            assert_eq!(kind.code().parse(), Ok(kind));
        }
        assert!("nonsense".parse::<Kind>().is_err());
    }
}
