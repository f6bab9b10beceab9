//! What is compared with what was planned for it: "finished later than *planned*", "more guests than *expected*".
//!
//! Invariant: a table has one column that is called so and one that tells what came of it: the same words with "actual", or with but one
//! word more. Where there are several such pairs among the things that the question names, nothing is read.

use super::super::language::{Comparison, ENGLISH, Op};
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::super::schema::nature::{self, Nature};
use super::annotate::Segment;
use crate::catalog::model::{Catalog, ColumnRef};
use crate::question::tokens::{stem, tokenize};
use std::collections::BTreeSet;

/// What was planned and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pair {
    planned: ColumnRef,
    actual: ColumnRef,
}

/// Puts the two columns in the place of "later than planned".
pub(crate) fn name_columns(segments: &mut Vec<Segment>, catalog: &Catalog, lexicon: &Lexicon) {
    share_nouns(segments, catalog, lexicon);
    name_verbs(segments, catalog, lexicon);
    let Some(said) = (0..segments.len()).find_map(|at| Said::at(segments, at)) else {
        return;
    };
    let tables: BTreeSet<usize> = segments
        .iter()
        .filter_map(|s| match s.names.first()?.target {
            Target::Table(table) => Some(table),
            _ => None,
        })
        .collect();
    let pairs = tables
        .iter()
        .flat_map(|&t| pairs(catalog, lexicon, t, &said));
    let pairs: Vec<Pair> = pairs
        .filter(|pair| said.fits(segments, catalog, lexicon, pair))
        .collect();
    let pairs = match pairs[..] {
        [] => said.pairs_of_verb(segments, lexicon),
        _ => pairs,
    };
    let [pair] = pairs[..] else { return };
    let Some(from) = said.from(segments, catalog, lexicon, &pair) else {
        return;
    };
    let sign = match said.op {
        Comparison::Less => "<",
        _ => ">",
    };
    let (first, last) = (&segments[said.first], &segments[said.last]);
    let part = |text: &str, ops: Vec<Op>, column: Option<ColumnRef>| Segment {
        first: first.first,
        last: last.last,
        text: text.to_owned(),
        ops,
        names: column
            .map(|at| Candidate {
                target: Target::Column(at),
                score: 1.0,
            })
            .into_iter()
            .collect(),
        ..Segment::default()
    };
    let name = |at: ColumnRef| catalog.column(at).name.clone();
    let new = [
        part(&first.text, vec![Op::With], None),
        part(&name(pair.actual), Vec::new(), Some(pair.actual)),
        part(sign, vec![Op::Compare(said.op)], None),
        part(&name(pair.planned), Vec::new(), Some(pair.planned)),
    ];
    segments.splice(from..=said.last, new);
}

/// "*planned* and actual end date": the word before "and" is short for the other column of a pair.
fn share_nouns(segments: &mut [Segment], catalog: &Catalog, lexicon: &Lexicon) {
    for at in 0..segments.len().saturating_sub(2) {
        let word = stem(&segments[at].text.to_lowercase());
        let (planned, actual) = (
            ENGLISH.promised.contains(&word),
            ENGLISH.actual.contains(&word),
        );
        let named = segments[at + 2].names.first().map(|c| &c.target);
        let (true, Some(&Target::Column(beside))) = (segments[at + 1].is(Op::And), named) else {
            continue;
        };
        if !planned && !actual {
            continue;
        }
        let columns = (0..lexicon.tables[beside.table].columns.len()).map(|column| ColumnRef {
            table: beside.table,
            column,
        });
        let others: Vec<ColumnRef> = columns
            .filter(|&other| match planned {
                true => {
                    described(catalog, lexicon, other).contains(&word)
                        && is_actual(catalog, lexicon, other, beside)
                }
                false => is_actual(catalog, lexicon, beside, other),
            })
            .collect();
        if let [other] = others[..] {
            let segment = &mut segments[at];
            segment.values.clear();
            segment.ops.clear();
            segment.names = vec![Candidate {
                target: Target::Column(other),
                score: 1.0,
            }];
        }
    }
}

