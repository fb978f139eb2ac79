//! HTML fragments that are safe to put into a page, and the isolates that keep digits in order.
//!
//! In a right-to-left line the bidirectional algorithm turns `2025-11-21` and `1234 5678` around.
//! So whatever is read digit by digit (references, codes, amounts, dates, phone numbers) becomes
//! [`Html`] only through an isolate: `<bdi dir="ltr">`. Texts from outside are escaped on the way in.

use std::fmt::{self, Write as _};

use askama::filters::HtmlSafe;

/// A fragment of HTML: what is in it has been escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Html(String);

impl HtmlSafe for Html {}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Html {
    /// A text, escaped; Arabic-Indic digits become ASCII, so that no page mixes scripts of digits.
    pub fn text(text: &str) -> Self {
        let mut html = String::with_capacity(text.len());
        for letter in text.chars() {
            match letter {
                '<' => html.push_str("&lt;"),
                '>' => html.push_str("&gt;"),
                '&' => html.push_str("&amp;"),
                '"' => html.push_str("&quot;"),
                '\'' => html.push_str("&#39;"),
                _ => html.push(ascii_digit(letter)),
            }
        }
        Self(html)
    }

    /// A sentence or title, escaped; the numbers in it that have a point, hyphen or slash inside are
    /// isolated.
    pub fn prose(text: &str) -> Self {
        let text = Self::text(text).0;
        let mut html = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(start) = rest.find(|letter: char| letter.is_ascii_digit()) {
            let (before, from) = rest.split_at(start);
            let joins =
                |letter: char| letter.is_ascii_digit() || matches!(letter, '.' | ',' | '-' | '/' | ':');
            let end = from.find(|letter| !joins(letter)).unwrap_or(from.len());
            let number = from[..end].trim_end_matches(|letter: char| !letter.is_ascii_digit());
            html.push_str(before);
            if number.bytes().all(|byte| byte.is_ascii_digit()) {
                html.push_str(number);
            } else {
                let _ = write!(html, "<bdi dir=\"ltr\">{number}</bdi>");
            }
            rest = &from[number.len()..];
        }
        html.push_str(rest);
        Self(html)
    }

    /// Markup of ours, all of whose parts are safe.
    pub fn markup(html: String) -> Self {
        Self(html)
    }

    /// A reference, code or number: read from left to right wherever it stands.
    pub fn code(text: &str) -> Self {
        Self(format!("<bdi dir=\"ltr\" class=\"code\">{}</bdi>", Self::text(text)))
    }

    /// A text that may be in either language: isolated, and marked with the language it is in.
    pub fn foreign(text: &str) -> Self {
        if is_arabic(text) {
            return Self(format!("<bdi lang=\"ar\" dir=\"rtl\">{}</bdi>", Self::prose(text)));
        }
        Self(format!("<bdi lang=\"en\" dir=\"ltr\">{}</bdi>", Self::text(text)))
    }

    /// The fragment's source.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether the first letter of a text is Arabic.
fn is_arabic(text: &str) -> bool {
    text.chars().find(|letter| letter.is_alphabetic()).is_some_and(
        |letter| matches!(letter, '\u{600}'..='\u{6FF}' | '\u{750}'..='\u{77F}' | '\u{FB50}'..='\u{FEFC}'),
    )
}

/// The ASCII digit of an Arabic-Indic or extended Arabic-Indic one; any other letter as it is.
pub fn ascii_digit(letter: char) -> char {
    let digit = match letter {
        '\u{660}'..='\u{669}' => u32::from(letter) - 0x660,
        '\u{6F0}'..='\u{6F9}' => u32::from(letter) - 0x6F0,
        _ => return letter,
    };
    char::from_digit(digit, 10).unwrap_or(letter)
}

/// A number that a person typed: its digits in ASCII, without the spaces and hyphens between them.
/// Nothing when it mixes scripts of digits or holds anything else.
pub fn typed_digits(text: &str) -> Option<String> {
    let is_filler = |letter: &char| letter.is_whitespace() || matches!(letter, '-' | '\u{200E}' | '\u{200F}');
    let letters: Vec<char> = text.chars().filter(|letter| !is_filler(letter)).collect();
    let scripts = [
        letters.iter().any(char::is_ascii_digit),
        letters.iter().any(|letter| matches!(letter, '\u{660}'..='\u{669}')),
        letters.iter().any(|letter| matches!(letter, '\u{6F0}'..='\u{6F9}')),
    ];
    let digits: String = letters.into_iter().map(ascii_digit).collect();
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let scripts = scripts.into_iter().filter(|used| *used).count();
    (is_number && scripts == 1).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_from_outside_are_escaped_and_their_digits_are_ascii() {
        assert_eq!(Html::text("<b>\"٥٠٠ & ۷'").as_str(), "&lt;b&gt;&quot;500 &amp; 7&#39;");
        assert_eq!(Html::foreign("قرار 269").as_str(), "<bdi lang=\"ar\" dir=\"rtl\">قرار 269</bdi>");
        assert_eq!(Html::foreign("(Law 143)").as_str(), "<bdi lang=\"en\" dir=\"ltr\">(Law 143)</bdi>");
    }

    #[test]
    fn numbers_in_sentences_are_isolated_where_they_could_turn_around() {
        let html = Html::prose("٢٥.٠٠ ج.م لكل نسخة من 3، قرار 5/2020.");
        assert_eq!(
            html.as_str(),
            "<bdi dir=\"ltr\">25.00</bdi> ج.م لكل نسخة من 3، قرار <bdi dir=\"ltr\">5/2020</bdi>."
        );
    }

    #[test]
    fn numbers_may_be_typed_in_either_script_but_not_in_both() {
        assert_eq!(typed_digits("٠١٠ ٠١٢٣-٤٥٦٧").as_deref(), Some("01001234567"));
        assert_eq!(typed_digits(" 0100 123 4567 ").as_deref(), Some("01001234567"));
        for refused in ["", "   ", "010٠", "0100a", "+20100"] {
            assert_eq!(typed_digits(refused), None, "{refused:?}");
        }
    }
}
