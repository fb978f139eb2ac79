//! The checkout: what is owed and to whom, the ways to pay, and what becomes of it.
//!
//! The token in the path opens one payment and is the only authority; whoever lacks it learns
//! nothing, not even whether the payment exists. Everything works by plain links and forms; the script
//! only saves the citizen from asking again. One read of the payment per page.

mod bill;
mod page;
mod stage;
mod ways;

use axum::{
    Form, Json,
    extract::{OriginalUri, Path, State, rejection::FormRejection},
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Redirect, Response},
};
use rusum_kit::provider::{NextAction, Profile};
use serde::{Deserialize, Serialize};

pub use self::{
    bill::units,
    page::{Ask, CheckoutPage, Facts, Wrong},
    stage::Stage,
    ways::AdjustmentView,
};
use super::{
    errors,
    frame::{self, Place},
    html::typed_digits,
    language,
    texts::Texts,
};
use crate::{
    money::{Method, Tender},
    payments::{Language, Payment, Refusal},
    switch::{AttemptOrder, Caller, Switch, SwitchError, settings::Mode},
};

/// Whether a switch runs as a demonstration.
pub fn is_demo(switch: &Switch) -> bool {
    switch.settings().mode == Mode::Demo
}

/// The payment that a token opens, and the language of its pages.
pub async fn opened(
    switch: &Switch,
    token: &str,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(Payment, Language), Response> {
    let language = language::of_request(uri.query(), None, headers);
    let Some(id) = switch.links().payment_of_token(token) else {
        return Err(errors::page(StatusCode::NOT_FOUND, errors::Kind::NotFound, language));
    };
    match switch.payment(&Caller::citizen(), id).await {
        Ok(payment) => {
            let language = language::of_request(uri.query(), Some(payment.language), headers);
            Ok((payment, language))
        }
        Err(error) => Err(errors::of_switch(&error, language)),
    }
}

/// `GET /checkout/{token}`
pub async fn show(
    State(switch): State<Switch>,
    Path(token): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let (payment, language) = match opened(&switch, &token, &uri, &headers).await {
        Ok(opened) => opened,
        Err(response) => return response,
    };
    let change = uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "change=1"));
    let status = match Stage::of(&payment, switch.clock().now()) {
        Stage::Expired | Stage::Cancelled => StatusCode::GONE,
        _ => StatusCode::OK,
    };
    page(&switch, &token, &payment, &Ask { change, wrong: None }, language, status)
}

fn page(
    switch: &Switch,
    token: &str,
    payment: &Payment,
    ask: &Ask,
    language: Language,
    status: StatusCode,
) -> Response {
    let catalogue = switch.catalogue();
    let profiles: Vec<&Profile> = switch.providers().iter().map(|one| one.profile()).collect();
    let facts = Facts { payment, catalogue: &catalogue, profiles: &profiles, now: switch.clock().now() };
    let place = Place { path: path(token), query: String::new(), demo: is_demo(switch) };
    frame::answer(status, language, &CheckoutPage::new(facts, ask, language, &place))
}

fn path(token: &str) -> String {
    format!("/checkout/{token}")
}

/// The page of a payment in a language.
fn address(token: &str, language: Language) -> String {
    format!("{}?lang={}", path(token), language.code())
}

/// `GET /checkout/{token}/attempts`: a form's address typed or loaded anew leads back to its page.
pub async fn reload(
    State(switch): State<Switch>,
    Path(token): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    match opened(&switch, &token, &uri, &headers).await {
        Ok((_, language)) => Redirect::to(&address(&token, language)).into_response(),
        Err(response) => response,
    }
}

/// The form: `way` as `epayment/cash`, or `method` and `tender` apart.
#[derive(Default, Deserialize)]
pub struct AttemptForm {
    #[serde(default)]
    way: String,
    #[serde(default)]
    method: String,
    #[serde(default)]
    tender: String,
    #[serde(default)]
    wallet_mobile: String,
}

impl AttemptForm {
    /// The way chosen; an error for what is no way on this bill.
    fn chosen(&self, payment: &Payment) -> Result<(Method, Tender), Wrong> {
        let (method, tender) = self.way.split_once('/').unwrap_or((&self.method, &self.tender));
        if method.is_empty() {
            return Err(Wrong::Nothing);
        }
        let method: Method = method.parse().map_err(|_| Wrong::UnknownWay)?;
        let on_bill = payment.bill.methods.iter().filter(|price| price.method == method);
        let mut on_bill = on_bill.map(|price| price.tender);
        let chosen = if tender.is_empty() {
            on_bill.next()
        } else {
            let tender: Tender = tender.parse().map_err(|_| Wrong::UnknownWay)?;
            on_bill.find(|known| *known == tender)
        };
        chosen.map(|tender| (method, tender)).ok_or(Wrong::UnknownWay)
    }

