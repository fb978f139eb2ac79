//! What the whole promises, one file per promise, in one binary.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod api_agreement;
mod api_conventions;
mod api_document;
mod api_idempotency;
mod api_keys;
mod api_limits;
mod api_lists;
mod api_money;
mod api_privacy;
mod arrows;
mod cli_books;
mod cli_fees;
mod cli_help;
mod cli_refusals;
mod cli_serve;
mod crash;
mod demo;
mod dependencies;
mod documents;
mod drawn;
mod node;
mod nodes;
mod notifications;
mod outcomes;
mod pages;
mod prices;
mod rig;
mod store;
mod support;
mod tidy;
mod tree;
