//! A question becomes one SELECT: [`Translation`], and the router that finds it.

mod cache;
pub mod embedded;
pub mod llm;
mod translation;

pub use translation::{Source, Step, Translation};

use crate::catalog;
use crate::error::Result;
use crate::postgres::busy::Busy;
use crate::postgres::{report, session};
use crate::question::Question;
use crate::settings;
use std::rc::Rc;
use std::time::Instant;

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
        min_confidence: settings::min_confidence(),
    };
    let key = cache::Key {
        question: question.key.clone(),
        // It stands for the role and the search_path too.
        catalog: snapshot.catalog.fingerprint,
        // The SQL is relative to CURRENT_DATE, but the reading names dates.
        today: options.today,
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
