//! The checkout page: a function of the payment, the published names, the providers' profiles and the
//! time. It decides nothing and reads nothing.

use askama::Template;
use chrono::{DateTime, Utc};
use rusum_kit::provider::{Instructions, NextAction, Profile, TenderAmount};

use super::{
    bill::BillView,
    stage::Stage,
    ways::{self, WayView},
};
use crate::{
    fees::Catalogue,
    money::{Method, Tender},
    payments::{Attempt, AttemptStatus, Language, Payment},
    web::{
        frame::{Frame, Place},
        html::Html,
        names::Names,
        qr,
        texts::Texts,
    },
};

/// What the page is made of.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The payment as it is.
    pub payment: &'a Payment,
    /// The published names.
    pub catalogue: &'a Catalogue,
    /// The providers of this node.
    pub profiles: &'a [&'a Profile],
    /// The time.
    pub now: DateTime<Utc>,
}

/// What was wrong with the form that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Nothing was chosen.
    Nothing,
    /// What was chosen is not on the bill.
    UnknownWay,
    /// The wallet's number.
    Mobile,
    /// No provider takes it now.
    Unavailable,
    /// The providers that would take it do not answer.
    Silent(String),
}

/// What the citizen asked the page for.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// To choose another way while one waits.
    pub change: bool,
    /// What was wrong with the form just sent, and what it chose.
    pub wrong: Option<(Wrong, Option<(Method, Tender)>)>,
}

/// The page.
#[derive(Template)]
#[template(path = "checkout.html")]
pub struct CheckoutPage {
    frame: Frame,
    /// The stage in a word, and the payment's version: what the script compares.
    stage: &'static str,
    version: i64,
    is_live: bool,
    /// What is waited for.
    live: Html,
    reference: Html,
    due: Html,
    panel: Panel,
    bill: BillView,
    /// Whether the bill is what the page is about.
    review: bool,
    links: PageLinks,
}

/// Where the page leads.
pub struct PageLinks {
    here: String,
    attempts: String,
    status: String,
    receipt: String,
    change: String,
    back: Option<String>,
}

/// The part of the page that differs by stage.
enum Panel {
    Choose(Choose),
    Code(Code),
    Redirect { lead: Html, go: Html, url: String },
    Phone { lead: Html, until: Html, left: Option<Html>, qr: Option<Html> },
    Wait { title: Html, lead: Html, calm: Option<Html>, since: Option<Html> },
    Paid { lead: Html, at: Option<Html>, how: Option<Html>, notes: Vec<Html> },
    Closed { title: Html, lead: Html, note: Option<Html> },
}

struct Choose {
    ways: Vec<WayView>,
    later: Vec<WayView>,
    /// What became of the last attempt.
    last: Option<Html>,
    wrong: Option<Html>,
    /// Nothing was wrong with the form: it cannot be done just now.
    not_now: bool,
    mobile_wrong: bool,
    /// A code still waits: this says what that means.
    keep: bool,
}

struct Code {
    lead: Html,
    label: Html,
    /// The bare code, for the copy button.
    bare: String,
    shown: Html,
    amounts: Vec<(Html, Html)>,
    until: Html,
    left: Option<Html>,
    steps: Vec<Html>,
}

impl CheckoutPage {
    /// The page of a payment.
    pub fn new(facts: Facts<'_>, ask: &Ask, language: Language, place: &Place) -> Self {
        let Facts { payment, catalogue, now, .. } = facts;
        let t = Texts::of(language);
        let names = Names { catalogue, on: payment.bill.on, t };
        let stage = Stage::of(payment, now);
        let choosing = stage == Stage::Choose || (ask.change && stage.may_change());
        let panel = if choosing { choose(facts, ask, &stage, t, names) } else { panel(facts, &stage, t) };
        let place = &Place { query: if ask.change { "change=1" } else { "" }.to_owned(), ..place.clone() };
        Self {
            frame: Frame::new(t, title(&panel, t), place),
            stage: stage.word(),
            version: payment.version,
            is_live: stage.is_live() && !choosing,
            live: t.say(if stage.may_change() { "code-waiting" } else { "live-changes" }),
            reference: Html::code(&payment.reference.to_string()),
            due: t.moment(payment.expires_at),
            review: choosing,
            bill: BillView::of(&payment.bill, t, names),
            links: PageLinks::of(payment, &place.path, t),
            panel,
        }
    }
}

