//! Rules: of one code never two at a time nor a gap between; none outside its schedule's time; no
//! unknown service or authority; at most one rounding of a way at a time.

use std::sync::Arc;

use chrono::NaiveDate;

use super::versions;
use crate::fees::{
    NATIONAL,
    notes::{Notes, Spot},
    schedule::{Effect, Rule, Schedule},
    way::Ways,
};

pub(super) fn check(notes: &mut Notes<'_>, schedule: &Schedule, all: &[Schedule], is_whole: bool) {
    let first = schedule.reference.effective_from;
    let last = versions::last_day(schedule, all);
    let mut ordered: Vec<&Rule> = schedule.rules.iter().collect();
    ordered.sort_by_key(|rule| (&rule.code, rule.effective_from));
    for pair in ordered.windows(2) {
        if pair[0].code == pair[1].code {
            neighbours(notes, pair[0], pair[1]);
        }
    }
    for rule in &schedule.rules {
        let is_outside = rule.effective_from.is_some_and(|from| from > last)
            || rule.effective_to.is_some_and(|to| to < first);
        if is_outside {
            let message = format!(
                "{} {:?} can never apply: its dates are outside the schedule's",
                rule.effect.code(),
                rule.code
            );
            notes.error(rule.spot, message, format!("write dates from {first} on, or remove it"));
        }
        if is_whole {
            known_names(notes, rule, all);
            ways_that_exist(notes, rule, schedule, all);
        }
        if matches!(rule.effect, Effect::Rounding(_)) && &*schedule.authority != NATIONAL {
            let message = format!("rounding {:?} stands in a file of {}", rule.code, schedule.authority);
            notes.error(
                rule.spot,
                message,
                format!("move it to a file of {NATIONAL}: what is paid is rounded once"),
            );
        }
    }
    one_rounding(notes, &schedule.rules);
}

fn neighbours(notes: &mut Notes<'_>, before: &Rule, after: &Rule) {
    let code = &after.code;
    let (to, from) = (before.effective_to, after.effective_from);
    let (Some(to), Some(from)) = (to, from) else {
        let message = format!("{code:?} stands twice and both are in force at one time");
        notes.error(
            after.spot,
            message,
            "write `effective_to` for the earlier and `effective_from` for the later",
        );
        return;
    };
    if to >= from {
        let message = format!("{code:?} stands twice and overlaps from {from} to {to}");
        notes.error(after.spot, message, "let the earlier end on the eve of the later");
    } else if to.succ_opt() != Some(from) {
        let message = format!("{code:?} has a gap: nothing is in force after {to} and before {from}");
        notes.error(
            after.spot,
            message,
            "let the earlier end on the eve of the later, or give them two codes",
        );
    }
}

fn known_names(notes: &mut Notes<'_>, rule: &Rule, all: &[Schedule]) {
    let services = || all.iter().flat_map(|schedule| &schedule.services);
    for (spot, name) in rule.services.iter().chain(&rule.exempt_services) {
        if !services().any(|service| service.code == *name) {
            let remedy = "write a service in full, \"authority.service\", as its schedule declares it";
            notes.error(*spot, format!("no schedule declares a service {name:?}"), remedy);
        }
    }
    for (spot, name) in &rule.exempt_authorities {
        if !all.iter().any(|schedule| schedule.authority == *name) {
            let mut known: Vec<&Arc<str>> = all.iter().map(|schedule| &schedule.authority).collect();
            known.sort_unstable();
            known.dedup();
            let known: Vec<&str> = known.into_iter().map(|name| &**name).collect();
            let message = format!("no schedule is of an authority {name:?}");
            notes.error(*spot, message, format!("write one of: {}", known.join(", ")));
        }
    }
}

/// A rule for ways that no service it could hold for accepts.
fn ways_that_exist(notes: &mut Notes<'_>, rule: &Rule, schedule: &Schedule, all: &[Schedule]) {
    let is_national = &*schedule.authority == NATIONAL;
    let held = all.iter().filter(|one| is_national || one.spot == schedule.spot);
    let accepted = held.flat_map(|one| one.services.iter().map(move |service| (one, service)));
    let accepted = accepted
        .filter(|(one, service)| rule.counts(&one.authority, &service.code))
        .fold(Ways::default(), |ways, (_, service)| Ways(ways.0 | service.ways.0));
    if accepted.and(rule.ways).is_empty() {
        let message = format!(
            "{} {:?} can never apply: no service it holds for is paid this way",
            rule.effect.code(),
            rule.code
        );
        notes.error(rule.spot, message, "name ways that the services accept, or remove it");
    }
}

fn one_rounding(notes: &mut Notes<'_>, rules: &[Rule]) {
    let roundings: Vec<&Rule> =
        rules.iter().filter(|rule| matches!(rule.effect, Effect::Rounding(_))).collect();
    for (number, rule) in roundings.iter().enumerate() {
        for other in &roundings[..number] {
            if other.code != rule.code && !other.ways.and(rule.ways).is_empty() && meet(other, rule) {
                let (a, b) = (&other.code, &rule.code);
                notes.error(
                    rule.spot,
                    format!("roundings {a:?} and {b:?} overlap: one way is rounded twice at a time"),
                    "keep one, or part their methods or dates",
                );
            }
        }
    }
}

fn meet(a: &Rule, b: &Rule) -> bool {
    let from = |rule: &Rule| rule.effective_from.unwrap_or(NaiveDate::MIN);
    let to = |rule: &Rule| rule.effective_to.unwrap_or(NaiveDate::MAX);
    from(a) <= to(b) && from(b) <= to(a)
}

/// Where a rule's own beneficiary stands.
pub(super) fn owed(rule: &Rule) -> Option<&crate::fees::schedule::Owed> {
    match &rule.effect {
        Effect::Surcharge(_, owed) => Some(owed),
        Effect::Incentive(_) | Effect::Rounding(_) => None,
    }
}

/// Everything in a schedule that can be illustrative, in words, with its place.
pub(super) fn illustrative(schedule: &Schedule) -> Vec<(Spot, String)> {
    let mut found = Vec::new();
    for service in &schedule.services {
        let lines = service.lines.iter().map(|line| (&line.basis, "line", &line.code));
        let exemptions = service.exemptions.iter().map(|one| (&one.basis, "exemption", &one.code));
        for (basis, what, code) in lines.chain(exemptions) {
            if basis.illustrative {
                found.push((basis.illustrative_spot, format!("{what} {code:?} of {}", service.code)));
            }
        }
    }
    for rule in schedule.rules.iter().filter(|rule| rule.basis.illustrative) {
        found.push((rule.basis.illustrative_spot, format!("{} {:?}", rule.effect.code(), rule.code)));
    }
    for (spot, beneficiary) in schedule.beneficiaries.iter().filter(|(_, one)| one.illustrative) {
        found.push((*spot, format!("beneficiary {:?}", beneficiary.code)));
    }
    found
}
