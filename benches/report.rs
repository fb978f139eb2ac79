//! The table: what was measured, against what, and whether that is enough.

use std::time::Duration;

/// All rows of a run.
#[derive(Default)]
pub struct Report {
    /// In the order in which they were measured.
    pub rows: Vec<Row>,
}

/// One measure.
#[derive(Clone)]
pub struct Row {
    measure: String,
    figure: String,
    target: String,
    ratio: String,
    met: Option<bool>,
}

impl Row {
    /// A figure that must not be larger than a limit.
    pub fn at_most(measure: &str, figure: u64, limit: u64, unit: &str) -> Self {
        Self {
            measure: measure.to_owned(),
            figure: with_unit(figure, unit),
            target: format!("≤ {}", with_unit(limit, unit)),
            ratio: String::new(),
            met: Some(figure <= limit),
        }
    }

    /// A rate that must be so many hundredths of a rival's.
    pub fn at_least(measure: &str, ours: &Rates, rival: (&str, u64), hundredths: u64) -> Self {
        let (name, rate) = rival;
        let ratio = ours.median() * 100 / rate.max(1);
        Self {
            measure: measure.to_owned(),
            figure: ours.to_string(),
            target: format!("≥ {} × {name} ({}/s)", Hundredths(hundredths), grouped(rate)),
            ratio: format!("{} ×", Hundredths(ratio)),
            met: Some(ratio >= hundredths),
        }
    }

    /// A figure without a target.
    pub fn plain(measure: &str, figure: String) -> Self {
        Self { measure: measure.to_owned(), figure, target: String::new(), ratio: String::new(), met: None }
    }

    /// A check.
    pub fn check(measure: &str, figure: String, met: bool) -> Self {
        Self { met: Some(met), ..Self::plain(measure, figure) }
    }
}

impl Report {
    /// Adds a row, and says so.
    pub fn push(&mut self, row: Row) {
        eprintln!("  {row}");
        self.rows.push(row);
    }

    /// Prints the table, as Markdown.
    pub fn print(&self, machine: &str) {
        println!("{machine}\n");
        println!("| measure | figure | target | ratio | met |\n|---|---|---|---|---|");
        for row in &self.rows {
            println!("{row}");
        }
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { measure, figure, target, ratio, met } = self;
        let met = met.map_or("", |met| if met { "yes" } else { "**no**" });
        write!(f, "| {measure} | {figure} | {target} | {ratio} | {met} |")
    }
}

/// What one round of a load did.
#[derive(Clone, Debug, Default)]
pub struct Round {
    /// How many were done.
    pub done: u64,
    /// In what time.
    pub took: Duration,
    /// How long each took, in microseconds.
    pub latencies: Vec<u32>,
}

/// Rounds of the same load.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    per_second: Vec<u64>,
    latencies: Vec<u32>,
}

impl Round {
    /// How many in a second.
    pub fn per_second(&self) -> u64 {
        let micros = self.took.as_micros().max(1);
        u64::try_from(u128::from(self.done) * 1_000_000 / micros).unwrap_or(u64::MAX)
    }
}

impl Rates {
    /// Adds a round.
    pub fn add(&mut self, round: Round) {
        self.per_second.push(round.per_second());
        self.latencies.extend(round.latencies);
        self.latencies.sort_unstable();
    }

    /// The median of the rounds' rates.
    pub fn median(&self) -> u64 {
        let mut sorted = self.per_second.clone();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied().unwrap_or(0)
    }

    /// The latency that so many of a hundred were not above, in microseconds.
    fn percentile(&self, percent: usize) -> u32 {
        let place = self.latencies.len() * percent / 100;
        self.latencies.get(place.min(self.latencies.len().saturating_sub(1))).copied().unwrap_or(0)
    }
}

impl std::fmt::Display for Rates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let millis = |micros: u32| Hundredths(u64::from(micros) / 10);
        let (p50, p99) = (millis(self.percentile(50)), millis(self.percentile(99)));
        write!(f, "{}/s (p50 {p50} ms, p99 {p99} ms)", grouped(self.median()))
    }
}

/// A number of hundredths, written with two decimals.
pub struct Hundredths(pub u64);

impl std::fmt::Display for Hundredths {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

fn with_unit(figure: u64, unit: &str) -> String {
    if unit.is_empty() { grouped(figure) } else { format!("{} {unit}", grouped(figure)) }
}

/// A number with its thousands apart.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
