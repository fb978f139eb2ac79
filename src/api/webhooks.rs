//! Webhook endpoints: where events are sent, how they are signed, and what could not be delivered.

use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Api,
    events::pattern,
    extract::{Body, Id, Keyed, NoParams, Params},
    keys::Key,
    pages::{List, Paging},
    problem::{Problem, words},
    read::{self, Json as Value, Object, text},
};
use crate::{
    fees::Title,
    ids::{EventId, PaymentId, WebhookId},
    payments::view::{utc, utc_option},
    store::{DeliveryState, Endpoint, FailedDelivery},
    switch::{clock::fresh, settings::WebhookSettings, webhooks},
};

/// For how long deliveries are signed with the old secret too.
const OLD_SECRET: TimeDelta = TimeDelta::hours(24);
/// How many patterns an endpoint may have.
const MOST_EVENTS: usize = 50;
/// How many endpoints an owner may have.
const MOST_ENDPOINTS: usize = 100;

/// A webhook endpoint.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookEndpoint)]
pub struct EndpointView {
    /// Its id.
    pub id: WebhookId,
    /// Where deliveries go.
    pub url: String,
    /// Event types and patterns.
    pub events: Vec<String>,
    /// What it is for.
    pub description: Option<String>,
    /// `enabled`, or `disabled` after the receiver answered 410.
    pub status: &'static str,
    /// Why it is disabled.
    pub disabled_reason: Option<String>,
    /// Until when deliveries are signed with the old secret too.
    #[serde(serialize_with = "utc_option")]
    pub old_secret_until: Option<DateTime<Utc>>,
    /// When it was made.
    #[serde(serialize_with = "utc")]
    pub created_at: DateTime<Utc>,
}

/// A webhook endpoint and its secret, shown once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookEndpointWithSecret)]
pub struct EndpointWithSecret {
    /// Its id.
    pub id: WebhookId,
    /// Where deliveries go.
    pub url: String,
    /// Event types and patterns.
    pub events: Vec<String>,
    /// What it is for.
    pub description: Option<String>,
    /// `enabled`, or `disabled` after the receiver answered 410.
    pub status: &'static str,
    /// Until when deliveries are signed with the old secret too.
    #[serde(serialize_with = "utc_option")]
    pub old_secret_until: Option<DateTime<Utc>>,
    /// When it was made.
    #[serde(serialize_with = "utc")]
    pub created_at: DateTime<Utc>,
    /// What deliveries are signed with (Standard Webhooks). It is shown this once.
    #[schema(pattern = "^whsec_", example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    pub secret: String,
}

impl EndpointView {
    fn of(endpoint: &Endpoint, now: DateTime<Utc>) -> Self {
        Self {
            id: endpoint.id,
            url: endpoint.url.clone(),
            events: endpoint.events.clone(),
            description: endpoint.description.clone(),
            status: if endpoint.disabled.is_some() { "disabled" } else { "enabled" },
            disabled_reason: endpoint.disabled.as_ref().map(|(_, why)| why.clone()),
            old_secret_until: endpoint
                .previous_secret
                .as_ref()
                .map(|(_, until)| *until)
                .filter(|until| *until > now),
            created_at: endpoint.created_at,
        }
    }

    fn with_secret(self, secret: String) -> EndpointWithSecret {
        EndpointWithSecret {
            id: self.id,
            url: self.url,
            events: self.events,
            description: self.description,
            status: self.status,
            old_secret_until: self.old_secret_until,
            created_at: self.created_at,
            secret,
        }
    }
}

/// What a webhook endpoint is to be.
#[derive(Debug, ToSchema)]
#[schema(as = WebhookEndpointRequest)]
pub struct EndpointRequest {
    /// An https address whose host is public.
    #[schema(example = "https://portal.example/hooks")]
    url: String,
    /// 1 to 50 types or patterns: `payment.paid`, `payment.*`, `*`.
    #[schema(min_items = 1, max_items = 50, example = json!(["payment.*"]))]
    events: Vec<String>,
    /// What it is for, 1 to 200 characters.
    #[schema(required = false)]
    description: Option<String>,
}

