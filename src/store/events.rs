//! Events in the order of their lanes.

use crate::change::Event;

/// An event and its place.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    /// The event.
    pub event: Event,
    /// Whose payment it is about; nothing where it is about no payment.
    pub owner: Option<String>,
    /// The lane that carried it.
    pub lane: i64,
    /// Its number in that lane, from 1, without gaps.
    pub seq: i64,
}

/// Which events.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Types, or patterns as `payment.*`; empty means all.
    pub types: Vec<String>,
    /// Only of this owner's payments, and those about no payment.
    pub owner: Option<String>,
}
