//! Attempts: the intent, the provider's call, the result; and what is resumed when a process died
//! in between.
//!
//! | the process dies | what is in the store | who goes on |
//! |---|---|---|
//! | before the intent commits | nothing | the caller, by trying again under the same key |
//! | after the intent, before or during the call | `created`, due when the lease ends | any node: asks the provider first, or charges again under the same reference, as its profile says |
//! | after the call, before the result commits | the same | the same: the provider tells what it made |
//! | after the result | the result and the answer that a replay gets | nobody needs to |
//!
//! Costs two commits and one call to the provider.

use std::sync::Arc;

use chrono::TimeDelta;
use rusum_kit::provider::{
    Answer, Charge, ChargeRef, ChargeState, Fault, Outcome, Provider, Reason, Resume, Step,
};

use super::{
    Answered, Caller, Once, Switch, SwitchError, clock::fresh, once::answer, payments::TRIES, transport::Sent,
};
use crate::{
    change::{Change, ClaimKind},
    ids::{AttemptId, PaymentId},
    money::{Currency, Method, Piastres, Tender},
    payments::{
        self, Attempt, AttemptStatus, Command, NO_PROVIDER, NewAttempt, Observation, Payment, Refusal,
        Routing, schedule::next_look, view,
    },
    routing::{self, Ask, Candidate, Choice},
    store::CommitError,
};

/// How many requests one exchange may take.
const LONGEST_EXCHANGE: usize = 6;
/// When to try again while no provider answers, in seconds.
const RETRY_AFTER_SECS: u64 = 10;

/// How the citizen wants to pay.
#[derive(Clone, Debug)]
pub struct AttemptOrder {
    /// The way to pay.
    pub method: Method,
    /// With what; the first that a provider takes unless given.
    pub tender: Option<Tender>,
    /// Through whom; routing decides unless given.
    pub provider: Option<String>,
    /// The wallet's mobile number.
    pub wallet_mobile: Option<String>,
}

/// How an exchange with a provider ended.
enum Exchange<T> {
    /// The provider has spoken.
    Done(T),
    /// The call surely had no effect.
    Never(Reason),
    /// Nobody knows what it did.
    Lost(String),
}

impl Switch {
    /// Begins an attempt: stores the intent, calls the provider, stores the result and the answer.
    pub async fn start_attempt(
        &self,
        caller: &Caller,
        id: PaymentId,
        order: AttemptOrder,
        once: Option<Once>,
    ) -> Result<Answered, SwitchError> {
        let payment = self.known_payment(caller, id).await?;
        let (switch, key) = (self.clone(), once.clone());
        self.once(once, async move {
            let (payment, attempt) = switch.store_intent(payment, &order, key.as_ref()).await?;
            let body = switch.carry_out(payment, attempt, order.wallet_mobile).await?;
            Ok(Answered { status: 201, body, replayed: false })
        })
        .await
    }

    async fn store_intent(
        &self,
        known: Arc<Payment>,
        order: &AttemptOrder,
        once: Option<&Once>,
    ) -> Result<(Arc<Payment>, AttemptId), SwitchError> {
        let id = known.id;
        let (mut payment, mut is_read) = (known, false);
        for _ in 0..TRIES {
            let (attempt, mut change) = match self.intent(&payment, order, once) {
                // What this node knew last may have moved on: it is read before anybody is refused.
                Err(_) if !is_read => {
                    (payment, is_read) = (self.load(id).await?, true);
                    continue;
                }
                intent => intent?,
            };
            if let Some(once) = once {
                once.claim(&mut change);
            }
            let after = change.payment.as_ref().map(|changed| changed.payment.clone());
            match self.store.commit(change).await {
                Ok(_) => {
                    self.remember(after.as_ref());
                    self.outbox.notify_one();
                    return Ok((after.unwrap_or(payment), attempt));
                }
                Err(CommitError::Stale) => (payment, is_read) = (self.load(id).await?, true),
                Err(error) => return Err(error.into()),
            }
        }
        Err(SwitchError::Contended(id))
    }

    /// Decides on a new attempt.
    fn intent(
        &self,
        payment: &Payment,
        order: &AttemptOrder,
        once: Option<&Once>,
    ) -> Result<(AttemptId, Change), SwitchError> {
        payments::startable(payment, self.clock.now())?;
        let choice = self.choose(payment, order)?;
        let attempt = NewAttempt {
            id: AttemptId::new(fresh()),
            method: order.method,
            tender: choice.tender,
            provider: choice.provider.to_owned(),
            routing: choice.routing,
            answers: once.map(|once| once.key.clone()),
            leased_until: self.clock.now() + self.lease(),
        };
        let id = attempt.id;
        let change = payments::decide(payment, Command::Start(attempt), self.context())?;
        let change =
            change.ok_or_else(|| SwitchError::Broken("an attempt began and nothing changed".to_owned()))?;
        Ok((id, change))
    }

