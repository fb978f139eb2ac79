//! What changed for whom between two dates or two sets of schedules.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Catalogue, Finding, SourceFile, Title, check,
    schedule::{Basis, Choosable, Effect, Exemption, Rule, Schedule, Service, Shape, Tariff},
    words::{self, Words},
};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Change {
    /// The authority's code.
    pub authority: String,
    /// The service's code; null for a rule that holds for several.
    pub service: Option<String>,
    /// The code of the line, option, rule, exemption ... that changed; null for the service itself.
    pub part: Option<String>,
    /// What happened to it.
    pub kind: ChangeKind,
    /// How it was, in words; null when it is new.
    pub before: Option<String>,
    /// How it is, in words; null when it is gone.
    pub after: Option<String>,
    /// For people, in both languages: for whom, what was and what is.
    pub text: Title,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// New.
    Added,
    /// Gone.
    Removed,
    /// Another amount or rate.
    AmountChanged,
    /// Applies to others.
    ConditionChanged,
    /// Something else: title, legal basis, beneficiary, bounds.
    Changed,
}

/// What changed between what one catalogue says on one date and another on another.
pub fn diff(old: (&Catalogue, NaiveDate), new: (&Catalogue, NaiveDate)) -> Vec<Change> {
    let facets = |(catalogue, on): (&Catalogue, NaiveDate)| {
        let mut facets = Facets::new();
        for schedule in catalogue.schedules_on(on) {
            read(&mut facets, schedule, Some(on));
        }
        facets
    };
    compare(&facets(old), &facets(new))
}

/// What changed between two files of one authority, each read by itself.
pub fn diff_files(old: &SourceFile, new: &SourceFile) -> Result<Vec<Change>, Vec<Finding>> {
    let (old, new) = match (check::alone(old), check::alone(new)) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(mut faults), Err(more)) => {
            faults.extend(more);
            return Err(faults);
        }
        (Err(faults), Ok(_)) | (Ok(_), Err(faults)) => return Err(faults),
    };
    let facets = |schedule: &Schedule| {
        let mut facets = Facets::new();
        read(&mut facets, schedule, None);
        facets
    };
    Ok(compare(&facets(&old), &facets(&new)))
}

