//! A schedule as it was read: what one file says, with every word resolved to a number or a shared
//! text. This one form serves the quote, the price list, the descriptions and the differences.
//!
//! A value of an option is one `i64`: the place of a choice, a whole number, or piastres. Sets of
//! channels, ways of delivery, governorates and choices are bits. Everything is bounded where it is
//! read (`LIMIT_*`), so that no sum or product of a quote can overflow.

use std::sync::Arc;

use chrono::NaiveDate;

use super::{
    Beneficiary, Capture, RevenueCode, ScheduleRef, Title,
    notes::Spot,
    percent::{Percent, Rounding},
    way::Ways,
};
use crate::money::Piastres;

/// Options of a service, at most: their values live in an array of this length.
pub(super) const LIMIT_OPTIONS: usize = 16;
/// Choices of an option, at most: a set of them is 64 bits.
pub(super) const LIMIT_CHOICES: usize = 64;
/// Lines of a service, at most: a set of them is 64 bits.
pub(super) const LIMIT_LINES: usize = 64;
/// Ways of delivery of a service, at most: a set of them is 32 bits.
pub(super) const LIMIT_DELIVERIES: usize = 32;
/// Units of anything that is counted, at most.
pub(super) const LIMIT_UNITS: i64 = 10_000;
/// All channels.
pub(super) const ALL_CHANNELS: u8 = 0b11_1111;
/// All governorates and abroad.
pub(super) const ALL_GOVERNORATES: u32 = (1 << 28) - 1;

/// One file: one version of one authority.
#[derive(Debug)]
pub(super) struct Schedule {
    pub(super) spot: Spot,
    pub(super) reference: Arc<ScheduleRef>,
    pub(super) authority: Arc<str>,
    pub(super) title: Arc<Title>,
    pub(super) effective_to: Option<NaiveDate>,
    pub(super) effective_to_spot: Spot,
    pub(super) services: Vec<Service>,
    pub(super) rules: Vec<Rule>,
    pub(super) beneficiaries: Vec<(Spot, Beneficiary)>,
    pub(super) revenue_codes: Vec<(Spot, RevenueCode)>,
}

/// A service and its price.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) spot: Spot,
    pub(super) code: Arc<str>,
    pub(super) title: Arc<Title>,
    pub(super) channels: u8,
    pub(super) ways: Ways,
    pub(super) governorates: [Option<NaiveDate>; 28],
    pub(super) capture: Capture,
    pub(super) valid_secs: u32,
    pub(super) deliveries: Vec<Named>,
    pub(super) default_delivery: Option<usize>,
    pub(super) options: Vec<Choosable>,
    pub(super) unit: Option<Unit>,
    pub(super) exemptions: Vec<Exemption>,
    pub(super) lines: Vec<Tariff>,
}

/// A code with a title.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) code: Arc<str>,
    pub(super) title: Arc<Title>,
}

/// An option.
#[derive(Debug)]
pub(super) struct Choosable {
    pub(super) code: Arc<str>,
    pub(super) title: Arc<Title>,
    pub(super) shape: Shape,
    pub(super) default: Option<i64>,
    pub(super) attested: bool,
    /// When it is asked for; refers to earlier options only.
    pub(super) when: Condition,
}

/// What an option's value is.
#[derive(Debug)]
pub(super) enum Shape {
    /// The place of one of these.
    Choice(Vec<Named>),
    /// A whole number from, to.
    Integer(i64, i64),
    /// Piastres from, to.
    Amount(i64, i64),
}

impl Shape {
    /// A value as it is written and sent.
    pub(super) fn written(&self, value: i64) -> String {
        match self {
            Self::Choice(choices) => usize::try_from(value)
                .ok()
                .and_then(|place| choices.get(place))
                .map_or_else(String::new, |choice| choice.code.to_string()),
            Self::Integer(..) => value.to_string(),
            Self::Amount(..) => Piastres::new(value).to_string(),
        }
    }
}

/// What is counted.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) title: Arc<Title>,
    pub(super) min: u32,
    pub(super) max: u32,
    pub(super) default: u32,
}

/// What takes lines away.
#[derive(Debug)]
pub(super) struct Exemption {
    pub(super) code: Arc<str>,
    pub(super) title: Arc<Title>,
    pub(super) evidence: Arc<Title>,
    pub(super) attested: bool,
    /// The lines taken away: bit `n` is `lines[n]`; a line's further units go with it.
    pub(super) lines: u64,
    pub(super) basis: Basis,
}

/// By which law, and where that was published.
#[derive(Clone, Debug)]
pub(super) struct Basis {
    pub(super) law: Arc<str>,
    pub(super) source: Option<Arc<str>>,
    pub(super) illustrative: bool,
    pub(super) illustrative_spot: Spot,
}

/// To whom, and under which revenue item.
#[derive(Clone, Debug)]
pub(super) struct Owed {
    pub(super) beneficiary: Arc<str>,
    pub(super) beneficiary_spot: Spot,
    pub(super) revenue_code: Arc<str>,
    pub(super) revenue_code_spot: Spot,
}

/// A line of a price before it is known for whom.
#[derive(Debug)]
pub(super) struct Tariff {
    pub(super) spot: Spot,
    pub(super) code: Arc<str>,
    pub(super) title: Arc<Title>,
    pub(super) when: Condition,
    pub(super) price: Price,
    pub(super) per: Per,
    pub(super) further: Option<Further>,
    pub(super) owed: Owed,
    pub(super) basis: Basis,
}

impl Exemption {
    /// The codes of the lines it takes away; none if it takes all.
    pub(super) fn line_codes<'s>(&self, service: &'s Service) -> Vec<&'s str> {
        if self.lines == u64::MAX {
            return Vec::new();
        }
        let taken = service.lines.iter().enumerate().filter(|(place, _)| self.lines >> place & 1 == 1);
        taken.map(|(_, line)| &*line.code).collect()
    }
}

