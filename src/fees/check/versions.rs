//! Versions of an authority: no two at a time, none missing between two, none twice, and none
//! changed after it was published.

use chrono::NaiveDate;

use crate::fees::{Published, SourceFile, notes::Notes, notes::Spot, schedule::Schedule};

/// The schedules of each authority in the order in which they come into force.
pub(super) fn in_order(schedules: &[Schedule]) -> Vec<&Schedule> {
    let mut ordered: Vec<&Schedule> = schedules.iter().collect();
    ordered.sort_by_key(|schedule| (&schedule.authority, schedule.reference.effective_from));
    ordered
}

/// The last day of a schedule: its own, or the eve of the next of its authority.
pub(super) fn last_day(schedule: &Schedule, schedules: &[Schedule]) -> NaiveDate {
    let from = schedule.reference.effective_from;
    let next = schedules
        .iter()
        .filter(|other| other.authority == schedule.authority && other.reference.effective_from > from)
        .filter_map(|other| other.reference.effective_from.pred_opt())
        .min();
    let own = schedule.effective_to.unwrap_or(NaiveDate::MAX);
    next.map_or(own, |eve| eve.min(own))
}

pub(super) fn check(notes: &mut Notes<'_>, files: &[SourceFile], schedules: &[Schedule]) {
    for (number, schedule) in schedules.iter().enumerate() {
        let reference = &schedule.reference;
        let twin = schedules[..number].iter().find(|other| {
            other.authority == schedule.authority && other.reference.version == reference.version
        });
        if let Some(twin) = twin {
            let message = format!(
                "version {} of {} also stands in {}",
                reference.version,
                reference.authority,
                notes.place(twin.spot)
            );
            notes.error(schedule.spot, message, "remove one, or give it the next number");
        }
        if schedule.effective_to.is_some_and(|to| to < reference.effective_from) {
            notes.error(schedule.effective_to_spot, "the schedule ends before it begins", "swap the dates");
        }
        let expected = format!("{}-{}.toml", reference.authority, reference.version);
        let name = files.get(schedule.spot.file).map_or("", |file| file.name.as_str());
        if name.rsplit('/').next() != Some(expected.as_str()) {
            let start = Spot { byte: 0, ..schedule.spot };
            notes.warning(start, "the file's name does not tell its content", format!("name it {expected}"));
        }
    }
    for pair in in_order(schedules).windows(2) {
        if pair[0].authority == pair[1].authority {
            neighbours(notes, pair[0], pair[1]);
        }
    }
}

fn neighbours(notes: &mut Notes<'_>, before: &Schedule, after: &Schedule) {
    let (start, authority) = (after.reference.effective_from, &after.authority);
    let (old, new) = (&before.reference.version, &after.reference.version);
    if before.reference.effective_from == start {
        let message = format!(
            "versions {old} and {new} of {authority} overlap: both begin on {start} ({})",
            notes.place(before.spot)
        );
        notes.error(after.spot, message, "let the later one begin later");
        return;
    }
    let Some(to) = before.effective_to else { return };
    let eve = start.pred_opt().unwrap_or(start);
    if to >= start {
        let message = format!("versions {old} and {new} of {authority} overlap from {start} to {to}");
        notes.error(
            before.effective_to_spot,
            message,
            format!("write `effective_to = {eve}` or leave it out"),
        );
    } else if to < eve {
        let message = format!(
            "between versions {old} and {new} of {authority} no price is in force after {to} and before {start}"
        );
        notes.error(
            before.effective_to_spot,
            message,
            format!("write `effective_to = {eve}` or leave it out"),
        );
    }
}

/// What was published stays as it was, and stays there.
pub(super) fn against_published(
    notes: &mut Notes<'_>,
    schedules: &[Schedule],
    published: &[Published],
    is_whole: bool,
) {
    for known in published {
        let found = schedules.iter().find(|schedule| {
            schedule.reference.authority == known.authority && schedule.reference.version == known.version
        });
        match found {
            Some(schedule) if schedule.reference.digest != known.digest => {
                let message = format!(
                    "version {} of {} was published with another content ({}, now {})",
                    known.version, known.authority, known.digest, schedule.reference.digest
                );
                let remedy =
                    "restore the published file, and write the change as a new version in a file of its own";
                notes.error(Spot { byte: 0, ..schedule.spot }, message, remedy);
            }
            None if is_whole => {
                let nowhere = Spot { file: usize::MAX, byte: 0 };
                let message =
                    format!("version {} of {} was published but has no file", known.version, known.authority);
                notes.error(nowhere, message, format!("restore {}-{}.toml", known.authority, known.version));
            }
            Some(_) | None => {}
        }
    }
}
