//! Attempts: one try to pay in one way through one provider.

use axum::{Json, extract::State, response::Response};
use chrono::{DateTime, TimeDelta, Utc};
use utoipa::{IntoParams, ToSchema};

use super::{
    Api,
    checks::mobile,
    extract::{Call, Id, Keyed, Params},
    pages::{List, Paging},
    payments::{answer, seen},
    problem::{Problem, words},
    read::{self, Json as Value, Object, text, word},
};
use crate::{
    fees::Title,
    ids::PaymentId,
    money::{Method, Tender},
    payments::{
        AttemptStatus,
        view::{self, AttemptView},
    },
    store::AttemptFilter,
    switch::AttemptOrder,
};

/// How the citizen wants to pay.
#[derive(Debug, ToSchema)]
#[schema(as = AttemptRequest)]
#[expect(dead_code, reason = "read by the document only; orders are read field by field")]
pub struct AttemptRequest {
    /// The way to pay: one of the payment's `methods`.
    method: Method,
    /// With what; the first that a provider takes unless given.
    #[schema(required = false)]
    tender: Option<Tender>,
    /// Through whom; routing decides unless given.
    #[schema(required = false)]
    provider: Option<String>,
    /// The wallet's mobile number.
    #[schema(required = false, pattern = "^01[0125][0-9]{8}$", example = "01001234567")]
    wallet_mobile: Option<String>,
}

/// Begins an attempt
///
/// Chooses a provider, asks it to collect, and says what the citizen does next. If the connection
/// breaks, the attempt goes on: the same request with the same key gets its answer.
#[utoipa::path(post, path = "/v1/payments/{id}/attempts", tag = "Attempts", params(("id" = PaymentId, Path)),
    request_body = AttemptRequest,
    responses((status = 201, description = "The attempt", body = AttemptView)))]
pub async fn make_attempt(
    State(api): State<Api>,
    Id(id): Id<PaymentId>,
    call: Call,
) -> Result<Response, Problem> {
    let order = read::body(&call.body, order)?;
    if call.key.is_bound() {
        seen(&api, &call.key, id).await?;
    }
    Ok(answer(api.switch.start_attempt(&call.key.caller, id, order, Some(call.once)).await?))
}

fn order(object: &mut Object<'_>) -> Option<AttemptOrder> {
    let method = object.required("method", word::<Method>);
    let tender = object.optional("tender", word::<Tender>);
    let provider = object.optional("provider", text(1, 40));
    let wallet_mobile = object.optional("wallet_mobile", mobile);
    Some(AttemptOrder {
        method: method?,
        tender: tender?,
        provider: provider?,
        wallet_mobile: wallet_mobile?,
    })
}

/// Which attempts.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the document only")]
pub struct AttemptQuery {
    /// Where it stands; `unknown` lists what nobody knows the outcome of.
    #[param(inline)]
    status: Option<AttemptStatus>,
    /// Through whom.
    provider: Option<String>,
    /// Unknown for longer than this (or, where it is not unknown, made longer ago): seconds, or a
    /// time (RFC 3339) before which.
    #[param(example = "600")]
    older_than: Option<String>,
}

/// Lists attempts
///
/// Over all payments that the key may see.
#[utoipa::path(get, path = "/v1/attempts", tag = "Attempts", params(AttemptQuery, Paging),
    responses((status = 200, description = "The attempts", body = List<AttemptView>)))]
pub async fn list_attempts(
    State(api): State<Api>,
    Keyed(key): Keyed,
    Params(params): Params,
) -> Result<Json<List<AttemptView>>, Problem> {
    let now = api.switch.clock().now();
    let (mut filter, paging) = read::query(params, |query| {
        let status = query.optional("status", word::<AttemptStatus>);
        let provider = query.optional("provider", text(1, 40));
        let older_than = query.optional("older_than", |json| before(json, now));
        let paging = Paging::read(query);
        Some((AttemptFilter { status: status?, provider: provider?, older_than: older_than? }, paging?))
    })?;
    filter.provider = key.narrow(filter.provider)?;
    let mut page = api.switch.store().attempts(&filter, &paging.stored("attempts")?, paging.limit).await?;
    page.items.retain(|(payment, _)| key.sees(payment));
    let mut page = paging.page("attempts", page, |(payment, id)| {
        payment.attempt(id).map(|attempt| view::attempt(&payment, attempt))
    });
    let data = page.data.drain(..).flatten().collect();
    Ok(Json(List { data, next_cursor: page.next_cursor }))
}

/// So many seconds ago, or a time.
fn before(json: &Value, now: DateTime<Utc>) -> Result<DateTime<Utc>, Title> {
    let text = text(1, 40)(json)?;
    let secs = text.parse::<i64>().ok().filter(|secs| (0..=10_000_000_000).contains(secs));
    let ago = secs.and_then(TimeDelta::try_seconds).and_then(|delta| now.checked_sub_signed(delta));
    let at = || DateTime::parse_from_rfc3339(&text).ok().map(|at| at.with_timezone(&Utc));
    ago.or_else(at).ok_or_else(|| {
        words(
            "is neither a number of seconds nor a time (RFC 3339, as 2026-11-21T10:00:00Z)",
            "ليس عدد ثوانٍ ولا وقتًا بالصيغة 2026-11-21T10:00:00Z",
        )
    })
}
