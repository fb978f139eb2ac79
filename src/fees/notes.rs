//! Collecting what is found wrong: everything at once, each with its place in its file.
//!
//! A place is a byte offset; line and column are counted only for what is reported.

use super::{Finding, Severity, SourceFile};

/// A place in one of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// Which file.
    pub(super) file: usize,
    /// Which byte.
    pub(super) byte: usize,
}

/// The files under reading and what was found in them.
pub(super) struct Notes<'a> {
    files: &'a [SourceFile],
    findings: Vec<Finding>,
}

impl<'a> Notes<'a> {
    pub(super) fn new(files: &'a [SourceFile]) -> Self {
        Self { files, findings: Vec::new() }
    }

    /// Something that stands in the way.
    pub(super) fn error(&mut self, spot: Spot, message: impl Into<String>, remedy: impl Into<String>) {
        self.note(Severity::Error, spot, message.into(), remedy.into());
    }

    /// Something to look at.
    pub(super) fn warning(&mut self, spot: Spot, message: impl Into<String>, remedy: impl Into<String>) {
        self.note(Severity::Warning, spot, message.into(), remedy.into());
    }

    fn note(&mut self, severity: Severity, spot: Spot, message: String, remedy: String) {
        let (file, text) =
            self.files.get(spot.file).map_or(("schedules", ""), |file| (file.name.as_str(), &file.text));
        let before = text.get(..spot.byte.min(text.len())).unwrap_or(text);
        let count = |n: usize| u32::try_from(n + 1).unwrap_or(u32::MAX);
        let line = count(before.matches('\n').count());
        let column = count(before.chars().rev().take_while(|c| *c != '\n').count());
        self.findings.push(Finding { severity, file: file.to_owned(), line, column, message, remedy });
    }

    /// Where a place is, in words, for a finding about another place.
    pub(super) fn place(&self, spot: Spot) -> String {
        let Some(file) = self.files.get(spot.file) else { return String::new() };
        let before = file.text.get(..spot.byte).unwrap_or(&file.text);
        format!("{}:{}", file.name, before.matches('\n').count() + 1)
    }

    /// How many errors there are so far.
    pub(super) fn errors(&self) -> usize {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error).count()
    }

    /// Everything found, by file and line.
    pub(super) fn into_findings(mut self) -> Vec<Finding> {
        self.findings.sort_by(|a, b| {
            (&a.file, a.line, a.column, &a.message).cmp(&(&b.file, b.line, b.column, &b.message))
        });
        self.findings.dedup();
        self.findings
    }
}
