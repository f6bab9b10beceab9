//! The prompt of a question for the current user: his catalog, his day and time zone, under the settings that say what may
//! leave the server.

use super::context::{self, Index, Samples};
use super::prompt::{self, Background, Disclosure};
use super::provider::Prompt;
use crate::catalog::Snapshot;
use crate::postgres::session;
use crate::question::Question;
use crate::settings;
use crate::translate::embedded::Lexicon;

/// So many values of a column are shown when values may leave.
const SAMPLES: usize = 5;

/// All that would be sent for a question. `verified`: approved questions near it with their SQL, the nearest first.
pub fn build(question: &Question, snapshot: &Snapshot, verified: Vec<(String, String)>) -> Prompt {
    let lexicon = snapshot.derived(Lexicon::new);
    let index = snapshot.derived(|catalog| Index::new(catalog, &lexicon));
    let samples = if settings::share_values() {
        Samples::Some(SAMPLES)
    } else {
        Samples::None
    };
    let schema = context::schema(
        &question.text,
        &snapshot.catalog,
        &lexicon,
        &index,
        &snapshot.values(),
        samples,
        settings::context_tokens(),
    );
    let background = Background {
        schema,
        today: session::today(),
        time_zone: session::time_zone(),
        vocabulary: Vec::new(),
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
