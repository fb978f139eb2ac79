//! The documents say what is: every test, file and module they name is there.

use std::collections::BTreeSet;

use crate::tree::{self, none};

/// The words in backticks of a text.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn every_invariant_names_a_test_that_holds_it() {
    let tests: Vec<String> = tree::ending(".rs")
        .iter()
        .flat_map(|file| {
            let names = file.text.lines().filter_map(|line| {
                let line = line.trim();
                let line = line.strip_prefix("pub ").unwrap_or(line);
                let line = line.strip_prefix("async ").unwrap_or(line);
                line.strip_prefix("fn ")?.split_once('(').map(|(name, _)| name.to_owned())
            });
            names.collect::<Vec<_>>()
        })
        .collect();
    let document = tree::read("docs/ARCHITECTURE.md");
    let mut faults = Vec::new();
    for paragraph in document.split("\n\n").filter(|paragraph| paragraph.contains("*Invariant.*")) {
        let Some((_, holders)) = paragraph.rsplit_once("Held by ") else {
            faults.push(format!("nothing holds: {paragraph}"));
            continue;
        };
        for holder in quoted(holders).filter(|holder| !tests.iter().any(|test| test == holder)) {
            faults.push(format!("there is no test {holder}"));
        }
    }
    none(&faults, "docs/ARCHITECTURE.md");
}

#[test]
fn every_module_has_an_invariant() {
    let document = tree::read("docs/ARCHITECTURE.md");
    let modules = tree::read("src/lib.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';').map(str::to_owned))
        .collect::<Vec<_>>();
    let adapters = tree::files()
        .iter()
        .filter_map(|file| file.path.strip_suffix("/Cargo.toml").filter(|path| path.starts_with("adapters/")))
        .map(str::to_owned)
        .collect::<Vec<_>>();
    let mut faults = Vec::new();
    for module in modules.into_iter().chain(adapters) {
        let section = document.split("\n### ").find(|section| {
            let heading = section.lines().next().unwrap_or_default();
            quoted(heading).any(|name| name == module)
        });
        if !section.is_some_and(|section| section.contains("*Invariant.*")) {
            faults.push(module);
        }
    }
    none(&faults, "docs/ARCHITECTURE.md has no section with an invariant for");
}

#[test]
fn every_metric_is_in_the_operations_manual() {
    let names = |text: &str| -> BTreeSet<String> {
        let letter = |c: &char| c.is_ascii_lowercase() || *c == '_';
        let found = text.match_indices("rusum_").filter(|(at, _)| text[..*at].ends_with(['"', '`']));
        found.map(|(at, _)| text[at..].chars().take_while(letter).collect()).collect()
    };
    let counted: BTreeSet<String> = tree::product()
        .iter()
        .filter(|file| file.path.starts_with("src/api/"))
        .flat_map(|file| names(&tree::code(&file.text)))
        .collect();
    assert!(!counted.is_empty(), "something is counted");
    assert_eq!(counted, names(&tree::read("docs/OPERATIONS.md")));
}

/// The words of a command line, as a shell splits them.
fn arguments(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate().flat_map(|(index, part)| match index % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    parts.take_while(|word| !matches!(word.as_str(), "#" | "|" | "&&" | ">")).collect()
}

/// The commands of a document: whole lines of code, and what stands in backticks in its sentences.
fn commands(text: &str) -> Vec<(String, bool)> {
    let (mut found, mut block) = (Vec::new(), false);
    for line in text.lines() {
        if line.starts_with("```") {
            block = !block;
        } else if block {
            let at = line.find("-- ").filter(|_| line.starts_with("cargo run")).map_or(0, |at| at + 3);
            let command = if at > 0 { format!("rusum {}", &line[at..]) } else { line.to_owned() };
            found.push((command, true));
        } else {
            found.extend(quoted(line).map(|command| (command.to_owned(), false)));
        }
    }
    found.retain(|(command, _)| command.starts_with("rusum "));
    found
}

#[test]
fn every_command_of_a_document_is_understood() {
    use clap::{Parser, error::ErrorKind};
    let mut faults = Vec::new();
    let mut read = 0;
    for file in tree::ending(".md").iter().filter(|file| !file.path.starts_with("tests/")) {
        for (command, whole) in commands(&file.text) {
            read += 1;
            let Err(error) = rusum::cli::Cli::try_parse_from(arguments(&command)) else { continue };
            // In a sentence a command may be named without what it needs.
            let named = !whole
                && matches!(
                    error.kind(),
                    ErrorKind::MissingRequiredArgument | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
                );
            if !named && error.kind() != ErrorKind::DisplayHelp {
                faults.push(format!("{}: {command}", file.path));
            }
        }
    }
    assert!(read > 10, "documents name commands: {read}");
    none(&faults, "commands that the binary does not understand");
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut faults = Vec::new();
    for file in tree::ending(".md") {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for target in file.text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            let local = !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:");
            if local && !tree::root().join(folder).join(target).exists() {
                faults.push(format!("{}: {target}", file.path));
            }
        }
    }
    none(&faults, "links that lead nowhere");
}

#[test]
fn decisions_are_short_and_say_what_they_cost() {
    let records: Vec<tree::File> =
        tree::ending(".md").into_iter().filter(|file| file.path.starts_with("docs/adr/")).collect();
    let mut faults = Vec::new();
    for (number, record) in (1..).zip(&records) {
        let expected = format!("docs/adr/{number:04}-");
        if !record.path.starts_with(&expected) {
            faults.push(format!("{} is out of sequence: {expected}... comes here", record.path));
        }
        for part in ["Status:", "## Drivers", "## Decision", "Bad, because"] {
            if !record.text.contains(part) {
                faults.push(format!("{} has no {part:?}", record.path));
            }
        }
        if record.text.lines().count() > 60 {
            faults.push(format!("{} is longer than a page", record.path));
        }
    }
    none(&faults, "docs/adr");
}
