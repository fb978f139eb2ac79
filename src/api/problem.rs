//! Problems: every refusal and failure as RFC 9457 `application/problem+json`.
//!
//! A handler returns a [`Problem`]; it is written out by the envelope, which alone knows the
//! caller's language and the request's id. Promises: what is told of an internal failure is its
//! code and the request id, nothing else; the log has the rest.

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::codes::Code;
use crate::{fees::Title, payments::Language};

/// Why a request was not carried out.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The registered code.
    pub code: Code,
    /// What is wrong here; the code's title where nothing more can be said.
    pub detail: Option<Title>,
    /// The fields that are wrong.
    pub faults: Vec<Fault>,
    /// When to try again, in seconds.
    pub retry_after_secs: Option<u32>,
    /// Headers that belong to it, such as `Allow`. Boxed: most problems have none.
    pub headers: Box<HeaderMap>,
    /// Shown beside the members of the contract.
    pub considered: Vec<crate::payments::Considered>,
}

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// JSON pointer to it (RFC 6901); for a query parameter, to its name.
    pub pointer: String,
    /// Where it stands: in the body, the query or a header.
    pub place: Place,
    /// What is wrong and what to write, in both languages.
    pub detail: Title,
}

/// Where a field stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the JSON body.
    Body,
    /// A parameter of the query or the path.
    Parameter,
    /// A header.
    Header,
}

/// A sentence in both languages.
pub fn words(en: impl Into<String>, ar: impl Into<String>) -> Title {
    Title { en: en.into(), ar: ar.into() }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self {
            code,
            detail: None,
            faults: Vec::new(),
            retry_after_secs: None,
            headers: Box::default(),
            considered: Vec::new(),
        }
    }
}

impl Problem {
    /// A problem with a sentence about this very case.
    pub fn new(code: Code, en: impl Into<String>, ar: impl Into<String>) -> Self {
        Self { detail: Some(words(en, ar)), ..Self::from(code) }
    }

    /// A request with these faults.
    pub fn faulty(faults: Vec<Fault>) -> Self {
        let one = faults.len() == 1;
        let detail = match faults.first() {
            Some(fault) if one => {
                let Fault { pointer, detail, .. } = fault;
                Some(words(format!("{pointer}: {}", detail.en), format!("{pointer}: {}", detail.ar)))
            }
            Some(_) => Some(words(
                format!("{} fields are wrong; see errors", faults.len()),
                format!("عدد الحقول غير الصحيحة: {}؛ انظر errors", faults.len()),
            )),
            None => None,
        };
        Self { detail, faults, ..Self::from(Code::InvalidRequest) }
    }

    /// A request with one fault in its body.
    pub fn field(pointer: impl Into<String>, detail: Title) -> Self {
        Self::faulty(vec![Fault { pointer: pointer.into(), place: Place::Body, detail }])
    }

    /// A request with one fault in its query or path.
    pub fn parameter(name: &str, detail: Title) -> Self {
        Self::faulty(vec![Fault { pointer: format!("/{name}"), place: Place::Parameter, detail }])
    }

    /// Nothing here, or another client's.
    pub fn not_found(what: &str) -> Self {
        Self::new(
            Code::NotFound,
            format!("there is no {what} with this id, or it is another client's"),
            "لا يوجد عنصر بهذا المعرّف، أو أنه يخص جهة أخرى",
        )
    }

    /// With another code than its own.
    #[must_use]
    pub fn coded(mut self, code: Code) -> Self {
        self.code = code;
        self
    }

    /// With a time to wait.
    #[must_use]
    pub fn retry_after(mut self, secs: u32) -> Self {
        self.retry_after_secs = Some(secs);
        self
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
}

impl IntoResponse for Problem {
    /// A bare response that carries the problem; the envelope writes it out.
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// What a caller reads. Members may be added.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemView {
    /// Where the code is explained.
    #[serde(rename = "type")]
    #[schema(example = "https://pay.example/docs#quote_expired")]
    pub kind: String,
    /// What the code means, in the caller's language.
    pub title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What is wrong here, in the caller's language.
    pub detail: String,
    /// The registered code.
    #[schema(example = "quote_expired")]
    pub code: &'static str,
    /// The fields that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FaultView>,
    /// When to try again, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// The providers that were looked at and why none takes the attempt.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub considered: Vec<crate::payments::Considered>,
    /// Tell it when you ask for help; also in `X-Request-Id`.
    pub request_id: String,
}

/// One field that is wrong.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProblemField)]
pub struct FaultView {
    /// JSON pointer to it (RFC 6901); for a parameter or header, `/` and its name.
    #[schema(example = "/items/0/quantity")]
    pub pointer: String,
    /// The query or path parameter, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// The header, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// What is wrong and what to write, in the caller's language.
    pub detail: String,
}

fn said(title: &Title, language: Language) -> String {
    match language {
        Language::Ar => title.ar.clone(),
        Language::En => title.en.clone(),
    }
}

impl Problem {
    /// The problem as it is told: in a language, with links to `base_url`.
    pub fn view(&self, language: Language, base_url: &str, request_id: &str) -> ProblemView {
        let title = said(&self.code.title(), language);
        let errors = self.faults.iter().map(|fault| {
            let name = || fault.pointer.trim_start_matches('/').to_owned();
            FaultView {
                pointer: fault.pointer.clone(),
                parameter: (fault.place == Place::Parameter).then(name),
                header: (fault.place == Place::Header).then(name),
                detail: said(&fault.detail, language),
            }
        });
        ProblemView {
            kind: format!("{base_url}/docs#{}", self.code.name()),
            detail: self.detail.as_ref().map_or_else(|| title.clone(), |detail| said(detail, language)),
            title,
            status: self.code.status().as_u16(),
            code: self.code.name(),
            errors: errors.collect(),
            retry_after: self.retry_after_secs,
            considered: self.considered.clone(),
            request_id: request_id.to_owned(),
        }
    }

    /// The whole answer.
    pub fn answer(&self, language: Language, base_url: &str, request_id: &str) -> Response {
        let view = self.view(language, base_url, request_id);
        let body = serde_json::to_string(&view).expect("a problem holds only text, numbers and lists");
        let mut response = (self.code.status(), body).into_response();
        let headers = response.headers_mut();
        headers.extend((*self.headers).clone());
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.code()));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(secs) = self.retry_after_secs {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_told_in_the_callers_language_with_every_member_of_the_contract() {
        let problem = Problem::field("/quote", words("is missing", "غير موجود"));
        let told =
            |language| serde_json::to_value(problem.view(language, "https://pay.example", "req-1")).unwrap();
        let english = told(Language::En);
        assert_eq!(
            english,
            serde_json::json!({
                "type": "https://pay.example/docs#invalid_request",
                "title": "The request is not valid",
                "status": 422,
                "detail": "/quote: is missing",
                "code": "invalid_request",
                "errors": [{"pointer": "/quote", "detail": "is missing"}],
                "request_id": "req-1",
            })
        );
        let arabic = told(Language::Ar);
        assert_eq!(arabic["title"], "الطلب غير صالح");
        assert_eq!(arabic["errors"][0]["detail"], "غير موجود");
        let bare = serde_json::to_value(Problem::from(Code::Internal).view(Language::En, "", "r")).unwrap();
        assert_eq!(bare["detail"], bare["title"]);
        assert!(bare.get("errors").is_none());
    }
}
