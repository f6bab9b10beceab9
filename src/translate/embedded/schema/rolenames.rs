//! Things that are called by what a key says they are: the dentist of `dentist_id`, where dentists are members of the staff.
//!
//! Invariant: such a name stands for the table that the key points at only in a question that speaks of what holds the key, and only in a
//! statement that joins over a key of that role. Without this, "how many dentists" would count all of the staff.

use super::super::language::wordclass::is_functional;
use super::super::language::{ENGLISH, Op, stems};
use super::super::linking::resolve::table_of;
use super::super::mentions::annotate::Segment;
use super::super::mentions::kindnouns::tells_kind;
use super::super::sql::build::{Builder, not_understood};
use super::joins::Edge;
use super::lexicon::{Lexicon, Target};
use super::names::pieces;
use crate::catalog::model::Catalog;
use crate::error::Result;
use crate::question::tokens::{Token, stem, tokenize};

/// How well the name of a role stands for the table.
const NAME: f32 = 0.96;
/// A name that fits a span less well is not what the question speaks of; nor one that is so much worse than the best.
const SURE: f32 = 0.6;
const AS_GOOD: f32 = 0.05;
/// No other word for a name is as good as this.
const SYNONYM: f32 = 0.88;

impl Lexicon {
    /// Adds the names of roles that are nouns by themselves and call no table otherwise.
    pub(crate) fn add_role_names(&mut self, catalog: &Catalog) {
        let edges = std::mem::take(&mut self.graph.edges);
        for (id, edge) in edges.iter().enumerate() {
            let Some((noun, spelt)) = noun(edge, self, catalog) else {
                continue;
            };
            let phrase = noun.join(" ");
            let known = self.look_up(&noun, true);
            let table = |t: &Target| matches!(t, Target::Table(_));
            let other = known.iter().any(|c| c.score > SYNONYM && table(&c.target));
            if other && !self.role_names.contains_key(&phrase) {
                continue;
            }
            let names = self.role_names.entry(phrase).or_default();
            names.push(RoleName { key: id, spelt });
            self.add_whole(Target::Table(edge.target), noun, NAME);
        }
        self.graph.edges = edges;
    }

    /// The keys by whose role a table is called so.
    fn keys_of_name(&self, said: &[String], table: usize) -> Vec<usize> {
        let keys = self.role_names.get(&said.join(" ")).into_iter().flatten();
        let keys = keys.map(|name| name.key);
        keys.filter(|key| self.graph.edges[*key].target == table)
            .collect()
    }
}

/// A key whose role is a noun.
#[derive(Clone, Debug)]
pub(crate) struct RoleName {
    /// Its place among the edges of the graph.
    key: usize,
    /// The last word of the noun, as it is spelt.
    spelt: String,
}

impl RoleName {
    /// Whether a word is this noun, and no verb of the same stem: "approver", not "approved".
    fn is(&self, word: &Token) -> bool {
        let said = word.lower.trim_end_matches("'s").trim_end_matches("’s");
        let ending = said
            .trim_end_matches('\'')
            .strip_prefix(self.spelt.as_str());
        ending.is_some_and(|ending| {
            ending.is_empty() || ENGLISH.plural_forms.iter().any(|form| form == ending)
        })
    }
}

/// The noun that a key's role is: the stems of its words, and the last of them as it is spelt.
fn noun(edge: &Edge, lexicon: &Lexicon, catalog: &Catalog) -> Option<(Vec<String>, String)> {
    let [column] = edge.columns[..] else {
        return None;
    };
    let last = edge.role.last()?;
    // "Departure" is a date of what holds the key, and no table of days.
    if super::pointed::tells_day(&catalog.tables[edge.holder], column) {
        return None;
    }
    // What both ends are called says no role.
    let key = &catalog.tables[edge.target].columns[*edge.target_columns.first()?];
    if key.name == catalog.tables[edge.holder].columns[column].name {
        return None;
    }
    let own = &lexicon.tables[edge.target].stems;
    // "home" of `home_team_id` is none.
    let whole = [&edge.role[..], own].concat();
    if edge.holder == edge.target || lexicon.tables[edge.holder].columns[column].starts_with(&whole)
    {
        return None;
    }
    let written = pieces(&catalog.tables[edge.holder].columns[column].name);
    let spelt = match edge.called.last() {
        Some(word) => word.clone(),
        None => written.into_iter().rev().find(|w| stem(w) == *last)?,
    };
    let words = tokenize(&spelt);
    let grammar =
        words.iter().any(is_functional) || edge.role.iter().any(|w| ENGLISH.is_direction(w));
    let verb = ENGLISH.ends_as_verb(&spelt);
    let short = spelt.chars().filter(|c| c.is_alphabetic()).count() < 4;
    (!grammar && !verb && !short).then(|| (edge.role.clone(), spelt))
}

