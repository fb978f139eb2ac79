//! What a price depends on: the request's words turned into numbers against what the service
//! declares, with its defaults, or refused with the field that is wrong.

use super::{Asked, shown};
use crate::{
    fees::{
        Assessment, Given, ItemRequest, QuoteContext, Refusal, RefusalCode,
        schedule::{
            Allowed, Choosable, Condition, Exemption, LIMIT_OPTIONS, Per, Price, Service, Shape, Tariff,
        },
    },
    money::Piastres,
};

/// What is known about one item.
pub(in crate::fees) struct Facts<'c> {
    channel: usize,
    governorate: usize,
    /// The place of the delivery, where the service declares any.
    pub(super) delivery: Option<usize>,
    /// How many units.
    pub(super) quantity: u32,
    /// What takes lines away.
    pub(super) exemption: Option<&'c Exemption>,
    values: [i64; LIMIT_OPTIONS],
    known: u16,
}

/// The item that a refusal is about.
struct Item<'r> {
    number: usize,
    request: &'r ItemRequest,
    assessment: Option<&'r Assessment>,
}

impl<'c> Facts<'c> {
    pub(super) fn read(
        service: &'c Service,
        asked: &Asked,
        number: usize,
        request: &ItemRequest,
        context: &QuoteContext<'_>,
    ) -> Result<Self, Refusal> {
        let item = Item { number, request, assessment: assessment(service, number, request, context)? };
        let mut facts = Self {
            channel: asked.channel,
            governorate: asked.governorate,
            delivery: delivery(service, &item)?,
            quantity: quantity(service, &item)?,
            exemption: None,
            values: [0; LIMIT_OPTIONS],
            known: 0,
        };
        let mut used = 0;
        for (place, option) in service.options.iter().enumerate() {
            used += usize::from(request.options.get(&option.code).is_some());
            if let Some(value) = value(option, facts.meets(&option.when), &item)? {
                facts.tell(place, value);
            }
        }
        if used < request.options.0.len() {
            return Err(undeclared_option(service, &item));
        }
        facts.exemption = exemption(service, &item)?;
        if let Some(assessment) = item.assessment {
            facts.uses(service, assessment, &item)?;
        }
        Ok(facts)
    }

    /// What is known before any option is told, for the checks of a schedule.
    pub(in crate::fees) fn bare(
        channel: usize,
        governorate: usize,
        delivery: Option<usize>,
        quantity: u32,
    ) -> Self {
        Self {
            channel,
            governorate,
            delivery,
            quantity,
            exemption: None,
            values: [0; LIMIT_OPTIONS],
            known: 0,
        }
    }

    /// Tells an option's value.
    pub(in crate::fees) fn tell(&mut self, place: usize, value: i64) {
        self.values[place] = value;
        self.known |= 1 << place;
    }

    /// Takes an option's value back.
    pub(in crate::fees) fn forget(&mut self, place: usize) {
        self.known &= !(1 << place);
    }

    /// The value of an option, where it is asked for.
    pub(in crate::fees) fn value(&self, place: usize) -> Option<i64> {
        (self.known >> place & 1 == 1).then(|| self.values[place])
    }

    /// Whether a condition holds. One on an option that is not asked for does not.
    pub(in crate::fees) fn meets(&self, condition: &Condition) -> bool {
        let delivery = self.delivery.is_none_or(|place| condition.deliveries >> place & 1 == 1);
        let (least, most) = condition.quantity;
        condition.channels >> self.channel & 1 == 1
            && condition.governorates >> self.governorate & 1 == 1
            && delivery
            && (least..=most).contains(&self.quantity)
            && condition.options.iter().all(|(place, allowed): &(usize, Allowed)| {
                self.value(*place).is_some_and(|value| allowed.admits(value))
            })
    }