/// "*Finished* after the planned end": the verb is that of the date which tells what came of it.
fn name_verbs(segments: &mut [Segment], catalog: &Catalog, lexicon: &Lexicon) {
    for at in 1..segments.len() {
        if !segments[at].is(Op::Later) && !segments[at].is(Op::Earlier) {
            continue;
        }
        let verb = stem(&segments[at - 1].text.to_lowercase());
        let (begins, ends) = (
            ENGLISH.beginning.contains(&verb),
            ENGLISH.ending.contains(&verb),
        );
        let small = |s: &&Segment| s.names.is_empty() && s.is(Op::Filler);
        let day = segments[at + 1..].iter().find(|s| !small(s));
        let named = day.and_then(|s| s.names.first()).map(|c| &c.target);
        let (true, Some(&Target::Column(planned))) = (begins != ends, named) else {
            continue;
        };
        let date = |at: ColumnRef| lexicon.nature(at) == Nature::Date;
        let words = described(catalog, lexicon, planned);
        let same = words.iter().any(|w| match begins {
            true => ENGLISH.beginning.contains(w),
            false => ENGLISH.ending.contains(w),
        });
        if !date(planned) || !same || !words.iter().any(|w| ENGLISH.promised.contains(w)) {
            continue;
        }
        let columns = (0..lexicon.tables[planned.table].columns.len())
            .map(|column| ColumnRef { column, ..planned });
        let others: Vec<ColumnRef> = columns
            .filter(|&other| date(other) && is_actual(catalog, lexicon, planned, other))
            .collect();
        if let [actual] = others[..] {
            segments[at - 1].names = vec![Candidate {
                target: Target::Column(actual),
                score: 1.0,
            }];
        }
    }
}

/// A comparison with what was planned, as it is said.
struct Said {
    /// Its segments.
    first: usize,
    last: usize,
    /// The segments of a noun between the comparative and "than".
    noun: Option<usize>,
    op: Comparison,
    /// Of days, rather than of numbers.
    days: bool,
    /// The stem of the word for what was planned.
    word: String,
}

impl Said {
    fn at(segments: &[Segment], at: usize) -> Option<Said> {
        let segment = segments.get(at).filter(|s| s.names.is_empty())?;
        let text = segment.text.to_lowercase();
        let numbers = segment.ops.iter().find_map(|op| match op {
            Op::Compare(op @ (Comparison::Greater | Comparison::Less)) => Some(*op),
            _ => None,
        });
        let (op, days) = match (segment.is(Op::Later), segment.is(Op::Earlier), numbers) {
            (true, false, _) => (Comparison::Greater, true),
            (false, true, _) => (Comparison::Less, true),
            (false, false, Some(op)) => (op, false),
            _ => return None,
        };
        let ends_so = |text: &str| {
            let last = text
                .split_whitespace()
                .last()
                .unwrap_or_default()
                .to_lowercase();
            ENGLISH.than_words.contains(&last)
        };
        let mut next = at + 1;
        let mut noun = None;
        if !ends_so(&text) {
            if segments.get(next).is_some_and(|s| !s.names.is_empty()) {
                noun = Some(next);
                next += 1;
            }
            if !segments.get(next).is_some_and(|s| ends_so(&s.text)) {
                return None;
            }
            next += 1;
        }
        let passed = |s: &Segment| {
            s.names.is_empty()
                && s.values.is_empty()
                && s.number.is_none()
                && (s.is(Op::Filler) || s.is(Op::Link))
        };
        let planned = |s: &Segment| ENGLISH.promised.contains(&stem(&s.text.to_lowercase()));
        while segments.get(next).is_some_and(|s| passed(s) && !planned(s)) {
            next += 1;
        }
        let word = segments.get(next).filter(|s| planned(s))?;
        // "than the planned date" names a column itself.
        let named = |s: &Segment| !s.names.is_empty() && s.values.is_empty();
        if segments.get(next + 1).is_some_and(named) {
            return None;
        }
        Some(Said {
            first: at,
            last: next,
            noun,
            op,
            days,
            word: stem(&word.text.to_lowercase()),
        })
    }

