//! The switch: carries out what the core decides.

pub mod breaker;
pub mod clock;
pub mod settings;
pub mod transport;
pub mod vault;
