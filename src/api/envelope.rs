//! What stands around every request: its id, the caller's language, the guard, the access log.
//!
//! Promises: every answer carries `X-Request-Id`; every refusal, also one of the router's and a
//! panic, is a problem in the caller's language; one line of log per request, without bodies,
//! queries, tokens, names or numbers of persons. The path is logged as its route, because paths
//! hold ids.

use std::{
    any::Any,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Instant,
};

use axum::{
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::{Instrument, error, info, info_span};

use super::{
    Api,
    access::{self, Access, Once, Rule},
    codes::Code,
    keys::Key,
    limits::{Standing, network},
    negotiate::{self, Media},
    once::IdempotencyKey,
    problem::Problem,
};
use crate::{ids::KeyId, switch::clock, web};

/// The header that names a request.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// How long a caller's own request id may be.
const LONGEST_REQUEST_ID: usize = 128;

/// The id of a request.
#[derive(Clone, Debug)]
pub struct RequestId(pub Arc<str>);

/// The key that a request was made with, told to the log.
#[derive(Clone, Copy, Debug)]
struct UsedKey(KeyId);

/// The caller's own id if it is short and plain, else a new one.
fn request_id(headers: &HeaderMap) -> RequestId {
    let told = headers.get(&REQUEST_ID).and_then(|value| value.to_str().ok()).filter(|text| {
        (1..=LONGEST_REQUEST_ID).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
            // A caller who puts a number of a person here would put it into the log.
            && !text.bytes().all(|byte| byte.is_ascii_digit())
    });
    RequestId(told.map_or_else(|| clock::fresh().simple().to_string().into(), Into::into))
}

/// The outermost layer.
pub async fn envelope(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = request_id(request.headers());
    let language = negotiate::language(request.headers());
    let method = request.method().clone();
    let route: Arc<str> = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).into();
    request.extensions_mut().insert(id.clone());

    let span = info_span!("request", request_id = &*id.0);
    let response = survive(next.run(request)).instrument(span.clone()).await;
    let mut response = match response {
        Ok(response) => response,
        Err(panic) => {
            let told = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(|s| &**s));
            span.in_scope(|| error!(panic = told.unwrap_or("of an unknown kind"), "a handler panicked"));
            Problem::from(Code::Internal).into_response()
        }
    };
    let key = response.extensions().get::<UsedKey>().map(|used| used.0.to_string());
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let mut answer = problem.answer(language, &api.switch.settings().base_url, &id.0);
        let mut headers = std::mem::take(response.headers_mut());
        headers.remove(header::CONTENT_LENGTH);
        headers.remove(header::CONTENT_TYPE);
        for (name, value) in &headers {
            answer.headers_mut().insert(name, value.clone());
        }
        response = answer;
    }
    finish(&mut response, &id);

    let status = response.status().as_u16();
    let elapsed = began.elapsed();
    api.metrics.request(&method, &route, status, elapsed);
    let duration_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    info!(
        target: "rusum::access",
        method = method.as_str(), route = &*route, status, duration_ms,
        request_id = &*id.0, key = key.as_deref().unwrap_or("-"),
        "request"
    );
    response
}

fn finish(response: &mut Response, id: &RequestId) {
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::VARY).or_insert(HeaderValue::from_static("Accept, Accept-Language"));
    // Answers hold what only their caller may see; what may be kept says so itself.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// Runs a future; a panic in it ends it, not the connection.
async fn survive<T>(future: impl Future<Output = T>) -> Result<T, Box<dyn Any + Send>> {
    let mut future = pin!(future);
    std::future::poll_fn(move |context| {
        // The future is not polled again after a panic, so nobody sees what it left half done.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(panic) => Poll::Ready(Err(panic)),
        }
    })
    .await
}

