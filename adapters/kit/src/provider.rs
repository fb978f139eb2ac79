//! What an adapter is.
