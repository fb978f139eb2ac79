//! Beneficiaries and revenue items: registered whenever a line that names them is in force; and
//! what may not be used in production.

use super::{
    rules,
    versions::{in_order, last_day},
};
use crate::fees::{
    REGISTERS,
    notes::{Notes, Spot},
    schedule::{Owed, Schedule},
};

pub(super) fn check(notes: &mut Notes<'_>, schedules: &[Schedule]) {
    let ordered = in_order(schedules);
    let registers: Vec<&Schedule> =
        ordered.iter().filter(|schedule| &*schedule.authority == REGISTERS).copied().collect();
    for schedule in &ordered {
        own_content(notes, schedule);
        let lines = schedule.services.iter().flat_map(|service| &service.lines).map(|line| &line.owed);
        let surcharges = schedule.rules.iter().filter_map(rules::owed);
        let owed: Vec<&Owed> = lines.chain(surcharges).collect();
        if !owed.is_empty() {
            known(notes, schedule, &owed, &registers, schedules);
        }
    }
}

/// Registers hold nothing else, and nobody else holds registers; no code twice.
fn own_content(notes: &mut Notes<'_>, schedule: &Schedule) {
    let entries = schedule
        .beneficiaries
        .iter()
        .map(|(spot, one)| (*spot, "beneficiary", &one.code))
        .chain(schedule.revenue_codes.iter().map(|(spot, one)| (*spot, "revenue code", &one.code)));
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for (spot, what, code) in entries {
        if &*schedule.authority != REGISTERS {
            let message = format!("{what} {code:?} stands in a file of {}", schedule.authority);
            notes.error(spot, message, format!("move it to a file with `authority = \"{REGISTERS}\"`"));
        }
        if seen.contains(&(what, code)) {
            notes.error(spot, format!("{what} {code:?} is registered twice"), "remove one");
        }
        seen.push((what, code));
    }
    if &*schedule.authority == REGISTERS {
        let services = schedule.services.iter().map(|service| service.spot);
        for spot in services.chain(schedule.rules.iter().map(|rule| rule.spot)) {
            notes.error(spot, "a register holds services or rules", "move them to a file of their authority");
        }
    }
}

/// Each code must stand in every register that is in force at some time with the schedule.
fn known(
    notes: &mut Notes<'_>,
    schedule: &Schedule,
    owed: &[&Owed],
    registers: &[&Schedule],
    schedules: &[Schedule],
) {
    let (first, last) = (schedule.reference.effective_from, last_day(schedule, schedules));
    let together: Vec<&&Schedule> = registers
        .iter()
        .filter(|register| {
            register.reference.effective_from <= last && last_day(register, schedules) >= first
        })
        .collect();
    if together.first().is_none_or(|register| register.reference.effective_from > first) {
        let message = format!("no register of beneficiaries and revenue codes is in force on {first}");
        notes.error(
            schedule.spot,
            message,
            format!("write a file with `authority = \"{REGISTERS}\"` from that date"),
        );
        return;
    }
    for register in together {
        let version = &register.reference.version;
        let mut missing = |spot: Spot, what: &str, code: &str| {
            let message = format!("{what} {code:?} is not registered in version {version} of the registers");
            notes.error(
                spot,
                message,
                format!("correct it, or register it in {}", notes.place(register.spot)),
            );
        };
        for one in owed {
            if !register.beneficiaries.iter().any(|(_, known)| *known.code == *one.beneficiary) {
                missing(one.beneficiary_spot, "beneficiary", &one.beneficiary);
            }
            if !register.revenue_codes.iter().any(|(_, known)| *known.code == *one.revenue_code) {
                missing(one.revenue_code_spot, "revenue code", &one.revenue_code);
            }
        }
    }
}

/// Production: a figure without a published source is refused.
pub(super) fn refuse_illustrative(notes: &mut Notes<'_>, schedules: &[Schedule]) {
    for schedule in schedules {
        for (spot, what) in rules::illustrative(schedule) {
            let remedy = "write its published `source` in place of `illustrative = true`, or remove it";
            notes.error(spot, format!("{what} is illustrative, which production does not allow"), remedy);
        }
    }
}