    fn choose(&self, payment: &Payment, order: &AttemptOrder) -> Result<Choice, SwitchError> {
        let amounts: Vec<(Tender, Piastres)> = payment
            .bill
            .methods
            .iter()
            .filter(|price| price.method == order.method)
            .map(|price| (price.tender, price.amount))
            .collect();
        let wanted = |tender: Tender| order.tender.is_none_or(|wanted| wanted == tender);
        if let Some((tender, _)) = amounts.iter().find(|(tender, sum)| sum.is_zero() && wanted(*tender)) {
            let routing = Routing { chosen: NO_PROVIDER.to_owned(), considered: Vec::new() };
            return Ok(Choice { provider: NO_PROVIDER, tender: *tender, routing });
        }
        let candidates: Vec<Candidate<'_>> = self
            .providers
            .iter()
            .map(|provider| provider.profile())
            .map(|profile| Candidate { profile, healthy: self.transport.is_healthy(profile.id) })
            .collect();
        let ask = Ask {
            method: order.method,
            tender: order.tender,
            amounts: &amounts,
            provider: order.provider.as_deref(),
        };
        routing::choose(&candidates, &ask).map_err(|nobody| {
            if nobody.only_unhealthy {
                SwitchError::ProviderUnavailable { retry_after_secs: RETRY_AFTER_SECS }
            } else {
                SwitchError::MethodUnavailable(nobody.considered)
            }
        })
    }

    /// Calls the provider for a stored intent and commits the result; gives the attempt's view.
    async fn carry_out(
        &self,
        payment: Arc<Payment>,
        attempt_id: AttemptId,
        wallet_mobile: Option<String>,
    ) -> Result<String, SwitchError> {
        let attempt = payment.attempt(attempt_id).ok_or(Refusal::NoSuchAttempt(attempt_id))?;
        let observation = match self.provider(&attempt.provider) {
            // Nothing was to be collected: the intent was the result.
            None => Observation::Accepted { provider_reference: None, next_action: None },
            Some(provider) => self.charge(provider, &payment, attempt, wallet_mobile).await,
        };
        self.conclude(payment, attempt_id, observation).await
    }

    async fn charge(
        &self,
        provider: &Arc<dyn Provider>,
        payment: &Payment,
        attempt: &Attempt,
        wallet_mobile: Option<String>,
    ) -> Observation {
        let charge = self.charge_of(provider.as_ref(), payment, attempt, wallet_mobile);
        match self.exchange(provider, |last| provider.charge(&charge, last)).await {
            Exchange::Done(charged) => match charged.state {
                ChargeState::Waiting(next_action) => Observation::Accepted {
                    provider_reference: charged.provider_reference,
                    next_action: Some(next_action),
                },
                ChargeState::Decided(outcome) => Observation::Outcome(outcome),
            },
            Exchange::Never(reason) => Observation::NeverSent(reason),
            Exchange::Lost(why) => Observation::Lost(why),
        }
    }

    fn charge_of(
        &self,
        provider: &dyn Provider,
        payment: &Payment,
        attempt: &Attempt,
        wallet_mobile: Option<String>,
    ) -> Charge {
        let titles: Vec<&str> = payment
            .bill
            .items
            .iter()
            .map(|item| match payment.language {
                payments::Language::Ar => item.title.ar.as_str(),
                payments::Language::En => item.title.en.as_str(),
            })
            .collect();
        let longest = TimeDelta::from_std(provider.profile().longest_validity).unwrap_or(TimeDelta::MAX);
        let now = self.clock.now();
        Charge {
            merchant_reference: attempt.merchant_reference.clone(),
            method: attempt.method,
            tender: attempt.tender,
            amount: attempt.amount,
            currency: Currency::Egp,
            description: titles.join(" + "),
            language: payment.language.code(),
            expires_at: payment.expires_at.min(now + longest),
            notification_url: format!(
                "{}/providers/{}/notification",
                self.links.base_url,
                provider.profile().id
            ),
            return_url: self.links.checkout(payment.id),
            wallet_mobile,
            now,
        }
    }

