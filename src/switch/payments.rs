//! Making and withdrawing payments.

use std::{collections::BTreeMap, sync::Arc};

use chrono::TimeDelta;
use serde::Serialize;

use super::{
    Answered, Caller, Once, Switch, SwitchError,
    clock::{fresh, random},
    once::answer,
};
use crate::{
    calendar,
    change::{Change, ClaimKind, Quote, SealedPayer},
    ids::{PaymentId, QuoteId},
    money::Piastres,
    payments::{self, Capture, Command, Language, MaskedPayer, Payment, PaymentStatus, Refusal, view},
    reference::Reference,
    store::CommitError,
};

/// How long a payment can be paid unless its order says otherwise, in seconds.
pub const EXPIRES_IN_SECS: i64 = 24 * 60 * 60;
/// How often a decision is made again when the payment changed meanwhile.
pub(super) const TRIES: usize = 50;

/// What a payment is to be made of.
#[derive(Clone, Debug)]
pub struct PaymentOrder {
    /// The quote that it binds.
    pub quote: QuoteId,
    /// The caller's own reference.
    pub client_reference: Option<String>,
    /// Where the browser goes when it is done.
    pub return_url: Option<String>,
    /// The language of pages and messages.
    pub language: Language,
    /// The payer.
    pub payer: Option<Payer>,
    /// When the money is taken.
    pub capture: Capture,
    /// For how long it can be paid.
    pub expires_in_secs: Option<i64>,
    /// The caller's own pairs.
    pub metadata: BTreeMap<String, String>,
}

/// A payer's personal data, open. Lives only between the request and the vault.
#[derive(Clone, Serialize)]
pub struct Payer {
    /// The name.
    pub name: Option<String>,
    /// The mobile number, eleven ASCII digits.
    pub mobile: Option<String>,
    /// The national id, fourteen ASCII digits.
    pub national_id: Option<String>,
}

impl std::fmt::Debug for Payer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Payer(..)")
    }
}

impl Payer {
    /// What anybody may see: initials and last three digits.
    pub fn masked(&self) -> MaskedPayer {
        let last_three = |text: &String| {
            let tail: Vec<char> = text.chars().rev().take(3).collect();
            format!("…{}", tail.into_iter().rev().collect::<String>())
        };
        let initials = |name: &String| {
            let initials = name.split_whitespace().filter_map(|word| word.chars().next());
            initials.flat_map(|initial| [initial, '.']).collect::<String>()
        };
        MaskedPayer {
            name: self.name.as_ref().map(initials),
            mobile: self.mobile.as_ref().map(last_three),
            national_id: self.national_id.as_ref().map(last_three),
        }
    }
}

impl Switch {
    /// Makes a payment of a quote.
    pub async fn create_payment(
        &self,
        caller: &Caller,
        order: PaymentOrder,
        once: Once,
    ) -> Result<Answered, SwitchError> {
        let (switch, owner, key) = (self.clone(), caller.owner.clone(), once.clone());
        self.once(Some(once), async move { switch.open_payment(owner, &order, &key).await }).await
    }