    /// "*Shipped* later than required": the date of the verb right before, and the one of its table that is called as the question says.
    fn pairs_of_verb(&self, segments: &[Segment], lexicon: &Lexicon) -> Vec<Pair> {
        let verb = self.first.checked_sub(1).map(|at| &segments[at]);
        let date = |at: &ColumnRef| lexicon.nature(*at) == Nature::Date;
        let named = verb.into_iter().flat_map(|verb| &verb.names);
        let named = named.filter_map(|c| match c.target {
            Target::Column(at) => Some(at),
            _ => None,
        });
        let mut found = Vec::new();
        for actual in named.filter(date).filter(|_| self.days) {
            let columns = (0..lexicon.tables[actual.table].columns.len())
                .map(|column| ColumnRef { column, ..actual });
            let called = |at: &ColumnRef| {
                *at != actual && date(at) && name_of(lexicon, *at).contains(&self.word)
            };
            found.extend(
                columns
                    .filter(called)
                    .map(|planned| Pair { planned, actual }),
            );
        }
        found
    }

    /// Where what is said begins, with the verb before it that says what began or ended; `None` where that is not the pair's.
    fn from(
        &self,
        segments: &[Segment],
        catalog: &Catalog,
        lexicon: &Lexicon,
        pair: &Pair,
    ) -> Option<usize> {
        let Some(at) = self.first.checked_sub(1) else {
            return Some(self.first);
        };
        let own = |c: &Candidate| {
            c.target == Target::Column(pair.actual) || c.target == Target::Column(pair.planned)
        };
        let before = &segments[at];
        let word = stem(&before.text.to_lowercase());
        let begins = ENGLISH.beginning.contains(&word);
        let ends = ENGLISH.ending.contains(&word);
        if self.days && (begins || ends) {
            let words: Vec<String> = [pair.planned, pair.actual]
                .iter()
                .flat_map(|at| described(catalog, lexicon, *at))
                .collect();
            let pair_begins = words.iter().any(|w| ENGLISH.beginning.contains(w));
            return (pair_begins == begins).then_some(at);
        }
        // "took more hours than planned"
        if !self.days && ENGLISH.taking.contains(&before.text.to_lowercase()) {
            return Some(at);
        }
        // "cost more than planned", "whose cost was higher than planned"
        let small = |s: &Segment| s.is(Op::Filler) && s.names.is_empty() && s.values.is_empty();
        let noun = segments[..self.first].iter().rposition(|s| !small(s));
        let noun = noun.unwrap_or(at);
        let named = |at: ColumnRef| {
            let mut names = segments[noun].names.iter();
            names.any(|c| c.target == Target::Column(at))
        };
        if named(pair.actual) && (self.days || named(pair.planned)) {
            // The thing itself is none of its words: "deliveries sent".
            let own = [pair.actual, pair.planned].map(|at| described(catalog, lexicon, at));
            let said = words_of(&segments[noun].text);
            let told = |w: &String| own.iter().any(|own| own.contains(w));
            return (said.len() == 1 || said.iter().all(told)).then_some(noun);
        }
        let other = before
            .names
            .first()
            .is_some_and(|c| !matches!(c.target, Target::Table(_)))
            && !before.names.iter().any(own);
        (!other && before.values.is_empty()).then_some(self.first)
    }

    /// The pair is of what is compared: days or numbers, and what the noun says.
    fn fits(
        &self,
        segments: &[Segment],
        catalog: &Catalog,
        lexicon: &Lexicon,
        pair: &Pair,
    ) -> bool {
        let days = nature::is_date(catalog.column(pair.planned).class);
        let noun = self.noun.is_none_or(|at| {
            let words = words_of(&segments[at].text);
            let both = [pair.planned, pair.actual];
            let own = both.map(|c| described(catalog, lexicon, c));
            words.iter().all(|w| own.iter().any(|own| own.contains(w)))
        });
        days == self.days && noun
    }
}

