//! What the pages say, in Arabic and English, by Fluent.
//!
//! Promises: both languages hold the same messages, and pages ask for none that is missing (tests
//! read the files). Counts take all six plural forms of Arabic. The numbering system is pinned:
//! every page of either language writes ASCII digits, because references and codes are typed on
//! keypads as they stand and no page may mix scripts of digits. Arguments are [`Html`], so an
//! amount inside a sentence keeps its isolate.

use std::sync::LazyLock;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Timelike, Utc};
use chrono_tz::Africa::Cairo;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};

use super::html::Html;
use crate::{
    fees::Title,
    money::{Method, Piastres, Tender},
    payments::Language,
};

type Bundle = FluentBundle<FluentResource>;

static ARABIC: LazyLock<Bundle> = LazyLock::new(|| bundle("ar", include_str!("../../locales/ar/pages.ftl")));
static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle("en", include_str!("../../locales/en/pages.ftl")));

fn bundle(locale: &str, text: &str) -> Bundle {
    let locale = locale.parse().expect("ar and en are language codes");
    // What cannot be parsed is left out; the test of the files finds it.
    let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(parsed, _)| parsed);
    let mut bundle = FluentBundle::new_concurrent(vec![locale]);
    bundle.set_use_isolating(false);
    bundle.add_resource_overriding(resource);
    bundle
}

/// The texts of one language.
#[derive(Clone, Copy)]
pub struct Texts {
    /// The language.
    pub language: Language,
    bundle: &'static Bundle,
}

impl Texts {
    /// The texts of a language.
    pub fn of(language: Language) -> Self {
        let bundle: &Bundle = match language {
            Language::Ar => &ARABIC,
            Language::En => &ENGLISH,
        };
        Self { language, bundle }
    }

