//! The receipt: what was paid, to whom, by which decree, and where the ledger says so.
//!
//! Promises: it is derived, never stored: from the payment, whose bill was bound and is not
//! recomputed, from the journals that were posted for it, and from the published titles. Two readings
//! of the same facts give the same receipt. There is one only while the payment is paid. Its number
//! is given when the business day is sealed; until then it is null and the reference identifies it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    model::{Attempt, Booked, Language, MaskedPayer, NO_PROVIDER, Payment},
    states::{AttemptStatus, PaymentStatus},
    view::{self, Links},
};
use crate::{
    calendar::BusinessDay,
    fees::{Adjustment, AdjustmentKind, BillItem, Catalogue, Line, ScheduleRef, Title},
    ids::{JournalId, PaymentId},
    ledger::JournalEvent,
    money::{Currency, Method, Piastres, Tender},
    reference::Reference,
    words,
};

/// A journal of the payment, as the ledger holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReceiptJournal {
    /// Its id.
    pub id: JournalId,
    /// What it records.
    pub event: JournalEvent,
    /// The business day it was committed in.
    pub day: BusinessDay,
}

/// The receipt of a paid payment.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Receipt {
    /// Its number in the issuing series; null until its business day is sealed.
    pub number: Option<String>,
    /// The payment.
    pub payment: PaymentId,
    /// The payment's reference.
    #[schema(value_type = String, pattern = "^[1-9][0-9]{15}$")]
    pub reference: Reference,
    /// The caller's own reference.
    pub client_reference: Option<String>,
    /// The language the payer chose.
    pub language: Language,
    /// The payer, masked.
    pub payer: Option<MaskedPayer>,
    /// The authorities whose services were paid, in the order of the items.
    pub authorities: Vec<Party>,
    /// What was paid for.
    pub items: Vec<ReceiptItem>,
    /// Σ of the items.
    pub total: Piastres,
    /// What the way to pay added or took away.
    pub adjustments: Vec<ReceiptAdjustment>,
    /// What the citizen paid: `total` + Σ `adjustments`.
    pub amount: Piastres,
    /// Always EGP.
    pub currency: Currency,
    /// `amount` in words.
    pub amount_in_words: Title,
    /// What came beyond the amount and is given back.
    pub amount_excess: Piastres,
    /// What was given back since.
    pub amount_refunded: Piastres,
    /// How it was paid: `card`, `wallet`, `post`, `epayment`, or `none` where nothing was to be paid.
    pub method: &'static str,
    /// With what; null where nothing was to be paid.
    pub tender: Option<Tender>,
    /// Through whom; null where nothing was to be paid.
    pub provider: Option<String>,
    /// The provider's own reference.
    pub provider_reference: Option<String>,
    /// When the payment was made.
    #[serde(serialize_with = "view::utc")]
    pub created_at: DateTime<Utc>,
    /// When the switch booked the money.
    #[serde(serialize_with = "view::utc")]
    pub paid_at: DateTime<Utc>,
    /// When the provider took the money, where it told.
    #[serde(serialize_with = "view::utc_option")]
    pub collected_at: Option<DateTime<Utc>>,
    /// The business day it is booked in; null where nothing was posted.
    pub day: Option<BusinessDay>,
    /// The published schedules that the price comes from, each once.
    pub schedules: Vec<ScheduleRef>,
    /// What was posted for it.
    pub journals: Vec<ReceiptJournal>,
    /// Where anybody who holds the receipt can check it. It opens nothing else.
    pub verification: String,
}

/// An authority or a beneficiary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Party {
    /// Its code.
    pub code: String,
    /// Its title.
    pub title: Title,
}

/// One service paid for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReceiptItem {
    /// The service's code.
    pub service: String,
    /// The service's title.
    pub title: Title,
    /// Whose service it is.
    pub authority: Party,
    /// How it is handed over.
    pub delivery: Option<String>,
    /// How many units.
    pub quantity: u32,
    /// The exemption that was applied.
    pub exemption: Option<String>,
    /// The published schedule.
    pub schedule: ScheduleRef,
    /// The parts of the price.
    pub lines: Vec<ReceiptLine>,
    /// Σ of the lines.
    pub total: Piastres,
}

/// One part of a price that was paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReceiptLine {
    /// The line's code.
    pub code: String,
    /// What it is for.
    pub title: Title,
    /// The price of one unit.
    pub unit_amount: Piastres,
    /// How many units.
    pub quantity: u32,
    /// The line's amount.
    pub amount: Piastres,
    /// To whom it is owed.
    pub beneficiary: Party,
    /// Under which revenue item.
    pub revenue_code: String,
    /// The law or decree that sets it.
    pub legal_basis: String,
    /// Whether the figure has no published source (never in production).
    pub illustrative: bool,
}

/// Why the amount differs from the total of the fees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReceiptAdjustment {
    /// The rule's code.
    pub code: String,
    /// What it is.
    pub title: Title,
    /// Negative for an incentive, positive for a surcharge, either for cash rounding.
    pub amount: Piastres,
    /// What kind of difference it is.
    pub kind: AdjustmentKind,
    /// The authority whose schedule holds the rule.
    pub authority: String,
    /// To whom a surcharge is owed; null for incentives and rounding.
    pub beneficiary: Option<Party>,
    /// The revenue item of a surcharge; null for incentives and rounding.
    pub revenue_code: Option<String>,
    /// The law or decree that sets it.
    pub legal_basis: String,
}

