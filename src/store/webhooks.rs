//! Webhook endpoints and what is owed to them.

use chrono::{DateTime, Utc};

use super::StoredEvent;
pub use crate::ids::WebhookId as EndpointId;
use crate::ids::{EventId, PaymentId};

/// A signing secret, sealed: the store never sees it open.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// The key it is sealed under.
    pub key_id: String,
    /// The sealed bytes.
    pub sealed: Vec<u8>,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secret(under {})", self.key_id)
    }
}

/// A webhook endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// Whose it is: it gets the events of this owner's payments and those about no payment.
    pub owner: String,
    /// Where deliveries go.
    pub url: String,
    /// Event types, or patterns as `payment.*` and `*`.
    pub events: Vec<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What deliveries are signed with.
    pub secret: Secret,
    /// The secret before, and until when deliveries are signed with it too.
    pub previous_secret: Option<(Secret, DateTime<Utc>)>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Since when nothing is sent to it, and why.
    pub disabled: Option<(DateTime<Utc>, String)>,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is to be sent.
    Waiting,
    /// The receiver took it.
    Delivered,
    /// It was given up; it can be sent again by hand.
    Dead,
}

/// Which delivery: an event goes to an endpoint once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeliveryTarget {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The event.
    pub event: EventId,
    /// The payment it is about.
    pub payment: Option<PaymentId>,
}

/// A delivery that is due, with all that is needed to send it.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Which.
    pub target: DeliveryTarget,
    /// Where it goes and how it is signed.
    pub endpoint: Endpoint,
    /// What is sent.
    pub event: StoredEvent,
    /// How often it was tried before.
    pub tried: i32,
    /// When it failed first.
    pub failing_since: Option<DateTime<Utc>>,
}

/// A delivery that was given up, or fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedDelivery {
    /// Which.
    pub target: DeliveryTarget,
    /// The event's type.
    pub kind: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub tried: i32,
    /// What the receiver last answered: an HTTP status, or nothing where none came.
    pub last_status: Option<i32>,
    /// Why it failed last.
    pub last_error: Option<String>,
    /// When it failed first.
    pub failing_since: Option<DateTime<Utc>>,
}
