//! `rusum schedules`: checks fee schedules, puts them in force, tells what changed and what all costs.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};

use super::{database::Database, failure::Failure, screen};
use crate::{
    calendar,
    fees::{self, Catalogue, Change, Checked, Figures, Finding, PriceListRow, Published, SourceFile},
    store::Store,
    switch::{Clock, schedules},
};

const EXAMPLES: &str = "\
DIR is a folder of *.toml files, one per authority and version; the schedules built into the binary
unless given.

Examples:
  rusum schedules check fee-schedules
  rusum schedules publish fee-schedules --by \"Decision 12 of 2026\"
  rusum schedules diff fee-schedules/passports-2024.1.toml fee-schedules/passports-2025.1.toml
  rusum schedules diff 2026-06-30 2026-07-01
  rusum schedules price-list --on 2026-11-21 --format csv";

/// Fee schedules: check, publish, compare, list
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Schedules {
    #[command(subcommand)]
    command: SchedulesCommand,
}

#[derive(Subcommand)]
enum SchedulesCommand {
    /// Finds every fault, with file, line and remedy; with a database also versions that were changed
    /// after they were published
    Check(Check),
    /// Puts checked versions in force in the database
    Publish(Publish),
    /// What changed for whom: between two files, two folders, or two dates
    Diff(Diff),
    /// Every figure in force on a date
    PriceList(PriceList),
}

#[derive(Args)]
struct Check {
    /// The folder
    dir: Option<PathBuf>,
    /// Refuse figures without a published source, as production does
    #[arg(long)]
    production: bool,
    #[command(flatten)]
    database: Database,
}

#[derive(Args)]
struct Publish {
    /// The folder
    dir: Option<PathBuf>,
    /// Who approved it; kept with every version
    #[arg(long, value_name = "WHO", env = "USER", hide_env_values = true, default_value = "unnamed")]
    by: String,
    /// Refuse figures without a published source, as production does
    #[arg(long)]
    production: bool,
    #[command(flatten)]
    database: Database,
}

