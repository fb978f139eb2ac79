//! `rusum simulate`: the provider simulators alone, for a switch that runs elsewhere.

use std::path::PathBuf;

use axum::Router;
use clap::Args;

use super::{
    failure::Failure,
    http, log, screen,
    simulators::{Merchant, Setup, Simulators},
};
use crate::switch::{
    Clock,
    settings::{LogFormat, LogSettings},
};

const EXAMPLES: &str = "\
Behind each provider's name: its endpoints as its documents say, a page where a person pays, and
_control for tests: pay, decline, refund, chargeback, fault, state, report.

Examples:
  rusum simulate
  rusum simulate --port 0 --books ./books --fawry-secure-key made-up
  curl -d '{\"reference\": \"931215518\"}' http://127.0.0.1:8090/fawry/_control/pay
  curl -d '{\"kind\": \"timeout_after\", \"times\": 1}' http://127.0.0.1:8090/fawry/_control/fault
  curl http://127.0.0.1:8090/fawry/_control/state";

/// The provider simulators alone
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Simulate {
    /// The port; 0 picks a free one
    #[arg(long, default_value_t = 8090)]
    port: u16,
    /// The folder of their books; without, they last as long as the process
    #[arg(long, value_name = "DIR")]
    books: Option<PathBuf>,
    /// The switch that is told of what has no address of its own
    #[arg(long, value_name = "URL")]
    switch_url: Option<String>,
    /// Fawry's made-up merchant code
    #[arg(
        long,
        value_name = "CODE",
        env = "FAWRY_MERCHANT_CODE",
        hide_env_values = true,
        default_value = "rusum-simulated"
    )]
    fawry_merchant_code: String,
    /// Fawry's made-up secure key
    #[arg(
        long,
        value_name = "KEY",
        env = "FAWRY_SECURE_KEY",
        hide_env_values = true,
        default_value = "made-up-secure-key"
    )]
    fawry_secure_key: String,
}

impl Simulate {
    /// Simulates until it is told to stop.
    pub async fn run(self) -> Result<(), Failure> {
        log::start(&LogSettings { level: "info".to_owned(), format: LogFormat::Text })?;
        if let Some(books) = &self.books {
            std::fs::create_dir_all(books).map_err(|error| Failure::file(books, "made", &error))?;
        }
        let listener = http::listen(http::loopback(self.port), "--port (0 picks a free one)").await?;
        let port = listener.local_addr().map_or(self.port, |address| address.port());
        let stop = http::signals()?;
        let merchant = Merchant { code: self.fawry_merchant_code, secure_key: self.fawry_secure_key };
        let simulators = Simulators::open(Setup {
            fawry: merchant.clone(),
            books: self.books.as_deref(),
            switch_url: self.switch_url.as_deref().map(|url| url.trim_end_matches('/')),
            clock: Clock::system(),
        })?;
        let url = format!("http://127.0.0.1:{port}");
        let mut table = screen::table(["", ""]);
        for (what, value) in [
            ("simulators", url.clone()),
            ("Fawry, base_url of the switch's settings", format!("{url}/fawry")),
            ("Fawry, merchant_code", merchant.code),
            ("Fawry, secure_key", merchant.secure_key),
            ("Fawry, the counter where codes are paid", format!("{url}/fawry/counter")),
            ("Fawry, its own books", format!("{url}/fawry/_control/state")),
        ] {
            table.add_row([what.to_owned(), value]);
        }
        screen::print(&format!("{table}\nCtrl-C ends it.\n"))?;
        let served = simulators.serve(listener, Router::new(), stop).await;
        served.map_err(|error| Failure::broken(format!("the server ended: {error}")))
    }
}
