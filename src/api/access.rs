//! Who may call what, what each call answers in, and which calls need an idempotency key: one table.
//!
//! Promises: a route without a row cannot be called at all (it answers 405), so nothing is open by
//! forgetting it; the OpenAPI document takes its security, its headers and its refusals from the
//! same rows; a test compares the rows with the routes.

use axum::http::Method;

use super::{codes::Code, negotiate::Media};
use crate::switch::keys::Scope;

/// One row.
#[derive(Debug)]
pub struct Rule {
    /// The method; GET stands for HEAD too.
    pub method: Method,
    /// The path as routes write it.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Whether it needs an `Idempotency-Key`.
    pub once: Once,
    /// What it answers in, the preferred first.
    pub gives: &'static [Media],
    /// The codes by which it can refuse beside those that every such call has.
    pub refuses: &'static [Code],
}

/// Who may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody, limited by address.
    Open,
    /// Anybody, limited by address as quotes are.
    Quotes,
    /// Whoever has a key with one of these scopes, limited by key.
    Key(&'static [Scope]),
    /// A provider: its adapter verifies its own signature.
    Provider,
    /// Operators' tools; not limited.
    Operator,
}

/// Whether a call needs an `Idempotency-Key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Once {
    /// It does.
    Needed,
    /// It does not.
    Free,
}

const JSON: &[Media] = &[Media::Json];
const READ: Access = Access::Key(&[Scope::PaymentsRead, Scope::Assist]);
const WRITE: Access = Access::Key(&[Scope::PaymentsWrite]);
const HOOKS: Access = Access::Key(&[Scope::Webhooks]);
const BOOKS: Access = Access::Key(&[Scope::LedgerRead]);
const DAYS: Access = Access::Key(&[Scope::SettlementRead]);
const ADMIN: Access = Access::Key(&[Scope::Admin]);

const fn row(
    method: Method,
    path: &'static str,
    access: Access,
    gives: &'static [Media],
    refuses: &'static [Code],
) -> Rule {
    Rule { method, path, access, once: Once::Free, gives, refuses }
}

const fn get(path: &'static str, access: Access, gives: &'static [Media]) -> Rule {
    row(Method::GET, path, access, gives, &[])
}

/// A list, which can refuse a cursor.
const fn list(path: &'static str, access: Access) -> Rule {
    row(Method::GET, path, access, JSON, &[Code::InvalidCursor])
}

const fn post(path: &'static str, access: Access, once: Once, refuses: &'static [Code]) -> Rule {
    Rule { method: Method::POST, path, access, once, gives: JSON, refuses }
}

const PRICING: &[Code] = &[
    Code::ServiceUnknown,
    Code::ServiceNotOffered,
    Code::OptionInvalid,
    Code::AssessmentRequired,
    Code::AssessmentInvalid,
    Code::SchedulesNotInForce,
    Code::Overloaded,
];
const BINDING: &[Code] =
    &[Code::NotFound, Code::QuoteExpired, Code::QuoteAlreadyUsed, Code::QuoteNotPayable, Code::Overloaded];
const STARTING: &[Code] = &[
    Code::PaymentNotOpen,
    Code::PaymentInProgress,
    Code::PaymentAlreadyPaid,
    Code::PaymentExpired,
    Code::MethodUnavailable,
    Code::ProviderUnavailable,
    Code::Overloaded,
];
const CANCELLING: &[Code] = &[
    Code::NotCancellable,
    Code::PaymentInProgress,
    Code::PaymentAlreadyPaid,
    Code::PaymentNotOpen,
    Code::PaymentExpired,
    Code::Overloaded,
];
const ENDING: &[Code] = &[Code::CutOverTooEarly, Code::DayNotEnded];

