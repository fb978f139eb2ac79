//! Conditions, prices and rules in words, in both languages: what the price list, the descriptions
//! and the differences show. Digits are ASCII; the pages turn them where they want others.

use super::{
    Channel, Title, governorate,
    percent::{Rounding, RoundingMode},
    schedule::{
        ALL_CHANNELS, ALL_GOVERNORATES, Allowed, Condition, Effect, Measure, Per, Price, Rule, Service,
        Shape, Share, Tariff,
    },
    way::Ways,
};
use crate::money::Piastres;

/// A text growing in both languages.
#[derive(Default)]
pub(super) struct Words {
    ar: Vec<String>,
    en: Vec<String>,
}

impl Words {
    pub(super) fn push(&mut self, ar: impl Into<String>, en: impl Into<String>) {
        self.ar.push(ar.into());
        self.en.push(en.into());
    }

    pub(super) fn join(&self) -> Title {
        Title { ar: self.ar.join("؛ "), en: self.en.join("; ") }
    }
}

pub(super) fn title(ar: impl Into<String>, en: impl Into<String>) -> Title {
    Title { ar: ar.into(), en: en.into() }
}

/// A channel's name.
pub(super) const fn channel(channel: Channel) -> (&'static str, &'static str) {
    match channel {
        Channel::Portal => ("البوابة", "portal"),
        Channel::Mobile => ("تطبيق المحمول", "mobile app"),
        Channel::ServiceOffice => ("مكتب الخدمة", "service office"),
        Channel::PostOffice => ("مكتب البريد", "post office"),
        Channel::CallCentre => ("مركز الاتصال", "call centre"),
        Channel::Kiosk => ("ماكينة الخدمة الذاتية", "self-service machine"),
    }
}

/// A list of names in both languages.
fn list<'a>(names: impl Iterator<Item = (&'a str, &'a str)>) -> (String, String) {
    let (ar, en): (Vec<&str>, Vec<&str>) = names.unzip();
    (ar.join("، "), en.join(", "))
}

/// When something applies; empty if always.
pub(super) fn condition(service: &Service, condition: &Condition) -> Title {
    let mut words = Words::default();
    condition_into(&mut words, service, condition);
    words.join()
}

pub(super) fn condition_into(words: &mut Words, service: &Service, condition: &Condition) {
    if condition.channels & service.channels != service.channels && condition.channels != ALL_CHANNELS {
        let (ar, en) = channels(condition.channels);
        words.push(format!("القناة: {ar}"), format!("channel: {en}"));
    }
    if condition.deliveries != u32::MAX {
        let named = service.deliveries.iter().enumerate();
        let named = named.filter(|(place, _)| condition.deliveries >> place & 1 == 1);
        let (ar, en) = list(named.map(|(_, one)| (one.title.ar.as_str(), one.title.en.as_str())));
        words.push(format!("الاستلام: {ar}"), format!("delivery: {en}"));
    }
    if condition.governorates != ALL_GOVERNORATES {
        let named = governorate::ALL.iter().enumerate();
        let named = named.filter(|(place, _)| condition.governorates >> place & 1 == 1);
        let (ar, en) = list(named.map(|(_, one)| (one.ar, one.en)));
        words.push(format!("المحافظة: {ar}"), format!("governorate: {en}"));
    }
    let (least, most) = condition.quantity;
    if condition.quantity != (0, u32::MAX) {
        let bounds = service.unit.as_ref().map_or((1, 1), |unit| (unit.min, unit.max));
        let (ar, en) =
            range((i64::from(least), i64::from(most)), (i64::from(bounds.0), i64::from(bounds.1)), |n| {
                n.to_string()
            });
        words.push(format!("العدد {ar}"), format!("quantity {en}"));
    }
    for (place, allowed) in &condition.options {
        let (ar, en) = self::allowed(service, *place, *allowed);
        words.push(ar, en);
    }
}

fn channels(set: u8) -> (String, String) {
    let named = Channel::ALL.into_iter().enumerate().filter(|(place, _)| set >> place & 1 == 1);
    list(named.map(|(_, one)| channel(one)))
}

