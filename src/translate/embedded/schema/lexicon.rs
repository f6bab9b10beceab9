//! The names of a catalog, indexed by the stems of their words.
//!
//! Made once per catalog and kept as long as it; looking a phrase up costs a few hash probes, however many tables there are.

use super::super::language::ENGLISH;
use super::super::language::spelling::Spelling;
use super::joins::Graph;
use super::names::Splitter;
use super::nature::{self, Nature};
use crate::catalog::model::{Catalog, ColumnRef, Part, TableKind};
use crate::question::tokens::stem;
use std::collections::{BTreeSet, HashMap};

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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
pub(super) struct Name {
    pub target: Target,
    pub stems: Vec<String>,
    pub score: f32,
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
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    fingerprint: u64,
    pub(super) names: Vec<Name>,
    pub(super) by_phrase: HashMap<String, Vec<u32>>,
    pub(super) by_stem: HashMap<String, Vec<u32>>,
    /// Names by the roots of their only or first words.
    pub(super) by_root: HashMap<String, Vec<u32>>,
    pub measures: Vec<Measure>,
    pub tables: Vec<TableWords>,
    /// Conditions that administrators have named.
    pub segments: Vec<Segment>,
    /// What the keys of jsonb columns hold that are read as columns.
    pub(crate) members: super::members::Members,
    /// In which units columns hold their numbers, as far as that is told.
    pub(crate) units: super::measured::Units,
    /// The columns that keys tell of what they point at.
    pub(crate) pointed: super::pointed::Pointed,
    /// The codes that comments explain.
    pub(crate) codes: super::toldcodes::Codes,
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
    /// Keys whose role is a noun, by the stems of that; see [`super::rolenames`].
    pub(crate) role_names: HashMap<String, Vec<super::rolenames::RoleName>>,
    /// Keys by the roots of the words of their columns and of the table that holds them.
    pub keys_by_root: HashMap<String, Vec<usize>>,
    /// Dates by the roots of the verbs that their comments say happened then: "Date promised".
    pub(crate) dates_by_root: HashMap<String, Vec<ColumnRef>>,
    /// Numbers that hold years, as far as what is stored tells; see [`super::years`].
    pub(crate) years: BTreeSet<ColumnRef>,
    /// Pieces of names that are short for words which nothing writes out.
    pub(crate) written_short: BTreeSet<String>,
    /// The words of the names as they are spelt.
    pub(crate) spelling: Spelling,
    /// The names as they are spelt, each once.
    pub(super) spelt: BTreeSet<String>,
}

/// How well a column stands for what its name says where that is the thing of another table: the least that is more than a tie.
const GUEST: f32 = 0.97;

impl Lexicon {
    /// Indexes the names of a catalog.
    pub fn new(catalog: &Catalog) -> Lexicon {
        let graph = Graph::new(catalog, &Splitter::new(catalog));
        Lexicon::over(catalog, graph)
    }

    /// Indexes the names of a catalog whose keys are known: columns that are parts of others have none.
    pub(crate) fn over(catalog: &Catalog, graph: Graph) -> Lexicon {
        let splitter = Splitter::new(catalog);
        let mut lexicon = Lexicon {
            fingerprint: catalog.fingerprint,
            graph,
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
        let mut weights = Vec::with_capacity(catalog.tables.len());
        // Where the search path leads to none of them, none is nearer than another.
        let led_to = catalog.tables.iter().any(|table| table.visible);
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
            let visible = if table.visible || !led_to { 1.0 } else { 0.97 };
            let weight = if derived { 0.6 } else { 1.0 } * visible;
            let whole = splitter.stems(&table.name);
            if whole != words.stems {
                lexicon.add_thing(
                    Target::Table(t),
                    words.stems.clone(),
                    0.97 * visible,
                    &things,
                );
            }
            lexicon.add_thing(Target::Table(t), whole, visible, &things);
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
                // An age that a column holds comes before one that follows from a date.
                let follows = matches!(table.columns[c].part, Some(Part::Age { .. }));
                let guest = follows || !key && things.iter().any(elsewhere);
                let weight = if guest { GUEST * weight } else { weight };
                lexicon.add_column(at, stems, &words.stems, weight);
                // "Owners without a first visit", "departures in May": the day by what happened then.
                if let Some(happened) = super::pointed::happened(&table.columns[c], stems) {
                    lexicon.add_whole(Target::Column(at), happened, 0.93 * weight);
                }
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
            weights.push(weight);
        }
        // Whose amount an amount is can only be told of all tables.
        for (t, weight) in weights.into_iter().enumerate() {
            for measure in &ENGLISH.measures {
                lexicon.add_measure(catalog, &things, t, measure, weight);
            }
        }
        lexicon.add_roles(catalog);
        lexicon.add_things(catalog);
        lexicon.add_heads(catalog);
        lexicon.add_role_names(catalog);
        lexicon.add_vocabulary(catalog);
        lexicon.add_states(catalog);
        lexicon.add_denied_states(catalog, &splitter);
        lexicon.add_overdue(catalog);
        lexicon.add_expired(catalog);
        lexicon.add_key_roots(catalog);
        lexicon.add_written_short(catalog);
        lexicon.add_beginnings(catalog);
        let names = catalog.tables.iter().flat_map(|table| {
            let columns = table.columns.iter().map(|c| c.name.as_str());
            columns.chain([table.name.as_str()])
        });
        lexicon.spelt = names.map(str::to_owned).collect();
        let words: std::collections::HashSet<String> = lexicon
            .spelt
            .iter()
            .flat_map(|name| splitter.words(name))
            .collect();
        lexicon.spelling = Spelling::new(words.iter().map(String::as_str));
        lexicon
    }

    /// Makes the keys found by the verbs that they are named after, and by those of their comments: "agent who opened the ticket".
    fn add_key_roots(&mut self, catalog: &Catalog) {
        for (id, edge) in self.graph.edges.iter().enumerate() {
            let words = &self.tables[edge.holder];
            let columns = edge.columns.iter().flat_map(|c| &words.columns[*c]);
            let names = words.stems.iter().chain(columns);
            let mut roots: BTreeSet<String> = names.map(|stem| super::names::root(stem)).collect();
            if let [column] = edge.columns[..] {
                let key = catalog.tables.get(edge.holder).map(|t| &t.columns[column]);
                roots.extend(key.into_iter().flat_map(super::described::verbs));
            }
            for root in roots {
                self.keys_by_root.entry(root).or_default().push(id);
            }
        }
    }

    /// "The start station" where a key bears that name with a role before it: a thing of the table that it points at.
    fn add_roles(&mut self, catalog: &Catalog) {
        let edges = std::mem::take(&mut self.graph.edges);
        for edge in &edges {
            let own = &self.tables[edge.target].stems;
            if let [column] = edge.columns[..]
                && !edge.role.is_empty()
                && !super::pointed::tells_day(&catalog.tables[edge.holder], column)
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
}
