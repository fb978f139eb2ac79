//! The commands, one file each.
//!
//! Promises: what a command answers goes to the standard output, what it tells meanwhile to the
//! standard error; a failure is one paragraph with cause and remedy ([`failure`]) and one of the exit
//! codes that `--help` lists. Nothing here decides anything about money: commands ask the switch, the
//! store or the schedules.

mod database;
pub mod demo;
pub mod failure;
pub mod http;
mod keys;
mod ledger;
mod log;
mod migrate;
mod quote;
mod schedules;
mod screen;
mod serve;
mod simulate;
pub mod simulators;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use self::failure::EXIT_CODES;
pub use self::failure::Failure;

/// Rusum: the switch through which citizens pay the fees of public services.
#[derive(Parser)]
#[command(name = "rusum", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// A whole switch with simulated providers and sample payments, on an empty folder
    Demo(demo::Demo),
    /// The switch
    Serve(serve::Serve),
    /// The provider simulators alone
    Simulate(simulate::Simulate),
    /// A fee, explained line by line; needs no database
    Quote(quote::QuoteCommand),
    /// Fee schedules: check, publish, compare, list
    Schedules(schedules::Schedules),
    /// The books: sums, proof, export
    Ledger(ledger::Ledger),
    /// API keys
    Keys(keys::Keys),
    /// Applies the migrations and exits
    Migrate(migrate::Migrate),
}

/// The command line as it was called; ends the process when it is no command, or asks for help.
pub fn parse() -> Cli {
    let mut command = with_exit_codes(Cli::command());
    let matches = command.get_matches_mut();
    match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.format(&mut command).exit(),
    }
}

/// Every command's help ends with the exit codes.
fn with_exit_codes(command: clap::Command) -> clap::Command {
    let own = command.get_after_help().map(ToString::to_string);
    let told = own.map_or_else(|| EXIT_CODES.to_owned(), |own| format!("{own}\n\n{EXIT_CODES}"));
    command.after_help(told).mut_subcommands(with_exit_codes)
}

/// Carries out a command.
pub fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Demo(demo) => concurrently(demo.run()),
        Command::Serve(serve) => concurrently(serve.run()),
        Command::Simulate(simulate) => concurrently(simulate.run()),
        Command::Quote(quote) => quote.run(),
        Command::Schedules(schedules) => schedules.run(),
        Command::Ledger(ledger) => concurrently(ledger.run()),
        Command::Keys(keys) => concurrently(keys.run()),
        Command::Migrate(migrate) => concurrently(migrate.run()),
    }
}

/// Runs what waits for others on all cores.
fn concurrently(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::broken(format!("the runtime cannot be started: {error}")))?
        .block_on(work)
}
