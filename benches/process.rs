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

/// The time that this thread has spent on a core, in nanoseconds: what others do meanwhile on the
/// same machine does not count.
pub fn thread_nanos() -> Result<u64, Failed> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(text.split_whitespace().next().ok_or("no time in /proc/thread-self/schedstat")?.parse()?)
}

/// The time that this process and the children that it waited for have spent on cores, in ticks.
fn ticks(process: &str) -> Result<u64, Failed> {
    let text = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, after_name) = text.rsplit_once(')').ok_or("no name in /proc/.../stat")?;
    // utime, stime, cutime and cstime are the 14th to 17th fields, the state after the name the 3rd.
    after_name.split_whitespace().skip(11).take(4).map(|field| Ok(field.parse::<u64>()?)).sum()
}

/// The time that a process and all below it have spent on cores, in microseconds.
pub fn family_micros(process: &str) -> Result<u64, Failed> {
    let mut ticks = ticks(process)?;
    let tasks = fs::read_dir(format!("/proc/{process}/task"))?;
    for task in tasks {
        let children = fs::read_to_string(task?.path().join("children"))?;
        for child in children.split_whitespace() {
            // One that ended meanwhile has been counted by its parent, or is next time.
            ticks += self::ticks(child).unwrap_or(0);
        }
    }
    // A tick is a hundredth of a second on every Linux that is in use.
    Ok(ticks * 10_000)
}

/// The time that this process alone has spent on cores, in microseconds.
pub fn own_micros() -> Result<u64, Failed> {
    let text = fs::read_to_string("/proc/self/stat")?;
    let (_, after_name) = text.rsplit_once(')').ok_or("no name in /proc/self/stat")?;
    let ticks =
        after_name.split_whitespace().skip(11).take(2).map(|field| Ok::<_, Failed>(field.parse::<u64>()?));
    Ok(ticks.sum::<Result<u64, Failed>>()? * 10_000)
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
