//! Percentages, held exactly, and the one place where a fraction of a piastre is rounded away.
//!
//! No float: a percentage is a whole number of millionths of one percent, a share of an amount is
//! computed in 128 bits and rounded once, by a rule that has a name. Cost: one 128-bit division.

use std::fmt;

use crate::money::Piastres;

/// A percentage above 0 and up to 100, with at most six decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Percent(i64);

/// Millionths of one percent in the whole.
const WHOLE: i64 = 100_000_000;

impl Percent {
    /// Reads `2.5`: digits, optionally a point and one to six decimals; above 0, up to 100.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let leading_zero = whole.len() > 1 && whole.starts_with('0');
        if !digits(whole) || !digits(decimals) || leading_zero || whole.len() > 3 || decimals.len() > 6 {
            return None;
        }
        let millionths: i64 = format!("{whole}{decimals:0<6}").parse().ok()?;
        (1..=WHOLE).contains(&millionths).then_some(Self(millionths))
    }

    /// This share of an amount, rounded.
    pub(super) fn of(self, amount: Piastres, rounding: Rounding) -> Piastres {
        let numerator = i128::from(amount.get()) * i128::from(self.0);
        rounding.divide(numerator, i128::from(WHOLE))
    }
}

impl fmt::Display for Percent {
    /// `2.5`: no more decimals than needed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, millionths) = (self.0 / 1_000_000, self.0 % 1_000_000);
        if millionths == 0 {
            return write!(f, "{whole}");
        }
        let decimals = format!("{millionths:06}");
        write!(f, "{whole}.{}", decimals.trim_end_matches('0'))
    }
}

/// How what lies between two payable amounts is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rounding {
    /// Which way.
    pub(super) mode: RoundingMode,
    /// To a multiple of this; at least one piastre.
    pub(super) step: Piastres,
}

/// Which way a fraction goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RoundingMode {
    /// To the nearest; a half goes up.
    HalfUp,
    /// To the nearest; a half goes to the even multiple.
    HalfEven,
    /// Up.
    Up,
    /// Down.
    Down,
}

impl RoundingMode {
    /// All modes.
    pub(super) const ALL: [Self; 4] = [Self::HalfUp, Self::HalfEven, Self::Up, Self::Down];

    /// The word of the schedules.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::HalfUp => "half-up",
            Self::HalfEven => "half-even",
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

impl Rounding {
    /// An amount that is not negative, rounded to a multiple of the step.
    pub(super) fn round(self, amount: Piastres) -> Piastres {
        self.divide(i128::from(amount.get()), 1)
    }

    /// `numerator / denominator` rounded to a multiple of the step. Neither is negative, and the
    /// quotient is within the bounds of an amount.
    fn divide(self, numerator: i128, denominator: i128) -> Piastres {
        let step = i128::from(self.step.get().max(1));
        let unit = denominator * step;
        let (multiple, rest) = (numerator / unit, numerator % unit);
        let up = match self.mode {
            RoundingMode::Up => rest > 0,
            RoundingMode::Down => false,
            RoundingMode::HalfUp => rest * 2 >= unit,
            RoundingMode::HalfEven => rest * 2 > unit || (rest * 2 == unit && multiple % 2 == 1),
        };
        let rounded = (multiple + i128::from(up)) * step;
        Piastres::new(i64::try_from(rounded).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn percent(text: &str) -> Percent {
        Percent::parse(text).unwrap()
    }

    fn to(mode: RoundingMode, step: i64) -> Rounding {
        Rounding { mode, step: Piastres::new(step) }
    }

    #[test]
    fn a_percentage_is_read_exactly_or_not_at_all() {
        for text in ["2.5", "10", "100", "0.000001", "12.345678"] {
            assert_eq!(percent(text).to_string(), text);
        }
        assert_eq!(percent("5.00"), percent("5"));
        for refused in ["", "0", "0.0", "100.1", "-1", "+1", "1e1", "2,5", ".5", "5.", "05", "1.1234567", "٥"]
        {
            assert_eq!(Percent::parse(refused), None, "{refused:?} must be refused");
        }
    }

    #[test]
    fn each_rounding_does_what_its_name_says() {
        use RoundingMode::{Down, HalfEven, HalfUp, Up};
        for (amount, mode, step, expected) in [
            (2655, HalfUp, 25, 2650),
            (2663, HalfUp, 25, 2675),
            (2600, Up, 25, 2600),
            (2601, Up, 25, 2625),
            (2624, Down, 25, 2600),
            (50, HalfUp, 100, 100),
            (50, HalfEven, 100, 0),
            (150, HalfEven, 100, 200),
            (250, HalfEven, 100, 200),
        ] {
            assert_eq!(to(mode, step).round(Piastres::new(amount)).get(), expected, "{amount} {mode:?}");
        }
        // 2.5 % of 0.20 is half a piastre.
        assert_eq!(percent("2.5").of(Piastres::new(20), to(HalfUp, 1)).get(), 1);
        assert_eq!(percent("2.5").of(Piastres::new(20), to(HalfEven, 1)).get(), 0);
        assert_eq!(percent("100").of(Piastres::LIMIT, to(Up, 1)), Piastres::LIMIT);
    }

    proptest! {
        #[test]
        fn rounding_stays_within_a_step_and_on_a_multiple(amount in 0..10_000_000_i64, step in 1..1000_i64) {
            for mode in RoundingMode::ALL {
                let rounded = to(mode, step).round(Piastres::new(amount)).get();
                prop_assert_eq!(rounded % step, 0);
                prop_assert!((rounded - amount).abs() < step);
            }
        }

        #[test]
        fn a_share_grows_with_its_amount(
            a in 0..1_000_000_000_i64,
            b in 0..1_000_000_000_i64,
            millionths in 1..=WHOLE,
        ) {
            let (less, more) = (a.min(b), a.max(b));
            for mode in RoundingMode::ALL {
                let share = |x| Percent(millionths).of(Piastres::new(x), to(mode, 1));
                prop_assert!(share(less) <= share(more));
            }
        }
    }
}
