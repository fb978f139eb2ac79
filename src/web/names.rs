//! The published names of authorities and beneficiaries on a date, in a page's language. A code
//! without a name stands for itself.

use chrono::NaiveDate;

use super::{html::Html, texts::Texts};
use crate::fees::{self, BillItem, Catalogue};

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

    /// How a bill's item is handed over and the exemption that was applied, where it has them.
    pub fn terms(&self, item: &BillItem) -> Vec<Html> {
        if item.delivery.is_none() && item.exemption.is_none() {
            return Vec::new();
        }
        let Some(service) = fees::describe_service(self.catalogue, &item.service, self.on) else {
            return Vec::new();
        };
        let delivery = service.delivery.iter().find(|known| Some(&*known.code) == item.delivery.as_deref());
        let delivery = delivery.map(|known| self.t.title(&known.title));
        let exemption =
            service.exemptions.iter().find(|known| Some(&*known.code) == item.exemption.as_deref());
        let exemption = exemption
            .map(|known| self.t.with("checkout-exempt", [("exemption", self.t.title(&known.title))]));
        delivery.into_iter().chain(exemption).collect()
    }

    /// A beneficiary's name.
    pub fn beneficiary(&self, code: &str) -> Html {
        let known = self.catalogue.beneficiary(code, self.on);
        known.map_or_else(|| Html::foreign(code), |known| self.t.title(&known.title))
    }
}
