//! The prompt of a question for the current user: his catalog, his day and time zone, under the settings that say what may
//! leave the server.

use super::context::{self, Index, Samples};
use super::prompt::{self, Background, Disclosure};
use super::provider::Prompt;
use crate::catalog::model::Term;
use crate::catalog::{Catalog, Snapshot};
use crate::postgres::session;
use crate::question::Question;
use crate::settings;
use crate::translate::embedded::Prepared;

/// So many values of a column are shown when values may leave.
const SAMPLES: usize = 5;

/// So many lines of the vocabulary are sent, the latest of each kind first.
const MOST_WORDS: usize = 200;

/// All that would be sent for a question. `verified`: approved questions near it with their SQL, the nearest first.
pub fn build(question: &Question, snapshot: &Snapshot, verified: Vec<(String, String)>) -> Prompt {
    let prepared = snapshot.derived(|catalog| Prepared::new(catalog, &snapshot.values()));
    let lexicon = &prepared.lexicon;
    let index = snapshot.derived(|catalog| Index::new(catalog, lexicon));
    let samples = if settings::share_values() {
        Samples::Some(SAMPLES)
    } else {
        Samples::None
    };
    let schema = context::schema(
        &question.text,
        &snapshot.catalog,
        lexicon,
        &index,
        &snapshot.values(),
        samples,
        settings::context_tokens(),
    );
    let background = Background {
        schema,
        today: session::today(),
        time_zone: session::time_zone(),
        vocabulary: vocabulary(&snapshot.catalog),
        verified,
    };
    prompt::prompt(&question.text, &background)
}

/// What the settings let a model know of an error.
pub fn disclosure() -> Disclosure {
    Disclosure {
        values: settings::share_values(),
        results: settings::share_results(),
    }
}

/// What words mean, a line each: what a model is told with every question.
pub fn vocabulary(catalog: &Catalog) -> Vec<String> {
    let table = |at: usize| {
        let table = &catalog.tables[at];
        format!("{}.{}", table.schema, table.name)
    };
    let words = &catalog.vocabulary;
    let synonyms = words.synonyms.iter().map(|synonym| {
        let column = synonym
            .column
            .map(|c| format!(".{}", catalog.tables[synonym.table].columns[c].name));
        let name = table(synonym.table) + column.as_deref().unwrap_or_default();
        format!("{} means {name}", synonym.words.join(", "))
    });
    let term = |kind: &str, term: &Term| {
        let about = term.description.as_deref();
        let about = about.map(|text| format!(" ({text})")).unwrap_or_default();
        let (name, on) = (term.words.join(", "), table(term.table));
        format!("{kind} {name} on {on}: {}{about}", term.definition)
    };
    let metrics = words.metrics.iter().map(|t| term("metric", t));
    let segments = words.segments.iter().map(|t| term("segment", t));
    synonyms
        .chain(metrics)
        .chain(segments)
        .chain(words.notes.iter().cloned())
        .take(MOST_WORDS)
        .collect()
}
