//! All versions of all authorities, compiled; immutable, shared by `Arc`.
//!
//! A version is in force from its first date to its last, or to the eve of the next version. Look-ups
//! are one hash and a walk over a service's few versions, newest first.

use std::{collections::HashMap, sync::Arc};

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Capture, ScheduleRef, Title, governorate,
    schedule::{Schedule, Service},
};

/// The authority whose rules hold for every basket: the ministry of finance.
pub const NATIONAL: &str = "mof";
/// The authority whose files are the registers of beneficiaries and revenue items.
pub const REGISTERS: &str = "registers";

/// Every published price. Made by [`check`](super::check) only.
#[derive(Debug)]
pub struct Catalogue {
    /// By authority and first date.
    versions: Vec<Version>,
    references: Vec<ScheduleRef>,
    /// Where a service stands: version and place in it, newest first.
    services: HashMap<Arc<str>, Vec<(usize, usize)>>,
    governorate_codes: [Arc<str>; 28],
}

/// A schedule and until when it is in force.
#[derive(Debug)]
struct Version {
    schedule: Schedule,
    to: Option<NaiveDate>,
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

impl Version {
    fn is_in_force(&self, on: NaiveDate) -> bool {
        self.schedule.reference.effective_from <= on && self.to.is_none_or(|to| on <= to)
    }
}

impl Catalogue {
    /// Of schedules that were checked together.
    pub(super) fn new(mut schedules: Vec<Schedule>) -> Self {
        schedules.sort_by(|a, b| {
            (&a.authority, a.reference.effective_from).cmp(&(&b.authority, b.reference.effective_from))
        });
        let eves: Vec<Option<NaiveDate>> = (0..schedules.len())
            .map(|place| {
                let next = schedules.get(place + 1)?;
                let is_same = next.authority == schedules[place].authority;
                if is_same { next.reference.effective_from.pred_opt() } else { None }
            })
            .collect();
        let mut services: HashMap<Arc<str>, Vec<(usize, usize)>> = HashMap::new();
        for (version, schedule) in schedules.iter().enumerate().rev() {
            for (place, service) in schedule.services.iter().enumerate() {
                services.entry(service.code.clone()).or_default().push((version, place));
            }
        }
        Self {
            references: schedules.iter().map(|schedule| (*schedule.reference).clone()).collect(),
            versions: schedules
                .into_iter()
                .zip(eves)
                .map(|(schedule, eve)| Version { to: earlier(schedule.effective_to, eve), schedule })
                .collect(),
            services,
            governorate_codes: governorate::ALL.map(|one| one.code.into()),
        }
    }

    /// Every version of every authority with its digest, registers included: what is published.
    pub fn schedules(&self) -> &[ScheduleRef] {
        &self.references
    }

    /// The versions in force on a date.
    pub fn in_force(&self, on: NaiveDate) -> Vec<&ScheduleRef> {
        self.current(on).map(|version| &*version.schedule.reference).collect()
    }

    /// A beneficiary as registered on a date.
    pub fn beneficiary(&self, code: &str, on: NaiveDate) -> Option<&Beneficiary> {
        self.beneficiaries(on).into_iter().find(|known| known.code == code)
    }

    /// All beneficiaries registered on a date.
    pub fn beneficiaries(&self, on: NaiveDate) -> Vec<&Beneficiary> {
        self.current(on).flat_map(|version| &version.schedule.beneficiaries).map(|(_, one)| one).collect()
    }

    /// All revenue items registered on a date.
    pub fn revenue_codes(&self, on: NaiveDate) -> Vec<&RevenueCode> {
        self.current(on).flat_map(|version| &version.schedule.revenue_codes).map(|(_, one)| one).collect()
    }

    /// Whether any rule names this waiver.
    pub fn knows_waiver(&self, name: &str) -> bool {
        let rules = self.versions.iter().flat_map(|version| &version.schedule.rules);
        rules.flat_map(|rule| &rule.waivers).any(|known| **known == *name)
    }

    /// The title of an authority on a date.
    pub fn authority_title(&self, authority: &str, on: NaiveDate) -> Option<&Title> {
        let version = self.current(on).find(|version| *version.schedule.authority == *authority)?;
        Some(&version.schedule.title)
    }

    /// When a service's money is taken on a date: a hint for the payment's `capture`.
    pub fn capture(&self, service: &str, on: NaiveDate) -> Option<Capture> {
        self.service(service, on).map(|(_, service)| service.capture)
    }

    /// Whether any version knows a service.
    pub(super) fn knows_service(&self, code: &str) -> bool {
        self.services.contains_key(code)
    }

    /// A service as published for a date.
    pub(super) fn service(&self, code: &str, on: NaiveDate) -> Option<(&Schedule, &Service)> {
        self.services.get(code)?.iter().find_map(|&(version, place)| {
            let version = &self.versions[version];
            version.is_in_force(on).then(|| (&version.schedule, &version.schedule.services[place]))
        })
    }

    /// The schedules in force on a date, by authority.
    pub(super) fn schedules_on(&self, on: NaiveDate) -> impl Iterator<Item = &Schedule> {
        self.current(on).map(|version| &version.schedule)
    }

    /// Until when a schedule is in force.
    pub(super) fn last_day(&self, schedule: &Schedule) -> Option<NaiveDate> {
        self.versions.iter().find(|version| std::ptr::eq(&raw const version.schedule, schedule))?.to
    }

    /// The nation's rules on a date.
    pub(super) fn national(&self, on: NaiveDate) -> Option<&Schedule> {
        let at = self.versions.partition_point(|version| &*version.schedule.authority < NATIONAL);
        self.versions[at..]
            .iter()
            .take_while(|version| &*version.schedule.authority == NATIONAL)
            .find(|version| version.is_in_force(on))
            .map(|version| &version.schedule)
    }

    /// The code of the governorate at a place, shared.
    pub(super) fn governorate_code(&self, place: usize) -> Arc<str> {
        self.governorate_codes[place].clone()
    }

    fn current(&self, on: NaiveDate) -> impl Iterator<Item = &Version> {
        self.versions.iter().filter(move |version| version.is_in_force(on))
    }
}

fn earlier(a: Option<NaiveDate>, b: Option<NaiveDate>) -> Option<NaiveDate> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (Some(one), None) | (None, Some(one)) => Some(one),
        (None, None) => None,
    }
}