    /// `ar` or `en`, for `lang` attributes and links.
    pub const fn lang(&self) -> &'static str {
        self.language.code()
    }

    /// `rtl` or `ltr`.
    pub const fn dir(&self) -> &'static str {
        match self.language {
            Language::Ar => "rtl",
            Language::En => "ltr",
        }
    }

    /// The texts of the other language.
    pub fn other(&self) -> Self {
        Self::of(match self.language {
            Language::Ar => Language::En,
            Language::En => Language::Ar,
        })
    }

    /// A message without arguments.
    pub fn say(&self, id: &str) -> Html {
        self.format(id, None)
    }

    /// A message with fragments in it.
    pub fn with<const N: usize>(&self, id: &str, parts: [(&'static str, Html); N]) -> Html {
        let mut args = FluentArgs::with_capacity(N);
        for (name, part) in parts {
            args.set(name, part.to_string());
        }
        self.format(id, Some(&args))
    }

    /// A message about a count, in its plural form.
    pub fn count(&self, id: &str, count: i64) -> Html {
        let mut args = FluentArgs::with_capacity(1);
        args.set("count", FluentValue::from(count));
        self.format(id, Some(&args))
    }

    /// A message, or nothing where there is none of this name.
    pub fn find(&self, id: &str) -> Option<Html> {
        self.bundle.has_message(id).then(|| self.say(id))
    }

    fn format(&self, id: &str, args: Option<&FluentArgs<'_>>) -> Html {
        let pattern = self.bundle.get_message(id).and_then(|message| message.value());
        debug_assert!(pattern.is_some(), "the pages have no message {id:?}");
        let mut errors = Vec::new();
        let text = pattern.map(|pattern| self.bundle.format_pattern(pattern, args, &mut errors));
        debug_assert!(errors.is_empty(), "the message {id:?} lacks an argument: {errors:?}");
        // The messages are ours and hold no markup; what they are given is safe already.
        Html::markup(text.map_or_else(|| id.to_owned(), std::borrow::Cow::into_owned))
    }

    /// The title in this language.
    pub fn title(&self, title: &Title) -> Html {
        Html::prose(self.title_text(title))
    }

    /// The title in this language without any markup, for options of a list.
    pub fn plain_title(&self, title: &Title) -> Html {
        Html::text(self.title_text(title))
    }

    fn title_text<'a>(&self, title: &'a Title) -> &'a str {
        match self.language {
            Language::Ar => &title.ar,
            Language::En => &title.en,
        }
    }

    /// An amount with its currency. The figures are isolated; a minus is a minus, not a hyphen.
    pub fn money(&self, amount: Piastres) -> Html {
        self.figures(amount, "")
    }

    /// A difference: an amount with its sign.
    pub fn difference(&self, amount: Piastres) -> Html {
        self.figures(amount, "+")
    }

    fn figures(&self, amount: Piastres, plus: &str) -> Html {
        let sign = if amount.is_negative() { "\u{2212}" } else { plus };
        let figures = grouped(amount.get().unsigned_abs());
        // The sign stands first of all: before the currency in English, before the figures in Arabic.
        let (outer, inner) = match self.language {
            Language::Ar => ("", sign),
            Language::En => (sign, ""),
        };
        let figures = Html::markup(format!("<bdi dir=\"ltr\">{inner}{figures}</bdi>"));
        let money = self.with("money", [("amount", figures)]);
        Html::markup(format!("<span class=\"money\">{outer}{money}</span>"))
    }

    /// A date of the calendar, in words, isolated.
    pub fn date(&self, date: NaiveDate) -> Html {
        self.time(&date.to_string(), &self.date_in_words(date))
    }

    fn date_in_words(&self, date: NaiveDate) -> Html {
        let day = Html::text(&date.day().to_string());
        let year = Html::text(&date.year().to_string());
        let month = self.count("month", i64::from(date.month()));
        let weekday = self.count("weekday", i64::from(date.weekday().number_from_monday()));
        self.with("date", [("day", day), ("month", month), ("year", year), ("weekday", weekday)])
    }

    /// An instant as the clocks in Cairo show it, isolated.
    pub fn moment(&self, at: DateTime<Utc>) -> Html {
        let here = at.with_timezone(&Cairo);
        let (afternoon, hour) = here.hour12();
        let half = self.say(if afternoon { "afternoon" } else { "morning" });
        let clock = Html::markup(format!("<bdi dir=\"ltr\">{hour}:{:02}</bdi>", here.minute()));
        let date = self.date_in_words(here.date_naive());
        let text = self.with("moment", [("date", date), ("clock", clock), ("half", half)]);
        self.time(&here.format("%Y-%m-%dT%H:%M:%S%:z").to_string(), &text)
    }

    fn time(&self, machine: &str, text: &Html) -> Html {
        let dir = self.dir();
        Html::markup(format!("<time datetime=\"{machine}\"><bdi dir=\"{dir}\">{text}</bdi></time>"))
    }

    /// How long it is until then, in the two largest units; nothing when it has passed.
    pub fn left(&self, until: DateTime<Utc>, now: DateTime<Utc>) -> Option<Html> {
        let left = until - now;
        if left <= TimeDelta::zero() {
            return None;
        }
        let (days, hours, minutes) = (left.num_days(), left.num_hours() % 24, left.num_minutes() % 60);
        let (larger, smaller) = match (days, hours) {
            (0, 0) => (None, Some(("minutes", minutes.max(1)))),
            (0, _) => (Some(("hours", hours)), Some(("minutes", minutes))),
            _ => (Some(("days", days)), Some(("hours", hours))),
        };
        let units: Vec<Html> = larger
            .into_iter()
            .chain(smaller)
            .filter(|(_, count)| *count > 0)
            .map(|(unit, count)| self.count(unit, count))
            .collect();
        Some(match units.as_slice() {
            [first, second] => self.with("left-two", [("first", first.clone()), ("second", second.clone())]),
            [only, ..] => self.with("left-one", [("only", only.clone())]),
            [] => self.with("left-one", [("only", self.count("minutes", 1))]),
        })
    }

    /// A way to pay: the method, and the tender where the method leaves it open.
    pub fn way(&self, method: Method, tender: Tender) -> Html {
        let said = self.say(&format!("method-{method}"));
        match (method, tender) {
            (Method::Card, Tender::Card) | (Method::Wallet, Tender::Wallet) => said,
            _ => self.with("way", [("method", said), ("tender", self.say(&format!("tender-{tender}")))]),
        }
    }

    /// A provider's name; its code where it has no other.
    pub fn provider(&self, code: &str) -> Html {
        self.find(&format!("provider-{code}")).unwrap_or_else(|| Html::foreign(code))
    }
}

