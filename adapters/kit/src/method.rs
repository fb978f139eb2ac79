//! How a citizen pays, and with what.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The way to pay that the citizen chooses.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// A bank card, on the provider's own page.
    Card,
    /// A mobile wallet, approved on the phone.
    Wallet,
    /// A post office counter.
    Post,
    /// An e-payment company's counter or app, by reference code.
    Epayment,
}

impl Method {
    /// All methods, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Card, Self::Wallet, Self::Post, Self::Epayment];

    /// The word used in the contract, the database and the schedules.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Wallet => "wallet",
            Self::Post => "post",
            Self::Epayment => "epayment",
        }
    }
}

/// What the money is when it is handed over: prices may depend on it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Tender {
    /// A bank card.
    Card,
    /// A mobile wallet's balance.
    Wallet,
    /// Notes and coins.
    Cash,
}

impl Tender {
    /// All tenders.
    pub const ALL: [Self; 3] = [Self::Card, Self::Wallet, Self::Cash];

    /// The word used in the contract, the database and the schedules.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Wallet => "wallet",
            Self::Cash => "cash",
        }
    }
}

/// A word that is not one of the known ones.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not one of {1}")]
pub struct UnknownWord(pub String, pub String);

macro_rules! words {
    ($type:ident) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.code())
            }
        }
        impl FromStr for $type {
            type Err = UnknownWord;
            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                Self::ALL
                    .into_iter()
                    .find(|one| one.code() == text)
                    .ok_or_else(|| UnknownWord(text.to_owned(), Self::ALL.map(Self::code).join(", ")))
            }
        }
    };
}
words!(Method);
words!(Tender);
