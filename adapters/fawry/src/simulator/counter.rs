//! The counter: a page where a person types a code, sees what it is for, and pays.
//!
//! Arabic first, English beside it; without scripts and without anything from outside; paying
//! redirects, so that reloading the receipt pays nothing twice. What is paid here is made up.

use askama::Template;
use axum::{
    Form, Router,
    extract::{Query, State},
    http::{HeaderName, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use chrono::SecondsFormat;
use chrono_tz::Africa::Cairo;
use rusum_kit::Tender;
use serde::Deserialize;

use super::{
    Simulator,
    acts::{Pay, Refusal, Till},
    books::Order,
    faults::Kind,
};
use crate::vocabulary::status;

const STYLE: &str = include_str!("../../templates/counter.css");
const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The routes.
pub fn router() -> Router<Simulator> {
    Router::new().route("/counter", get(show).post(pay)).route("/counter.css", get(style))
}

async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}

/// What the page is asked: a code and a language.
#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    code: String,
    #[serde(default)]
    lang: String,
}

#[derive(Template)]
#[template(path = "counter.html")]
struct Page<'a> {
    lang: &'a str,
    code: &'a str,
    view: View,
}

/// What there is to be seen.
enum View {
    Empty,
    Outage,
    NotFound,
    Payable(Bill),
    Paid(Bill),
    Closed(&'static str),
}

struct Bill {
    description: String,
    merchant_reference: String,
    amount: String,
    fee: Option<String>,
    total: String,
    expires_at: (String, String),
    transaction: String,
}

impl Page<'_> {
    fn is_arabic(&self) -> bool {
        self.lang == "ar"
    }

    /// One of two texts: the page's language.
    fn say<'t>(&self, ar: &'t str, en: &'t str) -> &'t str {
        if self.is_arabic() { ar } else { en }
    }
}

async fn show(State(simulator): State<Simulator>, Query(asked): Query<Asked>) -> Response {
    let code = digits(&asked.code);
    let view = if simulator.faults().is_set(Kind::Outage) {
        View::Outage
    } else if code.is_empty() {
        View::Empty
    } else {
        simulator.view(&code)
    };
    let status = match view {
        View::NotFound => StatusCode::NOT_FOUND,
        View::Outage => StatusCode::SERVICE_UNAVAILABLE,
        View::Empty | View::Payable(_) | View::Paid(_) | View::Closed(_) => StatusCode::OK,
    };
    page(status, &Page { lang: language(&asked.lang), code: &code, view })
}

async fn pay(State(simulator): State<Simulator>, Form(asked): Form<Asked>) -> Response {
    let (code, lang) = (digits(&asked.code), language(&asked.lang));
    if simulator.faults().is_set(Kind::Outage) {
        return page(StatusCode::SERVICE_UNAVAILABLE, &Page { lang, code: &code, view: View::Outage });
    }
    let pay = Pay {
        till: Till::Counter,
        amount: None,
        tender: Tender::Cash,
        times: 1,
        delay: std::time::Duration::ZERO,
    };
    match simulator.pay(&code, &pay) {
        Ok(order) => Redirect::to(&format!("counter?code={}&lang={lang}", order.reference)).into_response(),
        Err(refusal) => {
            let (status, view) = match refusal {
                Refusal::Unknown => (StatusCode::NOT_FOUND, View::NotFound),
                Refusal::NotNow(_) | Refusal::TooMuch(_) => (StatusCode::CONFLICT, simulator.view(&code)),
            };
            page(status, &Page { lang, code: &code, view })
        }
    }
}

impl Simulator {
    fn view(&self, code: &str) -> View {
        let order = self.books().by_reference(code).cloned();
        let Some(order) = order else { return View::NotFound };
        let is_late_taken = self.faults().is_set(Kind::LateSuccess);
        match order.status(self.now()) {
            status::UNPAID => View::Payable(self.bill(&order)),
            status::PAID | status::PARTIAL_REFUNDED | status::REFUNDED => View::Paid(self.bill(&order)),
            _ if is_late_taken => View::Payable(self.bill(&order)),
            other => View::Closed(other),
        }
    }

    fn bill(&self, order: &Order) -> Bill {
        let paid = order.collections.first();
        let fee = paid.map_or(self.settings().payer_fee, |collection| collection.payer_fee);
        let amount = paid.map_or(order.amount, |collection| collection.amount);
        let expires_at = order.expires_at.with_timezone(&Cairo);
        Bill {
            description: order.description.clone(),
            merchant_reference: order.merchant_reference.clone(),
            amount: amount.to_string(),
            fee: fee.is_positive().then(|| fee.to_string()),
            total: (amount + fee).to_string(),
            expires_at: (
                order.expires_at.to_rfc3339_opts(SecondsFormat::Secs, true),
                expires_at.format("%Y-%m-%d %H:%M").to_string(),
            ),
            transaction: paid.map(|collection| collection.transaction.clone()).unwrap_or_default(),
        }
    }
}

fn language(asked: &str) -> &'static str {
    if asked == "en" { "en" } else { "ar" }
}

/// The digits of what a person typed: spaces and dashes go, Arabic-Indic digits become ASCII ones.
fn digits(typed: &str) -> String {
    let digit = |c: char| match c {
        '0'..='9' => Some(c),
        '\u{660}'..='\u{669}' => char::from_digit(u32::from(c) - 0x660, 10),
        '\u{6f0}'..='\u{6f9}' => char::from_digit(u32::from(c) - 0x6f0, 10),
        _ => None,
    };
    typed.chars().filter_map(digit).take(20).collect()
}

fn page(status: StatusCode, page: &Page) -> Response {
    let headers: [(HeaderName, &str); 3] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    match page.render() {
        Ok(html) => (status, headers, Html(html)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        assert_eq!(digits(" 931 215-518 "), "931215518");
        assert_eq!(digits("٩٣١٢١٥٥١٨"), "931215518");
        assert_eq!(digits("<script>"), "");
    }
}
