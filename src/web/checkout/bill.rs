//! The bill as it is shown: every line with its amount, to whom it is owed and by which decree.

use crate::{
    fees::{Bill, BillItem, Line},
    web::{html::Html, names::Names, texts::Texts},
};

/// A bill.
pub struct BillView {
    /// What is paid for.
    pub items: Vec<ItemView>,
    /// Σ of the items.
    pub total: Html,
}

/// One service.
pub struct ItemView {
    /// Its title.
    pub title: Html,
    /// Whose it is.
    pub authority: Html,
    /// Quantity, delivery and exemption, where there are any.
    pub notes: Vec<Html>,
    /// The parts of its price.
    pub lines: Vec<LineView>,
    /// The published schedule.
    pub schedule: Html,
}

/// One part of a price.
pub struct LineView {
    /// What it is for.
    pub title: Html,
    /// `2 × 25.00`, where there is more than one unit.
    pub units: Option<Html>,
    /// Its amount.
    pub amount: Html,
    /// To whom it is owed.
    pub owed: Html,
    /// The law or decree, said so.
    pub basis: Html,
    /// Whether the figure has no published source.
    pub illustrative: bool,
}

impl BillView {
    /// The view of a bill.
    pub fn of(bill: &Bill, t: Texts, names: Names<'_>) -> Self {
        Self { items: bill.items.iter().map(|one| item(one, t, names)).collect(), total: t.money(bill.total) }
    }
}

fn item(item: &BillItem, t: Texts, names: Names<'_>) -> ItemView {
    let authority = names.authority(&item.schedule.authority);
    let quantity = (item.quantity > 1)
        .then(|| t.with("checkout-quantity", [("count", Html::code(&item.quantity.to_string()))]));
    let version = Html::code(&item.schedule.version);
    ItemView {
        title: t.title(&item.title),
        notes: quantity.into_iter().chain(names.terms(item)).collect(),
        lines: item.lines.iter().map(|one| line(one, t, names)).collect(),
        schedule: t.with("checkout-schedule", [("version", version), ("authority", authority.clone())]),
        authority,
    }
}

fn line(line: &Line, t: Texts, names: Names<'_>) -> LineView {
    LineView {
        title: t.title(&line.title),
        units: (line.quantity > 1).then(|| units(line.quantity, &t.money(line.unit_amount), t)),
        amount: t.money(line.amount),
        owed: t.with("checkout-owed", [("beneficiary", names.beneficiary(&line.beneficiary))]),
        basis: t.with("checkout-basis", [("basis", Html::foreign(&line.legal_basis))]),
        illustrative: line.illustrative,
    }
}

/// `2 × EGP 25.00`.
pub fn units(count: u32, each: &Html, t: Texts) -> Html {
    t.with("checkout-units", [("count", Html::code(&count.to_string())), ("amount", each.clone())])
}
