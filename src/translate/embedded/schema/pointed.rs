//! What keys tell of the rows that hold them, read as columns of those rows: the departure date of a shipment whose `departure_date_key`
//! points at a table of days, the origin country of one that has two keys to one table of ports.
//!
//! Invariant: such a column has exactly the value of the one row that its key points at, and none where the key is empty: the statement
//! joins that row by this key alone (`sql::pointed`), so that two roles never share a row, and no row of the holder is lost or counted
//! twice. Of keys to days there is one date each; of several keys to anything else only what the question says the role of is read so
//! ([`keep_said`]): a region that is said without a role stays that of the table itself, and which key is meant is asked about.

use super::super::language::{ENGLISH, Op};
use super::super::linking::resolve::table_of;
use super::super::mentions::annotate::{Segment, WHOLE};
use super::super::reading::directions::{self, Direction};
use super::joins::{Edge, Graph};
use super::lexicon::{Candidate, Lexicon, Target};
use super::names::{Splitter, root};
use super::nature::{self, Nature};
use super::undeclared::Proof;
use crate::catalog::model::{Catalog, Column, ColumnRef, Over, Part, StoredValue, Table, Values};
use crate::question::tokens::{Token, stem};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

/// A catalog has no more such columns.
const MOST_COLUMNS: usize = 256;
/// Between a preposition and the value that it leads to stand at most so many words: "from ports in Asia".
const FARTHEST: usize = 4;

/// The columns that are read so.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pointed {
    columns: BTreeMap<ColumnRef, Told>,
}

/// What such a column tells.
#[derive(Clone, Debug)]
struct Told {
    /// The column that it is in the table that the key points at.
    base: ColumnRef,
    /// The stems of the role; empty for a date, which is one of the rows whether or not its role is said.
    role: Vec<String>,
    /// Whether the row comes from there or goes there, as far as the role says it.
    way: Option<Direction>,
    /// The key.
    key: usize,
}

/// Whether a key of a table tells a day of its rows.
pub(super) fn tells_day(table: &Table, key: usize) -> bool {
    let key = &table.columns[key].name;
    let of_key = |column: &Column| match &column.part {
        Some(Part::Pointed { over, .. }) => over.on.iter().any(|(_, own)| own == key),
        _ => false,
    };
    let mut told = table.columns.iter().filter(|column| of_key(column));
    told.any(|column| nature::is_date(column.class))
}

/// What happened on the day that a key tells: "departure" of the departure date.
pub(super) fn happened(column: &Column, stems: &[String]) -> Option<Vec<String>> {
    let day = matches!(column.part, Some(Part::Pointed { .. })) && nature::is_date(column.class);
    let (last, happened) = stems.split_last()?;
    let dated = ENGLISH.date_words.contains(last) && !happened.is_empty();
    (day && dated).then(|| happened.to_vec())
}

impl Lexicon {
    /// Whether any column is.
    pub(crate) fn has_pointed(&self) -> bool {
        !self.pointed.columns.is_empty()
    }

    /// Whether a column is one of what a key points at.
    pub(crate) fn is_pointed(&self, at: ColumnRef) -> bool {
        self.pointed.columns.contains_key(&at)
    }
}

