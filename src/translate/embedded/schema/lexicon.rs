//! The names of a catalog, indexed by the stems of their words.
//!
//! Made once per catalog and kept as long as it; looking a phrase up costs a few hash probes, however many tables there are.

use super::super::language::ENGLISH;
use super::super::language::spelling::Spelling;
use super::joins::Graph;
use super::names::Splitter;
use super::nature::{self, Nature};
use crate::catalog::model::{Catalog, ColumnRef, TableKind};
use crate::question::tokens::stem;
use std::collections::{BTreeSet, HashMap};

/// What a name stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    Table(usize),
    Column(ColumnRef),
    /// Index into [`Lexicon::measures`].
    Measure(usize),
    /// A stored value of a column.
    Value(ColumnRef, String),
    /// Index into [`Lexicon::segments`].
    Segment(usize),
}

/// A meaning of a phrase with its score, 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub target: Target,
    pub score: f32,
}

/// Arithmetic over the columns of one table.
#[derive(Clone, Debug, PartialEq)]
pub enum Formula {
    Column(ColumnRef),
    Number(String),
    Binary(Box<Formula>, char, Box<Formula>),
    /// A metric: an aggregate as an administrator wrote it, its columns by their bare names.
    Defined(Box<sqlparser::ast::Expr>),
}

/// A measure that follows from columns of one table.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    pub name: String,
    pub table: usize,
    pub formula: Formula,
    /// For a ratio: what the sum of `formula` is divided by, summed.
    pub denominator: Option<Formula>,
}

/// A named condition on the rows of one table.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    pub name: String,
    pub table: usize,
    /// The columns that it looks at, in the order of the table.
    pub columns: Vec<usize>,
    /// As an administrator wrote it, its columns by their bare names.
    pub predicate: sqlparser::ast::Expr,
    /// For a state (`states.rs`): whether a comment tells what it is, and not only the name of a column.
    pub told: Option<bool>,
}

#[derive(Clone, Debug)]
struct Name {
    target: Target,
    stems: Vec<String>,
    score: f32,
}

/// What is known of a table besides the catalog.
#[derive(Clone, Debug, Default)]
pub struct TableWords {
    pub stems: Vec<String>,
    pub display: Vec<usize>,
    pub natures: Vec<Nature>,
    /// The stems of each column's name.
    pub columns: Vec<Vec<String>>,
}

/// The words by which a question may name the tables and columns of one catalog. Made once per catalog.
#[derive(Debug, Default)]
pub struct Lexicon {
    fingerprint: u64,
    names: Vec<Name>,
    by_phrase: HashMap<String, Vec<u32>>,
    by_stem: HashMap<String, Vec<u32>>,
    /// Names by the roots of their only or first words.
    by_root: HashMap<String, Vec<u32>>,
    pub measures: Vec<Measure>,
    pub tables: Vec<TableWords>,
    /// Conditions that administrators have named.
    pub segments: Vec<Segment>,
    /// What the keys of jsonb columns hold that are read as columns.
    pub(crate) members: super::members::Members,
    /// Their places, by the stems of their words.
    pub(crate) by_segment: HashMap<String, Vec<usize>>,
    /// The places of states, by the stems of their words.
    pub(crate) by_state: HashMap<String, Vec<usize>>,
    /// Phrases that are synonyms by definition, with what they name.
    pub(crate) synonyms: Vec<(String, Target)>,
    /// What is hidden from questions: its stems and its name.
    pub(crate) hidden: Vec<(Vec<String>, String)>,
    pub graph: Graph,
    /// Copies of tables that stand for a role, in the order of their tables, which follow those of the catalog.
    pub(crate) roles: Vec<super::roles::RoleTable>,
    /// Their places, by the stems of their names.
    pub(crate) by_role: HashMap<String, Vec<usize>>,
    /// Keys by the roots of the words of their columns and of the table that holds them.
    pub keys_by_root: HashMap<String, Vec<usize>>,
    /// Numbers that hold years, as far as what is stored tells; see [`super::years`].
    pub(crate) years: BTreeSet<ColumnRef>,
    /// The words of the names as they are spelt.
    pub(crate) spelling: Spelling,
}

/// The most meanings that one phrase may have; the best are kept.
const MAX_CANDIDATES: usize = 48;
/// How well a name stands for a word of its root: too little for a noun where a verb can stand.
const ROOT_SCORE: f32 = 0.74;
/// How well a column stands for what its name says where that is the thing of another table: the least that is more than a tie.
const GUEST: f32 = 0.97;
/// The most names that share a stem and are compared for a partial match.
const MAX_PARTIAL: usize = 4_000;