    /// Talks to a provider until its adapter has its answer.
    async fn exchange<T>(
        &self,
        provider: &Arc<dyn Provider>,
        next: impl Fn(Option<&Answer>) -> Result<Step<T>, Fault>,
    ) -> Exchange<T> {
        let profile = provider.profile();
        let mut last: Option<Answer> = None;
        for _ in 0..LONGEST_EXCHANGE {
            let request = match next(last.as_ref()) {
                Ok(Step::Done(done)) => return Exchange::Done(done),
                Ok(Step::Send(request)) => request,
                Err(fault) => {
                    return Exchange::Never(Reason { code: "refused".to_owned(), text: fault.to_string() });
                }
            };
            match self.transport.send(profile.id, &request, profile.call_timeout).await {
                Sent::Answered(answer) => last = Some(answer),
                Sent::Never(why) if last.is_none() => {
                    return Exchange::Never(Reason { code: "provider_unavailable".to_owned(), text: why });
                }
                Sent::Never(why) | Sent::Lost(why) => return Exchange::Lost(why),
            }
        }
        Exchange::Lost(format!("the exchange took more than {LONGEST_EXCHANGE} requests"))
    }

    /// Commits what was learnt about an attempt, and the answer that its call waits for.
    async fn conclude(
        &self,
        payment: Arc<Payment>,
        attempt_id: AttemptId,
        observation: Observation,
    ) -> Result<String, SwitchError> {
        let version = payment.version;
        let command = Command::Observe { attempt: attempt_id, observation };
        let (body, key, decided_on) = self
            .change_known_payment(payment, &command, |payment, change| {
                let attempt = payment.attempt(attempt_id);
                let body =
                    attempt.map(|attempt| view::raw(&view::attempt(payment, attempt)).get().to_owned());
                let body = body.unwrap_or_default();
                let key = attempt.and_then(|attempt| attempt.answers.clone());
                if let Some(key) = &key {
                    change.answer = Some(answer(key, 201, &body));
                }
                (body, key, payment.version)
            })
            .await?;
        // Whoever was first has answered, and everybody tells the same. It was us if nothing had
        // happened to the payment since the intent.
        let first = match key {
            Some(key) if decided_on != version + 1 => self.store.answer(&key).await?,
            _ => None,
        };
        Ok(first.and_then(|known| known.answer).map_or(body, |first| first.body))
    }

    /// Takes up attempts whose time has come; gives how many.
    pub(super) async fn look_at_due_attempts(&self, limit: u32) -> Result<usize, SwitchError> {
        let due = self.store.take_due_attempts(self.clock.now(), self.lease(), limit).await?;
        let count = due.len();
        let mut looks = tokio::task::JoinSet::new();
        for (payment, attempt) in due {
            let switch = self.clone();
            looks.spawn(async move {
                if let Err(error) = switch.look(payment, attempt).await {
                    tracing::error!(%payment, %attempt, error = &error as &dyn std::error::Error, "look failed");
                }
            });
        }
        while looks.join_next().await.is_some() {}
        Ok(count)
    }

    /// Looks at one attempt: resumes what was never answered, asks about what is open.
    pub(super) async fn look(&self, id: PaymentId, attempt_id: AttemptId) -> Result<(), SwitchError> {
        let payment = self.load(id).await?;
        let attempt = payment.attempt(attempt_id).ok_or(Refusal::NoSuchAttempt(attempt_id))?;
        let Some(provider) = self.provider(&attempt.provider) else {
            return self.postpone(&payment, attempt).await;
        };
        let observation = match attempt.status {
            AttemptStatus::Created => Some(self.resume(provider, &payment, attempt).await),
            AttemptStatus::Pending | AttemptStatus::Unknown | AttemptStatus::Superseded => {
                self.ask(provider, &payment, attempt).await.map(Observation::Outcome)
            }
            AttemptStatus::Authorized
            | AttemptStatus::Succeeded
            | AttemptStatus::Declined
            | AttemptStatus::Failed
            | AttemptStatus::Expired
            | AttemptStatus::Voided
            | AttemptStatus::Reversed => None,
        };
        let version = payment.version;
        if let Some(observation) = observation {
            let observation = self.with_instructions(provider.as_ref(), &payment, attempt, observation);
            self.conclude_from(&payment, attempt, observation).await?;
        }
        let after = self.load(id).await?;
        match after.attempt(attempt_id) {
            Some(attempt) if after.version == version => self.postpone(&after, attempt).await,
            _ => Ok(()),
        }
    }