/// The guard: decides by the table of [`access`] whether a call is let in.
pub async fn guard(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let Some(path) = request.extensions().get::<MatchedPath>().cloned() else {
        return next.run(request).await;
    };
    let Some(rule) = access::find(request.method(), path.as_str()) else {
        return method_not_allowed(request.method(), path.as_str()).into_response();
    };
    let mut admitted = match admit(&api, rule, request.headers(), network(address(&request))).await {
        Ok(admitted) => admitted,
        Err(problem) => return problem.into_response(),
    };
    let key = admitted.key.take();
    let used = key.as_ref().map(|key| UsedKey(key.id));
    let extensions = request.extensions_mut();
    if let Some(key) = key {
        extensions.insert(key);
    }
    let outcome = prepare(rule, request.headers()).map(|(media, once)| {
        let extensions = request.extensions_mut();
        extensions.insert(media);
        if let Some(once) = once {
            extensions.insert(once);
        }
        request
    });
    let mut response = match outcome {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    if let Some(standing) = admitted.standing {
        standing.tell(response.headers_mut());
    }
    if let Some(used) = used {
        response.extensions_mut().insert(used);
    }
    response
}

/// Who was let in, and how much of a limit is left.
struct Admitted {
    key: Option<Arc<Key>>,
    standing: Option<Standing>,
}

async fn admit(api: &Api, rule: &Rule, headers: &HeaderMap, address: IpAddr) -> Result<Admitted, Problem> {
    let limited = |standing: Result<Option<Standing>, Box<Problem>>| standing.map_err(|problem| *problem);
    match rule.access {
        Access::Open => Ok(Admitted { key: None, standing: limited(api.limits.addresses.count(&address))? }),
        Access::Quotes => Ok(Admitted { key: None, standing: limited(api.limits.quotes.count(&address))? }),
        Access::Provider | Access::Operator => Ok(Admitted { key: None, standing: None }),
        Access::Key(scopes) => {
            let key = match api.keys.authenticate(api.switch.store(), headers).await {
                Ok(key) => key,
                Err(problem) => {
                    limited(api.limits.addresses.count(&address))?;
                    return Err(problem);
                }
            };
            let standing = limited(api.limits.keys.count(&key.id))?;
            key.require(scopes)?;
            Ok(Admitted { key: Some(key), standing })
        }
    }
}

/// What has to stand in the headers besides the key.
fn prepare(rule: &Rule, headers: &HeaderMap) -> Result<(Media, Option<IdempotencyKey>), Problem> {
    let media = negotiate::media(headers, rule.gives).ok_or_else(|| {
        let available = rule.gives.iter().map(|media| media.essence()).collect::<Vec<_>>().join(", ");
        Problem::new(
            Code::NotAcceptable,
            format!("available here: {available}"),
            format!("الصيغ المتاحة هنا: {available}"),
        )
    })?;
    let once = match rule.once {
        Once::Needed => Some(IdempotencyKey::of(headers)?),
        Once::Free => None,
    };
    Ok((media, once))
}

fn method_not_allowed(method: &Method, path: &str) -> Problem {
    let allowed = access::allowed(path);
    let problem = Problem::new(
        Code::MethodNotAllowed,
        format!("{method} is not allowed here; allowed are {allowed}"),
        format!("الطريقة {method} غير مسموح بها هنا؛ المسموح: {allowed}"),
    );
    match HeaderValue::from_str(&allowed) {
        Ok(value) => problem.header(header::ALLOW, value),
        Err(_) => problem,
    }
}

/// The caller's address; one for all where the server does not tell it.
fn address(request: &Request) -> IpAddr {
    let told = request.extensions().get::<ConnectInfo<SocketAddr>>();
    told.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip())
}

/// The answer to a path that leads nowhere: a page for a person with a browser, a problem for all
/// others.
pub async fn nowhere(uri: Uri, headers: HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_contract = ["/v1/", "/providers/"].into_iter().any(|start| uri.path().starts_with(start));
    if accepted.contains("text/html") && !is_contract {
        return web::not_found(&uri, &headers);
    }
    Problem::new(Code::NotFound, "this path leads nowhere; see /docs", "هذا المسار غير موجود؛ انظر ‎/docs")
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_request_id_is_kept_when_it_is_short_and_plain() {
        let told = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_str(value).unwrap());
            request_id(&headers).0.to_string()
        };
        assert_eq!(told("portal-7f.3:a_b"), "portal-7f.3:a_b");
        for replaced in ["", "a b", "a\"b", "29801011234567", &"x".repeat(129), "<x>"] {
            let id = told(replaced);
            assert_ne!(id, replaced);
            assert_eq!(id.len(), 32);
        }
        assert_eq!(request_id(&HeaderMap::new()).0.len(), 32);
    }
}