    /// Whether a line applies: its condition holds and the options that it is computed from are
    /// asked for.
    pub(in crate::fees) fn charges(&self, tariff: &Tariff) -> bool {
        let has_measure = match tariff.price {
            Price::Amount(_) => true,
            Price::Bands(place, _) | Price::Percentage(place, _) => self.value(place).is_some(),
        };
        let has_count = match tariff.per {
            Per::Item | Per::Quantity => true,
            Per::Option(place) => self.value(place).is_some_and(|count| count > 0),
        };
        has_measure && has_count && self.meets(&tariff.when)
    }

    /// Refuses an assessment of which something has no use here: it was made for another case.
    fn uses(&self, service: &Service, assessment: &Assessment, item: &Item<'_>) -> Result<(), Refusal> {
        let used = |name: &str| {
            let place = service.options.iter().position(|option| *option.code == *name);
            place.is_some_and(|place| service.options[place].attested && self.value(place).is_some())
        };
        let unused = assessment.inputs.0.iter().find(|(name, _)| !used(name));
        let grants = assessment.exemption.is_some();
        if let Some((name, _)) = unused {
            let name = shown(name);
            return Err(item.assessment_invalid(
                &format!("يذكر التقدير القيمة {name} التي لا تُطلب هنا"),
                &format!("the assessment tells {name}, which is not asked for here"),
            ));
        }
        if assessment.inputs.0.is_empty() && !grants {
            return Err(item.assessment_invalid(
                "لا تطلب هذه الخدمة تقديرًا بهذه الاختيارات؛ احذفه",
                "nothing here asks for an assessment; leave it out",
            ));
        }
        Ok(())
    }
}

impl Item<'_> {
    fn refuse(&self, code: RefusalCode, field: &str, ar: &str, en: &str) -> Refusal {
        Refusal::new(code, format!("/items/{}/{field}", self.number), ar, en)
    }

    fn option_invalid(&self, field: &str, ar: &str, en: &str) -> Refusal {
        self.refuse(RefusalCode::OptionInvalid, field, ar, en)
    }

    fn assessment_invalid(&self, ar: &str, en: &str) -> Refusal {
        self.refuse(RefusalCode::AssessmentInvalid, "assessment", ar, en)
    }
}

/// The assessment that the item names: known, and made for this service.
fn assessment<'r>(
    service: &Service,
    number: usize,
    request: &'r ItemRequest,
    context: &QuoteContext<'r>,
) -> Result<Option<&'r Assessment>, Refusal> {
    let Some(id) = &request.assessment else { return Ok(None) };
    let found = context.assessments.iter().find(|known| known.id == *id && *known.service == *service.code);
    if found.is_none() {
        let (id, item) = (shown(id), Item { number, request, assessment: None });
        return Err(item.assessment_invalid(
            &format!("لا يوجد تقدير سارٍ برقم {id} لهذه الخدمة"),
            &format!("there is no valid assessment {id} for this service"),
        ));
    }
    Ok(found)
}

fn delivery(service: &Service, item: &Item<'_>) -> Result<Option<usize>, Refusal> {
    let known = || service.deliveries.iter().map(|one| &*one.code).collect::<Vec<_>>().join(", ");
    let Some(asked) = &item.request.delivery else {
        if service.deliveries.is_empty() || service.default_delivery.is_some() {
            return Ok(service.default_delivery);
        }
        return Err(item.option_invalid(
            "delivery",
            &format!("اختر طريقة الاستلام: {}", known()),
            &format!("choose a delivery: {}", known()),
        ));
    };
    let place = service.deliveries.iter().position(|one| *one.code == **asked);
    if place.is_some() {
        return Ok(place);
    }
    let asked = shown(asked);
    Err(if service.deliveries.is_empty() {
        item.option_invalid(
            "delivery",
            "لهذه الخدمة طريقة استلام واحدة؛ احذف delivery",
            "this service has one delivery only; leave it out",
        )
    } else {
        item.option_invalid(
            "delivery",
            &format!("طريقة الاستلام {asked} غير متاحة؛ اختر واحدة من: {}", known()),
            &format!("delivery {asked} is not declared; choose one of: {}", known()),
        )
    })
}