/// A date of the calendar in figures, `2026-11-21`, isolated.
pub fn short_date(date: NaiveDate) -> Html {
    Html::markup(format!("<time datetime=\"{date}\"><bdi dir=\"ltr\">{date}</bdi></time>"))
}

/// An instant as the clocks in Cairo show it, in figures, to the second, isolated.
pub fn exact_moment(at: DateTime<Utc>) -> Html {
    let here = at.with_timezone(&Cairo);
    let machine = here.format("%Y-%m-%dT%H:%M:%S%:z");
    let figures = here.format("%Y-%m-%d %H:%M:%S");
    Html::markup(format!("<time datetime=\"{machine}\"><bdi dir=\"ltr\">{figures}</bdi></time>"))
}

/// `1,140.00`: pounds in groups of three, a point, piastres.
fn grouped(piastres: u64) -> String {
    let pounds = (piastres / 100).to_string();
    let mut figures = String::new();
    for (place, digit) in pounds.chars().enumerate() {
        if place > 0 && (pounds.len() - place).is_multiple_of(3) {
            figures.push(',');
        }
        figures.push(digit);
    }
    format!("{figures}.{:02}", piastres % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arabic_counts_have_six_forms_and_ascii_digits() {
        let arabic = Texts::of(Language::Ar);
        let said: Vec<String> =
            [0, 1, 2, 3, 11, 100].map(|count| arabic.count("hours", count).to_string()).to_vec();
        assert_eq!(said, ["أقل من ساعة", "ساعة واحدة", "ساعتان", "3 ساعات", "11 ساعةً", "100 ساعة"]);
        let english = Texts::of(Language::En);
        assert_eq!(english.count("hours", 1).as_str(), "1 hour");
        assert_eq!(english.count("hours", 11).as_str(), "11 hours");
    }

    #[test]
    fn amounts_and_dates_stand_in_isolates() {
        let english = Texts::of(Language::En);
        let amount = english.money(Piastres::new(765_000_050));
        assert_eq!(amount.as_str(), "<span class=\"money\">EGP <bdi dir=\"ltr\">7,650,000.50</bdi></span>");
        let less = |language| Texts::of(language).difference(Piastres::new(-500)).to_string();
        assert!(less(Language::En).contains(">\u{2212}EGP <bdi dir=\"ltr\">5.00</bdi>"));
        assert!(less(Language::Ar).contains("<bdi dir=\"ltr\">\u{2212}5.00</bdi>"));
        let at = "2026-11-21T16:30:00Z".parse().unwrap();
        let arabic = Texts::of(Language::Ar).moment(at).to_string();
        assert!(arabic.contains("datetime=\"2026-11-21T18:30:00+02:00\""), "{arabic}");
        assert!(arabic.contains("<bdi dir=\"ltr\">6:30</bdi>") && arabic.contains("مساءً"), "{arabic}");
    }

    #[test]
    fn what_is_left_is_told_in_two_units() {
        let english = Texts::of(Language::En);
        let now: DateTime<Utc> = "2026-11-21T16:30:00Z".parse().unwrap();
        let left =
            |minutes| english.left(now + TimeDelta::minutes(minutes), now).map(|html| html.to_string());
        assert_eq!(left(3 * 24 * 60 + 61).as_deref(), Some("3 days and 1 hour left"));
        assert_eq!(left(61).as_deref(), Some("1 hour and 1 minute left"));
        assert_eq!(left(1).as_deref(), Some("1 minute left"));
        assert_eq!(left(0), None);
    }
}
