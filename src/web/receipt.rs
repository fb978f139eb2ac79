//! The receipt as a page: everything the JSON receipt says, fit for paper.
//!
//! The same page serves the citizen's link and the API's `Accept: text/html`.

use askama::Template;
use axum::{
    extract::{OriginalUri, Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};

use super::{
    checkout::{self, AdjustmentView, is_demo, units},
    errors,
    frame::{self, Frame, Place},
    html::Html,
    qr,
    texts::{Texts, exact_moment, short_date},
};
use crate::{
    fees::AdjustmentKind,
    payments::{
        Language, Receipt,
        receipt::{ReceiptItem, ReceiptLine},
    },
    switch::Switch,
};

#[derive(Template)]
#[template(path = "receipt.html")]
struct ReceiptPage {
    frame: Frame,
    number: Option<Html>,
    reference: Html,
    /// Label and value, in the order of the page.
    facts: Vec<(Html, Html)>,
    authorities: Vec<Html>,
    items: Vec<ItemView>,
    total: Html,
    adjustments: Vec<AdjustmentView>,
    amount: Html,
    words: Html,
    notes: Vec<Html>,
    schedules: Vec<(Html, Html)>,
    journals: Vec<Html>,
    qr: Option<Html>,
    verification: Html,
    illustrative: bool,
    /// The payment's page, where the reader holds its link.
    back: Option<String>,
    return_url: Option<String>,
}

struct ItemView {
    title: Html,
    authority: Html,
    lines: Vec<LineView>,
}

struct LineView {
    title: Html,
    units: Option<Html>,
    owed: Html,
    revenue_code: Html,
    basis: Html,
    amount: Html,
    illustrative: bool,
}

/// Where a receipt is shown.
struct Shown<'a> {
    place: &'a Place,
    /// The payment's page.
    back: Option<String>,
    return_url: Option<String>,
}

/// A receipt as a whole HTML document, for the API's `Accept: text/html`.
pub fn receipt_html(receipt: &Receipt, language: Language) -> String {
    let place = Place { path: format!("/v1/payments/{}/receipt", receipt.payment), ..Place::default() };
    let page = page(receipt, language, Shown { place: &place, back: None, return_url: None });
    page.render().unwrap_or_else(|error| {
        tracing::error!(error = %error, "a receipt could not be written");
        String::new()
    })
}

/// `GET /checkout/{token}/receipt`
pub async fn receipt(
    State(switch): State<Switch>,
    Path(token): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let (payment, language) = match checkout::opened(&switch, &token, &uri, &headers).await {
        Ok(opened) => opened,
        Err(response) => return response,
    };
    let checkout = format!("/checkout/{token}");
    match switch.receipt_of(&payment).await {
        Ok(Some(receipt)) => {
            let place =
                Place { path: format!("{checkout}/receipt"), query: String::new(), demo: is_demo(&switch) };
            let back = Some(format!("{checkout}?lang={}", language.code()));
            let shown = Shown { place: &place, back, return_url: payment.return_url };
            frame::answer(StatusCode::OK, language, &page(&receipt, language, shown))
        }
        Ok(None) => {
            errors::page_of_payment(StatusCode::NOT_FOUND, errors::Kind::NoReceipt, language, checkout)
        }
        Err(error) => errors::of_switch(&error, language),
    }
}

fn page(receipt: &Receipt, language: Language, shown: Shown<'_>) -> ReceiptPage {
    let t = Texts::of(language);
    let words = match language {
        Language::Ar => &receipt.amount_in_words.ar,
        Language::En => &receipt.amount_in_words.en,
    };
    let lines = receipt.items.iter().flat_map(|item| &item.lines);
    ReceiptPage {
        frame: Frame::new(t, t.say("receipt-title"), shown.place),
        number: receipt.number.as_deref().map(Html::code),
        reference: Html::code(&receipt.reference.to_string()),
        facts: facts(receipt, t),
        authorities: receipt.authorities.iter().map(|one| t.title(&one.title)).collect(),
        illustrative: lines.clone().any(|line| line.illustrative),
        items: receipt.items.iter().map(|one| item(one, t)).collect(),
        total: t.money(receipt.total),
        adjustments: adjustments(receipt, t),
        amount: t.money(receipt.amount),
        words: Html::text(words),
        notes: notes(receipt, t),
        schedules: schedules(receipt, t),
        journals: journals(receipt, t),
        qr: qr::svg(&receipt.verification, &t.say("receipt-qr")),
        verification: Html::code(&receipt.verification),
        back: shown.back,
        return_url: shown.return_url,
    }
}

