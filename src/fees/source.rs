//! A schedule file as it was read, and what is found wrong in one: file, line, column, what is
//! wrong and what to write instead.
//!
//! The digest is taken over the file's bytes, so that a published version can never change unseen.

use std::fmt;

use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// A schedule file: its name for messages, and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The name shown in findings, such as `fee-schedules/civil-status-2026.1.toml`.
    pub name: String,
    /// The whole text.
    pub text: String,
}

impl SourceFile {
    /// `sha256:` and the hex digest of the file's bytes.
    pub fn digest(&self) -> String {
        format!("sha256:{}", hex::encode(Sha256::digest(self.text.as_bytes())))
    }
}

/// A version that was published: its content may never change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The authority.
    pub authority: String,
    /// The version, `YYYY.N`.
    pub version: String,
    /// The digest under which it was published.
    pub digest: String,
}

/// Whether a finding stands in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The schedules cannot be used.
    Error,
    /// They can, but someone should look.
    Warning,
}

/// Something wrong in a schedule file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Finding {
    /// Whether it stands in the way.
    pub severity: Severity,
    /// The file's name.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// What is wrong, naming the offending value.
    pub message: String,
    /// What to write instead.
    pub remedy: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "",
            Severity::Warning => "warning: ",
        };
        let Self { file, line, column, message, remedy, .. } = self;
        write!(f, "{file}:{line}:{column}: {severity}{message}; {remedy}")
    }
}