impl PageLinks {
    fn of(payment: &Payment, path: &str, t: Texts) -> Self {
        let lang = t.lang();
        Self {
            here: format!("{path}?lang={lang}"),
            attempts: format!("{path}/attempts?lang={lang}"),
            status: format!("{path}/status?lang={lang}"),
            receipt: format!("{path}/receipt?lang={lang}"),
            change: format!("{path}?change=1&lang={lang}"),
            back: payment.return_url.clone(),
        }
    }
}

fn title(panel: &Panel, t: Texts) -> Html {
    match panel {
        Panel::Choose(_) => t.say("checkout-title"),
        Panel::Code(_) => t.say("code-title"),
        Panel::Redirect { .. } => t.say("redirect-title"),
        Panel::Phone { .. } => t.say("phone-title"),
        Panel::Paid { .. } => t.say("paid-title"),
        Panel::Wait { title, .. } | Panel::Closed { title, .. } => title.clone(),
    }
}

fn choose(facts: Facts<'_>, ask: &Ask, stage: &Stage<'_>, t: Texts, names: Names<'_>) -> Panel {
    let chosen = ask.wrong.as_ref().and_then(|(_, chosen)| *chosen);
    let (ways, later) = ways::views(&facts.payment.bill, facts.profiles, chosen, t, names);
    let wrong = ask.wrong.as_ref().map(|(wrong, _)| wrong);
    Panel::Choose(Choose {
        ways,
        later,
        last: facts.payment.attempts.last().and_then(|attempt| last_attempt(attempt, t)),
        wrong: wrong.map(|wrong| told(wrong, t)),
        not_now: matches!(wrong, Some(Wrong::Unavailable | Wrong::Silent(_))),
        mobile_wrong: wrong == Some(&Wrong::Mobile),
        keep: stage.may_change(),
    })
}

fn told(wrong: &Wrong, t: Texts) -> Html {
    match wrong {
        Wrong::Nothing => t.say("error-choose-way"),
        Wrong::UnknownWay => t.say("error-way-unknown"),
        Wrong::Mobile => t.say("error-mobile"),
        Wrong::Unavailable => t.say("error-way-unavailable"),
        Wrong::Silent(provider) => t.with("error-provider-silent", [("provider", t.provider(provider))]),
    }
}

fn last_attempt(attempt: &Attempt, t: Texts) -> Option<Html> {
    match attempt.status {
        AttemptStatus::Declined => {
            Some(t.with("last-declined", [("provider", t.provider(&attempt.provider))]))
        }
        AttemptStatus::Failed => Some(t.say("last-failed")),
        AttemptStatus::Expired => Some(t.say("last-expired")),
        AttemptStatus::Voided => Some(t.say("last-voided")),
        AttemptStatus::Reversed => Some(t.say("last-reversed")),
        AttemptStatus::Created
        | AttemptStatus::Pending
        | AttemptStatus::Unknown
        | AttemptStatus::Authorized
        | AttemptStatus::Succeeded
        | AttemptStatus::Superseded => None,
    }
}

