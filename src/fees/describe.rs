//! What a service asks for, as `GET /v1/services` and `GET /v1/services/{code}` tell it: everything
//! a form needs to be drawn and a [`QuoteRequest`](super::QuoteRequest) to be made.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Catalogue, Channel, ScheduleRef, Title, governorate,
    schedule::{Choosable, Exemption, Named, Service, Shape},
    search::Wanted,
    words,
};
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
pub fn services(catalogue: &Catalogue, filter: &ServiceFilter, on: NaiveDate) -> Vec<ServiceSummary> {
    let wanted = filter.q.as_deref().map(Wanted::new);
    let place = filter.governorate.as_deref().map(governorate::find);
    let is_offered = |service: &Service| match place {
        None => true,
        Some(None) => false,
        Some(Some(place)) => service.governorates[place].is_some_and(|start| start <= on),
    };
    let has_channel =
        |service: &Service| filter.channel.is_none_or(|channel| channels(service).contains(&channel));
    let mut found: Vec<ServiceSummary> = catalogue
        .schedules_on(on)
        .flat_map(|schedule| schedule.services.iter().map(move |service| (schedule, service)))
        .filter(|(_, service)| is_offered(service) && has_channel(service))
        .filter(|(schedule, service)| {
            let texts = [
                &*service.code,
                &service.title.ar,
                &service.title.en,
                &schedule.title.ar,
                &schedule.title.en,
            ];
            wanted.as_ref().is_none_or(|wanted| wanted.is_in(&texts))
        })
        .map(|(schedule, service)| ServiceSummary {
            code: service.code.to_string(),
            title: (*service.title).clone(),
            authority: schedule.authority.to_string(),
            authority_title: (*schedule.title).clone(),
            channels: channels(service),
        })
        .collect();
    found.sort_by(|a, b| a.code.cmp(&b.code));
    found
}

fn channels(service: &Service) -> Vec<Channel> {
    let places = Channel::ALL.into_iter().enumerate();
    places.filter(|(place, _)| service.channels >> place & 1 == 1).map(|(_, channel)| channel).collect()
}

/// What a service asks for on a date; nothing if it is unknown or not in force then.
pub fn describe_service(catalogue: &Catalogue, code: &str, on: NaiveDate) -> Option<ServiceDescription> {
    let (schedule, service) = catalogue.service(code, on)?;
    let began = service.governorates.iter().zip(&governorate::ALL);
    Some(ServiceDescription {
        code: service.code.to_string(),
        title: (*service.title).clone(),
        authority: schedule.authority.to_string(),
        authority_title: (*schedule.title).clone(),
        schedule: (*schedule.reference).clone(),
        channels: channels(service),
        delivery: deliveries(service),
        options: service.options.iter().map(|one| option(service, one)).collect(),
        units: service.unit.as_ref().map(|unit| UnitDescription {
            title: (*unit.title).clone(),
            min: unit.min,
            max: unit.max,
            default: unit.default,
        }),
        exemptions: service.exemptions.iter().map(|one| exemption(service, one)).collect(),
        methods: service
            .ways
            .iter()
            .map(|(_, way)| WayDescription { method: way.method, tender: way.tender })
            .collect(),
        governorates: began
            .filter_map(|(start, place)| start.map(|from| (place, from)))
            .map(|(place, from)| GovernorateDescription {
                code: place.code.to_owned(),
                title: place.title(),
                from,
            })
            .collect(),
        capture: service.capture,
        quote_valid_secs: service.valid_secs,
    })
}

fn deliveries(service: &Service) -> Vec<DeliveryDescription> {
    let each = service.deliveries.iter().enumerate();
    each.map(|(place, one)| DeliveryDescription {
        code: one.code.to_string(),
        title: (*one.title).clone(),
        default: service.default_delivery == Some(place),
    })
    .collect()
}

fn option(service: &Service, option: &Choosable) -> OptionDescription {
    let (kind, choices, bounds) = match &option.shape {
        Shape::Choice(choices) => (OptionKind::Choice, choices.as_slice(), None),
        Shape::Integer(least, most) => (OptionKind::Integer, [].as_slice(), Some((*least, *most))),
        Shape::Amount(least, most) => (OptionKind::Amount, [].as_slice(), Some((*least, *most))),
    };
    let shown = |value| option.shape.written(value);
    let choice = |one: &Named| ChoiceDescription { code: one.code.to_string(), title: (*one.title).clone() };
    let is_always = option.when.is_always();
    OptionDescription {
        code: option.code.to_string(),
        title: (*option.title).clone(),
        kind,
        choices: choices.iter().map(choice).collect(),
        min: bounds.map(|(least, _)| shown(least)),
        max: bounds.map(|(_, most)| shown(most)),
        default: option.default.map(shown),
        attested: option.attested,
        asked_when: (!is_always).then(|| words::condition(service, &option.when)),
    }
}

fn exemption(service: &Service, exemption: &Exemption) -> ExemptionDescription {
    ExemptionDescription {
        code: exemption.code.to_string(),
        title: (*exemption.title).clone(),
        evidence: (*exemption.evidence).clone(),
        attested: exemption.attested,
        lines: exemption.line_codes(service).into_iter().map(str::to_owned).collect(),
        legal_basis: exemption.basis.law.to_string(),
    }
}
