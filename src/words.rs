//! Amounts in words, in Arabic and English: what a receipt says beside the figures, so that nobody
//! can add a digit to it.
//!
//! Promises: every amount that [`Piastres`] can hold has words; the Arabic follows the grammar of
//! counted nouns (one, two, few, many; the dual loses its ending before what it counts), as cheques
//! and receipts are written. Pure; a few short strings per amount.

use crate::money::Piastres;

/// An amount in Arabic words: `فقط ألف ومائة وأربعون جنيهًا مصريًا لا غير`.
pub fn arabic(amount: Piastres) -> String {
    format!("فقط {} لا غير", join(amount, arabic_count, &POUND, &PIASTRE, "سالب ", " و"))
}

/// An amount in English words: `One thousand one hundred and forty Egyptian pounds only`.
pub fn english(amount: Piastres) -> String {
    let words = join(amount, english_count, &POUND, &PIASTRE, "minus ", " and ");
    let mut letters = words.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(" only".chars()).collect()
}

fn join(
    amount: Piastres,
    count: fn(u64, &Noun) -> String,
    pound: &Noun,
    piastre: &Noun,
    minus: &str,
    and: &str,
) -> String {
    let magnitude = amount.get().unsigned_abs();
    let (pounds, piastres) = (magnitude / 100, magnitude % 100);
    let sign = if amount.is_negative() { minus } else { "" };
    let words = match (pounds, piastres) {
        (_, 0) => count(pounds, pound),
        (0, _) => count(piastres, piastre),
        _ => format!("{}{and}{}", count(pounds, pound), count(piastres, piastre)),
    };
    format!("{sign}{words}")
}

/// What is counted, in the forms that numbers ask for.
struct Noun {
    /// After a hundred, a thousand, or nothing at all.
    single: &'static str,
    /// With the word for one.
    one: &'static str,
    two: &'static str,
    /// After three to ten.
    few: &'static str,
    /// After eleven to ninety-nine.
    many: &'static str,
    english: [&'static str; 2],
}

const POUND: Noun = Noun {
    single: "جنيه مصري",
    one: "جنيه مصري واحد",
    two: "جنيهان مصريان",
    few: "جنيهات مصرية",
    many: "جنيهًا مصريًا",
    english: ["Egyptian pound", "Egyptian pounds"],
};

const PIASTRE: Noun = Noun {
    single: "قرش",
    one: "قرش واحد",
    two: "قرشان",
    few: "قروش",
    many: "قرشًا",
    english: ["piastre", "piastres"],
};

/// A power of a thousand: alone, dual, dual before what it counts, few, many, many before what it
/// counts; and its English name.
struct Scale {
    value: u64,
    single: &'static str,
    two: &'static str,
    two_of: &'static str,
    few: &'static str,
    many: &'static str,
    english: &'static str,
}

const SCALES: [Scale; 5] = [
    Scale {
        value: 1_000_000_000_000_000,
        single: "كوادريليون",
        two: "كوادريليونان",
        two_of: "كوادريليونا",
        few: "كوادريليونات",
        many: "كوادريليونًا",
        english: "quadrillion",
    },
    Scale {
        value: 1_000_000_000_000,
        single: "تريليون",
        two: "تريليونان",
        two_of: "تريليونا",
        few: "تريليونات",
        many: "تريليونًا",
        english: "trillion",
    },
    Scale {
        value: 1_000_000_000,
        single: "مليار",
        two: "ملياران",
        two_of: "مليارا",
        few: "مليارات",
        many: "مليارًا",
        english: "billion",
    },
    Scale {
        value: 1_000_000,
        single: "مليون",
        two: "مليونان",
        two_of: "مليونا",
        few: "ملايين",
        many: "مليونًا",
        english: "million",
    },
    Scale {
        value: 1_000,
        single: "ألف",
        two: "ألفان",
        two_of: "ألفا",
        few: "آلاف",
        many: "ألفًا",
        english: "thousand",
    },
];

const ARABIC_UNITS: [&str; 20] = [
    "",
    "واحد",
    "اثنان",
    "ثلاثة",
    "أربعة",
    "خمسة",
    "ستة",
    "سبعة",
    "ثمانية",
    "تسعة",
    "عشرة",
    "أحد عشر",
    "اثنا عشر",
    "ثلاثة عشر",
    "أربعة عشر",
    "خمسة عشر",
    "ستة عشر",
    "سبعة عشر",
    "ثمانية عشر",
    "تسعة عشر",
];
const ARABIC_TENS: [&str; 10] =
    ["", "", "عشرون", "ثلاثون", "أربعون", "خمسون", "ستون", "سبعون", "ثمانون", "تسعون"];
const ARABIC_HUNDREDS: [&str; 10] =
    ["", "مائة", "مائتان", "ثلاثمائة", "أربعمائة", "خمسمائة", "ستمائة", "سبعمائة", "ثمانمائة", "تسعمائة"];

/// So many of a noun. One and two are said by the noun itself, also at the end of a larger number.
fn arabic_count(number: u64, noun: &Noun) -> String {
    let (rest, last) = (number / 100 * 100, number % 100);
    match (rest, last) {
        (0, 0) => format!("صفر {}", noun.single),
        (0, 1) => noun.one.to_owned(),
        (0, 2) => noun.two.to_owned(),
        (_, 0) => format!("{} {}", arabic_number(rest, Before::Noun), noun.single),
        (_, 1) => format!("{} {} و{}", arabic_number(rest, Before::Noun), noun.single, noun.one),
        (_, 2) => format!("{} {} و{}", arabic_number(rest, Before::Noun), noun.single, noun.two),
        (_, 3..=10) => format!("{} {}", arabic_number(number, Before::Nothing), noun.few),
        _ => format!("{} {}", arabic_number(number, Before::Nothing), noun.many),
    }
}

/// What follows a number: the dual and the accusative change before what they count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Noun,
    Nothing,
}