/// Adds the columns to a catalog, after those that are declared. Gives the keys of the catalog as well, which are the same with them.
pub(crate) fn add(catalog: &mut Cow<Catalog>) -> (Pointed, Graph) {
    let splitter = Splitter::new(catalog);
    let graph = Graph::new(catalog, &splitter);
    let mut pointed = Pointed::default();
    let mut found: Vec<(ColumnRef, Column, Told)> = Vec::new();
    for holder in 0..catalog.tables.len() {
        let held = graph.of(holder).map(|(_, edge)| edge);
        let keys: Vec<&Edge> = held.filter(|edge| tells(edge, holder)).collect();
        let own = &catalog.tables[holder].columns;
        let mut names: HashSet<Vec<String>> = own.iter().map(|c| splitter.stems(&c.name)).collect();
        let mut free = own.len();
        for edge in &keys {
            let beside = keys.iter().filter(|e| e.target == edge.target);
            let others: Vec<&&Edge> = beside.filter(|e| e.columns != edge.columns).collect();
            let alone = others.is_empty();
            // What is not where it comes from is where it goes.
            let way = directions::of_name(&edge.role).or_else(|| match others[..] {
                [other] => directions::of_name(&other.role).map(|way| 1 - way),
                _ => None,
            });
            for (name, base, role) in told_by(edge, alone, catalog, &graph, &splitter) {
                // What the rows hold themselves is nearer.
                if found.len() == MOST_COLUMNS || !names.insert(splitter.stems(&name)) {
                    continue;
                }
                let at = ColumnRef {
                    table: holder,
                    column: free,
                };
                free += 1;
                found.push((
                    at,
                    column(name, edge, base, catalog),
                    Told {
                        base,
                        role,
                        way,
                        key: edge.columns[0],
                    },
                ));
            }
        }
    }
    for (at, column, told) in found {
        catalog.to_mut().tables[at.table].columns.push(column);
        pointed.columns.insert(at, told);
    }
    (pointed, graph)
}

/// A key of one column to another table, which is no guess.
fn tells(edge: &Edge, holder: usize) -> bool {
    edge.holder == holder
        && edge.target != holder
        && edge.columns.len() == 1
        && edge.proof != Proof::Alike
}

/// The columns that a key tells of, with what they are called and the role that must be said.
fn told_by(
    edge: &Edge,
    alone: bool,
    catalog: &Catalog,
    graph: &Graph,
    splitter: &Splitter,
) -> Vec<(String, ColumnRef, Vec<String>)> {
    let table = edge.target;
    let key = &catalog.tables[edge.holder].columns[edge.columns[0]];
    let mut words = splitter.words(&key.name);
    while words.len() > 1 && words.last().is_some_and(|word| is_key_word(word)) {
        words.pop();
    }
    if let Some(column) = day_of(table, catalog, graph, splitter) {
        if alone && edge.role.is_empty() {
            return Vec::new();
        }
        if !words
            .last()
            .is_some_and(|last| ENGLISH.date_words.contains(&stem(last)))
        {
            words.extend(ENGLISH.date_nouns.first().cloned());
        }
        return vec![(words.join("_"), ColumnRef { table, column }, Vec::new())];
    }
    if alone || edge.role.is_empty() {
        return Vec::new();
    }
    let role = match &edge.called[..] {
        [] => &words[..edge.role.len().min(words.len())],
        called => called,
    };
    let thing = splitter.thing(&catalog.tables[table].name);
    let named = |column: usize| {
        let mut words = splitter.words(&catalog.tables[table].columns[column].name);
        let stems: Vec<String> = words.iter().map(|word| stem(word)).collect();
        if stems.len() > thing.len() && stems.starts_with(&thing) {
            words.drain(..thing.len());
        }
        let name = [role, &words].concat().join("_");
        (name, ColumnRef { table, column }, edge.role.clone())
    };
    let kinds = kinds(table, catalog, graph, splitter);
    kinds.into_iter().map(named).collect()
}

/// The texts of a table that tell kinds of its things, and neither name them nor point at others.
fn kinds(table: usize, catalog: &Catalog, graph: &Graph, splitter: &Splitter) -> Vec<usize> {
    let own = &catalog.tables[table];
    let display = nature::display_columns(own, splitter);
    let key = |c: usize| {
        let mut held = graph.of(table).filter(|(_, e)| e.holder == table);
        let unique = own.unique_keys.iter().any(|key| key[..] == [c]);
        unique || own.primary_key.contains(&c) || held.any(|(_, e)| e.columns.contains(&c))
    };
    let kind = |c: &usize| {
        let column = &own.columns[*c];
        Lexicon::is_textual(column.class)
            && column.part.is_none()
            && nature::nature(own, *c, splitter) == Nature::Category
            && !display.contains(c)
            && !key(*c)
    };
    (0..own.columns.len()).filter(kind).collect()
}

