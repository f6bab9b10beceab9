//! Schema linking: which tables a question is about.
//!
//! Every word of the question that occurs in a name, a comment, a synonym or a stored value is a term; a rare term says more
//! than a common one (inverse document frequency: Spärck Jones, J. Documentation 28, 1972). A table scores by the best
//! place of each term in it. What a table lacks, its neighbours over foreign keys lend it in part, and the
//! tables of its schema a little: so the tables through which a join passes come along, and of twenty tables called
//! "student" the one among the right neighbours is first. The work is bounded by the words of the question times the
//! tables that hold them.

use crate::catalog::model::{Catalog, ColumnRef, ValueMatch, Values};
use crate::question::tokens::{self, TokenKind, stem};
use crate::translate::embedded::Lexicon;
use crate::translate::embedded::language::ENGLISH;
use crate::translate::embedded::schema::names::pieces;
use std::collections::{BTreeSet, HashMap, HashSet};

/// What a term weighs by the place where it occurs; a name of several words shares its weight among them.
const IN_TABLE_NAME: f32 = 2.0;
const IN_COLUMN_NAME: f32 = 1.2;
const IN_COMMENT: f32 = 0.6;
const IN_SCHEMA_NAME: f32 = 0.5;
const IN_VALUES: f32 = 1.0;
/// A synonym, or a word of which the name is the beginning, instead of the word itself.
const BY_SYNONYM: f32 = 0.7;
const BY_BEGINNING: f32 = 0.5;
/// What a table gets of a term that it lacks and a neighbour, a neighbour's neighbour, or another table of its schema has.
const FROM_NEIGHBOUR: f32 = 0.45;
const FROM_SECOND: f32 = 0.2;
const FROM_SCHEMA: f32 = 0.3;
/// All words of a table's name are in the question.
const WHOLE_NAME: f32 = 1.5;
/// Tables below this part of the best score are left out.
const LOWEST: f32 = 0.08;
/// Between so many of the best tables the ways over foreign keys are followed, with so many tables between two of them.
const JOINED: usize = 8;
const MOST_BETWEEN: usize = 2;
/// Phrases of up to so many words are looked up among the stored values.
const LONGEST_PHRASE: usize = 4;
/// So many phrases at most.
const MOST_PHRASES: usize = 60;
/// So many different words of a question count.
const MOST_TERMS: usize = 64;

#[derive(Clone, Copy, Debug)]
struct Posting {
    table: u32,
    /// `None`: the table itself.
    column: Option<u32>,
    weight: f32,
}

/// A table and why it is here.
#[derive(Clone, Debug)]
pub struct Ranked {
    /// Index into [`Catalog::tables`].
    pub table: usize,
    /// The columns that the question mentions.
    pub columns: BTreeSet<usize>,
}

/// The words of a catalog and where they occur. Made once per catalog.
#[derive(Debug, Default)]
pub struct Index {
    postings: HashMap<String, Vec<Posting>>,
    neighbours: Vec<Vec<usize>>,
    /// The number of each table's schema, and how many there are.
    schema: Vec<usize>,
    schemas: usize,
}

impl Index {
    /// Indexes the names and comments of a catalog.
    pub fn new(catalog: &Catalog, lexicon: &Lexicon) -> Index {
        let mut index = Index::default();
        let mut schemas: HashMap<&str, usize> = HashMap::new();
        for (t, table) in catalog.tables.iter().enumerate() {
            let next = schemas.len();
            index
                .schema
                .push(*schemas.entry(&table.schema).or_insert(next));
            let Some(words) = lexicon.tables.get(t) else {
                continue;
            };
            index.add_name(&words.stems, t, None, IN_TABLE_NAME);
            for word in pieces(&table.schema) {
                index.add(stem(&word), t, None, IN_SCHEMA_NAME);
            }
            index.add_text(table.comment.as_deref(), t, None);
            for (c, column) in table.columns.iter().enumerate() {
                if let Some(stems) = words.columns.get(c) {
                    index.add_name(stems, t, Some(c), IN_COLUMN_NAME);
                }
                index.add_text(column.comment.as_deref(), t, Some(c));
                for label in &column.labels {
                    index.add_text(Some(label), t, Some(c));
                }
            }
        }
        index.schemas = schemas.len();
        index.neighbours = vec![Vec::new(); catalog.tables.len()];
        for edge in lexicon.graph.declared() {
            if edge.holder != edge.target {
                index.neighbours[edge.holder].push(edge.target);
                index.neighbours[edge.target].push(edge.holder);
            }
        }
        index
    }

