//! What may happen to a payment: the decisions.
//!
//! [`decide`] is a function of the payment as it is and of what happened. Its laws, held by the
//! property tests beside it: no sequence of commands credits a payment more than once; every piastre
//! that a provider states is booked exactly once, as payment, excess or suspense; a state changes
//! only by a row of the tables in [`super::states`]; an unknown attempt leaves only by evidence.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rusum_kit::provider::{NextAction, Outcome, Reason};
use serde_json::value::RawValue;

use super::{
    model::{Attempt, Booked, NO_PROVIDER, Payment, Refund, RefundOf, Routing},
    money::money_arrived,
    schedule::next_look,
    states::{AttemptCommand, AttemptStatus, EventType, NoTransition, PaymentCommand, PaymentStatus},
    view::{self, Links},
};
pub use crate::change::Change;
use crate::{
    change::{Break, Claim, ClaimKind, Event, Fresh, Guard, PaymentChange},
    ids::{AttemptId, EventId, JournalId, RefundId},
    ledger::{Journal, Posting, PostingError, posting},
    money::{Method, Tender},
};

/// What a decision needs from the shell.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The time of the decision.
    pub now: DateTime<Utc>,
    /// Where links lead, for the objects that events carry.
    pub links: &'a Links,
    /// Makes ids.
    pub fresh: Fresh<'a>,
}

/// What happened, or is asked for.
#[derive(Clone, Debug)]
pub enum Command {
    /// The citizen chose a way to pay: store the intent.
    Start(NewAttempt),
    /// Something was learnt about an attempt.
    Observe {
        /// Which.
        attempt: AttemptId,
        /// What.
        observation: Observation,
    },
    /// The caller withdraws the payment.
    Cancel,
    /// Its time ran out and no provider holds money for it.
    Expire,
}

/// An attempt to be made.
#[derive(Clone, Debug)]
pub struct NewAttempt {
    /// Its id.
    pub id: AttemptId,
    /// The way to pay.
    pub method: Method,
    /// With what.
    pub tender: Tender,
    /// Through whom.
    pub provider: String,
    /// Why.
    pub routing: Routing,
    /// The idempotency claim of the call that asks for it: its answer is stored with the result.
    pub answers: Option<String>,
    /// Until when whoever stores the intent has time to carry it out.
    pub leased_until: DateTime<Utc>,
}

/// What was learnt about an attempt.
#[derive(Clone, Debug)]
pub enum Observation {
    /// The provider waits for the citizen.
    Accepted {
        /// Its reference.
        provider_reference: Option<String>,
        /// What the citizen has to do.
        next_action: Option<NextAction>,
    },
    /// The provider says what became of it.
    Outcome(Outcome),
    /// A call may have had its effect, and no answer came that can be understood.
    Lost(String),
    /// The call surely never reached the provider, or the provider refused to take it.
    NeverSent(Reason),
}

