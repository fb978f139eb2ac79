//! The lines of one item: those whose condition holds, each unit price times its count.

use std::sync::Arc;

use super::facts::Facts;
use crate::{
    fees::{
        Line, Refusal, RefusalCode, Title,
        schedule::{Per, Price, Service, Tariff},
    },
    money::Piastres,
};

const BOUNDED: &str = "the dearest outcome of every line is bounded when the schedule is checked";

/// All lines; a combination for which none is published is refused rather than free.
pub(super) fn lines(service: &Service, facts: &Facts<'_>, number: usize) -> Result<Vec<Line>, Refusal> {
    let mut lines = Vec::with_capacity(service.lines.len() + 1);
    for (place, tariff) in service.lines.iter().enumerate() {
        if !facts.charges(tariff) {
            continue;
        }
        let Some(unit) = unit_price(&tariff.price, facts) else { continue };
        let count = match tariff.per {
            Per::Item => 1,
            Per::Quantity => facts.quantity,
            Per::Option(place) => facts.value(place).and_then(|count| u32::try_from(count).ok()).unwrap_or(0),
        };
        let exempted = facts.exemption.filter(|exemption| exemption.lines >> place & 1 == 1);
        let basis = exempted.map_or(&tariff.basis, |exemption| &exemption.basis);
        let mut push = |code: &Arc<str>, title: &Arc<Title>, unit: Piastres, count: u32| {
            if count > 0 {
                let unit = if exempted.is_some() { Piastres::ZERO } else { unit };
                lines.push(line(tariff, &basis.law, code, title, unit, count));
            }
        };
        match &tariff.further {
            Some(further) => {
                push(&tariff.code, &tariff.title, unit, count.min(further.after));
                push(&further.code, &further.title, further.amount, count.saturating_sub(further.after));
            }
            None => push(&tariff.code, &tariff.title, unit, count),
        }
    }
    if lines.is_empty() {
        return Err(Refusal::new(
            RefusalCode::OptionInvalid,
            format!("/items/{number}"),
            &format!("لا يوجد سعر منشور للخدمة {} بهذه الاختيارات معًا", service.code),
            &format!("no price of {} is published for these options together", service.code),
        ));
    }
    Ok(lines)
}

/// What one unit costs; nothing where it depends on an option that is not asked for.
fn unit_price(price: &Price, facts: &Facts<'_>) -> Option<Piastres> {
    match price {
        Price::Amount(amount) => Some(*amount),
        Price::Bands(place, bands) => {
            let value = facts.value(*place)?;
            bands.iter().find(|band| band.from <= value && value <= band.to).map(|band| band.amount)
        }
        Price::Percentage(place, share) => Some(share.of(Piastres::new(facts.value(*place)?))),
    }
}

fn line(
    tariff: &Tariff,
    legal_basis: &Arc<str>,
    code: &Arc<str>,
    title: &Arc<Title>,
    unit_amount: Piastres,
    quantity: u32,
) -> Line {
    Line {
        code: code.clone(),
        title: title.clone(),
        unit_amount,
        quantity,
        amount: unit_amount.checked_mul(i64::from(quantity)).expect(BOUNDED),
        beneficiary: tariff.owed.beneficiary.clone(),
        revenue_code: tariff.owed.revenue_code.clone(),
        legal_basis: legal_basis.clone(),
        illustrative: tariff.basis.illustrative,
    }
}