    fn add(&mut self, stem: String, table: usize, column: Option<usize>, weight: f32) {
        let (Ok(table), Ok(column)) = (u32::try_from(table), column.map(u32::try_from).transpose())
        else {
            return;
        };
        self.postings.entry(stem).or_default().push(Posting {
            table,
            column,
            weight,
        });
    }

    fn add_name(&mut self, stems: &[String], table: usize, column: Option<usize>, weight: f32) {
        let share = weight / (stems.len().max(1) as f32).sqrt();
        for stem in stems {
            self.add(stem.clone(), table, column, share);
        }
    }

    fn add_text(&mut self, text: Option<&str>, table: usize, column: Option<usize>) {
        let mut seen = HashSet::new();
        for word in text
            .into_iter()
            .flat_map(pieces)
            .filter(|w| w.len() > 2)
            .take(60)
        {
            let stem = stem(&word);
            if seen.insert(stem.clone()) {
                self.add(stem, table, column, IN_COMMENT);
            }
        }
    }

    /// The tables that a question may need, best first; those that nothing speaks for are left out.
    pub fn rank(
        &self,
        question: &str,
        catalog: &Catalog,
        lexicon: &Lexicon,
        values: &dyn Values,
    ) -> Vec<Ranked> {
        let tables = catalog.tables.len();
        let terms = self.terms(question, values);
        let mut scores = vec![0.0_f32; tables];
        let mut columns: HashMap<usize, BTreeSet<usize>> = HashMap::new();
        let asked: HashSet<&str> = terms
            .iter()
            .flat_map(|term| term.stems.iter().map(String::as_str))
            .collect();
        for term in &terms {
            let mut own: HashMap<usize, f32> = HashMap::new();
            for posting in &term.postings {
                let table = posting.table as usize;
                let best = own.entry(table).or_default();
                *best = best.max(posting.weight);
                if let Some(column) = posting.column {
                    columns.entry(table).or_default().insert(column as usize);
                }
            }
            if own.is_empty() {
                continue;
            }
            let rarity = (1.0 + tables as f32 / own.len() as f32).ln();
            let lent = self.lend(&own);
            let shared = self.best_of_schemas(&own);
            for (table, score) in scores.iter_mut().enumerate() {
                let lent = lent.get(&table).copied().unwrap_or(0.0);
                let shared = shared.get(&self.schema[table]).copied().unwrap_or(0.0);
                *score += rarity * lent.max(shared * FROM_SCHEMA);
            }
        }
        for (table, score) in scores.iter_mut().enumerate() {
            let words = lexicon
                .tables
                .get(table)
                .map_or(&[][..], |words| &words.stems[..]);
            if !words.is_empty() && words.iter().all(|word| asked.contains(word.as_str())) {
                *score += WHOLE_NAME * words.len() as f32;
            }
            if !catalog.tables[table].visible {
                *score *= 0.97;
            }
        }
        let best = scores.iter().copied().fold(0.0, f32::max);
        let mut ranked: Vec<usize> = (0..tables).filter(|&t| scores[t] > best * LOWEST).collect();
        ranked.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
        self.complete(&mut ranked);
        ranked
            .into_iter()
            .map(|table| Ranked {
                table,
                columns: columns.remove(&table).unwrap_or_default(),
            })
            .collect()
    }

    /// Moves the tables through which the best ones are joined up behind them.
    fn complete(&self, ranked: &mut Vec<usize>) {
        let best: Vec<usize> = ranked.iter().copied().take(JOINED).collect();
        let mut between = Vec::new();
        for (place, &one) in best.iter().enumerate() {
            for &other in &best[..place] {
                between.extend(self.path(one, other));
            }
        }
        let mut seen: HashSet<usize> = best.iter().copied().collect();
        let mut order = best;
        order.extend(between.into_iter().filter(|&table| seen.insert(table)));
        order.extend(ranked.iter().copied().filter(|&table| seen.insert(table)));
        *ranked = order;
    }

    /// The tables between two on a shortest way over foreign keys, when it is short.
    fn path(&self, from: usize, to: usize) -> Vec<usize> {
        let mut before: HashMap<usize, usize> = HashMap::from([(from, from)]);
        let mut front = vec![from];
        for _ in 0..=MOST_BETWEEN {
            let mut next = Vec::new();
            for &table in &front {
                for &near in &self.neighbours[table] {
                    if before.contains_key(&near) {
                        continue;
                    }
                    before.insert(near, table);
                    next.push(near);
                }
            }
            if before.contains_key(&to) {
                let mut way = Vec::new();
                let mut at = before[&to];
                while at != from {
                    way.push(at);
                    at = before[&at];
                }
                return way;
            }
            front = next;
        }
        Vec::new()
    }

