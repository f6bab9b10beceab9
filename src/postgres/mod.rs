//! Every `unsafe` block of the project.
//!
//! Invariant: what is exported from here is safe to call from a backend's main thread, leaves PostgreSQL's state
//! as it found it, and lets PostgreSQL's errors pass as panics, which pgrx turns back into errors at the boundary.

pub mod analysis;
pub mod audit;
pub mod breaker;
pub mod busy;
pub mod cage;
pub mod calls;
mod counters;
pub mod executor;
pub mod facts;
pub mod filler;
pub mod init;
pub mod interrupts;
pub mod invalidation;
pub mod lifecycle;
pub mod limits;
pub mod literal;
pub mod objects;
mod position;
pub mod powers;
pub mod prices;
pub mod queue;
pub mod raw;
pub mod recorded;
pub mod relation;
pub mod replace;
pub mod report;
pub mod row_type;
pub mod runtime_hooks;
pub mod secret_setting;
pub mod session;
pub mod shared;
pub mod sink;
pub mod spi;
pub mod stack;
pub mod timer;
pub mod translations;
pub mod turn;
pub mod walk;
pub mod walk_sizes;
pub mod walk_types;
pub mod whole_row;
pub mod worker;
