//! `rusum ledger`: sums the books, proves them, writes them out. Works beside a running server.

use std::{
    fs::File,
    io::{self, BufWriter, IsTerminal, Write},
    path::PathBuf,
};

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{database::Database, failure::Failure, screen};
use crate::{
    calendar::BusinessDay,
    store::{Store, StoreError, TrialBalance, VerifyReport},
};

const EXAMPLES: &str = "\
Examples:
  rusum ledger trial-balance --on 2026-11-21
  rusum ledger verify && echo the books are right
  rusum ledger export --output journals.jsonl
  rusum ledger export --day 2026-11-21 | jq .event";

/// The books: sums, proof, export
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Ledger {
    #[command(subcommand)]
    command: LedgerCommand,
    #[command(flatten)]
    database: Database,
}

#[derive(Subcommand)]
enum LedgerCommand {
    /// Every account with its debits, credits and balance
    TrialBalance {
        /// As it stood at the end of this business day, YYYY-MM-DD; now unless given
        #[arg(long, value_name = "DATE")]
        on: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Re-adds every transfer and checks lanes, days and every stored total; exit code 1 on a difference
    Verify {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Writes the journals as JSON lines
    Export {
        /// Of this business day only, YYYY-MM-DD
        #[arg(long, value_name = "DATE")]
        day: Option<String>,
        /// The file; the standard output unless given
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

impl Ledger {
    /// Carries it out.
    pub async fn run(self) -> Result<(), Failure> {
        match self.command {
            LedgerCommand::TrialBalance { on, json } => {
                let on = day("--on", on.as_deref())?;
                let store = self.database.open().await?;
                let balance = store.trial_balance(on).await?;
                store.drain().await;
                trial_balance(&balance, on, json)
            }
            LedgerCommand::Verify { json } => {
                let store = self.database.open().await?;
                let report = verify(&store).await?;
                store.drain().await;
                verified(&report, json)
            }
            LedgerCommand::Export { day: text, output } => {
                let day = day("--day", text.as_deref())?;
                let store = self.database.open().await?;
                let written = export(&store, day, output.as_ref()).await;
                store.drain().await;
                written
            }
        }
    }
}

fn day(option: &str, text: Option<&str>) -> Result<Option<BusinessDay>, Failure> {
    text.map(|text| {
        text.parse()
            .map_err(|_| Failure::refused(format!("{option} {text:?} is no date: write it as 2026-11-21")))
    })
    .transpose()
}

fn trial_balance(balance: &TrialBalance, on: Option<BusinessDay>, json: bool) -> Result<(), Failure> {
    let differs = balance.total_debits != balance.total_credits;
    if json {
        let accounts: Vec<_> = balance
            .accounts
            .iter()
            .map(|totals| {
                json!({"code": totals.account.to_string(), "debits": totals.debits, "credits": totals.credits,
                       "balance": totals.balance(), "currency": "EGP"})
            })
            .collect();
        screen::print_json(&json!({
            "on": on, "accounts": accounts, "currency": "EGP",
            "total_debits": balance.total_debits, "total_credits": balance.total_credits,
        }))?;
    } else {
        let mut table = screen::table(["account", "debits", "credits", "balance"]);
        for totals in &balance.accounts {
            table.add_row([
                screen::text(&totals.account.to_string()),
                screen::number(totals.debits),
                screen::number(totals.credits),
                screen::number(totals.balance()),
            ]);
        }
        table.add_row([
            screen::text("total, EGP"),
            screen::number(balance.total_debits),
            screen::number(balance.total_credits),
            screen::text(""),
        ]);
        screen::print_line(&table.to_string())?;
    }
    if differs {
        return Err(Failure::no(format!(
            "the books do not balance: debits {} and credits {} differ; `rusum ledger verify` finds where",
            balance.total_debits, balance.total_credits
        )));
    }
    Ok(())
}

/// Verifies, with a progress bar where a person looks.
async fn verify(store: &Store) -> Result<VerifyReport, Failure> {
    let bar = if io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} entries, {eta} left")
        .map_err(|error| Failure::broken(format!("the progress bar: {error}")))?;
    bar.set_style(style);
    let report = store
        .verify(&mut |progress| {
            bar.set_length(progress.total);
            bar.set_position(progress.done);
        })
        .await;
    bar.finish_and_clear();
    Ok(report?)
}

fn verified(report: &VerifyReport, json: bool) -> Result<(), Failure> {
    if json {
        let findings: Vec<_> = report
            .findings
            .iter()
            .map(|finding| json!({"law": finding.law, "detail": finding.detail}))
            .collect();
        screen::print_json(&json!({
            "lanes": report.lanes, "journals": report.journals, "transfers": report.transfers,
            "events": report.events, "payments": report.payments,
            "differences": report.differences, "findings": findings,
        }))?;
    } else {
        for finding in &report.findings {
            screen::print_line(&format!("{}: {}", finding.law, finding.detail))?;
        }
        screen::print_line(&format!(
            "{} transfers of {} journals re-added, {} lanes without gaps, {} payments and {} events compared",
            report.transfers, report.journals, report.lanes, report.payments, report.events
        ))?;
    }
    if report.is_clean() {
        return Ok(());
    }
    Err(Failure::no(format!(
        "the books are not right: {} {}; stop the nodes, keep a copy of the database, and compare it with \
         the last backup",
        report.differences,
        if report.differences == 1 { "difference" } else { "differences" }
    )))
}

async fn export(store: &Store, day: Option<BusinessDay>, output: Option<&PathBuf>) -> Result<(), Failure> {
    let Some(path) = output else {
        let mut out = BufWriter::new(io::stdout());
        return match store.export(day, &mut out).await {
            Ok(_) => out.flush().or_else(|error| quiet(&error)),
            // Whoever read the output has seen enough.
            Err(StoreError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(error.into()),
        };
    };
    let failed = |error: &io::Error| Failure::file(path, "written", error);
    let mut out = BufWriter::new(File::create(path).map_err(|error| failed(&error))?);
    let count = store.export(day, &mut out).await?;
    out.into_inner().map_err(|error| failed(error.error()))?.sync_all().map_err(|error| failed(&error))?;
    screen::print_line(&format!("{count} journals written to {}", path.display()))
}

fn quiet(error: &io::Error) -> Result<(), Failure> {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Ok(());
    }
    Err(Failure::unreachable(format!("the output cannot be written ({error}): check where it goes")))
}
