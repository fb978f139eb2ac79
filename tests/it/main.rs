//! What the whole promises, one file per promise, in one binary.

mod api_document;
mod arrows;
mod crash;
mod cli_refusals;
mod demo;
mod dependencies;
mod documents;
mod drawn;
mod notifications;
mod nodes;
mod outcomes;
mod pages;
mod prices;
mod rig;
mod store;
mod support;
mod tidy;
mod tree;
