//! InsightFlow: a question in plain words becomes a table.
//!
//! ```text
//! question ──► catalog ──► translate ──► guard ──► execute ──► answer
//!              what this   cache         raw       as the       the rows of
//!              role may    verified      parser    caller,      ask('…')
//!              see         embedded      sqlparser read-only,
//!                          (model)       analyzer  bounded
//!                             │                       │
//!                             └────── history ◄───────┘
//! ```
//!
//! Each stage is a folder, named as in the picture. Data flows left to right and no stage calls back
//! into an earlier one. Between them travel small plain types:
//!
//! | type | from | to |
//! | --- | --- | --- |
//! | [`question::Question`] | a caller's text | `translate` |
//! | [`catalog::Catalog`] | PostgreSQL's catalog, read as the caller | `translate` |
//! | [`translate::Translation`] | a translator | `guard`, `history`, the user |
//! | [`execute::Description`] | the guard's analysis of a translation | `columns` |
//! | [`history::Record`] | what happened | `insightflow.query_log` |
//!
//! * [`api`]: the SQL functions, thin.
//! * [`question`]: the text of a question: tokens, numbers, dates. Pure.
//! * [`catalog`]: what the calling role may see, kept until PostgreSQL says that it changed.
//! * [`translate`]: a question to SQL; `translate::embedded` is pure and needs no model.
//! * [`guard`]: decides whether a statement may run.
//! * [`execute`]: runs it in a cage: read-only, bounded in time, rows and bytes, always rolled back.
//! * [`columns`]: an answer is a table: gives `ask('…')` the columns of its answer.
//! * [`history`]: who asked what, and what became of it.
//! * [`access`]: who may ask, and how much.
//! * [`operate`]: what a DBA looks at.
//! * [`postgres`]: every `unsafe` block of the project.
//! * [`settings`]: every setting, with the reason for its default.
//! * [`error`]: every error, its SQLSTATE and its hint.

// What is printed goes to the server's log, past every setting of what may stand there.
#![warn(clippy::dbg_macro, clippy::print_stderr, clippy::print_stdout)]

pub mod access;
pub mod api;
pub mod catalog;
pub mod columns;
pub mod error;
pub mod execute;
pub mod guard;
pub mod history;
pub mod operate;
pub mod postgres;
pub mod question;
pub mod settings;
pub mod translate;

pgrx::pg_module_magic!(name, version);

#[cfg(not(panic = "unwind"))]
compile_error!("a panic must unwind: PostgreSQL turns it into an ERROR");
