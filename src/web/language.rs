//! Which language a page speaks: the one asked for by `?lang=`, else the payment's, else what the
//! browser prefers, else Arabic.

use axum::http::{HeaderMap, header};

use crate::payments::Language;

/// The language of a request's answer.
pub fn of_request(query: Option<&str>, payment: Option<Language>, headers: &HeaderMap) -> Language {
    let asked = query.into_iter().flat_map(|query| query.split('&'));
    let asked = asked.filter_map(|pair| pair.strip_prefix("lang=")).find_map(language);
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    asked.or(payment).or_else(|| accepted.and_then(preferred)).unwrap_or(Language::Ar)
}

fn language(word: &str) -> Option<Language> {
    match word {
        "ar" => Some(Language::Ar),
        "en" => Some(Language::En),
        _ => None,
    }
}

/// The language of an `Accept-Language` header with the highest weight; the first of equals.
fn preferred(accepted: &str) -> Option<Language> {
    let ranges = accepted.split(',').take(20).filter_map(|range| {
        let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
        let primary = tag.trim().split('-').next()?.to_ascii_lowercase();
        Some((language(&primary)?, thousandths(weight.trim().strip_prefix("q=")?)?))
    });
    let mut best: Option<(Language, u32)> = None;
    for (language, weight) in ranges {
        if weight > 0 && best.is_none_or(|(_, known)| weight > known) {
            best = Some((language, weight));
        }
    }
    best.map(|(language, _)| language)
}

/// A weight between 0 and 1 with at most three decimals, in thousandths.
fn thousandths(weight: &str) -> Option<u32> {
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    let padded = format!("{decimals:0<3}");
    if padded.len() != 3 {
        return None;
    }
    Some(whole.parse::<u32>().ok()?.min(1) * 1000 + padded.parse::<u32>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_goes_before_the_payment_and_the_payment_before_the_browser() {
        let mut headers = HeaderMap::new();
        assert_eq!(of_request(None, None, &headers), Language::Ar);
        headers.insert(header::ACCEPT_LANGUAGE, "fr, en-GB;q=0.8, ar;q=0.7".parse().unwrap());
        assert_eq!(of_request(None, None, &headers), Language::En);
        assert_eq!(of_request(None, Some(Language::Ar), &headers), Language::Ar);
        assert_eq!(of_request(Some("a=1&lang=en"), Some(Language::Ar), &headers), Language::En);
        assert_eq!(of_request(Some("lang=fr"), Some(Language::Ar), &headers), Language::Ar);
    }

    #[test]
    fn weights_are_read_and_nonsense_is_passed_over() {
        assert_eq!(preferred("ar-EG"), Some(Language::Ar));
        assert_eq!(preferred("en;q=0.5,ar"), Some(Language::Ar));
        assert_eq!(preferred("en;q=0,fr"), None);
        assert_eq!(preferred("en;q=x,ar;q=0.1"), Some(Language::Ar));
        assert_eq!(preferred(";;;,,,"), None);
    }
}
