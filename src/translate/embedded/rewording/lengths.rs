//! Questions that speak of how long something took: "average length of stay", "orders that took more than 10 days to ship", "the longest
//! rental", "which department resolves tickets fastest".
//!
//! `english/lengths.txt` holds the forms. Each becomes a question that names the length as a column ([`super::super::schema::lengths`]), which is
//! then read like any other. Invariant: both dates are told by what the question names and by what the catalog calls its dates
//! ([`super::super::schema::courses`]); where several pairs can be meant the question is refused, and the refusal names them. A noun that is
//! said to have the length has it: what is said of anything else is not read.

use super::super::language::wordclass::holds_together;
use super::super::language::{ENGLISH, Op};
use super::super::schema::courses::{Dates, Pair};
use super::super::schema::joins::Edge;
use super::super::schema::lengths::{self, At, Length};
use super::super::schema::lexicon::Lexicon;
use super::super::schema::measured::{Held, is_length_of_time};
use super::super::schema::nature::is_numeric;
use super::super::sql::build::not_understood;
use super::super::time::dates::Unit;
use super::super::time::timewords::unit;
use super::paraphrases::{LENGTH, LaidOut, ROWS, every_way};
use crate::catalog::model::{Catalog, ColumnRef, LengthUnit, TypeClass, Until};
use crate::error::Error;
use crate::question::tokens::{Token, TokenKind, tokenize};
use std::collections::BTreeSet;

/// The most questions that are tried.
const MOST: usize = 8;
/// The most pairs of dates that a refusal names.
const MOST_NAMED: usize = 4;

/// What a question may mean by a length of time.
#[derive(Default)]
pub(crate) struct Lengths {
    /// Questions with [`LENGTH`] for the length, and that length.
    pub asked: Vec<(String, Length)>,
    /// Why it is not clear which is meant, where that is so.
    pub unclear: Option<Error>,
}

/// What stands between a question and the length that it asks for.
enum Fault {
    /// It asks for no length of time that the catalog could tell.
    None,
    /// Several may be meant, or it cannot be in that unit.
    Unclear(Error),
}

type Settled<T> = Result<T, Fault>;

/// The question in words that name the length, by the forms that mean nothing else or by the others. What has a column of its own that
/// holds lengths of time is read as it stands.
pub(crate) fn of(text: &str, catalog: &Catalog, lexicon: &Lexicon, certain: bool) -> Lengths {
    let mut lengths = Lengths::default();
    let (text, unit) = without_unit(text);
    let forms = ENGLISH.length_forms.iter();
    let forms = every_way(&text, forms.filter(|form| form.is_certain() == certain));
    if forms.is_empty() {
        return lengths;
    }
    let dates = Dates::of(catalog, lexicon);
    let tokens = tokenize(&text);
    // What is best or worst is not told by a length.
    if tokens.iter().any(|t| ENGLISH.judging.contains(&t.lower)) {
        return lengths;
    }
    let word = |token: &Token| lexicon.table_called(&text[token.start..token.end]);
    let two = |pair: &[Token]| lexicon.table_called(&text[pair[0].start..pair[1].end]);
    let named = tokens.iter().filter_map(word);
    let named: BTreeSet<usize> = named.chain(tokens.windows(2).filter_map(two)).collect();
    let asker = Asker {
        catalog,
        lexicon,
        dates,
        named,
        unit,
    };
    for form in forms {
        match asker.settle(&form) {
            Ok(length) if certain && asker.holds_lengths(length.table, &form) => {}
            Ok(length) => {
                let rows = catalog.tables[length.table].name.replace('_', " ");
                let asked = (form.text.replace(ROWS, &rows), length);
                if lengths.asked.len() < MOST && !lengths.asked.contains(&asked) {
                    lengths.asked.push(asked);
                }
            }
            Err(Fault::Unclear(why)) => lengths.unclear = lengths.unclear.or(Some(why)),
            Err(Fault::None) => {}
        }
    }
    lengths
}

impl Lengths {
    /// The catalog and its words with the lengths, and the questions that name them: in words of one's own, and as they are shown.
    pub(crate) fn named(
        &self,
        catalog: &Catalog,
        lexicon: &Lexicon,
    ) -> (Catalog, Lexicon, Vec<(String, String)>) {
        let mut lengths: Vec<Length> = Vec::new();
        for (_, length) in &self.asked {
            if !lengths.contains(length) {
                lengths.push(length.clone());
            }
        }
        let (catalog, lexicon, named) = lengths::with(&lengths, catalog, lexicon);
        let worded = self.asked.iter().filter_map(|(text, length)| {
            let place = lengths.iter().position(|l| l == length)?;
            let named = &named[place];
            let shown = text.replace(LENGTH, &named.name);
            Some((text.replace(LENGTH, &named.word), shown))
        });
        let worded = worded.collect();
        (catalog, lexicon, worded)
    }
}

