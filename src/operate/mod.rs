//! Running it: what a DBA looks at.

mod definitions;
pub mod health;
