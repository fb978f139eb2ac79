//! Money arrived: what a provider's statement of a collection means for a payment.
//!
//! Promises: one collection is booked once, however often and in whatever order it is told; it is
//! booked whole, as payment, excess or suspense; nothing that a provider holds is dropped.
//!
//! | the payment | the amount | booked |
//! |---|---|---|
//! | can be paid, or its time ran out | as due | paid |
//! | is paid or cancelled | as due | excess, with its refund opened |
//! | any | other than due | suspense, whole; the payment stays as it is; break P03 or P04 |
//! | any | in another currency | nothing can be booked; break P05 |

use rusum_kit::provider::Evidence;

use super::{
    decide::{Context, Draft, Refusal, excess_refund},
    model::{Booked, Collection, Payment},
    states::{AttemptCommand, AttemptStatus, EventType, PaymentStatus},
    view,
};
use crate::{
    change::{Break, BreakCode, Change, Claim, ClaimKind, Event},
    ids::{AttemptId, BreakId, EventId, JournalId},
    ledger::{Journal, posting},
    money::{Currency, Piastres},
};

pub(super) fn money_arrived(
    draft: &mut Draft<'_>,
    id: AttemptId,
    evidence: &Evidence,
) -> Result<(), Refusal> {
    if told_before(draft, id, evidence)? {
        return Ok(());
    }
    let booked = classify(&draft.payment, id, evidence)?;
    record(draft, id, evidence, booked)?;
    match booked {
        Booked::Paid => {
            succeed(draft, id)?;
            draft.collect_into(id, booked)
        }
        Booked::Excess => {
            succeed(draft, id)?;
            excess(draft, id, evidence.amount)
        }
        Booked::Suspense => suspense(draft, id, evidence),
        Booked::Unbooked => {
            open_break(draft, id, BreakCode::P05, evidence, Piastres::ZERO);
            Ok(())
        }
    }
}

/// Whether this very collection was told before. A telling without the collection's own id is
/// taken for the one that is known; a first telling of the id completes it.
fn told_before(draft: &mut Draft<'_>, id: AttemptId, evidence: &Evidence) -> Result<bool, Refusal> {
    let attempt = draft.payment.attempt(id).ok_or(Refusal::NoSuchAttempt(id))?;
    let Some(told) = &evidence.provider_transaction else {
        return Ok(!attempt.collections.is_empty());
    };
    if attempt.collections.iter().any(|known| known.transaction.as_ref() == Some(told)) {
        return Ok(true);
    }
    let nameless = attempt.collections.iter().position(|known| known.transaction.is_none());
    if let Some(nameless) = nameless {
        draft.attempt_mut(id)?.collections[nameless].transaction = Some(told.clone());
        return Ok(true);
    }
    Ok(false)
}

fn classify(payment: &Payment, id: AttemptId, evidence: &Evidence) -> Result<Booked, Refusal> {
    let attempt = payment.attempt(id).ok_or(Refusal::NoSuchAttempt(id))?;
    if evidence.currency != Currency::Egp.code() {
        return Ok(Booked::Unbooked);
    }
    if evidence.amount != due(payment, id, evidence)? {
        return Ok(Booked::Suspense);
    }
    let payable = match payment.status {
        PaymentStatus::Open | PaymentStatus::Processing | PaymentStatus::Expired => true,
        PaymentStatus::Authorized => attempt.status == AttemptStatus::Authorized,
        PaymentStatus::Paid | PaymentStatus::Cancelled => false,
    };
    Ok(if payable { Booked::Paid } else { Booked::Excess })
}

/// What is due for an attempt: methods and tenders differ by incentive and surcharge.
fn due(payment: &Payment, id: AttemptId, evidence: &Evidence) -> Result<Piastres, Refusal> {
    let attempt = payment.attempt(id).ok_or(Refusal::NoSuchAttempt(id))?;
    let by_tender = evidence.tender.and_then(|tender| payment.bill.price(attempt.method, tender));
    Ok(by_tender.map_or(attempt.amount, |price| price.amount))
}

fn record(draft: &mut Draft<'_>, id: AttemptId, evidence: &Evidence, booked: Booked) -> Result<(), Refusal> {
    let attempt = draft.attempt_mut(id)?;
    attempt.collections.push(Collection {
        transaction: evidence.provider_transaction.clone(),
        amount: evidence.amount,
        payer_fee: evidence.payer_fee,
        tender: evidence.tender,
        collected_at: evidence.collected_at,
        booked,
    });
    if attempt.provider_reference.is_none() {
        attempt.provider_reference = Some(evidence.provider_reference.clone());
    }
    let key = format!(
        "{}:{}:{}",
        attempt.provider,
        evidence.provider_reference,
        evidence.provider_transaction.as_deref().unwrap_or_default()
    );
    draft.claims.push(Claim { kind: ClaimKind::Collection, key, holder: id.to_string() });
    Ok(())
}

