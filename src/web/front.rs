//! The front page: what this is, and where to go from here. For citizens.

use askama::Template;
use axum::{
    extract::{OriginalUri, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};

use super::{
    checkout::is_demo,
    frame::{self, Frame, Place},
    language,
    texts::Texts,
};
use crate::{payments::Language, switch::Switch};

#[derive(Template)]
#[template(path = "front.html")]
struct FrontPage {
    frame: Frame,
}

/// `GET /`
pub async fn front(
    State(switch): State<Switch>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let language = language::of_request(uri.query(), None, &headers);
    let place = Place { path: "/".to_owned(), query: String::new(), demo: is_demo(&switch) };
    frame::answer(StatusCode::OK, language, &page(language, &place))
}

/// The page itself.
pub(super) fn page(language: Language, place: &Place) -> impl Template {
    let t = Texts::of(language);
    FrontPage { frame: Frame::new(t, t.say("front-title"), place) }
}