impl Lexicon {
    /// Indexes the names of a catalog.
    pub fn new(catalog: &Catalog) -> Lexicon {
        let splitter = Splitter::new(catalog);
        let mut lexicon = Lexicon {
            fingerprint: catalog.fingerprint,
            graph: Graph::new(catalog),
            ..Lexicon::default()
        };
        let first = |name: &String| name.chars().next().map(|c| c.to_ascii_lowercase());
        let mut initials: Vec<char> = catalog
            .tables
            .iter()
            .filter_map(|t| first(&t.name))
            .collect();
        initials.sort_unstable();
        initials.dedup();
        let things: Vec<Vec<String>> = catalog
            .tables
            .iter()
            .map(|t| splitter.thing(&t.name))
            .collect();
        for (t, table) in catalog.tables.iter().enumerate() {
            let words = TableWords {
                stems: splitter.thing(&table.name),
                display: nature::display_columns(table, &splitter),
                natures: (0..table.columns.len())
                    .map(|c| nature::nature(table, c, &splitter))
                    .collect(),
                columns: table
                    .columns
                    .iter()
                    .map(|c| splitter.stems(&c.name))
                    .collect(),
            };
            // A view repeats what a table holds: the table is meant unless the question says otherwise.
            let base = |oid: &u32| catalog.tables.iter().any(|t| t.oid == *oid);
            let view = matches!(table.kind, TableKind::View | TableKind::MaterializedView);
            let derived = view && !table.reads.is_empty() && table.reads.iter().all(base);
            let visible = if table.visible { 1.0 } else { 0.97 };
            let weight = if derived { 0.6 } else { 1.0 } * visible;
            let whole = splitter.stems(&table.name);
            if whole != words.stems {
                lexicon.add_forms(Target::Table(t), words.stems.clone(), 0.97 * visible);
            }
            lexicon.add_forms(Target::Table(t), whole, visible);
            lexicon.add(Target::Table(t), vec![table.name.to_lowercase()], visible);
            for (c, stems) in words.columns.iter().enumerate() {
                let at = ColumnRef {
                    table: t,
                    column: c,
                };
                // A product's name is that of the products, where another table has a column that is called so as well.
                let elsewhere = |thing: &Vec<String>| {
                    *thing != words.stems && stems.len() > thing.len() && stems.starts_with(thing)
                };
                let key = words.natures[c] == Nature::Identifier;
                let guest = !key && things.iter().any(elsewhere);
                let weight = if guest { GUEST * weight } else { weight };
                lexicon.add_column(at, stems, &words.stems, weight);
                let key = match table.primary_key[..] {
                    [key] => words.columns.get(key).map(Vec::as_slice),
                    _ => None,
                };
                lexicon.add_shortened(at, key, stems, &words.stems, weight);
                // "the promised date" of `promised_on`.
                if let Some((last, [.., _])) = stems.split_last()
                    && words.natures[c] == Nature::Date
                    && ENGLISH.date_endings.contains(last)
                {
                    for noun in &ENGLISH.date_nouns {
                        let name = [&stems[..stems.len() - 1], std::slice::from_ref(noun)].concat();
                        lexicon.add_column(at, &name, &words.stems, 0.95 * weight);
                    }
                }
                // "paywalled" of `is_paywalled`, "abnormal" of `abnormal_flag`.
                if words.natures[c] == Nature::Flag
                    && let Some(said) = nature::flagged(stems)
                {
                    lexicon.add_column(at, said, &words.stems, 0.94 * weight);
                }
                // "the invoice number" of `invoice_no`.
                if let Some((last, front @ [_, ..])) = stems.split_last()
                    && ENGLISH.numbering.contains(last)
                {
                    for noun in ENGLISH.numbering.iter().filter(|noun| *noun != last) {
                        // Never a part of it: "no" alone denies what follows.
                        let name = [front, &[stem(noun)]].concat();
                        lexicon.add_whole(Target::Column(at), name, 0.97 * weight);
                    }
                }
                let name = &table.columns[c].name;
                let said = splitter.words(name);
                lexicon.add_written(at, name, &said, &initials, weight);
                lexicon.add(
                    Target::Column(at),
                    vec![table.columns[c].name.to_lowercase()],
                    weight,
                );
            }
            lexicon.add_labels(t, table, &words.stems, &words.columns, weight);
            // The name of a thing with a first and a last name is both; the first stands for them (see `Builder::shown`).
            if let [first, _] = words.display[..] {
                let target = Target::Column(ColumnRef {
                    table: t,
                    column: first,
                });
                for stems in super::super::linking::shown::WHOLE_NAMES.iter() {
                    let stems = stems.clone();
                    lexicon.add(target.clone(), stems.clone(), 0.93 * weight);
                    lexicon.add(
                        target.clone(),
                        [&words.stems[..], &stems].concat(),
                        0.93 * weight,
                    );
                }
            }
            lexicon.tables.push(words);
            for measure in &ENGLISH.measures {
                lexicon.add_measure(catalog, t, measure, weight);
            }
        }
        lexicon.add_roles();
        lexicon.add_things(catalog);
        lexicon.add_vocabulary(catalog);
        lexicon.add_states(catalog);
        lexicon.add_key_roots();
        let names = catalog.tables.iter().flat_map(|table| {
            let columns = table.columns.iter().map(|c| c.name.as_str());
            columns.chain([table.name.as_str()])
        });
        let words: std::collections::HashSet<String> =
            names.flat_map(|name| splitter.words(name)).collect();
        lexicon.spelling = Spelling::new(words.iter().map(String::as_str));
        lexicon
    }

