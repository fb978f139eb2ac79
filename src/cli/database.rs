//! The database that a command reads: the same two ways to name it for every command.

use clap::Args;

use super::failure::Failure;
use crate::store::{Migrations, Options, Store};

/// Where the books are.
#[derive(Args)]
pub struct Database {
    /// The database: sqlite:PATH or postgres://USER@HOST:PORT/NAME
    #[arg(long, value_name = "URL", env = "RUSUM_DATABASE_URL", hide_env_values = true, global = true)]
    database_url: Option<String>,
}

impl Database {
    /// The address, if one was given.
    pub fn url(&self) -> Option<&str> {
        self.database_url.as_deref()
    }

    /// The address; refused with what to write when none was given.
    pub fn required(&self) -> Result<&str, Failure> {
        self.url().ok_or_else(|| {
            Failure::refused(
                "no database was named: write --database-url sqlite:PATH (or postgres://...), or set \
                 RUSUM_DATABASE_URL; a demo's is under \"database\" in its demo.json",
            )
        })
    }

    /// The store, which must be there and have this binary's schema. Works beside a running server.
    pub async fn open(&self) -> Result<Store, Failure> {
        let options = Options { migrations: Migrations::Refuse, lanes: 1, ..Options::new("command") };
        Ok(Store::open(self.required()?, options).await?)
    }
}
