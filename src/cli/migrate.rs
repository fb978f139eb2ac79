//! `rusum migrate`: brings a database to this binary's schema and exits.

use clap::Args;

use super::{database::Database, failure::Failure, screen};
use crate::store::Store;

const EXAMPLES: &str = "\
A running node of the version before keeps working on the new schema: migrate first, then replace
the nodes one by one.

Examples:
  rusum migrate --database-url sqlite:rusum.db
  RUSUM_DATABASE_URL=postgres://rusum@db.example/rusum rusum migrate";

/// Applies the migrations of this binary to a database, and exits
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Migrate {
    #[command(flatten)]
    database: Database,
}

impl Migrate {
    /// Migrates.
    pub async fn run(self) -> Result<(), Failure> {
        let applied = Store::migrate(self.database.required()?).await?;
        screen::print_line(&match applied {
            0 => "the database has this binary's schema already".to_owned(),
            1 => "1 migration applied".to_owned(),
            count => format!("{count} migrations applied"),
        })
    }
}
