//! The price list: every line and rule in force on a date, flat, for JSON and CSV.
//!
//! CSV cells that a spreadsheet would take for a formula are disarmed with a leading apostrophe.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Catalogue, Title,
    schedule::{Basis, Effect, Exemption, Price, Rule, Schedule, Service, Tariff},
    words::{self, Words},
};

/// One figure of the price list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PriceListRow {
    /// The authority's code.
    pub authority: String,
    /// The authority's title.
    pub authority_title: Title,
    /// The service's code; null for a rule that holds for several.
    pub service: Option<String>,
    /// The service's title.
    pub service_title: Option<Title>,
    /// The line's or rule's code.
    pub code: String,
    /// What it is for.
    pub title: Title,
    /// `fixed`, `per-unit`, `bands`, `percentage`, `incentive`, `surcharge`, `rounding`, `exemption`.
    pub kind: String,
    /// When it applies, in words; empty: always.
    pub condition: Title,
    /// The amount or rate, in words.
    pub price: Title,
    /// The amount, where it is one figure.
    pub amount: Option<crate::money::Piastres>,
    /// To whom it is owed; null for incentives, rounding and exemptions.
    pub beneficiary: Option<String>,
    /// Under which revenue item.
    pub revenue_code: Option<String>,
    /// The law or decree that sets it.
    pub legal_basis: String,
    /// Where the figure was published; null where it is illustrative.
    pub source: Option<String>,
    /// Whether the figure has no published source.
    pub illustrative: bool,
    /// The schedule's version.
    pub version: String,
    /// The schedule's digest.
    pub digest: String,
    /// Since when.
    pub effective_from: NaiveDate,
    /// Until when; null: until a next version.
    pub effective_to: Option<NaiveDate>,
}

/// Every line and rule in force on a date, by authority, service and place in the file.
pub fn price_list(catalogue: &Catalogue, on: NaiveDate) -> Vec<PriceListRow> {
    let mut rows = Vec::new();
    for schedule in catalogue.schedules_on(on) {
        let blank = blank(catalogue, schedule);
        for service in &schedule.services {
            for tariff in &service.lines {
                line_rows(&mut rows, &blank, service, tariff);
            }
            for exemption in &service.exemptions {
                rows.push(exemption_row(&blank, service, exemption));
            }
        }
        let rules = schedule.rules.iter().filter(|rule| rule.holds_on(on));
        rows.extend(rules.map(|rule| rule_row(&blank, rule)));
    }
    rows
}

/// What all rows of a schedule have in common.
fn blank(catalogue: &Catalogue, schedule: &Schedule) -> PriceListRow {
    PriceListRow {
        authority: schedule.authority.to_string(),
        authority_title: (*schedule.title).clone(),
        service: None,
        service_title: None,
        code: String::new(),
        title: words::title("", ""),
        kind: String::new(),
        condition: words::title("", ""),
        price: words::title("", ""),
        amount: None,
        beneficiary: None,
        revenue_code: None,
        legal_basis: String::new(),
        source: None,
        illustrative: false,
        version: schedule.reference.version.clone(),
        digest: schedule.reference.digest.clone(),
        effective_from: schedule.reference.effective_from,
        effective_to: catalogue.last_day(schedule),
    }
}

fn of_service(blank: &PriceListRow, service: &Service, basis: &Basis) -> PriceListRow {
    PriceListRow {
        service: Some(service.code.to_string()),
        service_title: Some((*service.title).clone()),
        legal_basis: basis.law.to_string(),
        source: basis.source.as_ref().map(ToString::to_string),
        illustrative: basis.illustrative,
        ..blank.clone()
    }
}

/// A line is one row; bands one each; further units another.
fn line_rows(rows: &mut Vec<PriceListRow>, blank: &PriceListRow, service: &Service, tariff: &Tariff) {
    let row = PriceListRow {
        code: tariff.code.to_string(),
        title: (*tariff.title).clone(),
        kind: tariff.kind().to_owned(),
        condition: words::condition(service, &tariff.when),
        beneficiary: Some(tariff.owed.beneficiary.to_string()),
        revenue_code: Some(tariff.owed.revenue_code.to_string()),
        ..of_service(blank, service, &tariff.basis)
    };
    let under = |ar: String, en: String| {
        let mut condition = Words::default();
        words::condition_into(&mut condition, service, &tariff.when);
        condition.push(ar, en);
        condition.join()
    };
    let price = |amount| words::amount(service, tariff.per, amount);
    match &tariff.price {
        Price::Amount(amount) => {
            let condition = match &tariff.further {
                Some(further) => {
                    under(format!("أول {}", further.after), format!("the first {}", further.after))
                }
                None => row.condition.clone(),
            };
            rows.push(PriceListRow {
                condition,
                price: price(*amount),
                amount: Some(*amount),
                ..row.clone()
            });
        }
        Price::Bands(place, bands) => rows.extend(bands.iter().map(|band| {
            let (ar, en) = words::band(service, *place, band.from, band.to);
            let condition = under(ar, en);
            PriceListRow { condition, price: price(band.amount), amount: Some(band.amount), ..row.clone() }
        })),
        Price::Percentage(place, share) => {
            let price = words::share_of(service, tariff.per, *place, share);
            rows.push(PriceListRow { price, ..row.clone() });
        }
    }
    if let Some(further) = &tariff.further {
        rows.push(PriceListRow {
            code: further.code.to_string(),
            title: (*further.title).clone(),
            condition: under(
                format!("بعد أول {}", further.after),
                format!("after the first {}", further.after),
            ),
            price: price(further.amount),
            amount: Some(further.amount),
            ..row
        });
    }
}

