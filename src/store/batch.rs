//! One transaction that writes many Changes.
//!
//! | step | statements |
//! |---|---|
//! | the batch's own claim, if its lane is open | 1 |
//! | (a) guarded updates, and new payments; returning who won | 0 to 2 |
//! | (b) the winners' claims; returning what went in | 0 or 1 |
//! | (c) everything else of the winners | 1 per table that they touch, at most 13 |
//!
//! Promises: a loser of (a) has written nothing; a clash in (b) writes nothing of anybody; numbers of
//! journals and events follow one another in the lane without gaps, because they count only once the
//! COMMIT is in.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use serde::Serialize;
use uuid::Uuid;

use super::{
    exec::Tx,
    rows::{
        AnswerRow, At, AttemptRow, BreakRow, ClaimRow, EventRow, Id, JournalRow, MessageRow, PayerRow,
        PaymentRow, PaymentStateRow, QuoteRow, RefundRow, TotalRow, TransferRow, WorkedOffRow, decided_from,
    },
    schema::{
        ADD_TOTALS, INSERT_ANSWERS, INSERT_BREAKS, INSERT_CLAIMS, INSERT_EVENTS, INSERT_JOURNALS,
        INSERT_MESSAGES, INSERT_PAYMENTS, INSERT_QUOTES, INSERT_TRANSFERS, SELECT_CLAIMS, Texts,
        UPDATE_PAYMENTS, UPSERT_ATTEMPTS, UPSERT_PAYERS, UPSERT_REFUNDS, WORK_OFF_MESSAGES,
    },
};
use crate::{
    change::{Change, Claim, ClaimKind},
    ids::PaymentId,
};

/// Where a lane stands: its numbers are those of the last entries that are committed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lane {
    pub id: i64,
    pub day: NaiveDate,
    pub batches: i64,
    pub journals: i64,
    pub events: i64,
}

/// What became of a batch before its COMMIT.
pub(super) enum Written {
    /// These Changes won and are written; `lane` is how it stands once the COMMIT is in.
    Won { won: Vec<usize>, lane: Lane },
    /// These Changes clash with claims that are held; nothing may be committed.
    Clashed(Vec<(usize, Claim)>),
    /// The lane's day has ended; nothing is written.
    LaneClosed,
}

/// The key of a batch's own claim.
pub(super) fn batch_key(lane: i64, number: i64) -> String {
    format!("{lane}/{number}")
}

const CLAIM_BATCH: &str = "INSERT INTO claims (kind, key, holder) \
     SELECT 'batch', $1, $2 FROM lanes WHERE id = $3 AND closed_at IS NULL";

/// Writes the Changes of a batch. At most one of them is about a payment, and at most one makes a
/// claim.
pub(super) async fn write(tx: &mut Tx, lane: Lane, changes: &[&Change]) -> sqlx::Result<Written> {
    let key = batch_key(lane.id, lane.batches + 1);
    if tx.execute(CLAIM_BATCH, (key, changes.len().to_string(), lane.id)).await? == 0 {
        return Ok(Written::LaneClosed);
    }
    let won = guarded(tx, changes).await?;
    let clashed = claimed(tx, changes, &won).await?;
    if !clashed.is_empty() {
        return Ok(Written::Clashed(clashed));
    }
    let lane = Lane { batches: lane.batches + 1, ..lane };
    let lane = everything_else(tx, lane, won.iter().map(|index| changes[*index])).await?;
    Ok(Written::Won { won, lane })
}

/// (a) Writes the payments' rows; returns the Changes whose guard held, and those without one.
async fn guarded(tx: &mut Tx, changes: &[&Change]) -> sqlx::Result<Vec<usize>> {
    let (mut opened, mut moved) = (Vec::new(), Vec::new());
    for change in changes.iter().filter_map(|change| change.payment.as_ref()) {
        match decided_from(change) {
            None => opened.push(PaymentRow::of(&change.payment)),
            Some(version) => moved.push(PaymentStateRow::of(&change.payment, version)),
        }
    }
    // Rows are locked in the order of their ids, as everywhere.
    moved.sort_by_key(|row| row.id.0);
    opened.sort_by_key(|row| row.id.0);
    let mut held: HashSet<Uuid> = HashSet::new();
    if !moved.is_empty() {
        let rows: Vec<(Uuid,)> = tx.rows(UPDATE_PAYMENTS.of(tx), UPDATE_PAYMENTS.take(&moved)).await?;
        held.extend(rows.into_iter().map(|row| row.0));
    }
    if !opened.is_empty() {
        let rows: Vec<(Uuid,)> = tx.rows(INSERT_PAYMENTS.of(tx), INSERT_PAYMENTS.take(&opened)).await?;
        held.extend(rows.into_iter().map(|row| row.0));
    }
    let holds = |change: &Change| {
        change.payment.as_ref().is_none_or(|change| held.contains(&change.payment.id.uuid()))
    };
    Ok((0..changes.len()).filter(|index| holds(changes[*index])).collect())
}