/// The attempt succeeded, from wherever it stood; leaving a refusal is a correction, listed for
/// review, unless its time had merely run out.
fn succeed(draft: &mut Draft<'_>, id: AttemptId) -> Result<(), Refusal> {
    let attempt = draft.payment.attempt(id).ok_or(Refusal::NoSuchAttempt(id))?;
    match attempt.status {
        AttemptStatus::Succeeded | AttemptStatus::Voided | AttemptStatus::Reversed => Ok(()),
        AttemptStatus::Declined | AttemptStatus::Failed | AttemptStatus::Expired => {
            draft.step(id, AttemptCommand::Correct)
        }
        AttemptStatus::Created
        | AttemptStatus::Pending
        | AttemptStatus::Unknown
        | AttemptStatus::Authorized
        | AttemptStatus::Superseded => draft.step(id, AttemptCommand::Approve),
    }
}

fn excess(draft: &mut Draft<'_>, id: AttemptId, amount: Piastres) -> Result<(), Refusal> {
    let provider = draft.payment.attempt(id).ok_or(Refusal::NoSuchAttempt(id))?.provider.clone();
    draft.payment.amount_excess += amount;
    draft.post(posting::excess(&provider, amount)?, id.to_string());
    draft.tell(EventType::PaymentExcessReceived);
    let refund = excess_refund(draft, id, amount);
    draft.open_refund(refund);
    Ok(())
}

fn suspense(draft: &mut Draft<'_>, id: AttemptId, evidence: &Evidence) -> Result<(), Refusal> {
    let due = due(&draft.payment, id, evidence)?;
    let provider = draft.payment.attempt(id).ok_or(Refusal::NoSuchAttempt(id))?.provider.clone();
    let code = if evidence.amount > due { BreakCode::P03 } else { BreakCode::P04 };
    if evidence.amount.is_positive() {
        draft.post(posting::suspense(&provider, evidence.amount)?, id.to_string());
    }
    open_break(draft, id, code, evidence, evidence.amount - due);
    Ok(())
}

/// A break found while money was taken in. What sits in suspense is owed by the provider and to
/// somebody unknown at once, so it clears nothing by itself: its clearing amount is zero.
fn open_break(
    draft: &mut Draft<'_>,
    id: AttemptId,
    code: BreakCode,
    evidence: &Evidence,
    difference: Piastres,
) {
    let (provider, due) = draft
        .payment
        .attempt(id)
        .map_or_else(Default::default, |attempt| (attempt.provider.clone(), attempt.amount));
    draft.open_break(Break {
        id: BreakId::new((draft.context.fresh)()),
        code,
        provider,
        amount: difference,
        clearing_amount: Piastres::ZERO,
        day: None,
        payment: Some(draft.payment.id),
        note: format!(
            "{} told {} {} for {}, due {due} {}",
            evidence.provider_reference,
            evidence.amount,
            evidence.currency,
            id,
            Currency::Egp,
        ),
        at: draft.context.now,
    });
}

/// Money for a reference that we do not know: whole into suspense, with a break. Telling it again
/// clashes with its claim and changes nothing.
pub fn unplaced(
    provider: &str,
    told: &str,
    evidence: &Evidence,
    context: Context<'_>,
) -> Result<Change, Refusal> {
    let transaction = evidence.provider_transaction.as_deref().unwrap_or_default();
    let key = format!("{provider}:{}:{transaction}", evidence.provider_reference);
    let mut journals = Vec::new();
    let in_pounds = evidence.currency == Currency::Egp.code();
    if in_pounds && evidence.amount.is_positive() {
        let posting = posting::suspense(provider, evidence.amount)?;
        journals.push(Journal {
            id: JournalId::new((context.fresh)()),
            event: posting.event,
            payment: None,
            refers_to: key.clone(),
            refers_to_day: None,
            transfers: posting.transfers,
        });
    }
    let found = Break {
        id: BreakId::new((context.fresh)()),
        code: if in_pounds { BreakCode::P02 } else { BreakCode::P05 },
        provider: provider.to_owned(),
        amount: evidence.amount,
        clearing_amount: Piastres::ZERO,
        day: None,
        payment: None,
        note: format!("{key} told {} {} for {told}", evidence.amount, evidence.currency),
        at: context.now,
    };
    let opened = Event {
        id: EventId::new((context.fresh)()),
        kind: EventType::SettlementBreakOpened,
        payment: None,
        sequence: 0,
        at: context.now,
        data: view::raw(&view::found(&found)),
    };
    Ok(Change {
        journals,
        events: vec![opened],
        breaks: vec![found],
        claims: vec![Claim { kind: ClaimKind::Collection, key, holder: "suspense".to_owned() }],
        ..Change::default()
    })
}
