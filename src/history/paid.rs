//! What the language model cost, on its way to the row of the question that it was paid for.
//!
//! A literal question is translated while its statement is analyzed, and its row is written when the statement has run: so what
//! was paid waits here for the next row of the same question. Invariant: what was paid reaches exactly one row. When the
//! statement never runs (it was only prepared, or `insightflow.to_sql` asked), a row of its own tells of it, status `translated`,
//! when many wait or the session ends.

use super::Entry;
use crate::error::Error;
use crate::postgres::audit;
use crate::question::Question;
use crate::translate::ModelUse;
use std::cell::RefCell;
use std::collections::VecDeque;

/// Questions that wait for their row.
const MOST: usize = 32;

thread_local! {
    /// By the key of the question, the oldest first.
    static WAITING: RefCell<VecDeque<(String, Entry)>> = const { RefCell::new(VecDeque::new()) };
}

/// The model was paid for a question, be its answer of use or not.
pub fn paid(question: &Question, spent: &ModelUse) {
    waiting(question, |entry| {
        entry.provider = Some(spent.provider.clone());
        entry.model = Some(spent.model.clone());
        add(&mut entry.input_tokens, spent.input);
        add(&mut entry.output_tokens, spent.output);
        add(&mut entry.cache_read_tokens, spent.cache_read);
        add(&mut entry.cache_write_tokens, spent.cache_write);
        entry.cost_usd = match (entry.cost_usd, spent.cost_usd) {
            // A billionth of a dollar is far below any price of a token.
            (sum, Some(cost)) => Some(((sum.unwrap_or(0.0) + cost) * 1e9).round() / 1e9),
            (sum, None) => sum,
        };
        entry.retries += spent.retries;
        entry.repairs += spent.repairs;
    });
}

/// The model should have answered and did not; somebody else does.
pub fn degraded(question: &Question, reason: &Error) {
    waiting(question, |entry| {
        entry.error = Some(super::cut(&reason.message));
        entry.sqlstate = Some(reason.state.0);
    });
}

fn waiting(question: &Question, change: impl FnOnce(&mut Entry)) {
    audit::watch_exit();
    let known = WAITING.with_borrow_mut(|all| {
        let place = all.iter().position(|(key, _)| *key == question.key)?;
        all.remove(place)
    });
    // The catalog is read, and a row written, while nothing is borrowed: both may raise.
    let mut entry = known.map_or_else(
        || Entry {
            status: "translated",
            ..Entry::new(Some(&question.text))
        },
        |(_, entry)| entry,
    );
    change(&mut entry);
    let oldest = WAITING.with_borrow_mut(|all| {
        all.push_back((question.key.clone(), entry));
        (all.len() > MOST).then(|| all.pop_front()).flatten()
    });
    if let Some((_, oldest)) = oldest {
        audit::write(&oldest, true);
    }
}

/// Moves what was paid for its question to an entry that is about to be written. An error of its own stays.
pub(super) fn settle(entry: &mut Entry) {
    let Some(text) = entry.question.as_deref() else {
        return;
    };
    if WAITING.with_borrow(VecDeque::is_empty) {
        return;
    }
    let Ok(question) = Question::parse(text) else {
        return;
    };
    let waiting = WAITING.with_borrow_mut(|all| {
        let place = all.iter().position(|(key, _)| *key == question.key)?;
        all.remove(place)
    });
    let Some((_, waiting)) = waiting else { return };
    entry.provider = waiting.provider;
    entry.model = waiting.model;
    entry.input_tokens = waiting.input_tokens;
    entry.output_tokens = waiting.output_tokens;
    entry.cache_read_tokens = waiting.cache_read_tokens;
    entry.cache_write_tokens = waiting.cache_write_tokens;
    entry.cost_usd = waiting.cost_usd;
    entry.retries = waiting.retries;
    entry.repairs = waiting.repairs;
    if entry.error.is_none() {
        entry.error = waiting.error;
        entry.sqlstate = waiting.sqlstate;
    }
}

/// The session ends: what still waits gets rows of its own.
pub(super) fn close_all() {
    for (_, entry) in WAITING.take() {
        // Told of a degradation alone, it says nothing that matters without an answer.
        if entry.provider.is_some() {
            audit::write(&entry, false);
        }
    }
}

fn add(sum: &mut Option<u32>, tokens: Option<u32>) {
    if let Some(tokens) = tokens {
        *sum = Some(sum.unwrap_or(0).saturating_add(tokens));
    }
}
