//! The price: a request and the catalogue in, a bill or a refusal out. No clock, no randomness.
//!
//! Promises: Σ lines = total; a way's amount = total + Σ its adjustments, never below zero; nothing
//! is partly priced; what a service does not declare is refused. Cost: about a microsecond for one
//! item; no text is made unless the request is refused. Bounds: 1 to 10 items; amounts cannot
//! overflow, because [`check`](super::check) bounds the dearest outcome of every line.

mod facts;
mod lines;
mod ways;

use chrono::NaiveDate;

pub(super) use self::facts::Facts;
use super::{
    Bill, BillItem, Catalogue, Channel, ItemRequest, QuoteContext, QuoteRequest, Refusal, RefusalCode,
    governorate,
    schedule::{Schedule, Service},
    way::Ways,
};
use crate::money::{Currency, Piastres};

/// Items of a request, at most.
pub const LIMIT_ITEMS: usize = 10;

/// A price and for how long it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quoted {
    /// What was asked for, what it costs, and what each way to pay makes of it.
    pub bill: Bill,
    /// Seconds that it holds: the shortest of its items'.
    pub valid_secs: u32,
}

/// What holds for all items of a request.
struct Asked {
    channel: usize,
    governorate: usize,
    on: NaiveDate,
}

/// An item with what its price was computed from.
struct Priced<'c> {
    schedule: &'c Schedule,
    service: &'c Service,
    item: BillItem,
}

/// Computes a price.
pub fn quote(
    catalogue: &Catalogue,
    request: &QuoteRequest,
    context: &QuoteContext<'_>,
) -> Result<Quoted, Refusal> {
    let asked = read_head(request, context)?;
    let mut priced = Vec::with_capacity(request.items.len());
    for (number, item) in request.items.iter().enumerate() {
        priced.push(price(catalogue, &asked, number, item, context)?);
    }
    let ways = priced.iter().fold(Ways(u8::MAX), |ways, one| ways.and(one.service.ways));
    if ways.is_empty() {
        return Err(Refusal::new(
            RefusalCode::InvalidRequest,
            "/items".to_owned(),
            "لا توجد طريقة دفع تقبلها كل هذه الخدمات معًا؛ اطلب كلًا منها على حدة",
            "these services have no way to pay in common; ask for them separately",
        ));
    }
    let total: Piastres = priced.iter().map(|one| one.item.total).sum();
    let valid_secs = priced.iter().map(|one| one.service.valid_secs).min().unwrap_or(0);
    let methods = ways::methods(catalogue, &priced, ways, total, &asked, context.waivers);
    let bill = Bill {
        channel: Channel::ALL[asked.channel],
        governorate: catalogue.governorate_code(asked.governorate),
        on: asked.on,
        items: priced.into_iter().map(|one| one.item).collect(),
        total,
        currency: Currency::Egp,
        methods,
    };
    Ok(Quoted { bill, valid_secs })
}

fn read_head(request: &QuoteRequest, context: &QuoteContext<'_>) -> Result<Asked, Refusal> {
    let invalid = |pointer: &str, ar: &str, en: &str| {
        Err(Refusal::new(RefusalCode::InvalidRequest, pointer.to_owned(), ar, en))
    };
    let Some(channel) = Channel::ALL.iter().position(|channel| channel.code() == request.channel) else {
        let known = Channel::ALL.map(Channel::code).join(", ");
        let shown = shown(&request.channel);
        return invalid(
            "/channel",
            &format!("القناة {shown} غير معروفة؛ اكتب واحدة من: {known}"),
            &format!("channel {shown} is unknown; write one of: {known}"),
        );
    };
    let Some(governorate) = governorate::find(&request.governorate) else {
        let shown = shown(&request.governorate);
        return invalid(
            "/governorate",
            &format!("المحافظة {shown} غير معروفة؛ اكتب رمزها من رقمين كما في الرقم القومي، مثل 03"),
            &format!("governorate {shown} is unknown; write its two-digit national code, such as 03"),
        );
    };
    let on = match &request.on {
        None => context.today,
        Some(text) => {
            if let Some(on) = read_date(text) {
                on
            } else {
                let shown = shown(text);
                return invalid(
                    "/on",
                    &format!("{shown} ليس تاريخًا؛ اكتبه بالصورة 2026-11-21"),
                    &format!("{shown} is no date; write it as 2026-11-21"),
                );
            }
        }
    };
    if request.items.is_empty() || request.items.len() > LIMIT_ITEMS {
        let count = request.items.len();
        return invalid(
            "/items",
            &format!("عدد الخدمات المطلوبة {count}؛ اطلب من خدمة واحدة إلى {LIMIT_ITEMS}"),
            &format!("{count} items; ask for 1 to {LIMIT_ITEMS}"),
        );
    }
    Ok(Asked { channel, governorate, on })
}

