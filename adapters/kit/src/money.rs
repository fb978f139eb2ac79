//! Money: whole piastres, and the only two ways text becomes money.
//!
//! Promises: no float, no rounding, no silent truncation. [`Piastres::parse`] reads the outside
//! contract's form (`"45.00"`, exactly two decimals); [`Piastres::parse_foreign`] reads what a
//! provider writes (`45`, `45.5`, `45.500`) as long as it is a whole number of piastres.
//!
//! Bounded: an amount read from text is at most [`Piastres::LIMIT`], so that sums of any basket,
//! batch or day of the nation stay far from `i64`'s end.

use std::{fmt, iter::Sum, ops};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An amount of money in piastres (1 EGP = 100 piastres). Negative only for differences.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Piastres(i64);

/// Why a text is not an amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The text does not have the form that was asked for.
    #[error("{0:?} is not an amount: write digits, a point and exactly two decimals, as in \"45.00\"")]
    Form(String),
    /// The text is finer than a piastre.
    #[error("{0:?} is not a whole number of piastres")]
    Fraction(String),
    /// The amount is beyond [`Piastres::LIMIT`].
    #[error("{0:?} is larger than the largest amount accepted, {limit}", limit = Piastres::LIMIT)]
    TooLarge(String),
}

impl Piastres {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount read from text: EGP 10,000,000,000.00.
    pub const LIMIT: Self = Self(1_000_000_000_000);

    /// So many piastres.
    pub const fn new(piastres: i64) -> Self {
        Self(piastres)
    }

    /// The number of piastres.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Whether this is exactly nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether this is less than nothing.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Whether this is more than nothing.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Reads the outside contract's form: ASCII digits without a leading zero, a point, two
    /// decimals. No sign, exponent, separator or other digits.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        let form = || MoneyError::Form(shown(text));
        let (pounds, decimals) = text.split_once('.').ok_or_else(form)?;
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let leading_zero = pounds.len() > 1 && pounds.starts_with('0');
        if !digits(pounds) || !digits(decimals) || decimals.len() != 2 || leading_zero {
            return Err(form());
        }
        assemble(text, pounds, decimals)
    }

    /// Reads what a provider writes: an optional sign, digits, and optionally a point with any
    /// number of decimals of which only the first two may be other than zero.
    pub fn parse_foreign(text: &str) -> Result<Self, MoneyError> {
        let form = || MoneyError::Form(shown(text));
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (pounds, decimals) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(pounds) || !digits(decimals) {
            return Err(form());
        }
        let (kept, rest) = decimals.split_at(decimals.len().min(2));
        if rest.bytes().any(|b| b != b'0') {
            return Err(MoneyError::Fraction(shown(text)));
        }
        let amount = assemble(text, pounds, &format!("{kept:0<2}"))?;
        Ok(if negative { -amount } else { amount })
    }

    /// `self + other`, or nothing when it would not fit.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// `self × times`, or nothing when it would not fit.
    pub const fn checked_mul(self, times: i64) -> Option<Self> {
        match self.0.checked_mul(times) {
            Some(product) => Some(Self(product)),
            None => None,
        }
    }
}

/// The offending text, cut so that an error stays readable.
fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

fn assemble(text: &str, pounds: &str, piastres: &str) -> Result<Piastres, MoneyError> {
    let too_large = || MoneyError::TooLarge(shown(text));
    let pounds: i64 = pounds.parse().map_err(|_| too_large())?;
    let piastres: i64 = piastres.parse().map_err(|_| too_large())?;
    let amount = pounds.checked_mul(100).and_then(|p| p.checked_add(piastres)).ok_or_else(too_large)?;
    if amount > Piastres::LIMIT.0 { Err(too_large()) } else { Ok(Piastres(amount)) }
}

impl fmt::Display for Piastres {
    /// `45.00`, `-0.50`: digits, a point, two decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let magnitude = self.0.unsigned_abs();
        f.pad(&format!("{sign}{}.{:02}", magnitude / 100, magnitude % 100))
    }
}

impl fmt::Debug for Piastres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

const OVERFLOW: &str = "amounts are bounded where they are read, so a sum of them fits an i64";

impl ops::Add for Piastres {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.checked_add(other.0).expect(OVERFLOW))
    }
}

impl ops::Sub for Piastres {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.checked_sub(other.0).expect(OVERFLOW))
    }
}

impl ops::Neg for Piastres {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.checked_neg().expect(OVERFLOW))
    }
}

impl ops::AddAssign for Piastres {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl ops::SubAssign for Piastres {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Piastres {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, |sum, amount| sum + amount)
    }
}

impl Serialize for Piastres {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Piastres {
    /// Only from a string; a leading minus is read, because answers carry negative adjustments.
    /// Where a request must not be negative its reader checks [`Piastres::is_negative`].
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Piastres;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an amount as a string with exactly two decimals, as in \"45.00\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Piastres, E> {
                match text.strip_prefix('-') {
                    Some(rest) => Piastres::parse(rest).map(|amount| -amount),
                    None => Piastres::parse(text),
                }
                .map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

impl utoipa::PartialSchema for Piastres {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("Exactly two decimals; EGP. Negative only in answers."))
            .pattern(Some(r"^-?(0|[1-9][0-9]*)\.[0-9]{2}$"))
            .examples([serde_json::json!("45.00")])
            .into()
    }
}

impl utoipa::ToSchema for Piastres {
    fn name() -> std::borrow::Cow<'static, str> {
        "Amount".into()
    }
}

/// The currency of an amount. Every account and transfer carries one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Currency {
    /// Egyptian pound, ISO 4217 number 818, 100 piastres.
    #[default]
    #[serde(rename = "EGP")]
    Egp,
}

impl Currency {
    /// The ISO 4217 code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Egp => "EGP",
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_contract_form_is_read_to_the_letter() {
        assert_eq!(Piastres::parse("45.00"), Ok(Piastres::new(4500)));
        assert_eq!(Piastres::parse("0.05"), Ok(Piastres::new(5)));
        for refused in [
            "",
            "45",
            "45.",
            "45.0",
            "45.000",
            ".50",
            "+1.00",
            "-1.00",
            "1e3",
            "1_000.00",
            "1,000.00",
            "٤٥.٠٠",
            "045.00",
            " 45.00",
            "45.00 ",
            "99999999999999999999999999999.00",
            "10000000000.01",
            "0x1.00",
            "1.0e",
        ] {
            assert!(Piastres::parse(refused).is_err(), "{refused:?} must be refused");
        }
    }

    #[test]
    fn a_provider_may_write_fewer_or_more_decimals_but_no_fraction_of_a_piastre() {
        for (text, piastres) in
            [("20", 2000), ("20.1", 2010), ("20.10", 2010), ("20.1000", 2010), ("-3.5", -350)]
        {
            assert_eq!(Piastres::parse_foreign(text), Ok(Piastres::new(piastres)));
        }
        for refused in ["20.101", "1e2", "", ".", "2.", "+1", "NaN"] {
            assert!(Piastres::parse_foreign(refused).is_err(), "{refused:?} must be refused");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(piastres in 0..=Piastres::LIMIT.get()) {
            let amount = Piastres::new(piastres);
            prop_assert_eq!(Piastres::parse(&amount.to_string()), Ok(amount));
            let negative = Piastres::new(-piastres);
            prop_assert_eq!(Piastres::parse_foreign(&negative.to_string()), Ok(negative));
            let json = serde_json::to_string(&negative).unwrap();
            prop_assert_eq!(serde_json::from_str::<Piastres>(&json).unwrap(), negative);
        }
    }
}
