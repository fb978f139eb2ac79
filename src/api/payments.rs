//! Payments: made of a quote, read, listed, cancelled.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use utoipa::{IntoParams, ToSchema};

use super::{
    Api,
    checks::{Loopback, card_number, holds_card_number, mobile, national_id, own_text, url},
    codes::Code,
    events::EventView,
    extract::{Call, Id, Keyed, NoParams, Params},
    keys::Key,
    negotiate::Media,
    once::REPLAYED,
    pages::{List, Paging},
    problem::{Fault, Place, Problem, words},
    read::{self, Json as Value, Object, text, whole, word},
};
use crate::{
    calendar::{self, BusinessDay},
    fees::Title,
    ids::{PaymentId, QuoteId},
    payments::{
        Capture, Language, Payment, PaymentStatus,
        view::{self, PaymentView},
    },
    reference::Reference,
    store::PaymentFilter,
    switch::{Answered, Payer, PaymentOrder, SwitchError, settings::Mode},
};

/// The least and the most seconds that a payment can be paid in: a second and thirty days.
const EXPIRES_IN: (i64, i64) = (1, 30 * 24 * 60 * 60);
/// How long a client's reference may be, in characters.
const LONGEST_REFERENCE: usize = 100;
/// How many pairs of metadata there may be.
const MOST_METADATA: usize = 20;
/// How long a key of metadata may be, in characters.
const LONGEST_METADATA_KEY: usize = 40;
/// How long a value of metadata may be, in characters.
const LONGEST_METADATA_VALUE: usize = 500;

/// What a payment is made of. All but `quote` may be left out.
#[derive(Debug, ToSchema)]
#[schema(as = PaymentRequest)]
#[expect(dead_code, reason = "read by the document only; orders are read field by field")]
pub struct PaymentRequest {
    /// The quote to bind. It is used by one payment.
    quote: QuoteId,
    /// Your own reference: 1 to 100 characters, no card number.
    #[schema(required = false, min_length = 1, max_length = 100, example = "PORTAL-2026-000123")]
    client_reference: Option<String>,
    /// Where the browser goes when it is done: `https` (in demo mode also `http` on loopback).
    #[schema(required = false, example = "https://portal.example/done")]
    return_url: Option<String>,
    /// The language of pages and messages; `ar` unless given.
    #[schema(required = false)]
    language: Option<Language>,
    /// The payer. Never comes back in full.
    #[schema(required = false)]
    payer: Option<PayerRequest>,
    /// When the money is taken; `automatic` unless given. `manual` is refused for now.
    #[schema(required = false)]
    capture: Option<Capture>,
    /// For how many seconds it can be paid; 86,400 unless given.
    #[schema(required = false, minimum = 1, maximum = 2_592_000)]
    expires_in: Option<i64>,
    /// Your own pairs: at most 20, keys of 1 to 40 characters, values of at most 500, no card number.
    #[schema(required = false)]
    metadata: Option<BTreeMap<String, String>>,
}

/// The payer, as far as the switch needs to know.
#[derive(Debug, ToSchema)]
#[schema(as = PayerRequest)]
#[expect(dead_code, reason = "read by the document only; orders are read field by field")]
pub struct PayerRequest {
    /// The name, 1 to 200 characters.
    #[schema(required = false, min_length = 1, max_length = 200)]
    name: Option<String>,
    /// An Egyptian mobile number. Arabic-Indic digits are read too.
    #[schema(required = false, pattern = "^01[0125][0-9]{8}$", example = "01001234567")]
    mobile: Option<String>,
    /// A national id: structure, date and governorate are checked, its last digit is not.
    #[schema(required = false, pattern = "^[23][0-9]{13}$", example = "29801011234567")]
    national_id: Option<String>,
}

/// Makes a payment
///
/// Binds a quote. Nothing is computed again: the payment is for what the quote said.
#[utoipa::path(post, path = "/v1/payments", tag = "Payments", request_body = PaymentRequest,
    responses((status = 201, description = "The payment", body = PaymentView)))]
pub async fn make_payment(State(api): State<Api>, call: Call) -> Result<Response, Problem> {
    let today = calendar::cairo_date(api.switch.clock().now());
    let mode = api.switch.settings().mode;
    let order = read::body(&call.body, |object| order(object, today, mode))?;
    if order.capture == Capture::Manual {
        let detail = words(
            "\"manual\" is not available yet; write \"automatic\"",
            "القيمة \"manual\" غير متاحة بعد؛ اكتب \"automatic\"",
        );
        return Err(Problem::field("/capture", detail));
    }
    if call.key.is_bound() {
        let quote = api.switch.find_quote(order.quote).await.map_err(unknown_quote)?;
        if !call.key.allows(&quote.bill.items) {
            return Err(Problem::new(
                Code::Forbidden,
                "the key is bound to other services than those of the quote",
                "المفتاح مقصور على خدمات غير التي في عرض الرسوم",
            ));
        }
    }
    let answered = api.switch.create_payment(&call.key.caller, order, call.once).await;
    Ok(answer(answered.map_err(unknown_quote)?))
}