/// `YYYY-MM-DD` and nothing else.
fn read_date(text: &str) -> Option<NaiveDate> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let number = |from: usize, to: usize| {
        bytes[from..to]
            .iter()
            .try_fold(0_u32, |number, b| b.is_ascii_digit().then(|| number * 10 + u32::from(b - b'0')))
    };
    let year = i32::try_from(number(0, 4)?).ok()?;
    NaiveDate::from_ymd_opt(year, number(5, 7)?, number(8, 10)?)
}

fn price<'c>(
    catalogue: &'c Catalogue,
    asked: &Asked,
    number: usize,
    item: &ItemRequest,
    context: &QuoteContext<'_>,
) -> Result<Priced<'c>, Refusal> {
    let (schedule, service) = find(catalogue, asked, number, item)?;
    let facts = Facts::read(service, asked, number, item, context)?;
    let lines = lines::lines(service, &facts, number)?;
    let item = BillItem {
        service: service.code.clone(),
        title: service.title.clone(),
        delivery: facts.delivery.map(|place| service.deliveries[place].code.clone()),
        quantity: facts.quantity,
        exemption: facts.exemption.map(|exemption| exemption.code.clone()),
        total: lines.iter().map(|line| line.amount).sum(),
        schedule: schedule.reference.clone(),
        lines,
    };
    Ok(Priced { schedule, service, item })
}

/// The service as published for the date, if it is offered there and this way.
fn find<'c>(
    catalogue: &'c Catalogue,
    asked: &Asked,
    number: usize,
    item: &ItemRequest,
) -> Result<(&'c Schedule, &'c Service), Refusal> {
    let code = &item.service;
    let on = asked.on;
    let Some((schedule, service)) = catalogue.service(code, on) else {
        return Err(not_in_force(catalogue, on, number, code));
    };
    let refused = |pointer: &str, ar: &str, en: &str| {
        Err(Refusal::new(RefusalCode::ServiceNotOffered, pointer.to_owned(), ar, en))
    };
    let place = governorate::ALL[asked.governorate];
    match service.governorates[asked.governorate] {
        Some(start) if start <= on => {}
        Some(start) => {
            return refused(
                "/governorate",
                &format!("تبدأ الخدمة {code} في {} بتاريخ {start}", place.ar),
                &format!("{code} is offered in {} from {start} only", place.en),
            );
        }
        None => {
            return refused(
                "/governorate",
                &format!("الخدمة {code} غير متاحة في {}", place.ar),
                &format!("{code} is not offered in {}", place.en),
            );
        }
    }
    if service.channels >> asked.channel & 1 == 0 {
        let channel = Channel::ALL[asked.channel];
        return refused(
            "/channel",
            &format!("الخدمة {code} غير متاحة عبر القناة {channel}"),
            &format!("{code} is not offered by the channel {channel}"),
        );
    }
    Ok((schedule, service))
}

/// Unknown altogether, or without a price for the date.
fn not_in_force(catalogue: &Catalogue, on: NaiveDate, number: usize, code: &str) -> Refusal {
    let pointer = format!("/items/{number}/service");
    if catalogue.knows_service(code) {
        return Refusal::new(
            RefusalCode::ServiceNotOffered,
            pointer,
            &format!("لا توجد رسوم منشورة للخدمة {code} بتاريخ {on}"),
            &format!("no price of {code} is published for {on}"),
        );
    }
    let shown = shown(code);
    Refusal::new(
        RefusalCode::ServiceUnknown,
        pointer,
        &format!("الخدمة {shown} غير معروفة؛ الخدمات المتاحة في GET /v1/services"),
        &format!("service {shown} is unknown; GET /v1/services lists those there are"),
    )
}

/// A caller's text in quotes, cut so that a message stays readable.
fn shown(text: &str) -> String {
    let cut: String = text.chars().take(40).collect();
    format!("{cut:?}")
}