/// Why a command is refused. Each is the caller's to solve.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The payment is over.
    #[error("the payment is {0}")]
    NotOpen(PaymentStatus),
    /// It is paid already.
    #[error("the payment is paid already")]
    AlreadyPaid,
    /// Its time ran out.
    #[error("the payment's time ran out")]
    Expired,
    /// The outcome of an attempt is open.
    #[error("the outcome of attempt {0} is still open")]
    InProgress(AttemptId),
    /// The bill does not allow this way to pay.
    #[error("the payment cannot be paid by {0} with {1}")]
    MethodUnavailable(Method, Tender),
    /// It cannot be withdrawn any more.
    #[error("a payment that is {0} cannot be cancelled")]
    NotCancellable(PaymentStatus),
    /// There is no such attempt.
    #[error("the payment has no attempt {0}")]
    NoSuchAttempt(AttemptId),
    /// A bug: the tables do not know what the decision asks for.
    #[error(transparent)]
    NoTransition(#[from] NoTransition),
    /// A bug: the parts of a price do not add up.
    #[error(transparent)]
    Posting(#[from] PostingError),
}

/// A payment to be made of a quote.
pub fn open(mut payment: Payment, context: Context<'_>) -> Result<Change, Refusal> {
    payment.status = PaymentStatus::Open;
    payment.version = 1;
    payment.event_sequence = 0;
    let claims = vec![
        Claim { kind: ClaimKind::Quote, key: payment.quote.to_string(), holder: payment.id.to_string() },
        Claim {
            kind: ClaimKind::Reference,
            key: payment.reference.to_string(),
            holder: payment.id.to_string(),
        },
    ];
    let mut draft = Draft::new(payment, context);
    draft.tell(EventType::PaymentCreated);
    if draft.payment.bill.total.is_zero() {
        draft.paid()?;
    }
    let mut change = draft.finish(Guard::New);
    change.claims.extend(claims);
    Ok(change)
}

/// Whether a new attempt may begin: the payment can still be paid, and no attempt's outcome is open
/// but one that merely waits for the citizen, which is then set aside.
pub fn startable(payment: &Payment, now: DateTime<Utc>) -> Result<(), Refusal> {
    match payment.status {
        PaymentStatus::Open | PaymentStatus::Processing | PaymentStatus::Authorized => {}
        PaymentStatus::Paid => return Err(Refusal::AlreadyPaid),
        PaymentStatus::Expired => return Err(Refusal::Expired),
        status @ PaymentStatus::Cancelled => return Err(Refusal::NotOpen(status)),
    }
    if payment.expires_at <= now {
        return Err(Refusal::Expired);
    }
    match payment.live_attempt() {
        Some(live) if live.status != AttemptStatus::Pending => Err(Refusal::InProgress(live.id)),
        _ => Ok(()),
    }
}

/// What becomes of the payment, or nothing where nothing changes.
pub fn decide(payment: &Payment, command: Command, context: Context<'_>) -> Result<Option<Change>, Refusal> {
    let mut draft = Draft::new(payment.clone(), context);
    draft.payment.version += 1;
    match command {
        Command::Start(attempt) => draft.start(attempt)?,
        Command::Observe { attempt, observation } => draft.observe(attempt, observation)?,
        Command::Cancel => draft.cancel()?,
        Command::Expire => draft.expire()?,
    }
    draft.settle_live_attempts()?;
    Ok(draft.changed.then(|| draft.finish(Guard::Version(payment.version))))
}

/// A decision in the making: the payment as it will be and what goes with it.
pub(super) struct Draft<'a> {
    pub(super) payment: Payment,
    pub(super) context: Context<'a>,
    pub(super) changed: bool,
    attempts: Vec<AttemptId>,
    refunds: Vec<RefundId>,
    journals: Vec<Journal>,
    /// Told at the end, so that each carries the payment as it is then; attempts' events carry the
    /// attempt.
    told: Vec<(EventType, Subject)>,
    pub(super) breaks: Vec<Break>,
    pub(super) claims: Vec<Claim>,
}

/// What an event carries.
#[derive(Clone, Copy)]
enum Subject {
    Payment,
    Attempt(AttemptId),
    Refund(RefundId),
    Break(usize),
}

impl<'a> Draft<'a> {
    fn new(payment: Payment, context: Context<'a>) -> Self {
        Self {
            payment,
            context,
            changed: false,
            attempts: Vec::new(),
            refunds: Vec::new(),
            journals: Vec::new(),
            told: Vec::new(),
            breaks: Vec::new(),
            claims: Vec::new(),
        }
    }

    fn start(&mut self, new: NewAttempt) -> Result<(), Refusal> {
        startable(&self.payment, self.context.now)?;
        let price = self
            .payment
            .bill
            .price(new.method, new.tender)
            .ok_or(Refusal::MethodUnavailable(new.method, new.tender))?;
        let amount = price.amount;
        if let Some(live) = self.payment.live_attempt().map(|live| live.id) {
            self.step(live, AttemptCommand::Supersede)?;
        }
        let number = i32::try_from(self.payment.attempts.len()).unwrap_or(i32::MAX).saturating_add(1);
        let nothing_to_collect = amount.is_zero();
        self.payment.attempts.push(Attempt {
            id: new.id,
            number,
            method: new.method,
            tender: new.tender,
            provider: if nothing_to_collect { NO_PROVIDER.to_owned() } else { new.provider },
            status: AttemptStatus::Created,
            amount,
            merchant_reference: self.payment.merchant_reference(number),
            provider_reference: None,
            next_action: None,
            routing: new.routing,
            answers: new.answers,
            collections: Vec::new(),
            reason: None,
            unknown_since: None,
            due_at: Some(new.leased_until),
            asked: 0,
            settlement: super::states::SettlementStatus::Unreported,
            created_at: self.context.now,
        });
        self.touch(new.id);
        self.move_payment(PaymentCommand::Start)?;
        if nothing_to_collect {
            self.step(new.id, AttemptCommand::Approve)?;
            self.collect_into(new.id, Booked::Paid)?;
        }
        Ok(())
    }