impl Receipt {
    /// The receipt of a payment; nothing while it is not paid. `journals` are those posted for it,
    /// oldest first; the catalogue gives the titles of authorities and beneficiaries on its date.
    pub fn of(
        payment: &Payment,
        journals: &[ReceiptJournal],
        catalogue: &Catalogue,
        links: &Links,
    ) -> Option<Self> {
        if payment.status != PaymentStatus::Paid {
            return None;
        }
        let paid_by = paying_attempt(payment);
        let collection =
            paid_by.and_then(|attempt| attempt.collections.iter().find(|known| known.booked == Booked::Paid));
        let tender = paid_by.map(|attempt| tender_paid(payment, attempt));
        let price =
            paid_by.zip(tender).and_then(|(attempt, tender)| payment.bill.price(attempt.method, tender));
        let amount = payment.amount_paid;
        let titles = Titles { catalogue, payment };
        let items: Vec<ReceiptItem> = payment.bill.items.iter().map(|item| titles.item(item)).collect();
        let collected = paid_by.filter(|attempt| attempt.provider != NO_PROVIDER);
        Some(Self {
            number: None,
            payment: payment.id,
            reference: payment.reference,
            client_reference: payment.client_reference.clone(),
            language: payment.language,
            payer: payment.payer.clone(),
            authorities: each_once(items.iter().map(|item| item.authority.clone())),
            schedules: each_once(items.iter().map(|item| item.schedule.clone())),
            items,
            total: payment.bill.total,
            adjustments: price.map(|price| titles.adjustments(&price.adjustments)).unwrap_or_default(),
            amount,
            currency: payment.bill.currency,
            amount_in_words: Title { ar: words::arabic(amount), en: words::english(amount) },
            amount_excess: payment.amount_excess,
            amount_refunded: payment.amount_refunded,
            method: paid_by.map_or("none", |attempt| attempt.method.code()),
            tender,
            provider: collected.map(|attempt| attempt.provider.clone()),
            provider_reference: collected.and_then(|attempt| attempt.provider_reference.clone()),
            created_at: payment.created_at,
            paid_at: payment.paid_at.unwrap_or(payment.created_at),
            collected_at: collection.and_then(|collection| collection.collected_at),
            day: journals.iter().rfind(|known| known.event == JournalEvent::Paid).map(|known| known.day),
            journals: journals.to_vec(),
            verification: links.verification(payment.id),
        })
    }

    /// The way it was paid; nothing where nothing was to be paid.
    pub fn way(&self) -> Option<Method> {
        self.method.parse().ok()
    }
}

/// The attempt that paid the payment: whose collection did, or which had nothing left to collect.
fn paying_attempt(payment: &Payment) -> Option<&Attempt> {
    payment.attempts.iter().find(|attempt| {
        let collected = attempt.collections.iter().any(|known| known.booked == Booked::Paid);
        let nothing_to_collect =
            attempt.provider == NO_PROVIDER && attempt.status == AttemptStatus::Succeeded;
        collected || nothing_to_collect
    })
}

/// With what it was paid: what the provider told, where that way is on the bill.
fn tender_paid(payment: &Payment, attempt: &Attempt) -> Tender {
    let paid = attempt.collections.iter().find(|known| known.booked == Booked::Paid);
    paid.and_then(|collection| collection.tender)
        .filter(|tender| payment.bill.price(attempt.method, *tender).is_some())
        .unwrap_or(attempt.tender)
}

fn each_once<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut once = Vec::new();
    for one in all {
        if !once.contains(&one) {
            once.push(one);
        }
    }
    once
}

/// The published titles on the date of the bill. A code without a title stands for itself.
struct Titles<'a> {
    catalogue: &'a Catalogue,
    payment: &'a Payment,
}

impl Titles<'_> {
    fn item(&self, item: &BillItem) -> ReceiptItem {
        ReceiptItem {
            service: item.service.to_string(),
            title: (*item.title).clone(),
            authority: self.authority(&item.schedule.authority),
            delivery: item.delivery.as_deref().map(str::to_owned),
            quantity: item.quantity,
            exemption: item.exemption.as_deref().map(str::to_owned),
            schedule: (*item.schedule).clone(),
            lines: item.lines.iter().map(|line| self.line(line)).collect(),
            total: item.total,
        }
    }

    fn line(&self, line: &Line) -> ReceiptLine {
        ReceiptLine {
            code: line.code.to_string(),
            title: (*line.title).clone(),
            unit_amount: line.unit_amount,
            quantity: line.quantity,
            amount: line.amount,
            beneficiary: self.beneficiary(&line.beneficiary),
            revenue_code: line.revenue_code.to_string(),
            legal_basis: line.legal_basis.to_string(),
            illustrative: line.illustrative,
        }
    }

    fn adjustments(&self, adjustments: &[Adjustment]) -> Vec<ReceiptAdjustment> {
        let one = |adjustment: &Adjustment| ReceiptAdjustment {
            code: adjustment.code.to_string(),
            title: (*adjustment.title).clone(),
            amount: adjustment.amount,
            kind: adjustment.kind,
            authority: adjustment.authority.to_string(),
            beneficiary: adjustment.beneficiary.as_deref().map(|code| self.beneficiary(code)),
            revenue_code: adjustment.revenue_code.as_deref().map(str::to_owned),
            legal_basis: adjustment.legal_basis.to_string(),
        };
        adjustments.iter().map(one).collect()
    }

    fn authority(&self, code: &str) -> Party {
        party(code, self.catalogue.authority_title(code, self.payment.bill.on).cloned())
    }

    fn beneficiary(&self, code: &str) -> Party {
        let known = self.catalogue.beneficiary(code, self.payment.bill.on);
        party(code, known.map(|beneficiary| beneficiary.title.clone()))
    }
}

fn party(code: &str, title: Option<Title>) -> Party {
    let itself = || Title { ar: code.to_owned(), en: code.to_owned() };
    Party { code: code.to_owned(), title: title.unwrap_or_else(itself) }
}