fn words_of(text: &str) -> BTreeSet<String> {
    let tokens = tokenize(text).into_iter();
    tokens.filter(|t| t.is_word()).map(|t| t.stem).collect()
}

/// The stems of a column's name, and of its comment up to the first mark.
fn described(catalog: &Catalog, lexicon: &Lexicon, at: ColumnRef) -> BTreeSet<String> {
    let mut words: BTreeSet<String> = name_of(lexicon, at);
    words.extend(comment_of(catalog, at));
    words
}

fn name_of(lexicon: &Lexicon, at: ColumnRef) -> BTreeSet<String> {
    let name = &lexicon.tables[at.table].columns[at.column];
    name.iter().cloned().collect()
}

fn comment_of(catalog: &Catalog, at: ColumnRef) -> BTreeSet<String> {
    let comment = catalog.column(at).comment.as_deref().unwrap_or_default();
    words_of(
        comment
            .split([',', ';', '.', '(', ':'])
            .next()
            .unwrap_or_default(),
    )
}

/// The pairs of a table of which one is called as the question says.
fn pairs(catalog: &Catalog, lexicon: &Lexicon, table: usize, said: &Said) -> Vec<Pair> {
    let natures = &lexicon.tables[table].natures;
    let comparable =
        |c: &usize| matches!(natures[*c], Nature::Date | Nature::Amount | Nature::Rate);
    let columns: Vec<ColumnRef> = (0..natures.len())
        .filter(comparable)
        .map(|column| ColumnRef { table, column })
        .collect();
    let planned = |at: &ColumnRef| {
        let words = described(catalog, lexicon, *at);
        words.iter().any(|w| ENGLISH.promised.contains(w))
    };
    let says = |at: &ColumnRef| described(catalog, lexicon, *at).contains(&said.word);
    let any_says = columns.iter().any(says);
    let called = |at: &&ColumnRef| if any_says { says(at) } else { planned(at) };
    let mut found = Vec::new();
    for &at in columns.iter().filter(called) {
        let days = nature::is_date(catalog.column(at).class);
        let others = columns.iter().filter(|other| {
            nature::is_date(catalog.column(**other).class) == days && !planned(other)
        });
        let others: Vec<ColumnRef> = others.copied().collect();
        let same = |actual: &&ColumnRef| is_actual(catalog, lexicon, at, **actual);
        let mut told: Vec<ColumnRef> = others.iter().filter(same).copied().collect();
        if told.is_empty() {
            let rest = without(name_of(lexicon, at), &ENGLISH.promised);
            let of_same = |other: &&ColumnRef| {
                let words = name_of(lexicon, **other);
                !rest.is_empty() && rest.is_subset(&words) && words.len() <= rest.len() + 1
            };
            told = others.iter().filter(of_same).copied().collect();
        }
        if let [actual] = told[..] {
            found.push(Pair {
                planned: at,
                actual,
            });
        }
    }
    found
}

fn without(words: BTreeSet<String>, list: &[String]) -> BTreeSet<String> {
    words.into_iter().filter(|w| !list.contains(w)).collect()
}

/// It is said to be the actual of the same thing, by its name or by its comment.
fn is_actual(catalog: &Catalog, lexicon: &Lexicon, planned: ColumnRef, actual: ColumnRef) -> bool {
    let same = |planned: BTreeSet<String>, actual: BTreeSet<String>| {
        let said = actual.iter().any(|w| ENGLISH.actual.contains(w));
        let rest = without(planned, &ENGLISH.promised);
        said && !rest.is_empty() && rest == without(actual, &ENGLISH.actual)
    };
    same(name_of(lexicon, planned), name_of(lexicon, actual))
        || same(comment_of(catalog, planned), comment_of(catalog, actual))
}
