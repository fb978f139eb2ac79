//! The evening: the books are added up, proved, held against the provider's own, and the day ends.

use serde_json::Value;

use super::{
    Story,
    outside::{Stop, text},
    trouble::all,
};

impl Story<'_> {
    /// Adds up and ends the business day.
    pub(super) async fn close_the_day(&mut self) -> Result<(), Stop> {
        self.step("The books balance");
        let balance = self.outside.get("/v1/ledger/trial-balance").await?.expect(200)?.json()?;
        let debits = text(&balance, "total_debits")?;
        self.is("Σ debits = Σ credits EGP", debits, text(&balance, "total_credits")?);

        self.step("Every transfer is added again, every lane and stored total checked");
        self.prove().await?;

        self.step("What the provider owes is what its own books say that it collected");
        let owed = self.outside.balance("provider:fawry:receivable").await? - self.before.receivable;
        let collected = self.outside.collected().await? - self.before.collected;
        self.is("EGP", owed, collected);

        self.step("The business day ends, and another begins");
        let days = all(&self.outside, "/v1/settlement/days?limit=200").await?;
        let open = |day: &&Value| day["status"] == "open";
        let day = days.iter().find(open).ok_or_else(|| Stop("no business day is open".to_owned()))?;
        let date = text(day, "date")?;
        let end = format!("/v1/settlement/days/{date}/end");
        let ended = self.outside.order(&end).await?.expect(200)?.json()?;
        self.is(date, text(&ended, "status")?, "ended");
        let days = all(&self.outside, "/v1/settlement/days?limit=200").await?;
        let next = days.iter().find(open).ok_or_else(|| Stop("no business day is open".to_owned()))?;
        self.holds(&format!("{} is open", text(next, "date")?), next["date"] != day["date"]);
        self.prove().await
    }

    async fn prove(&mut self) -> Result<(), Stop> {
        let verified = self.running.switch.store().verify(&mut |_| {}).await;
        let report = verified.map_err(|error| Stop(format!("the books could not be verified: {error}")))?;
        for finding in &report.findings {
            self.note(format!("{}: {}", finding.law, finding.detail), false);
        }
        self.is("differences", report.differences, 0);
        Ok(())
    }
}
