//! Bills in memory: a quote's bill never changes, and a payment is loaded several times in its life.
//!
//! Bounded: two generations of at most [`GENERATION`] bills; what is used stays, what is not goes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{fees::Bill, ids::QuoteId};

/// The most bills in a generation. A bill of ten lines takes some 8 kB.
const GENERATION: usize = 1024;

#[derive(Default)]
pub(super) struct Bills(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<QuoteId, Arc<Bill>>,
    old: HashMap<QuoteId, Arc<Bill>>,
}

impl Generations {
    fn keep(&mut self, quote: QuoteId, bill: Arc<Bill>) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(quote, bill);
    }
}

impl Bills {
    pub fn keep(&self, quote: QuoteId, bill: &Arc<Bill>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keep(quote, Arc::clone(bill));
    }

    pub fn get(&self, quote: QuoteId) -> Option<Arc<Bill>> {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bill) = generations.young.get(&quote) {
            return Some(Arc::clone(bill));
        }
        let bill = generations.old.remove(&quote)?;
        generations.keep(quote, Arc::clone(&bill));
        Some(bill)
    }
}
