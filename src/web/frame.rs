//! The frame of every page: language, title, the link to the other language, and what is loaded.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{assets, html::Html, texts::Texts};
use crate::payments::Language;

/// What every page has.
pub struct Frame {
    /// The texts.
    pub t: Texts,
    /// The page's title.
    pub title: Html,
    /// The address of this page in the other language.
    pub switch_to: String,
    /// Whether the switch runs as a demonstration.
    pub demo: bool,
    /// The style sheet's address.
    pub sheet: &'static str,
    /// The script's address.
    pub script: &'static str,
    /// The mark's address.
    pub mark: &'static str,
}

/// Where a page stands: its path, its query without `lang`, and whether this is a demonstration.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The path, with its token if it has one.
    pub path: String,
    /// The other pairs of the query, undecoded, as they came.
    pub query: String,
    /// Whether the switch runs as a demonstration.
    pub demo: bool,
}

impl Place {
    /// This place in a language.
    pub fn in_language(&self, language: Language) -> String {
        let lang = language.code();
        if self.query.is_empty() {
            format!("{}?lang={lang}", self.path)
        } else {
            format!("{}?{}&lang={lang}", self.path, self.query)
        }
    }

    /// The place of a request: its path and query as they came.
    pub fn of(uri: &axum::http::Uri, demo: bool) -> Self {
        let others = uri.query().unwrap_or_default().split('&');
        let others: Vec<&str> =
            others.filter(|pair| !pair.is_empty() && !pair.starts_with("lang=")).collect();
        Self { path: uri.path().to_owned(), query: others.join("&"), demo }
    }
}

impl Frame {
    /// The frame of a page.
    pub fn new(t: Texts, title: Html, place: &Place) -> Self {
        Self {
            switch_to: place.in_language(t.other().language),
            demo: place.demo,
            sheet: assets::address("page.css"),
            script: assets::address("page.js"),
            mark: assets::address("mark.svg"),
            t,
            title,
        }
    }
}

/// A page as an answer. A page that cannot be written is a bug: it is logged, and told plainly.
pub fn answer(status: StatusCode, language: Language, page: &impl askama::Template) -> Response {
    match page.render() {
        Ok(html) => {
            let headers = [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (header::CONTENT_LANGUAGE, language.code()),
                (header::VARY, "accept-language"),
            ];
            (status, headers, html).into_response()
        }
        Err(error) => {
            tracing::error!(error = %error, "a page could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
