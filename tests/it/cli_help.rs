//! The help of every command, word for word.

use clap::Parser;
use rusum::cli::Cli;

use crate::support::command::run;

const COMMANDS: [&[&str]; 18] = [
    &[],
    &["demo"],
    &["serve"],
    &["simulate"],
    &["quote"],
    &["schedules"],
    &["schedules", "check"],
    &["schedules", "publish"],
    &["schedules", "diff"],
    &["schedules", "price-list"],
    &["ledger"],
    &["ledger", "trial-balance"],
    &["ledger", "verify"],
    &["ledger", "export"],
    &["keys"],
    &["keys", "create"],
    &["keys", "revoke"],
    &["migrate"],
];

#[test]
fn every_command_explains_itself() {
    for command in COMMANDS {
        let told = run(&[command, &["--help"]].concat()).expect(0);
        assert!(told.err.is_empty());
        let name = if command.is_empty() { "rusum".to_owned() } else { command.join("-") };
        insta::assert_snapshot!(format!("help-{name}"), told.out);
    }
}

#[test]
fn the_commands_of_the_contract_are_there() {
    let told = run(&["--help"]).expect(0).out;
    for command in ["demo", "serve", "simulate", "quote", "schedules", "ledger", "keys", "migrate"] {
        assert!(told.contains(&format!("\n  {command} ")), "{command}");
        let own = run(&[command, "--help"]).expect(0).out;
        assert!(own.contains("Examples:"), "{command} shows no example");
    }
    for code in 0..=4 {
        assert!(told.contains(&format!("\n  {code}  ")), "exit code {code} is not told");
    }
}

#[test]
fn every_command_that_the_documents_show_is_one() {
    let mut shown = 0;
    for path in ["README.md", "docs/OPERATIONS.md", "docs/SCHEDULES.md"] {
        let text = std::fs::read_to_string(path).unwrap();
        for line in text.lines() {
            let line = line.trim().replace("cargo run --release -- ", "rusum ");
            let Some(arguments) = line.strip_prefix("rusum ") else { continue };
            let command = arguments.split(['#', '|', '>', '&']).next().unwrap();
            let words = command.split('"').enumerate().flat_map(|(number, part)| {
                // What stands in quotes is one word.
                if number % 2 == 1 { vec![part] } else { part.split_whitespace().collect() }
            });
            let parsed = Cli::try_parse_from(std::iter::once("rusum").chain(words));
            assert!(parsed.is_ok(), "{path}: {line}: {}", parsed.err().unwrap());
            shown += 1;
        }
    }
    assert!(shown > 5, "{shown} commands were found");
}