/// All rows, in the reading order of the contract.
pub const RULES: &[Rule] = &[
    list("/v1/services", Access::Open),
    get("/v1/services/{code}", Access::Open, JSON),
    get("/v1/price-list", Access::Open, &[Media::Json, Media::Csv]),
    post("/v1/quotes", Access::Quotes, Once::Free, PRICING),
    get("/v1/quotes/{id}", Access::Open, JSON),
    post("/v1/payments", WRITE, Once::Needed, BINDING),
    list("/v1/payments", READ),
    get("/v1/payments/{id}", READ, JSON),
    list("/v1/payments/{id}/events", READ),
    post("/v1/payments/{id}/attempts", WRITE, Once::Needed, STARTING),
    post("/v1/payments/{id}/cancel", WRITE, Once::Needed, CANCELLING),
    row(
        Method::GET,
        "/v1/payments/{id}/receipt",
        READ,
        &[Media::Json, Media::Html],
        &[Code::ReceiptNotAvailable],
    ),
    list("/v1/attempts", READ),
    post("/v1/webhook-endpoints", HOOKS, Once::Free, &[]),
    list("/v1/webhook-endpoints", HOOKS),
    get("/v1/webhook-endpoints/{id}", HOOKS, JSON),
    row(Method::DELETE, "/v1/webhook-endpoints/{id}", HOOKS, JSON, &[]),
    post("/v1/webhook-endpoints/{id}/rotate-secret", HOOKS, Once::Free, &[]),
    list("/v1/webhook-deliveries", HOOKS),
    list("/v1/events", HOOKS),
    post("/v1/events/{id}/redeliver", HOOKS, Once::Free, &[]),
    list("/v1/ledger/accounts", BOOKS),
    get("/v1/ledger/accounts/{code}", BOOKS, JSON),
    list("/v1/ledger/transfers", BOOKS),
    get("/v1/ledger/trial-balance", BOOKS, JSON),
    list("/v1/settlement/breaks", DAYS),
    list("/v1/settlement/days", DAYS),
    post("/v1/settlement/days/{date}/end", ADMIN, Once::Free, ENDING),
    row(Method::POST, "/providers/{provider}/{operation}", Access::Provider, &[Media::Any], &[]),
    get("/providers/{provider}/{operation}", Access::Provider, &[Media::Any]),
    get("/healthz", Access::Operator, JSON),
    get("/readyz", Access::Operator, JSON),
    get("/metrics", Access::Operator, &[Media::Text]),
    get("/openapi.json", Access::Operator, JSON),
    get("/docs", Access::Operator, &[Media::Html]),
];

/// The row of a call; HEAD is answered as GET.
pub fn find(method: &Method, path: &str) -> Option<&'static Rule> {
    let wanted = if *method == Method::HEAD { &Method::GET } else { method };
    RULES.iter().find(|rule| rule.path == path && rule.method == *wanted)
}

/// The methods that a path knows, for the `Allow` header.
pub fn allowed(path: &str) -> String {
    let mut methods = Vec::new();
    for rule in RULES.iter().filter(|rule| rule.path == path) {
        methods.push(rule.method.as_str());
        if rule.method == Method::GET {
            methods.push(Method::HEAD.as_str());
        }
    }
    methods.sort_unstable();
    methods.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_has_one_row_and_head_is_get() {
        for rule in RULES {
            let same = RULES.iter().filter(|other| other.path == rule.path && other.method == rule.method);
            assert_eq!(same.count(), 1, "{} {}", rule.method, rule.path);
        }
        assert_eq!(find(&Method::HEAD, "/v1/payments").map(|rule| &rule.method), Some(&Method::GET));
        assert!(find(&Method::PUT, "/v1/payments").is_none());
        assert_eq!(allowed("/v1/payments"), "GET, HEAD, POST");
        assert_eq!(allowed("/v1/webhook-endpoints/{id}"), "DELETE, GET, HEAD");
    }

    #[test]
    fn every_call_that_moves_money_needs_an_idempotency_key() {
        for rule in RULES.iter().filter(|rule| rule.access == WRITE) {
            assert_eq!(rule.once, Once::Needed, "{} {}", rule.method, rule.path);
        }
    }
}
