//! Running it: what a DBA looks at.

pub mod health;