/// (b) Inserts the winners' claims; returns who clashed, and with what.
async fn claimed(tx: &mut Tx, changes: &[&Change], won: &[usize]) -> sqlx::Result<Vec<(usize, Claim)>> {
    let of = |index: &usize| changes[*index].claims.iter();
    let rows: Vec<_> = won.iter().flat_map(of).map(ClaimRow::of).collect();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let inserted: Vec<(String, String)> = tx.rows(INSERT_CLAIMS.of(tx), INSERT_CLAIMS.take(&rows)).await?;
    if inserted.len() == rows.len() {
        return Ok(Vec::new());
    }
    let inserted: HashSet<(String, String)> = inserted.into_iter().collect();
    let is_lost = |claim: &&Claim| !inserted.contains(&(claim.kind.code().to_owned(), claim.key.clone()));
    let lost: Vec<_> = won.iter().flat_map(of).filter(is_lost).map(ClaimRow::of).collect();
    let stored: Vec<(String, String, String)> =
        tx.rows(SELECT_CLAIMS.of(tx), SELECT_CLAIMS.take(&lost)).await?;
    let stored: HashMap<(String, String), String> =
        stored.into_iter().map(|(kind, key, holder)| ((kind, key), holder)).collect();
    let clash = |index: &usize| {
        let claim = changes[*index].claims.iter().find(is_lost)?;
        let holder = stored.get(&(claim.kind.code().to_owned(), claim.key.clone())).cloned();
        Some((*index, Claim { holder: holder.unwrap_or_default(), ..claim.clone() }))
    };
    Ok(won.iter().filter_map(clash).collect())
}

/// (c) Writes what goes with the payments; returns the lane with its new numbers.
async fn everything_else<'a>(
    tx: &mut Tx,
    lane: Lane,
    changes: impl Iterator<Item = &'a Change> + Clone,
) -> sqlx::Result<Lane> {
    let payments = changes.clone().filter_map(|change| change.payment.as_ref());
    let attempts: Vec<_> = payments
        .clone()
        .flat_map(|change| {
            let touched = change.payment.attempts.iter().filter(|one| change.attempts.contains(&one.id));
            touched.map(|attempt| AttemptRow::of(change.payment.id, attempt))
        })
        .collect();
    many(tx, &UPSERT_ATTEMPTS, &attempts).await?;
    let refunds: Vec<_> = payments
        .flat_map(|change| {
            let touched = change.payment.refunds.iter().filter(|one| change.refunds.contains(&one.id));
            touched.map(|refund| RefundRow::of(change.payment.id, refund))
        })
        .collect();
    many(tx, &UPSERT_REFUNDS, &refunds).await?;
    let lane = books(tx, lane, changes.clone()).await?;
    let lane = events(tx, lane, changes.clone()).await?;
    let breaks: Vec<_> = changes
        .clone()
        .flat_map(|change| &change.breaks)
        .map(|found| BreakRow::of(found, lane.day))
        .collect();
    many(tx, &INSERT_BREAKS, &breaks).await?;
    let quotes: Vec<_> =
        changes.clone().filter_map(|change| change.quote.as_ref()).map(QuoteRow::of).collect();
    many(tx, &INSERT_QUOTES, &quotes).await?;
    let payers: Vec<_> =
        changes.clone().filter_map(|change| change.payer.as_ref()).map(PayerRow::of).collect();
    many(tx, &UPSERT_PAYERS, &payers).await?;
    let answers: Vec<_> =
        changes.clone().filter_map(|change| change.answer.as_ref()).map(AnswerRow::of).collect();
    many(tx, &INSERT_ANSWERS, &answers).await?;
    let messages: Vec<_> =
        changes.clone().filter_map(|change| change.message.as_ref()).map(MessageRow::of).collect();
    many(tx, &INSERT_MESSAGES, &messages).await?;
    let worked_off: Vec<_> = changes
        .filter_map(|change| change.worked_off)
        .map(|(id, state)| WorkedOffRow { id: Id(id.uuid()), state: state.code() })
        .collect();
    many(tx, &WORK_OFF_MESSAGES, &worked_off).await?;
    Ok(lane)
}

