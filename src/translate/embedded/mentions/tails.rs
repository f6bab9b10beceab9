//! Nouns that only say what kind of thing a name's values are: "affiliation type", "enrollment size", "flight number", and
//! words for the whole of it: "full description".
//!
//! Invariant: such a word is read with the name beside it only where what the catalog says of that column bears it out (a type is
//! that of a category, a size that of a number, a date that of a date) and the two together name nothing else. Elsewhere it stays
//! a word of its own, and is refused where nothing else understands it.

use super::super::language::{ENGLISH, Op};
use super::super::schema::lexicon::{Candidate, Formula, Lexicon, Measure, Target};
use super::super::schema::nature::Nature;
use super::annotate::Segment;
use crate::catalog::model::{Catalog, ColumnRef, TypeClass, Values};
use crate::question::tokens::{stem, tokenize};

/// A name from this score on is a name by itself, whatever stands before it.
const OWN: f32 = 0.7;
/// A name from this score on is one that a word may be read with.
pub(crate) const NAME: f32 = 0.9;
/// So many stored values are looked at to see whether they are parts of a hundred.
const LOOKED_AT: usize = 30;
/// How well the key of a thing stands for "its number".
const KEY: f32 = 0.9;

/// Reads such words with the names beside them.
pub(crate) fn join(
    segments: &mut Vec<Segment>,
    catalog: &Catalog,
    lexicon: &Lexicon,
    values: &dyn Values,
) {
    let known = Known {
        catalog,
        lexicon,
        values,
    };
    known.whole_column(segments);
    known.part_nouns(segments);
    let mut i = 1;
    while i < segments.len() {
        let names = known.joined(&segments[i - 1], &segments[i], segments, i);
        if let Some(names) = names {
            let tail = segments.remove(i);
            let head = &mut segments[i - 1];
            head.text = format!("{} {}", head.text, tail.text);
            head.last = tail.last;
            head.possessive = tail.possessive;
            head.names = names;
            head.values.clear();
            head.last_names.clear();
            head.ops.clear();
        } else {
            i += 1;
        }
    }
    same_again(segments);
    counts_of(segments);
    known.other_things(segments);
    known.kinds_of(segments);
    known.shares_of(segments);
    known.names_of(segments);
    known.wholes(segments);
}

/// What is known besides the question.
struct Known<'a> {
    catalog: &'a Catalog,
    lexicon: &'a Lexicon,
    values: &'a dyn Values,
}

/// "This city", "that studio" where one was named before: the same.
fn same_again(segments: &mut [Segment]) {
    let best = |s: &Segment| s.names.first().map(|c| c.target.clone());
    for i in 1..segments.len().saturating_sub(1) {
        let points = ENGLISH.pointing.contains(&segments[i].text.to_lowercase());
        let (before, next) = (&segments[..i], &segments[i + 1]);
        // "that students take" begins a clause.
        let one = !super::super::language::ends_as_plural(&next.text);
        if points
            && one
            && is_noun(next)
            && before.iter().any(|s| is_noun(s) && best(s) == best(next))
        {
            segments[i].ops = vec![Op::Filler];
        }
    }
}

/// "The shipment count" is the count of shipments.
fn counts_of(segments: &mut [Segment]) {
    for i in 1..segments.len() {
        let (noun, count) = (&segments[i - 1], &segments[i]);
        let table = |c: &Candidate| matches!(c.target, Target::Table(_));
        let one = !noun.possessive && !super::super::language::ends_as_plural(&noun.text);
        if one
            && is_noun(noun)
            && noun.names.first().is_some_and(table)
            && count.is(Op::Count)
            && !count.is(Op::Ask)
            && word(count).is_some_and(|w| ENGLISH.counting.contains(&w))
        {
            segments.swap(i - 1, i);
        }
    }
}

/// The one word of a segment, as a stem.
fn word(segment: &Segment) -> Option<String> {
    let text = segment.text.to_lowercase();
    (segment.last == segment.first + 1 && segment.quoted.is_none()).then(|| stem(&text))
}

/// Names something, and does nothing else in the sentence.
pub(crate) fn is_noun(segment: &Segment) -> bool {
    let idle = |o: &Op| matches!(o, Op::Tail | Op::Rows | Op::AmountTail);
    segment.names.first().is_some_and(|c| c.score >= NAME)
        && segment.ops.iter().all(idle)
        && segment.quoted.is_none()
        && segment.time.is_none()
        && segment.number.is_none()
        && segment.adjective.is_none()
}

