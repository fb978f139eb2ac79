//! The ground floor: the vocabulary that adapters and the switch share.
//!
//! Adapters cannot depend on the switch (the switch depends on them), so what both must mean alike
//! lives here and is re-exported by the root: there is one [`Piastres`].
//!
//! - [`money`]: piastres and how amounts are read from and written to text;
//! - [`method`]: how a citizen pays ([`Method`]) and with what ([`Tender`]);
//! - [`provider`]: what an adapter is: a sans-IO translator between the switch and one provider;
//! - [`sign`]: digests, MACs and constant-time comparison for providers' signatures;
//! - [`raw`]: reading JSON without losing the raw text of its numbers.

pub mod method;
pub mod money;
pub mod provider;
pub mod raw;
pub mod sign;

pub use method::{Method, Tender};
pub use money::{Currency, MoneyError, Piastres};