fn request(object: &mut Object<'_>, settings: WebhookSettings) -> Option<EndpointRequest> {
    let url = object.required("url", |json| {
        let url = text(1, 2048)(json)?;
        webhooks::acceptable(&url, settings).map(|_| url).map_err(|why| {
            words(
                format!("cannot be told: {why}; write an https address whose host is public"),
                "لا يمكن الإرسال إلى هذا العنوان: المطلوب عنوان https لخادم عام",
            )
        })
    });
    let events = object.required("events", patterns);
    let description = object.optional("description", text(1, 200));
    Some(EndpointRequest { url: url?, events: events?, description: description? })
}

fn patterns(json: &Value) -> Result<Vec<String>, Title> {
    let Value::List(list) = json else {
        return Err(json.refused("an array of event types", "قائمة بأنواع الأحداث"));
    };
    if list.is_empty() || list.len() > MOST_EVENTS {
        return Err(words(
            format!("must hold 1 to {MOST_EVENTS} event types"),
            format!("يجب أن تحتوي القائمة على 1 إلى {MOST_EVENTS} من أنواع الأحداث"),
        ));
    }
    let read = |one: &Value| match one {
        Value::Text(text) => pattern(text),
        other => Err(other.refused("an event type", "نوع حدث")),
    };
    list.iter().map(read).collect()
}

/// Makes a webhook endpoint
///
/// Events that happen from now on are sent to it. The answer shows its secret, this once.
#[utoipa::path(post, path = "/v1/webhook-endpoints", tag = "Webhooks", request_body = EndpointRequest,
    responses((status = 201, description = "The endpoint", body = EndpointWithSecret)))]
pub async fn make_endpoint(
    State(api): State<Api>,
    NoParams: NoParams,
    Keyed(key): Keyed,
    Body(bytes): Body,
) -> Result<(StatusCode, Json<EndpointWithSecret>), Problem> {
    let settings = api.switch.settings().webhooks;
    let request = read::body(&bytes, |object| request(object, settings))?;
    let store = api.switch.store();
    if store.endpoints(Some(&key.caller.owner)).await?.len() >= MOST_ENDPOINTS {
        let detail = words(
            format!("you have {MOST_ENDPOINTS} endpoints already; delete one first"),
            format!("لديك {MOST_ENDPOINTS} نقطة استقبال بالفعل؛ احذف واحدة أولًا"),
        );
        return Err(Problem::field("", detail));
    }
    let (id, now, secret) = (WebhookId::new(fresh()), api.switch.clock().now(), webhooks::new_secret());
    let endpoint = Endpoint {
        id,
        owner: key.caller.owner.clone(),
        url: request.url,
        events: request.events,
        description: request.description,
        secret: api.switch.seal_secret(id, &secret),
        previous_secret: None,
        created_at: now,
        disabled: None,
    };
    store.insert_endpoint(&endpoint).await?;
    Ok((StatusCode::CREATED, Json(EndpointView::of(&endpoint, now).with_secret(secret))))
}

/// Lists webhook endpoints
#[utoipa::path(get, path = "/v1/webhook-endpoints", tag = "Webhooks", params(Paging),
    responses((status = 200, description = "Your endpoints", body = List<EndpointView>)))]
pub async fn list_endpoints(
    State(api): State<Api>,
    Keyed(key): Keyed,
    Params(params): Params,
) -> Result<Json<List<EndpointView>>, Problem> {
    let paging = read::query(params, Paging::read)?;
    let mut endpoints = api.switch.store().endpoints(key.owner().as_deref()).await?;
    endpoints.sort_by_key(|endpoint| endpoint.id);
    let now = api.switch.clock().now();
    let views = endpoints.iter().map(|endpoint| EndpointView::of(endpoint, now)).collect();
    Ok(Json(paging.cut("webhook-endpoints", views, |endpoint| endpoint.id.to_string())?))
}

async fn mine(api: &Api, key: &Key, id: WebhookId) -> Result<Endpoint, Problem> {
    let endpoint = api.switch.store().endpoint(id).await?;
    endpoint
        .filter(|endpoint| key.caller.sees_all || endpoint.owner == key.caller.owner)
        .ok_or_else(|| Problem::not_found("webhook endpoint"))
}

/// Shows a webhook endpoint
#[utoipa::path(get, path = "/v1/webhook-endpoints/{id}", tag = "Webhooks", params(("id" = WebhookId, Path)),
    responses((status = 200, description = "The endpoint, without its secret", body = EndpointView)))]