fn quantity(service: &Service, item: &Item<'_>) -> Result<u32, Refusal> {
    let (least, most, default) =
        service.unit.as_ref().map_or((1, 1, 1), |unit| (unit.min, unit.max, unit.default));
    let Some(given) = &item.request.quantity else { return Ok(default) };
    if let Given::Integer(number) = given
        && let Ok(number) = u32::try_from(*number)
        && (least..=most).contains(&number)
    {
        return Ok(number);
    }
    let given = shown_value(given);
    Err(item.option_invalid(
        "quantity",
        &format!("العدد {given} غير مقبول؛ اكتب عددًا صحيحًا من {least} إلى {most}"),
        &format!("quantity {given} is not allowed; write a whole number from {least} to {most}"),
    ))
}

/// The value of an option; nothing where it is not asked for.
fn value(option: &Choosable, is_asked: bool, item: &Item<'_>) -> Result<Option<i64>, Refusal> {
    let given = item.request.options.get(&option.code);
    let field = || format!("options/{}", option.code);
    let (ar, en) = (&option.title.ar, &option.title.en);
    match (is_asked, given) {
        (false, None) => Ok(None),
        (false, Some(_)) => Err(item.option_invalid(
            &field(),
            &format!("«{ar}» لا يُطلب مع بقية الاختيارات؛ احذفه"),
            &format!("{en:?} is not asked for beside the other options; leave it out"),
        )),
        (true, _) if option.attested => attested(option, given, item).map(Some),
        (true, Some(given)) => match read(&option.shape, given) {
            Some(value) => Ok(Some(value)),
            None => Err(unreadable(option, given, item, &field())),
        },
        (true, None) => match option.default {
            Some(value) => Ok(Some(value)),
            None => Err(item.option_invalid(
                &field(),
                &format!("يجب ذكر «{ar}»: {}", wanted(&option.shape).0),
                &format!("{en:?} must be told: {}", wanted(&option.shape).1),
            )),
        },
    }
}

/// A value that only an assessment can tell.
fn attested(option: &Choosable, given: Option<&Given>, item: &Item<'_>) -> Result<i64, Refusal> {
    let (ar, en) = (&option.title.ar, &option.title.en);
    let Some(assessment) = item.assessment else {
        return Err(item.refuse(
            RefusalCode::AssessmentRequired,
            &format!("options/{}", option.code),
            &format!("تحدد الجهة المختصة «{ar}»؛ اطلب تقديرًا واذكر رقمه في assessment"),
            &format!("{en:?} is told by the authority; have it assessed and name the assessment"),
        ));
    };
    if given.is_some() {
        return Err(item.option_invalid(
            &format!("options/{}", option.code),
            &format!("يحدد التقدير «{ar}»؛ احذفه من الاختيارات"),
            &format!("{en:?} is told by the assessment; leave it out of the options"),
        ));
    }
    assessment.inputs.get(&option.code).and_then(|told| read(&option.shape, told)).ok_or_else(|| {
        item.assessment_invalid(
            &format!("لا يذكر التقدير «{ar}»، أو يذكره خارج حدوده"),
            &format!("the assessment does not tell {en:?}, or tells it out of bounds"),
        )
    })
}

/// A value as a number, if it is one that the option can take.
fn read(shape: &Shape, given: &Given) -> Option<i64> {
    match (shape, given) {
        (Shape::Choice(choices), Given::Text(text)) => {
            let place = choices.iter().position(|choice| *choice.code == **text)?;
            i64::try_from(place).ok()
        }
        (Shape::Integer(least, most), Given::Integer(number)) => {
            (least..=most).contains(&number).then_some(*number)
        }
        (Shape::Integer(least, most), Given::Text(text)) => {
            let number = canonical_integer(text)?;
            (*least..=*most).contains(&number).then_some(number)
        }
        (Shape::Amount(least, most), Given::Text(text)) => {
            let piastres = Piastres::parse(text).ok()?.get();
            (*least..=*most).contains(&piastres).then_some(piastres)
        }
        (Shape::Choice(_) | Shape::Amount(..), Given::Integer(_)) | (_, Given::Unusable(_)) => None,
    }
}

