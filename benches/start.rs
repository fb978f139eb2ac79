//! From an empty folder to the first answer: the whole demonstration, as somebody who tries it sees
//! it. Migrations, schedules, keys and simulators are part of it.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    Failed,
    load::{Connection, text},
    options::Options,
    process::Running,
    report::{Report, Row, grouped},
};

const RUSUM: &str = env!("CARGO_BIN_EXE_rusum");
/// The longest that a start may take, in milliseconds.
const LIMIT_MS: u64 = 1_000;
const QUOTE: &str =
    r#"{"channel":"portal","governorate":"03","items":[{"service":"civil-status.birth-certificate"}]}"#;

/// Measures it.
pub fn measure(options: &Options, report: &mut Report) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut millis = Vec::new();
    for _ in 0..options.rounds {
        millis.push(runtime.block_on(start())?);
    }
    millis.sort_unstable();
    let median = millis[millis.len() / 2];
    report.push(Row::at_most("empty folder to the first quote", median, LIMIT_MS, "ms"));
    let size = std::fs::metadata(RUSUM)?.len();
    report.push(Row::plain("size of the binary", format!("{} kB", grouped(size / 1_000))));
    Ok(())
}

async fn start() -> Result<u64, Failed> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let began = Instant::now();
    let _process = Running::start(
        Command::new(RUSUM)
            .args(["demo", "--port", "0", "--data-dir"])
            .arg(&data)
            .stdout(Stdio::null())
            .stderr(Stdio::null()),
    )?;
    let described = loop {
        if let Ok(described) = std::fs::read_to_string(data.join("demo.json"))
            && described.ends_with("}\n")
        {
            break described;
        }
        if began.elapsed() > Duration::from_mins(1) {
            return Err("the demonstration did not say where it listens".into());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    };
    let base_url = text(&described.replace("\": \"", "\":\""), "base_url")?.to_owned();
    let address = base_url.strip_prefix("http://").ok_or("the demonstration's address is not http")?;
    let mut connection = Connection::open(address).await?;
    connection.post("/v1/quotes", "", QUOTE).await?.expect(201)?;
    Ok(u64::try_from(began.elapsed().as_millis())?)
}
