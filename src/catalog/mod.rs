//! What the calling role may see of this database, read with the role's own rights and kept until
//! PostgreSQL says that something changed.
//!
//! ```text
//! pg_class, … ──► read ──► relations ──► model::Catalog ──► Snapshot (kept per role and search_path)
//!                           ▲                                  │
//!             invalidation ─┘ only what changed                └─► values: what stands in the columns
//! ```

pub mod fingerprint;
pub mod model;
pub mod session;

mod fold;
mod probe;
mod read;
mod relations;
mod values;
mod vocabulary;

pub use fingerprint::Fingerprint;
pub use model::Catalog;
pub use session::{Snapshot, current};