impl Tariff {
    /// The word of the schedules for its kind.
    pub(super) const fn kind(&self) -> &'static str {
        match (&self.price, self.per) {
            (Price::Amount(_), Per::Item) => "fixed",
            (Price::Amount(_), Per::Quantity | Per::Option(_)) => "per-unit",
            (Price::Bands(..), _) => "bands",
            (Price::Percentage(..), _) => "percentage",
        }
    }
}

/// What one unit costs.
#[derive(Debug)]
pub(super) enum Price {
    /// This.
    Amount(Piastres),
    /// By the band that the value of the option at this place lies in.
    Bands(usize, Vec<Band>),
    /// A share of the amount that the option at this place declares.
    Percentage(usize, Share),
}

/// From, to (both within), and what it costs there.
#[derive(Debug)]
pub(super) struct Band {
    pub(super) spot: Spot,
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) amount: Piastres,
}

/// A percentage with its bounds and its rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) percent: Percent,
    pub(super) rounding: Rounding,
    pub(super) floor: Piastres,
    pub(super) cap: Option<Piastres>,
}

impl Share {
    /// The share of an amount: rounded, then kept between floor and cap.
    pub(super) fn of(&self, amount: Piastres) -> Piastres {
        let share = self.percent.of(amount, self.rounding).max(self.floor);
        self.cap.map_or(share, |cap| share.min(cap))
    }
}

/// How often a line is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Per {
    /// Once.
    Item,
    /// For each unit of the quantity.
    Quantity,
    /// For each of what the integer option at this place counts.
    Option(usize),
}

/// What the units after the first ones cost; a line of its own.
#[derive(Debug)]
pub(super) struct Further {
    pub(super) code: Arc<str>,
    pub(super) title: Arc<Title>,
    /// How many units the line before covers.
    pub(super) after: u32,
    pub(super) amount: Piastres,
}

/// When something applies: all parts must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) spot: Spot,
    pub(super) channels: u8,
    pub(super) deliveries: u32,
    pub(super) governorates: u32,
    pub(super) quantity: (u32, u32),
    pub(super) options: Vec<(usize, Allowed)>,
}

/// Which values of an option will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Allowed {
    /// Choices: bit `n` is the choice at place `n`.
    Choices(u64),
    /// From, to.
    Range(i64, i64),
}

impl Condition {
    /// What always holds.
    pub(super) const fn always(spot: Spot) -> Self {
        Self {
            spot,
            channels: ALL_CHANNELS,
            deliveries: u32::MAX,
            governorates: ALL_GOVERNORATES,
            quantity: (0, u32::MAX),
            options: Vec::new(),
        }
    }
    /// Whether it asks for nothing.
    pub(super) fn is_always(&self) -> bool {
        *self == Self::always(self.spot)
    }
}

impl Allowed {
    /// Whether a value will do.
    pub(super) const fn admits(self, value: i64) -> bool {
        match self {
            Self::Choices(choices) => value >= 0 && value < 64 && choices >> value & 1 == 1,
            Self::Range(from, to) => from <= value && value <= to,
        }
    }
}

/// What makes the amount of a way to pay differ from the total.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) spot: Spot,
    pub(super) code: Arc<str>,
    pub(super) title: Arc<Title>,
    pub(super) effect: Effect,
    pub(super) ways: Ways,
    /// Applies to what is owed above this; zero: always.
    pub(super) threshold: Piastres,
    /// Names that switch it off while they are in force.
    pub(super) waivers: Vec<Arc<str>>,
    /// If not empty, only these services count.
    pub(super) services: Vec<(Spot, Arc<str>)>,
    /// These do not count.
    pub(super) exempt_services: Vec<(Spot, Arc<str>)>,
    /// What is asked for in these does not count.
    pub(super) exempt_governorates: u32,
    /// The services of these do not count.
    pub(super) exempt_authorities: Vec<(Spot, Arc<str>)>,
    pub(super) effective_from: Option<NaiveDate>,
    pub(super) effective_to: Option<NaiveDate>,
    pub(super) basis: Basis,
}

/// What a rule does.
#[derive(Debug)]
pub(super) enum Effect {
    /// Takes away, never more than there is.
    Incentive(Measure),
    /// Adds, for a beneficiary of its own.
    Surcharge(Measure, Owed),
    /// Rounds the amount to coins in circulation.
    Rounding(Rounding),
}

/// How much a rule takes or adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// This.
    Amount(Piastres),
    /// A share of what counts.
    Share(Share),
}

impl Measure {
    /// Of what counts.
    pub(super) fn of(&self, base: Piastres) -> Piastres {
        match self {
            Self::Amount(amount) => *amount,
            Self::Share(share) => share.of(base),
        }
    }
}

impl Effect {
    /// The word of the schedules.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Incentive(_) => "incentive",
            Self::Surcharge(..) => "surcharge",
            Self::Rounding(_) => "rounding",
        }
    }
}

impl Rule {
    /// Whether it is in force on a date within its schedule's time.
    pub(super) fn holds_on(&self, on: NaiveDate) -> bool {
        self.effective_from.is_none_or(|from| from <= on) && self.effective_to.is_none_or(|to| on <= to)
    }

    /// Whether a service counts for it.
    pub(super) fn counts(&self, authority: &str, service: &str) -> bool {
        let among = |list: &[(Spot, Arc<str>)], word: &str| list.iter().any(|(_, known)| **known == *word);
        (self.services.is_empty() || among(&self.services, service))
            && !among(&self.exempt_services, service)
            && !among(&self.exempt_authorities, authority)
    }
}
