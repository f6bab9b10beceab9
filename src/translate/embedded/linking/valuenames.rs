//! A word that is stored as a value, and a part of the name of another table that the noun after it may belong to.
//!
//! Invariant: "transaction statuses" is not read as the statuses of what is of type "transaction" where another table is called
//! by that word and has a status: which of the two is meant is asked.

use super::super::reading::frame::{Frame, Role};
use super::super::schema::lexicon::{Lexicon, Target};
use super::resolve::table_of;
use crate::catalog::model::Catalog;
use crate::error::Error;

/// The refusal of a question in which a value may as well say of which table the noun after it is.
pub(crate) fn refuse_namesakes(
    frame: &Frame,
    targets: &[Target],
    catalog: &Catalog,
    lexicon: &Lexicon,
) -> Result<(), Error> {
    for (id, mention) in frame.mentions.iter().enumerate() {
        let (Role::Value, Target::Value(column, _)) = (mention.role, &targets[id]) else {
            continue;
        };
        let Some(Target::Column(noun)) = targets.get(id + 1) else {
            continue;
        };
        let said = super::super::language::stems(&mention.text.to_lowercase());
        let ([word], true) = (&said[..], mention.near == Some(id + 1)) else {
            continue;
        };
        if noun.table != column.table {
            continue;
        }
        let other = frame.mentions[id + 1]
            .candidates
            .iter()
            .find(|c| match c.target {
                Target::Column(at) => {
                    at.table != noun.table && lexicon.tables[at.table].stems.contains(word)
                }
                _ => false,
            });
        if let Some(other) = other {
            let table = &catalog.tables[table_of(lexicon, &other.target)].name;
            return Err(Error::question("the question is ambiguous")
                .with_detail(format!(
                    "\"{}\" may be a value of {} or say that {table} is meant.",
                    mention.text,
                    catalog.column(*column).name
                ))
                .with_hint("Say which table is meant, or put the value in quotation marks."));
        }
    }
    Ok(())
}
