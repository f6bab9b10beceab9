//! The embedded translator: a question and a catalog to SQL, with no model. Pure and deterministic.
//!
//! ```text
//! text ─► tokens ─► annotations ─► frame ─► join tree ─► sqlparser AST ─► SQL
//! ```

pub mod lexicon;

pub use lexicon::Lexicon;

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
/// `lexicon` must have been made from this very `catalog`; the caller keeps it as long as the catalog.
///
/// # Errors
/// 22023 when the question is not understood (DETAIL names the words, HINT the nearest names that the catalog has),
/// or when it is ambiguous (DETAIL lists the choices).
pub fn translate(
    question: &Question,
    catalog: &Catalog,
    lexicon: &Lexicon,
    values: &dyn Values,
    options: &Options,
) -> Result<Translation> {
    let _ = (catalog, lexicon, values, options);
    Err(Error::question(format!(
        "the question was not understood: {}",
        question.text
    )))
}