fn arabic_number(number: u64, before: Before) -> String {
    let mut parts = Vec::new();
    let mut left = number;
    for scale in &SCALES {
        let (count, rest) = (left / scale.value, left % scale.value);
        left = rest;
        if count > 0 {
            let follows = if rest == 0 { before } else { Before::Nothing };
            parts.push(arabic_scale(count, scale, follows));
        }
    }
    if left > 0 {
        parts.push(below_thousand(left, before));
    }
    parts.join(" و")
}

fn arabic_scale(count: u64, scale: &Scale, before: Before) -> String {
    let two = if before == Before::Noun { scale.two_of } else { scale.two };
    let many = if before == Before::Noun { scale.single } else { scale.many };
    let rest = count / 100 * 100;
    match (rest, count % 100) {
        (0, 1) => scale.single.to_owned(),
        (0, 2) => two.to_owned(),
        (_, 0) => format!("{} {}", below_thousand(rest, Before::Noun), scale.single),
        (_, 1) => format!("{} {} و{}", below_thousand(rest, Before::Noun), scale.single, scale.single),
        (_, 2) => format!("{} {} و{two}", below_thousand(rest, Before::Noun), scale.single),
        (_, 3..=10) => format!("{} {}", below_thousand(count, Before::Nothing), scale.few),
        _ => format!("{} {many}", below_thousand(count, Before::Nothing)),
    }
}

fn below_thousand(number: u64, before: Before) -> String {
    let (hundreds, rest) = (number / 100, number % 100);
    let mut parts = Vec::new();
    match (hundreds, rest, before) {
        (0, ..) => {}
        (2, 0, Before::Noun) => parts.push("مائتا".to_owned()),
        _ => parts.push(word(&ARABIC_HUNDREDS, hundreds).to_owned()),
    }
    match rest {
        0 => {}
        1..=19 => parts.push(word(&ARABIC_UNITS, rest).to_owned()),
        _ => {
            if !rest.is_multiple_of(10) {
                parts.push(word(&ARABIC_UNITS, rest % 10).to_owned());
            }
            parts.push(word(&ARABIC_TENS, rest / 10).to_owned());
        }
    }
    parts.join(" و")
}

