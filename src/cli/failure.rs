//! How a command fails: one paragraph on the standard error, and an exit code that scripts can use.
//!
//! The paragraph says what, where and what to do about it; the code says who can do it.

use std::{error::Error, fmt, io, path::Path};

use crate::{
    store::{CommitError, StoreError},
    switch::SwitchError,
};

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub struct Failure {
    /// Which class of failure: the exit code.
    pub kind: Kind,
    /// What, where and the remedy; empty when everything was said on the standard output.
    pub text: String,
}

/// The classes of failure, one exit code each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The command worked, and its answer is no: books that differ, schedules with faults.
    No,
    /// The input is refused.
    Refused,
    /// A database, port, file or server that is needed cannot be reached or used.
    Unreachable,
    /// A bug, or a store that broke off.
    Broken,
}

/// The exit codes, as every command's help tells them.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  the answer is no: books that differ, schedules with faults, a figure that is off
  2  wrong usage, or the input is refused
  3  a database, port, file or server that is needed cannot be reached or used
  4  something broke that should not have";

impl Kind {
    /// The exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::No => 1,
            Self::Refused => 2,
            Self::Unreachable => 3,
            Self::Broken => 4,
        }
    }
}

impl Failure {
    /// The answer is no.
    pub fn no(text: impl Into<String>) -> Self {
        Self { kind: Kind::No, text: text.into() }
    }

    /// The input is refused.
    pub fn refused(text: impl Into<String>) -> Self {
        Self { kind: Kind::Refused, text: text.into() }
    }

    /// What is needed cannot be reached or used.
    pub fn unreachable(text: impl Into<String>) -> Self {
        Self { kind: Kind::Unreachable, text: text.into() }
    }

    /// Something broke.
    pub fn broken(text: impl Into<String>) -> Self {
        Self { kind: Kind::Broken, text: text.into() }
    }

    /// A file or folder that cannot be used: `doing` is what was tried, as in "read" or "written".
    pub fn file(path: &Path, doing: &str, error: &io::Error) -> Self {
        let remedy = match error.kind() {
            io::ErrorKind::NotFound => "check the path",
            io::ErrorKind::PermissionDenied => "check its owner and mode",
            io::ErrorKind::StorageFull => "make room",
            _ => "check the path, its owner and the room left",
        };
        Self::unreachable(format!("{} cannot be {doing} ({error}): {remedy}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Failure {}

/// An error with everything it came from: "a: b: c".
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let text = chain(&error);
        match error {
            StoreError::Url(_)
            | StoreError::Cursor(_)
            | StoreError::DayNotBegun { .. }
            | StoreError::AlreadyPublished { .. } => Self::refused(text),
            StoreError::Unreachable { .. }
            | StoreError::NewerSchema { .. }
            | StoreError::OlderSchema { .. }
            | StoreError::Output(_) => Self::unreachable(text),
            StoreError::Migration(_)
            | StoreError::Database(_)
            | StoreError::Unreadable { .. }
            | StoreError::Undecided(_)
            | StoreError::NoOpenDay
            | StoreError::Closed => Self::broken(text),
        }
    }
}

impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Broken(error) => error.into(),
            other => Self::broken(chain(&other)),
        }
    }
}

impl From<SwitchError> for Failure {
    fn from(error: SwitchError) -> Self {
        match error {
            SwitchError::Store(error) => error.into(),
            SwitchError::Broken(text) => Self::refused(text),
            other => Self::broken(chain(&other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_says_each_cause_once() {
        let cause = std::sync::Arc::new(io::Error::other("disk full"));
        let text = chain(&StoreError::Output(cause));
        assert_eq!(text, "the output cannot be written: disk full");
    }

    #[test]
    fn every_class_has_its_code() {
        let codes = [Kind::No, Kind::Refused, Kind::Unreachable, Kind::Broken].map(Kind::code);
        assert_eq!(codes, [1, 2, 3, 4]);
        assert!(codes.iter().all(|code| EXIT_CODES.contains(&format!("\n  {code}  "))));
    }
}
