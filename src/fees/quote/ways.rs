//! What each way to pay makes of the total: incentives and surcharges of the items' authorities on
//! their own items, those of the nation on the whole basket, and rounding to coins at the end.
//!
//! Every rule looks at what is owed before any other rule. An authority's incentives never take
//! more than its own items cost, the nation's never more than is left.

use std::sync::Arc;

use super::{Asked, Priced};
use crate::{
    fees::{
        Adjustment, AdjustmentKind, Catalogue, MethodPrice,
        schedule::{Effect, Rule, Schedule},
        way::Ways,
    },
    money::Piastres,
};

/// The rules of one schedule that apply now, with what each would take or add.
struct Group<'c> {
    schedule: &'c Schedule,
    /// What its items cost: the most that its incentives can take.
    owed: Piastres,
    rules: Vec<(&'c Rule, Piastres)>,
}

pub(super) fn methods(
    catalogue: &Catalogue,
    priced: &[Priced<'_>],
    ways: Ways,
    total: Piastres,
    asked: &Asked,
    waivers: &[Arc<str>],
) -> Vec<MethodPrice> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (number, one) in priced.iter().enumerate() {
        let is_first = priced[..number].iter().all(|before| !std::ptr::eq(before.schedule, one.schedule));
        if is_first && !one.schedule.rules.is_empty() {
            groups.extend(group(one.schedule, priced, asked, waivers, |other| {
                std::ptr::eq(other, one.schedule)
            }));
        }
    }
    if let Some(national) = catalogue.national(asked.on) {
        groups.extend(group(national, priced, asked, waivers, |_| true));
    }
    let mut methods = Vec::with_capacity(ways.len());
    for (place, way) in ways.iter() {
        let adjustments = adjustments(&groups, place, total);
        let amount = total + adjustments.iter().map(|adjustment| adjustment.amount).sum();
        methods.push(MethodPrice { method: way.method, tender: way.tender, amount, adjustments });
    }
    methods
}

/// A schedule's rules that apply to these items; nothing if there are none.
fn group<'c>(
    schedule: &'c Schedule,
    priced: &[Priced<'_>],
    asked: &Asked,
    waivers: &[Arc<str>],
    is_mine: impl Fn(&Schedule) -> bool,
) -> Option<Group<'c>> {
    let sum = |counts: &dyn Fn(&Priced<'_>) -> bool| -> Piastres {
        priced.iter().filter(|one| is_mine(one.schedule) && counts(one)).map(|one| one.item.total).sum()
    };
    let mut rules = Vec::new();
    for rule in &schedule.rules {
        let is_waived = rule.waivers.iter().any(|waiver| waivers.contains(waiver));
        let is_exempt = rule.exempt_governorates >> asked.governorate & 1 == 1;
        if is_waived || is_exempt || !rule.holds_on(asked.on) {
            continue;
        }
        let base = sum(&|one| rule.counts(&one.schedule.authority, &one.service.code));
        let amount = match &rule.effect {
            Effect::Incentive(measure) if base > rule.threshold => measure.of(base).min(base),
            Effect::Surcharge(measure, _) if base > rule.threshold => measure.of(base),
            Effect::Rounding(_) if base > rule.threshold => base,
            Effect::Incentive(_) | Effect::Surcharge(..) | Effect::Rounding(_) => continue,
        };
        rules.push((rule, amount));
    }
    (!rules.is_empty()).then(|| Group { schedule, owed: sum(&|_| true), rules })
}

fn adjustments(groups: &[Group<'_>], place: usize, total: Piastres) -> Vec<Adjustment> {
    let mut adjustments = Vec::new();
    let (mut payable, mut taken) = (total, Piastres::ZERO);
    for group in groups {
        let mut takeable = group.owed.min(total - taken);
        for (rule, amount) in group.rules.iter().filter(|(rule, _)| rule.ways.has(place)) {
            let difference = match &rule.effect {
                Effect::Incentive(_) => {
                    let taking = (*amount).min(takeable);
                    takeable -= taking;
                    taken += taking;
                    -taking
                }
                Effect::Surcharge(..) => *amount,
                Effect::Rounding(rounding) => rounding.round(payable) - payable,
            };
            if !difference.is_zero() {
                payable += difference;
                adjustments.push(adjustment(group.schedule, rule, difference));
            }
        }
    }
    adjustments
}

fn adjustment(schedule: &Schedule, rule: &Rule, amount: Piastres) -> Adjustment {
    let (kind, owed) = match &rule.effect {
        Effect::Incentive(_) => (AdjustmentKind::Incentive, None),
        Effect::Surcharge(_, owed) => (AdjustmentKind::Surcharge, Some(owed)),
        Effect::Rounding(_) => (AdjustmentKind::Rounding, None),
    };
    Adjustment {
        code: rule.code.clone(),
        title: rule.title.clone(),
        amount,
        kind,
        authority: schedule.authority.clone(),
        beneficiary: owed.map(|owed| owed.beneficiary.clone()),
        revenue_code: owed.map(|owed| owed.revenue_code.clone()),
        legal_basis: rule.basis.law.clone(),
    }
}
