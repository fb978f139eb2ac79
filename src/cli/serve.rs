//! `rusum serve`: the switch.
//!
//! Promises: bad settings stop the start with their name and what to write; on SIGTERM or Ctrl-C no
//! connection is accepted any more, running requests are finished, jobs give back what they hold, the
//! queue is flushed, and the exit code is 0.

use std::path::{Path, PathBuf};

use clap::Args;
use tracing::info;

use super::{failure::Failure, http, log};
use crate::switch::{Clock, Settings, Switch};

/// The file that is read when none is named.
const DEFAULT_FILE: &str = "rusum.toml";

const EXAMPLES: &str = "\
Settings come from the file, then from the environment: RUSUM_DATABASE_URL sets database_url, and a
double underscore goes into a table, as in RUSUM_PROVIDERS__FAWRY__SECURE_KEY. Without --config
rusum.toml is read if it is there; the environment alone is enough otherwise.

SIGTERM and Ctrl-C drain: nothing new is accepted, what runs is finished. /healthz says that the
process lives, /readyz that it can do its work.

Examples:
  rusum serve --config /etc/rusum/rusum.toml
  RUSUM_LOG__FORMAT=text rusum serve";

/// The switch
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Serve {
    /// The settings file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Serve {
    /// Serves until it is told to stop.
    pub async fn run(self) -> Result<(), Failure> {
        let settings = settings(self.config.as_deref(), std::env::vars())?;
        log::start(&settings.log)?;
        let listener = http::listen(settings.listen, "listen, or RUSUM_LISTEN").await?;
        let address = listener.local_addr().map_err(|error| {
            Failure::broken(format!("the address that is listened on is not known: {error}"))
        })?;
        let stop = http::signals()?;
        let switch = Switch::start(settings, Clock::system()).await?;
        if let Err(why) = switch.schedules_in_force() {
            tracing::warn!(why, "this node refuses to quote");
        }
        let jobs = switch.run();
        info!(%address, base_url = switch.settings().base_url, node = switch.settings().node, "serving");
        let served = http::serve_on(listener, &switch, stop).await;
        jobs.stop().await;
        info!("drained");
        served.map_err(|error| Failure::broken(format!("the server ended: {error}")))
    }
}

/// The settings of a file and the environment.
fn settings(
    file: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Settings, Failure> {
    let path = file.unwrap_or(Path::new(DEFAULT_FILE));
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Failure::file(path, "read", &error)),
    };
    let from = if text.is_empty() {
        format!("the environment (there is no {})", path.display())
    } else {
        path.display().to_string()
    };
    Settings::parse(&text, environment).map_err(|error| {
        let told = error.to_string();
        Failure::refused(format!("{from}: {}; rusum.toml.example shows every setting", told.trim_end()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::failure::Kind;

    #[test]
    fn a_missing_file_and_a_wrong_setting_are_told_apart() {
        let missing = settings(Some(Path::new("nowhere/rusum.toml")), std::iter::empty()).unwrap_err();
        assert_eq!(missing.kind, Kind::Unreachable);
        assert!(missing.text.contains("nowhere/rusum.toml"), "{missing}");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rusum.toml");
        std::fs::write(&file, "mode = \"demo\"\nport = 80\n").unwrap();
        let wrong = settings(Some(&file), std::iter::empty()).unwrap_err();
        assert_eq!(wrong.kind, Kind::Refused);
        assert!(wrong.text.contains("port"), "{wrong}");
    }
}
