//! Error pages, in both languages: what happened, what it means for the payer's money, what to do.

use askama::Template;
use axum::{http::StatusCode, response::Response};

use super::{
    frame::{self, Frame, Place},
    html::Html,
    texts::Texts,
};
use crate::{payments::Language, switch::SwitchError};

/// What happened, as far as the citizen is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// There is nothing at this address.
    NotFound,
    /// The payment is not paid.
    NoReceipt,
    /// The payment is closed.
    Gone,
    /// Another site's page sent the form.
    Foreign,
    /// The form is too large.
    TooLarge,
    /// No receipt has this verification address.
    Unverified,
    /// Too much is going on.
    Busy,
    /// A bug or a broken store.
    Broken,
}

impl Kind {
    /// All of them, for the tests.
    #[cfg(test)]
    pub const ALL: [Self; 8] = [
        Self::NotFound,
        Self::NoReceipt,
        Self::Gone,
        Self::Foreign,
        Self::TooLarge,
        Self::Unverified,
        Self::Busy,
        Self::Broken,
    ];

    const fn message(self) -> &'static str {
        match self {
            Self::NotFound => "error-not-found",
            Self::NoReceipt => "error-no-receipt",
            Self::Gone => "error-gone",
            Self::Foreign => "error-foreign",
            Self::TooLarge => "error-too-large",
            Self::Unverified => "verify-unknown",
            Self::Busy => "error-busy",
            Self::Broken => "error-broken",
        }
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    frame: Frame,
    text: Html,
    /// Where to go on: the payment's page where there is one, else the front page.
    on: Option<String>,
    home: String,
}

/// An error page.
pub fn page(status: StatusCode, kind: Kind, language: Language) -> Response {
    answer(status, kind, language, None)
}

/// An error page that leads back to a payment.
pub fn page_of_payment(status: StatusCode, kind: Kind, language: Language, checkout: String) -> Response {
    answer(status, kind, language, Some(checkout))
}

fn answer(status: StatusCode, kind: Kind, language: Language, on: Option<String>) -> Response {
    frame::answer(status, language, &made(kind, language, on))
}

/// The error's own address may hold a token or nonsense: the other language is offered at `/`.
fn made(kind: Kind, language: Language, on: Option<String>) -> ErrorPage {
    let t = Texts::of(language);
    let place = Place { path: on.clone().unwrap_or_else(|| "/".to_owned()), ..Place::default() };
    let title = t.say(&format!("{}-title", kind.message()));
    ErrorPage {
        frame: Frame::new(t, title, &place),
        text: t.say(kind.message()),
        on: on.map(|path| format!("{path}?lang={}", t.lang())),
        home: format!("/?lang={}", t.lang()),
    }
}

/// The page's source, for the tests.
#[cfg(test)]
pub fn html(kind: Kind, language: Language) -> String {
    made(kind, language, None).render().unwrap()
}

/// The page for what the switch does not do. What is ours to solve is logged here, once.
pub fn of_switch(error: &SwitchError, language: Language) -> Response {
    match error {
        SwitchError::NotFound(_) => page(StatusCode::NOT_FOUND, Kind::NotFound, language),
        SwitchError::Overloaded { .. }
        | SwitchError::Contended(_)
        | SwitchError::ProviderUnavailable { .. } => {
            page(StatusCode::SERVICE_UNAVAILABLE, Kind::Busy, language)
        }
        error => {
            let mut chain = error.to_string();
            let mut source = std::error::Error::source(error);
            while let Some(cause) = source {
                chain = format!("{chain}: {cause}");
                source = cause.source();
            }
            tracing::error!(error = chain, "a page could not be made");
            page(StatusCode::INTERNAL_SERVER_ERROR, Kind::Broken, language)
        }
    }
}
