//! The story of `demo --once`: what citizens, a provider and a ministry do in a day, played over real
//! HTTP against the demo itself, every figure compared with what it must be.
//!
//! It sees the switch from outside only, but for the proof of the books. Figures of accounts are
//! compared as differences, so that it can be played again on the same database.

mod books;
mod outside;
mod paying;
mod trouble;

use std::fmt::Display;

use self::outside::{Outside, Stop};
use super::{folder::Secrets, running::Running};
use crate::{
    cli::{failure::Failure, screen},
    money::Piastres,
};

/// What is told of one step.
struct Step {
    what: &'static str,
    figures: Vec<String>,
    right: bool,
}

/// The story so far.
struct Story<'a> {
    outside: Outside,
    running: &'a Running,
    secrets: &'a Secrets,
    steps: Vec<Step>,
    before: Before,
}

/// How the books stood before the story began.
struct Before {
    receivable: Piastres,
    collected: Piastres,
}

/// Plays the story and prints it; fails unless every figure is right.
pub async fn play(running: &Running, secrets: &Secrets) -> Result<(), Failure> {
    let begun = std::time::Instant::now();
    let mut story = match Story::begin(running, secrets).await {
        Ok(story) => story,
        Err(Stop(why)) => return Err(Failure::no(format!("the story could not begin: {why}"))),
    };
    if let Err(Stop(why)) = story.tell().await {
        story.note(why, false);
    }
    let mut table = screen::table(["", "what happens", "figures", ""]);
    for (number, step) in (1..).zip(&story.steps) {
        table.add_row([
            screen::number(number),
            screen::text(step.what),
            screen::text(&step.figures.join("\n")),
            screen::text(if step.right { "✓" } else { "✗" }),
        ]);
    }
    let wrong = story.steps.iter().filter(|step| !step.right).count();
    let engine = running.switch.settings().database_url.split(':').next().unwrap_or_default();
    screen::print_line(&format!(
        "{table}\n{} steps on {engine} in {:.1?}, {wrong} off",
        story.steps.len(),
        begun.elapsed()
    ))?;
    if wrong == 0 {
        return Ok(());
    }
    Err(Failure::no(format!("{wrong} of {} steps are off: see the table", story.steps.len())))
}

impl<'a> Story<'a> {
    async fn begin(running: &'a Running, secrets: &'a Secrets) -> Result<Self, Stop> {
        let outside = Outside::new(&running.base_url, &running.simulators_url, &secrets.api_key)?;
        let before = Before {
            receivable: outside.balance("provider:fawry:receivable").await?,
            collected: outside.collected().await?,
        };
        Ok(Self { outside, running, secrets, steps: Vec::new(), before })
    }

    async fn tell(&mut self) -> Result<(), Stop> {
        self.pay_a_birth_certificate().await?;
        self.pay_nothing_for_a_free_service().await?;
        self.pay_in_cash_with_a_surcharge().await?;
        self.collect_a_wrong_amount().await?;
        self.collect_for_an_unknown_reference().await?;
        self.cancel_too_late().await?;
        self.pay_twice().await?;
        self.close_the_day().await
    }

    /// Begins a step.
    fn step(&mut self, what: &'static str) {
        self.steps.push(Step { what, figures: Vec::new(), right: true });
    }

    /// Adds what was found to the step.
    fn note(&mut self, figure: String, right: bool) {
        if let Some(step) = self.steps.last_mut() {
            step.figures.push(figure);
            step.right &= right;
        }
    }

    /// Compares a figure with what it must be.
    #[expect(clippy::needless_pass_by_value, reason = "figures are computed in place")]
    fn is<T: PartialEq + Display>(&mut self, what: &str, found: T, expected: T) {
        if found == expected {
            self.note(format!("{what} {found}"), true);
        } else {
            self.note(format!("{what} {found}, but must be {expected}"), false);
        }
    }

    /// Notes whether something holds.
    fn holds(&mut self, what: &str, right: bool) {
        let figure = if right { what.to_owned() } else { format!("not so: {what}") };
        self.note(figure, right);
    }
}
