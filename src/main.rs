//! The command line, nothing else.

use std::process::ExitCode;

use rusum::cli;

fn main() -> ExitCode {
    // Every TLS connection of the process uses this provider; a client built before would panic.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        eprintln!("rusum: another TLS provider was installed before: this build is broken");
        return ExitCode::from(4);
    }
    match cli::run(cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.text.is_empty() {
                eprintln!("rusum: {failure}");
            }
            ExitCode::from(failure.kind.code())
        }
    }
}
