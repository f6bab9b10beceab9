//! One table in several roles: employees and the employees who manage them, the home team and the away team of a match.
//!
//! A key that points at its own table, or one of several that lead from one table to another, makes a *role*: a copy of the table that it
//! points at, which that key alone leads to. Where a question names the role, the copy is meant, and the table is joined once for each role.
//!
//! Invariant: a copy stands in a statement only together with the join over its key. A statement with the rows of a copy alone would speak
//! of all rows of the table.

use super::super::language::wordclass::is_functional;
use super::super::language::{ENGLISH, stems};
use super::super::linking::resolve::table_of;
use super::super::reading::frame::{Condition, Dimension, Frame, MentionId, Output};
use super::super::sql::build::{Builder, not_understood};
use super::joins::{Edge, Graph};
use super::lexicon::{Lexicon, TableWords, Target};
use super::names::pieces;
use crate::catalog::model::{Catalog, ColumnRef, StoredValue, Values};
use crate::error::Result;
use crate::question::tokens::{stem, tokenize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// A catalog has no more copies.
const MOST_ROLES: usize = 256;
/// How well the name of a role stands for a table.
const NAME: f32 = 0.96;

/// A table as what a key points at.
#[derive(Clone, Debug)]
pub struct RoleTable {
    /// The copy, and the table that it is a copy of: indexes into the tables of the catalog.
    pub table: usize,
    pub base: usize,
    /// The key as it is, and as it leads to the copy: indexes into the edges of the graph.
    pub key: usize,
    pub edge: usize,
    /// The copy that holds the key, for what is one key further: the country of the origin.
    pub through: Option<usize>,
    /// What the role is called: "manager", "home team".
    pub label: String,
    /// The last words of its nouns.
    pub nouns: Vec<String>,
    /// What is said of a thing before what is this to it: "reports to".
    pub said: Vec<Vec<String>>,
}

/// Adds a copy for each role to a catalog and to its lexicon.
pub(crate) fn add_copies(lexicon: &mut Lexicon, catalog: &mut Cow<Catalog>) {
    let keys = keys_with_roles(lexicon);
    if keys.is_empty() {
        return;
    }
    let with_copies = catalog.to_mut();
    for key in keys {
        let edge = lexicon.graph.edges[key].clone();
        let (base, table) = (edge.target, with_copies.tables.len());
        let mut words = pieces(&with_copies.tables[edge.holder].columns[edge.columns[0]].name);
        while words.len() > 1 && words.last().is_some_and(|w| is_key_word(w)) {
            words.pop();
        }
        if !edge.called.is_empty() {
            words.clone_from(&edge.called);
        }
        let mut label = words.join(" ");
        let mut copy = with_copies.tables[base].clone();
        copy.foreign_keys.clear();
        with_copies.tables.push(copy);
        let own = lexicon.tables[base].clone();
        let whole = [&edge.role[..], &own.stems].concat();
        let column = &lexicon.tables[edge.holder].columns[edge.columns[0]];
        let mut names = vec![whole.clone()];
        let mut nouns = Vec::new();
        // "home" of `home_team_id` is no noun by itself, while the parent of a category is one.
        let noun = !column.starts_with(&whole) || edge.holder == base;
        let group = ENGLISH.roles.iter().find(|(nouns, said)| {
            let called = |phrase: &String| stems(phrase) == edge.role;
            nouns.iter().chain(said).any(called)
        });
        let verb = group.is_some_and(|(nouns, _)| nouns.iter().all(|n| stems(n) != edge.role));
        if let Some((of_group, _)) = group {
            names.extend(of_group.iter().map(|noun| stems(noun)));
            nouns.extend(of_group.iter().cloned());
        }
        if verb && let Some((nouns, _)) = group {
            label.clone_from(&nouns[0]);
        } else if noun && !edge.role.last().is_some_and(|w| ENGLISH.is_direction(w)) {
            names.push(edge.role.clone());
            nouns.extend(
                words
                    .last()
                    .map(|word| match ENGLISH.abbreviations.get(word) {
                        Some(long) => long.last().unwrap_or(word).clone(),
                        None => word.clone(),
                    }),
            );
        }
        let place = lexicon.roles.len();
        for name in names {
            let meanings = lexicon.by_role.entry(name.join(" ")).or_default();
            if !meanings.contains(&place) {
                meanings.push(place);
            }
        }
        let said = group.map_or(&[][..], |(_, said)| said).iter().cloned();
        // `approved_by`, `assigned_to`
        let leads_on = words.len() > 1 && words.last().is_some_and(|word| leads_on(word));
        let said = said.chain(leads_on.then(|| words.join(" ")));
        let said = said.map(|phrase| phrase.split(' ').map(str::to_owned).collect());
        lexicon.tables.push(TableWords {
            stems: stems(&label),
            ..own
        });
        lexicon.roles.push(RoleTable {
            table,
            base,
            key,
            edge: lexicon.graph.copy_target(key, table),
            through: None,
            label,
            nouns,
            said: said.collect(),
        });
    }
    add_further(lexicon, with_copies);
}

/// Adds what the two ends of something point at: the origin country of a shipment whose origin is a place with a country.
fn add_further(lexicon: &mut Lexicon, with_copies: &mut Catalog) {
    for place in 0..lexicon.roles.len() {
        let near = lexicon.roles[place].clone();
        let key = lexicon.graph.edges[near.key].clone();
        if lexicon.has_other_end(near.key) {
            continue;
        }
        let on: Vec<usize> = lexicon
            .graph
            .of(near.table)
            .filter(|(_, e)| e.holder == near.table && e.columns.len() == 1 && e.role.is_empty())
            .filter(|(_, e)| e.target != key.holder)
            .map(|(id, _)| id)
            .collect();
        for key_of_copy in on {
            if lexicon.roles.len() == MOST_ROLES {
                return;
            }
            let base = lexicon.graph.edges[key_of_copy].target;
            let table = with_copies.tables.len();
            let mut copy = with_copies.tables[base].clone();
            copy.foreign_keys.clear();
            with_copies.tables.push(copy);
            let own = lexicon.tables[base].clone();
            let name = [&key.role[..], &own.stems].concat();
            // The words are to be found together, whether or not the role is meant.
            lexicon.add(Target::Table(base), name.clone(), NAME);
            let meanings = lexicon.by_role.entry(name.join(" ")).or_default();
            meanings.push(lexicon.roles.len());
            let further = with_copies.tables[base].name.to_lowercase();
            let further = super::super::sql::measures::singular(&further).replace('_', " ");
            let label = format!("{} {further}", near.label);
            lexicon.tables.push(TableWords { stems: name, ..own });
            lexicon.roles.push(RoleTable {
                table,
                base,
                key: key_of_copy,
                edge: lexicon.graph.copy_target(key_of_copy, table),
                through: Some(near.table),
                label,
                nouns: Vec::new(),
                said: Vec::new(),
            });
        }
    }
}

/// A word after which somebody or something is named: "by", "to".
fn leads_on(word: &str) -> bool {
    tokenize(word).first().is_some_and(is_functional)
}

fn is_key_word(word: &str) -> bool {
    ENGLISH.id_words.iter().any(|id| id == word) || ENGLISH.keys.contains(&stem(word))
}

/// The keys that give what they point at a name, where there is another way to the same table: of one column, with a role.
fn keys_with_roles(lexicon: &Lexicon) -> Vec<usize> {
    let graph: &Graph = &lexicon.graph;
    let several: BTreeSet<usize> = graph.parallel.iter().flatten().copied().collect();
    let own = (0..graph.edges.len()).filter(|id| {
        let edge = &graph.edges[*id];
        let role = edge.columns.len() == 1 && !edge.role.is_empty();
        // A key that is called like a third table was not meant for this one.
        let third =
            |t: usize| t != edge.holder && t != edge.target && lexicon.tables[t].stems == edge.role;
        role && !(0..lexicon.tables.len()).any(third)
            && (edge.holder == edge.target || several.contains(id))
    });
    own.take(MOST_ROLES).collect()
}

impl Lexicon {
    /// Whether a table is a copy for a role that things of the other have: the manager of an employee, the prerequisite of a course.
    pub(crate) fn is_role_of(&self, copy: usize, owner: usize) -> bool {
        self.role(copy).is_some_and(|role| {
            self.holder(role) == owner || role.base == owner && self.has_other_end(role.key)
        })
    }

    /// Whether a key has two ends in one table: it points at its own, or from a table that points at it by one other key, which says no
    /// role.
    pub(crate) fn has_other_end(&self, key: usize) -> bool {
        let edges = &self.graph.edges;
        let own = &edges[key];
        let plain = |id: &usize| edges[*id].role.is_empty() && *id != key;
        own.holder == own.target
            || self.graph.parallel.iter().any(|several| {
                several.len() == 2 && several.contains(&key) && several.iter().any(plain)
            })
    }

    /// Whether a table is a copy for a role that rows of the other name, or name as well: the two ports of one voyage.
    pub(crate) fn is_role_beside(&self, copy: usize, other: usize) -> bool {
        self.role(copy).is_some_and(|role| {
            let (holder, beside) = (self.holder(role), self.role(other));
            holder == other || beside.is_some_and(|b| self.holder(b) == holder)
        })
    }

    /// The table of the things that have a role.
    pub(crate) fn holder(&self, role: &RoleTable) -> usize {
        let holder = self.graph.edges[role.key].holder;
        match self.role(holder) {
            Some(through) => self.graph.edges[through.key].holder,
            None => holder,
        }
    }

    /// The copy that a role stands behind, if there is one.
    pub(crate) fn behind(&self, role: &RoleTable) -> Option<&RoleTable> {
        self.role(role.through?)
    }

    /// The role that a table is a copy for; `None` for a table of the catalog itself.
    pub fn role(&self, table: usize) -> Option<&RoleTable> {
        let first = self.roles.first()?.table;
        self.roles.get(table.checked_sub(first)?)
    }
}

impl Graph {
    /// Adds a copy of the table that a key points at: the key leads to it, and the keys that the table holds lead on from it. Gives
    /// the edge to the copy.
    pub(crate) fn copy_target(&mut self, key: usize, copy: usize) -> usize {
        let base = self.edges[key].target;
        let on: Vec<usize> = self.by_table[base]
            .iter()
            .copied()
            .filter(|&id| self.edges[id].holder == base && self.edges[id].target != base)
            .collect();
        self.by_table.resize(copy + 1, Vec::new());
        let to = Edge {
            target: copy,
            ..self.edges[key].clone()
        };
        let edge = self.edges.len();
        self.by_table[copy].push(edge);
        self.to_copies.entry(to.holder).or_default().push(edge);
        self.edges.push(to);
        let mut beside: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for id in on {
            let from = Edge {
                holder: copy,
                ..self.edges[id].clone()
            };
            let id = self.edges.len();
            self.by_table[copy].push(id);
            self.to_copies.entry(from.target).or_default().push(id);
            beside.entry(from.target).or_default().push(id);
            self.edges.push(from);
        }
        self.parallel
            .extend(beside.into_values().filter(|several| several.len() > 1));
        edge
    }

    /// The edges that lead on from a copy as these keys do from the table that it is a copy of.
    pub fn copies_of(&self, keys: &[usize], base: usize, copy: usize) -> Vec<usize> {
        let held: Vec<&Edge> = keys.iter().map(|&id| &self.edges[id]).collect();
        let same = |e: &Edge| {
            let twin = |k: &&Edge| k.holder == base && k.target == e.target;
            held.iter().any(|k| twin(k) && k.columns == e.columns)
        };
        let on = self.of(copy).filter(|(_, e)| e.holder == copy && same(e));
        on.map(|(id, _)| id).collect()
    }

    /// The keys of the catalog itself, without those to and from copies.
    pub fn declared(&self) -> impl Iterator<Item = &Edge> {
        let own = |e: &&Edge| e.holder < self.tables && e.target < self.tables;
        self.edges.iter().filter(own)
    }
}

impl Builder<'_> {
    /// Adds the roles that a question names to the tree, so that what is said of one is joined to it: "whose manager works in Sales".
    pub(crate) fn reach_roles(&mut self) -> Result<()> {
        for target in self.targets {
            let table = table_of(self.lexicon, target);
            if self.lexicon.role(table).is_some() {
                self.reach(table)?;
            }
        }
        Ok(())
    }

    /// Refuses a statement with a copy that the key of its role does not lead to.
    pub(crate) fn refuse_loose_roles(&self) -> Result<()> {
        let roles = self.targets.iter();
        let mut roles = roles.filter_map(|t| self.lexicon.role(table_of(self.lexicon, t)));
        match roles.find(|role| !self.joined.iter().any(|j| j.edge == role.edge)) {
            Some(role) => Err(not_understood(format!(
                "Whose {} is meant is not clear.",
                role.label
            ))),
            None => Ok(()),
        }
    }
}

