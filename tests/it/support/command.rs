//! The binary as a shell calls it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    time::Instant,
};

use serde_json::Value;

use super::{DEADLINE, Http};

/// The binary with these arguments, in an environment that says nothing to it.
pub fn rusum(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rusum"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("RUSUM_")) {
        command.env_remove(name);
    }
    command.args(arguments).env_remove("COLUMNS").stdin(Stdio::null());
    command
}

/// How a command ended.
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ended {
    /// Fails unless it ended with this code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        self
    }
}

/// Runs the binary to its end.
pub fn run(arguments: &[&str]) -> Ended {
    rusum(arguments).output().unwrap().into()
}

/// A command that runs until it is told to stop; killed when it is dropped.
pub struct Process(Child);

impl Process {
    /// Starts it.
    pub fn start(command: &mut Command) -> Self {
        Self(command.stdout(Stdio::piped()).spawn().unwrap())
    }

    /// Its lines on the standard output up to one that contains this; after it nobody reads on.
    pub fn said(&mut self, last: &str) -> String {
        let mut said = String::new();
        let mut lines = BufReader::new(self.0.stdout.as_mut().unwrap());
        while !said.contains(last) {
            assert_ne!(lines.read_line(&mut said).unwrap(), 0, "it ended after saying {said}");
        }
        said
    }

    /// Sends SIGTERM and waits for the end.
    pub fn terminate(mut self) -> ExitStatus {
        let asked = Command::new("kill").arg(self.0.id().to_string()).status().unwrap();
        assert!(asked.success());
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "it did not end after SIGTERM");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    /// Ends it as a power cut does.
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A demo in a folder.
pub struct Demo {
    /// What its `demo.json` says.
    pub told: Value,
    pub process: Process,
}

impl Demo {
    /// Starts one on free ports and waits until it has said all.
    pub fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = rusum(&["demo", "--port", "0", "--data-dir"]);
        command.arg(folder).args(arguments);
        let mut process = Process::start(&mut command);
        process.said("goes on where this one ended");
        let told = std::fs::read_to_string(folder.join("demo.json")).unwrap();
        Self { told: serde_json::from_str(&told).unwrap(), process }
    }

    /// A client with the maker's key.
    pub fn http(&self) -> Http {
        Http::new(self.told["base_url"].as_str().unwrap(), self.told["api_key"].as_str())
    }

    /// A client of the simulators.
    pub fn simulators(&self) -> Http {
        Http::new(self.told["simulators_url"].as_str().unwrap(), None)
    }
}
