//! Words that have a stem in common and are two: "active" is no activity, and an activity is no state of being active.
//!
//! Invariant: only where a table and a column share the stem, the question has the very word of one of them, and the other is no mere
//! spelling of it. Without this "active people" would be read as people of activities, and "active" be dropped.

use super::super::language::ENGLISH;
use super::super::schema::lexicon::{Candidate, Target};
use super::super::schema::names;
use super::annotate::Segment;
use crate::catalog::model::Catalog;

/// The cost of a name that has but another form of the word.
const OTHER_FORM: f32 = 0.3;
/// So many letters otherwise, a word is the same.
const SPELT: usize = 2;

/// Puts the name that has the very word first.
pub(crate) fn put_written_first(segments: &mut [Segment], catalog: &Catalog) {
    for segment in segments {
        let said = segment.text.to_lowercase();
        if said.contains(' ') || ENGLISH.ends_as_verb(&said) {
            continue;
        }
        let table = |c: &Candidate| matches!(c.target, Target::Table(_));
        if segment.names.len() < 2 || !segment.names.iter().any(table) {
            continue;
        }
        let name = |c: &Candidate| match c.target {
            Target::Table(t) => Some(&catalog.tables[t].name),
            Target::Column(at) => Some(&catalog.column(at).name),
            _ => None,
        };
        // A word that is but spelt otherwise is the same.
        let alike = |name: &str| {
            let mut pieces = names::pieces(name).into_iter();
            pieces.any(|p| strsim::osa_distance(&p, &said) <= SPELT)
        };
        let written = |c: &Candidate| {
            let name = name(c)?;
            names::has_word(name, &said).filter(|same| *same || !alike(name))
        };
        let names = &mut segment.names;
        let mut known: Vec<Option<bool>> = names.iter().map(written).collect();
        // Of two tables the one that is called so: interviews are no interviewers.
        let very = |(c, w): (&Candidate, &Option<bool>)| table(c) && *w == Some(true);
        if names.iter().zip(&known).any(very) {
            for (candidate, written) in names.iter().zip(known.iter_mut()) {
                let named = name(candidate).and_then(|name| names::has_word(name, &said));
                *written = written.or(named.filter(|_| table(candidate)));
            }
        }
        let tables = || {
            names
                .iter()
                .zip(&known)
                .any(|(c, w)| table(c) && w.is_some())
        };
        if !known.contains(&Some(true)) || !known.contains(&Some(false)) || !tables() {
            continue;
        }
        for (candidate, written) in names.iter_mut().zip(known) {
            if written == Some(false) {
                candidate.score -= OTHER_FORM;
            }
        }
        names.sort_by(|a, b| b.score.total_cmp(&a.score));
    }
}
