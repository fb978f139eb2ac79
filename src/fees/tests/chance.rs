//! Requests made by chance from what the services say of themselves: mostly right, sometimes not.
//! One seed, one request, for ever.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::support::{day, shipped};
use crate::fees::{
    Assessment, Bill, Given, OptionDescription, OptionKind, Options, QuoteContext, QuoteRequest, Refusal,
    ServiceDescription, ServiceFilter, describe_service, quote, services,
};

/// A small generator of numbers (splitmix64).
pub(super) struct Chance(pub(super) u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end.max(1) as u64)).unwrap()
    }

    /// Once in so many times.
    pub(super) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }
}

/// A case as the re-deriving script reads it.
pub(super) struct Case {
    pub(super) request: Value,
    pub(super) waivers: Vec<Arc<str>>,
    pub(super) assessments: Vec<Assessment>,
}

/// Dates on which something changes, and some on which nothing does.
const DATES: [&str; 8] = [
    "2026-11-21",
    "2026-07-01",
    "2026-06-30",
    "2025-07-01",
    "2025-06-30",
    "2027-01-01",
    "2022-03-01",
    "2019-10-07",
];

impl Case {
    pub(super) fn by(chance: &mut Chance) -> Self {
        let on = if chance.once_in(2) { "2026-11-21" } else { DATES[chance.below(DATES.len())] };
        let all = services(shipped(), &ServiceFilter::default(), day("2026-11-21"));
        let mut assessments = Vec::new();
        let count = if chance.once_in(2) { 1 } else { 1 + chance.below(4) };
        let items: Vec<Value> = (0..count)
            .map(|number| {
                let code = &chance.pick(&all).unwrap().code;
                let service = describe_service(shipped(), code, day("2026-11-21")).unwrap();
                item(chance, &service, number, &mut assessments)
            })
            .collect();
        let governorates = ["03", "01", "34", "35", "33", "88", "99"];
        let governorate = if chance.once_in(3) { governorates[chance.below(7)] } else { "03" };
        let channels = ["portal", "mobile", "service-office", "kiosk", "post-office", "fax"];
        let channel = if chance.once_in(3) { channels[chance.below(6)] } else { "service-office" };
        let waivers = if chance.once_in(4) { vec!["electronic-outage".into()] } else { Vec::new() };
        let request = json!({ "channel": channel, "governorate": governorate, "on": on, "items": items });
        Self { request, waivers, assessments }
    }

    pub(super) fn quote(&self) -> Result<Bill, Refusal> {
        let request: QuoteRequest = serde_json::from_value(self.request.clone()).unwrap();
        let context =
            QuoteContext { today: day("2026-11-21"), waivers: &self.waivers, assessments: &self.assessments };
        quote(shipped(), &request, &context).map(|quoted| quoted.bill)
    }

    /// The case with its outcome, for the script.
    pub(super) fn told(&self) -> Value {
        let assessments: Vec<Value> = self.assessments.iter().map(told).collect();
        let (bill, refusal) = match self.quote() {
            Ok(bill) => (serde_json::to_value(bill).unwrap(), Value::Null),
            Err(refusal) => (Value::Null, refusal.code.code().into()),
        };
        json!({ "request": self.request, "waivers": self.waivers, "assessments": assessments,
                "bill": bill, "refusal": refusal })
    }
}

fn told(assessment: &Assessment) -> Value {
    let inputs: Map<String, Value> = assessment
        .inputs
        .0
        .iter()
        .map(|(name, given)| {
            let value = match given {
                Given::Text(text) => text.clone().into(),
                Given::Integer(number) => (*number).into(),
                Given::Unusable(_) => Value::Null,
            };
            (name.clone(), value)
        })
        .collect();
    json!({ "id": assessment.id, "service": assessment.service, "inputs": inputs,
            "exemption": assessment.exemption })
}

fn item(
    chance: &mut Chance,
    service: &ServiceDescription,
    number: usize,
    assessments: &mut Vec<Assessment>,
) -> Value {
    let mut asked = json!({ "service": service.code });
    if chance.once_in(30) {
        asked["service"] = "civil-status.nothing".into();
    }
    if !chance.once_in(3) {
        asked["delivery"] = chance.pick(&service.delivery).map_or(Value::Null, |one| one.code.clone().into());
    }
    if let Some(units) = &service.units
        && !chance.once_in(3)
    {
        let spread = usize::try_from(units.max - units.min + 1).unwrap();
        asked["quantity"] = (units.min as usize + chance.below(spread)).into();
    }
    if chance.once_in(25) {
        asked["quantity"] = [json!(0), json!("2"), json!(1.5), json!(100_000)][chance.below(4)].clone();
    }
    let mut inputs = Vec::new();
    let mut options = Map::new();
    for option in &service.options {
        let value = value(chance, option);
        if option.attested {
            inputs.push((option.code.clone(), Given::Text(value.as_str().unwrap_or_default().to_owned())));
        } else if option.default.is_none() || !chance.once_in(3) {
            options.insert(option.code.clone(), value);
        }
    }
    if chance.once_in(40) {
        options.insert("colour".to_owned(), "red".into());
    }
    asked["options"] = Value::Object(options);
    let exemption = if chance.once_in(4) { chance.pick(&service.exemptions) } else { None };
    if let Some(exemption) = exemption {
        asked["exemption"] = exemption.code.clone().into();
    }
    let attested = exemption.filter(|exemption| exemption.attested).map(|exemption| exemption.code.clone());
    if (!inputs.is_empty() || attested.is_some()) && !chance.once_in(4) {
        let id = format!("asm_{number}");
        asked["assessment"] = id.clone().into();
        let inputs = Options(inputs);
        assessments.push(Assessment { id, service: service.code.clone(), inputs, exemption: attested });
    }
    asked
}

/// A value of an option: mostly one it can take, as text or number.
pub(super) fn value(chance: &mut Chance, option: &OptionDescription) -> Value {
    if chance.once_in(40) {
        let odd = [
            json!("?"),
            json!(-1),
            json!(1.5),
            json!(null),
            json!("1e3"),
            json!("007"),
            json!("٣"),
            json!([]),
        ];
        return odd[chance.below(odd.len())].clone();
    }
    let end =
        |text: &Option<String>| text.clone().unwrap_or_default().replace('.', "").parse::<u64>().unwrap_or(0);
    let (least, most) = (end(&option.min), end(&option.max));
    // Small values as often as large ones: the edges of bands and caps lie low.
    let spread = (most - least + 1) >> (chance.below(12));
    let number = least + chance.next() % spread.max(1);
    match option.kind {
        OptionKind::Choice => chance.pick(&option.choices).unwrap().code.clone().into(),
        OptionKind::Integer if chance.once_in(4) => number.to_string().into(),
        OptionKind::Integer => number.into(),
        OptionKind::Amount => format!("{}.{:02}", number / 100, number % 100).into(),
    }
}