fn panel(facts: Facts<'_>, stage: &Stage<'_>, t: Texts) -> Panel {
    let payment = facts.payment;
    match stage {
        Stage::Waiting(attempt, action) => waiting(attempt, action, facts.now, t),
        Stage::Choose | Stage::Expired => Panel::Closed {
            title: t.say("expired-title"),
            lead: t.with("expired-lead", [("moment", t.moment(payment.expires_at))]),
            note: (!payment.attempts.is_empty()).then(|| t.say("expired-late")),
        },
        Stage::Cancelled => {
            Panel::Closed { title: t.say("cancelled-title"), lead: t.say("cancelled-lead"), note: None }
        }
        Stage::Preparing(attempt) => Panel::Wait {
            title: t.say("preparing-title"),
            lead: t.with("preparing-lead", [("provider", t.provider(&attempt.provider))]),
            calm: None,
            since: None,
        },
        Stage::Unknown(attempt) => Panel::Wait {
            title: t.say("unknown-title"),
            lead: t.with("unknown-lead", [("provider", t.provider(&attempt.provider))]),
            calm: Some(t.say("unknown-calm")),
            since: attempt.unknown_since.map(|at| t.with("unknown-since", [("moment", t.moment(at))])),
        },
        Stage::Held(attempt) => Panel::Wait {
            title: t.say("held-title"),
            lead: t.with("held-lead", [("amount", t.money(attempt.amount))]),
            calm: None,
            since: None,
        },
        Stage::Paid => paid(payment, t),
    }
}

fn waiting(attempt: &Attempt, action: &NextAction, now: DateTime<Utc>, t: Texts) -> Panel {
    let provider = || t.provider(&attempt.provider);
    match action {
        NextAction::PayAtCounter { code, expires_at, amounts, instructions } => Panel::Code(Code {
            lead: t.with("code-lead", [("provider", provider())]),
            label: t.with("code-label", [("provider", provider())]),
            bare: code.clone(),
            shown: Html::code(code),
            amounts: counter_amounts(attempt, amounts, t),
            until: t.moment(*expires_at),
            left: t.left(*expires_at, now),
            steps: steps(instructions, t),
        }),
        NextAction::Redirect { url } => Panel::Redirect {
            lead: t.with("redirect-lead", [("amount", t.money(attempt.amount)), ("provider", provider())]),
            go: t.with("redirect-go", [("provider", provider())]),
            url: url.clone(),
        },
        NextAction::ApproveOnPhone { mobile, expires_at, qr } => Panel::Phone {
            lead: t.with("phone-lead", [("amount", t.money(attempt.amount)), ("mobile", Html::code(mobile))]),
            until: t.moment(*expires_at),
            left: t.left(*expires_at, now),
            qr: qr.as_deref().and_then(|content| qr::svg(content, &t.say("phone-qr"))),
        },
    }
}

/// What is to be paid at the counter, with the tender's name where there are several.
fn counter_amounts(attempt: &Attempt, amounts: &[TenderAmount], t: Texts) -> Vec<(Html, Html)> {
    if amounts.is_empty() {
        return vec![(t.say(&format!("tender-{}", attempt.tender)), t.money(attempt.amount))];
    }
    let told = amounts.iter();
    told.map(|one| (t.say(&format!("tender-{}", one.tender)), t.money(one.amount))).collect()
}

/// The provider's instructions: a step per line.
fn steps(instructions: &Instructions, t: Texts) -> Vec<Html> {
    let text = match t.language {
        Language::Ar => &instructions.ar,
        Language::En => &instructions.en,
    };
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Html::prose).collect()
}

fn paid(payment: &Payment, t: Texts) -> Panel {
    let amount_of = |id: &str, amount| t.with(id, [("amount", t.money(amount))]);
    let excess = payment.amount_excess - payment.excess_refunded;
    let notes = [
        excess.is_positive().then(|| amount_of("excess-note", excess)),
        payment.amount_refunded.is_positive().then(|| amount_of("refunded-note", payment.amount_refunded)),
    ];
    let paid_by = payment.attempts.iter().find(|attempt| attempt.status == AttemptStatus::Succeeded);
    Panel::Paid {
        lead: if payment.amount_paid.is_zero() {
            t.say("paid-nothing")
        } else {
            amount_of("paid-lead", payment.amount_paid)
        },
        at: payment.paid_at.map(|at| t.moment(at)),
        how: paid_by.map(|attempt| t.provider(&attempt.provider)),
        notes: notes.into_iter().flatten().collect(),
    }
}
