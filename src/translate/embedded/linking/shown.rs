//! What an answer shows or is grouped by.

use super::super::language::ENGLISH;
use super::super::reading::frame::{Dimension, MentionId, Output};
use super::super::schema::lexicon::Target;
use super::super::schema::nature::Nature;
use super::super::sql::build::Builder;
use super::super::time::dates::Unit;
use crate::catalog::model::ColumnRef;
use std::sync::LazyLock;

/// A column that the answer is grouped by or that a row shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shown {
    Column(ColumnRef),
    /// A thing: grouped by its key, shown by its name.
    Thing(usize),
    Time(Unit),
}

/// The stems of phrases.
pub(crate) fn phrases(list: &[String]) -> Vec<Vec<String>> {
    list.iter()
        .map(|phrase| super::super::language::stems(phrase))
        .collect()
}

/// What names a thing by all of its names; see `Lexicon::new`.
pub(crate) static WHOLE_NAMES: LazyLock<Vec<Vec<String>>> =
    LazyLock::new(|| phrases(&ENGLISH.whole_names));

impl Builder<'_> {
    /// What is shown or grouped by, from the outputs and the grouping.
    pub fn shown(&self) -> Vec<Shown> {
        let mut shown: Vec<Shown> = Vec::new();
        let mut push = |s: Shown| {
            if !shown.contains(&s) {
                shown.push(s);
            }
        };
        for dimension in &self.frame.group {
            match dimension {
                Dimension::Time(unit) => push(Shown::Time(*unit)),
                Dimension::Mention(id) => push(self.shown_mention(*id)),
            }
        }
        if self.frame.trend
            && !self
                .frame
                .group
                .iter()
                .any(|d| matches!(d, Dimension::Time(_)))
        {
            push(Shown::Time(Unit::Month));
        }
        for output in &self.frame.outputs {
            if let Output::Plain(id) = output
                && !self.is_calculated_with(*id)
            {
                self.shown_output(*id).into_iter().for_each(&mut push);
            }
        }
        // A thing whose own columns are listed is grouped by its key, but shown by those.
        // "the top 3 customers by sales per country": the country is theirs, and does not stand for them.
        let of_each = self.frame.superlative && self.frame.each;
        let group = |s: &Shown| {
            self.frame
                .group
                .iter()
                .any(|d| matches!(d, Dimension::Mention(m) if self.shown_mention(*m) == *s))
        };
        let columns: Vec<usize> = shown
            .iter()
            .filter(|s| !of_each || !group(s))
            .filter_map(|s| {
                if let Shown::Column(c) = s {
                    Some(c.table)
                } else {
                    None
                }
            })
            .collect();
        // "The city and its mayor" asks for both.
        // A thing without a name of its own, or whose name is listed, is shown by its columns.
        let stood_for = |t: &usize| {
            let display = &self.lexicon.tables[*t].display;
            let name = |c: &usize| {
                shown.contains(&Shown::Column(ColumnRef {
                    table: *t,
                    column: *c,
                }))
            };
            display.iter().all(name)
        };
        let bare: Vec<usize> = columns.iter().copied().filter(stood_for).collect();
        let listed = |t: usize| {
            let named = |m: &MentionId| *self.target(*m) == Target::Table(t);
            self.frame.listed.iter().any(named)
                || self.frame.outputs.iter().any(|o| match o {
                    Output::Plain(m) => self.frame.mentions[*m].of.is_some_and(|of| {
                        *self.target(of) == Target::Table(t)
                            && self.frame.outputs.contains(&Output::Plain(of))
                    }),
                    _ => false,
                })
        };
        if shown.len() > 1 {
            // "Funders, their name and country": the name is shown, once.
            let named = |t: usize| {
                let display = &self.lexicon.tables[t].display;
                let told = |c: &usize| {
                    shown.contains(&Shown::Column(ColumnRef {
                        table: t,
                        column: *c,
                    }))
                };
                display.iter().any(told)
            };
            let named: Vec<usize> = columns.iter().copied().filter(|t| named(*t)).collect();
            let listed = |t: usize| listed(t) && !named.contains(&t);
            let unnamed = |t: usize| self.is_grouped_by(t, &shown);
            let kept: Vec<usize> = columns.iter().copied().filter(|t| unnamed(*t)).collect();
            shown.retain(|s| {
                !matches!(s, Shown::Thing(t) if columns.contains(t) && (!listed(*t) || bare.contains(t)) && !kept.contains(t))
            });
        }
        shown
    }

    /// "For each station, its height and the number of trips", "for each country and airline of it": what is measured is of each of
    /// the things, which the columns beside it do not tell apart.
    fn is_grouped_by(&self, thing: usize, shown: &[Shown]) -> bool {
        let words = &self.lexicon.tables[thing];
        let table = &self.catalog.tables[thing];
        let telling = |c: usize| {
            words.display.contains(&c)
                || table.primary_key.contains(&c)
                || table.unique_keys.iter().any(|key| *key == [c])
        };
        let column =
            |s: &Shown| matches!(s, Shown::Column(c) if c.table == thing && telling(c.column));
        let grouped = |d: &Dimension| matches!(d, Dimension::Mention(m) if *self.target(*m) == Target::Table(thing));
        let of_others = |m: MentionId| self.table(m) != thing;
        let measured = self.frame.outputs.iter().any(|o| match o {
            Output::Plain(_) => false,
            Output::Count { of, .. } | Output::Aggregate { of, .. } => of_others(*of),
        });
        // "the height of each station": no more is asked for.
        let after = |m: MentionId| {
            self.frame
                .group
                .iter()
                .any(|d| matches!(d, Dimension::Mention(g) if *g > m))
        };
        let owned = self.frame.outputs.iter().any(|o| match o {
            Output::Plain(m) => {
                after(*m)
                    && self.frame.mentions[*m]
                        .of
                        .is_some_and(|of| *self.target(of) == Target::Table(thing))
            }
            _ => false,
        });
        measured
            && !owned
            && !words.display.is_empty()
            && self.frame.order.is_none()
            && self.frame.group.iter().any(grouped)
            && !shown.iter().any(column)
    }

    /// A column that names its thing, or is shown of it, is grouped together with the key of the thing.
    pub(crate) fn stands_for_thing(&self, at: ColumnRef) -> bool {
        let frame = self.frame;
        // "for each type" is each type, whoever the types are of.
        let said = |d: &Dimension| matches!(d, Dimension::Mention(m) if *self.target(*m) == Target::Column(at));
        let said = frame.group.iter().any(said) && self.lexicon.nature(at) == Nature::Category;
        let owned = |o: &Output| match o {
            Output::Plain(id) => {
                let of = frame.mentions[*id].of;
                of.is_some_and(|of| *self.target(of) == Target::Table(at.table))
            }
            _ => false,
        };
        let name = self.lexicon.tables[at.table].display.contains(&at.column);
        (name || !said && frame.outputs.iter().any(owned)) && at.table != self.root
    }

    /// "name" of a thing that has a first and a last name.
    fn is_whole_name(&self, id: MentionId, at: ColumnRef) -> bool {
        let words = &self.lexicon.tables[at.table];
        let [first, _] = words.display[..] else {
            return false;
        };
        let said = super::super::language::stems(&self.frame.mentions[id].text.to_lowercase());
        let said = said.strip_prefix(&words.stems[..]).unwrap_or(&said);
        first == at.column && WHOLE_NAMES.iter().any(|name| said == *name)
    }

    /// "The destination" of `destination_id` is the place that the key points at, by its name; where several keys point there, in
    /// the role of this one.
    fn pointed_at(&self, id: MentionId, at: ColumnRef) -> Option<usize> {
        let edges = self.lexicon.graph.edges.iter().enumerate();
        let mut keys = edges.filter(|(_, e)| e.holder == at.table && e.columns == [at.column]);
        let (key, edge) = keys.next()?;
        let text = self.frame.mentions[id].text.to_lowercase();
        let said = super::super::language::stems(&text);
        let words = &self.lexicon.tables[at.table].columns[at.column];
        let (last, role) = words.split_last()?;
        let bare = ENGLISH.keys.contains(last) && said == role;
        let mut roles = self.lexicon.roles.iter();
        let thing = roles
            .find(|r| r.key == key)
            .map_or(edge.target, |r| r.table);
        let named = !self.lexicon.tables[thing].display.is_empty();
        (bare && named && edge.target != at.table).then_some(thing)
    }

    /// What a mention shows that is asked for.
    pub(crate) fn shown_output(&self, id: MentionId) -> Vec<Shown> {
        match self.target(id) {
            Target::Column(c) if self.is_whole_name(id, *c) => {
                let display = self.lexicon.tables[c.table].display.iter();
                let column = |&column: &usize| {
                    Shown::Column(ColumnRef {
                        table: c.table,
                        column,
                    })
                };
                display.map(column).collect()
            }
            Target::Column(c) => match self.pointed_at(id, *c) {
                Some(thing) => vec![Shown::Thing(thing)],
                None => vec![Shown::Column(*c)],
            },
            _ => vec![self.shown_mention(id)],
        }
    }

    pub(crate) fn shown_mention(&self, id: MentionId) -> Shown {
        match self.target(id) {
            // "allergy types" where a column is called like its table.
            Target::Table(t) => match self.namesake(*t) {
                Some(column) => Shown::Column(ColumnRef { table: *t, column }),
                None => Shown::Thing(*t),
            },
            Target::Segment(s) => Shown::Thing(self.lexicon.segments[*s].table),
            Target::Column(c) | Target::Value(c, _) => {
                // The key that points at a thing with a name stands for that thing.
                let key = self
                    .lexicon
                    .graph
                    .edges
                    .iter()
                    .find(|e| e.holder == c.table && e.columns == [c.column]);
                let named = key.is_some_and(|e| !self.lexicon.tables[e.target].display.is_empty());
                let says_id = self.frame.mentions[id]
                    .text
                    .to_lowercase()
                    .split_whitespace()
                    .any(|w| ENGLISH.key_nouns.iter().any(|noun| noun == w));
                // "for each allergy" where the key is the allergy itself.
                let itself = |target: usize| {
                    let table = &self.catalog.tables[target];
                    let words = &self.lexicon.tables[target];
                    let [key] = table.primary_key[..] else {
                        return false;
                    };
                    let own = self.lexicon.nature(ColumnRef {
                        table: target,
                        column: key,
                    });
                    let said =
                        super::super::language::stems(&self.frame.mentions[id].text.to_lowercase());
                    table.columns[key].class == crate::catalog::model::TypeClass::Text
                        && said == words.columns[key]
                        && own != super::super::schema::nature::Nature::Identifier
                };
                match key {
                    Some(edge)
                        if named && !says_id && edge.target != c.table && !itself(edge.target) =>
                    {
                        Shown::Thing(edge.target)
                    }
                    _ => Shown::Column(*c),
                }
            }
            Target::Measure(m) => Shown::Thing(self.lexicon.measures[*m].table),
        }
    }

    pub fn shown_table(&self, shown: &Shown) -> Option<usize> {
        match shown {
            Shown::Column(c) => Some(c.table),
            Shown::Thing(t) => Some(*t),
            Shown::Time(_) => None,
        }
    }
}