    /// Makes the keys found by the verbs that they are named after.
    fn add_key_roots(&mut self) {
        for (id, edge) in self.graph.edges.iter().enumerate() {
            let words = &self.tables[edge.holder];
            let columns = edge.columns.iter().flat_map(|c| &words.columns[*c]);
            let roots: BTreeSet<String> = words
                .stems
                .iter()
                .chain(columns)
                .map(|stem| super::names::root(stem))
                .collect();
            for root in roots {
                self.keys_by_root.entry(root).or_default().push(id);
            }
        }
    }

    /// "The start station" where a key bears that name with a role before it: a thing of the table that it points at.
    fn add_roles(&mut self) {
        let edges = std::mem::take(&mut self.graph.edges);
        for edge in &edges {
            let own = &self.tables[edge.target].stems;
            if let [column] = edge.columns[..]
                && !edge.role.is_empty()
                && self.tables[edge.holder].columns[column]
                    .starts_with(&[&edge.role[..], own].concat())
            {
                let name = [&edge.role[..], own].concat();
                self.add(Target::Table(edge.target), name, 0.96);
            }
        }
        self.graph.edges = edges;
    }

    /// The catalog that it was made from.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// The nature of a column.
    pub fn nature(&self, at: ColumnRef) -> Nature {
        self.tables[at.table].natures[at.column]
    }

    pub(crate) fn add(&mut self, target: Target, stems: Vec<String>, score: f32) {
        if stems.is_empty() {
            return;
        }
        let key = stems.join(" ");
        let ids = self.by_phrase.entry(key).or_default();
        if let Some(&id) = ids
            .iter()
            .find(|id| self.names[**id as usize].target == target)
        {
            let name = &mut self.names[id as usize];
            name.score = name.score.max(score);
            return;
        }
        let id = self.names.len() as u32;
        ids.push(id);
        for (i, stem) in stems.iter().enumerate() {
            if !stems[..i].contains(stem) {
                self.by_stem.entry(stem.clone()).or_default().push(id);
            }
        }
        if score > 0.9 {
            let root = super::names::root(&stems[0]);
            if stems.len() == 1 || stems.last().is_some_and(|last| last.len() < 3) {
                self.by_root.entry(root).or_default().push(id);
            }
        }
        self.names.push(Name {
            target,
            stems,
            score,
        });
    }

    /// A name that only counts as a whole: no part of it stands for it.
    pub(crate) fn add_whole(&mut self, target: Target, stems: Vec<String>, score: f32) {
        let id = self.names.len() as u32;
        self.by_phrase.entry(stems.join(" ")).or_default().push(id);
        self.names.push(Name {
            target,
            stems,
            score,
        });
    }

    /// Whether it is a column that holds a number of something.
    pub fn is_amount(&self, target: &Target) -> bool {
        let Target::Column(at) = target else {
            return false;
        };
        matches!(self.nature(*at), Nature::Amount | Nature::Rate)
    }

    /// Whether it is a column that holds a text which sorts its rows, such as a country.
    pub fn is_text(&self, target: &Target) -> bool {
        matches!(target, Target::Column(at) if matches!(self.nature(*at), Nature::Category | Nature::Name))
    }

    /// What a phrase may name: exact names first, then names of which it is a part.
    pub fn look_up(&self, stems: &[String], whole_only: bool) -> Vec<Candidate> {
        let mut found: Vec<Candidate> = Vec::new();
        let mut push =
            |target: &Target, score: f32| match found.iter_mut().find(|c| c.target == *target) {
                Some(same) => same.score = same.score.max(score),
                None => found.push(Candidate {
                    target: target.clone(),
                    score,
                }),
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
        found.truncate(MAX_CANDIDATES);
        found
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
        found
    }

    /// Whether a word, or another of its root, is part of a name.
    pub fn knows(&self, word: &str) -> bool {
        let stem = crate::question::tokens::stem(&word.to_lowercase());
        self.by_stem.contains_key(&stem) || !self.by_root(&stem).is_empty()
    }

    /// The names nearest to a word by spelling, best first: for hints.
    pub fn nearest(&self, word: &str, catalog: &Catalog, limit: usize) -> Vec<String> {
        let mut scored: Vec<(f64, String)> = Vec::new();
        for table in &catalog.tables {
            for name in std::iter::once(&table.name).chain(table.columns.iter().map(|c| &c.name)) {
                let lower = name.to_lowercase();
                let score = strsim::jaro_winkler(word, &lower);
                if score > 0.8 && !scored.iter().any(|(_, n)| n == name) {
                    scored.push((score, name.clone()));
                }
            }
        }
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        scored
            .into_iter()
            .take(limit)
            .map(|(_, name)| name)
            .collect()
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