/// Leaves the name of a role to a question that speaks of what holds such a key.
pub(crate) fn keep_spoken(segments: &mut [Segment], tokens: &[Token], lexicon: &Lexicon) {
    if lexicon.role_names.is_empty() {
        return;
    }
    let denies = |s: &Segment| s.is(Op::Without) || s.is(Op::Never) || s.is(Op::Not);
    let denied = segments.iter().any(denies);
    for at in 0..segments.len() {
        let segment = &segments[at];
        let said: Vec<String> = tokens[segment.first..segment.last]
            .iter()
            .map(|t| t.stem.clone())
            .collect();
        let Some(keys) = lexicon.role_names.get(&said.join(" ")) else {
            continue;
        };
        let last = &tokens[segment.last - 1];
        let keys: Vec<&RoleName> = keys.iter().collect();
        // "male people" says which people; nobody is called a male there.
        let before_thing = segments.get(at + 1).and_then(|s| s.names.first());
        let of_next = |key: usize| {
            let target = Target::Table(lexicon.graph.edges[key].target);
            before_thing.is_some_and(|c| c.target == target)
        };
        let is_noun = keys.iter().any(|name| name.is(last));
        let spoken: Vec<usize> = keys
            .iter()
            .filter(|name| name.is(last))
            .map(|name| name.key)
            .filter(|key| !of_next(*key))
            .filter(|key| {
                let holder = lexicon.graph.edges[*key].holder;
                let others = segments.iter().enumerate().filter(|(i, _)| *i != at);
                others
                    .into_iter()
                    .any(|(_, s)| speaks_of(s, holder, lexicon))
            })
            .collect();
        let points = |t: usize| {
            spoken
                .iter()
                .any(|key| lexicon.graph.edges[*key].target == t)
        };
        let segment = &mut segments[at];
        segment.names.retain(|c| match c.target {
            // "borrower" is no mere other word for a loan where a key of it says who borrowed.
            Target::Table(t) => {
                let holds = |n: &&RoleName| lexicon.graph.edges[n.key].holder == t;
                let other = c.score <= SYNONYM && is_noun && keys.iter().any(holds);
                points(t) || !other && lexicon.keys_of_name(&said, t).is_empty()
            }
            _ => true,
        });
        // What the key says of its row is no less than what the row says itself; but "painters without a repair" are no others.
        segment
            .values
            .retain(|v| !points(v.column.table) || denied && tells_kind(v.column, lexicon));
    }
}

/// Whether a segment names a table, or a column or a measure of it.
fn speaks_of(segment: &Segment, table: usize, lexicon: &Lexicon) -> bool {
    let of_table = |target: &Target| table_of(lexicon, target) == table;
    let best = segment.names.first().map_or(0.0, |c| c.score);
    let mut names = segment.names.iter();
    names.any(|c| c.score > SURE && c.score + AS_GOOD > best && of_table(&c.target))
}

impl Builder<'_> {
    /// Refuses a statement that speaks of a table by a role and joins it over no key of that role.
    ///
    /// # Errors
    /// 22023, with what is not clear.
    pub(crate) fn refuse_unheld_names(&self) -> Result<()> {
        for (mention, target) in self.frame.mentions.iter().zip(self.targets) {
            let Target::Table(t) = target else {
                continue;
            };
            let keys = self
                .lexicon
                .keys_of_name(&stems(&mention.text.to_lowercase()), *t);
            // "Dentists" where the staff's role is stored so: the value says which are meant.
            let mut others = self.frame.mentions.iter().zip(self.targets);
            if others.any(|(m, t)| m.text == mention.text && matches!(t, Target::Value(..))) {
                continue;
            }
            let held = |key: &usize| self.joined.iter().any(|j| j.edge == *key);
            if !keys.is_empty() && !keys.iter().any(held) {
                return Err(not_understood(format!(
                    "Whose {} is meant is not clear.",
                    mention.text
                )));
            }
        }
        Ok(())
    }
}