/// A whole number in quotes (a command line and a form know only texts): as it would be printed.
fn canonical_integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical = digits.len() <= 18
        && !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'));
    if canonical && text != "-0" { text.parse().ok() } else { None }
}

fn unreadable(option: &Choosable, given: &Given, item: &Item<'_>, field: &str) -> Refusal {
    let (given, (wanted_ar, wanted_en)) = (shown_value(given), wanted(&option.shape));
    item.option_invalid(
        field,
        &format!("القيمة {given} غير مقبولة؛ {wanted_ar}"),
        &format!("{given} is not allowed; {wanted_en}"),
    )
}

/// What can be written, in both languages.
fn wanted(shape: &Shape) -> (String, String) {
    match shape {
        Shape::Choice(choices) => {
            let codes: Vec<&str> = choices.iter().map(|choice| &*choice.code).collect();
            let codes = codes.join(", ");
            (format!("اكتب واحدة من: {codes}"), format!("write one of: {codes}"))
        }
        Shape::Integer(least, most) => (
            format!("اكتب عددًا صحيحًا من {least} إلى {most}"),
            format!("write a whole number from {least} to {most}"),
        ),
        Shape::Amount(least, most) => {
            let (least, most) = (Piastres::new(*least), Piastres::new(*most));
            (
                format!("اكتب مبلغًا نصًا برقمين عشريين من \"{least}\" إلى \"{most}\""),
                format!("write an amount as a string with two decimals from \"{least}\" to \"{most}\""),
            )
        }
    }
}

fn shown_value(given: &Given) -> String {
    match given {
        Given::Text(text) => shown(text),
        Given::Integer(number) => number.to_string(),
        Given::Unusable(what) => (*what).to_owned(),
    }
}

/// The first option that the service does not declare.
fn undeclared_option(service: &Service, item: &Item<'_>) -> Refusal {
    let declared = |name: &str| service.options.iter().any(|option| *option.code == *name);
    let name = item.request.options.0.iter().map(|(name, _)| name).find(|name| !declared(name));
    let name = name.map_or("", String::as_str);
    let known: Vec<&str> = service.options.iter().map(|option| &*option.code).collect();
    let (known, escaped) = (known.join(", "), name.replace('~', "~0").replace('/', "~1"));
    item.option_invalid(
        &format!("options/{escaped}"),
        &format!("لا تعرف هذه الخدمة {}؛ اختياراتها: {known}", shown(name)),
        &format!("this service declares no option {}; it has: {known}", shown(name)),
    )
}

fn exemption<'c>(service: &'c Service, item: &Item<'_>) -> Result<Option<&'c Exemption>, Refusal> {
    let granted = item.assessment.and_then(|assessment| assessment.exemption.as_ref());
    let Some(asked) = item.request.exemption.as_ref().or(granted) else { return Ok(None) };
    let Some(found) = service.exemptions.iter().find(|known| *known.code == **asked) else {
        let known: Vec<&str> = service.exemptions.iter().map(|known| &*known.code).collect();
        let (asked, known) = (shown(asked), if known.is_empty() { "-".to_owned() } else { known.join(", ") });
        return Err(item.option_invalid(
            "exemption",
            &format!("الإعفاء {asked} غير معروف لهذه الخدمة؛ المعروف: {known}"),
            &format!("this service declares no exemption {asked}; it has: {known}"),
        ));
    };
    let (ar, en) = (&found.title.ar, &found.title.en);
    if found.attested && item.assessment.is_none() {
        return Err(item.refuse(
            RefusalCode::AssessmentRequired,
            "exemption",
            &format!("تقرر الجهة المختصة «{ar}»؛ اطلب تقديرًا واذكر رقمه في assessment"),
            &format!("{en:?} is granted by the authority; have it assessed and name the assessment"),
        ));
    }
    if (found.attested || granted.is_some()) && granted != Some(asked) {
        return Err(item.assessment_invalid(
            &format!("لا يقرر التقدير «{ar}»"),
            &format!("the assessment does not grant {en:?}"),
        ));
    }
    Ok(Some(found))
}