/// The values of an option that will do, with the option's name.
fn allowed(service: &Service, place: usize, allowed: Allowed) -> (String, String) {
    let option = &service.options[place];
    let (ar, en) = (&option.title.ar, &option.title.en);
    match (&option.shape, allowed) {
        (Shape::Choice(choices), Allowed::Choices(set)) => {
            let named = choices.iter().enumerate().filter(|(place, _)| set >> place & 1 == 1);
            let (values_ar, values_en) =
                list(named.map(|(_, one)| (one.title.ar.as_str(), one.title.en.as_str())));
            (format!("{ar}: {values_ar}"), format!("{en}: {values_en}"))
        }
        (shape, Allowed::Range(from, to)) => {
            let bounds = match shape {
                Shape::Integer(least, most) | Shape::Amount(least, most) => (*least, *most),
                Shape::Choice(_) => (from, to),
            };
            let (range_ar, range_en) = range((from, to), bounds, |n| shape.written(n));
            (format!("{ar} {range_ar}"), format!("{en} {range_en}"))
        }
        (Shape::Integer(..) | Shape::Amount(..), Allowed::Choices(_)) => (ar.clone(), en.clone()),
    }
}

/// From, to; an end that is the bound itself is left open.
fn range(
    (from, to): (i64, i64),
    (least, most): (i64, i64),
    shown: impl Fn(i64) -> String,
) -> (String, String) {
    match (from <= least, to >= most) {
        (true, true) => ("أي قيمة".to_owned(), "of any value".to_owned()),
        (true, false) => (format!("حتى {}", shown(to)), format!("up to {}", shown(to))),
        (false, true) => (format!("من {}", shown(from)), format!("from {}", shown(from))),
        (false, false) => (
            format!("من {} إلى {}", shown(from), shown(to)),
            format!("from {} to {}", shown(from), shown(to)),
        ),
    }
}

/// What a line counts: empty for once.
fn per(service: &Service, per: Per) -> (String, String) {
    match per {
        Per::Item => (String::new(), String::new()),
        Per::Quantity => match &service.unit {
            Some(unit) => (format!(" لكل {}", unit.title.ar), format!(" per {}", unit.title.en)),
            None => (String::new(), String::new()),
        },
        Per::Option(place) => {
            let option = &service.options[place];
            (format!(" × {}", option.title.ar), format!(" × {}", option.title.en))
        }
    }
}

/// An amount of a line, with what it counts.
pub(super) fn amount(service: &Service, counted: Per, amount: Piastres) -> Title {
    let (ar, en) = per(service, counted);
    title(format!("{amount} ج.م{ar}"), format!("EGP {amount}{en}"))
}

/// The band of an option's values.
pub(super) fn band(service: &Service, place: usize, from: i64, to: i64) -> (String, String) {
    allowed(service, place, Allowed::Range(from, to))
}

/// A percentage of an option, with what it counts.
pub(super) fn share_of(service: &Service, counted: Per, place: usize, share: &Share) -> Title {
    let option = &service.options[place];
    let (per_ar, per_en) = per(service, counted);
    let of = self::share(share);
    title(
        format!("{} من {}{per_ar}", of.0.ar, option.title.ar) + &of.1.ar,
        format!("{} of {}{per_en}", of.0.en, option.title.en) + &of.1.en,
    )
}

/// A percentage, and its floor, cap and rounding.
fn share(share: &Share) -> (Title, Title) {
    let percent = share.percent;
    let mut bounds = Words::default();
    if share.floor.is_positive() {
        bounds.push(format!("بحد أدنى {}", share.floor), format!("at least {}", share.floor));
    }
    if let Some(cap) = share.cap {
        bounds.push(format!("بحد أقصى {cap}"), format!("at most {cap}"));
    }
    let rounded = rounding(share.rounding);
    bounds.push(rounded.ar, rounded.en);
    let bounds = bounds.join();
    (
        title(format!("{percent}%"), format!("{percent} %")),
        title(format!("؛ {}", bounds.ar), format!("; {}", bounds.en)),
    )
}

fn rounding(rounding: Rounding) -> Title {
    let (ar, en) = match rounding.mode {
        RoundingMode::HalfUp => ("لأقرب (النصف لأعلى)", "rounded half up"),
        RoundingMode::HalfEven => ("لأقرب (النصف للزوجي)", "rounded half to even"),
        RoundingMode::Up => ("لأعلى", "rounded up"),
        RoundingMode::Down => ("لأسفل", "rounded down"),
    };
    title(format!("التقريب {ar} إلى {}", rounding.step), format!("{en} to {}", rounding.step))
}

