//! The ways to pay: a method and what the money is when it is handed over, in the order in which
//! they are shown. A set of them is a byte.

use crate::money::{Method, Tender};

/// A method with a tender that it can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// The method.
    pub(super) method: Method,
    /// With what.
    pub(super) tender: Tender,
}

const fn way(method: Method, tender: Tender) -> Way {
    Way { method, tender }
}

/// Every way, in the order in which they are shown.
pub(super) const ALL: [Way; 8] = [
    way(Method::Card, Tender::Card),
    way(Method::Wallet, Tender::Wallet),
    way(Method::Post, Tender::Cash),
    way(Method::Post, Tender::Card),
    way(Method::Post, Tender::Wallet),
    way(Method::Epayment, Tender::Cash),
    way(Method::Epayment, Tender::Card),
    way(Method::Epayment, Tender::Wallet),
];

/// A set of ways: bit `n` is `ALL[n]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ways(pub(super) u8);

impl Ways {
    /// The ways in both sets.
    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether there is none.
    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many there are.
    pub(super) const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether the way at this place is in the set.
    pub(super) const fn has(self, place: usize) -> bool {
        self.0 >> place & 1 == 1
    }

    /// With the way at this place.
    pub(super) const fn with(self, place: usize) -> Self {
        Self(self.0 | 1 << place)
    }

    /// The ways with their places, in order.
    pub(super) fn iter(self) -> impl Iterator<Item = (usize, Way)> {
        ALL.into_iter().enumerate().filter(move |(place, _)| self.has(*place))
    }
}

/// The place in [`ALL`] of `method/tender`.
pub(super) fn find(text: &str) -> Option<usize> {
    let (method, tender) = text.split_once('/')?;
    ALL.iter().position(|way| way.method.code() == method && way.tender.code() == tender)
}

/// All ways as they are written in schedules.
pub(super) fn words() -> String {
    let words: Vec<String> = ALL.iter().map(|way| format!("{}/{}", way.method, way.tender)).collect();
    words.join(", ")
}
