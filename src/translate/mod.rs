//! A question becomes one SELECT: [`Translation`], and the router that finds it.
//!
//! ```text
//! session's cache ──► embedded ──► shared cache ──► language model     insightflow.routing = auto
//! session's cache ──► shared cache ──► language model ──► embedded     llm: the last when the model is unreachable
//! session's cache ──► embedded                                         embedded, or no model is configured
//! ```
//!
//! Invariant: a model is asked only when nothing that is known answers, by one session of a role at a time for one question, and
//! never for a role that may not run what it writes.

pub mod cache;
pub mod embedded;
pub mod llm;
mod translation;
pub mod verified;

pub use translation::{ModelUse, Source, Step, Translation};

use crate::catalog::{self, Fingerprint, Snapshot};
use crate::error::{Error, Result, SqlState};
use crate::history::paid;
use crate::postgres::busy::Busy;
use crate::postgres::turn::Turn;
use crate::postgres::{interrupts, report, session};
use crate::question::Question;
use crate::settings::{self, Routing};
use cache::{session as known, shared};
use llm::repair::Failure;
use std::hash::Hasher;
use std::rc::Rc;
use std::time::Instant;

/// A question on its way through the router.
struct Asked<'a> {
    question: &'a Question,
    snapshot: Rc<Snapshot>,
    today: (i32, u32, u32),
    fiscal_year_start: u32,
    min_confidence: f32,
    routing: Routing,
    /// The model that may be asked.
    model: Option<u64>,
    /// Why the model that is configured may not be asked for this role.
    barred: Option<Error>,
}

/// The SELECT that answers a question, for the current user, his search_path and today's settings.
///
/// A question is translated once per session and state of the catalog; a failure is not kept, nor what the embedded translator
/// says in the place of a model that cannot be reached.
///
/// # Errors
/// As [`embedded::translate`] and [`llm::ask::translate`]; when both were asked and failed, the error tells both reasons.
/// PostgreSQL's own errors (a cancel) pass.
pub fn translate(question: &Question) -> Result<Rc<Translation>> {
    let _busy = Busy::enter();
    let asked = Asked::new(question);
    if let Some(approved) = verified::find(question, &asked.snapshot) {
        return Ok(Rc::new(approved));
    }
    let key = asked.key();
    if let Some(known) = known::get(&key) {
        report::debug("question found in the cache of this session");
        return Ok(known);
    }
    let (translation, lasting) = match (asked.routing, asked.model) {
        (Routing::Auto, Some(model)) => match asked.embedded() {
            Ok(translation) => (translation, true),
            Err(unsure) => (
                asked
                    .model(model)
                    .map_err(|failure| both(failure.error(), &unsure))?,
                true,
            ),
        },
        (Routing::Llm, Some(model)) => match asked.model(model) {
            Ok(translation) => (translation, true),
            Err(Failure::Useless(error)) => return Err(error),
            Err(Failure::Unreachable(error)) => (asked.instead_of_model(&error)?, false),
        },
        (Routing::Llm, None) if let Some(barred) = &asked.barred => {
            (asked.instead_of_model(barred)?, false)
        }
        _ => (
            asked.embedded().map_err(|unsure| match &asked.barred {
                Some(barred) => both(barred, &unsure),
                None => unsure,
            })?,
            true,
        ),
    };
    let translation = Rc::new(translation);
    if lasting {
        known::put(
            key,
            Rc::clone(&translation),
            settings::translation_cache_size(),
        );
    }
    Ok(translation)
}

/// The translation of a question if that is known, or can be found without asking a model.
pub fn recall(question: &Question) -> Option<Rc<Translation>> {
    let _busy = Busy::enter();
    let asked = Asked::new(question);
    if let Some(approved) = verified::find(question, &asked.snapshot) {
        return Some(Rc::new(approved));
    }
    let key = asked.key();
    if let Some(known) = known::get(&key) {
        return Some(known);
    }
    let embedded = || asked.embedded().ok();
    let shared = || shared::get(&asked.shared_key(asked.model?));
    let found = match asked.routing {
        Routing::Llm => shared().or_else(embedded),
        Routing::Auto | Routing::Embedded => embedded().or_else(shared),
    };
    found.map(Rc::new)
}