fn exemption_row(blank: &PriceListRow, service: &Service, exemption: &Exemption) -> PriceListRow {
    let evidence = &exemption.evidence;
    let codes = exemption.line_codes(service).join(", ");
    let price = if codes.is_empty() {
        words::title("إعفاء كامل", "exempt from all lines")
    } else {
        words::title(format!("إعفاء من: {codes}"), format!("exempt from: {codes}"))
    };
    PriceListRow {
        code: exemption.code.to_string(),
        title: (*exemption.title).clone(),
        kind: "exemption".to_owned(),
        condition: words::title(format!("المستند: {}", evidence.ar), format!("evidence: {}", evidence.en)),
        price,
        ..of_service(blank, service, &exemption.basis)
    }
}

fn rule_row(blank: &PriceListRow, rule: &Rule) -> PriceListRow {
    let owed = match &rule.effect {
        Effect::Surcharge(_, owed) => Some(owed),
        Effect::Incentive(_) | Effect::Rounding(_) => None,
    };
    PriceListRow {
        code: rule.code.to_string(),
        title: (*rule.title).clone(),
        kind: rule.effect.code().to_owned(),
        condition: words::rule(rule),
        price: words::effect(&rule.effect),
        beneficiary: owed.map(|owed| owed.beneficiary.to_string()),
        revenue_code: owed.map(|owed| owed.revenue_code.to_string()),
        legal_basis: rule.basis.law.to_string(),
        source: rule.basis.source.as_ref().map(ToString::to_string),
        illustrative: rule.basis.illustrative,
        effective_from: rule.effective_from.unwrap_or(blank.effective_from).max(blank.effective_from),
        effective_to: rule.effective_to.or(blank.effective_to),
        ..blank.clone()
    }
}

/// The columns of the CSV.
const COLUMNS: [&str; 22] = [
    "authority",
    "authority_ar",
    "authority_en",
    "service",
    "service_ar",
    "service_en",
    "code",
    "title_ar",
    "title_en",
    "kind",
    "condition_ar",
    "condition_en",
    "price_ar",
    "price_en",
    "amount",
    "beneficiary",
    "revenue_code",
    "legal_basis",
    "source",
    "illustrative",
    "version",
    "effective_from",
];

/// The rows as CSV (RFC 4180, CRLF, a header row, UTF-8 without a mark).
pub fn price_list_csv(rows: &[PriceListRow]) -> String {
    let mut csv = COLUMNS.join(",");
    csv.push_str(",effective_to,digest\r\n");
    for row in rows {
        let (service_ar, service_en) =
            row.service_title.as_ref().map_or(("", ""), |title| (&*title.ar, &*title.en));
        let texts = [
            &*row.authority,
            &row.authority_title.ar,
            &row.authority_title.en,
            row.service.as_deref().unwrap_or(""),
            service_ar,
            service_en,
            &row.code,
            &row.title.ar,
            &row.title.en,
            &row.kind,
            &row.condition.ar,
            &row.condition.en,
            &row.price.ar,
            &row.price.en,
            &row.amount.map_or_else(String::new, |amount| amount.to_string()),
            row.beneficiary.as_deref().unwrap_or(""),
            row.revenue_code.as_deref().unwrap_or(""),
            &row.legal_basis,
            row.source.as_deref().unwrap_or(""),
            if row.illustrative { "true" } else { "false" },
            &row.version,
            &row.effective_from.to_string(),
            &row.effective_to.map_or_else(String::new, |to| to.to_string()),
            &row.digest,
        ];
        let cells: Vec<String> = texts.into_iter().map(cell).collect();
        csv.push_str(&cells.join(","));
        csv.push_str("\r\n");
    }
    csv
}

/// A cell: no spreadsheet takes it for a formula, no reader for two cells.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '|', '%']);
    let safe = if is_formula { format!("'{text}") } else { text.to_owned() };
    if safe.contains([',', '"', '\r', '\n', ';']) {
        format!("\"{}\"", safe.replace('"', "\"\""))
    } else {
        safe
    }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn cells_are_quoted_and_formulas_disarmed() {
        assert_eq!(cell("plain"), "plain");
        assert_eq!(cell("a, \"b\""), "\"a, \"\"b\"\"\"");
        for formula in ["=1+1", "+1", "-1", "@sum", "\t=1"] {
            assert!(cell(formula).starts_with('\''), "{formula:?}");
        }
        assert_eq!(cell("=HYPERLINK(\"x\",1)"), "\"'=HYPERLINK(\"\"x\"\",1)\"");
    }
}