/// What one lane moved on one account in one batch.
#[derive(Default)]
struct Moved {
    debits: i64,
    credits: i64,
    transfers: i64,
    first_seq: i64,
    last_seq: i64,
    currency: &'static str,
}

/// Journals, their transfers, and the totals per account.
async fn books<'a>(
    tx: &mut Tx,
    mut lane: Lane,
    changes: impl Iterator<Item = &'a Change>,
) -> sqlx::Result<Lane> {
    let (mut journals, mut transfers) = (Vec::new(), Vec::new());
    let mut totals: BTreeMap<String, Moved> = BTreeMap::new();
    for journal in changes.flat_map(|change| &change.journals) {
        lane.journals += 1;
        let seq = lane.journals;
        let subject_id = Id(journal.payment.map_or(journal.id.uuid(), PaymentId::uuid));
        journals.push(JournalRow {
            subject_id,
            id: Id(journal.id.uuid()),
            lane: lane.id,
            seq,
            day: lane.day,
            event: journal.event.code(),
            refers_to: &journal.refers_to,
            refers_to_day: journal.refers_to_day.map(|day| day.0),
            legs: journal.transfers.len(),
        });
        for (leg, transfer) in (1..).zip(&journal.transfers) {
            let (debit, credit) = (transfer.debit.to_string(), transfer.credit.to_string());
            let (amount, currency) = (transfer.amount.get(), transfer.currency.code());
            for (account, debits, credits) in [(&debit, amount, 0), (&credit, 0, amount)] {
                if !totals.contains_key(account) {
                    totals.insert(account.clone(), Moved { first_seq: seq, currency, ..Moved::default() });
                }
                if let Some(moved) = totals.get_mut(account) {
                    // A sum that does not fit is refused by the database with the rest of its Change.
                    moved.debits = moved.debits.saturating_add(debits);
                    moved.credits = moved.credits.saturating_add(credits);
                    moved.transfers += 1;
                    moved.last_seq = seq;
                }
            }
            transfers.push(TransferRow {
                subject_id,
                lane: lane.id,
                seq,
                leg,
                day: lane.day,
                debit,
                credit,
                amount,
                currency,
            });
        }
    }
    many(tx, &INSERT_JOURNALS, &journals).await?;
    many(tx, &INSERT_TRANSFERS, &transfers).await?;
    let totals: Vec<_> = totals
        .iter()
        .map(|(account, moved)| TotalRow {
            account,
            day: lane.day,
            lane: lane.id,
            currency: moved.currency,
            debits: moved.debits,
            credits: moved.credits,
            transfers: moved.transfers,
            first_seq: moved.first_seq,
            last_seq: moved.last_seq,
        })
        .collect();
    many(tx, &ADD_TOTALS, &totals).await?;
    Ok(lane)
}

async fn events<'a>(
    tx: &mut Tx,
    mut lane: Lane,
    changes: impl Iterator<Item = &'a Change>,
) -> sqlx::Result<Lane> {
    let mut rows = Vec::new();
    for change in changes {
        let owner = change.payment.as_ref().map(|change| change.payment.owner.as_str());
        for event in &change.events {
            lane.events += 1;
            rows.push(EventRow {
                subject_id: Id(event.payment.map_or(event.id.uuid(), PaymentId::uuid)),
                id: Id(event.id.uuid()),
                lane: lane.id,
                seq: lane.events,
                kind: event.kind.code(),
                owner: owner.filter(|_| event.payment.is_some()),
                sequence: event.sequence,
                at: At(event.at),
                data: event.data.get(),
            });
        }
    }
    many(tx, &INSERT_EVENTS, &rows).await?;
    Ok(lane)
}

async fn many<T: Serialize + Sync>(tx: &mut Tx, texts: &'static Texts, rows: &[T]) -> sqlx::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    tx.execute(texts.of(tx), texts.take(rows)).await.map(drop)
}

/// The claims of a Change, as what may stand once in a batch.
pub(super) fn claims(change: &Change) -> impl Iterator<Item = (ClaimKind, &str)> {
    change.claims.iter().map(|claim| (claim.kind, claim.key.as_str()))
}
