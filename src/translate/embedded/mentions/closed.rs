//! Values that cannot be looked up: of views, and of tables under row security, where a policy decides what may be seen.
//!
//! A value in quotes that stands after such a column is taken as it is written. Nothing is read for it, so nothing can come out
//! that the role may not see; the assumptions of the translation say so.

use super::super::schema::lexicon::{Lexicon, Target};
use super::annotate::Segment;
use crate::catalog::model::{Catalog, ColumnRef, StoredValue, TypeClass, ValueMatch, Values};

/// A name that fits a span less well is not what the question is about.
const SURE: f32 = 0.8;
/// Segments between a column and its value: "status is not 'open' or 'late'".
const REACH: usize = 6;

/// What to do about words that no stored value explains, where values are not looked up.
pub(crate) const HINT: &str = "The values of a view, or of a table under row security, are not looked up: \
     write one in quotes after its column, as in status is 'open'.";

/// Gives quoted texts that no stored value explains the columns they stand after, and says so: "status is 'open'", "in region
/// 'North'".
pub(crate) fn take_as_written(
    segments: &mut [Segment],
    catalog: &Catalog,
    lexicon: &Lexicon,
    values: &dyn Values,
) -> Vec<String> {
    let mut assumed = Vec::new();
    for at in 0..segments.len() {
        let Some(text) = segments[at].quoted.clone() else {
            continue;
        };
        if !segments[at].values.is_empty() {
            continue;
        }
        let before = segments[at.saturating_sub(REACH)..at].iter().rev();
        let named = before
            .take_while(|s| s.number.is_none() && s.time.is_none())
            .find(|s| s.names.iter().any(|name| name.score > SURE));
        let columns = named.map_or_else(Vec::new, |s| columns(s, catalog, lexicon, values));
        if let Some(&first) = columns.first() {
            assumed.push(format!(
                "\"{text}\" is taken as it is written: the values of {}.{} are not looked up",
                catalog.table(first).name,
                catalog.column(first).name
            ));
        }
        segments[at].values = columns
            .into_iter()
            .map(|column| StoredValue {
                column,
                text: text.clone(),
                found: ValueMatch::Exact,
            })
            .collect();
    }
    assumed
}

/// True when the question names a column, or a table with one, whose values cannot be looked up.
pub(crate) fn names_any(segments: &[Segment], catalog: &Catalog, values: &dyn Values) -> bool {
    segments
        .iter()
        .filter_map(|segment| segment.names.first())
        .any(|name| match name.target {
            Target::Table(table) => {
                let columns = 0..catalog.tables[table].columns.len();
                columns
                    .map(|column| ColumnRef { table, column })
                    .any(|at| is_closed_text(at, catalog, values))
            }
            Target::Column(at) => is_closed_text(at, catalog, values),
            _ => false,
        })
}

/// The columns of text that a segment names, or that name the things of a table which it names, and whose values cannot be
/// looked up.
fn columns(
    segment: &Segment,
    catalog: &Catalog,
    lexicon: &Lexicon,
    values: &dyn Values,
) -> Vec<ColumnRef> {
    segment
        .names
        .iter()
        .filter(|name| name.score > SURE)
        .flat_map(|name| match name.target {
            Target::Column(at) => vec![at],
            Target::Table(table) => {
                let shown = lexicon.tables[table].display.iter();
                shown.map(|&column| ColumnRef { table, column }).collect()
            }
            _ => Vec::new(),
        })
        .filter(|&at| is_closed_text(at, catalog, values))
        .collect()
}

fn is_closed_text(at: ColumnRef, catalog: &Catalog, values: &dyn Values) -> bool {
    catalog.column(at).class == TypeClass::Text && values.is_closed(at)
}
