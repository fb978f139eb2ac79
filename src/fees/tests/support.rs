//! The repository's schedules, and requests in few words.

use std::{fs, path::Path, sync::LazyLock};

use chrono::NaiveDate;

use crate::fees::{
    Assessment, Bill, Catalogue, Figures, Finding, Given, ItemRequest, QuoteContext, QuoteRequest, Refusal,
    SourceFile, check, quote,
};

/// The day on which these tests happen.
pub(super) fn today() -> NaiveDate {
    day("2026-11-21")
}

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The files of `fee-schedules`.
pub(super) fn shipped_files() -> Vec<SourceFile> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fee-schedules");
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    names
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| SourceFile {
            name: format!("fee-schedules/{}", path.file_name().unwrap().to_str().unwrap()),
            text: fs::read_to_string(path).unwrap(),
        })
        .collect()
}

/// What the repository's schedules say.
pub(super) fn shipped() -> &'static Catalogue {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
        check(&shipped_files(), &[], Figures::Any).map_err(|findings| shown(&findings)).unwrap().catalogue
    });
    &CATALOGUE
}

/// Findings, one a line.
pub(super) fn shown(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

pub(super) fn item(service: &str) -> ItemRequest {
    ItemRequest { service: service.to_owned(), ..ItemRequest::default() }
}

pub(super) fn with(service: &str, options: &[(&str, Given)]) -> ItemRequest {
    ItemRequest {
        options: options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        ..item(service)
    }
}

/// At the portal, in Port Said, today.
pub(super) fn request(items: Vec<ItemRequest>) -> QuoteRequest {
    QuoteRequest { channel: "portal".to_owned(), governorate: "03".to_owned(), on: None, items }
}

pub(super) fn bill(request: &QuoteRequest) -> Result<Bill, Refusal> {
    bill_knowing(request, &[])
}

pub(super) fn bill_knowing(request: &QuoteRequest, assessments: &[Assessment]) -> Result<Bill, Refusal> {
    let context = QuoteContext { today: today(), waivers: &[], assessments };
    quote(shipped(), request, &context).map(|quoted| quoted.bill)
}