struct Asker<'a> {
    catalog: &'a Catalog,
    lexicon: &'a Lexicon,
    dates: Dates<'a>,
    /// The tables that the question names.
    named: BTreeSet<usize>,
    /// The unit that it asks to be told in: "in hours".
    unit: Option<String>,
}

impl Asker<'_> {
    fn settle(&self, form: &LaidOut) -> Settled<Length> {
        let said = form.slot("unit").or(self.unit.as_deref());
        let said = said.map(length_unit);
        let asked = match said {
            Some(None) => return Err(Fault::None),
            Some(Some(unit)) => Some(unit),
            None => None,
        };
        if !form.slot("rest").is_none_or(goes_on) {
            return Err(Fault::None);
        }
        let thing = form.slot("noun_thing");
        let thing = thing.map(|noun| (noun, self.lexicon.table_called(noun)));
        let kept = form.slot("deed_open");
        let deed = form.slot("deed").or(kept);
        let deeds = [deed, form.slot("deed_stay")];
        if !deeds.into_iter().flatten().all(is_deed) {
            return Err(Fault::None);
        }
        let mut natural = None;
        let mut until = match kept {
            Some(_) => Until::DateOrNow,
            None => Until::Date,
        };
        let (from, to) = match (
            form.slot("from").zip(form.slot("to")),
            deed,
            form.slot("deed_stay"),
        ) {
            _ if let Some(noun) = form.slot("noun_tenure") => {
                let (from, to, unit) = self.tenure(noun)?;
                natural = unit;
                until = match to {
                    Some(_) => Until::DateOrNow,
                    None => Until::Now,
                };
                (own(from), own(to.unwrap_or(from)))
            }
            (Some((from, to)), ..) => self.between(from, to)?,
            (None, Some(deed), _) => {
                let table = match thing {
                    Some((_, None)) => return Err(Fault::None),
                    Some((_, table)) => table,
                    None => None,
                };
                self.until_done(deed, table)?
            }
            (None, None, stay) => {
                let lasting = form.slot("noun_stay");
                let (pairs, unit) = match (stay, thing, lasting) {
                    (Some(deed), ..) => self.dates.course_of_deed(deed),
                    (None, Some((noun, _)), _) => self.dates.course(noun),
                    (_, _, Some(noun)) if self.lexicon.table_called(noun).is_none() => {
                        self.dates.course(noun)
                    }
                    _ => return Err(Fault::None),
                };
                natural = unit.and_then(length_unit);
                let (from, to) = self.only(&pairs)?;
                (own(from), own(to))
            }
        };
        let table = self.measured(&from, &to);
        let rows = thing.and_then(|(_, table)| table);
        if rows.is_some_and(|rows| rows != table) {
            return Err(Fault::None);
        }
        // What has the length is nothing else that has it.
        let other = form
            .slot("noun_by")
            .and_then(|noun| self.lexicon.table_called(noun));
        if other == Some(table) {
            return Err(Fault::None);
        }
        let class = |at: &At| self.catalog.column(at.column).class;
        let days = class(&from) == TypeClass::Date || class(&to) == TypeClass::Date;
        let unit = match (asked, natural) {
            (Some(LengthUnit::Hour | LengthUnit::Minute), _) if days => {
                return Err(Fault::Unclear(not_understood("Days have no hours.")));
            }
            (Some(unit), _) | (None, Some(unit)) => unit,
            (None, None) if days => LengthUnit::Day,
            (None, None) => LengthUnit::Hour,
        };
        Ok(Length {
            table,
            from,
            to,
            unit,
            until,
        })
    }

    /// Since when, up to when where that is told, and in which unit what a noun names lasts, which goes on up to now.
    fn tenure(&self, noun: &str) -> Settled<(ColumnRef, Option<ColumnRef>, Option<LengthUnit>)> {
        if !Dates::goes_on(noun) || self.lexicon.table_called(noun).is_some() {
            return Err(Fault::None);
        }
        let (pairs, unit) = self.dates.course(noun);
        if !pairs.is_empty() {
            let (from, to) = self.only(&pairs)?;
            return Ok((from, Some(to), unit.and_then(length_unit)));
        }
        let (starts, unit) = self.dates.since(noun);
        let pairs: Vec<Pair> = starts.into_iter().map(|from| (from, from)).collect();
        let (from, _) = self.only(&pairs)?;
        Ok((from, None, unit.and_then(length_unit)))
    }

    /// A table has a column of lengths of time, or one that is called so. How long it took until something was done is told by none that
    /// is merely in hours: an estimate is no time to resolution.
    fn holds_lengths(&self, table: usize, form: &LaidOut) -> bool {
        let columns = self.catalog.tables[table].columns.iter();
        let mut columns = columns.zip(&self.lexicon.tables[table].columns);
        let called = |name: &[String]| name.iter().any(|w| ENGLISH.lengths_of_time.contains(w));
        if columns.any(|(column, name)| is_numeric(column.class) && called(name)) {
            return true;
        }
        if form.slot("deed").or(form.slot("deed_open")).is_some() {
            return false;
        }
        let mut units = self.lexicon.units.iter();
        units.any(|(at, held)| {
            let time = match held {
                Held::Interval => true,
                Held::In(units) => units.iter().any(|u| is_length_of_time(*u)),
            };
            at.table == table && time
        })
    }

    /// The table whose rows are measured.
    fn measured(&self, from: &At, to: &At) -> usize {
        match (from.over, to.over) {
            (Some(_), _) => to.column.table,
            _ => from.column.table,
        }
    }

    /// The only pair; of several the only one of a table that the question names.
    fn only(&self, pairs: &[Pair]) -> Settled<Pair> {
        let named = |(from, _): &&Pair| self.named.contains(&from.table);
        let of_named: Vec<Pair> = pairs.iter().filter(named).copied().collect();
        match (pairs, &of_named[..]) {
            ([], _) => Err(Fault::None),
            ([pair], _) | (_, [pair]) => Ok(*pair),
            (several, []) => Err(Fault::Unclear(self.several(several))),
            (_, several) => Err(Fault::Unclear(self.several(several))),
        }
    }

    /// Names the pairs that may be meant.
    fn several(&self, pairs: &[Pair]) -> Error {
        let named = pairs.iter().take(MOST_NAMED).map(|(from, to)| {
            let (from, to) = (self.dates.name(*from), self.dates.name(*to));
            format!("from {from} to {to}")
        });
        let named: Vec<String> = named.collect();
        let detail = format!("The time may be that {}.", named.join(", or "));
        let example = pairs.first().map(|(from, to)| {
            let name = |at: &ColumnRef| self.catalog.column(*at).name.replace('_', " ");
            let (from, to) = (name(from), name(to));
            format!("Name the dates: \"average number of days between {from} and {to}\".")
        });
        Error::ambiguous()
            .with_detail(detail)
            .with_hint(example.unwrap_or_default())
    }

    /// From one date that is named to the other: of one row, or of rows that a key ties together.
    fn between(&self, from: &str, to: &str) -> Settled<(At, At)> {
        let (to, first) = without_first(to);
        let (starts, ends) = (self.dates.called(from), self.dates.called(&to));
        let all = || {
            let starts = starts.iter().copied();
            let pairs = starts.flat_map(|start| ends.iter().map(move |end| (start, *end)));
            pairs.filter(|(from, to)| from != to)
        };
        if !first {
            let same: Vec<Pair> = all().filter(|(from, to)| from.table == to.table).collect();
            if !same.is_empty() {
                let (from, to) = self.only(&same)?;
                return Ok((own(from), own(to)));
            }
        }
        let mut found: Vec<(At, At)> = Vec::new();
        let mut several = None;
        for (from, to) in all().filter(|(from, to)| from.table != to.table) {
            for (id, edge) in self.lexicon.graph.of(from.table) {
                match tied(id, edge, from, to, first) {
                    Some(pair) => found.push(pair),
                    None if edge.holder == to.table => several = Some((from.table, to.table)),
                    None => {}
                }
            }
        }
        match found[..] {
            [] => Err(several.map_or(Fault::None, |(one, many)| {
                let name = |table: usize| self.catalog.tables[table].name.replace('_', " ");
                let detail = format!(
                    "Each row of {} may have several of {}: to which of them is not clear.",
                    name(one),
                    name(many)
                );
                Fault::Unclear(not_understood(detail).with_hint("Ask for the first of them."))
            })),
            [pair] => Ok(pair),
            _ => {
                let pairs = found.iter().map(|(from, to)| (from.column, to.column));
                Err(Fault::Unclear(self.several(&pairs.collect::<Vec<_>>())))
            }
        }
    }

    /// From when the thing came to be to when something was done with it.
    fn until_done(&self, deed: &str, table: Option<usize>) -> Settled<(At, At)> {
        let done = self.dates.done(deed).into_iter();
        let done: Vec<ColumnRef> = done
            .filter(|at| table.is_none_or(|t| at.table == t))
            .collect();
        let pairs = |done: &ColumnRef| match self.dates.began(done.table, Some(*done)) {
            Ok(from) => vec![(from, *done)],
            Err(several) => several.into_iter().map(|from| (from, *done)).collect(),
        };
        let pairs: Vec<Pair> = done.iter().flat_map(pairs).collect();
        // What came to be with it is no length of time.
        let began = |at: &ColumnRef| self.dates.began(at.table, None) == Ok(*at);
        if done.iter().any(began) {
            return Err(Fault::None);
        }
        let (from, to) = self.only(&pairs)?;
        match self.dates.began(to.table, Some(to)) {
            Ok(_) => Ok((own(from), own(to))),
            // The only other date, but not one of when it came to be.
            Err(_) => Err(Fault::Unclear(self.several(&pairs))),
        }
    }
}