#[derive(Args)]
struct Diff {
    /// A file, a folder, or a date of the schedules built in
    old: String,
    /// The same kind
    new: String,
    /// The date on which two folders are compared; today in Cairo unless given
    #[arg(long, value_name = "DATE")]
    on: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct PriceList {
    /// The folder
    dir: Option<PathBuf>,
    /// The date, YYYY-MM-DD; today in Cairo unless given
    #[arg(long, value_name = "DATE")]
    on: Option<String>,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For spreadsheets
    Csv,
    /// For programs
    Json,
}

impl Schedules {
    /// Carries it out.
    pub fn run(self) -> Result<(), Failure> {
        match self.command {
            SchedulesCommand::Check(check) => super::concurrently(check.run()),
            SchedulesCommand::Publish(publish) => super::concurrently(publish.run()),
            SchedulesCommand::Diff(diff) => diff.run(),
            SchedulesCommand::PriceList(list) => list.run(),
        }
    }
}

impl Check {
    async fn run(self) -> Result<(), Failure> {
        let published = match self.database.url() {
            Some(_) => {
                let store = self.database.open().await?;
                let published = published(&store).await?;
                store.drain().await;
                published
            }
            None => Vec::new(),
        };
        let files = schedules::files(self.dir.as_deref()).map_err(Failure::unreachable)?;
        let checked = checked(&files, &published, self.production)?;
        let today = calendar::cairo_date(Clock::system().now());
        let services = fees::services(&checked.catalogue, &fees::ServiceFilter::default(), today).len();
        screen::print_line(&format!(
            "{} files, {} versions, {services} services in force today: no fault{}",
            files.len(),
            checked.catalogue.schedules().len(),
            match checked.warnings.len() {
                0 => String::new(),
                1 => ", 1 warning".to_owned(),
                count => format!(", {count} warnings"),
            }
        ))
    }
}

impl Publish {
    async fn run(self) -> Result<(), Failure> {
        let files = schedules::files(self.dir.as_deref()).map_err(Failure::unreachable)?;
        let store = self.database.open().await?;
        let before = published(&store).await?;
        let checked = checked(&files, &before, self.production)?;
        let now = Clock::system().now();
        let new = schedules::publish(&store, &checked.catalogue, &self.by, now).await?;
        store.drain().await;
        if new.is_empty() {
            return screen::print_line("every version was in force already: nothing changed");
        }
        let mut table = screen::table(["authority", "version", "in force from", "digest"]);
        for one in &new {
            table.add_row([
                one.authority.clone(),
                one.version.clone(),
                one.effective_from.to_string(),
                one.digest.clone(),
            ]);
        }
        screen::print_line(&format!("{table}\npublished by {}", self.by))
    }
}

impl Diff {
    fn run(self) -> Result<(), Failure> {
        let (old, new) = (Side::read(&self.old)?, Side::read(&self.new)?);
        let changes = match (&old, &new) {
            (Side::File(old), Side::File(new)) => fees::diff_files(old, new).map_err(|f| faults(&f))?,
            (Side::Folder(old), Side::Folder(new)) => {
                let on = date("--on", self.on.as_deref())?;
                fees::diff((old, on), (new, on))
            }
            (Side::Date(old), Side::Date(new)) => {
                let catalogue = catalogue(None)?;
                fees::diff((&catalogue, *old), (&catalogue, *new))
            }
            _ => {
                return Err(Failure::refused(format!(
                    "{:?} and {:?} cannot be compared: name two files, two folders or two dates",
                    self.old, self.new
                )));
            }
        };
        if self.json {
            return screen::print_json(&changes);
        }
        show(&changes)
    }
}

/// One side of a comparison.
enum Side {
    File(SourceFile),
    Folder(Box<Catalogue>),
    Date(NaiveDate),
}

impl Side {
    fn read(text: &str) -> Result<Self, Failure> {
        let path = Path::new(text);
        if path.is_dir() {
            return Ok(Self::Folder(Box::new(catalogue(Some(path))?)));
        }
        if let (false, Ok(date)) = (path.exists(), text.parse()) {
            return Ok(Self::Date(date));
        }
        let content = std::fs::read_to_string(path).map_err(|error| Failure::file(path, "read", &error))?;
        Ok(Self::File(SourceFile { name: text.to_owned(), text: content }))
    }
}

fn show(changes: &[Change]) -> Result<(), Failure> {
    if changes.is_empty() {
        return screen::print_line("nothing changed for anybody");
    }
    let mut lines: Vec<String> = Vec::new();
    let mut service = None;
    for change in changes {
        let name = change.service.as_ref().unwrap_or(&change.authority);
        if service != Some(name) {
            lines.push(name.clone());
            service = Some(name);
        }
        lines.push(format!("  {}", change.text.en));
        lines.push(format!("  {}", change.text.ar));
    }
    screen::print_line(&lines.join("\n"))
}

impl PriceList {
    fn run(self) -> Result<(), Failure> {
        let on = date("--on", self.on.as_deref())?;
        let rows = fees::price_list(&catalogue(self.dir.as_deref())?, on);
        match self.format {
            Format::Csv => screen::print(&fees::price_list_csv(&rows)),
            Format::Json => screen::print_json(&rows),
            Format::Table => screen::print(&listed(&rows, on)),
        }
    }
}

fn listed(rows: &[PriceListRow], on: NaiveDate) -> String {
    let mut table = screen::table(["service", "line", "for", "", "when", "price", "legal basis"]);
    for row in rows {
        let mark = if row.illustrative { " *" } else { "" };
        table.add_row([
            screen::text(row.service.as_ref().unwrap_or(&row.authority)),
            screen::text(&format!("{}{mark}", row.code)),
            screen::text(&row.title.en),
            screen::text(&row.title.ar),
            screen::text(&row.condition.en),
            screen::text(&row.price.en),
            screen::text(&row.legal_basis),
        ]);
    }
    format!("Prices of {on}, EGP\n{table}\n* illustrative: no published source; refused in production\n")
}

async fn published(store: &Store) -> Result<Vec<Published>, Failure> {
    let published = store.published().await?;
    Ok(published
        .into_iter()
        .map(|one| Published { authority: one.authority, version: one.version, digest: one.digest })
        .collect())
}

/// The checked files; what someone should look at nevertheless goes to the standard error.
fn checked(files: &[SourceFile], published: &[Published], production: bool) -> Result<Checked, Failure> {
    let figures = if production { Figures::Sourced } else { Figures::Any };
    let checked = fees::check(files, published, figures).map_err(|findings| faults(&findings))?;
    for warning in &checked.warnings {
        eprintln!("{warning}");
    }
    Ok(checked)
}

fn faults(findings: &[Finding]) -> Failure {
    let count = findings.iter().filter(|finding| finding.severity == fees::Severity::Error).count();
    let noun = if count == 1 { "fault" } else { "faults" };
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    Failure::no(format!("{count} {noun} in the schedules:\n{}", lines.join("\n")))
}

fn catalogue(folder: Option<&Path>) -> Result<Catalogue, Failure> {
    let files = schedules::files(folder).map_err(Failure::unreachable)?;
    fees::check(&files, &[], Figures::Any).map(|checked| checked.catalogue).map_err(|f| faults(&f))
}

fn date(option: &str, text: Option<&str>) -> Result<NaiveDate, Failure> {
    match text {
        None => Ok(calendar::cairo_date(Clock::system().now())),
        Some(text) => NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .map_err(|_| Failure::refused(format!("{option} {text:?} is no date: write it as 2026-11-21"))),
    }
}
