//! The pages: what a citizen sees and clicks. Arabic first, English beside it.
//!
//! Promises: every page works without a script, by keyboard, and at four times its size; nothing is
//! loaded from outside; what is read digit by digit stands in an isolate; a page with a token in its
//! address is stored by nobody and told to nobody.
//!
//! In reading order: [`frame`] and [`texts`] are what every page has, [`checkout`] is the citizen's
//! way, [`receipt`] and `verify` its end, [`guard`] stands around all of them.

mod assets;
mod checkout;
mod errors;
mod frame;
mod front;
mod guard;
mod html;
mod language;
mod names;
mod price_list;
mod qr;
mod receipt;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod structure;
mod texts;
mod verify;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderMap, StatusCode, Uri},
    middleware::from_fn,
    response::Response,
    routing::{get, post},
};

pub use self::{guard::POLICY, receipt::receipt_html};
use crate::switch::Switch;

/// The most that a form may hold, in bytes: a few short fields.
const FORM_BYTES_MAX: usize = 8 * 1024;

/// The page for a person whose address leads nowhere.
pub fn not_found(uri: &Uri, headers: &HeaderMap) -> Response {
    let language = language::of_request(uri.query(), None, headers);
    guard::protected(errors::page(StatusCode::NOT_FOUND, errors::Kind::NotFound, language))
}

/// The pages.
pub fn router(switch: Switch) -> Router {
    Router::new()
        .route("/", get(front::front))
        .route("/price-list", get(price_list::price_list))
        .route("/checkout/{token}", get(checkout::show))
        .route("/checkout/{token}/attempts", post(checkout::attempt).get(checkout::reload))
        .route("/checkout/{token}/status", get(checkout::status))
        .route("/checkout/{token}/receipt", get(receipt::receipt))
        .route("/verify/{token}", get(verify::verify))
        .route("/assets/{name}", get(assets::asset))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(from_fn(guard::same_origin))
        .layer(from_fn(guard::headers))
        .with_state(switch)
}