/// Means nothing by itself, or no more than a part of a name.
fn is_free(segment: &Segment) -> bool {
    let idle = |o: &Op| matches!(o, Op::Tail | Op::Rows | Op::AmountTail | Op::Count);
    segment.names.first().is_none_or(|c| c.score < OWN)
        && segment.values.is_empty()
        && segment.ops.iter().all(idle)
        && segment.time.is_none()
        && segment.number.is_none()
        && segment.adjective.is_none()
}

/// The columns that a noun names best, if it names columns best.
fn columns(segment: &Segment) -> Vec<ColumnRef> {
    let best = segment.names.first().map_or(0.0, |c| c.score);
    let best = segment.names.iter().take_while(|c| c.score >= best);
    let mut columns = Vec::new();
    for candidate in best {
        match candidate.target {
            Target::Column(at) => columns.push(at),
            _ => return Vec::new(),
        }
    }
    columns
}

impl Known<'_> {
    /// "Catalogue entries" are no catalogues where another table is of such entries, by its name or by its key: there the second word
    /// says something.
    fn other_things(&self, segments: &mut [Segment]) {
        for i in 1..segments.len() {
            let Some(tail) = word(&segments[i]).filter(|_| segments[i].is(Op::Tail)) else {
                continue;
            };
            let noun = &segments[i - 1];
            let Some(&Target::Table(table)) = noun.names.first().map(|c| &c.target) else {
                continue;
            };
            let Some(last) = super::super::language::stems(&noun.text.to_lowercase()).pop() else {
                continue;
            };
            let pair = |name: &[String]| name.windows(2).any(|w| w[0] == last && w[1] == tail);
            let of_such = |other: usize| {
                let words = &self.lexicon.tables[other];
                let keys = &self.catalog.tables[other].primary_key;
                pair(&words.stems) || keys.iter().any(|&key| pair(&words.columns[key]))
            };
            let tables = 0..self.catalog.tables.len();
            if tables
                .into_iter()
                .any(|other| other != table && of_such(other))
            {
                segments[i]
                    .ops
                    .retain(|op| !matches!(op, Op::Tail | Op::Filler | Op::Rows));
            }
        }
    }

    /// What a noun and the word after it name together.
    fn joined(
        &self,
        noun: &Segment,
        tail: &Segment,
        segments: &[Segment],
        at: usize,
    ) -> Option<Vec<Candidate>> {
        let said = word(tail)?;
        if !is_noun(noun) {
            return None;
        }
        let columns = columns(noun);
        let named = super::super::linking::shown::WHOLE_NAMES
            .iter()
            .any(|name| *name == [&said[..]]);
        if named && !columns.is_empty() {
            // "the author name", "the authors' names", where an author is no more than a column.
            let textual = |at: &ColumnRef| {
                let text = matches!(self.lexicon.nature(*at), Nature::Category | Nature::Name);
                text && Lexicon::is_textual(self.catalog.column(*at).class)
            };
            let thing = |c: &Candidate| matches!(c.target, Target::Table(_)) && c.score >= OWN;
            return (columns.iter().all(textual) && !noun.names.iter().any(thing))
                .then(|| noun.names.clone());
        }
        if noun.possessive || !is_free(tail) {
            return None;
        }
        if columns.is_empty() {
            return self.number_of_thing(noun, &said, segments, at);
        }
        let fits = |column: &ColumnRef| match self.lexicon.nature(*column) {
            _ if self.lexicon.years.contains(column) => ENGLISH.year_words.contains(&said),
            Nature::Category => ENGLISH.categories.contains(&said),
            Nature::Amount | Nature::Rate => {
                // "gold medals" are how many there are where `gold` is a number.
                ENGLISH.sizes.contains(&said)
                    || ENGLISH.amounts.contains(&said)
                    || ENGLISH.shares.contains(&said) && self.is_share(*column)
            }
            Nature::Identifier => ENGLISH.numbers_of_things.contains(&said),
            Nature::Date => ENGLISH.moments.contains(&said),
            _ => false,
        };
        columns.iter().all(fits).then(|| noun.names.clone())
    }

    /// "Flight number": what tells flights apart, where nothing is called so. A number for each of something else is how many there are.
    fn number_of_thing(
        &self,
        noun: &Segment,
        said: &str,
        segments: &[Segment],
        at: usize,
    ) -> Option<Vec<Candidate>> {
        let counts =
            |s: &Segment| s.is(Op::Each) || s.is(Op::By) || s.is(Op::Order) || s.is(Op::Most);
        // "the total customer number" is how many there are.
        let adds = |s: &Segment| s.ops.iter().any(|o| matches!(o, Op::Aggregate(_)));
        let plural = super::super::language::ends_as_plural(&noun.text) && !noun.possessive;
        if !ENGLISH.numbers_of_things.iter().any(|w| w == said)
            || plural
            || segments[at + 1..].iter().any(counts)
            || segments[..at].iter().any(|s| s.is(Op::Each) || adds(s))
        {
            return None;
        }
        let names: Vec<Candidate> = noun
            .names
            .iter()
            .filter(|c| c.score >= NAME)
            .filter_map(|c| match c.target {
                Target::Table(table) => {
                    let [column] = self.catalog.tables[table].primary_key[..] else {
                        return None;
                    };
                    Some(Candidate {
                        target: Target::Column(ColumnRef { table, column }),
                        score: KEY * c.score,
                    })
                }
                _ => None,
            })
            .collect();
        (!names.is_empty()).then_some(names)
    }

    /// "The details of all hotels" where hotels have a column of details: that column.
    fn whole_column(&self, segments: &mut Vec<Segment>) {
        let mut i = 0;
        while i < segments.len() {
            let segment = &segments[i];
            let text = segment.text.to_lowercase();
            let Some((first, rest)) = text.split_once(' ').filter(|_| segment.is(Op::Whole)) else {
                i += 1;
                continue;
            };
            let noun = segments[i + 1..].iter().find(|s| !s.is(Op::Filler));
            let mut names = Vec::new();
            if let Some(noun) = noun
                && let Some(Target::Table(table)) = noun.names.first().map(|c| &c.target)
            {
                let said = stem(first);
                let text =
                    |c: usize| Lexicon::is_textual(self.catalog.tables[*table].columns[c].class);
                let words = self.lexicon.tables[*table].columns.iter().enumerate();
                let mut found = words.filter(|(c, stems)| stems.last() == Some(&said) && text(*c));
                if let (Some((column, _)), None) = (found.next(), found.next()) {
                    let at = ColumnRef {
                        table: *table,
                        column,
                    };
                    names.push(Candidate {
                        target: Target::Column(at),
                        score: 1.0,
                    });
                }
            }
            let tokens = tokenize(rest);
            let phrases = ENGLISH.phrases_at(&tokens, 0);
            let rest_ops = phrases.iter().find(|(length, _)| *length == tokens.len());
            if let (false, Some((_, ops))) = (names.is_empty(), rest_ops) {
                let (middle, split) = (segment.first + 1, first.len());
                let column = Segment {
                    first: segment.first,
                    last: middle,
                    text: segment.text[..split].to_owned(),
                    names,
                    ..Segment::default()
                };
                let of = Segment {
                    first: middle,
                    last: segment.last,
                    text: segment.text[split..].trim_start().to_owned(),
                    ops: ops.to_vec(),
                    ..Segment::default()
                };
                segments.splice(i..=i, [column, of]);
            }
            i += 1;
        }
    }

    /// "The most common type of status": a status is one of several by itself.
    fn kinds_of(&self, segments: &mut [Segment]) {
        for i in 0..segments.len().saturating_sub(2) {
            let kind = word(&segments[i]).is_some_and(|w| ENGLISH.kinds.contains(&w));
            let next = (i + 2..segments.len()).find(|&k| !segments[k].is(Op::Filler));
            let Some(next) = next.filter(|_| kind && segments[i + 1].is(Op::Of)) else {
                continue;
            };
            let columns = columns(&segments[next]);
            let category = |at: &ColumnRef| self.lexicon.nature(*at) == Nature::Category;
            if segments[i].is_unknown() && !columns.is_empty() && columns.iter().all(category) {
                for filler in &mut segments[i..=i + 1] {
                    filler.ops = vec![Op::Filler];
                }
            }
        }
    }

    /// "The names of the studios" where a studio is no more than a column of texts: the studios.
    fn names_of(&self, segments: &mut [Segment]) {
        let textual = |at: &ColumnRef| Lexicon::is_textual(self.catalog.column(*at).class);
        let thing = |c: &Candidate| matches!(c.target, Target::Table(_)) && c.score >= OWN;
        for i in 0..segments.len().saturating_sub(2) {
            let name = word(&segments[i]).is_some_and(|w| {
                let mut whole = super::super::linking::shown::WHOLE_NAMES.iter();
                segments[i].ops.is_empty() && whole.any(|name| *name == [&w[..]])
            });
            let next = (i + 2..segments.len()).find(|&k| !segments[k].is(Op::Filler));
            // "of", "of the", "of all"
            let joins = segments[i + 1].text.to_lowercase();
            let first = joins.split(' ').next().unwrap_or_default();
            let of = ENGLISH.of_words.iter().any(|w| w == first);
            let Some(next) = next.filter(|_| name && of && !segments[i].possessive) else {
                continue;
            };
            let listed = i > 0
                && segments[..i]
                    .iter()
                    .rfind(|s| !s.is(Op::Filler))
                    .is_some_and(|s| s.is(Op::And));
            let noun = &segments[next];
            let columns = columns(noun);
            if is_noun(noun)
                && !listed
                && !noun.possessive
                && !columns.is_empty()
                && columns.iter().all(textual)
                && !noun.names.iter().any(thing)
            {
                for filler in &mut segments[i..=i + 1] {
                    filler.names.clear();
                    filler.ops = vec![Op::Filler];
                }
            }
        }
    }

    /// "The full description" is the description.
    fn wholes(&self, segments: &mut [Segment]) {
        for i in 0..segments.len().saturating_sub(1) {
            let whole = ENGLISH.wholes.contains(&segments[i].text.to_lowercase());
            let columns = columns(&segments[i + 1]);
            let text = |at: &ColumnRef| Lexicon::is_textual(self.catalog.column(*at).class);
            if whole && is_free(&segments[i]) && !columns.is_empty() && columns.iter().all(text) {
                segments[i].names.clear();
                segments[i].ops = vec![Op::Filler];
            }
        }
    }

    /// "The percentage of women" where `women` holds percentages: the column.
    fn shares_of(&self, segments: &mut [Segment]) {
        for i in 0..segments.len().saturating_sub(1) {
            let next = (i + 1..segments.len()).find(|&k| !segments[k].is(Op::Filler));
            let (true, Some(next)) = (segments[i].is(Op::Percent), next) else {
                continue;
            };
            let columns = columns(&segments[next]);
            if !columns.is_empty() && columns.iter().all(|at| self.is_share(*at)) {
                segments[i].ops = vec![Op::Filler];
            }
        }
    }

    /// Whether all stored values that are looked at are parts of a hundred, and not whole numbers: how many women there are is no share.
    /// Nor is what is a measure by its name or in units: "the percentage of revenue from drama", "of hours that are billable", however small
    /// the numbers are.
    fn is_share(&self, at: ColumnRef) -> bool {
        let measured = |m: &Measure| m.formula == Formula::Column(at);
        let in_units = self.lexicon.units.contains_key(&at);
        if in_units || self.lexicon.measures.iter().any(measured) {
            return false;
        }
        let class = self.catalog.column(at).class;
        let stored = self.values.common(at, LOOKED_AT);
        let part = |text: &String| {
            text.parse()
                .is_ok_and(|share: f64| (0.0..=100.0).contains(&share))
        };
        matches!(class, TypeClass::Numeric | TypeClass::Float)
            && !stored.is_empty()
            && stored.iter().all(part)
    }

    /// "The phone numbers of", "the idle percentage of": the noun belongs to the word before, and neither counts nor divides.
    fn part_nouns(&self, segments: &mut Vec<Segment>) {
        let mut i = 1;
        while i < segments.len() {
            let segment = &segments[i];
            let text = segment.text.to_lowercase();
            let before = &segments[i - 1];
            let columns = columns(before);
            let joins = |first: &str| match segment.is(Op::Percent) {
                true => columns.iter().all(|at| self.is_share(*at)),
                false => segment.is(Op::Count) && ENGLISH.counts.contains(&stem(first)),
            };
            if is_noun(before)
                && !columns.is_empty()
                && !before.possessive
                && let Some((first, rest)) = text.split_once(' ')
                && joins(first)
            {
                let ops = |text: &str| {
                    let tokens = tokenize(text);
                    let phrases = ENGLISH.phrases_at(&tokens, 0);
                    let whole = phrases.iter().find(|(length, _)| *length == tokens.len());
                    whole.map(|(_, ops)| ops.to_vec())
                };
                if let Some(rest_ops) = ops(rest) {
                    let (middle, split) = (segment.first + 1, first.len());
                    let number = Segment {
                        first: segment.first,
                        last: middle,
                        text: segment.text[..split].to_owned(),

                        ..Segment::default()
                    };
                    let of = Segment {
                        first: middle,
                        last: segment.last,
                        text: segment.text[split..].trim_start().to_owned(),
                        ops: rest_ops,
                        ..Segment::default()
                    };
                    segments.splice(i..=i, [number, of]);
                    i += 1;
                }
            }
            i += 1;
        }
    }
}