/// What is compared, by authority, service, the kind of part and its code.
type Facets = BTreeMap<Key, Facet>;
type Key = (String, Option<String>, &'static str, Option<String>);

/// A part in words: what it costs, when, and all else.
#[derive(PartialEq, Eq)]
struct Facet {
    /// Of whom, for people.
    name: Title,
    price: Title,
    condition: Title,
    rest: Title,
}

fn read(facets: &mut Facets, schedule: &Schedule, on: Option<NaiveDate>) {
    let authority = schedule.authority.to_string();
    for service in &schedule.services {
        let code = Some(service.code.to_string());
        let key = |what, part: &str| (authority.clone(), code.clone(), what, Some(part.to_owned()));
        facets.insert((authority.clone(), code.clone(), "", None), whole(service));
        for tariff in &service.lines {
            facets.insert(key("line", &tariff.code), line(service, tariff));
        }
        for option in &service.options {
            facets.insert(key("option", &option.code), self::option(service, option));
        }
        for exemption in &service.exemptions {
            facets.insert(key("exemption", &exemption.code), self::exemption(service, exemption));
        }
    }
    for rule in schedule.rules.iter().filter(|rule| on.is_none_or(|on| rule.holds_on(on))) {
        let from = if on.is_none() { rule.effective_from } else { None };
        let part = from.map_or_else(|| rule.code.to_string(), |from| format!("{} from {from}", rule.code));
        facets.insert((authority.clone(), None, rule.effect.code(), Some(part)), self::rule(schedule, rule));
    }
}

fn whole(service: &Service) -> Facet {
    let mut prices = Words::default();
    for tariff in &service.lines {
        let price = words::price(service, tariff);
        prices
            .push(format!("{}: {}", tariff.title.ar, price.ar), format!("{}: {}", tariff.title.en, price.en));
    }
    let mut rest = Words::default();
    rest.push(service.title.ar.clone(), service.title.en.clone());
    for delivery in &service.deliveries {
        rest.push(format!("الاستلام: {}", delivery.title.ar), format!("delivery: {}", delivery.title.en));
    }
    if let Some(unit) = &service.unit {
        let (min, max, default) = (unit.min, unit.max, unit.default);
        rest.push(
            format!("{} من {min} إلى {max}، عادة {default}", unit.title.ar),
            format!("{} from {min} to {max}, by default {default}", unit.title.en),
        );
    }
    let secs = service.valid_secs;
    rest.push(format!("صلاحية السعر {secs} ثانية"), format!("a quote holds {secs} s"));
    let capture = format!("{:?}", service.capture).to_lowercase();
    rest.push(format!("التحصيل: {capture}"), format!("capture: {capture}"));
    Facet {
        name: (*service.title).clone(),
        price: prices.join(),
        condition: words::offer(service),
        rest: rest.join(),
    }
}

fn line(service: &Service, tariff: &Tariff) -> Facet {
    let mut rest = basis(&tariff.title, &tariff.basis);
    let (beneficiary, code) = (&tariff.owed.beneficiary, &tariff.owed.revenue_code);
    rest.push(format!("لصالح {beneficiary} بند {code}"), format!("owed to {beneficiary} under {code}"));
    if let Some(further) = &tariff.further {
        rest.push(further.title.ar.clone(), further.title.en.clone());
    }
    Facet {
        name: named(service, &tariff.title),
        price: words::price(service, tariff),
        condition: words::condition(service, &tariff.when),
        rest: rest.join(),
    }
}

fn option(service: &Service, option: &Choosable) -> Facet {
    let mut rest = Words::default();
    rest.push(option.title.ar.clone(), option.title.en.clone());
    match &option.shape {
        Shape::Choice(choices) => {
            for choice in choices {
                let code = &choice.code;
                rest.push(format!("{} ({code})", choice.title.ar), format!("{} ({code})", choice.title.en));
            }
        }
        Shape::Integer(least, most) | Shape::Amount(least, most) => {
            let (least, most) = (option.shape.written(*least), option.shape.written(*most));
            rest.push(format!("من {least} إلى {most}"), format!("from {least} to {most}"));
        }
    }
    if let Some(default) = option.default {
        let default = option.shape.written(default);
        rest.push(format!("عادة {default}"), format!("by default {default}"));
    }
    if option.attested {
        rest.push("بتقدير الجهة", "attested by the authority");
    }
    Facet {
        name: named(service, &option.title),
        price: words::title("", ""),
        condition: words::condition(service, &option.when),
        rest: rest.join(),
    }
}

fn exemption(service: &Service, exemption: &Exemption) -> Facet {
    let mut rest = basis(&exemption.title, &exemption.basis);
    rest.push(exemption.evidence.ar.clone(), exemption.evidence.en.clone());
    if exemption.attested {
        rest.push("بقرار الجهة", "granted by the authority");
    }
    let codes = exemption.line_codes(service).join(", ");
    let all = codes.is_empty();
    Facet {
        name: named(service, &exemption.title),
        price: if all {
            words::title("كل الرسوم", "all lines")
        } else {
            words::title(codes.clone(), codes)
        },
        condition: words::title("", ""),
        rest: rest.join(),
    }
}

fn rule(schedule: &Schedule, rule: &Rule) -> Facet {
    let mut rest = basis(&rule.title, &rule.basis);
    if let Effect::Surcharge(_, owed) = &rule.effect {
        let (beneficiary, code) = (&owed.beneficiary, &owed.revenue_code);
        rest.push(format!("لصالح {beneficiary} بند {code}"), format!("owed to {beneficiary} under {code}"));
    }
    let (authority, own) = (&schedule.title, &rule.title);
    Facet {
        name: words::title(
            format!("{} - {}", authority.ar, own.ar),
            format!("{} - {}", authority.en, own.en),
        ),
        price: words::effect(&rule.effect),
        condition: words::rule(rule),
        rest: rest.join(),
    }
}

fn basis(title: &Title, basis: &Basis) -> Words {
    let mut words = Words::default();
    words.push(title.ar.clone(), title.en.clone());
    words.push(&*basis.law, &*basis.law);
    let source = basis.source.as_deref().unwrap_or("-");
    words.push(format!("المصدر: {source}"), format!("source: {source}"));
    if basis.illustrative {
        words.push("رقم توضيحي", "illustrative");
    }
    words
}

fn named(service: &Service, part: &Title) -> Title {
    let of = &service.title;
    words::title(format!("{} - {}", of.ar, part.ar), format!("{} - {}", of.en, part.en))
}

fn compare(old: &Facets, new: &Facets) -> Vec<Change> {
    let mut keys: Vec<&Key> = old.keys().chain(new.keys()).collect();
    keys.sort();
    keys.dedup();
    let mut changes = Vec::new();
    for key in keys {
        // A service that came or went is one change, not one for each of its parts.
        let of_service = (key.0.clone(), key.1.clone(), "", None);
        let is_part = key.1.is_some() && key.3.is_some();
        if is_part && old.contains_key(&of_service) != new.contains_key(&of_service) {
            continue;
        }
        match (old.get(key), new.get(key)) {
            (None, Some(new)) => {
                changes.push(change(key, ChangeKind::Added, &new.name, None, Some(&summary(new))));
            }
            (Some(old), None) => {
                changes.push(change(key, ChangeKind::Removed, &old.name, Some(&summary(old)), None));
            }
            (Some(old), Some(new)) => aspects(&mut changes, key, old, new),
            (None, None) => {}
        }
    }
    changes
}

/// A part in a few words: its price, with its condition.
fn summary(facet: &Facet) -> Title {
    let price = if facet.price.en.is_empty() { &facet.rest } else { &facet.price };
    if facet.condition.en.is_empty() {
        return price.clone();
    }
    words::title(
        format!("{} ({})", price.ar, facet.condition.ar),
        format!("{} ({})", price.en, facet.condition.en),
    )
}

fn aspects(changes: &mut Vec<Change>, key: &Key, old: &Facet, new: &Facet) {
    // The service's own price is the sum of its lines', which speak for themselves.
    let is_part = key.3.is_some();
    for (kind, before, after) in [
        (ChangeKind::AmountChanged, &old.price, &new.price),
        (ChangeKind::ConditionChanged, &old.condition, &new.condition),
        (ChangeKind::Changed, &old.rest, &new.rest),
    ] {
        if before != after && (is_part || kind != ChangeKind::AmountChanged) {
            changes.push(change(key, kind, &new.name, Some(before), Some(after)));
        }
    }
}

fn change(
    key: &Key,
    kind: ChangeKind,
    name: &Title,
    before: Option<&Title>,
    after: Option<&Title>,
) -> Change {
    let (what_ar, what_en) = match kind {
        ChangeKind::Added => ("جديد", "new"),
        ChangeKind::Removed => ("أُلغي", "gone"),
        ChangeKind::AmountChanged => ("تغيّر المبلغ", "the amount changes"),
        ChangeKind::ConditionChanged => ("تغيّر الشرط", "who it applies to changes"),
        ChangeKind::Changed => ("تغيّر البيان", "its description changes"),
    };
    let always = words::title("دائمًا", "always");
    let shown = |side: Option<&Title>| side.map(|t| if t.en.is_empty() { always.clone() } else { t.clone() });
    let (was, is) = (shown(before), shown(after));
    let (ar, en) = match (&was, &is) {
        (Some(was), Some(is)) => {
            (format!("من «{}» إلى «{}»", was.ar, is.ar), format!("from \"{}\" to \"{}\"", was.en, is.en))
        }
        (Some(one), None) | (None, Some(one)) => (one.ar.clone(), one.en.clone()),
        (None, None) => (String::new(), String::new()),
    };
    Change {
        authority: key.0.clone(),
        service: key.1.clone(),
        part: key.3.clone(),
        kind,
        before: was.map(|title| title.en),
        after: is.map(|title| title.en),
        text: words::title(format!("{}: {what_ar}: {ar}", name.ar), format!("{}: {what_en}: {en}", name.en)),
    }
}
