//! What changed for whom between two dates or two sets of schedules.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Catalogue, Finding, SourceFile, Title};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Change {
    /// The authority's code.
    pub authority: String,
    /// The service's code; null for a rule that holds for several.
    pub service: Option<String>,
    /// The code of the line, option, rule, exemption ... that changed; null for the service itself.
    pub part: Option<String>,
    /// What happened to it.
    pub kind: ChangeKind,
    /// How it was, in words; null when it is new.
    pub before: Option<String>,
    /// How it is, in words; null when it is gone.
    pub after: Option<String>,
    /// For people, in both languages: for whom, what was and what is.
    pub text: Title,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// New.
    Added,
    /// Gone.
    Removed,
    /// Another amount or rate.
    AmountChanged,
    /// Applies to others.
    ConditionChanged,
    /// Something else: title, legal basis, beneficiary, bounds.
    Changed,
}

/// What changed between what one catalogue says on one date and another on another.
pub fn diff(_old: (&Catalogue, NaiveDate), _new: (&Catalogue, NaiveDate)) -> Vec<Change> {
    unimplemented!("follows")
}

/// What changed between two files of one authority, each read by itself.
pub fn diff_files(_old: &SourceFile, _new: &SourceFile) -> Result<Vec<Change>, Vec<Finding>> {
    unimplemented!("follows")
}
