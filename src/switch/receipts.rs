//! Receipts: the payment and its journals, read together and made into what the citizen keeps.
//!
//! One read of the payment and one page of transfers per 200 legs. Nothing is stored.

use super::{Caller, Switch, SwitchError};
use crate::{
    ids::PaymentId,
    payments::{Payment, Receipt, ReceiptJournal},
    store::{Cursor, TransferFilter},
};

/// How many transfers are read at a time.
const TRANSFERS_AT_ONCE: u32 = 200;

impl Switch {
    /// The receipt of a payment; nothing while it is not paid.
    pub async fn receipt(&self, caller: &Caller, id: PaymentId) -> Result<Option<Receipt>, SwitchError> {
        let payment = self.payment(caller, id).await?;
        self.receipt_of(&payment).await
    }

    /// The receipt of a payment that was read already; nothing while it is not paid.
    pub async fn receipt_of(&self, payment: &Payment) -> Result<Option<Receipt>, SwitchError> {
        let journals = self.journals(payment.id).await?;
        Ok(Receipt::of(payment, &journals, &self.catalogue, &self.links))
    }

    /// The journals of a payment, each once, oldest first: ids sort by the time they were made.
    async fn journals(&self, payment: PaymentId) -> Result<Vec<ReceiptJournal>, SwitchError> {
        let filter = TransferFilter { payment: Some(payment), ..TransferFilter::default() };
        let mut journals: Vec<ReceiptJournal> = Vec::new();
        let mut cursor = Some(Cursor::START);
        while let Some(from) = cursor {
            let page = self.store.transfers(&filter, &from, TRANSFERS_AT_ONCE).await?;
            for stored in &page.items {
                if journals.iter().all(|known| known.id != stored.journal) {
                    journals.push(ReceiptJournal {
                        id: stored.journal,
                        event: stored.event,
                        day: stored.day,
                    });
                }
            }
            cursor = page.next;
        }
        journals.sort_by_key(|journal| journal.id);
        Ok(journals)
    }
}