    /// The wallet's number, where the way asks for one.
    fn mobile(&self, method: Method) -> Result<Option<String>, Wrong> {
        if method != Method::Wallet {
            return Ok(None);
        }
        let digits = typed_digits(&self.wallet_mobile);
        let digits = digits.filter(|digits| digits.len() == 11 && digits.starts_with("01"));
        digits.map(Some).ok_or(Wrong::Mobile)
    }
}

/// `POST /checkout/{token}/attempts`
pub async fn attempt(
    State(switch): State<Switch>,
    Path(token): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    form: Result<Form<AttemptForm>, FormRejection>,
) -> Response {
    let (payment, language) = match opened(&switch, &token, &uri, &headers).await {
        Ok(opened) => opened,
        Err(response) => return response,
    };
    let form = match form {
        Ok(Form(form)) => form,
        Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return errors::page(StatusCode::PAYLOAD_TOO_LARGE, errors::Kind::TooLarge, language);
        }
        Err(_) => AttemptForm::default(),
    };
    let chosen = form.chosen(&payment);
    let mobile = chosen.clone().and_then(|(method, _)| form.mobile(method));
    let again = |wrong: Wrong, status: StatusCode| {
        let wrong = Some((wrong, chosen.clone().ok()));
        page(&switch, &token, &payment, &Ask { change: true, wrong }, language, status)
    };
    let (order, wallet_mobile) = match (&chosen, mobile) {
        (Ok(chosen), Ok(mobile)) => (*chosen, mobile),
        (Err(wrong), _) => return again(wrong.clone(), StatusCode::UNPROCESSABLE_ENTITY),
        (_, Err(wrong)) => return again(wrong, StatusCode::UNPROCESSABLE_ENTITY),
    };
    let (method, tender) = order;
    let order = AttemptOrder { method, tender: Some(tender), provider: None, wallet_mobile };
    let started = switch.start_attempt(&Caller::citizen(), payment.id, order, None).await;
    match started {
        // Whatever stands in the way, the payment's page says where it stands.
        Ok(_) | Err(SwitchError::Refused(Refusal::AlreadyPaid | Refusal::InProgress(_))) => {
            Redirect::to(&address(&token, language)).into_response()
        }
        Err(SwitchError::Refused(Refusal::Expired | Refusal::NotOpen(_))) => {
            errors::page_of_payment(StatusCode::GONE, errors::Kind::Gone, language, path(&token))
        }
        Err(SwitchError::MethodUnavailable(_) | SwitchError::Refused(Refusal::MethodUnavailable(..))) => {
            again(Wrong::Unavailable, StatusCode::CONFLICT)
        }
        Err(SwitchError::ProviderUnavailable { .. }) => {
            again(Wrong::Silent(provider_of(&switch, method, tender)), StatusCode::SERVICE_UNAVAILABLE)
        }
        Err(error) => errors::of_switch(&error, language),
    }
}

/// The provider that would take a way, were it answering.
fn provider_of(switch: &Switch, method: Method, tender: Tender) -> String {
    let mut profiles = switch.providers().iter().map(|provider| provider.profile());
    let takes =
        |profile: &&Profile| profile.ways.iter().any(|way| way.method == method && way.tender == tender);
    profiles.find(takes).map_or_else(String::new, |profile| profile.id.to_owned())
}

/// What the script asks for while it waits.
#[derive(Serialize)]
pub struct Status {
    /// The stage in a word, and the version: when either differs the page is loaded anew.
    stage: &'static str,
    /// See `stage`.
    version: i64,
    /// Whether anything more is expected.
    live: bool,
    /// How long the code is still valid, in words of the page's language, without markup.
    left: Option<String>,
}

/// `GET /checkout/{token}/status`
pub async fn status(
    State(switch): State<Switch>,
    Path(token): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let (payment, language) = match opened(&switch, &token, &uri, &headers).await {
        Ok(opened) => opened,
        Err(response) => return response,
    };
    let now = switch.clock().now();
    let stage = Stage::of(&payment, now);
    let until = match stage {
        Stage::Waiting(
            _,
            NextAction::PayAtCounter { expires_at, .. } | NextAction::ApproveOnPhone { expires_at, .. },
        ) => Some(*expires_at),
        _ => None,
    };
    let left = until.and_then(|until| Texts::of(language).left(until, now));
    Json(Status {
        stage: stage.word(),
        version: payment.version,
        live: stage.is_live(),
        left: left.map(|left| left.to_string()),
    })
    .into_response()
}
