//! From schedule files to a [`Catalogue`], or to every fault in all of them.
//!
//! Promises: all faults of all files in one pass, each with file, line, column and remedy; what
//! passes can be quoted from without overflow, gap or contradiction. What each check finds stands
//! in its module. Cost: some milliseconds for a nation's schedules, at start and on publishing only.

mod domain;
mod gaps;
mod registers;
mod rules;
mod services;
mod versions;

use super::{Catalogue, Finding, Published, SourceFile, notes::Notes, parse, schedule::Schedule};

/// Which figures may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figures {
    /// All: demonstration and test.
    Any,
    /// Only those with a published source: production.
    Sourced,
}

/// Files that passed.
#[derive(Debug)]
pub struct Checked {
    /// What they say.
    pub catalogue: Catalogue,
    /// What someone should look at nevertheless.
    pub warnings: Vec<Finding>,
}

/// Reads and checks all files together. On failure every finding of every file, warnings among
/// them, by file and line.
pub fn check(
    files: &[SourceFile],
    published: &[Published],
    figures: Figures,
) -> Result<Checked, Vec<Finding>> {
    let mut notes = Notes::new(files);
    let read: Vec<Option<Schedule>> =
        files.iter().enumerate().map(|(number, file)| parse::schedule(&mut notes, number, file)).collect();
    let is_whole = read.iter().all(Option::is_some);
    let schedules: Vec<Schedule> = read.into_iter().flatten().collect();
    versions::check(&mut notes, files, &schedules);
    versions::against_published(&mut notes, &schedules, published, is_whole);
    for schedule in &schedules {
        services::check(&mut notes, schedule);
        rules::check(&mut notes, schedule, &schedules, is_whole);
    }
    if is_whole {
        registers::check(&mut notes, &schedules);
    }
    if figures == Figures::Sourced {
        registers::refuse_illustrative(&mut notes, &schedules);
    }
    let is_refused = notes.errors() > 0;
    let findings = notes.into_findings();
    if is_refused {
        return Err(findings);
    }
    Ok(Checked { catalogue: Catalogue::new(schedules), warnings: findings })
}

/// One file by itself: what it says, without asking who its beneficiaries are.
pub(super) fn alone(file: &SourceFile) -> Result<Schedule, Vec<Finding>> {
    let files = std::slice::from_ref(file);
    let mut notes = Notes::new(files);
    parse::schedule(&mut notes, 0, file).ok_or_else(|| notes.into_findings())
}
