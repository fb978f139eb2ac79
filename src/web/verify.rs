//! What the square code on a receipt leads to: whether the receipt is genuine and holds today.
//!
//! The address carries a token of its own: it opens no checkout page, and shows nothing personal,
//! only what stands on the receipt anyway.

use askama::Template;
use axum::{
    extract::{OriginalUri, Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};

use super::{
    checkout::is_demo,
    errors,
    frame::{self, Frame, Place},
    html::Html,
    language,
    names::Names,
    texts::{Texts, exact_moment},
};
use crate::{
    payments::{Payment, PaymentStatus},
    switch::{Caller, Switch},
};

#[derive(Template)]
#[template(path = "verify.html")]
struct VerifyPage {
    frame: Frame,
    holds: bool,
    lead: Html,
    facts: Vec<(Html, Html)>,
    notes: Vec<Html>,
}

/// `GET /verify/{token}`
pub async fn verify(
    State(switch): State<Switch>,
    Path(token): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let language = language::of_request(uri.query(), None, &headers);
    let unknown = || errors::page(StatusCode::NOT_FOUND, errors::Kind::Unverified, language);
    let Some(id) = switch.links().payment_of_verification(&token) else { return unknown() };
    let payment = match switch.payment(&Caller::citizen(), id).await {
        Ok(payment) => payment,
        Err(crate::switch::SwitchError::NotFound(_)) => return unknown(),
        Err(error) => return errors::of_switch(&error, language),
    };
    let place = Place { path: format!("/verify/{token}"), query: String::new(), demo: is_demo(&switch) };
    let catalogue = switch.catalogue();
    let t = Texts::of(language);
    let names = Names { catalogue: &catalogue, on: payment.bill.on, t };
    let holds = payment.status == PaymentStatus::Paid;
    let page = VerifyPage {
        frame: Frame::new(t, t.say(if holds { "verify-title" } else { "verify-not-paid-title" }), &place),
        holds,
        lead: t.say(if holds { "verify-lead" } else { "verify-not-paid" }),
        facts: facts(&payment, t, names),
        notes: notes(&payment, t),
    };
    frame::answer(if holds { StatusCode::OK } else { StatusCode::GONE }, language, &page)
}

fn facts(payment: &Payment, t: Texts, names: Names<'_>) -> Vec<(Html, Html)> {
    let mut facts = vec![(t.say("receipt-reference"), Html::code(&payment.reference.to_string()))];
    if payment.status == PaymentStatus::Paid {
        facts.push((t.say("receipt-amount"), t.money(payment.amount_paid)));
    }
    if let Some(at) = payment.paid_at {
        facts.push((t.say("receipt-paid-at"), exact_moment(at)));
    }
    facts.extend(payment.bill.items.iter().map(|item| {
        let authority = names.authority(&item.schedule.authority);
        (authority, t.title(&item.title))
    }));
    facts
}

fn notes(payment: &Payment, t: Texts) -> Vec<Html> {
    let refunded = payment.amount_refunded;
    let note = refunded.is_positive().then(|| t.with("refunded-note", [("amount", t.money(refunded))]));
    note.into_iter().collect()
}