    fn observe(&mut self, id: AttemptId, observation: Observation) -> Result<(), Refusal> {
        let attempt = self.payment.attempt(id).ok_or(Refusal::NoSuchAttempt(id))?;
        let status = attempt.status;
        let open = attempt.is_live() || status == AttemptStatus::Superseded;
        let unanswered = matches!(status, AttemptStatus::Created | AttemptStatus::Unknown);
        match observation {
            Observation::Accepted { provider_reference, next_action } => {
                self.learn_reference(id, provider_reference);
                if unanswered {
                    self.step(id, AttemptCommand::Accept)?;
                    self.attempt_mut(id)?.next_action = next_action;
                }
            }
            Observation::Lost(why) => {
                if status == AttemptStatus::Created {
                    self.lose(id, why)?;
                }
            }
            Observation::NeverSent(reason) => {
                if status == AttemptStatus::Created {
                    self.end(id, AttemptCommand::Fail, Some(reason))?;
                }
            }
            Observation::Outcome(outcome) => match outcome {
                Outcome::Approved(evidence) => money_arrived(self, id, &evidence)?,
                Outcome::Authorized(evidence) => {
                    self.learn_reference(id, Some(evidence.provider_reference));
                    if unanswered || status == AttemptStatus::Pending {
                        self.step(id, AttemptCommand::Authorize)?;
                        self.move_payment(PaymentCommand::Authorize)?;
                    }
                }
                Outcome::Pending { provider_reference, .. } => {
                    self.learn_reference(id, provider_reference);
                    if unanswered {
                        self.step(id, AttemptCommand::Accept)?;
                    }
                }
                Outcome::Declined(reason) if open && status != AttemptStatus::Authorized => {
                    self.end(id, AttemptCommand::Decline, Some(reason))?;
                }
                Outcome::Expired | Outcome::Cancelled if open && status != AttemptStatus::Authorized => {
                    self.end(id, AttemptCommand::Expire, None)?;
                }
                Outcome::NotFound => match status {
                    AttemptStatus::Unknown | AttemptStatus::Created | AttemptStatus::Superseded => {
                        let reason = reason("not_found", "the provider has no such charge");
                        self.end(id, AttemptCommand::Fail, Some(reason))?;
                    }
                    AttemptStatus::Pending => {
                        self.lose(id, "the provider no longer knows the charge".to_owned())?;
                    }
                    _ => {}
                },
                Outcome::Unknown(why) => {
                    if matches!(status, AttemptStatus::Created | AttemptStatus::Pending) {
                        self.lose(id, why)?;
                    }
                }
                Outcome::Declined(_) | Outcome::Expired | Outcome::Cancelled => {}
            },
        }
        Ok(())
    }

    fn cancel(&mut self) -> Result<(), Refusal> {
        if let Some(live) = self.payment.live_attempt()
            && live.status != AttemptStatus::Pending
            && self.payment.status != PaymentStatus::Authorized
        {
            return Err(Refusal::InProgress(live.id));
        }
        match self.payment.status {
            PaymentStatus::Open | PaymentStatus::Processing => self.move_payment(PaymentCommand::Cancel),
            PaymentStatus::Paid => Err(Refusal::AlreadyPaid),
            PaymentStatus::Expired => Err(Refusal::Expired),
            status @ (PaymentStatus::Authorized | PaymentStatus::Cancelled) => {
                Err(Refusal::NotCancellable(status))
            }
        }
    }