/// The day that each row of a table of days is: its only date, or the only one that is unique.
fn day_of(table: usize, catalog: &Catalog, graph: &Graph, splitter: &Splitter) -> Option<usize> {
    let own = &catalog.tables[table];
    let held = graph.of(table).any(|(_, edge)| edge.holder == table);
    let day = |stem: &String| ENGLISH.time_words.contains(stem);
    let named = splitter.thing(&own.name).iter().all(day);
    let part = |column: &&Column| {
        let stems = splitter.stems(&column.name);
        stems
            .iter()
            .any(|stem| ENGLISH.calendar_words.contains(stem))
    };
    if held || !named && own.columns.iter().filter(part).count() < 3 {
        return None;
    }
    let dates = (0..own.columns.len()).filter(|c| nature::is_date(own.columns[*c].class));
    let dates: Vec<usize> = dates.filter(|c| own.columns[*c].part.is_none()).collect();
    let unique = |c: &&usize| own.unique_keys.iter().any(|key| key[..] == [**c]);
    let mut only = dates.iter().filter(unique);
    match (&dates[..], only.next(), only.next()) {
        ([date], ..) => Some(*date),
        (_, Some(date), None) => Some(*date),
        _ => None,
    }
}

fn is_key_word(word: &str) -> bool {
    ENGLISH.id_words.iter().any(|id| id == word) || ENGLISH.keys.contains(&stem(word))
}

/// A column of what a key points at, as one of the rows that hold the key.
fn column(name: String, edge: &Edge, base: ColumnRef, catalog: &Catalog) -> Column {
    let target = &catalog.tables[edge.target];
    let theirs = &target.columns[edge.target_columns[0]].name;
    let own = &catalog.tables[edge.holder].columns[edge.columns[0]].name;
    let there = catalog.column(base);
    Column {
        number: 0,
        name,
        not_null: there.not_null && !edge.nullable && edge.proof == Proof::Declared,
        comment: None,
        // A share of the rows there is none of the rows here.
        distinct: there.distinct.filter(|distinct| *distinct > 0.0),
        part: Some(Part::Pointed {
            over: Over {
                schema: target.schema.clone(),
                table: target.name.clone(),
                on: vec![(theirs.clone(), own.clone())],
                first: false,
            },
            column: there.name.clone(),
            always: !edge.nullable && edge.proof == Proof::Declared,
        }),
        ..there.clone()
    }
}