/// A quote that is not there is pointed at: the path is right, the body is not.
fn unknown_quote(error: SwitchError) -> Problem {
    match error {
        SwitchError::NotFound(what @ "quote") => {
            let detail = words("is the id of no quote", "لا يوجد عرض رسوم بهذا المعرّف");
            let fault = Fault { pointer: "/quote".to_owned(), place: Place::Body, detail };
            Problem { faults: vec![fault], ..Problem::not_found(what) }
        }
        other => other.into(),
    }
}

/// What the switch answers, byte for byte.
pub fn answer(answered: Answered) -> Response {
    let status = StatusCode::from_u16(answered.status).unwrap_or(StatusCode::OK);
    let mut response = (status, answered.body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(Media::Json.content_type()));
    if answered.replayed {
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

fn order(object: &mut Object<'_>, today: NaiveDate, mode: Mode) -> Option<PaymentOrder> {
    let loopback = if mode == Mode::Demo { Loopback::Allowed } else { Loopback::Refused };
    let quote = object.required("quote", word::<QuoteId>);
    let client_reference = object.optional("client_reference", own_text(1, LONGEST_REFERENCE));
    let return_url = object.optional("return_url", url(loopback));
    let language = object.optional("language", language);
    let payer = object.object("payer", |payer| {
        let name = payer.optional("name", own_text(1, 200));
        let mobile = payer.optional("mobile", mobile);
        let national_id = payer.optional("national_id", national_id(today));
        Some(Payer { name: name?, mobile: mobile?, national_id: national_id? })
    });
    let capture = object.optional("capture", capture);
    let expires_in = object.optional("expires_in", whole(EXPIRES_IN.0, EXPIRES_IN.1));
    let metadata = object.object("metadata", metadata);
    Some(PaymentOrder {
        quote: quote?,
        client_reference: client_reference?,
        return_url: return_url?,
        language: language?.unwrap_or_default(),
        payer: payer?,
        capture: capture?.unwrap_or_default(),
        expires_in_secs: expires_in?,
        metadata: metadata?.unwrap_or_default(),
    })
}

fn one_of<T: Copy>(all: &[T], code: impl Fn(T) -> &'static str) -> impl Fn(&Value) -> Result<T, Title> {
    move |json| {
        let Value::Text(text) = json else { return Err(json.refused("a string", "نص")) };
        all.iter().copied().find(|one| code(*one) == text).ok_or_else(|| {
            let names = all.iter().map(|one| code(*one)).collect::<Vec<_>>().join(", ");
            words(format!("must be one of {names}"), format!("يجب أن تكون القيمة إحدى: {names}"))
        })
    }
}

fn language(json: &Value) -> Result<Language, Title> {
    one_of(&[Language::Ar, Language::En], Language::code)(json)
}

fn capture(json: &Value) -> Result<Capture, Title> {
    one_of(&[Capture::Automatic, Capture::Manual], Capture::code)(json)
}

fn metadata(object: &mut Object<'_>) -> Option<BTreeMap<String, String>> {
    let mut pairs = BTreeMap::new();
    let mut sound = true;
    if object.pairs().len() > MOST_METADATA {
        let detail =
            words(format!("more than {MOST_METADATA} pairs"), format!("عدد العناصر أكبر من {MOST_METADATA}"));
        object.faults().add(object.pointer(), detail);
        sound = false;
    }
    for (name, json) in object.pairs() {
        let key = own_text(1, LONGEST_METADATA_KEY)(&Value::Text(name.clone()));
        let value = key.and_then(|_| own_text(0, LONGEST_METADATA_VALUE)(json));
        match value {
            // Without the name: it could be what must not come in.
            Err(detail) if holds_card_number(name) => {
                object
                    .faults()
                    .add(object.pointer(), if detail == card_number() { detail } else { card_number() });
                sound = false;
            }
            Err(detail) => {
                object.faults().add(object.pointer_to(name), detail);
                sound = false;
            }
            Ok(value) => {
                pairs.insert(name.clone(), value);
            }
        }
    }
    object.know_all();
    sound.then_some(pairs)
}

/// A payment that the caller's key may see.
pub async fn seen(api: &Api, key: &Key, id: PaymentId) -> Result<Payment, Problem> {
    let payment = api.switch.payment(&key.caller, id).await?;
    if key.allows(&payment.bill.items) { Ok(payment) } else { Err(Problem::not_found("payment")) }
}

/// Shows a payment
#[utoipa::path(get, path = "/v1/payments/{id}", tag = "Payments", params(("id" = PaymentId, Path)),
    responses((status = 200, description = "The payment", body = PaymentView)))]
pub async fn read_payment(
    State(api): State<Api>,
    NoParams: NoParams,
    Keyed(key): Keyed,
    Id(id): Id<PaymentId>,
) -> Result<Json<PaymentView>, Problem> {
    let payment = seen(&api, &key, id).await?;
    Ok(Json(view::payment(&payment, api.switch.links())))
}

