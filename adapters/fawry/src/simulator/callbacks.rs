//! Notifications on their way: sent again until they are answered with 200.
//!
//! Each notification is a task of its own, so one receiver that does not answer holds up nobody;
//! at most [`IN_FLIGHT_MAX`] are on the wire at once. The pause between attempts doubles from
//! `first` to `longest`; after `attempts` the notification is given up and stays in the books.

use std::time::Duration;

use super::{
    Simulator,
    books::{Delivery, Entry, Notification},
    faults::Kind,
    locked,
    messages::Told,
};

/// How many notifications are on the wire at once.
pub const IN_FLIGHT_MAX: usize = 256;

/// How long a notification is held back for another one to overtake it.
const OVERTAKEN_WITHIN: Duration = Duration::from_secs(5);

impl Simulator {
    /// Takes up what had not arrived when the books were closed.
    pub(super) fn resume_callbacks(&self) {
        let pending: Vec<u64> = {
            let books = self.books();
            let pending = |one: &&Notification| one.delivery == Delivery::Pending;
            books.notifications.iter().filter(pending).map(|one| one.id).collect()
        };
        for id in pending {
            self.send_notification(id, Duration::ZERO);
        }
    }

    /// Has a notification sent, after a delay and after whatever overtakes it.
    pub(super) fn send_notification(&self, id: u64, delay: Duration) {
        if self.is_stopping() {
            return;
        }
        let is_held = self.faults().take(Kind::Reorder);
        let mut received = self.0.received.subscribe();
        let simulator = self.clone();
        let mut callbacks = locked(&self.0.callbacks);
        while callbacks.try_join_next().is_some() {}
        callbacks.spawn(async move {
            simulator.pause(delay).await;
            if is_held {
                tokio::select! {
                    _ = received.changed() => {}
                    () = simulator.pause(OVERTAKEN_WITHIN) => {}
                }
            }
            simulator.deliver(id).await;
        });
    }

    async fn deliver(&self, id: u64) {
        let redelivery = self.settings().redelivery;
        let mut pause = redelivery.first;
        let mut attempts = 0;
        while attempts < redelivery.attempts {
            while self.faults().is_set(Kind::Outage) && !self.is_stopping() {
                self.pause(redelivery.first).await;
            }
            if self.is_stopping() {
                return;
            }
            attempts += 1;
            let is_received = self.attempt(id, attempts).await;
            if is_received {
                if self.faults().take(Kind::Duplicate) {
                    attempts += 1;
                    self.attempt(id, attempts).await;
                }
                self.books().record(Entry::Told { id, delivery: Delivery::Delivered, attempts });
                return;
            }
            self.pause(pause).await;
            pause = (pause * 2).min(redelivery.longest);
        }
        if !self.is_stopping() {
            tracing::warn!(notification = id, attempts, "the simulated Fawry gives a notification up");
            self.books().record(Entry::Told { id, delivery: Delivery::GivenUp, attempts });
        }
    }

    /// Sends a notification once; whether it was received.
    async fn attempt(&self, id: u64, attempts: u32) -> bool {
        let Some((url, body)) = self.written(id) else { return false };
        let Ok(_permit) = self.0.in_flight.acquire().await else { return false };
        let mut stopping = self.0.stopping.subscribe();
        let sending = self
            .settings()
            .client
            .post(url)
            .header("content-type", "application/json")
            .timeout(self.settings().redelivery.timeout)
            .body(body)
            .send();
        let answer = tokio::select! {
            answer = sending => answer.ok().map(|answer| answer.status().as_u16()),
            _ = stopping.wait_for(|stopping| *stopping) => None,
        };
        self.books().change_notification(id, |notification| {
            notification.attempts = attempts;
            notification.last_answer = answer;
        });
        let is_received = answer == Some(200);
        if is_received {
            self.0.received.send_modify(|received| *received += 1);
        }
        is_received
    }

    /// A notification's address and text, signed now.
    fn written(&self, id: u64) -> Option<(String, String)> {
        let is_forged = self.faults().take(Kind::BadSignature);
        let key = if is_forged { "not the key" } else { &self.settings().secure_key };
        let books = self.books();
        let notification = books.notifications.get(usize::try_from(id).ok()?)?;
        let body = serde_json::to_string(&Told::notification(id, &notification.facts, key)).ok()?;
        Some((notification.url.clone(), body))
    }
}
