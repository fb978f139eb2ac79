//! The governorates of Egypt by their two-digit national code, and `88` for abroad.
//!
//! Inside the fees a governorate is a place in [`ALL`], so that a set of them is one word of bits.

use super::Title;

/// A governorate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Governorate {
    /// The two-digit code, as in the national id.
    pub code: &'static str,
    /// Its name in Arabic.
    pub ar: &'static str,
    /// Its name in English.
    pub en: &'static str,
}

const fn governorate(code: &'static str, ar: &'static str, en: &'static str) -> Governorate {
    Governorate { code, ar, en }
}

/// The 27 governorates and abroad, by code.
pub const ALL: [Governorate; 28] = [
    governorate("01", "القاهرة", "Cairo"),
    governorate("02", "الإسكندرية", "Alexandria"),
    governorate("03", "بورسعيد", "Port Said"),
    governorate("04", "السويس", "Suez"),
    governorate("11", "دمياط", "Damietta"),
    governorate("12", "الدقهلية", "Dakahlia"),
    governorate("13", "الشرقية", "Sharqia"),
    governorate("14", "القليوبية", "Qalyubia"),
    governorate("15", "كفر الشيخ", "Kafr El-Sheikh"),
    governorate("16", "الغربية", "Gharbia"),
    governorate("17", "المنوفية", "Monufia"),
    governorate("18", "البحيرة", "Beheira"),
    governorate("19", "الإسماعيلية", "Ismailia"),
    governorate("21", "الجيزة", "Giza"),
    governorate("22", "بني سويف", "Beni Suef"),
    governorate("23", "الفيوم", "Fayoum"),
    governorate("24", "المنيا", "Minya"),
    governorate("25", "أسيوط", "Asyut"),
    governorate("26", "سوهاج", "Sohag"),
    governorate("27", "قنا", "Qena"),
    governorate("28", "أسوان", "Aswan"),
    governorate("29", "الأقصر", "Luxor"),
    governorate("31", "البحر الأحمر", "Red Sea"),
    governorate("32", "الوادي الجديد", "New Valley"),
    governorate("33", "مطروح", "Matrouh"),
    governorate("34", "شمال سيناء", "North Sinai"),
    governorate("35", "جنوب سيناء", "South Sinai"),
    governorate("88", "خارج الجمهورية", "Abroad"),
];

/// The place in [`ALL`] of a two-digit code.
pub fn find(code: &str) -> Option<usize> {
    ALL.iter().position(|one| one.code == code)
}

impl Governorate {
    /// Its name in both languages.
    pub fn title(&self) -> Title {
        Title { ar: self.ar.to_owned(), en: self.en.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_27_governorates_and_abroad_in_order() {
        assert!(ALL.is_sorted_by_key(|one| one.code));
        assert_eq!(find("03"), Some(2));
        assert_eq!(find("88"), Some(27));
        for unknown in ["00", "05", "10", "20", "30", "36", "3", "EG", ""] {
            assert_eq!(find(unknown), None);
        }
    }
}
