//! A question becomes one SELECT: [`Translation`], and the router that finds it.

mod cache;
pub mod embedded;

use crate::catalog;
use crate::error::Result;
use crate::postgres::busy::Busy;
use crate::postgres::{report, session};
use crate::question::Question;
use crate::settings;
use std::rc::Rc;
use std::time::Instant;

/// Who wrote the SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The embedded translator.
    Embedded,
    /// The caller himself, through `insightflow.run`.
    Caller,
}

impl Source {
    /// As it stands in `insightflow.query_log.source`.
    pub fn name(self) -> &'static str {
        match self {
            Source::Embedded => "embedded",
            Source::Caller => "caller",
        }
    }
}

/// One part of a question and how it was read: a row of `insightflow.explain`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Words of the question, or what was added to it ("join", "order").
    pub part: String,
    pub reading: String,
}

/// What a translator makes of a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Translation {
    /// One SELECT statement, without a closing semicolon. Tables are qualified by their schema, dates are
    /// relative to `CURRENT_DATE` or `now()` when the question's are.
    pub sql: String,
    /// The question said back in plain words with the actual dates.
    pub reading: String,
    /// Every default that was applied.
    pub assumptions: Vec<String>,
    pub warnings: Vec<String>,
    /// 0 to 1.
    pub confidence: f32,
    pub source: Source,
    pub steps: Vec<Step>,
}

/// The SELECT that answers a question, for the current user, his search_path and today's settings.
///
/// A question is translated once per session and state of the catalog; a failure is not kept.
///
/// # Errors
/// As [`embedded::translate`]. PostgreSQL's own errors (a cancel) pass.
pub fn translate(question: &Question) -> Result<Rc<Translation>> {
    let _busy = Busy::enter();
    let snapshot = catalog::current();
    let options = embedded::Options {
        today: session::today(),
        fiscal_year_start: settings::fiscal_year_start(),
        min_confidence: settings::min_confidence(),
    };
    let key = cache::Key {
        question: question.key.clone(),
        // It stands for the role and the search_path too.
        catalog: snapshot.catalog.fingerprint,
        // The SQL is relative to CURRENT_DATE, but the reading names dates.
        today: options.today,
        fiscal_year_start: options.fiscal_year_start,
        min_confidence: options.min_confidence.to_bits(),
    };
    if let Some(known) = cache::get(&key) {
        report::debug("question found in the cache of this session");
        return Ok(known);
    }
    let started = Instant::now();
    let lexicon = snapshot.derived(embedded::Lexicon::new);
    let values = snapshot.values();
    let translation = Rc::new(embedded::translate(
        question,
        &snapshot.catalog,
        &lexicon,
        &values,
        &options,
    )?);
    report::debug(format!(
        "question translated in {} µs",
        started.elapsed().as_micros()
    ));
    cache::put(
        key,
        Rc::clone(&translation),
        settings::translation_cache_size(),
    );
    Ok(translation)
}
