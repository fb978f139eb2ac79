//! Parts of the documents are drawn from the code: state machines, the chart of accounts, the posting
//! table, the settings. A document that differs fails here; `RUSUM_REDRAW=1` draws it anew.

use std::{collections::BTreeMap, fmt::Write as _};

use rusum::{
    ledger::{Account, AccountKind, JournalEvent},
    payments::states::{ATTEMPT, PAYMENT, REFUND, Transition},
};

use crate::tree;

/// Compares the blocks of a document (`<!-- drawn: name -->` to `<!-- end -->`) with what they ought to be.
pub fn compare(path: &str, blocks: &[(&str, String)]) {
    let shown = tree::read(path);
    let mut drawn = shown.clone();
    for (name, block) in blocks {
        let begin = format!("<!-- drawn: {name} -->\n");
        let (before, rest) = drawn.split_once(&begin).unwrap_or_else(|| panic!("{path} has no block {name}"));
        let (_, after) = rest.split_once("<!-- end -->").expect("a block ends");
        drawn = format!("{before}{begin}\n{}\n\n<!-- end -->{after}", block.trim_end());
    }
    if std::env::var_os("RUSUM_REDRAW").is_some() {
        std::fs::write(tree::root().join(path), drawn).expect("the document can be written");
    } else {
        let first = shown.lines().zip(drawn.lines()).find(|(shown, drawn)| shown != drawn);
        assert!(shown == drawn, "{path} is not what the code says; RUSUM_REDRAW=1 draws it anew: {first:?}");
    }
}

fn machine<S, C>(table: &[Transition<S, C>], states: &[S], start: S) -> String
where
    S: Copy + PartialEq + std::fmt::Display,
    C: Copy + std::fmt::Display,
{
    let mut drawn = format!("```mermaid\nstateDiagram-v2\n    [*] --> {start}\n");
    for row in table {
        let event = row.event.map(|event| format!(" / {event}")).unwrap_or_default();
        let _ = writeln!(drawn, "    {} --> {}: {}{event}", row.from, row.to, row.command);
    }
    for state in states.iter().filter(|state| !table.iter().any(|row| row.from == **state)) {
        let _ = writeln!(drawn, "    {state} --> [*]");
    }
    drawn + "```"
}

/// The accounts of the chart, from the comments of its variants: code with placeholders, an account
/// of that code, and what its balance says.
fn chart() -> Vec<(String, Account, String)> {
    let source = tree::read("src/ledger/account.rs");
    let (_, listed) = source.split_once("pub enum Account {").expect("the chart");
    let (listed, _) = listed.split_once("\n}").expect("the chart ends");
    listed
        .lines()
        .filter_map(|line| line.trim().strip_prefix("/// `")?.split_once("` - "))
        .map(|(code, says)| {
            let sample: String = code
                .chars()
                .filter_map(|c| match c {
                    '<' | '>' => None,
                    ' ' => Some('-'),
                    c => Some(c),
                })
                .collect();
            let account = sample.parse().unwrap_or_else(|error| panic!("{code}: {error}"));
            (code.to_owned(), account, says.trim_end_matches('.').to_owned())
        })
        .collect()
}

fn kind(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Asset => "asset",
        AccountKind::Liability => "liability",
        AccountKind::Expense => "expense",
        AccountKind::Income => "income",
    }
}

fn accounts() -> String {
    let mut drawn = "| account | kind | what its balance says |\n|---|---|---|\n".to_owned();
    for (code, account, says) in chart() {
        let _ = writeln!(drawn, "| `{code}` | {} | {says} |", kind(account.kind()));
    }
    drawn
}

/// The comment of every variant of an enum, by the variant's name.
fn comments(source: &str, of: &str) -> BTreeMap<String, String> {
    let (_, listed) = source.split_once(of).expect("the enum");
    let (listed, _) = listed.split_once("\n}").expect("the enum ends");
    let (mut found, mut comment) = (BTreeMap::new(), String::new());
    for line in listed.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("/// ") {
            if !comment.is_empty() {
                comment.push(' ');
            }
            comment.push_str(text);
        } else if let Some(name) = line.strip_suffix(',') {
            found.insert(name.to_owned(), std::mem::take(&mut comment));
        }
    }
    found
}

/// Who may debit whom, by event: the credits of a debit joined, the debits of equal credits too.
fn postings() -> String {
    let comments = comments(&tree::read("src/ledger/mod.rs"), "pub enum JournalEvent {");
    let chart = chart();
    let mut drawn = "| event | what happened | debit | credit |\n|---|---|---|---|\n".to_owned();
    for event in JournalEvent::ALL {
        let says = comments[&format!("{event:?}")].trim_end_matches('.');
        if event == JournalEvent::Adjustment {
            let _ = writeln!(drawn, "| `{}` | {says} | any | any other |", event.code());
            continue;
        }
        let mut by_credits: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
        for (debit_code, debit, _) in &chart {
            let credits: Vec<&str> = chart
                .iter()
                .filter(|(_, credit, _)| event.allows(debit, credit))
                .map(|(code, ..)| code.as_str())
                .collect();
            match by_credits.iter_mut().find(|(_, known)| *known == credits) {
                _ if credits.is_empty() => {}
                Some((debits, _)) => debits.push(debit_code),
                None => by_credits.push((vec![debit_code], credits)),
            }
        }
        let side =
            |codes: &[&str]| codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ");
        for (debits, credits) in by_credits {
            let _ =
                writeln!(drawn, "| `{}` | {says} | {} | {} |", event.code(), side(&debits), side(&credits));
        }
    }
    drawn
}

