//! Decides whether a statement may run.
//!
//! The order matters, and each step exists because the others let something through:
//! 1. the text: valid encoding, no NUL, at most [`MAX_TEXT`] bytes ([`check_text`]);
//! 2. PostgreSQL's raw parser: one SELECT, within the [`budget`] (`postgres::raw`);
//! 3. sqlparser: the structural check ([`structure`]), never before the budget, because deep trees overflow its stack;
//! 4. the cage opens before analysis, because analysis and planning can run code (`postgres::cage`);
//! 5. PostgreSQL's analyzer and rewriter, and a walk of both trees (`postgres::walk`) by the [`policy`];
//! 6. at run time the same policy through PostgreSQL's hooks (`postgres::runtime_hooks`).

pub mod budget;
pub mod builtin;
pub mod policy;
pub mod structure;

use crate::error::{Error, Result, SqlState};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};

/// Longest statement, in bytes.
pub const MAX_TEXT: usize = 64 * 1024;

/// Texts whose structure was found good, by hash; the latest first.
const REMEMBERED: usize = 64;

thread_local! {
    static KEYS: RandomState = RandomState::new();
    static GOOD: RefCell<VecDeque<(u64, usize)>> = const { RefCell::new(VecDeque::new()) };
}

/// Checks a text before anything parses it.
///
/// # Errors
/// 54000 when it is longer than [`MAX_TEXT`], 42601 when it is empty or holds a NUL byte.
pub fn check_text(sql: &str) -> Result<()> {
    if sql.len() > MAX_TEXT {
        return Err(Error::new(
            SqlState::PROGRAM_LIMIT_EXCEEDED,
            format!("the statement is too long: {} bytes", sql.len()),
        )
        .with_detail(format!("A statement has at most {MAX_TEXT} bytes.")));
    }
    if sql.contains('\0') {
        return Err(Error::new(
            SqlState::SYNTAX_ERROR,
            "the statement contains a NUL byte",
        ));
    }
    if sql.trim().is_empty() {
        return Err(Error::new(
            SqlState::SYNTAX_ERROR,
            "there is no SQL statement in the text",
        ));
    }
    Ok(())
}

/// Shows the text to sqlparser when the tree is flat enough for it and the stack is large enough; the verdict on a text
/// is kept.
///
/// # Errors
/// 42501, see [`structure::check`].
pub fn check_structure(sql: &str, depth: u32, stack_left: usize) -> Result<()> {
    let Some(levels) = structure::levels(depth, stack_left) else {
        return Ok(());
    };
    let key = (KEYS.with(|keys| keys.hash_one(sql)), sql.len());
    if GOOD.with_borrow(|good| good.contains(&key)) {
        return Ok(());
    }
    structure::check(sql, levels)?;
    GOOD.with_borrow_mut(|good| {
        good.truncate(REMEMBERED - 1);
        good.push_front(key);
    });
    Ok(())
}
