//! An answer is a table.