fn own(column: ColumnRef) -> At {
    At {
        column,
        over: None,
        first: false,
    }
}

/// Dates of two tables that a key ties together: one row of the one to each of the other, or the first of several.
fn tied(id: usize, edge: &Edge, from: ColumnRef, to: ColumnRef, first: bool) -> Option<(At, At)> {
    let over = |column, first| At {
        column,
        over: Some(id),
        first,
    };
    if edge.holder == from.table && edge.target == to.table {
        return (!first || edge.one_to_one).then(|| (own(from), over(to, false)));
    }
    if edge.holder == to.table && edge.target == from.table {
        // To which of many is not said.
        return (first || edge.one_to_one).then(|| (own(from), over(to, !edge.one_to_one)));
    }
    None
}

/// What is done: a word, or two as in "check out". "Paid on" of "paid on time" is none.
fn is_deed(words: &str) -> bool {
    let tokens = tokenize(words);
    match &tokens[..] {
        [one] => !holds_together(one),
        [verb, after] => {
            let phrasal = ENGLISH.phrasal_words.contains(&after.lower);
            !holds_together(verb) && (phrasal || !holds_together(after))
        }
        _ => false,
    }
}

/// The words without "first" before them, and whether it was there.
fn without_first(text: &str) -> (String, bool) {
    let tokens = tokenize(text);
    let article = |t: &&Token| ENGLISH.articles.contains(&t.lower);
    let at = tokens.iter().take_while(article).count();
    match ENGLISH.time_at(&tokens, at, "ordinal ") {
        Some((length, ordinal)) if ordinal == "1" && at + length < tokens.len() => {
            (text[tokens[at + length].start..].to_owned(), true)
        }
        _ => match tokens.get(at) {
            Some(token) => (text[token.start..].to_owned(), false),
            None => (text.to_owned(), false),
        },
    }
}

