//! The SQL functions, thin: one file per family.

pub mod explain;
pub mod guard;
pub mod health;
pub mod history;
pub mod translations;
pub mod vocabulary;
