//! Finding a service by a part of its name, the way people write it: without diacritics, with any
//! alef, yeh for alef maksura, heh for teh marbuta, any digits, any case.

/// What is looked for: every word must be found.
pub(super) struct Wanted {
    words: Vec<String>,
}

impl Wanted {
    pub(super) fn new(text: &str) -> Self {
        Self { words: normal(text).split_whitespace().map(str::to_owned).collect() }
    }

    /// Whether every word is in one of the texts.
    pub(super) fn is_in(&self, texts: &[&str]) -> bool {
        let texts: Vec<String> = texts.iter().map(|text| normal(text)).collect();
        self.words.iter().all(|word| texts.iter().any(|text| text.contains(word.as_str())))
    }
}

/// The text with everything gone that people write in different ways.
fn normal(text: &str) -> String {
    text.chars().filter_map(normal_char).flat_map(char::to_lowercase).collect()
}

fn normal_char(c: char) -> Option<char> {
    match c {
        // Short vowels, tanween, shadda, the small alef, the stretching line; and the marks of
        // direction that come along when texts are copied.
        '\u{064B}'..='\u{065F}'
        | '\u{0670}'
        | '\u{0640}'
        | '\u{200E}'
        | '\u{200F}'
        | '\u{2066}'..='\u{2069}' => None,
        'أ' | 'إ' | 'آ' | 'ٱ' => Some('ا'),
        'ى' | 'ئ' => Some('ي'),
        'ؤ' => Some('و'),
        'ة' => Some('ه'),
        '٠'..='٩' => char::from_digit(u32::from(c) - u32::from('٠'), 10),
        _ => Some(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_find_what_they_mean() {
        let texts = ["civil-status.birth-certificate", "شهادة ميلاد مميكنة", "Birth certificate"];
        for found in ["شهاده ميلاد", "شَهَادَة", "ميـــلاد", "BIRTH", "cert birth", "مميكنه شهادة", "", "  "]
        {
            assert!(Wanted::new(found).is_in(&texts), "{found:?}");
        }
        for missing in ["وفاة", "death", "birth وفاة"] {
            assert!(!Wanted::new(missing).is_in(&texts), "{missing:?}");
        }
        assert!(Wanted::new("الاحوال").is_in(&["قطاع الأحوال المدنية"]));
        assert!(Wanted::new("مستشفي").is_in(&["مستشفى"]));
        assert!(Wanted::new("٢٩").is_in(&["نموذج 29"]));
    }
}
