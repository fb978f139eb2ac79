//! What this node committed or read lately: a payment is decided on several times within seconds, and
//! its quote just before.
//!
//! Promises: nothing is told or refused on the word of memory alone. A decision made on a remembered
//! payment is committed under the guard of that version; where it would refuse or change nothing, the
//! payment is read first, because another node may have moved it on. Quotes, and which payment has a
//! reference, never change. Bounded: [`GENERATION`] twice of each; what is used stays.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    change::Quote,
    ids::{AttemptId, PaymentId, QuoteId},
    payments::Payment,
    reference::Reference,
};

/// The most entries in a generation: a payment takes some 2 kB beside its bill, a bill some 4 kB.
const GENERATION: usize = 2048;

/// Payments and quotes of late.
#[derive(Default)]
pub(super) struct Memory {
    quotes: Lately<QuoteId, Quote>,
    payments: Lately<PaymentId, Arc<Payment>>,
    references: Lately<Reference, PaymentId>,
}

impl Memory {
    /// Remembers a quote.
    pub fn keep_quote(&self, quote: &Quote) {
        self.quotes.keep(quote.id, |_| Some(quote.clone()));
    }

    /// A quote as it was made.
    pub fn quote(&self, id: QuoteId) -> Option<Quote> {
        self.quotes.get(&id)
    }

    /// Remembers a payment, unless a later version of it is known.
    pub fn keep(&self, payment: &Arc<Payment>) {
        if payment.version == 1 {
            self.references.keep(payment.reference, |_| Some(payment.id));
        }
        self.payments.keep(payment.id, |known| {
            let is_later = known.is_none_or(|known| known.version < payment.version);
            is_later.then(|| payment.clone())
        });
    }

    /// A payment as this node knew it last.
    pub fn payment(&self, id: PaymentId) -> Option<Arc<Payment>> {
        self.payments.get(&id)
    }

    /// The attempt that a provider knows by our reference: the payment's and two digits more.
    pub fn attempt(&self, merchant_reference: &str) -> Option<(PaymentId, AttemptId)> {
        let reference: Reference = merchant_reference.get(..16)?.parse().ok()?;
        let payment = self.payments.get(&self.references.get(&reference)?)?;
        let attempt = payment.attempts.iter().find(|one| one.merchant_reference == merchant_reference)?;
        Some((payment.id, attempt.id))
    }
}

/// A map that forgets what was not used for long.
struct Lately<K, V>(Mutex<Generations<K, V>>);

struct Generations<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K, V> Default for Lately<K, V> {
    fn default() -> Self {
        Self(Mutex::new(Generations { young: HashMap::new(), old: HashMap::new() }))
    }
}

impl<K: Eq + Hash + Copy, V: Clone> Lately<K, V> {
    /// Keeps what `next` makes of what is known, if it makes something.
    fn keep(&self, key: K, next: impl FnOnce(Option<&V>) -> Option<V>) {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = generations.young.get(&key).or_else(|| generations.old.get(&key));
        if let Some(value) = next(known) {
            generations.keep(key, value);
        }
    }

    fn get(&self, key: &K) -> Option<V> {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = generations.young.get(key) {
            return Some(value.clone());
        }
        let value = generations.old.remove(key)?;
        generations.keep(*key, value.clone());
        Some(value)
    }
}

impl<K: Eq + Hash, V> Generations<K, V> {
    fn keep(&mut self, key: K, value: V) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.old.remove(&key);
        self.young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stays_and_the_rest_goes() {
        let lately = Lately::default();
        for number in 0..GENERATION * 4 {
            lately.keep(number, |_| Some(number));
            assert_eq!(lately.get(&0), Some(0), "after {number}");
        }
        let held = (0..GENERATION * 4).filter(|number| lately.get(number).is_some()).count();
        assert!(held <= 2 * GENERATION, "{held}");
        assert_eq!(lately.get(&1), None);
    }

    #[test]
    fn an_entry_gives_way_only_to_what_is_made_of_it() {
        let lately = Lately::default();
        lately.keep("payment", |_| Some(2));
        lately.keep("payment", |known| known.is_none_or(|known| *known < 1).then_some(1));
        assert_eq!(lately.get(&"payment"), Some(2));
    }
}