fn word(words: &[&'static str], place: u64) -> &'static str {
    usize::try_from(place).ok().and_then(|place| words.get(place)).copied().unwrap_or_default()
}

const ENGLISH_UNITS: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const ENGLISH_TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

fn english_count(number: u64, noun: &Noun) -> String {
    format!("{} {}", english_number(number), noun.english[usize::from(number != 1)])
}

fn english_number(number: u64) -> String {
    let mut parts = Vec::new();
    let mut left = number;
    for scale in &SCALES {
        let count = left / scale.value;
        left %= scale.value;
        if count > 0 {
            parts.push(format!("{} {}", english_below_thousand(count), scale.english));
        }
    }
    if left > 0 || parts.is_empty() {
        let and = if !parts.is_empty() && left < 100 { "and " } else { "" };
        parts.push(format!("{and}{}", english_below_thousand(left)));
    }
    parts.join(" ")
}

fn english_below_thousand(number: u64) -> String {
    let (hundreds, rest) = (number / 100, number % 100);
    let small = match rest {
        0..=19 => word(&ENGLISH_UNITS, rest).to_owned(),
        _ if rest.is_multiple_of(10) => word(&ENGLISH_TENS, rest / 10).to_owned(),
        _ => format!("{}-{}", word(&ENGLISH_TENS, rest / 10), word(&ENGLISH_UNITS, rest % 10)),
    };
    match (hundreds, rest) {
        (0, _) => small,
        (_, 0) => format!("{} hundred", word(&ENGLISH_UNITS, hundreds)),
        _ => format!("{} hundred and {small}", word(&ENGLISH_UNITS, hundreds)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn ar(piastres: i64) -> String {
        let words = arabic(Piastres::new(piastres));
        words.trim_start_matches("فقط ").trim_end_matches(" لا غير").to_owned()
    }

    #[test]
    fn arabic_counts_as_the_grammar_asks() {
        for (piastres, words) in [
            (0, "صفر جنيه مصري"),
            (1, "قرش واحد"),
            (200, "جنيهان مصريان"),
            (305, "ثلاثة جنيهات مصرية وخمسة قروش"),
            (1_000, "عشرة جنيهات مصرية"),
            (1_150, "أحد عشر جنيهًا مصريًا وخمسون قرشًا"),
            (10_000, "مائة جنيه مصري"),
            (10_100, "مائة جنيه مصري وجنيه مصري واحد"),
            (20_000, "مائتا جنيه مصري"),
            (20_500, "مائتان وخمسة جنيهات مصرية"),
            (114_000, "ألف ومائة وأربعون جنيهًا مصريًا"),
            (200_000, "ألفا جنيه مصري"),
            (220_000, "ألفان ومائتا جنيه مصري"),
            (1_100_000, "أحد عشر ألف جنيه مصري"),
            (1_110_000, "أحد عشر ألفًا ومائة جنيه مصري"),
            (300_000_000, "ثلاثة ملايين جنيه مصري"),
            (765_000_050, "سبعة ملايين وستمائة وخمسون ألف جنيه مصري وخمسون قرشًا"),
        ] {
            assert_eq!(ar(piastres), words, "{piastres}");
        }
    }

    #[test]
    fn english_reads_as_a_cheque_does() {
        for (piastres, words) in [
            (0, "Zero Egyptian pounds only"),
            (100, "One Egyptian pound only"),
            (114_050, "One thousand one hundred and forty Egyptian pounds and fifty piastres only"),
            (100_100, "One thousand and one Egyptian pounds only"),
            (-2_655, "Minus twenty-six Egyptian pounds and fifty-five piastres only"),
        ] {
            assert_eq!(english(Piastres::new(piastres)), words);
        }
    }

    #[test]
    fn no_two_amounts_share_their_words() {
        let amounts = 0..200_000;
        let in_arabic: HashSet<String> = amounts.clone().map(|n| ar(n * 100)).collect();
        assert_eq!(in_arabic.len(), 200_000);
    }

    proptest! {
        #[test]
        fn every_amount_has_words_without_gaps(piastres: i64) {
            for words in [arabic(Piastres::new(piastres)), english(Piastres::new(piastres))] {
                prop_assert!(!words.contains("  ") && !words.ends_with("و"), "{words}");
            }
        }
    }
}