pub async fn read_endpoint(
    State(api): State<Api>,
    NoParams: NoParams,
    Keyed(key): Keyed,
    Id(id): Id<WebhookId>,
) -> Result<Json<EndpointView>, Problem> {
    let endpoint = mine(&api, &key, id).await?;
    Ok(Json(EndpointView::of(&endpoint, api.switch.clock().now())))
}

/// Deletes a webhook endpoint
///
/// Nothing more is sent to it, not even what is waiting.
#[utoipa::path(delete, path = "/v1/webhook-endpoints/{id}", tag = "Webhooks", params(("id" = WebhookId, Path)),
    responses((status = 204, description = "It is gone")))]
pub async fn delete_endpoint(
    State(api): State<Api>,
    NoParams: NoParams,
    Keyed(key): Keyed,
    Id(id): Id<WebhookId>,
) -> Result<StatusCode, Problem> {
    mine(&api, &key, id).await?;
    api.switch.store().delete_endpoint(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes an endpoint's secret
///
/// Deliveries are signed with both secrets for 24 hours.
#[utoipa::path(post, path = "/v1/webhook-endpoints/{id}/rotate-secret", tag = "Webhooks",
    params(("id" = WebhookId, Path)),
    responses((status = 200, description = "The endpoint with its new secret", body = EndpointWithSecret)))]
pub async fn rotate_secret(
    State(api): State<Api>,
    NoParams: NoParams,
    Keyed(key): Keyed,
    Id(id): Id<WebhookId>,
    Body(bytes): Body,
) -> Result<Json<EndpointWithSecret>, Problem> {
    read::empty_body(&bytes)?;
    let mut endpoint = mine(&api, &key, id).await?;
    let (now, secret) = (api.switch.clock().now(), webhooks::new_secret());
    let until = now + OLD_SECRET;
    let sealed = api.switch.seal_secret(id, &secret);
    if !api.switch.store().rotate_secret(id, &sealed, until).await? {
        return Err(Problem::not_found("webhook endpoint"));
    }
    endpoint.previous_secret = Some((std::mem::replace(&mut endpoint.secret, sealed), until));
    Ok(Json(EndpointView::of(&endpoint, now).with_secret(secret)))
}

/// A delivery that was given up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub struct DeliveryView {
    /// The event; `POST /v1/events/{id}/redeliver` sends it again.
    pub event: EventId,
    /// The event's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The endpoint.
    pub endpoint: WebhookId,
    /// The payment, if it is about one.
    pub payment: Option<PaymentId>,
    /// `dead`: it was given up.
    pub status: &'static str,
    /// How often it was tried.
    pub tried: i32,
    /// What the receiver last answered.
    pub last_status: Option<i32>,
    /// Why it failed last.
    pub last_error: Option<String>,
    /// When it failed first.
    #[serde(serialize_with = "utc_option")]
    pub failing_since: Option<DateTime<Utc>>,
}

impl From<FailedDelivery> for DeliveryView {
    fn from(failed: FailedDelivery) -> Self {
        Self {
            event: failed.target.event,
            kind: failed.kind,
            endpoint: failed.target.endpoint,
            payment: failed.target.payment,
            status: match failed.state {
                DeliveryState::Waiting => "waiting",
                DeliveryState::Delivered => "delivered",
                DeliveryState::Dead => "dead",
            },
            tried: failed.tried,
            last_status: failed.last_status,
            last_error: failed.last_error,
            failing_since: failed.failing_since,
        }
    }
}

/// Lists dead letters
///
/// Deliveries that were given up after three days, or because the receiver answered 410.
#[utoipa::path(get, path = "/v1/webhook-deliveries", tag = "Webhooks", params(Paging),
    responses((status = 200, description = "The deliveries", body = List<DeliveryView>)))]
pub async fn list_deliveries(
    State(api): State<Api>,
    Keyed(key): Keyed,
    Params(params): Params,
) -> Result<Json<List<DeliveryView>>, Problem> {
    let paging = read::query(params, Paging::read)?;
    let owner = key.owner();
    let page = api
        .switch
        .store()
        .dead_letters(owner.as_deref(), &paging.stored("webhook-deliveries")?, paging.limit)
        .await?;
    Ok(Json(paging.page("webhook-deliveries", page, DeliveryView::from)))
}
