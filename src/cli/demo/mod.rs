//! `rusum demo`: a whole switch with simulated providers on an empty folder, with nothing else
//! installed; `--once` plays the story of a payment against it and prints what came of it.
//!
//! Promises: it answers within a second; a restart, also after it was killed, goes on with the same
//! keys, database and simulators' books; what is secret is readable by its owner only. Everything in
//! it is made up: no money moves anywhere.

mod folder;
mod portal;
mod running;
mod samples;
mod story;

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use serde_json::json;
use tokio::sync::watch;

use self::{
    folder::{Folder, Temporary},
    running::{Listeners, Running},
};
use super::{failure::Failure, http, log, screen};
use crate::switch::Clock;

const DEFAULT_PORT: u16 = 8080;
const DEFAULT_FOLDER: &str = "rusum-demo";

const EXAMPLES: &str = "\
The simulators and the demo's portal listen ten ports above (8090 beside 8080), or on a free port
with --port 0; DIR/demo.json tells all addresses and made-up credentials. What is in DIR is found
again at the next start: the same keys, payments and books.

The environment may change settings in tables: RUSUM_LOG__LEVEL=info, RUSUM_LIMITS__CALLS_PER_MINUTE=0.

Examples:
  rusum demo
  rusum demo --port 0 --data-dir /tmp/demo
  rusum demo --once
  rusum demo --once --database-url postgres://postgres@127.0.0.1:5432/rusum";

/// A whole switch with simulated providers and sample payments, on an empty folder
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Demo {
    /// The switch's port [default: 8080; with --once a free one]; 0 picks free ones
    #[arg(long)]
    port: Option<u16>,
    /// The folder of everything that is kept [default: rusum-demo; with --once a temporary one]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The database [default: SQLite in DIR]
    #[arg(long, value_name = "URL", env = "RUSUM_DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Play the story once over real HTTP, print it as a table, and exit: 0 if every figure is right
    #[arg(long)]
    once: bool,
}

/// What `demo.json` says, word for word the contract's.
#[derive(Serialize)]
struct Told<'a> {
    base_url: &'a str,
    simulators_url: &'a str,
    api_key: &'a str,
    approver_key: &'a str,
    console: Console,
    database: &'a str,
    providers: serde_json::Value,
    portal_webhooks: String,
}

/// The console's users; none until there is a console.
#[derive(Serialize)]
struct Console {
    users: Vec<serde_json::Value>,
}

impl Demo {
    /// Runs the demo until it is told to stop, or plays the story once.
    pub async fn run(self) -> Result<(), Failure> {
        let temporary = (self.once && self.data_dir.is_none()).then(Temporary::new).transpose()?;
        let path = match (&self.data_dir, &temporary) {
            (Some(path), _) => path.clone(),
            (None, Some(temporary)) => temporary.0.clone(),
            (None, None) => PathBuf::from(DEFAULT_FOLDER),
        };
        let folder = Folder::open(&path)?;
        let port = self.port.unwrap_or(if self.once { 0 } else { DEFAULT_PORT });
        let listeners = Listeners::open(port, folder.ports).await?;
        folder.remember(listeners.ports)?;
        let database_url = self.database_url.clone().unwrap_or_else(|| folder.sqlite_url());
        let level = if self.once { "off" } else { "warn" };
        let settings = running::settings(&folder, &database_url, listeners.ports, level)?;
        log::start(&settings.log)?;
        let stop = http::signals()?;
        let running = Running::start(&folder, settings, listeners, Clock::system()).await?;
        let told = told(&folder, &running, &database_url);
        let json = folder.write_demo_json(&told)?;
        if self.once {
            let played = tokio::select! {
                played = story::play(&running, &folder.secrets) => played,
                () = wait(stop) => Err(Failure::no("the story was stopped before its end")),
            };
            running.stop().await?;
            return played;
        }
        let sample = samples::make(&running).await?;
        let checkout = running.switch.links().checkout(sample);
        screen::print(&welcome(&told, &checkout, &json))?;
        wait(stop).await;
        screen::print_line("Draining: what runs is finished, the rest is kept for the next start.")?;
        running.stop().await
    }
}

fn told<'a>(folder: &'a Folder, running: &'a Running, database: &'a str) -> Told<'a> {
    let secrets = &folder.secrets;
    Told {
        base_url: &running.base_url,
        simulators_url: &running.simulators_url,
        api_key: &secrets.api_key,
        approver_key: &secrets.approver_key,
        console: Console { users: Vec::new() },
        database,
        providers: json!({"fawry": {
            "merchant_code": secrets.fawry_merchant_code,
            "secure_key": secrets.fawry_secure_key,
        }}),
        portal_webhooks: format!("{}/portal/webhooks", running.simulators_url),
    }
}

async fn wait(mut stop: watch::Receiver<bool>) {
    // A sender that is gone says the same as one that says stop.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// What is printed when everything runs.
fn welcome(told: &Told<'_>, checkout: &str, json: &std::path::Path) -> String {
    let Told { base_url, simulators_url, api_key, approver_key, database, .. } = told;
    let mut table = screen::table(["Rusum demo", "everything in it is made up: no money moves"]);
    for (what, value) in [
        ("a payment to try", checkout.to_owned()),
        ("the counter where its code is paid", format!("{simulators_url}/fawry/counter")),
        ("pages", (*base_url).to_owned()),
        ("API, reference", format!("{base_url}/docs")),
        ("the portal's webhooks", told.portal_webhooks.clone()),
        ("the provider's own books", format!("{simulators_url}/fawry/_control/state")),
        ("API key (maker)", (*api_key).to_owned()),
        ("API key (checker)", (*approver_key).to_owned()),
        ("database", (*database).to_owned()),
        ("all of this", json.display().to_string()),
    ] {
        table.add_row([what.to_owned(), value]);
    }
    format!(
        "{table}
What to try next:
  1. Open the payment, choose to pay at an e-payment company, and note the code.
  2. Pay the code at the counter, in another window: the payment's page shows the receipt.
  3. Ask for a price and see the books:
       curl {base_url}/v1/price-list
       curl -H 'Authorization: Bearer {api_key}' {base_url}/v1/ledger/trial-balance
       rusum ledger verify --database-url '{database}'
  4. Let the provider misbehave:
       curl -d '{{\"kind\": \"duplicate\", \"times\": 3}}' {simulators_url}/fawry/_control/fault

Ctrl-C ends it; the next start goes on where this one ended.
"
    )
}