/// Leaves of the columns with a role, and of their values, those whose role the question says.
pub(crate) fn keep_said(segments: &mut [Segment], tokens: &[Token], lexicon: &Lexicon) {
    let columns = &lexicon.pointed.columns;
    if columns.is_empty() {
        return;
    }
    let roots: Vec<String> = tokens.iter().map(|t| root(&t.stem)).collect();
    let courses: Vec<Option<Direction>> = tokens.iter().map(course).collect();
    // A value does not say its own role: "captains" of crew who are that.
    let says = |told: &Told, but: Range<usize>| {
        let others = || (0..tokens.len()).filter(|t| !but.contains(t));
        let heads = told.way.is_some() && others().any(|t| courses[t] == told.way);
        let said = |stem: &String| others().any(|t| roots[t] == root(stem));
        heads || told.role.iter().all(said)
    };
    let told = |at: &ColumnRef| columns.get(at).filter(|told| !told.role.is_empty());
    let mut value_before = 0;
    for at in 0..segments.len() {
        let segment = &mut segments[at];
        let stems = tokens[segment.first..segment.last].iter().map(|t| &t.stem);
        let stems: Vec<&String> = stems.collect();
        // "Destination" says which port, and nothing of it.
        let more = |role: &[String]| stems.iter().any(|stem| !role.contains(stem));
        segment.names.retain(|name| match &name.target {
            Target::Column(at) => told(at).is_none_or(|told| says(told, 0..0) && more(&told.role)),
            _ => true,
        });
        leave_keys(segment, columns);
        be_verb(segment, tokens, lexicon);
        let own = segment.first..segment.last;
        let from = value_before.max(segment.first.saturating_sub(FARTHEST));
        let led = (from..segment.first).rev().find_map(|t| {
            let way = course(&tokens[t]).or_else(|| preposition(&tokens[t]))?;
            Some((t, way))
        });
        for values in [&mut segment.values, &mut segment.last_names] {
            values.retain(|value| {
                told(&value.column).is_none_or(|told| match (led, told.way) {
                    (Some((_, led)), Some(way)) => led == way,
                    _ => says(told, own.clone()),
                })
            });
        }
        if segment.values.is_empty() {
            continue;
        }
        value_before = segment.last;
        if let Some((lead, _)) = led
            && let Some(other) = beside_others(segments, lead)
        {
            let tied = |at: &ColumnRef| {
                let mut held = lexicon.graph.of(other);
                at.table == other || held.any(|(_, e)| e.holder == other && e.target == at.table)
            };
            let values = &mut segments[at].values;
            values.retain(|v| !columns.contains_key(&v.column) || tied(&v.column));
        }
        let values = &segments[at].values;
        let told = values.iter().find_map(|v| columns.get(&v.column));
        if let (Some(told), Some((lead, way))) = (told, led)
            && told.way == Some(way)
        {
            say_by_way(segments, at, lead, lexicon);
        }
    }
}

/// "Booked on a weekend" says what was done, and is no name of a date as "booking" is.
fn be_verb(segment: &mut Segment, tokens: &[Token], lexicon: &Lexicon) {
    /// How well a verb stands for the date that it is of.
    const OF_VERB: f32 = 0.6;
    let [word] = &tokens[segment.first..segment.last] else {
        return;
    };
    let is_day = |c: &Candidate| matches!(c.target, Target::Column(at) if lexicon.is_pointed(at));
    if !ENGLISH.ends_as_verb(&word.lower) || !segment.names.iter().any(is_day) {
        return;
    }
    for name in segment.names.iter_mut().filter(|c| is_day(c)) {
        name.score = name.score.min(OF_VERB);
    }
    segment.names.sort_by(|a, b| b.score.total_cmp(&a.score));
    if segment.ops.is_empty() && segment.names.iter().all(|c| c.score <= OF_VERB) {
        segment.ops.push(Op::Link);
    }
}

/// "Departure" is the day, and no part of the name of its key.
fn leave_keys(segment: &mut Segment, columns: &BTreeMap<ColumnRef, Told>) {
    let days = segment.names.iter().filter_map(|name| match name.target {
        Target::Column(at) => Some(ColumnRef {
            column: columns.get(&at)?.key,
            ..at
        }),
        _ => None,
    });
    let keys: Vec<ColumnRef> = days.collect();
    segment.names.retain(|name| match name.target {
        Target::Column(at) => name.score >= WHOLE || !keys.contains(&at),
        _ => true,
    });
}

/// "*passengers* from Austria with flights": the table of the noun right before a preposition.
fn beside_others(segments: &[Segment], lead: usize) -> Option<usize> {
    let before = segments.iter().find(|s| s.last == lead)?;
    match before.names.first() {
        Some(name) if name.score >= WHOLE => match name.target {
            Target::Table(table) => Some(table),
            _ => None,
        },
        _ => None,
    }
}

