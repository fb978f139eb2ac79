//! Processes: what this machine is, how much memory a process holds, and children that end with us.

use std::{
    fs,
    process::{Child, Command, Stdio},
};

use crate::Failed;

/// A child that is ended when it is dropped.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Starts a command.
    pub fn start(command: &mut Command) -> Result<Self, Failed> {
        Ok(Self(command.stdin(Stdio::null()).spawn()?))
    }

    /// The most memory that it has held so far, in kilobytes.
    pub fn peak_resident(&self) -> Result<u64, Failed> {
        status(&self.0.id().to_string(), "VmHWM:")
    }
}

/// What this process holds in memory now, in kilobytes.
pub fn resident() -> Result<u64, Failed> {
    status("self", "VmRSS:")
}

fn status(process: &str, field: &str) -> Result<u64, Failed> {
    let text = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    let value = line.and_then(|line| line.split_whitespace().next()).ok_or("no such field in /proc")?;
    Ok(value.parse()?)
}

/// The machine's cores, memory and processor.
pub fn machine() -> Result<String, Failed> {
    let cores = std::thread::available_parallelism()?;
    let memory = fs::read_to_string("/proc/meminfo")?;
    let kilobytes: u64 = memory.split_whitespace().nth(1).ok_or("no total in /proc/meminfo")?.parse()?;
    let processors = fs::read_to_string("/proc/cpuinfo")?;
    let processor = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("unnamed processor", |(_, name)| name.trim());
    Ok(format!("{cores} cores ({processor}), {} GB memory", kilobytes / 1_000_000))
}

/// What a command prints, when it succeeds.
pub fn output(command: &mut Command) -> Result<String, Failed> {
    let output = command.stdin(Stdio::null()).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(format!("{} failed: {said}", command.get_program().display()).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
