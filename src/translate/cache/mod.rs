//! Translations that are known.
//!
//! * [`session`]: those of this session, of every translator.
//! * [`shared`]: those of the language model, for all sessions of a role, kept over a restart. The embedded translator is not
//!   worth it: finding out what a role sees, which is the key, takes a new session some 40 ms, and the translation 50 µs.
//! * [`store`]: the memory of the shared ones, pure.
//!
//! What is kept is SQL, never rows, and whatever is found here passes the guard again before it runs.

pub mod session;
pub mod shared;
pub mod store;
