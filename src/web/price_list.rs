//! The published price list for people: searched by a plain form, grouped by authority and service,
//! with the legal basis of every figure. Illustrative figures are marked.
//!
//! Bounded by the schedules; a search looks at every row once.

use askama::Template;
use axum::{
    extract::{OriginalUri, Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use chrono::NaiveDate;
use serde::Deserialize;

use super::{
    checkout::is_demo,
    frame::{self, Frame, Place},
    html::{Html, ascii_digit},
    language,
    names::Names,
    texts::{Texts, short_date},
};
use crate::{
    calendar,
    fees::{self, Catalogue, PriceListRow, Title},
    payments::Language,
    switch::Switch,
};

/// The form's fields.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Search {
    #[serde(default)]
    q: String,
    #[serde(default)]
    authority: String,
    #[serde(default)]
    on: String,
}

#[derive(Template)]
#[template(path = "price_list.html")]
pub(super) struct PriceListPage {
    frame: Frame,
    lead: Html,
    search: Search,
    date: NaiveDate,
    wrong_date: Option<Html>,
    authorities: Vec<Choice>,
    found: Html,
    is_empty: bool,
    illustrative: Option<Html>,
    groups: Vec<Group>,
}

struct Choice {
    code: String,
    title: Html,
    selected: bool,
}

/// An authority's fees.
struct Group {
    authority: String,
    title: Html,
    since: Html,
    services: Vec<ServiceGroup>,
}

/// A service's fees, or the rules that hold for several.
struct ServiceGroup {
    code: Option<String>,
    title: Html,
    rows: Vec<RowView>,
}

struct RowView {
    title: Html,
    condition: Option<Html>,
    price: Html,
    owed: Option<Html>,
    basis: Html,
    source: Option<Html>,
    illustrative: bool,
}

/// `GET /price-list`
pub async fn price_list(
    State(switch): State<Switch>,
    OriginalUri(uri): OriginalUri,
    search: Result<Query<Search>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let language = language::of_request(uri.query(), None, &headers);
    // A query that cannot be read asks for nothing.
    let search = search.map(|Query(search)| search).unwrap_or_default();
    let today = calendar::cairo_date(switch.clock().now());
    let place = Place::of(&uri, is_demo(&switch));
    let page = page(&switch.catalogue(), search, today, language, &place);
    let status = if page.wrong_date.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    frame::answer(status, language, &page)
}

pub(super) fn page(
    catalogue: &Catalogue,
    search: Search,
    today: NaiveDate,
    language: Language,
    place: &Place,
) -> PriceListPage {
    let t = Texts::of(language);
    let asked: String = search.on.trim().chars().map(ascii_digit).collect();
    let date = if asked.is_empty() { Ok(today) } else { asked.parse().map_err(|_| &search.on) };
    let wrong_date = date.as_ref().err().map(|text| {
        let shown: String = text.chars().take(40).collect();
        t.with("prices-bad-date", [("text", Html::foreign(&shown)), ("example", short_date(today))])
    });
    let date = date.unwrap_or(today);
    let rows = fees::price_list(catalogue, date);
    let authorities = authorities(&rows, &search, t);
    let rows: Vec<&PriceListRow> = rows.iter().filter(|row| matches(row, &search)).collect();
    let mark = t.say("prices-illustrative");
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    PriceListPage {
        frame: Frame::new(t, t.say("prices-title"), place),
        lead: t.with("prices-lead", [("date", t.date(date))]),
        wrong_date,
        date,
        authorities,
        found: t.count("prices-found", count),
        is_empty: rows.is_empty(),
        illustrative: rows
            .iter()
            .any(|row| row.illustrative)
            .then(|| t.with("prices-illustrative-note", [("mark", mark)])),
        groups: groups(&rows, t, Names { catalogue, on: date, t }),
        search,
    }
}

/// The authorities that have fees on the date, each once, in the list's order.
fn authorities(rows: &[PriceListRow], search: &Search, t: Texts) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    for row in rows {
        if choices.iter().all(|known| known.code != row.authority) {
            choices.push(Choice {
                code: row.authority.clone(),
                title: t.plain_title(&row.authority_title),
                selected: row.authority == search.authority,
            });
        }
    }
    choices
}

/// Whether a row has all the words looked for, in either language.
fn matches(row: &PriceListRow, search: &Search) -> bool {
    if !search.authority.is_empty() && row.authority != search.authority {
        return false;
    }
    let titles = [Some(&row.title), Some(&row.authority_title), row.service_title.as_ref()];
    let both = |title: &Title| format!("{} {}", title.ar, title.en);
    let text: Vec<String> = titles.into_iter().flatten().map(both).collect();
    let text = folded(&format!("{} {} {}", text.join(" "), row.service.as_deref().unwrap_or(""), row.code));
    search.q.split_whitespace().take(10).all(|word| text.contains(&folded(word)))
}

/// A text as people search it: lower case, ASCII digits, without the marks and letter forms that are
/// left out or confused when Arabic is typed.
fn folded(text: &str) -> String {
    let letters = text.chars().flat_map(char::to_lowercase).map(ascii_digit);
    let letters = letters.filter(|letter| !matches!(letter, '\u{64B}'..='\u{652}' | '\u{640}'));
    let fold = |letter| match letter {
        'أ' | 'إ' | 'آ' => 'ا',
        'ى' => 'ي',
        'ة' => 'ه',
        other => other,
    };
    letters.map(fold).collect()
}

fn groups(rows: &[&PriceListRow], t: Texts, names: Names<'_>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for row in rows {
        if groups.last().is_none_or(|last| last.authority != row.authority) {
            groups.push(Group {
                authority: row.authority.clone(),
                title: t.title(&row.authority_title),
                since: t.with("prices-since", [("date", t.date(row.effective_from))]),
                services: Vec::new(),
            });
        }
        let Some(group) = groups.last_mut() else { continue };
        if group.services.last().is_none_or(|last| last.code != row.service) {
            group.services.push(ServiceGroup {
                code: row.service.clone(),
                title: row
                    .service_title
                    .as_ref()
                    .map_or_else(|| t.say("prices-rules"), |title| t.title(title)),
                rows: Vec::new(),
            });
        }
        if let Some(service) = group.services.last_mut() {
            service.rows.push(view(row, t, names));
        }
    }
    groups
}

fn view(row: &PriceListRow, t: Texts, names: Names<'_>) -> RowView {
    let condition = t.title(&row.condition);
    RowView {
        title: t.title(&row.title),
        condition: (!condition.as_str().is_empty()).then_some(condition),
        price: t.title(&row.price),
        owed: row.beneficiary.as_deref().map(|code| names.beneficiary(code)),
        basis: Html::foreign(&row.legal_basis),
        source: row.source.as_deref().map(Html::foreign),
        illustrative: row.illustrative,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_find_arabic_words_as_they_type_them() {
        assert_eq!(folded("شهادة الأحوالِ ٢٠٢٦ إلى"), "شهاده الاحوال 2026 الي");
        assert!(folded("First BIRTH certificate").contains(&folded("birth")));
    }
}
