//! What single fields of requests must look like, beyond their type.
//!
//! Promises: nothing is rounded or guessed. Digits of persons' numbers may be Arabic-Indic and are
//! kept as ASCII; amounts may not, they are refused where they are read. A national id is checked by
//! its structure, never by its last digit: how that is computed is not public. No text may hold
//! what looks like a card number: those never enter the switch.

use std::net::IpAddr;

use chrono::NaiveDate;

use super::{
    problem::words,
    read::{Json, text},
};
use crate::fees::Title;

/// The governorates of birth that a national id can name; `88` is abroad.
const GOVERNORATES: [&str; 28] = [
    "01", "02", "03", "04", "11", "12", "13", "14", "15", "16", "17", "18", "19", "21", "22", "23", "24",
    "25", "26", "27", "28", "29", "31", "32", "33", "34", "35", "88",
];
/// How long an address may be.
const LONGEST_URL: usize = 2048;

/// Arabic-Indic and Persian digits as ASCII; other characters as they are.
fn ascii_digits(text: &str) -> String {
    let digit = |c: char| match c {
        '\u{660}'..='\u{669}' => char::from_digit(u32::from(c) - 0x660, 10),
        '\u{6f0}'..='\u{6f9}' => char::from_digit(u32::from(c) - 0x6f0, 10),
        _ => None,
    };
    text.chars().map(|c| digit(c).unwrap_or(c)).collect()
}

/// An Egyptian mobile number: `010`, `011`, `012` or `015` and eight digits.
pub fn mobile(json: &Json) -> Result<String, Title> {
    let number = ascii_digits(&text(1, 40)(json)?);
    let form = number.len() == 11
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && ["010", "011", "012", "015"].iter().any(|prefix| number.starts_with(prefix));
    form.then_some(number).ok_or_else(|| {
        words(
            "is not a mobile number: write 11 digits that begin with 010, 011, 012 or 015",
            "ليس رقم هاتف محمول: يكتب من 11 رقمًا يبدأ بـ 010 أو 011 أو 012 أو 015",
        )
    })
}

/// A national id: century, date of birth not after `today`, governorate, serial and a last digit.
pub fn national_id(today: NaiveDate) -> impl Fn(&Json) -> Result<String, Title> {
    move |json| {
        let id = ascii_digits(&text(1, 40)(json)?);
        if id.len() != 14 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(words("is not a national id: it has 14 digits", "الرقم القومي يتكون من 14 رقمًا"));
        }
        let century = match &id[..1] {
            "2" => 1900,
            "3" => 2000,
            _ => {
                return Err(words(
                    "is not a national id: its first digit is 2 or 3",
                    "الرقم القومي يبدأ بالرقم 2 أو 3",
                ));
            }
        };
        let two = |from: usize| id[from..from + 2].parse::<u32>().unwrap_or_default();
        let year = i32::try_from(two(1)).unwrap_or_default() + century;
        let born = NaiveDate::from_ymd_opt(year, two(3), two(5)).filter(|born| *born <= today);
        if born.is_none() {
            return Err(words(
                "is not a national id: digits 2 to 7 are no date of birth",
                "الأرقام من 2 إلى 7 في الرقم القومي ليست تاريخ ميلاد صحيحًا",
            ));
        }
        if !GOVERNORATES.contains(&&id[7..9]) {
            return Err(words(
                "is not a national id: digits 8 and 9 name no governorate",
                "الرقمان 8 و9 في الرقم القومي ليسا كود محافظة",
            ));
        }
        Ok(id)
    }
}

/// A text of the caller's own that holds no card number.
pub fn own_text(least: usize, most: usize) -> impl Fn(&Json) -> Result<String, Title> {
    move |json| {
        let text = text(least, most)(json)?;
        if holds_card_number(&text) { Err(card_number()) } else { Ok(text) }
    }
}

/// What is said of a text that holds a card number; without the number.
pub fn card_number() -> Title {
    words(
        "holds what looks like a card number: card numbers never enter here",
        "يحتوي على ما يشبه رقم بطاقة: لا يسمح بإدخال أرقام البطاقات هنا",
    )
}

/// Whether 13 to 19 digits stand in a row, perhaps in groups parted by one space or hyphen, that
/// pass the Luhn check.
pub fn holds_card_number(text: &str) -> bool {
    let text = ascii_digits(text);
    // Runs of groups of digits; anything but a single space or hyphen between groups ends a run.
    let mut runs: Vec<Vec<String>> = vec![Vec::new()];
    let mut group = String::new();
    let mut separators = 0;
    for c in text.chars().chain(['\0']) {
        if c.is_ascii_digit() {
            if separators > 1 {
                runs.push(Vec::new());
            }
            separators = 0;
            group.push(c);
            continue;
        }
        if !group.is_empty()
            && let Some(run) = runs.last_mut()
        {
            run.push(std::mem::take(&mut group));
        }
        separators += if c == ' ' || c == '-' { 1 } else { 2 };
    }
    runs.iter().any(|groups| {
        (0..groups.len()).any(|from| {
            (from..groups.len().min(from + 20)).any(|to| {
                let digits = groups[from..=to].concat();
                (13..=19).contains(&digits.len()) && luhn(&digits)
            })
        })
    })
}

fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0');
            match (place % 2, digit) {
                (0, digit) => digit,
                (_, digit) if digit > 4 => digit * 2 - 9,
                (_, digit) => digit * 2,
            }
        })
        .sum();
    sum.is_multiple_of(10) && digits.bytes().any(|byte| byte != b'0')
}

/// Whether `http` on the loopback interface is allowed beside `https`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loopback {
    /// It is: demonstrations and tests.
    Allowed,
    /// It is not.
    Refused,
}

/// An address that begins with `https`, without credentials and without a fragment.
pub fn url(loopback: Loopback) -> impl Fn(&Json) -> Result<String, Title> {
    move |json| {
        let text = text(1, LONGEST_URL)(json)?;
        let parsed = text.parse::<axum::http::Uri>().ok();
        let host = parsed.as_ref().and_then(|uri| uri.host()).unwrap_or_default();
        let https = parsed.as_ref().and_then(|uri| uri.scheme_str()) == Some("https");
        let allowed =
            https || (loopback == Loopback::Allowed && text.starts_with("http://") && is_loopback(host));
        let plain = !text.contains(['@', '#', ' ', '\\', '<', '>', '"']) && text.is_ascii();
        if allowed && plain && !host.is_empty() {
            return Ok(text);
        }
        Err(match loopback {
            Loopback::Refused => words(
                "is not an https address: write https://host/path, without a user or a fragment",
                "ليس عنوان https صحيحًا: يكتب بالصيغة https://host/path",
            ),
            Loopback::Allowed => words(
                "is not an https address (or http on the loopback interface): write https://host/path",
                "ليس عنوان https صحيحًا (أو http على الجهاز نفسه): يكتب بالصيغة https://host/path",
            ),
        })
    }
}

/// Whether a host is this very machine.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Json {
        Json::Text(text.to_owned())
    }

    #[test]
    fn a_mobile_number_is_egyptian_and_kept_in_ascii() {
        assert_eq!(mobile(&told("01001234567")).unwrap(), "01001234567");
        assert_eq!(mobile(&told("٠١٢٣٤٥٦٧٨٩٠")).unwrap(), "01234567890");
        for refused in
            ["0100123456", "010012345678", "01301234567", "+201001234567", "0100 1234567", "", "0100123456x"]
        {
            assert!(mobile(&told(refused)).is_err(), "{refused}");
        }
        assert!(mobile(&Json::Number(Some(1_001_234_567))).is_err());
    }

    #[test]
    fn a_national_id_is_checked_by_its_structure_and_never_by_its_last_digit() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
        for last in 0..10 {
            assert!(national_id(today)(&told(&format!("2980101123456{last}"))).is_ok());
        }
        assert_eq!(national_id(today)(&told("٢٩٨٠١٠١١٢٣٤٥٦٧")).unwrap(), "29801011234567");
        assert!(national_id(today)(&told("30402290112345")).is_ok(), "2004 was a leap year");
        for refused in [
            "2980101123456",
            "298010112345678",
            "19801011234567",
            "29813011234567",
            "29802301234567",
            "30302290112345",
            "32611220112345",
            "29801010512345",
            "2980101123456x",
        ] {
            assert!(national_id(today)(&told(refused)).is_err(), "{refused}");
        }
    }

    #[test]
    fn card_numbers_are_found_however_they_are_written() {
        for found in [
            "4111111111111111",
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "order 12 4111 1111 1111 1111 thanks",
            "٤١١١١١١١١١١١١١١١",
            "378282246310005",
            "x5555555555554444y",
        ] {
            assert!(holds_card_number(found), "{found}");
        }
        for passed in [
            "",
            "PORTAL-2026-000123",
            "4111111111111112",
            "411111111111",
            "0000000000000000",
            "4111.1111.1111.1111",
            "01001234567",
        ] {
            assert!(!holds_card_number(passed), "{passed}");
        }
        assert!(own_text(1, 100)(&told("4111111111111111")).unwrap_err().en.contains("card number"));
    }

    #[test]
    fn an_address_is_https_or_loopback_where_that_is_allowed() {
        let read = |loopback, text: &str| url(loopback)(&told(text)).is_ok();
        for address in ["https://portal.example/done", "https://portal.example:8443/?a=b&c=d", "https://x"] {
            assert!(read(Loopback::Refused, address), "{address}");
        }
        for address in
            ["http://127.0.0.1:9/done", "http://localhost/x", "http://[::1]:80/", "http://127.8.9.1/"]
        {
            assert!(!read(Loopback::Refused, address), "{address}");
            assert!(read(Loopback::Allowed, address), "{address}");
        }
        for address in [
            "http://portal.example/",
            "http://127.0.0.1.evil.example/",
            "ftp://x/",
            "javascript:alert(1)",
            "//x/y",
            "/done",
            "https://",
            "https://user:pw@x/",
            "https://x/#fragment",
            "https://x/ y",
            "http://localhost@evil.example/",
            "",
        ] {
            assert!(!read(Loopback::Allowed, address), "{address}");
        }
    }
}
