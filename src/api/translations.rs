//! What sessions remember of a language model's translations.

use crate::translate::cache::shared;
use pgrx::prelude::*;

/// `insightflow.forget_translations()`: has every session ask the language model anew, and says how many translations sessions
/// shared. A wrong one is better replaced by a verified query, which comes before all of them.
#[pg_extern]
fn forget_translations() -> i64 {
    i64::try_from(shared::forget()).unwrap_or(i64::MAX)
}
