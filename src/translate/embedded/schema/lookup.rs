//! What a phrase may name: look-ups in the [`Lexicon`].
//!
//! Invariant: a look-up compares a bounded number of names and gives a bounded number of meanings, the best ones, in an order that
//! depends on the catalog and the phrase alone; it takes time in proportion to the names that it compares.

use super::super::language::stems;
use super::lexicon::{Candidate, Lexicon, Target};
use super::nature::Nature;
use std::collections::{BTreeSet, HashMap};

/// The most meanings that one phrase may have; the best are kept.
pub(crate) const MAX_CANDIDATES: usize = 48;
/// How well a name stands for a word of its root: too little for a noun where a verb can stand.
const ROOT_SCORE: f32 = 0.74;
/// The most names that share a stem and are compared for a partial match.
const MAX_PARTIAL: usize = 4_000;
/// From this score on a phrase is the name of a table and not only a part of it.
const CALLED: f32 = 0.9;
/// A name that is less like a word is no hint for it.
const LIKE: f64 = 0.8;

impl Lexicon {
    /// What a phrase may name: exact names first, then names of which it is a part.
    pub fn look_up(&self, stems: &[String], whole_only: bool) -> Vec<Candidate> {
        self.look_up_near(stems, whole_only, &BTreeSet::new())
    }

    /// As [`Lexicon::look_up`]; where a phrase names more than are given, those of the tables in `near` are among them.
    pub fn look_up_near(
        &self,
        stems: &[String],
        whole_only: bool,
        near: &BTreeSet<usize>,
    ) -> Vec<Candidate> {
        let mut found: Vec<Candidate> = Vec::new();
        let mut places: HashMap<&Target, usize> = HashMap::new();
        let mut push = |target, score: f32| match places.get(target) {
            Some(&place) => {
                let same: &mut Candidate = &mut found[place];
                same.score = same.score.max(score);
            }
            None => {
                places.insert(target, found.len());
                found.push(Candidate {
                    target: target.clone(),
                    score,
                });
            }
        };
        for id in self.by_phrase.get(&stems.join(" ")).into_iter().flatten() {
            let name = &self.names[*id as usize];
            push(&name.target, name.score);
        }
        if !whole_only {
            let rarest = stems
                .iter()
                .filter_map(|s| self.by_stem.get(s))
                .min_by_key(|ids| ids.len());
            for id in rarest.into_iter().flatten().take(MAX_PARTIAL) {
                let name = &self.names[*id as usize];
                if let Some(score) = partial(stems, &name.stems) {
                    push(&name.target, score * name.score);
                }
            }
        }
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        if found.len() > MAX_CANDIDATES {
            let is_near =
                |c: &Candidate| self.table_of(&c.target).is_some_and(|t| near.contains(&t));
            // The sort is stable: what is near comes first and the best of each kind stay the best.
            found.sort_by_key(|c| !is_near(c));
            found.truncate(MAX_CANDIDATES);
            found.sort_by(|a, b| b.score.total_cmp(&a.score));
        }
        found
    }

    /// The tables that are called so.
    pub fn tables_called(&self, stems: &[String]) -> Vec<usize> {
        let ids = self.by_phrase.get(&stems.join(" ")).into_iter().flatten();
        let names = ids.map(|id| &self.names[*id as usize]);
        names
            .filter(|name| name.score >= CALLED)
            .filter_map(|name| match name.target {
                Target::Table(table) => Some(table),
                _ => None,
            })
            .collect()
    }

    /// The one table that a noun of a question names, none that is but a role of one.
    pub fn table_called(&self, noun: &str) -> Option<usize> {
        let found = self.look_up(&stems(&noun.to_lowercase()), true);
        let named = found.iter().filter(|c| c.score >= CALLED);
        let mut tables = named.filter_map(|c| match c.target {
            Target::Table(table) => Some(table),
            _ => None,
        });
        tables.find(|table| self.role(*table).is_none())
    }

