//! The ways to pay: which can be used here, what each costs and why, and those that are provided for
//! but cannot be used yet.

use rusum_kit::provider::Profile;

use crate::{
    fees::{Adjustment, Bill, MethodPrice},
    money::{Method, Tender},
    web::{html::Html, names::Names, texts::Texts},
};

/// A way to pay, as it is shown.
pub struct WayView {
    /// What the form sends: `epayment/cash`.
    pub value: String,
    /// Its name.
    pub title: Html,
    /// What happens when it is chosen.
    pub hint: Html,
    /// All that is paid this way.
    pub amount: Html,
    /// Why that differs from the total.
    pub adjustments: Vec<AdjustmentView>,
    /// Whether the wallet's number is asked for.
    pub asks_mobile: bool,
    /// Whether it is chosen already.
    pub checked: bool,
}

/// One reason for a difference.
pub struct AdjustmentView {
    /// What it is.
    pub title: Html,
    /// With its sign.
    pub amount: Html,
    /// To whom a surcharge is owed.
    pub owed: Option<Html>,
    /// The law or decree.
    pub basis: Html,
}

/// Whether a provider takes this way and amount. Where nothing is left to be collected, none is
/// needed.
pub fn is_usable(price: &MethodPrice, profiles: &[&Profile]) -> bool {
    let takes = |profile: &&Profile| {
        profile.ways.iter().any(|way| way.method == price.method && way.tender == price.tender)
            && (profile.smallest..=profile.largest).contains(&price.amount)
    };
    price.amount.is_zero() || profiles.iter().any(takes)
}

/// The ways of a bill: those that can be used, and the others.
pub fn views(
    bill: &Bill,
    profiles: &[&Profile],
    chosen: Option<(Method, Tender)>,
    t: Texts,
    names: Names<'_>,
) -> (Vec<WayView>, Vec<WayView>) {
    let (usable, others): (Vec<_>, Vec<_>) =
        bill.methods.iter().partition(|price| is_usable(price, profiles));
    let only = usable.len() == 1;
    let view = |price: &MethodPrice| WayView {
        value: format!("{}/{}", price.method, price.tender),
        title: t.way(price.method, price.tender),
        hint: t.say(&format!("method-{}-hint", price.method)),
        amount: t.money(price.amount),
        adjustments: price.adjustments.iter().map(|one| adjustment(one, t, names)).collect(),
        asks_mobile: price.method == Method::Wallet,
        checked: only || chosen == Some((price.method, price.tender)),
    };
    (usable.into_iter().map(view).collect(), others.into_iter().map(view).collect())
}

fn adjustment(adjustment: &Adjustment, t: Texts, names: Names<'_>) -> AdjustmentView {
    AdjustmentView {
        title: t.title(&adjustment.title),
        amount: t.difference(adjustment.amount),
        owed: adjustment
            .beneficiary
            .as_deref()
            .map(|code| t.with("checkout-owed", [("beneficiary", names.beneficiary(code))])),
        basis: t.with("checkout-basis", [("basis", Html::foreign(&adjustment.legal_basis))]),
    }
}