    async fn open_payment(
        &self,
        owner: String,
        order: &PaymentOrder,
        once: &Once,
    ) -> Result<Answered, SwitchError> {
        let quote = self.payable_quote(order.quote).await?;
        let mut redraws = 0;
        loop {
            let payment = self.new_payment(owner.clone(), order, &quote);
            let payer = order.payer.as_ref().map(|payer| self.seal_payer(payment.id, payer));
            let mut change = payments::open(payment, self.context())?;
            let body = written(&change, |payment| view::payment(payment, &self.links));
            change.payer = payer;
            once.claim_and_answer(&mut change, 201, &body);
            let opened = change.payment.as_ref().map(|opened| opened.payment.clone());
            match self.store.commit(change).await {
                Ok(_) => {
                    self.remember(opened.as_ref());
                    self.outbox.notify_one();
                    return Ok(Answered { status: 201, body, replayed: false });
                }
                Err(CommitError::Claimed(claim)) if claim.kind == ClaimKind::Quote => {
                    return Err(SwitchError::QuoteAlreadyUsed(claim.holder));
                }
                Err(CommitError::Claimed(claim)) if claim.kind == ClaimKind::Reference && redraws < TRIES => {
                    redraws += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn payable_quote(&self, id: QuoteId) -> Result<Quote, SwitchError> {
        let quote = self.find_quote(id).await?;
        let now = self.clock.now();
        if quote.expires_at <= now {
            let holder = self.store.claim(ClaimKind::Quote, &id.to_string()).await?;
            return Err(holder.map_or(SwitchError::QuoteExpired, SwitchError::QuoteAlreadyUsed));
        }
        if quote.bill.on != calendar::cairo_date(now)
            && quote.bill.on != calendar::cairo_date(quote.created_at)
        {
            return Err(SwitchError::QuoteNotPayable(quote.bill.on));
        }
        Ok(quote)
    }

    fn new_payment(&self, owner: String, order: &PaymentOrder, quote: &Quote) -> Payment {
        let now = self.clock.now();
        Payment {
            id: PaymentId::new(fresh()),
            reference: Reference::from_random(u64::from_le_bytes(random())),
            owner,
            quote: quote.id,
            bill: quote.bill.clone(),
            client_reference: order.client_reference.clone(),
            return_url: order.return_url.clone(),
            language: order.language,
            payer: order.payer.as_ref().map(Payer::masked),
            capture: order.capture,
            metadata: order.metadata.clone(),
            status: PaymentStatus::Open,
            version: 1,
            event_sequence: 0,
            amount_paid: Piastres::ZERO,
            amount_excess: Piastres::ZERO,
            amount_refunded: Piastres::ZERO,
            excess_refunded: Piastres::ZERO,
            amount_charged_back: Piastres::ZERO,
            created_at: now,
            expires_at: now + TimeDelta::seconds(order.expires_in_secs.unwrap_or(EXPIRES_IN_SECS)),
            paid_at: None,
            attempts: Vec::new(),
            refunds: Vec::new(),
        }
    }

    fn seal_payer(&self, payment: PaymentId, payer: &Payer) -> SealedPayer {
        let open = serde_json::to_vec(payer).expect("three optional texts are JSON");
        let sealed = self.vault.seal("payer", &payment.to_string(), &open);
        SealedPayer {
            payment,
            key_id: sealed.key_id,
            sealed: sealed.bytes,
            national_id_hash: payer.national_id.as_ref().map(|id| self.vault.hash("national_id", id)),
        }
    }

    /// A payment that the caller may see.
    pub async fn payment(&self, caller: &Caller, id: PaymentId) -> Result<Payment, SwitchError> {
        let payment = self.store.payment(id).await?;
        payment.filter(|payment| caller.sees(payment)).ok_or(SwitchError::NotFound("payment"))
    }

    /// Withdraws a payment that has not been paid.
    pub async fn cancel_payment(
        &self,
        caller: &Caller,
        id: PaymentId,
        once: Option<Once>,
    ) -> Result<Answered, SwitchError> {
        let payment = self.known_payment(caller, id).await?;
        let (switch, key) = (self.clone(), once.clone());
        self.once(once, async move {
            switch
                .change_known_payment(payment, &Command::Cancel, |payment, change| {
                    let body = view::raw(&view::payment(payment, &switch.links)).get().to_owned();
                    if let Some(key) = &key {
                        key.claim(change);
                        change.answer = Some(answer(&key.key, 200, &body));
                    }
                    Answered { status: 200, body, replayed: false }
                })
                .await
        })
        .await
    }

    /// Decides a command against the payment as it is, commits it, and does so again when the
    /// payment changed meanwhile. `also` sees the payment as it then is and adds to the Change what
    /// is committed with it, even where the command changes nothing.
    pub(super) async fn change_payment<T>(
        &self,
        id: PaymentId,
        command: &Command,
        also: impl Fn(&Payment, &mut Change) -> T,
    ) -> Result<T, SwitchError> {
        let payment = self.recall(id).await?;
        self.change_known_payment(payment, command, also).await
    }

    /// [`Switch::change_payment`] for a payment that is known already: it is read when it turns out
    /// to have moved on, and before a command is refused or found to change nothing.
    pub(super) async fn change_known_payment<T>(
        &self,
        known: Arc<Payment>,
        command: &Command,
        also: impl Fn(&Payment, &mut Change) -> T,
    ) -> Result<T, SwitchError> {
        let id = known.id;
        let (mut payment, mut is_read) = (known, false);
        for _ in 0..TRIES {
            let decided = payments::decide(&payment, command.clone(), self.context());
            if !is_read && !matches!(decided, Ok(Some(_))) {
                (payment, is_read) = (self.load(id).await?, true);
                continue;
            }
            let decided = decided?;
            let nothing_decided = decided.is_none();
            let mut change = decided.unwrap_or_default();
            let after = change.payment.as_ref().map(|changed| changed.payment.clone());
            let result = also(after.as_deref().unwrap_or(&payment), &mut change);
            if nothing_decided && is_empty(&change) {
                return Ok(result);
            }
            match self.store.commit(change).await {
                Ok(_) => {
                    self.remember(after.as_ref());
                    self.outbox.notify_one();
                    return Ok(result);
                }
                Err(CommitError::Stale) => (payment, is_read) = (self.load(id).await?, true),
                Err(error) => return Err(error.into()),
            }
        }
        Err(SwitchError::Contended(id))
    }

    /// The payment as the store has it.
    pub(super) async fn load(&self, id: PaymentId) -> Result<Arc<Payment>, SwitchError> {
        let payment = self.store.payment(id).await?.map(Arc::new).ok_or(SwitchError::NotFound("payment"))?;
        self.memory.keep(&payment);
        Ok(payment)
    }

    /// The payment as this node knew it last: to decide on, not to show.
    pub(super) async fn recall(&self, id: PaymentId) -> Result<Arc<Payment>, SwitchError> {
        match self.memory.payment(id) {
            Some(payment) => Ok(payment),
            None => self.load(id).await,
        }
    }

    /// [`Switch::recall`] for a caller: whose a payment is never changes.
    pub(super) async fn known_payment(
        &self,
        caller: &Caller,
        id: PaymentId,
    ) -> Result<Arc<Payment>, SwitchError> {
        let payment = self.recall(id).await?;
        if caller.sees(&payment) { Ok(payment) } else { Err(SwitchError::NotFound("payment")) }
    }

    pub(super) fn remember(&self, written: Option<&Arc<Payment>>) {
        if let Some(payment) = written {
            self.memory.keep(payment);
        }
    }

    /// Ends open payments whose time ran out; gives how many.
    pub(super) async fn expire_payments(&self, limit: u32) -> Result<usize, SwitchError> {
        let now = self.clock.now();
        let due: Vec<PaymentId> = self.store.take_expired_payments(now, self.lease(), limit).await?;
        let count = due.len();
        for id in due {
            match self.change_payment(id, &Command::Expire, |_, _| ()).await {
                Ok(()) | Err(SwitchError::Refused(Refusal::InProgress(_))) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(count)
    }
}

/// A view of the payment that a Change writes, as JSON text.
fn written<V: Serialize>(change: &Change, view: impl Fn(&Payment) -> V) -> String {
    let payment = &change.payment.as_ref().expect("opening a payment writes it").payment;
    view::raw(&view(payment)).get().to_owned()
}

fn is_empty(change: &Change) -> bool {
    change.payment.is_none()
        && change.journals.is_empty()
        && change.claims.is_empty()
        && change.answer.is_none()
        && change.worked_off.is_none()
}
