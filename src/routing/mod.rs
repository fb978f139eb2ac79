//! Routing: which provider takes an attempt, and why.
//!
//! A function of what is known: the providers' profiles, their health, the way to pay and the
//! amount. It keeps a reason for every provider that it looked at; the first eligible one in the
//! order of the configuration is chosen. Fail-over to another provider is only ever decided for an
//! attempt that surely had no effect.

use rusum_kit::provider::Profile;

use crate::{
    money::{Method, Piastres, Tender},
    payments::{Considered, Routing},
};

/// A provider as routing sees it.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// What it can do.
    pub profile: &'a Profile,
    /// Whether calls to it go through at the moment.
    pub healthy: bool,
}

/// What is to be collected.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The way to pay.
    pub method: Method,
    /// With what; any tender of the method when the caller does not care.
    pub tender: Option<Tender>,
    /// How much it would be with each tender that the bill allows.
    pub amounts: &'a [(Tender, Piastres)],
    /// The provider that the caller insists on.
    pub provider: Option<&'a str>,
}

/// Who takes the attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The provider.
    pub provider: &'static str,
    /// With what it is paid there.
    pub tender: Tender,
    /// Why.
    pub routing: Routing,
}

/// Nobody takes the attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoProvider {
    /// Whether somebody would, were they healthy: then it is worth trying again later.
    pub only_unhealthy: bool,
    /// Why not, provider by provider.
    pub considered: Vec<Considered>,
}

/// Chooses the provider of an attempt.
pub fn choose(candidates: &[Candidate<'_>], ask: &Ask<'_>) -> Result<Choice, NoProvider> {
    let mut considered = Vec::with_capacity(candidates.len());
    let mut chosen = None;
    let mut only_unhealthy = false;
    for candidate in candidates {
        let verdict = judge(candidate, ask);
        let reason = match &verdict {
            Ok(_) if chosen.is_some() => "eligible, but another was chosen first".to_owned(),
            Ok(_) => "serves the method and amount, and is answering".to_owned(),
            Err(why) => why.to_string(),
        };
        only_unhealthy |= verdict == Err(Why::Unhealthy);
        considered.push(Considered {
            provider: candidate.profile.id.to_owned(),
            eligible: verdict.is_ok(),
            reason,
        });
        if let (Ok(tender), None) = (verdict, &chosen) {
            chosen = Some((candidate.profile.id, tender));
        }
    }
    match chosen {
        Some((provider, tender)) => {
            Ok(Choice { provider, tender, routing: Routing { chosen: provider.to_owned(), considered } })
        }
        None => Err(NoProvider { only_unhealthy, considered }),
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Why {
    #[error("the caller asked for another provider")]
    NotAskedFor,
    #[error("does not serve this method with a tender that the bill allows")]
    Way,
    #[error("the amount is below its least, {0}")]
    TooSmall(Piastres),
    #[error("the amount is above its most, {0}")]
    TooLarge(Piastres),
    #[error("it has not been answering; calls to it are paused")]
    Unhealthy,
}

fn judge(candidate: &Candidate<'_>, ask: &Ask<'_>) -> Result<Tender, Why> {
    let profile = candidate.profile;
    if ask.provider.is_some_and(|wanted| wanted != profile.id) {
        return Err(Why::NotAskedFor);
    }
    let (tender, amount) = ask
        .amounts
        .iter()
        .filter(|(tender, _)| ask.tender.is_none_or(|wanted| wanted == *tender))
        .find(|(tender, _)| profile.ways.iter().any(|way| way.method == ask.method && way.tender == *tender))
        .ok_or(Why::Way)?;
    if *amount < profile.smallest {
        return Err(Why::TooSmall(profile.smallest));
    }
    if *amount > profile.largest {
        return Err(Why::TooLarge(profile.largest));
    }
    if !candidate.healthy {
        return Err(Why::Unhealthy);
    }
    Ok(*tender)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rusum_kit::provider::{Confirm, Operations, Resume, Way};

    use super::*;

    fn profile(id: &'static str, method: Method, tender: Tender) -> Profile {
        Profile {
            id,
            ways: vec![Way { method, tender }],
            smallest: Piastres::new(100),
            largest: Piastres::new(100_000),
            operations: Operations { cancel: true, refund: true, authorize: false },
            resume: Resume::QueryFirst,
            confirm_notifications: Confirm::Signature,
            call_timeout: Duration::from_secs(10),
            longest_validity: Duration::from_hours(24),
        }
    }

    fn ask(amounts: &[(Tender, Piastres)]) -> Ask<'_> {
        Ask { method: Method::Epayment, tender: None, amounts, provider: None }
    }

    #[test]
    fn the_first_eligible_is_chosen_and_every_other_has_its_reason() {
        let amounts = [(Tender::Cash, Piastres::new(5_000))];
        let (card, one, two) = (
            profile("cards", Method::Card, Tender::Card),
            profile("one", Method::Epayment, Tender::Cash),
            profile("two", Method::Epayment, Tender::Cash),
        );
        let all = [&card, &one, &two].map(|profile| Candidate { profile, healthy: true });
        let choice = choose(&all, &ask(&amounts)).unwrap();
        assert_eq!((choice.provider, choice.tender), ("one", Tender::Cash));
        assert_eq!(choice.routing.considered.len(), 3);
        assert_eq!(
            choice.routing.considered.iter().map(|c| c.eligible).collect::<Vec<_>>(),
            [false, true, true]
        );
        let wanted = choose(&all, &Ask { provider: Some("two"), ..ask(&amounts) }).unwrap();
        assert_eq!(wanted.provider, "two");
    }

    #[test]
    fn limits_and_health_are_told_apart() {
        let one = profile("one", Method::Epayment, Tender::Cash);
        let healthy = [Candidate { profile: &one, healthy: true }];
        let ill = [Candidate { profile: &one, healthy: false }];
        for amount in [99, 100_001] {
            let amounts = [(Tender::Cash, Piastres::new(amount))];
            assert!(!choose(&healthy, &ask(&amounts)).unwrap_err().only_unhealthy);
        }
        let amounts = [(Tender::Cash, Piastres::new(100))];
        assert!(choose(&ill, &ask(&amounts)).unwrap_err().only_unhealthy);
        assert!(!choose(&healthy, &ask(&[])).unwrap_err().only_unhealthy);
    }
}
