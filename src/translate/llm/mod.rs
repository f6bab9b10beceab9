//! The language model: what the embedded translator does not understand, a model may.
//!
//! * [`provider`]: one call, from a prompt to a completion, whatever service answers it.

pub mod provider;
