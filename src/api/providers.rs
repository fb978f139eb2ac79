//! What providers call. No key: each adapter verifies its own signature, and only what it verified
//! reaches the ledger.

use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rusum_kit::provider::Message;
use utoipa::IntoParams;

use super::{Api, codes::Code, extract::RawBody, problem::Problem};

/// How many headers of a message are kept.
const MOST_HEADERS: usize = 64;

/// Who is speaking, and of what.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "read by the document only")]
pub struct Route {
    /// The provider.
    #[param(example = "fawry")]
    provider: String,
    /// What its protocol calls the message.
    #[param(example = "notification")]
    operation: String,
}

/// Takes a provider's message
///
/// Verified, stored, then acknowledged as the provider's protocol asks. One that fails verification
/// is answered 401 and changes nothing.
#[utoipa::path(post, path = "/providers/{provider}/{operation}", tag = "Providers",
    params(Route),
    request_body(content = String, description = "As the provider's protocol says", content_type = "*/*"),
    responses((status = 200, description = "As the provider's protocol says", body = String, content_type = "*/*")))]
pub async fn receive_post(
    State(api): State<Api>,
    path: Path<(String, String)>,
    query: RawQuery,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Result<Response, Problem> {
    receive(&api, path, query, &headers, body.to_vec()).await
}

/// Takes a provider's message that comes by GET
///
/// For providers that send the payer's browser back with the outcome in the query.
#[utoipa::path(get, path = "/providers/{provider}/{operation}", tag = "Providers",
    params(Route),
    responses((status = 200, description = "As the provider's protocol says", body = String, content_type = "*/*")))]
pub async fn receive_get(
    State(api): State<Api>,
    path: Path<(String, String)>,
    query: RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    receive(&api, path, query, &headers, Vec::new()).await
}

async fn receive(
    api: &Api,
    Path((provider, operation)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: &HeaderMap,
    body: Vec<u8>,
) -> Result<Response, Problem> {
    let readable = headers
        .iter()
        .take(MOST_HEADERS)
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    let message = Message { operation, query: query.unwrap_or_default(), headers: readable.collect(), body };
    let reply = api.switch.receive(&provider, message).await.ok_or_else(|| {
        Problem::new(
            Code::NotFound,
            "there is no such provider or operation",
            "لا يوجد مقدم خدمة أو عملية بهذا الاسم",
        )
    })?;
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    let content_type = HeaderValue::from_static(reply.content_type);
    Ok((status, [(header::CONTENT_TYPE, content_type)], reply.body).into_response())
}
