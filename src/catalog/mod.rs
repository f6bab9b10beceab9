//! What the calling role may see of this database, read with the role's own rights and kept until
//! PostgreSQL says that something changed.

pub mod model;

pub use model::Catalog;
