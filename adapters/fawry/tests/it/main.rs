//! The adapter against its simulator, over real HTTP on the loopback.
//!
//! One binary; a file per promise. [`world::World`] is a simulator, a receiver of notifications that
//! answers as the switch would, and a transport that carries the adapter's requests.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod books;
mod control;
mod counter;
mod faults;
mod flow;
mod world;
