//! Content negotiation: which language and which media type a caller takes (RFC 9110, section 12).
//!
//! Promises: the highest `q` wins, the caller's order decides between equals, `q=0` refuses. What
//! cannot be read in a header is skipped; a header of which nothing can be read counts as absent.
//! A header longer than [`LONGEST`] counts as absent too.

use axum::http::{HeaderMap, HeaderName, header};

use crate::payments::Language;

/// How many bytes of a negotiation header are looked at.
const LONGEST: usize = 2048;

/// A media type that something is answered in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/json`
    Json,
    /// `text/csv`
    Csv,
    /// `text/html`
    Html,
    /// `text/plain`
    Text,
    /// Whatever a provider's protocol asks for.
    Any,
}

impl Media {
    /// Type and subtype.
    pub const fn essence(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv",
            Self::Html => "text/html",
            Self::Text => "text/plain",
            Self::Any => "*/*",
        }
    }

    /// The whole `Content-Type`.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Html => "text/html; charset=utf-8",
            Self::Text => "text/plain; charset=utf-8",
            Self::Any => "application/octet-stream",
        }
    }
}

/// One entry of a negotiation header: the lower-case range and its weight in thousandths.
struct Weighed {
    range: String,
    weight: u16,
}

fn entries(headers: &HeaderMap, name: &HeaderName) -> Vec<Weighed> {
    let texts = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let joined = texts.collect::<Vec<_>>().join(",");
    if joined.len() > LONGEST {
        return Vec::new();
    }
    joined.split(',').filter_map(entry).collect()
}

fn entry(text: &str) -> Option<Weighed> {
    let mut parts = text.split(';').map(str::trim);
    let range = parts.next().filter(|range| !range.is_empty())?.to_ascii_lowercase();
    let mut weight = 1000;
    for part in parts {
        if let Some((name, value)) = part.split_once('=')
            && name.trim().eq_ignore_ascii_case("q")
        {
            weight = thousandths(value.trim())?;
        }
    }
    Some(Weighed { range, weight })
}

/// `0.8` as 800; nothing for what is not a weight of at most three decimals.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let form = matches!(whole, "0" | "1") && decimals.len() <= 3;
    if !form || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction: u16 = format!("{decimals:0<3}").parse().ok()?;
    let weight = whole.parse::<u16>().ok()? * 1000 + fraction;
    (weight <= 1000).then_some(weight)
}

/// The language of titles and details: Arabic or English as `Accept-Language` prefers, else English.
pub fn language(headers: &HeaderMap) -> Language {
    preferred(headers).unwrap_or(Language::En)
}

/// The language that `Accept-Language` asks for; nothing when it takes neither, or either.
pub fn preferred(headers: &HeaderMap) -> Option<Language> {
    let entries = entries(headers, &header::ACCEPT_LANGUAGE);
    // For each language: the weight and place of its best entry; `*` is for those not named.
    let standing = |code: &str| {
        let named = entries.iter().enumerate().filter(|(_, entry)| {
            entry.range == code || entry.range.split('-').next().is_some_and(|primary| primary == code)
        });
        let star = entries.iter().enumerate().filter(|(_, entry)| entry.range == "*");
        named
            .map(|(place, entry)| (entry.weight, std::cmp::Reverse(place)))
            .max()
            .or_else(|| star.map(|(place, entry)| (entry.weight, std::cmp::Reverse(place))).max())
            .filter(|(weight, _)| *weight > 0)
    };
    match (standing("ar"), standing("en")) {
        (None, None) => None,
        (arabic, english) if arabic > english => Some(Language::Ar),
        _ => Some(Language::En),
    }
}

/// The media type to answer in, of those that are available; nothing when the caller takes none.
pub fn media(headers: &HeaderMap, available: &[Media]) -> Option<Media> {
    let entries: Vec<Weighed> = entries(headers, &header::ACCEPT)
        .into_iter()
        .filter(|entry| entry.range.split('/').filter(|part| !part.is_empty()).count() == 2)
        .collect();
    if entries.is_empty() || available.contains(&Media::Any) {
        return available.first().copied();
    }
    // The most specific range that matches a type gives its weight.
    let standing = |media: Media| {
        let (kind, _) = media.essence().split_once('/').unwrap_or((media.essence(), ""));
        entries
            .iter()
            .enumerate()
            .filter_map(|(place, entry)| {
                let specific = if entry.range == media.essence() {
                    2
                } else if entry.range == format!("{kind}/*") {
                    1
                } else if entry.range == "*/*" {
                    0
                } else {
                    return None;
                };
                Some((specific, entry.weight, std::cmp::Reverse(place)))
            })
            .max()
            .map(|(_, weight, place)| (weight, place))
            .filter(|(weight, _)| *weight > 0)
    };
    let mut best = None;
    for media in available {
        if let Some(standing) = standing(*media)
            && best.is_none_or(|(_, known)| standing > known)
        {
            best = Some((*media, standing));
        }
    }
    best.map(|(media, _)| media)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        headers
    }

    #[test]
    fn the_language_with_the_highest_weight_wins() {
        let told = |value: &str| language(&headers(header::ACCEPT_LANGUAGE, value)).code();
        for (value, expected) in [
            ("ar", "ar"),
            ("AR-eg", "ar"),
            ("en, ar", "en"),
            ("ar, en", "ar"),
            ("en;q=0.5, ar;q=0.9", "ar"),
            ("ar;q=0.1, en;q=0.2", "en"),
            ("fr, ar;q=0.3", "ar"),
            ("fr", "en"),
            ("*", "en"),
            ("en;q=0, *", "ar"),
            ("ar;q=0, *", "en"),
            ("*;q=0.9, en;q=0.1", "ar"),
            ("ar;q=nonsense", "en"),
            ("ar;q=0", "en"),
            ("arc", "en"),
            ("", "en"),
            (",,;;,", "en"),
        ] {
            assert_eq!(told(value), expected, "{value}");
        }
        assert_eq!(language(&HeaderMap::new()), Language::En);
    }

    #[test]
    fn the_media_type_is_the_best_that_the_caller_takes() {
        let both = [Media::Json, Media::Csv];
        let told = |value: &str| media(&headers(header::ACCEPT, value), &both);
        assert_eq!(told("text/csv"), Some(Media::Csv));
        assert_eq!(told("application/json"), Some(Media::Json));
        assert_eq!(told("*/*"), Some(Media::Json));
        assert_eq!(told("text/*"), Some(Media::Csv));
        assert_eq!(told("text/csv;q=0.5, application/json;q=0.4"), Some(Media::Csv));
        assert_eq!(told("text/csv, */*;q=0.1"), Some(Media::Csv));
        assert_eq!(told("application/json;q=0, */*"), Some(Media::Csv));
        assert_eq!(told("TEXT/CSV ; charset=utf-8"), Some(Media::Csv));
        assert_eq!(told("application/xml"), None);
        assert_eq!(told("application/json;q=0"), None);
        assert_eq!(told("nonsense"), Some(Media::Json), "what cannot be read counts as absent");
        assert_eq!(media(&HeaderMap::new(), &both), Some(Media::Json));
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        assert_eq!(media(&headers(header::ACCEPT, browser), &[Media::Json, Media::Html]), Some(Media::Html));
    }
}