    /// Ends a payment whose time ran out. Its attempts have been asked about: one that still waits
    /// for the citizen holds no money; one whose outcome is open keeps the payment as it is.
    fn expire(&mut self) -> Result<(), Refusal> {
        if !matches!(self.payment.status, PaymentStatus::Open | PaymentStatus::Processing)
            || self.context.now < self.payment.expires_at
        {
            return Ok(());
        }
        if let Some(live) = self.payment.live_attempt() {
            if live.status != AttemptStatus::Pending {
                return Err(Refusal::InProgress(live.id));
            }
            let live = live.id;
            self.step(live, AttemptCommand::Expire)?;
        }
        self.move_payment(PaymentCommand::Expire)
    }

    /// A payment that is over needs no attempt any more: one that waits for the citizen is set aside
    /// and withdrawn at its provider.
    fn settle_live_attempts(&mut self) -> Result<(), Refusal> {
        if matches!(
            self.payment.status,
            PaymentStatus::Paid | PaymentStatus::Cancelled | PaymentStatus::Expired
        ) {
            let waiting = self.payment.attempts.iter().find(|a| a.status == AttemptStatus::Pending);
            if let Some(waiting) = waiting.map(|attempt| attempt.id) {
                self.step(waiting, AttemptCommand::Supersede)?;
            }
        }
        Ok(())
    }

    /// Ends an attempt without money; the payment is open again when no other is live.
    fn end(&mut self, id: AttemptId, command: AttemptCommand, reason: Option<Reason>) -> Result<(), Refusal> {
        self.step(id, command)?;
        self.attempt_mut(id)?.reason = reason;
        if self.payment.status == PaymentStatus::Processing && self.payment.live_attempt().is_none() {
            self.move_payment(PaymentCommand::Release)?;
        }
        Ok(())
    }

    fn lose(&mut self, id: AttemptId, why: String) -> Result<(), Refusal> {
        self.step(id, AttemptCommand::Lose)?;
        let now = self.context.now;
        let attempt = self.attempt_mut(id)?;
        attempt.unknown_since = Some(now);
        attempt.reason = Some(Reason { code: "unknown".to_owned(), text: why });
        Ok(())
    }

    fn learn_reference(&mut self, id: AttemptId, reference: Option<String>) {
        if let Some(reference) = reference
            && let Some(attempt) = self.payment.attempts.iter_mut().find(|a| a.id == id)
            && attempt.provider_reference.is_none()
        {
            attempt.provider_reference = Some(reference);
            self.touch(id);
        }
    }

    /// Moves an attempt by a row of its table.
    pub(super) fn step(&mut self, id: AttemptId, command: AttemptCommand) -> Result<(), Refusal> {
        let (now, expires_at) = (self.context.now, self.payment.expires_at);
        let attempt = self.attempt_mut(id)?;
        let (to, event) = attempt.status.after(command)?;
        attempt.status = to;
        attempt.asked = 0;
        attempt.due_at = next_look(to, 0, now, expires_at);
        if to != AttemptStatus::Unknown {
            attempt.unknown_since = None;
            attempt.reason = None;
        }
        if let Some(event) = event {
            let subject = match event {
                EventType::AttemptUnknown => Subject::Attempt(id),
                _ => Subject::Payment,
            };
            self.told.push((event, subject));
        }
        Ok(())
    }

    /// Moves the payment by a row of its table.
    pub(super) fn move_payment(&mut self, command: PaymentCommand) -> Result<(), Refusal> {
        let (to, event) = self.payment.status.after(command)?;
        self.payment.status = to;
        self.changed = true;
        if let Some(event) = event {
            self.tell(event);
        }
        Ok(())
    }

    /// The payment is paid: by an attempt's money, or because nothing is due.
    pub(super) fn paid(&mut self) -> Result<(), Refusal> {
        self.payment.paid_at = Some(self.context.now);
        self.move_payment(PaymentCommand::Pay)
    }

    /// Books what an attempt collected as the payment's price, or notes that nothing was due.
    pub(super) fn collect_into(&mut self, id: AttemptId, booked: Booked) -> Result<(), Refusal> {
        let attempt = self.payment.attempt(id).ok_or(Refusal::NoSuchAttempt(id))?;
        let (method, provider) = (attempt.method, attempt.provider.clone());
        let tender = attempt.collections.last().and_then(|c| c.tender).unwrap_or(attempt.tender);
        let tender = if self.payment.bill.price(method, tender).is_some() { tender } else { attempt.tender };
        let bill = self.payment.bill.clone();
        let price = bill.price(method, tender).ok_or(Refusal::MethodUnavailable(method, tender))?;
        if attempt.collections.is_empty() && booked == Booked::Paid {
            self.attempt_mut(id)?.collections.push(super::model::Collection {
                transaction: None,
                amount: price.amount,
                payer_fee: crate::money::Piastres::ZERO,
                tender: None,
                collected_at: None,
                booked,
            });
        }
        self.payment.amount_paid += price.amount;
        self.post(posting::paid(&provider, &bill, price)?, id.to_string());
        self.paid()
    }