    async fn conclude_from(
        &self,
        payment: &Arc<Payment>,
        attempt: &Attempt,
        observation: Observation,
    ) -> Result<(), SwitchError> {
        if attempt.status == AttemptStatus::Created {
            self.conclude(payment.clone(), attempt.id, observation).await.map(drop)
        } else {
            let command = Command::Observe { attempt: attempt.id, observation };
            match self.change_known_payment(payment.clone(), &command, |_, _| ()).await {
                // Another telling of the same collection was booked first.
                Err(SwitchError::Claimed(ClaimKind::Collection, ..)) => Ok(()),
                outcome => outcome,
            }
        }
    }

    async fn postpone(&self, payment: &Payment, attempt: &Attempt) -> Result<(), SwitchError> {
        let asked = attempt.asked.saturating_add(1);
        let Some(due_at) = next_look(attempt.status, asked, self.clock.now(), payment.expires_at) else {
            return Ok(());
        };
        Ok(self.store.postpone_attempt(payment.id, attempt.id, due_at, asked).await?)
    }

    /// Goes on with an intent whose answer never came.
    async fn resume(
        &self,
        provider: &Arc<dyn Provider>,
        payment: &Payment,
        attempt: &Attempt,
    ) -> Observation {
        let payable = self.clock.now() < payment.expires_at;
        match provider.profile().resume {
            Resume::RepeatCharge if payable => self.charge(provider, payment, attempt, None).await,
            Resume::RepeatCharge | Resume::QueryFirst => match self.query(provider, attempt).await {
                Exchange::Done(Outcome::NotFound) if payable => {
                    self.charge(provider, payment, attempt, None).await
                }
                Exchange::Done(outcome) => Observation::Outcome(outcome),
                Exchange::Never(reason) => Observation::Lost(reason.text),
                Exchange::Lost(why) => Observation::Lost(why),
            },
        }
    }

    /// Asks about an attempt whose outcome is open, or withdraws one that nobody needs any more.
    /// Nothing when nobody can say.
    async fn ask(
        &self,
        provider: &Arc<dyn Provider>,
        payment: &Payment,
        attempt: &Attempt,
    ) -> Option<Outcome> {
        let outcome = match self.query(provider, attempt).await {
            Exchange::Done(outcome) => outcome,
            Exchange::Never(_) | Exchange::Lost(_) => return None,
        };
        let over = attempt.status == AttemptStatus::Superseded || payment.expires_at <= self.clock.now();
        if over && matches!(outcome, Outcome::Pending { .. }) && provider.profile().operations.cancel {
            let charge = self.charge_ref(attempt);
            return match self.exchange(provider, |last| provider.cancel(&charge, last)).await {
                Exchange::Done(withdrawn) => Some(withdrawn),
                Exchange::Never(_) | Exchange::Lost(_) => None,
            };
        }
        Some(outcome)
    }

    pub(super) async fn query_outcome(
        &self,
        provider: &Arc<dyn Provider>,
        attempt: &Attempt,
    ) -> Option<Outcome> {
        match self.query(provider, attempt).await {
            Exchange::Done(outcome) => Some(outcome),
            Exchange::Never(_) | Exchange::Lost(_) => None,
        }
    }

    async fn query(&self, provider: &Arc<dyn Provider>, attempt: &Attempt) -> Exchange<Outcome> {
        let charge = self.charge_ref(attempt);
        self.exchange(provider, |last| provider.query(&charge, last)).await
    }

    fn charge_ref(&self, attempt: &Attempt) -> ChargeRef {
        ChargeRef {
            merchant_reference: attempt.merchant_reference.clone(),
            provider_reference: attempt.provider_reference.clone(),
            amount: attempt.amount,
            created_at: attempt.created_at,
            now: self.clock.now(),
        }
    }

    /// What a provider waits for, told to the citizen although the call that made it was never
    /// answered.
    fn with_instructions(
        &self,
        provider: &dyn Provider,
        payment: &Payment,
        attempt: &Attempt,
        observation: Observation,
    ) -> Observation {
        let Observation::Outcome(Outcome::Pending { provider_reference, expires_at }) = observation else {
            return observation;
        };
        let reference = provider_reference.clone().or_else(|| attempt.provider_reference.clone());
        let charge = self.charge_of(provider, payment, attempt, None);
        let next_action =
            reference.as_deref().and_then(|code| provider.next_action(&charge, code, expires_at));
        Observation::Accepted { provider_reference, next_action }
    }
}