#[test]
fn the_chart_lists_every_account() {
    let source = tree::read("src/ledger/account.rs");
    let (_, display) = source.split_once("impl fmt::Display for Account").expect("how accounts are written");
    let (display, _) = display.split_once("\nimpl ").expect("it ends");
    assert_eq!(chart().len(), display.matches("Self::").count());
}

#[test]
fn the_architecture_is_drawn_from_the_code() {
    use rusum::payments::states::{AttemptStatus, PaymentStatus, RefundStatus};
    compare(
        "docs/ARCHITECTURE.md",
        &[
            ("payment states", machine(PAYMENT, PaymentStatus::ALL, PaymentStatus::Open)),
            ("attempt states", machine(ATTEMPT, AttemptStatus::ALL, AttemptStatus::Created)),
            ("refund states", machine(REFUND, RefundStatus::ALL, RefundStatus::Requested)),
            ("chart of accounts", accounts()),
            ("postings", postings()),
        ],
    );
}

/// A setting, as its field says.
struct Setting {
    path: String,
    says: String,
    required: bool,
}

/// The settings below a struct of `settings.rs`, in the order of its fields.
fn settings(source: &str, of: &str, above: &str) -> Vec<Setting> {
    let head = format!("pub struct {of} {{");
    let (before, fields) = source.split_once(&head).unwrap_or_else(|| panic!("{of} is in settings.rs"));
    let (fields, _) = fields.split_once("\n}").expect("a struct ends");
    let attributes = before.rsplit("\n\n").next().unwrap_or_default();
    let all_optional = attributes.contains("deny_unknown_fields, default)");
    let (mut found, mut says, mut optional) = (Vec::new(), String::new(), all_optional);
    for line in fields.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("/// ") {
            format!("{says} {text}").trim().clone_into(&mut says);
        } else if line.starts_with("#[serde(default") {
            optional = true;
        } else if let Some((name, kind)) = line.strip_prefix("pub ").and_then(|field| field.split_once(": "))
        {
            let path = format!("{above}{name}");
            let kind = kind.trim_end_matches(',');
            let inner = kind.trim_start_matches("Option<").trim_end_matches('>');
            if inner.ends_with("Settings") {
                found.extend(settings(source, inner, &format!("{path}.")));
            } else {
                let path = if kind.starts_with("BTreeMap") { format!("{path}.<id>") } else { path };
                found.push(Setting { path, says: says.clone(), required: !optional && inner == kind });
            }
            says.clear();
            optional = all_optional;
        }
    }
    found
}

/// The defaults that the example shows: lines such as `#queue = 4096` below their table's head.
fn defaults(example: &str) -> BTreeMap<String, String> {
    let (mut found, mut table) = (BTreeMap::new(), String::new());
    for line in example.lines() {
        let line = line.strip_prefix('#').unwrap_or(line);
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            table = format!("{name}.");
        } else if let Some((name, value)) = line.split_once(" = ").filter(|(name, _)| !name.contains(' ')) {
            found.insert(format!("{table}{name}"), value.to_owned());
        }
    }
    found
}

#[test]
fn every_setting_is_in_the_operations_manual() {
    let example = tree::read("rusum.toml.example");
    let defaults = defaults(&example);
    let mut drawn = "| setting | what it says | unless given |\n|---|---|---|\n".to_owned();
    for Setting { path, says, required } in settings(&tree::read("src/switch/settings.rs"), "Settings", "") {
        let default = if path.starts_with("providers.") {
            "the provider is not offered".to_owned()
        } else if required {
            "must be given".to_owned()
        } else {
            defaults.get(&path).map_or_else(|| "-".to_owned(), |value| format!("`{value}`"))
        };
        let says = says.replace('|', "\\|");
        let _ = writeln!(drawn, "| `{path}` | {} | {default} |", says.trim_end_matches('.'));
        let name = path.rsplit('.').next().unwrap_or_default().replace("<id>", "encryption");
        assert!(example.contains(&name), "rusum.toml.example does not show {path}");
    }
    compare("docs/OPERATIONS.md", &[("settings", drawn)]);
}

#[test]
fn the_example_settings_are_read_and_show_the_defaults() {
    let example = tree::read("rusum.toml.example");
    let read = |text: &str| rusum::switch::settings::Settings::parse(text, Vec::new());
    let bare = read(&example).expect("the example is read as it stands");
    // A line that begins with `#` and no blank is a setting with its default.
    let given: Vec<&str> = example
        .lines()
        .map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with([' ', '#'])).unwrap_or(line))
        .collect();
    let given = read(&given.join("\n")).expect("the example is read with every line in force");
    assert_eq!(format!("{bare:?}"), format!("{given:?}"), "the values behind # are the defaults");
}
