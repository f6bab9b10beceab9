//! What is true or false and stored as 1 or 0: `survived`, `is_member`, `discontinued`.
//!
//! Invariant: a column of whole numbers is read so only when both numbers and no other are stored in it, and when its name says that
//! something is so, or was done. Else it stays the number that it is: what is counted may happen to be 0 or 1 in all rows. Without this,
//! who survived would be a sum, and the part of the women who survived the part of the survivors who are women.

use super::super::language::ENGLISH;
use super::super::language::wordclass::is_participle;
use super::names::Splitter;
use super::nature;
use crate::catalog::model::{Catalog, TypeClass, Values};
use crate::question::tokens::stem;
use std::borrow::Cow;

/// Makes columns that are true or false of such columns of the catalog.
pub fn retype(catalog: &mut Cow<Catalog>, splitter: &Splitter, values: &dyn Values) {
    let found = super::stored::columns(
        catalog,
        splitter,
        values,
        |_, column, name| column.class == TypeClass::Integer && says_whether(name),
        |_, stored| {
            let is = |wanted: &str| stored.iter().any(|text| text == wanted);
            (stored.len() == 2 && is("0") && is("1")).then_some(())
        },
    );
    for (at, ()) in found {
        let column = &mut catalog.to_mut().tables[at.table].columns[at.column];
        column.class = TypeClass::Boolean;
        column.ones_and_zeros = true;
    }
}

/// A name such as "is member", "late flag", "survived" or "active".
fn says_whether(words: &[String]) -> bool {
    let stems: Vec<String> = words.iter().map(|word| stem(word)).collect();
    let state = |word: &String| {
        let states = [
            &ENGLISH.ongoing,
            &ENGLISH.ended,
            &ENGLISH.alive,
            &ENGLISH.dead,
        ];
        states.into_iter().flatten().any(|state| state == word)
    };
    nature::flagged(&stems).is_some()
        || matches!(words, [word] if is_participle(word) || state(word))
}
