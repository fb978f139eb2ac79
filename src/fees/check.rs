//! From schedule files to a [`Catalogue`], or to every fault in all of them.

use super::{Catalogue, Finding, Published, SourceFile};

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
    _files: &[SourceFile],
    _published: &[Published],
    _figures: Figures,
) -> Result<Checked, Vec<Finding>> {
    unimplemented!("follows")
}