/// Which payments. What is not given does not narrow the list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the document only")]
pub struct PaymentQuery {
    /// The payment's own reference.
    #[param(pattern = "^[1-9][0-9]{15}$")]
    reference: Option<String>,
    /// The client's reference.
    client_reference: Option<String>,
    /// A provider's reference of one of its attempts.
    provider_reference: Option<String>,
    /// Where it stands.
    #[param(inline)]
    status: Option<PaymentStatus>,
    /// A service that it pays.
    service: Option<String>,
    /// The two-digit code of the governorate it was asked for in.
    governorate: Option<String>,
    /// Made at or after: a date (Africa/Cairo) or a time (RFC 3339).
    from: Option<String>,
    /// Made on or before this date (Africa/Cairo), or before this time (RFC 3339).
    to: Option<String>,
}

/// Lists payments
///
/// The newest first. Payments that are made while you page do not move the pages.
#[utoipa::path(get, path = "/v1/payments", tag = "Payments", params(PaymentQuery, Paging),
    responses((status = 200, description = "The payments", body = List<PaymentView>)))]
pub async fn list_payments(
    State(api): State<Api>,
    Keyed(key): Keyed,
    Params(params): Params,
) -> Result<Json<List<PaymentView>>, Problem> {
    let (mut filter, paging) = read::query(params, |query| {
        let reference = query.optional("reference", word::<Reference>);
        let client_reference = query.optional("client_reference", text(1, LONGEST_REFERENCE));
        let provider_reference = query.optional("provider_reference", text(1, 100));
        let status = query.optional("status", word::<PaymentStatus>);
        let service = query.optional("service", text(1, 200));
        let governorate = query.optional("governorate", text(1, 10));
        let from = query.optional("from", |json| instant(json, Edge::From));
        let to = query.optional("to", |json| instant(json, Edge::To));
        let paging = Paging::read(query);
        let filter = PaymentFilter {
            reference: reference?,
            client_reference: client_reference?,
            provider_reference: provider_reference?,
            status: status?,
            service: service?,
            governorate: governorate?,
            from: from?,
            to: to?,
            owner: None,
        };
        Some((filter, paging?))
    })?;
    filter.owner = key.owner();
    let mut page = api.switch.store().payments(&filter, &paging.stored("payments")?, paging.limit).await?;
    page.items.retain(|payment| key.sees(payment));
    Ok(Json(paging.page("payments", page, |payment| view::payment(&payment, api.switch.links()))))
}

/// Which end of a span of time a date means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    From,
    To,
}

/// A date as the instant that its day begins, or, as the end of a span, ends; or a time as it is.
fn instant(json: &Value, edge: Edge) -> Result<DateTime<Utc>, Title> {
    let text = text(1, 40)(json)?;
    if let Ok(day) = text.parse::<BusinessDay>() {
        let day = if edge == Edge::To { day.next() } else { day };
        return Ok(calendar::instant(day.0, NaiveTime::MIN));
    }
    DateTime::parse_from_rfc3339(&text).map(|at| at.with_timezone(&Utc)).map_err(|_| {
        words(
            "is neither a date (YYYY-MM-DD) nor a time (RFC 3339, as 2026-11-21T10:00:00Z)",
            "ليس تاريخًا بالصيغة YYYY-MM-DD ولا وقتًا بالصيغة 2026-11-21T10:00:00Z",
        )
    })
}

/// Lists a payment's events
///
/// In their order, oldest first, as they are sent to webhook endpoints.
#[utoipa::path(get, path = "/v1/payments/{id}/events", tag = "Payments",
    params(("id" = PaymentId, Path), Paging),
    responses((status = 200, description = "The events", body = List<EventView>)))]
pub async fn list_payment_events(
    State(api): State<Api>,
    Keyed(key): Keyed,
    Id(id): Id<PaymentId>,
    Params(params): Params,
) -> Result<Json<List<EventView>>, Problem> {
    let paging = read::query(params, Paging::read)?;
    seen(&api, &key, id).await?;
    let events = api.switch.store().events_of(id).await?;
    let events = events.iter().map(EventView::of).collect();
    Ok(Json(paging.cut("payment-events", events, |event| format!("{:020}", event.sequence))?))
}

/// Cancels a payment
///
/// Withdraws a payment that has not been paid, at the provider too. Money that comes nevertheless is
/// booked and given back.
#[utoipa::path(post, path = "/v1/payments/{id}/cancel", tag = "Payments", params(("id" = PaymentId, Path)),
    responses((status = 200, description = "The payment", body = PaymentView)))]
pub async fn cancel_payment(
    State(api): State<Api>,
    Id(id): Id<PaymentId>,
    call: Call,
) -> Result<Response, Problem> {
    read::empty_body(&call.body)?;
    if call.key.is_bound() {
        seen(&api, &call.key, id).await?;
    }
    Ok(answer(api.switch.cancel_payment(&call.key.caller, id, Some(call.once)).await?))
}
