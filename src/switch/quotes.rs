//! Quotes: asks the schedules and keeps what they say.

use std::sync::Arc;

use chrono::TimeDelta;

use super::{Switch, SwitchError, clock::fresh};
use crate::{
    calendar,
    change::{Change, Quote},
    fees::{self, QuoteContext, QuoteRequest},
    ids::QuoteId,
};

impl Switch {
    /// Computes and keeps a quote. Refused by a node whose schedules are not those in force.
    pub async fn quote(&self, request: &QuoteRequest) -> Result<Quote, SwitchError> {
        self.schedules_in_force().map_err(SwitchError::SchedulesDiffer)?;
        let now = self.clock.now();
        let waivers: Vec<Arc<str>> = self.settings.waivers.iter().map(|name| name.as_str().into()).collect();
        let context = QuoteContext { today: calendar::cairo_date(now), waivers: &waivers, assessments: &[] };
        let quoted = fees::quote(&self.catalogue, request, &context)?;
        let quote = Quote {
            id: QuoteId::new(fresh()),
            bill: Arc::new(quoted.bill),
            created_at: now,
            expires_at: now + TimeDelta::seconds(i64::from(quoted.valid_secs)),
        };
        self.store.commit(Change { quote: Some(quote.clone()), ..Change::default() }).await?;
        self.memory.keep_quote(&quote);
        Ok(quote)
    }

    /// A quote that was made before.
    pub async fn find_quote(&self, id: QuoteId) -> Result<Quote, SwitchError> {
        if let Some(quote) = self.memory.quote(id) {
            return Ok(quote);
        }
        self.store.quote(id).await?.ok_or(SwitchError::NotFound("quote"))
    }
}
