//! Rusum: the switch through which citizens pay the fees of public services.
//!
//! The map, in reading order. A functional core decides; an imperative shell carries out.

pub mod fees;
pub mod money;