/// The question without the unit that it asks to be told in, and that unit: "in hours".
fn without_unit(text: &str) -> (String, Option<String>) {
    let tokens = tokenize(text);
    let told = |at: &usize| {
        let plural = super::super::language::is_plural;
        ENGLISH.in_words.contains(&tokens[*at].lower)
            && tokens.get(at + 1).is_some_and(|t| plural(&t.lower))
            && unit(&tokens, at + 1).is_some_and(|(length, _)| length == 1)
    };
    match (0..tokens.len()).find(told) {
        Some(at) => {
            let (said, after) = (&tokens[at + 1], &text[tokens[at + 1].end..]);
            let before = text[..tokens[at].start].trim_end();
            (format!("{before}{after}"), Some(said.lower.clone()))
        }
        None => (text.to_owned(), None),
    }
}

/// A unit in which lengths of time are told.
fn length_unit(word: &str) -> Option<LengthUnit> {
    let tokens = tokenize(word);
    let (_, unit) = unit(&tokens, 0)?;
    match unit {
        Unit::Minute => Some(LengthUnit::Minute),
        Unit::Hour => Some(LengthUnit::Hour),
        Unit::Day => Some(LengthUnit::Day),
        Unit::Week => Some(LengthUnit::Week),
        Unit::Year => Some(LengthUnit::Year),
        _ => None,
    }
}

/// What follows goes on with the sentence, and is not what something is done with: "by month", and not "a complaint".
fn goes_on(rest: &str) -> bool {
    let tokens = tokenize(rest);
    let Some(first) = tokens.first() else {
        return true;
    };
    let timed = ["last", "this", "past", "month ", "today", "yesterday"];
    let mut timed = timed.iter();
    let time = timed.any(|tag| ENGLISH.time_at(&tokens, 0, tag).is_some());
    let phrases = ENGLISH.phrases_at(&tokens, 0);
    let grammar = phrases
        .iter()
        .any(|(_, ops)| ops.iter().any(|op| *op != Op::Link));
    let article = ENGLISH.articles.contains(&first.lower);
    time || matches!(first.kind, TokenKind::Mark(_)) || grammar && !article
}
