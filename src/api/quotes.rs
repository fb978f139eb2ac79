//! Quotes: what a basket costs, line by line, and by each way to pay. Open to anybody.

use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Api,
    extract::{Body, Id, NoParams},
    problem::{Problem, words},
    read::{self, Json as Value, Object},
};
use crate::{
    change::Quote,
    fees::{BillItem, Channel, Given, ItemRequest, MethodPrice, Options, QuoteRequest, Title},
    ids::QuoteId,
    money::{Currency, Piastres},
    payments::view::utc,
};

/// How many characters a word of a quote may have; the schedules know none as long.
const LONGEST_WORD: usize = 200;

/// A quote.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quote)]
pub struct QuoteView {
    /// Its id.
    pub id: QuoteId,
    /// Where the service was asked for.
    pub channel: Channel,
    /// The two-digit code of the governorate.
    pub governorate: String,
    /// The date whose prices these are.
    pub on: chrono::NaiveDate,
    /// What was asked for, and what each part costs.
    pub items: Vec<BillItem>,
    /// Σ of the items.
    pub total: Piastres,
    /// Always EGP.
    pub currency: Currency,
    /// The ways to pay, each with its amount.
    pub methods: Vec<MethodPrice>,
    /// When it was made.
    #[serde(serialize_with = "utc")]
    pub created_at: DateTime<Utc>,
    /// Until when a payment can bind it.
    #[serde(serialize_with = "utc")]
    pub expires_at: DateTime<Utc>,
}

impl From<Quote> for QuoteView {
    fn from(quote: Quote) -> Self {
        let bill = std::sync::Arc::unwrap_or_clone(quote.bill);
        Self {
            id: quote.id,
            channel: bill.channel,
            governorate: bill.governorate.to_string(),
            on: bill.on,
            items: bill.items,
            total: bill.total,
            currency: bill.currency,
            methods: bill.methods,
            created_at: quote.created_at,
            expires_at: quote.expires_at,
        }
    }
}

/// Makes a quote
///
/// Computes what one to ten services cost by the schedules in force, and keeps it until it expires.
/// Limited by address; takes no idempotency key, because a quote binds nobody.
#[utoipa::path(post, path = "/v1/quotes", tag = "Quotes", request_body = QuoteRequest,
    responses((status = 201, description = "The quote", body = QuoteView)))]
pub async fn make_quote(
    State(api): State<Api>,
    NoParams: NoParams,
    Body(bytes): Body,
) -> Result<(StatusCode, Json<QuoteView>), Problem> {
    let request = read::body(&bytes, request)?;
    let quote = api.switch.quote(&request).await?;
    Ok((StatusCode::CREATED, Json(quote.into())))
}

/// Shows a quote
#[utoipa::path(get, path = "/v1/quotes/{id}", tag = "Quotes", params(("id" = QuoteId, Path)),
    responses((status = 200, description = "The quote", body = QuoteView)))]
pub async fn read_quote(
    State(api): State<Api>,
    NoParams: NoParams,
    Id(id): Id<QuoteId>,
) -> Result<Json<QuoteView>, Problem> {
    Ok(Json(api.switch.find_quote(id).await?.into()))
}

fn word(json: &Value) -> Result<String, Title> {
    read::text(0, LONGEST_WORD)(json)
}

fn request(object: &mut Object<'_>) -> Option<QuoteRequest> {
    let channel = object.required("channel", word);
    let governorate = object.required("governorate", word);
    let on = object.optional("on", word);
    let items = object.objects("items", item);
    Some(QuoteRequest { channel: channel?, governorate: governorate?, on: on?, items: items? })
}

fn item(object: &mut Object<'_>) -> Option<ItemRequest> {
    let service = object.required("service", word);
    let delivery = object.optional("delivery", word);
    let options = object.object("options", options);
    let quantity = object.optional("quantity", |json| Ok(given(json)));
    let exemption = object.optional("exemption", word);
    let assessment = object.optional("assessment", word);
    Some(ItemRequest {
        service: service?,
        delivery: delivery?,
        options: options?.unwrap_or_default(),
        quantity: quantity?,
        exemption: exemption?,
        assessment: assessment?,
    })
}

/// The options of an item: their names are the schedule's, so which are known is decided there.
fn options(object: &mut Object<'_>) -> Option<Options> {
    let mut given_options = Vec::new();
    let mut sound = true;
    for (name, json) in object.pairs() {
        if name.chars().count() > LONGEST_WORD || name.chars().any(char::is_control) {
            let detail = words("is not the name of an option", "ليس اسم اختيار");
            object.faults().add(object.pointer_to(name), detail);
            sound = false;
        } else if let Value::Text(_) = json
            && let Err(detail) = word(json)
        {
            object.faults().add(object.pointer_to(name), detail);
            sound = false;
        } else {
            given_options.push((name.clone(), given(json)));
        }
    }
    object.know_all();
    sound.then_some(Options(given_options))
}

fn given(json: &Value) -> Given {
    match json {
        Value::Text(text) => Given::Text(text.clone()),
        Value::Number(Some(number)) => Given::Integer(*number),
        Value::Number(None) => Given::Unusable("a number with a fraction or an exponent, or too large a one"),
        Value::Bool(_) => Given::Unusable("true or false"),
        Value::Null => Given::Unusable("null"),
        Value::List(_) => Given::Unusable("an array"),
        Value::Object(_) => Given::Unusable("an object"),
    }
}