    /// The table that a name leads to.
    fn table_of(&self, target: &Target) -> Option<usize> {
        match target {
            Target::Table(t) => Some(*t),
            Target::Column(c) | Target::Value(c, _) => Some(c.table),
            Target::Measure(m) => self.measures.get(*m).map(|m| m.table),
            Target::Segment(s) => self.segments.get(*s).map(|s| s.table),
        }
    }

    /// Whether a word is part of the name of a table or column.
    pub fn names(&self, stem: &str) -> bool {
        let ids = self.by_stem.get(stem).into_iter().flatten();
        ids.map(|id| &self.names[*id as usize].target)
            .any(|target| match target {
                Target::Table(t) => self.tables[*t].stems.iter().any(|s| s == stem),
                Target::Column(c) => self.tables[c.table].columns[c.column]
                    .iter()
                    .any(|s| s == stem),
                _ => false,
            })
    }

    /// The names that share a root with a word, none of which is the word.
    pub fn by_root(&self, stem: &str) -> Vec<Candidate> {
        // "Employees" are no employment: a noun that is made of a verb is not that verb.
        if super::names::is_worn(stem) {
            return Vec::new();
        }
        let root = super::names::root(stem);
        let mut found = Vec::new();
        for id in self.by_root.get(&root).into_iter().flatten() {
            if found.len() == MAX_CANDIDATES {
                break;
            }
            let target = self.names[*id as usize].target.clone();
            if !found.iter().any(|c: &Candidate| c.target == target) {
                found.push(Candidate {
                    target,
                    score: ROOT_SCORE,
                });
            }
        }
        // What was done at a time is what has that time; what is done is what there are rows of, rather than a property of them.
        found.sort_by_key(|c| match c.target {
            Target::Column(at) if self.nature(at) == Nature::Date => 0,
            Target::Table(_) => 1,
            _ => 2,
        });
        found
    }

    /// The dates on which, as their comments say, what a verb says happened.
    pub(crate) fn dates_of_verb(&self, stem: &str) -> impl Iterator<Item = Candidate> {
        let dates = self.dates_by_root.get(&super::names::root(stem));
        dates.into_iter().flatten().map(|at| Candidate {
            target: Target::Column(*at),
            score: ROOT_SCORE,
        })
    }

    /// Whether a name has a word as it is written, whatever the other forms of it.
    pub(crate) fn is_written(&self, word: &str) -> bool {
        let has = |name: &String| name.to_lowercase().contains(word);
        self.spelt.iter().any(has)
    }

    /// Whether a word, or another of its root, is part of a name.
    pub fn knows(&self, word: &str) -> bool {
        let stem = crate::question::tokens::stem(&word.to_lowercase());
        self.by_stem.contains_key(&stem) || !self.by_root(&stem).is_empty()
    }

    /// The names nearest to a word by spelling, best first: for hints.
    pub fn nearest(&self, word: &str, limit: usize) -> Vec<String> {
        let likeness = |name: &&String| strsim::jaro_winkler(word, &name.to_lowercase());
        let mut scored: Vec<(f64, &String)> = self
            .spelt
            .iter()
            .map(|name| (likeness(&name), name))
            .collect();
        scored.retain(|(score, _)| *score > LIKE);
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        let names = scored.into_iter().take(limit);
        names.map(|(_, name)| name.clone()).collect()
    }
}

/// How well a part of a name stands for the whole: the last word counts most.
fn partial(part: &[String], name: &[String]) -> Option<f32> {
    if part.len() >= name.len() {
        return None;
    }
    let share = part.len() as f32 / name.len() as f32;
    if name.ends_with(part) {
        Some(0.52 + 0.3 * share)
    } else if name.starts_with(part) {
        Some(0.45 + 0.3 * share)
    } else if part.iter().all(|p| name.contains(p)) {
        Some(0.38 + 0.3 * share)
    } else {
        None
    }
}
