//! All versions of all authorities, compiled; immutable, shared by `Arc`.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::{ScheduleRef, Title};

/// Every published price. Made by [`check`](super::check) only.
#[derive(Debug)]
pub struct Catalogue {
    schedules: Vec<ScheduleRef>,
}

/// To whom money is owed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Beneficiary {
    /// Its code.
    pub code: String,
    /// Its title.
    pub title: Title,
    /// Inside the treasury single account (allocation advice), or outside it (bank transfer).
    pub single_account: Place,
    /// The accounting unit that it is booked under.
    pub accounting_unit: String,
    /// The account to transfer to, for one outside the single account.
    pub iban: Option<String>,
    /// Whether it is made up (never in production).
    pub illustrative: bool,
}

/// Where a beneficiary's money lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// In the treasury single account.
    Inside,
    /// In a bank account of its own.
    Outside,
}

/// A revenue item (GFS).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RevenueCode {
    /// The code, such as `1422`.
    pub code: String,
    /// Its title.
    pub title: Title,
}

impl Catalogue {
    /// Every version of every authority with its digest, registers included: what is published.
    pub fn schedules(&self) -> &[ScheduleRef] {
        &self.schedules
    }

    /// The versions in force on a date.
    pub fn in_force(&self, _on: NaiveDate) -> Vec<&ScheduleRef> {
        unimplemented!("follows")
    }

    /// A beneficiary as registered on a date.
    pub fn beneficiary(&self, _code: &str, _on: NaiveDate) -> Option<&Beneficiary> {
        unimplemented!("follows")
    }

    /// All beneficiaries registered on a date, by code.
    pub fn beneficiaries(&self, _on: NaiveDate) -> Vec<&Beneficiary> {
        unimplemented!("follows")
    }

    /// All revenue items registered on a date, by code.
    pub fn revenue_codes(&self, _on: NaiveDate) -> Vec<&RevenueCode> {
        unimplemented!("follows")
    }

    /// Whether a waiver of this name is declared by any rule.
    pub fn knows_waiver(&self, _name: &str) -> bool {
        unimplemented!("follows")
    }

    /// The title of an authority on a date.
    pub fn authority_title(&self, _authority: &str, _on: NaiveDate) -> Option<&Title> {
        unimplemented!("follows")
    }

    /// When a service's money is taken on a date: a hint for the payment's `capture`.
    pub fn capture(&self, _service: &str, _on: NaiveDate) -> Option<super::Capture> {
        unimplemented!("follows")
    }
}