impl Asked<'_> {
    fn new(question: &Question) -> Asked<'_> {
        let routing = settings::routing();
        let configured = match routing {
            Routing::Embedded => None,
            Routing::Auto | Routing::Llm => llm::ask::configured(),
        };
        let barred = configured.and_then(|_| llm::ask::may_ask().err());
        Asked {
            question,
            snapshot: catalog::current(),
            today: session::today(),
            fiscal_year_start: settings::dates::fiscal_year_start(),
            min_confidence: settings::min_confidence(),
            routing,
            model: configured.filter(|_| barred.is_none()),
            barred,
        }
    }

    fn key(&self) -> known::Key {
        known::Key {
            question: self.question.key.clone(),
            // It stands for the role and the search_path too.
            catalog: self.snapshot.catalog.fingerprint,
            // The SQL is relative to CURRENT_DATE, but the reading names dates.
            today: self.today,
            fiscal_year_start: self.fiscal_year_start,
            min_confidence: self.min_confidence.to_bits(),
            routing: self.routing,
            model: self.model,
            generation: self.model.map_or(0, |_| shared::generation()),
        }
    }

    fn shared_key(&self, model: u64) -> shared::Key {
        let fingerprint = self.snapshot.catalog.fingerprint;
        shared::Key::new(&self.question.key, fingerprint, model, self.today)
    }

    fn embedded(&self) -> Result<Translation> {
        let started = Instant::now();
        let options = embedded::Options {
            today: self.today,
            fiscal_year_start: self.fiscal_year_start,
            min_confidence: self.min_confidence,
            pause: interrupts::check,
        };
        let values = self.snapshot.values();
        let prepared = self
            .snapshot
            .derived(|catalog| embedded::Prepared::new(catalog, &values));
        let translation = embedded::translate(
            self.question,
            prepared.catalog(&self.snapshot.catalog),
            &prepared.lexicon,
            &values,
            &options,
        )?;
        report::debug(format!(
            "question translated in {} µs",
            started.elapsed().as_micros()
        ));
        Ok(translation)
    }

    /// What the model says, or has said to any session of this role. Of sessions that ask the same at once one calls, and the
    /// others wait for its answer; without shared memory they could not hear of it, so each calls by itself.
    fn model(&self, model: u64) -> std::result::Result<Translation, Failure> {
        let key = self.shared_key(model);
        if let Some(known) = shared::get(&key) {
            report::debug("question found in the shared cache");
            return Ok(known);
        }
        let _turn = shared::exists().then(|| {
            let mut number = Fingerprint::new();
            number.write(key.bytes());
            Turn::wait(number.finish())
        });
        if let Some(known) = shared::get(&key) {
            report::debug("question answered by the call of another session");
            return Ok(known);
        }
        let started = Instant::now();
        let translation = llm::ask::translate(self.question, &self.snapshot)?;
        report::debug(format!(
            "question translated by the language model in {} ms",
            started.elapsed().as_millis()
        ));
        shared::put(&key, &translation);
        Ok(translation)
    }

    /// The embedded translator answers because the model cannot; the user and the history hear of it.
    fn instead_of_model(&self, reason: &Error) -> Result<Translation> {
        let translation = self.embedded().map_err(|unsure| both(reason, &unsure))?;
        paid::degraded(self.question, reason);
        report::warn_about(
            "the language model was not used: the embedded translator answers",
            reason,
        );
        Ok(translation)
    }
}

/// The error when the model and the embedded translator both failed: the model's state, because it tells whether asking again
/// may help, and both reasons.
fn both(model: &Error, embedded: &Error) -> Error {
    let full = |error: &Error| match &error.detail {
        Some(detail) => format!("{}. {detail}", error.message),
        None => error.message.clone(),
    };
    let state = match model.state {
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE => embedded.state,
        state => state,
    };
    let mut error =
        Error::new(state, "neither translator can answer this question").with_detail(format!(
            "Language model: {}\nEmbedded translator: {}",
            full(model),
            full(embedded)
        ));
    // To ask in other words may help, and so may what the model's error says: to wait until a limit opens again.
    let hints: Vec<&str> = [model, embedded]
        .into_iter()
        .filter_map(|error| error.hint.as_deref())
        .collect();
    error.hint = (!hints.is_empty()).then(|| hints.join("\n"));
    error
}