/// Stored values, where those of a copy are those of the table that it is a copy of.
pub(crate) struct OfCopies<'a> {
    pub values: &'a dyn Values,
    pub lexicon: &'a Lexicon,
}

impl OfCopies<'_> {
    fn base(&self, at: ColumnRef) -> ColumnRef {
        let table = self.lexicon.role(at.table).map_or(at.table, |r| r.base);
        ColumnRef { table, ..at }
    }
}

impl Values for OfCopies<'_> {
    fn look_up(&self, phrases: &[String], within: Option<&[ColumnRef]>) -> Vec<Vec<StoredValue>> {
        let within: Option<Vec<ColumnRef>> =
            within.map(|within| within.iter().map(|at| self.base(*at)).collect());
        self.values.look_up(phrases, within.as_deref())
    }

    fn common(&self, column: ColumnRef, limit: usize) -> Vec<String> {
        self.values.common(self.base(column), limit)
    }

    fn is_closed(&self, column: ColumnRef) -> bool {
        self.values.is_closed(self.base(column))
    }
}

/// Says of a frame what its roles are to the things beside them: whose rows are asked for, and what is to be shown.
pub(crate) fn settle_roles(frame: &mut Frame, lexicon: &Lexicon) {
    let role = |frame: &Frame, id: MentionId| {
        let best = frame.mentions[id].candidates.first();
        best.and_then(|c| match c.target {
            Target::Table(t) => lexicon.role(t),
            _ => None,
        })
    };
    let plain = frame.outputs.iter().all(|o| matches!(o, Output::Plain(_)));
    for id in 0..frame.mentions.len() {
        let Some(own) = role(frame, id) else {
            continue;
        };
        let key = &lexicon.graph.edges[own.key];
        // "who does each employee report to": the employees are told with it.
        let grouped = frame.group.iter().find_map(|d| match d {
            Dimension::Mention(m) if *m != id && frame.each => Some(*m),
            _ => None,
        });
        let owner = frame.mentions[id].of.filter(|_| frame.each).or(grouped);
        let is_holder = |m: &MentionId| {
            let best = frame.mentions[*m].candidates.first();
            best.is_some_and(|c| c.target == Target::Table(lexicon.holder(own)))
        };
        if let Some(owner) = owner.filter(is_holder)
            && frame.outputs == [Output::Plain(id)]
            && !frame.superlative
        {
            frame.head = Some(owner);
            frame.outputs.insert(0, Output::Plain(owner));
            frame
                .group
                .retain(|d| *d != Dimension::Mention(id) && *d != Dimension::Mention(owner));
            frame.each &= !frame.group.is_empty();
        }
        // "the name of each employee's manager": for each of the employees.
        if let Some(owner) = frame.mentions[id].of
            && plain
            && frame.head.is_none_or(|head| head == id)
            && !frame.superlative
        {
            frame.head = Some(owner);
            frame.group.retain(|d| *d != Dimension::Mention(id));
            frame.each &= !frame.group.is_empty();
        }
        let related = Condition::Related {
            to: id,
            negated: false,
            inside: Vec::new(),
        };
        let Some(place) = frame.conditions.iter().position(|c| *c == related) else {
            continue;
        };
        let owns = |o: &Output| match o {
            Output::Plain(m) | Output::Aggregate { of: m, .. } => frame.mentions[*m].of == Some(id),
            Output::Count { .. } => false,
        };
        if frame.outputs.iter().any(owns) {
            frame.conditions.remove(place);
        } else if plain && !key.nullable && !frame.outputs.is_empty() && frame.group.is_empty() {
            // "shipments with origin and destination": each has one, so that it is to be shown.
            frame.conditions.remove(place);
            frame.outputs.push(Output::Plain(id));
        }
    }
}
