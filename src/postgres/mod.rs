//! Every `unsafe` block of the project.
//!
//! Invariant: what is exported from here is safe to call from a backend's main thread, leaves PostgreSQL's state
//! as it found it, and lets PostgreSQL's errors pass as panics, which pgrx turns back into errors at the boundary.

pub mod analysis;
pub mod busy;
pub mod calls;
pub mod init;
pub mod lifecycle;
pub mod literal;
pub mod objects;
pub mod report;
pub mod row_type;
pub mod shim;
pub mod whole_row;