/// What identifies the payment and how it was paid; what does not apply is left out.
fn facts(receipt: &Receipt, t: Texts) -> Vec<(Html, Html)> {
    let way = match (receipt.way(), receipt.tender) {
        (Some(method), Some(tender)) => t.way(method, tender),
        _ => t.say("provider-none"),
    };
    let payer = receipt.payer.as_ref();
    let masked = |text: Option<&String>| text.map(|text| Html::code(text));
    let known = [
        ("receipt-client-reference", receipt.client_reference.as_deref().map(Html::code)),
        ("receipt-payer", payer.and_then(|payer| payer.name.as_deref()).map(Html::foreign)),
        ("receipt-payer-mobile", masked(payer.and_then(|payer| payer.mobile.as_ref()))),
        ("receipt-payer-id", masked(payer.and_then(|payer| payer.national_id.as_ref()))),
        ("receipt-paid-at", Some(exact_moment(receipt.paid_at))),
        ("receipt-collected-at", receipt.collected_at.map(exact_moment)),
        ("receipt-day", receipt.day.map(|day| short_date(day.0))),
        ("receipt-how", Some(way)),
        ("receipt-through", receipt.provider.as_deref().map(|provider| t.provider(provider))),
        ("receipt-provider-reference", receipt.provider_reference.as_deref().map(Html::code)),
    ];
    known.into_iter().filter_map(|(label, value)| Some((t.say(label), value?))).collect()
}

fn item(item: &ReceiptItem, t: Texts) -> ItemView {
    ItemView {
        title: t.title(&item.title),
        authority: t.title(&item.authority.title),
        lines: item.lines.iter().map(|one| line(one, t)).collect(),
    }
}

fn line(line: &ReceiptLine, t: Texts) -> LineView {
    LineView {
        title: t.title(&line.title),
        units: (line.quantity > 1).then(|| units(line.quantity, &t.money(line.unit_amount), t)),
        owed: t.title(&line.beneficiary.title),
        revenue_code: Html::code(&line.revenue_code),
        basis: Html::foreign(&line.legal_basis),
        amount: t.money(line.amount),
        illustrative: line.illustrative,
    }
}

fn adjustments(receipt: &Receipt, t: Texts) -> Vec<AdjustmentView> {
    let of_any_kind = receipt.adjustments.iter().filter(|one| match one.kind {
        AdjustmentKind::Incentive | AdjustmentKind::Surcharge => true,
        AdjustmentKind::Rounding => !one.amount.is_zero(),
    });
    of_any_kind
        .map(|one| AdjustmentView {
            title: t.title(&one.title),
            amount: t.difference(one.amount),
            owed: one
                .beneficiary
                .as_ref()
                .map(|owed| t.with("checkout-owed", [("beneficiary", t.title(&owed.title))])),
            basis: t.with("checkout-basis", [("basis", Html::foreign(&one.legal_basis))]),
        })
        .collect()
}

fn notes(receipt: &Receipt, t: Texts) -> Vec<Html> {
    [("excess-note", receipt.amount_excess), ("refunded-note", receipt.amount_refunded)]
        .into_iter()
        .filter(|(_, amount)| amount.is_positive())
        .map(|(id, amount)| t.with(id, [("amount", t.money(amount))]))
        .collect()
}

fn schedules(receipt: &Receipt, t: Texts) -> Vec<(Html, Html)> {
    let name = |code: &str| {
        let known = receipt.authorities.iter().find(|authority| authority.code == code);
        known.map_or_else(|| Html::foreign(code), |authority| t.title(&authority.title))
    };
    let of = receipt.schedules.iter().map(|schedule| {
        let parts = [
            ("authority", name(&schedule.authority)),
            ("version", Html::code(&schedule.version)),
            ("date", short_date(schedule.effective_from)),
        ];
        (t.with("receipt-schedule", parts), Html::code(&schedule.digest))
    });
    of.collect()
}

fn journals(receipt: &Receipt, t: Texts) -> Vec<Html> {
    let of = receipt.journals.iter().map(|journal| {
        let id = Html::code(&journal.id.to_string());
        t.with("receipt-journal", [("journal", id), ("day", short_date(journal.day.0))])
    });
    of.collect()
}
