//! What a question becomes, without running it.

use crate::access;
use crate::catalog;
use crate::execute;
use crate::postgres::busy::Busy;
use crate::postgres::report;
use crate::question::Question;
use crate::translate::llm::{background, prompt};
use crate::translate::{self, Source, Translation, verified};
use pgrx::iter::TableIterator;
use pgrx::prelude::*;
use std::rc::Rc;

/// `insightflow.to_sql(question)`: the SELECT that `ask()` would run, without a closing semicolon.
#[pg_extern]
fn to_sql(question: &str) -> String {
    translation(question).sql.clone()
}

/// `insightflow.explain(question)`: how each part of the question was read, then the defaults that were applied, the
/// warnings, the confidence (0 to 1) and the whole reading. Of a model's translation it lists the definitions and notes that the model was told.
#[pg_extern]
fn explain(
    question: &str,
) -> TableIterator<
    'static,
    (
        name!(step, i32),
        name!(part, String),
        name!(reading, String),
    ),
> {
    let translation = translation(question);
    let steps = translation
        .steps
        .iter()
        .map(|step| (step.part.clone(), step.reading.clone()));
    // Which of its words a model used is its own secret; what it was told is not.
    let told = match translation.source {
        Source::Model => {
            let _busy = Busy::enter();
            background::vocabulary(&catalog::current().catalog)
        }
        _ => Vec::new(),
    };
    let told = told.into_iter().map(|line| {
        (
            "vocabulary".to_owned(),
            format!("the model was told: {line}"),
        )
    });
    let assumed = translation
        .assumptions
        .iter()
        .map(|text| ("assumed".to_owned(), text.clone()));
    // What the guard has against the statement is said when it runs.
    let restricted = execute::try_describe(&translation.sql, translation.source)
        .is_ok_and(|description| description.restricted)
        .then(|| execute::RESTRICTED.to_owned());
    let warned = translation
        .warnings
        .iter()
        .cloned()
        .chain(restricted)
        .map(|text| ("warning".to_owned(), text));
    let confidence = std::iter::once((
        "confidence".to_owned(),
        format!("{:.2}", translation.confidence),
    ));
    let whole = std::iter::once(("reading".to_owned(), translation.reading.clone()));
    let rows: Vec<_> = steps
        .chain(told)
        .chain(assumed)
        .chain(warned)
        .chain(confidence)
        .chain(whole)
        .zip(1_i32..)
        .map(|((part, reading), step)| (step, part, reading))
        .collect();
    TableIterator::new(rows)
}

fn translation(question: &str) -> Rc<Translation> {
    report::unwrap_or_raise(access::admit());
    let question = Question::parse(question);
    report::unwrap_or_raise(question.and_then(|question| translate::translate(&question)))
}

/// `insightflow.prompt(question)`: what a language model would be sent for a question, byte for byte: the rules, an empty
/// line, and the message with the schema. Nothing is sent.
#[pg_extern]
fn prompt(question: &str) -> String {
    let question = report::unwrap_or_raise(Question::parse(question));
    let _busy = Busy::enter();
    let snapshot = catalog::current();
    let verified = verified::nearest(&question, &snapshot, verified::EXAMPLES);
    prompt::show(&background::build(&question, &snapshot, verified))
}
