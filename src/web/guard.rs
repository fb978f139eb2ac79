//! What stands around every page: headers that let nothing in from outside, and the check that a
//! form was sent by our own page.
//!
//! A page may load this site's style sheet, script, fonts and images, and nothing else; it may not be
//! framed; its address, which may hold a checkout token, is told to nobody as a referrer. There are
//! no cookies: the token in the path is the only authority, and a foreign page does not know it. The
//! check of a form's origin stands behind that.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};

use super::{errors, language};

/// What a page may load.
pub const POLICY: &str = "default-src 'none'; style-src 'self'; font-src 'self'; script-src 'self'; \
                      img-src 'self' data:; connect-src 'self'; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

/// Puts the headers on every answer; what says nothing else about it is not to be stored.
pub async fn headers(request: Request, next: Next) -> Response {
    protected(next.run(request).await)
}

/// An answer with the headers.
pub fn protected(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert_with(|| HeaderValue::from_static("no-store"));
    response
}

/// Refuses a form that another site's page sent.
pub async fn same_origin(request: Request, next: Next) -> Response {
    if *request.method() == Method::POST && !is_ours(request.headers()) {
        let language = language::of_request(request.uri().query(), None, request.headers());
        return errors::page(StatusCode::FORBIDDEN, errors::Kind::Foreign, language);
    }
    next.run(request).await
}

/// Browsers of today say where a request comes from. Older ones say `Origin: null` under our own
/// referrer policy, and programs say nothing: neither speaks against it.
fn is_ours(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some("null") | None) => true,
        (None, Some(origin)) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some() && host == text("host")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_send_forms() {
        for (headers, ours) in [
            (&[][..], true),
            (&[("sec-fetch-site", "same-origin"), ("origin", "null")], true),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site"), ("origin", "https://rusum.example")], false),
            (&[("origin", "https://rusum.example"), ("host", "rusum.example")], true),
            (&[("origin", "https://evil.example"), ("host", "rusum.example")], false),
            (&[("origin", "null"), ("host", "rusum.example")], true),
        ] {
            let map: HeaderMap = headers
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
                .collect();
            assert_eq!(is_ours(&map), ours, "{headers:?}");
        }
    }
}
