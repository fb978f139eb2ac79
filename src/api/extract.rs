//! What handlers take from a request: its body, its query, the id in its path, its key.
//!
//! Promises: a body is read whole, but no further than [`BODY_LIMIT`]; what is beyond is read off
//! and thrown away up to [`DRAINED`], so that the caller can read the 413; a body that dribbles in
//! for longer than [`PATIENCE`] is given up.

use std::{pin::Pin, str::FromStr, sync::Arc, time::Duration};

use axum::{
    body::{Body as Stream, Bytes, HttpBody},
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{HeaderMap, header, request::Parts},
};

use super::{
    Api,
    codes::Code,
    keys::Key,
    negotiate::Media,
    once::IdempotencyKey,
    problem::{Problem, words},
    read,
};
use crate::switch::Once;

/// The largest body, in bytes.
pub const BODY_LIMIT: usize = 256 * 1024;
/// How much beyond the limit is read off before the connection is given up, in bytes.
const DRAINED: usize = 8 * 1024 * 1024;
/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// A JSON body, unread; empty where none was sent.
pub struct Body(pub Bytes);

impl FromRequest<Api> for Body {
    type Rejection = Problem;
    async fn from_request(request: Request, _: &Api) -> Result<Self, Problem> {
        let json = is_json(request.headers());
        let bytes = collect(request.into_body()).await?;
        match json {
            _ if bytes.is_empty() => Ok(Self(bytes)),
            Ok(()) => Ok(Self(bytes)),
            Err(problem) => Err(problem),
        }
    }
}

/// A provider's body: any media type.
pub struct RawBody(pub Bytes);

impl FromRequest<Api> for RawBody {
    type Rejection = Problem;
    async fn from_request(request: Request, _: &Api) -> Result<Self, Problem> {
        collect(request.into_body()).await.map(Self)
    }
}

/// Whether the headers tell a JSON body without an encoding.
fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    let told = |name| headers.get(name).map(|value: &header::HeaderValue| value.to_str().unwrap_or("?"));
    let refused = |what: String| {
        Err(Problem::new(
            Code::UnsupportedMediaType,
            format!("{what} is not supported; send Content-Type: application/json in UTF-8"),
            format!("{what} غير مدعوم؛ أرسل Content-Type: application/json بترميز UTF-8"),
        ))
    };
    if let Some(encoding) = told(header::CONTENT_ENCODING)
        && !encoding.eq_ignore_ascii_case("identity")
    {
        return refused(format!("the content encoding {encoding:?}"));
    }
    let Some(media) = told(header::CONTENT_TYPE) else {
        return refused("a body without Content-Type".to_owned());
    };
    let mut parts = media.split(';').map(str::trim);
    let json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    let utf8 = parts.all(|part| match part.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    if json && utf8 { Ok(()) } else { refused(format!("{:?}", media.chars().take(80).collect::<String>())) }
}

async fn collect(body: Stream) -> Result<Bytes, Problem> {
    let late = || {
        Problem::new(
            Code::MalformedJson,
            format!("the body did not arrive within {} s", PATIENCE.as_secs()),
            format!("لم يصل النص كاملًا خلال {} ثانية", PATIENCE.as_secs()),
        )
    };
    tokio::time::timeout(PATIENCE, collect_within(body)).await.map_err(|_| late())?
}

async fn collect_within(mut body: Stream) -> Result<Bytes, Problem> {
    let mut collected = Vec::new();
    let mut seen: usize = 0;
    while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|_| {
            Problem::new(Code::MalformedJson, "the body broke off", "انقطع إرسال النص قبل اكتماله")
        })?;
        let Ok(data) = frame.into_data() else { continue };
        seen = seen.saturating_add(data.len());
        if seen <= BODY_LIMIT {
            collected.extend_from_slice(&data);
        } else if seen > DRAINED {
            break;
        } else {
            collected = Vec::new();
        }
    }
    if seen > BODY_LIMIT {
        return Err(Problem::new(
            Code::TooLarge,
            format!("the body may have at most {BODY_LIMIT} bytes"),
            format!("الحد الأقصى لحجم النص {BODY_LIMIT} بايت"),
        ));
    }
    Ok(collected.into())
}

/// The parameters of a query, in their order.
pub struct Params(pub Vec<(String, String)>);

impl FromRequestParts<Api> for Params {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        query.map(|Query(pairs)| Self(pairs)).map_err(|_| {
            Problem::new(Code::InvalidRequest, "the query cannot be read", "لا يمكن قراءة معاملات العنوان")
        })
    }
}

/// A call that takes no parameters.
pub struct NoParams;

impl FromRequestParts<Api> for NoParams {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let Params(pairs) = Params::from_request_parts(parts, api).await?;
        read::query(pairs, |_| Some(()))?;
        Ok(Self)
    }
}

/// The id in the path. What is not an id is answered like one that does not exist.
pub struct Id<T>(pub T);

impl<T: FromStr + Send> FromRequestParts<Api> for Id<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let Text(text) = Text::from_request_parts(parts, api).await?;
        text.parse().map(Self).map_err(|_| Problem::not_found("object"))
    }
}

/// The one variable part of the path.
pub struct Text(pub String);

impl FromRequestParts<Api> for Text {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, api).await;
        path.map(|Path(text)| Self(text)).map_err(|_| Problem::not_found("object"))
    }
}

/// The key that the guard let in. A route that the guard left open has none.
pub struct Keyed(pub Arc<Key>);

impl FromRequestParts<Api> for Keyed {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        parts.extensions.get::<Arc<Key>>().cloned().map(Self).ok_or_else(|| Code::Internal.into())
    }
}

/// The media type that the guard agreed on.
pub struct Agreed(pub Media);

impl FromRequestParts<Api> for Agreed {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        parts.extensions.get::<Media>().copied().map(Self).ok_or_else(|| Code::Internal.into())
    }
}

/// A call that is carried out once: its key, what it is known by, and its body.
pub struct Call {
    /// The key that the guard let in.
    pub key: Arc<Key>,
    /// What the switch knows the call by.
    pub once: Once,
    /// The body, unread.
    pub body: Bytes,
}

impl FromRequest<Api> for Call {
    type Rejection = Problem;
    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let NoParams = NoParams::from_request_parts(&mut parts, api).await?;
        let Keyed(key) = Keyed::from_request_parts(&mut parts, api).await?;
        let idempotency: Option<IdempotencyKey> = parts.extensions.get().cloned();
        let idempotency = idempotency.ok_or_else(|| Problem::from(Code::IdempotencyKeyMissing))?;
        let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
        let Body(body) = Body::from_request(Request::from_parts(parts, body), api).await?;
        let once = idempotency.once(&key.caller.owner, &method, &path, &body);
        Ok(Self { key, once, body })
    }
}

/// A business day in a path.
pub fn day(text: &str) -> Result<crate::calendar::BusinessDay, Problem> {
    text.parse().map_err(|_| {
        Problem::parameter(
            "date",
            words(format!("{text:?} is not a date; write YYYY-MM-DD"), "التاريخ يكتب بالصيغة YYYY-MM-DD"),
        )
    })
}
