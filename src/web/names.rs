//! The published names of authorities and beneficiaries on a date, in a page's language. A code
//! without a name stands for itself.

use chrono::NaiveDate;

use super::{html::Html, texts::Texts};
use crate::fees::Catalogue;

/// Looks names up.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    /// What is published.
    pub catalogue: &'a Catalogue,
    /// The date of the bill.
    pub on: NaiveDate,
    /// The language.
    pub t: Texts,
}

impl Names<'_> {
    /// An authority's name.
    pub fn authority(&self, code: &str) -> Html {
        let title = self.catalogue.authority_title(code, self.on);
        title.map_or_else(|| Html::foreign(code), |title| self.t.title(title))
    }

    /// A beneficiary's name.
    pub fn beneficiary(&self, code: &str) -> Html {
        let known = self.catalogue.beneficiary(code, self.on);
        known.map_or_else(|| Html::foreign(code), |known| self.t.title(&known.title))
    }
}