    pub(super) fn tell(&mut self, event: EventType) {
        self.told.push((event, Subject::Payment));
        self.changed = true;
    }

    pub(super) fn post(&mut self, posting: Posting, refers_to: String) {
        if posting.transfers.is_empty() {
            return;
        }
        self.changed = true;
        self.journals.push(Journal {
            id: JournalId::new((self.context.fresh)()),
            event: posting.event,
            payment: Some(self.payment.id),
            refers_to,
            refers_to_day: None,
            transfers: posting.transfers,
        });
    }

    pub(super) fn open_refund(&mut self, refund: Refund) {
        self.changed = true;
        self.refunds.push(refund.id);
        self.told.push((EventType::RefundRequested, Subject::Refund(refund.id)));
        self.payment.refunds.push(refund);
    }

    pub(super) fn open_break(&mut self, found: Break) {
        self.changed = true;
        self.breaks.push(found);
        self.told.push((EventType::SettlementBreakOpened, Subject::Break(self.breaks.len() - 1)));
    }

    fn touch(&mut self, id: AttemptId) {
        self.changed = true;
        if !self.attempts.contains(&id) {
            self.attempts.push(id);
        }
    }

    /// An attempt that is about to change.
    pub(super) fn attempt_mut(&mut self, id: AttemptId) -> Result<&mut Attempt, Refusal> {
        self.touch(id);
        self.payment.attempts.iter_mut().find(|a| a.id == id).ok_or(Refusal::NoSuchAttempt(id))
    }

    fn finish(mut self, guard: Guard) -> Change {
        let first = self.payment.event_sequence;
        self.payment.event_sequence += i64::try_from(self.told.len()).unwrap_or(i64::MAX);
        let (payment, context) = (&self.payment, self.context);
        let events = (first + 1..)
            .zip(&self.told)
            .map(|(sequence, (kind, subject))| Event {
                id: EventId::new((context.fresh)()),
                kind: *kind,
                payment: Some(payment.id),
                sequence,
                at: context.now,
                data: self.snapshot(*subject),
            })
            .collect();
        Change {
            events,
            journals: self.journals,
            breaks: self.breaks,
            claims: self.claims,
            payment: Some(PaymentChange {
                guard,
                payment: Arc::new(self.payment),
                attempts: self.attempts,
                refunds: self.refunds,
            }),
            ..Change::default()
        }
    }

    fn snapshot(&self, subject: Subject) -> Arc<RawValue> {
        let payment = &self.payment;
        let links = self.context.links;
        let known = match subject {
            Subject::Attempt(id) => payment.attempt(id).map(|a| view::raw(&view::attempt(payment, a))),
            Subject::Refund(id) => {
                payment.refunds.iter().find(|r| r.id == id).map(|r| view::raw(&view::refund(payment, r)))
            }
            Subject::Break(index) => self.breaks.get(index).map(|found| view::raw(&view::found(found))),
            Subject::Payment => None,
        };
        known.unwrap_or_else(|| view::raw(&view::payment(payment, links)))
    }
}

pub(super) fn reason(code: &str, text: &str) -> Reason {
    Reason { code: code.to_owned(), text: text.to_owned() }
}

/// A refund that excess money opens by itself.
pub(super) fn excess_refund(draft: &Draft<'_>, attempt: AttemptId, amount: crate::money::Piastres) -> Refund {
    Refund {
        id: RefundId::new((draft.context.fresh)()),
        attempt,
        of: RefundOf::Excess,
        status: super::states::RefundStatus::Requested,
        amount,
        reason: "duplicate".to_owned(),
        requested_by: "system".to_owned(),
        created_at: draft.context.now,
    }
}
