//! The bill: what a quote says and a payment binds. Its JSON is the contract's, word for word, and
//! is what the store keeps: nothing is recomputed later.
//!
//! Texts are shared (`Arc`), because a quote names the same titles a million times a day.

use std::{fmt, str::FromStr, sync::Arc};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::money::{Currency, Method, Piastres, Tender};

/// A text in the two languages of the switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Title {
    /// Arabic.
    pub ar: String,
    /// English.
    pub en: String,
}

/// Where the citizen asks for the service; part of the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// The service portal.
    Portal,
    /// The mobile app.
    Mobile,
    /// A service office.
    ServiceOffice,
    /// A post office.
    PostOffice,
    /// The call centre.
    CallCentre,
    /// A self-service machine.
    Kiosk,
}

impl Channel {
    /// All channels.
    pub const ALL: [Self; 6] =
        [Self::Portal, Self::Mobile, Self::ServiceOffice, Self::PostOffice, Self::CallCentre, Self::Kiosk];

    /// The word used in the contract, the database and the schedules.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Portal => "portal",
            Self::Mobile => "mobile",
            Self::ServiceOffice => "service-office",
            Self::PostOffice => "post-office",
            Self::CallCentre => "call-centre",
            Self::Kiosk => "kiosk",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl FromStr for Channel {
    type Err = rusum_kit::method::UnknownWord;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|one| one.code() == text).ok_or_else(|| {
            rusum_kit::method::UnknownWord(text.to_owned(), Self::ALL.map(Self::code).join(", "))
        })
    }
}

/// What was asked for, what each part costs and to whom it is owed, and what each way to pay makes
/// of it. Laws: `total` = Σ items' totals = Σ all lines' amounts; each method's `amount` = `total`
/// + Σ its adjustments, never below zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Bill {
    /// Where it was asked for.
    pub channel: Channel,
    /// The two-digit code of the governorate it was asked for in.
    #[schema(value_type = String)]
    pub governorate: Arc<str>,
    /// The date whose published prices these are (Africa/Cairo).
    pub on: NaiveDate,
    /// One to ten items, of one or several authorities.
    pub items: Vec<BillItem>,
    /// Σ of the items' totals.
    pub total: Piastres,
    /// Always EGP.
    pub currency: Currency,
    /// The ways to pay that every item allows, each with its amount.
    pub methods: Vec<MethodPrice>,
}

/// One service asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BillItem {
    /// The service's code, `authority.service`.
    #[schema(value_type = String)]
    pub service: Arc<str>,
    /// The service's title.
    #[schema(value_type = Title)]
    pub title: Arc<Title>,
    /// How it is handed over; null where the service has one way only.
    #[schema(value_type = Option<String>)]
    pub delivery: Option<Arc<str>>,
    /// How many units (copies, sheets, years).
    pub quantity: u32,
    /// The exemption that was applied, if any.
    #[schema(value_type = Option<String>)]
    pub exemption: Option<Arc<str>>,
    /// Σ of the lines' amounts.
    pub total: Piastres,
    /// The published schedule that the price comes from.
    #[schema(value_type = ScheduleRef)]
    pub schedule: Arc<ScheduleRef>,
    /// The parts of the price.
    pub lines: Vec<Line>,
}

/// A published version of an authority's schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScheduleRef {
    /// The authority that published it.
    pub authority: String,
    /// Its version, `YYYY.N`.
    pub version: String,
    /// `sha256:` and the hex digest of the file's bytes.
    pub digest: String,
    /// The first date on which it is in force.
    pub effective_from: NaiveDate,
}

/// One part of a price: what it is for, to whom it is owed, and by which decree.
/// `amount` = `unit_amount` × `quantity`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Line {
    /// The line's code, unique within its item.
    #[schema(value_type = String)]
    pub code: Arc<str>,
    /// What it is for.
    #[schema(value_type = Title)]
    pub title: Arc<Title>,
    /// The price of one unit.
    pub unit_amount: Piastres,
    /// How many units.
    pub quantity: u32,
    /// The line's amount.
    pub amount: Piastres,
    /// To whom it is owed.
    #[schema(value_type = String)]
    pub beneficiary: Arc<str>,
    /// Under which revenue item it is booked (GFS).
    #[schema(value_type = String)]
    pub revenue_code: Arc<str>,
    /// The law or decree that sets it.
    #[schema(value_type = String)]
    pub legal_basis: Arc<str>,
    /// Whether the figure has no published source (never in production).
    #[serde(default)]
    pub illustrative: bool,
}

/// A way to pay and what it makes of the total.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MethodPrice {
    /// The way to pay.
    pub method: Method,
    /// With what.
    pub tender: Tender,
    /// What the citizen pays this way: `total` + Σ `adjustments`.
    pub amount: Piastres,
    /// Why it differs from the total.
    pub adjustments: Vec<Adjustment>,
}

/// Why the amount of a way to pay differs from the total.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Adjustment {
    /// The rule's code.
    #[schema(value_type = String)]
    pub code: Arc<str>,
    /// What it is.
    #[schema(value_type = Title)]
    pub title: Arc<Title>,
    /// Negative for an incentive, positive for a surcharge, either for cash rounding.
    pub amount: Piastres,
    /// What kind of difference it is: decides how it is booked.
    pub kind: AdjustmentKind,
    /// The authority whose schedule holds the rule (an incentive lowers only its own items' lines).
    #[schema(value_type = String)]
    pub authority: Arc<str>,
    /// To whom a surcharge is owed; null for incentives and rounding.
    #[schema(value_type = Option<String>)]
    pub beneficiary: Option<Arc<str>>,
    /// The revenue item of a surcharge; null for incentives and rounding.
    #[schema(value_type = Option<String>)]
    pub revenue_code: Option<Arc<str>>,
    /// The law or decree that sets it.
    #[schema(value_type = String)]
    pub legal_basis: Arc<str>,
}

/// What kind of difference an adjustment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AdjustmentKind {
    /// A discount granted by rule, borne by the authority's incentives account; ≤ 0.
    Incentive,
    /// An addition by rule, owed to its own beneficiary; ≥ 0.
    Surcharge,
    /// What rounding to coins in circulation adds or takes away.
    Rounding,
}

impl Bill {
    /// The price of a way to pay, if the bill allows it.
    pub fn price(&self, method: Method, tender: Tender) -> Option<&MethodPrice> {
        self.methods.iter().find(|price| price.method == method && price.tender == tender)
    }
}
