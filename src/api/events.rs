//! Events: what the world was told, and telling it again.

use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::value::RawValue;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

use super::{
    Api,
    extract::{Body, Id, Keyed, NoParams, Params},
    keys::Key,
    pages::{List, Paging},
    problem::{Problem, words},
    read::{self, Json as Value, Object, text, word},
};
use crate::{
    fees::Title,
    ids::{EventId, PaymentId, WebhookId},
    payments::{EventType, view::utc},
    store::{EventFilter, StoredEvent},
};

/// An event, as webhook endpoints get it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventView {
    /// Its id: the `webhook-id` of every delivery.
    pub id: EventId,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: EventType,
    /// When it was decided.
    #[serde(serialize_with = "utc")]
    pub timestamp: DateTime<Utc>,
    /// Grows by one per payment; 0 where it is about no payment.
    pub sequence: i64,
    /// The payment, if it is about one.
    pub payment: Option<PaymentId>,
    /// The object as it was at that commit.
    #[schema(value_type = Object)]
    pub data: Arc<RawValue>,
}

impl EventView {
    /// As it is shown.
    pub fn of(stored: &StoredEvent) -> Self {
        let event = &stored.event;
        Self {
            id: event.id,
            kind: event.kind,
            timestamp: event.at,
            sequence: event.sequence,
            payment: event.payment,
            data: event.data.clone(),
        }
    }
}

/// Which events.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the document only")]
pub struct EventQuery {
    /// Types or patterns, parted by commas: `payment.paid,refund.*`.
    #[param(example = "payment.*")]
    r#type: Option<String>,
}

/// Lists events
///
/// In the order in which they were committed. Keep `next_cursor` and come back with it: nothing is
/// skipped and nothing comes twice.
#[utoipa::path(get, path = "/v1/events", tag = "Events", params(EventQuery, Paging),
    responses((status = 200, description = "The events", body = List<EventView>)))]
pub async fn list_events(
    State(api): State<Api>,
    Keyed(key): Keyed,
    Params(params): Params,
) -> Result<Json<List<EventView>>, Problem> {
    let (types, paging) = read::query(params, |query| {
        let types = query.optional("type", |json| {
            let text = text(1, 1000)(json)?;
            text.split(',').map(|one| pattern(one.trim())).collect::<Result<Vec<_>, Title>>()
        });
        let paging = Paging::read(query);
        Some((types?, paging?))
    })?;
    let filter = EventFilter { types: types.unwrap_or_default(), owner: key.owner() };
    let page = api.switch.store().events(&filter, &paging.stored("events")?, paging.limit).await?;
    Ok(Json(paging.page("events", page, |event| EventView::of(&event))))
}

/// An event type, `group.*` or `*`.
pub fn pattern(text: &str) -> Result<String, Title> {
    let known = text == "*"
        || EventType::ALL.iter().any(|kind| {
            let group = text.strip_suffix('*').filter(|group| group.len() > 1 && group.ends_with('.'));
            kind.code() == text || group.is_some_and(|group| kind.code().starts_with(group))
        });
    if known {
        return Ok(text.to_owned());
    }
    let shown: String = text.chars().take(60).collect();
    Err(words(
        format!("{shown:?} matches no event type; write a type as payment.paid, a group as payment.*, or *"),
        format!("{shown:?} لا يطابق أي نوع حدث؛ اكتب نوعًا مثل payment.paid أو مجموعة مثل payment.* أو *"),
    ))
}

/// To whom an event is sent again.
#[derive(Debug, Default, ToSchema)]
#[schema(as = RedeliveryRequest)]
pub struct RedeliveryRequest {
    /// One endpoint; all that match unless given.
    #[schema(required = false)]
    endpoint: Option<WebhookId>,
}

/// What was set going.
#[derive(Debug, Serialize, ToSchema)]
pub struct Redelivery {
    /// The event.
    pub event: EventId,
    /// To how many endpoints it is sent.
    pub deliveries: u64,
}

/// Sends an event again
///
/// With the same `webhook-id`, to one endpoint or to all of yours that match; dead letters too.
#[utoipa::path(post, path = "/v1/events/{id}/redeliver", tag = "Events", params(("id" = EventId, Path)),
    request_body(content = Option<RedeliveryRequest>),
    responses((status = 202, description = "It will be sent", body = Redelivery)))]
pub async fn redeliver(
    State(api): State<Api>,
    NoParams: NoParams,
    Keyed(key): Keyed,
    Id(id): Id<EventId>,
    Body(bytes): Body,
) -> Result<(StatusCode, Json<Redelivery>), Problem> {
    let request = if bytes.is_empty() { RedeliveryRequest::default() } else { read::body(&bytes, request)? };
    let store = api.switch.store();
    let event = store.event(id).await?.filter(|event| may_see(&key, event));
    event.ok_or_else(|| Problem::not_found("event"))?;
    let now = api.switch.clock().now();
    let mut deliveries = 0;
    for endpoint in store.endpoints(key.owner().as_deref()).await? {
        if request.endpoint.is_none_or(|wanted| wanted == endpoint.id) {
            deliveries += store.redeliver(id, Some(endpoint.id), now).await?;
        }
    }
    if deliveries == 0 && request.endpoint.is_some() {
        let detail = words(
            "is the id of no endpoint of yours that this event is sent to",
            "لا توجد نقطة استقبال لديك بهذا المعرّف تستقبل هذا الحدث",
        );
        return Err(Problem::field("/endpoint", detail));
    }
    Ok((StatusCode::ACCEPTED, Json(Redelivery { event: id, deliveries })))
}

fn request(object: &mut Object<'_>) -> Option<RedeliveryRequest> {
    let endpoint = object.optional("endpoint", |json: &Value| word::<WebhookId>(json));
    Some(RedeliveryRequest { endpoint: endpoint? })
}

fn may_see(key: &Key, event: &StoredEvent) -> bool {
    key.caller.sees_all || event.owner.as_ref().is_none_or(|owner| *owner == key.caller.owner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_type_a_group_or_all() {
        for known in ["payment.paid", "payment.*", "*", "settlement.*", "attempt.unknown"] {
            assert!(pattern(known).is_ok(), "{known}");
        }
        for unknown in ["", "payment", "payment.", "payment.nothing", "pay*", ".*", "**", "payment.paid.*"] {
            assert!(pattern(unknown).is_err(), "{unknown}");
        }
    }
}
