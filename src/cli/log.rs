//! Logging: what the process tells of itself, on the standard error.
//!
//! One level for our own crates; what they are built on tells warnings and errors only. Secrets and
//! personal data are masked where the lines are made, not here.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Layer, filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use super::failure::Failure;
use crate::switch::settings::{LogFormat, LogSettings};

/// Our own crates, as their log lines name them.
const OURS: [&str; 3] = ["rusum", "rusum_kit", "rusum_fawry"];

/// What is told, by level.
fn filter(level: &str) -> Result<Targets, Failure> {
    let level = match level.to_ascii_lowercase().as_str() {
        "off" => LevelFilter::OFF,
        "error" => LevelFilter::ERROR,
        "warn" => LevelFilter::WARN,
        "info" => LevelFilter::INFO,
        "debug" => LevelFilter::DEBUG,
        "trace" => LevelFilter::TRACE,
        _ => {
            return Err(Failure::refused(format!(
                "log.level {level:?} is unknown: write off, error, warn, info, debug or trace"
            )));
        }
    };
    let ours = OURS.map(|target| (target, level));
    Ok(Targets::new().with_default(level.min(LevelFilter::WARN)).with_targets(ours))
}

/// Begins to log. A second call in one process changes nothing.
pub fn start(settings: &LogSettings) -> Result<(), Failure> {
    let filter = filter(&settings.level)?;
    let lines = fmt::layer().with_writer(std::io::stderr);
    let layer = match settings.format {
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
        LogFormat::Text => {
            lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).with_target(false).boxed()
        }
    };
    // Only a test's own subscriber can stand there already, and then it shall stay.
    let _ = tracing_subscriber::registry().with(layer.with_filter(filter)).try_init();
    Ok(())
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn libraries_are_quieter_than_we_are() {
        let debug = filter("debug").unwrap();
        assert!(debug.would_enable("rusum::switch", &Level::DEBUG));
        assert!(!debug.would_enable("sqlx::query", &Level::INFO));
        assert!(debug.would_enable("sqlx::query", &Level::WARN));
        assert!(!filter("off").unwrap().would_enable("sqlx::query", &Level::ERROR));
        assert!(filter("loud").unwrap_err().text.contains("\"loud\""));
    }
}