    /// What each table has of a term, by itself or over foreign keys.
    fn lend(&self, own: &HashMap<usize, f32>) -> HashMap<usize, f32> {
        let mut all = own.clone();
        for (&table, &weight) in own {
            for &near in &self.neighbours[table] {
                let entry = all.entry(near).or_default();
                *entry = entry.max(weight * FROM_NEIGHBOUR);
                for &second in &self.neighbours[near] {
                    let entry = all.entry(second).or_default();
                    *entry = entry.max(weight * FROM_SECOND);
                }
            }
        }
        all
    }

    /// What each schema has of a term, when there are several schemas.
    fn best_of_schemas(&self, own: &HashMap<usize, f32>) -> HashMap<usize, f32> {
        let mut best: HashMap<usize, f32> = HashMap::new();
        if self.schemas < 2 {
            return best;
        }
        for (&table, &weight) in own {
            let entry = best.entry(self.schema[table]).or_default();
            *entry = entry.max(weight);
        }
        best
    }

    fn terms(&self, question: &str, values: &dyn Values) -> Vec<Term> {
        let tokens = tokens::tokenize(question);
        let mut terms: Vec<Term> = Vec::new();
        let mut seen = HashSet::new();
        for token in tokens.iter().filter(|t| t.is_word()) {
            if terms.len() >= MOST_TERMS {
                break;
            }
            if seen.insert(token.stem.clone()) {
                let term = self.term(&token.lower, &token.stem);
                if !term.postings.is_empty() {
                    terms.push(term);
                }
            }
        }
        terms.extend(value_terms(question, &tokens, values));
        terms
    }

    /// A word of the question and where it occurs: itself, its synonyms, and names that are its beginning.
    fn term(&self, word: &str, stem: &str) -> Term {
        let mut term = Term {
            stems: vec![stem.to_owned()],
            postings: Vec::new(),
        };
        let mut take = |key: &str, factor: f32| {
            for posting in self.postings.get(key).into_iter().flatten() {
                term.postings.push(Posting {
                    weight: posting.weight * factor,
                    ..*posting
                });
            }
        };
        take(stem, 1.0);
        for other in ENGLISH
            .synonyms
            .get(&vec![stem.to_owned()])
            .into_iter()
            .flatten()
        {
            if let [other] = &other[..] {
                take(other, BY_SYNONYM);
            }
        }
        // "prof" for professor, "dept" for department: a name that is the beginning of the word.
        if word.is_ascii() {
            for end in 3..word.len() {
                if &word[..end] != stem {
                    take(&word[..end], BY_BEGINNING);
                }
            }
        }
        term
    }
}

/// A word or a value of the question, and the places where it occurs.
struct Term {
    stems: Vec<String>,
    postings: Vec<Posting>,
}

/// What stands in the tables: quoted texts, and runs of words that may be a name.
fn value_terms(question: &str, tokens: &[tokens::Token], values: &dyn Values) -> Vec<Term> {
    let mut phrases: Vec<String> = Vec::new();
    for (start, token) in tokens.iter().enumerate() {
        if let TokenKind::Quoted(text) = &token.kind {
            phrases.push(text.clone());
        }
        for end in start..tokens.len().min(start + LONGEST_PHRASE) {
            let run = &tokens[start..=end];
            if !run.iter().all(tokens::Token::is_word) || phrases.len() >= MOST_PHRASES {
                break;
            }
            let common = |at: usize| ENGLISH.phrases_at(tokens, at).iter().any(|(n, _)| *n == 1);
            if common(start) || common(end) {
                continue;
            }
            phrases.push(question[run[0].start..run[run.len() - 1].end].to_owned());
        }
    }
    values
        .look_up(&phrases, None)
        .into_iter()
        .filter_map(|found| {
            let postings: Vec<Posting> = found
                .iter()
                .filter(|value| !matches!(value.found, ValueMatch::Near(_)))
                .filter_map(|value| posting(value.column))
                .collect();
            (!postings.is_empty()).then_some(Term {
                stems: Vec::new(),
                postings,
            })
        })
        .collect()
}

fn posting(at: ColumnRef) -> Option<Posting> {
    Some(Posting {
        table: u32::try_from(at.table).ok()?,
        column: Some(u32::try_from(at.column).ok()?),
        weight: IN_VALUES,
    })
}
