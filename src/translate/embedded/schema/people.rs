//! Which tables are of persons, and which of those who work somewhere.
//!
//! Invariant: it is told by what a table is called or by a column that only persons have, never by its rows: a table of performances is none of
//! performers, though the two words have one stem.

use super::super::language::ENGLISH;
use super::lexicon::TableWords;
use crate::catalog::model::Table;
use crate::question::tokens::stem;

/// A table of persons: by what it is called, or by a column that only persons have.
pub(crate) fn are_persons(table: &Table, words: &TableWords) -> bool {
    // The title of a job is one of somebody, but not in the list of the jobs themselves.
    let told = |name: &Vec<String>| {
        ENGLISH.person_columns.contains(name)
            && (words.stems.is_empty() || !name.starts_with(&words.stems))
    };
    let called = || {
        let noun = words.stems.last();
        // A performance is no performer, though the two have one stem.
        let name = table.name.to_lowercase();
        let one = name.trim_end_matches('s');
        let mut deeds = ENGLISH.endings.iter().filter(|e| e.len() > 2);
        let deed = deeds.any(|ending| one.ends_with(ending.as_str()));
        !deed && noun.is_some_and(|noun| ENGLISH.people.contains(noun)) || is_staff(words)
    };
    words.columns.iter().any(told) || called() && !words.display.is_empty()
}

/// A table of those who work somewhere: by what it is called, or because they were hired.
pub(crate) fn is_staff(words: &TableWords) -> bool {
    let staff = |word: &String| ENGLISH.headcounted.contains(word);
    let hired = |name: &Vec<String>| name.iter().any(|word| ENGLISH.hiring.contains(word));
    let called = match &words.stems[..] {
        [one] => staff(one) || ENGLISH.headcounted.contains(&stem(one)),
        _ => false,
    };
    called || words.columns.iter().any(hired)
}
