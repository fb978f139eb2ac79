//! What a service asks for, as `GET /v1/services` and `GET /v1/services/{code}` tell it: everything
//! a form needs to be drawn and a [`QuoteRequest`](super::QuoteRequest) to be made.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Catalogue, Channel, ScheduleRef, Title};
use crate::money::{Method, Tender};

/// Which services are wanted.
#[derive(Clone, Debug, Default)]
pub struct ServiceFilter {
    /// Offered in this governorate on the date.
    pub governorate: Option<String>,
    /// Offered by this channel.
    pub channel: Option<Channel>,
    /// A part of the code or of a title, in Arabic or English.
    pub q: Option<String>,
}

/// A service in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ServiceSummary {
    /// The service's code, `authority.service`.
    pub code: String,
    /// Its title.
    pub title: Title,
    /// The authority's code.
    pub authority: String,
    /// The authority's title.
    pub authority_title: Title,
    /// By which channels it is offered.
    pub channels: Vec<Channel>,
}

/// Everything a service asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ServiceDescription {
    /// The service's code, `authority.service`.
    pub code: String,
    /// Its title.
    pub title: Title,
    /// The authority's code.
    pub authority: String,
    /// The authority's title.
    pub authority_title: Title,
    /// The schedule in force on the date.
    pub schedule: ScheduleRef,
    /// By which channels it is offered.
    pub channels: Vec<Channel>,
    /// The ways of delivery; empty where there is one only.
    pub delivery: Vec<DeliveryDescription>,
    /// What must or may be told.
    pub options: Vec<OptionDescription>,
    /// What is counted; null where the quantity is always one.
    pub units: Option<UnitDescription>,
    /// Exemptions that can be asked for.
    pub exemptions: Vec<ExemptionDescription>,
    /// The ways to pay.
    pub methods: Vec<WayDescription>,
    /// Where it is offered, and since when.
    pub governorates: Vec<GovernorateDescription>,
    /// How the payment is taken: `automatic`, or `manual` where it is taken only when granted.
    pub capture: Capture,
    /// Seconds that a quote holds.
    pub quote_valid_secs: u32,
}

/// A way of delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeliveryDescription {
    /// The word to send.
    pub code: String,
    /// Its title.
    pub title: Title,
    /// Whether it is taken when none is named.
    pub default: bool,
}

/// An option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OptionDescription {
    /// The name to send.
    pub code: String,
    /// Its title.
    pub title: Title,
    /// `choice`, `integer` or `amount`.
    pub kind: OptionKind,
    /// The choices; empty for numbers and amounts.
    pub choices: Vec<ChoiceDescription>,
    /// The least value, as it is sent; null for choices.
    pub min: Option<String>,
    /// The greatest value, as it is sent; null for choices.
    pub max: Option<String>,
    /// What is taken when it is left out; null where it must be told.
    pub default: Option<String>,
    /// Whether only an authority's assessment can tell it.
    pub attested: bool,
    /// When it is asked for, in words; null: always.
    pub asked_when: Option<Title>,
}

/// What an option's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OptionKind {
    /// One of the choices, by its code.
    Choice,
    /// A whole number within bounds.
    Integer,
    /// An amount within bounds.
    Amount,
}

/// A choice of an option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChoiceDescription {
    /// The word to send.
    pub code: String,
    /// Its title.
    pub title: Title,
}

/// What is counted, within bounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct UnitDescription {
    /// What one unit is called.
    pub title: Title,
    /// The least quantity.
    pub min: u32,
    /// The greatest quantity.
    pub max: u32,
    /// What is taken when none is named.
    pub default: u32,
}

/// An exemption.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExemptionDescription {
    /// The word to send.
    pub code: String,
    /// Its title.
    pub title: Title,
    /// What must be shown for it.
    pub evidence: Title,
    /// Whether an authority must have granted it first.
    pub attested: bool,
    /// The lines it takes away; empty: all.
    pub lines: Vec<String>,
    /// The law that grants it.
    pub legal_basis: String,
}

/// A way to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WayDescription {
    /// The way.
    pub method: Method,
    /// With what.
    pub tender: Tender,
}

/// A governorate where a service is offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct GovernorateDescription {
    /// The two-digit code.
    pub code: String,
    /// Its title.
    pub title: Title,
    /// Since when.
    pub from: NaiveDate,
}

/// When the money is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Capture {
    /// At once.
    #[default]
    Automatic,
    /// Only when the service is granted (entitlements).
    Manual,
}

/// The services offered on a date that pass a filter, by code.
pub fn services(_catalogue: &Catalogue, _filter: &ServiceFilter, _on: NaiveDate) -> Vec<ServiceSummary> {
    unimplemented!("follows")
}

/// What a service asks for on a date; nothing if it is unknown or not in force then.
pub fn describe_service(_catalogue: &Catalogue, _code: &str, _on: NaiveDate) -> Option<ServiceDescription> {
    unimplemented!("follows")
}
