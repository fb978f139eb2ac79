//! What every page promises of its structure, read off the samples of all stages in both languages.

use std::collections::{BTreeMap, BTreeSet};

use super::samples::{self, Sample};
use crate::payments::Language;

/// What stands between tags, with whether it is inside an isolate; and the tags.
struct Parsed<'a> {
    tags: Vec<&'a str>,
    texts: Vec<(&'a str, bool)>,
}

fn parse(html: &str) -> Parsed<'_> {
    let mut parsed = Parsed { tags: Vec::new(), texts: Vec::new() };
    let mut isolates = 0_i32;
    for piece in html.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap_or((piece, ""));
        match tag.split([' ', '\n']).next() {
            Some("bdi") => isolates += 1,
            Some("/bdi") => isolates -= 1,
            _ => {}
        }
        parsed.tags.push(tag);
        parsed.texts.push((text, isolates > 0));
    }
    parsed
}

fn faults(check: impl Fn(&Sample, &Parsed<'_>) -> Option<String>) {
    let told: Vec<String> = samples::all()
        .iter()
        .filter_map(|sample| {
            let fault = check(sample, &parse(&sample.html))?;
            Some(format!("{}: {fault}", sample.name))
        })
        .collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn the_direction_agrees_with_the_language() {
    faults(|sample, parsed| {
        let expected = match sample.language {
            Language::Ar => "html lang=\"ar\" dir=\"rtl\"",
            Language::En => "html lang=\"en\" dir=\"ltr\"",
        };
        (!parsed.tags.contains(&expected)).then(|| format!("no <{expected}>"))
    });
}

/// Three digits or more together, or digits around a point or hyphen, are read as one thing.
#[test]
fn references_codes_amounts_and_dates_stand_in_isolates() {
    faults(|_, parsed| {
        let main = parsed.tags.iter().position(|tag| tag.starts_with("main")).unwrap_or(0);
        let bare = parsed.texts[main..].iter().find(|(text, isolated)| {
            let bytes: Vec<char> = text.chars().collect();
            let amounts = bytes.windows(3).any(|three| {
                three[0].is_numeric() && matches!(three[1], '.' | '-' | ',') && three[2].is_numeric()
            });
            let reference = bytes.windows(9).any(|digits| digits.iter().all(|digit| digit.is_numeric()));
            !isolated && (amounts || reference)
        });
        bare.map(|(text, _)| format!("not isolated: {text:?}"))
    });
}

#[test]
fn no_page_mixes_scripts_of_digits() {
    faults(|sample, _| {
        let arabic = |letter: char| matches!(letter, '\u{660}'..='\u{669}' | '\u{6F0}'..='\u{6F9}');
        sample.html.contains(arabic).then(|| "Arabic-Indic digits".to_owned())
    });
}

#[test]
fn nothing_comes_from_outside_and_nothing_is_inline() {
    faults(|_, parsed| {
        let fault = parsed.tags.iter().find(|tag| {
            let loads = tag.contains(" src=\"") || tag.starts_with("link ");
            let outside = loads && (tag.contains("//") || !tag.contains("=\"/assets/"));
            let inline = tag.contains(" style=") || tag.starts_with("style") || tag.contains(" on");
            outside || (inline && !tag.contains("content=")) || **tag == "script"
        });
        fault.map(|tag| format!("<{tag}>"))
    });
}

#[test]
fn fields_have_labels_and_ids_are_given_once() {
    faults(|_, parsed| {
        let value = |tag: &str, name: &str| {
            let rest = tag.split_once(&format!(" {name}=\""))?.1;
            rest.split('"').next().map(str::to_owned)
        };
        let mut ids: BTreeMap<String, usize> = BTreeMap::new();
        for id in parsed.tags.iter().filter_map(|tag| value(tag, "id")) {
            *ids.entry(id).or_default() += 1;
        }
        if let Some((id, _)) = ids.iter().find(|(_, count)| **count > 1) {
            return Some(format!("id {id:?} twice"));
        }
        let labels: BTreeSet<String> = parsed.tags.iter().filter_map(|tag| value(tag, "for")).collect();
        let fields = parsed.tags.iter().filter(|tag| {
            let is_field = tag.starts_with("input") || tag.starts_with("select");
            is_field && !tag.contains("type=\"hidden\"")
        });
        let mut fields = fields.map(|tag| (tag, value(tag, "id")));
        let bare = fields.find(|(_, id)| id.as_ref().is_none_or(|id| !labels.contains(id)));
        if let Some((tag, _)) = bare {
            return Some(format!("no label for <{tag}>"));
        }
        let mut references = parsed.tags.iter().flat_map(|tag| {
            ["aria-labelledby", "aria-describedby", "for"].into_iter().filter_map(|name| value(tag, name))
        });
        references.find(|id| !ids.contains_key(id)).map(|id| format!("nothing has the id {id:?}"))
    });
}

#[test]
fn a_page_has_one_first_heading_one_main_part_and_closes_what_it_opens() {
    faults(|_, parsed| {
        let count = |name: &str| {
            let of = |tag: &&&str| tag.split([' ', '\n']).next() == Some(name);
            parsed.tags.iter().filter(of).count()
        };
        for name in ["h1", "main", "title"] {
            if count(name) != 1 {
                return Some(format!("{} <{name}>", count(name)));
            }
        }
        let open = ["div", "section", "p", "span", "bdi", "ul", "li", "dl", "dd", "dt", "table", "tr", "td"];
        open.into_iter()
            .find(|name| count(name) != count(&format!("/{name}")))
            .map(|name| format!("<{name}> {} times, </{name}> {}", count(name), count(&format!("/{name}"))))
    });
}

#[test]
fn the_other_language_is_one_link_away() {
    faults(|sample, _| {
        let other = match sample.language {
            Language::Ar => "lang=en\" lang=\"en\" dir=\"ltr\"",
            Language::En => "lang=ar\" lang=\"ar\" dir=\"rtl\"",
        };
        (!sample.html.contains(other)).then(|| "no link to the other language".to_owned())
    });
}

/// Message ids with the arguments they take, and the plural forms they tell apart.
fn messages(ftl: &str) -> BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> {
    let mut messages: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    let mut last = String::new();
    for line in ftl.lines().filter(|line| !line.starts_with('#')) {
        if let Some((id, _)) = line.split_once(" =").filter(|_| !line.starts_with(' ')) {
            last = id.to_owned();
            assert!(!messages.contains_key(&last), "{last} twice");
        }
        let (arguments, forms) = messages.entry(last.clone()).or_default();
        arguments
            .extend(line.split("{ $").skip(1).filter_map(|rest| rest.split(' ').next()).map(str::to_owned));
        let form =
            line.trim().trim_start_matches('*').strip_prefix('[').and_then(|rest| rest.split_once(']'));
        forms.extend(form.map(|(form, _)| form.to_owned()));
    }
    messages
}

#[test]
fn both_languages_have_the_same_messages_with_the_same_arguments() {
    let arabic = messages(include_str!("../../locales/ar/pages.ftl"));
    let english = messages(include_str!("../../locales/en/pages.ftl"));
    let ids = |all: &BTreeMap<String, _>| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(ids(&arabic), ids(&english));
    for (id, (arguments, forms)) in &arabic {
        assert_eq!(*arguments, english[id].0, "the arguments of {id}");
        if english[id].1.contains("one") {
            let six = ["few", "many", "one", "other", "two", "zero"].map(str::to_owned);
            assert_eq!(forms.iter().cloned().collect::<Vec<_>>(), six, "the plural forms of {id}");
        }
    }
    for text in [include_str!("../../locales/ar/pages.ftl"), include_str!("../../locales/en/pages.ftl")] {
        fluent_bundle::FluentResource::try_new(text.to_owned()).expect("the messages parse");
        assert!(!text.contains(['<', '&']), "messages hold no markup");
    }
}

#[test]
fn the_pages_ask_for_no_missing_message_and_none_is_left_over() {
    let known = messages(include_str!("../../locales/en/pages.ftl"));
    let mut sources = String::new();
    for folder in ["templates", "templates/checkout", "src/web", "src/web/checkout"] {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() && !path.ends_with("structure.rs") {
                sources.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let asked: BTreeSet<&str> = [".say(\"", ".with(\"", ".count(\""]
        .into_iter()
        .flat_map(|call| sources.split(call).skip(1))
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let missing: Vec<&&str> =
        asked.iter().filter(|id| !known.contains_key(**id) && !id.contains(['{', ' ', '='])).collect();
    assert!(missing.is_empty(), "no such messages: {missing:?}");
    // Named by a word of the contract, or put together: these are made of parts.
    let composed = ["method-", "tender-", "provider-"];
    let left_over: Vec<&String> = known
        .keys()
        .filter(|id| !composed.iter().any(|start| id.starts_with(start)))
        .filter(|id| {
            !sources.contains(&format!("\"{id}\""))
                && !sources.contains(&format!("\"{}\"", id.trim_end_matches("-title")))
        })
        .collect();
    assert!(left_over.is_empty(), "nobody asks for these messages: {left_over:?}");
}