/// A line's whole price: bands, further units and all.
pub(super) fn price(service: &Service, tariff: &Tariff) -> Title {
    let mut words = Words::default();
    match &tariff.price {
        Price::Amount(amount) => {
            let first = self::amount(service, tariff.per, *amount);
            words.push(first.ar, first.en);
        }
        Price::Bands(place, bands) => {
            for one in bands {
                let (ar, en) = band(service, *place, one.from, one.to);
                let price = self::amount(service, tariff.per, one.amount);
                words.push(format!("{ar}: {}", price.ar), format!("{en}: {}", price.en));
            }
        }
        Price::Percentage(place, share) => {
            let share = share_of(service, tariff.per, *place, share);
            words.push(share.ar, share.en);
        }
    }
    if let Some(further) = &tariff.further {
        let price = self::amount(service, tariff.per, further.amount);
        let after = further.after;
        words
            .push(format!("بعد أول {after}: {}", price.ar), format!("after the first {after}: {}", price.en));
    }
    words.join()
}

/// How much a rule takes, adds or rounds to.
pub(super) fn effect(effect: &Effect) -> Title {
    match effect {
        Effect::Incentive(measure) => {
            let of = self::measure(measure);
            title(format!("خصم {}", of.ar), format!("{} less", of.en))
        }
        Effect::Surcharge(measure, _) => {
            let of = self::measure(measure);
            title(format!("إضافة {}", of.ar), format!("{} more", of.en))
        }
        Effect::Rounding(rounding) => self::rounding(*rounding),
    }
}

fn measure(measure: &Measure) -> Title {
    match measure {
        Measure::Amount(amount) => title(format!("{amount} ج.م"), format!("EGP {amount}")),
        Measure::Share(share) => {
            let (percent, bounds) = self::share(share);
            title(percent.ar + &bounds.ar, percent.en + &bounds.en)
        }
    }
}

/// When a rule applies.
pub(super) fn rule(rule: &Rule) -> Title {
    let mut words = Words::default();
    let (ar, en) = ways(rule.ways);
    words.push(format!("طريقة الدفع: {ar}"), format!("paid by: {en}"));
    if rule.threshold.is_positive() {
        words.push(format!("لما يزيد على {}", rule.threshold), format!("owed above {}", rule.threshold));
    }
    for (names, ar, en) in [
        (&rule.services, "الخدمات", "services"),
        (&rule.exempt_services, "عدا الخدمات", "except services"),
        (&rule.exempt_authorities, "عدا الجهات", "except authorities"),
    ] {
        if !names.is_empty() {
            let names: Vec<&str> = names.iter().map(|(_, name)| &**name).collect();
            words.push(format!("{ar}: {}", names.join("، ")), format!("{en}: {}", names.join(", ")));
        }
    }
    if rule.exempt_governorates != 0 {
        let named = governorate::ALL.iter().enumerate();
        let named = named.filter(|(place, _)| rule.exempt_governorates >> place & 1 == 1);
        let (ar, en) = list(named.map(|(_, one)| (one.ar, one.en)));
        words.push(format!("عدا محافظات: {ar}"), format!("except governorates: {en}"));
    }
    if !rule.waivers.is_empty() {
        let names = rule.waivers.join(", ");
        words.push(format!("يسقط عند: {names}"), format!("waived during: {names}"));
    }
    words.join()
}

/// Ways to pay, as they are written in schedules.
pub(super) fn ways(ways: Ways) -> (String, String) {
    let named: Vec<String> = ways.iter().map(|(_, way)| format!("{}/{}", way.method, way.tender)).collect();
    (named.join("، "), named.join(", "))
}

/// A service's channels and when each governorate began.
pub(super) fn offer(service: &Service) -> Title {
    let mut words = Words::default();
    let (ar, en) = channels(service.channels);
    words.push(format!("القنوات: {ar}"), format!("channels: {en}"));
    let (ar, en) = ways(service.ways);
    words.push(format!("طرق الدفع: {ar}"), format!("paid by: {en}"));
    let began = service.governorates.iter().zip(&governorate::ALL);
    let (ar, en): (Vec<String>, Vec<String>) = began
        .filter_map(|(start, place)| start.map(|start| (place, start)))
        .map(|(place, start)| (format!("{} {start}", place.ar), format!("{} {start}", place.en)))
        .unzip();
    words.push(format!("المحافظات: {}", ar.join("، ")), format!("governorates: {}", en.join(", ")));
    words.join()
}
