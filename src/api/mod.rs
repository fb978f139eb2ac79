//! The JSON API: the outside contract over HTTP.
//!
//! A request passes the [`envelope`] (its id, the language, the log), the guard (who may call what,
//! [`access`]), and the handler of its resource, which reads it ([`read`], [`checks`]), asks the
//! switch or the store, and shows what they say. Every refusal is a [`problem`]. HTTP types do not
//! go below this folder.

pub mod access;
mod attempts;
mod catalogue;
mod checks;
pub mod codes;
mod document;
mod envelope;
mod events;
mod extract;
mod keys;
mod ledger;
mod limits;
mod metrics;
mod negotiate;
mod once;
mod operations;
mod pages;
mod payments;
pub mod problem;
mod providers;
mod quotes;
mod read;
mod receipts;
mod reference;
mod refusals;
mod settlement;
mod webhooks;

use std::{ops::Deref, sync::Arc};

use axum::{Router, middleware};
use utoipa_axum::{router::OpenApiRouter, routes};

use self::{keys::Keys, limits::Limits, metrics::Metrics};
use crate::switch::Switch;

/// What handlers share.
#[derive(Clone)]
struct Api(Arc<Shared>);

struct Shared {
    switch: Switch,
    keys: Keys,
    limits: Limits,
    metrics: Metrics,
    /// The OpenAPI document, as it is served.
    document: String,
    /// The same as a page for people.
    reference: String,
}

impl Deref for Api {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// The API of a switch. Serve it with `into_make_service_with_connect_info::<SocketAddr>()`, so
/// that limits by address know the address.
pub fn router(switch: Switch) -> Router {
    router_beside(switch, Router::new())
}

/// The API of a switch beside its pages: they get request ids, lines of log and metrics as the API
/// does. They bring no fallback: a path that leads nowhere is answered by the API.
pub fn router_beside(switch: Switch, pages: Router) -> Router {
    let (routes, document) = routes().split_for_parts();
    let document = document::complete(document, &switch.settings().base_url);
    let api = Api(Arc::new(Shared {
        keys: Keys::default(),
        limits: Limits::new(switch.settings().limits),
        metrics: Metrics::default(),
        reference: reference::page(&document),
        document: document.to_string(),
        switch,
    }));
    routes
        .fallback(envelope::nowhere)
        .layer(middleware::from_fn_with_state(api.clone(), envelope::guard))
        .with_state(api.clone())
        .merge(pages)
        .layer(middleware::from_fn_with_state(api, envelope::envelope))
}

/// The OpenAPI document of an API that is reached at `base_url`, as `/openapi.json` serves it.
pub fn openapi(base_url: &str) -> serde_json::Value {
    document::complete(routes().into_openapi(), base_url)
}

/// All routes, in the reading order of the contract.
fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        // What can be paid, and what it costs.
        .routes(routes!(catalogue::list_services))
        .routes(routes!(catalogue::describe_service))
        .routes(routes!(catalogue::price_list))
        .routes(routes!(quotes::make_quote))
        .routes(routes!(quotes::read_quote))
        // Paying.
        .routes(routes!(payments::make_payment, payments::list_payments))
        .routes(routes!(payments::read_payment))
        .routes(routes!(payments::list_payment_events))
        .routes(routes!(attempts::make_attempt))
        .routes(routes!(payments::cancel_payment))
        .routes(routes!(receipts::read_receipt))
        .routes(routes!(attempts::list_attempts))
        // What the world is told.
        .routes(routes!(webhooks::make_endpoint, webhooks::list_endpoints))
        .routes(routes!(webhooks::read_endpoint, webhooks::delete_endpoint))
        .routes(routes!(webhooks::rotate_secret))
        .routes(routes!(webhooks::list_deliveries))
        .routes(routes!(events::list_events))
        .routes(routes!(events::redeliver))
        // The books.
        .routes(routes!(ledger::list_accounts))
        .routes(routes!(ledger::read_account))
        .routes(routes!(ledger::list_transfers))
        .routes(routes!(ledger::read_trial_balance))
        .routes(routes!(settlement::list_breaks))
        .routes(routes!(settlement::list_days))
        .routes(routes!(settlement::end_day))
        // What providers call.
        .routes(routes!(providers::receive_post, providers::receive_get))
        // Running it.
        .routes(routes!(operations::healthz))
        .routes(routes!(operations::readyz))
        .routes(routes!(operations::metrics))
        .routes(routes!(operations::openapi))
        .routes(routes!(operations::docs))
}