/// "shipments from *ports in* Asia", "to *Asian* ports": where the things are spoken of that a value says the way of, it is said of them, and
/// the noun of the table that the value is one of says no more.
fn say_by_way(segments: &mut [Segment], at: usize, lead: usize, lexicon: &Lexicon) {
    let columns = &lexicon.pointed.columns;
    let speaks = |table: usize| {
        let named = |s: &Segment| {
            s.names
                .first()
                .is_some_and(|c| c.score >= WHOLE && table_of(lexicon, &c.target) == table)
        };
        let beside = beside_others(segments, lead);
        let tied = |other: usize| {
            let mut held = lexicon.graph.of(other);
            held.any(|(_, e)| e.holder == other && e.target == table)
        };
        segments.iter().any(named) || beside.is_some_and(tied)
    };
    let ways = segments[at]
        .values
        .iter()
        .filter(|v| columns.contains_key(&v.column) && speaks(v.column.table));
    let bases: Vec<ColumnRef> = ways.map(|v| columns[&v.column].base).collect();
    let Some(first) = bases.first() else { return };
    let noun = |s: &Segment| {
        let named = s.names.first();
        named.is_some_and(|c| c.target == Target::Table(first.table) && c.score >= WHOLE)
    };
    let small = |s: &Segment| s.is(Op::Preposition) || s.is(Op::Filler);
    let from = segments.partition_point(|s| s.first <= lead);
    let between = from..at;
    let nouns = segments[between.clone()].iter().filter(|s| noun(s)).count();
    let mut said = Vec::new();
    if nouns == 1
        && segments[between.clone()]
            .iter()
            .all(|s| noun(s) || small(s))
    {
        said.extend(between);
    } else if nouns == 0 && segments.get(at + 1).is_some_and(noun) {
        said.push(at + 1);
    }
    segments[at].values.retain(|v| !bases.contains(&v.column));
    for place in said {
        segments[place].names.clear();
        segments[place].ops = vec![Op::Filler];
    }
}

/// The direction that a verb or a noun says.
fn course(token: &Token) -> Option<Direction> {
    let said = ENGLISH.is_course(token);
    said.then(|| directions::of_name(std::slice::from_ref(&token.stem)))?
}

fn preposition(token: &Token) -> Option<Direction> {
    let said = ENGLISH.is_direction(&token.lower);
    said.then(|| directions::of_name(std::slice::from_ref(&token.lower)))?
}

/// Stored values, where those of such a column are those of what its key points at.
pub(crate) struct WithPointed<'a> {
    pub values: &'a dyn Values,
    pub pointed: &'a Pointed,
}

impl WithPointed<'_> {
    fn base(&self, at: ColumnRef) -> ColumnRef {
        self.pointed.columns.get(&at).map_or(at, |told| told.base)
    }
}

impl Values for WithPointed<'_> {
    fn look_up(&self, phrases: &[String], within: Option<&[ColumnRef]>) -> Vec<Vec<StoredValue>> {
        if self.pointed.columns.is_empty() {
            return self.values.look_up(phrases, within);
        }
        let bases: Option<Vec<ColumnRef>> =
            within.map(|within| within.iter().map(|at| self.base(*at)).collect());
        let mut found = self.values.look_up(phrases, bases.as_deref());
        let wanted = |at: &ColumnRef| within.is_none_or(|within| within.contains(at));
        for values in &mut found {
            let told = values.iter().flat_map(|value| {
                let columns = self.pointed.columns.iter();
                let columns = columns.filter(|(_, told)| told.base == value.column);
                columns.map(|(at, _)| StoredValue {
                    column: *at,
                    ..value.clone()
                })
            });
            let told: Vec<StoredValue> = told.collect();
            values.extend(told);
            values.retain(|value| wanted(&value.column));
        }
        found
    }

    fn common(&self, column: ColumnRef, limit: usize) -> Vec<String> {
        self.values.common(self.base(column), limit)
    }

    fn documents(&self, column: ColumnRef, limit: usize) -> Vec<String> {
        self.values.documents(self.base(column), limit)
    }

    /// Rows that share what they point at share what it tells.
    fn all_different(&self, column: ColumnRef) -> bool {
        !self.pointed.columns.contains_key(&column) && self.values.all_different(column)
    }

    fn is_closed(&self, column: ColumnRef) -> bool {
        self.values.is_closed(self.base(column))
    }
}
