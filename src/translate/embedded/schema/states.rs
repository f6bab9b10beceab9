//! States that a schema tells by itself: what it means that a date, a key or a number is missing.
//!
//! "NULL while the ticket is not solved" makes "solved" and "unsolved" conditions, "NULL for current employees" makes "current" one,
//! and so does a last day that may be missing (`termination_date`). They stand where the segments of the vocabulary stand.
//!
//! Invariant: a state is read only where nothing else is called so, and a word that any state may bear ("current", "still") only
//! where the question names the table. Without this, "currently" would be dropped in silence where it leaves rows out.

use super::super::language::{ENGLISH, Op, stems};
use super::super::mentions::annotate::Segment as Span;
use super::super::reading::promises::is_promised;
use super::super::sql::ast;
use super::courses::Dates;
use super::lexicon::{Candidate, Lexicon, Segment, Target};
use super::nature::Nature;
use crate::catalog::model::{Catalog, Column, StoredValue, TypeClass, ValueMatch};
use crate::question::tokens::{Token, TokenKind, tokenize};
use sqlparser::ast::{BinaryOperator, Expr, Ident};

/// The longest description of a state, in words.
const LONGEST: usize = 2;
/// Words between "NULL" and the end of what it means.
const MOST_WORDS: usize = 9;

/// What a missing value means.
#[derive(Debug, PartialEq)]
struct Meaning {
    /// The words of the state; none where it is only said to go on.
    words: Vec<String>,
    /// The state is that of rows that have no value.
    missing: bool,
    /// It goes on: "still", "current".
    ongoing: bool,
}

impl Lexicon {
    /// The states of all tables. To be called after the vocabulary, which comes first.
    pub(crate) fn add_states(&mut self, catalog: &Catalog) {
        let dates = Dates::of(catalog, self);
        let ends: Vec<Vec<usize>> = (0..catalog.tables.len()).map(|t| dates.ends(t)).collect();
        for (t, table) in catalog.tables.iter().enumerate() {
            let mut ongoing = false;
            let called = super::labels::called(table).into_iter();
            let called: Vec<Vec<String>> = called
                .map(|(label, _)| label)
                .chain([self.tables[t].stems.clone()])
                .collect();
            for (c, column) in table.columns.iter().enumerate() {
                let things = called.iter().map(Vec::as_slice).collect::<Vec<_>>();
                if let Some(kind) = super::described::kind(column, &things) {
                    self.add_kind(t, c, &column.name, &kind);
                }
                let own = &self.tables[t].stems;
                let Some(meaning) = meaning(column, own) else {
                    continue;
                };
                let name = column.name.as_str();
                let state = self.add_state(t, c, is_null(name, meaning.missing), true);
                let other = self.add_state(t, c, is_null(name, !meaning.missing), true);
                self.name_state(&meaning.words, state, other);
                if meaning.ongoing && meaning.missing {
                    ongoing = true;
                    self.name_ongoing(state, other);
                }
            }
            if let Some(c) = self.death(catalog, t) {
                let name = table.columns[c].name.as_str();
                let alive = self.add_state(t, c, is_null(name, true), false);
                let dead = self.add_state(t, c, is_null(name, false), false);
                self.name_all(&ENGLISH.alive, alive);
                self.name_all(&ENGLISH.dead, dead);
            }
            if let (false, Some(c)) = (ongoing, self.last_day(catalog, t, &ends[t])) {
                let last = &table.columns[c];
                let later = ast::binary(named(last), BinaryOperator::Gt, now_for(last));
                let goes_on = ast::binary(is_null(&last.name, true), BinaryOperator::Or, later);
                let ended = Expr::UnaryOp {
                    op: sqlparser::ast::UnaryOperator::Not,
                    expr: Box::new(ast::nested(goes_on.clone())),
                };
                let state = self.add_state(t, c, goes_on, false);
                let other = self.add_state(t, c, ended, false);
                self.name_ongoing(state, other);
                let closes = |stem: &String| ENGLISH.closing.contains(stem);
                if self.tables[t].columns[c].iter().any(closes) {
                    self.name_all(&ENGLISH.open_words, state);
                }
            }
        }
    }

    fn add_state(&mut self, table: usize, column: usize, predicate: Expr, told: bool) -> usize {
        self.add_state_of(table, &[column], predicate, told)
    }

    /// Adds a state that several columns of a table tell, and gives its place.
    pub(super) fn add_state_of(
        &mut self,
        table: usize,
        columns: &[usize],
        predicate: Expr,
        told: bool,
    ) -> usize {
        self.segments.push(Segment {
            name: predicate.to_string(),
            table,
            columns: columns.to_vec(),
            predicate,
            told: Some(told),
        });
        self.segments.len() - 1
    }

    /// Makes a state, and the other one, found by their words: "running", "still running"; "unpaid" and "paid".
    fn name_state(&mut self, words: &[String], state: usize, other: usize) {
        if words.is_empty() {
            return;
        }
        let phrase = words.join(" ");
        let mut names = vec![(phrase.clone(), state)];
        // "direct traffic" is direct.
        if let [first, _] = words
            && !is_grammar(first)
        {
            names.push((first.clone(), state));
        }
        for prefix in &ENGLISH.negative_prefixes {
            match phrase.strip_prefix(prefix.as_str()) {
                Some(rest) if rest.len() > 3 => names.push((rest.to_owned(), other)),
                _ => names.push((format!("{prefix}{phrase}"), other)),
            }
        }
        for (name, place) in names {
            self.name_place(&name, place);
            for still in &ENGLISH.still_words {
                self.name_place(&format!("{still} {name}"), place);
            }
        }
    }

    /// What the rows are for which a flag is true: "dealers", "professional dealers".
    fn add_kind(&mut self, table: usize, column: usize, name: &str, kind: &[String]) {
        let flag = Expr::Identifier(ast::ident(name));
        let place = self.add_state(table, column, flag, true);
        self.name_place(&kind.join(" "), place);
        if let [_, noun] = kind {
            self.name_place(noun, place);
        }
    }

    fn name_ongoing(&mut self, state: usize, other: usize) {
        self.name_all(&ENGLISH.ongoing, state);
        self.name_all(&ENGLISH.ended, other);
    }

    /// Makes a state found by these phrases.
    pub(super) fn name_all(&mut self, phrases: &[String], state: usize) {
        for phrase in phrases {
            self.name_place(phrase, state);
        }
    }

    fn name_place(&mut self, phrase: &str, place: usize) {
        let places = self.by_state.entry(stems(phrase).join(" ")).or_default();
        if !places.contains(&place) {
            places.push(place);
        }
    }

    /// The only date or year of a death that a table has and that may be missing: `died_on`, `death_year`.
    fn death(&self, catalog: &Catalog, table: usize) -> Option<usize> {
        let words = &self.tables[table];
        let columns = &catalog.tables[table].columns;
        let dies = |c: &usize| {
            let time = words.natures[*c] == Nature::Date
                || words.columns[*c]
                    .iter()
                    .any(|s| ENGLISH.year_words.contains(s));
            let named = |s: &String| ENGLISH.death_words.contains(s);
            time && !columns[*c].not_null && words.columns[*c].iter().any(named)
        };
        only((0..columns.len()).filter(dies))
    }

    /// The only last day of a table that may be missing: `end_date`, `terminated_on`, or the date on which what the table is called
    /// after ends, which is given: `returned_on` of loans.
    fn last_day(&self, catalog: &Catalog, table: usize, over: &[usize]) -> Option<usize> {
        let words = &self.tables[table];
        let columns = &catalog.tables[table].columns;
        let may_miss = |c: &usize| {
            let promised = is_promised(&words.columns[*c]);
            words.natures[*c] == Nature::Date && !columns[*c].not_null && !promised
        };
        let ends = |c: &usize| {
            let mut name = words.columns[*c].iter();
            name.any(|s| ENGLISH.last_days.contains(s))
        };
        let dates = || (0..columns.len()).filter(may_miss);
        only(dates().filter(ends)).or_else(|| only(dates().filter(|c| over.contains(c))))
    }

    /// The states that a phrase names, given by its stems, in the form in which stored values stand.
    pub(crate) fn states(&self, phrase: &str) -> Vec<StoredValue> {
        let places = self.by_state.get(phrase).map_or(&[][..], Vec::as_slice);
        places.iter().map(|&place| self.as_value(place)).collect()
    }
}

/// What is found, where it is found once.
fn only(mut found: impl Iterator<Item = usize>) -> Option<usize> {
    let first = found.next();
    first.filter(|_| found.next().is_none())
}

/// A column of the rows that a state is of.
pub(super) fn named(column: &Column) -> Expr {
    Expr::Identifier(ast::ident(&column.name))
}

/// What a date is compared with to tell whether it is over: a day with today, a moment with now.
pub(super) fn now_for(column: &Column) -> Expr {
    let now = match column.class {
        TypeClass::Date => "CURRENT_DATE",
        _ => "CURRENT_TIMESTAMP",
    };
    Expr::Identifier(Ident::new(now))
}

fn is_null(column: &str, missing: bool) -> Expr {
    let column = Box::new(Expr::Identifier(ast::ident(column)));
    if missing {
        Expr::IsNull(column)
    } else {
        Expr::IsNotNull(column)
    }
}

/// The table that something named is or stands in.
fn table_of(target: &Target) -> Option<usize> {
    match target {
        Target::Table(table) => Some(*table),
        Target::Column(at) => Some(at.table),
        _ => None,
    }
}

/// What the comment of a column says of a missing value, if that is short enough to be certain of.
fn meaning(column: &Column, own: &[String]) -> Option<Meaning> {
    let comment = column.comment.as_deref().filter(|_| !column.not_null)?;
    let tokens = tokenize(comment);
    let missing = |t: &Token| ENGLISH.missing_words.contains(&t.lower);
    let at = tokens.iter().position(missing)?;
    let link = tokens.get(at + 1)?;
    let until = ENGLISH.until_words.contains(&link.lower);
    if !until && !ENGLISH.state_links.contains(&link.lower) && !link.is_mark('=') {
        return None;
    }
    let rest = &tokens[at + 2..];
    let end = rest
        .iter()
        .position(|t| matches!(t.kind, TokenKind::Mark(_)));
    let mut said: Vec<&Token> = rest[..end.unwrap_or(rest.len())].iter().collect();
    if said.len() > MOST_WORDS || said.iter().any(|t| !t.is_word()) {
        return None;
    }
    let does = |t: &Token, wanted: &[Op]| {
        let phrases = ENGLISH.phrases_at(std::slice::from_ref(t), 0);
        phrases
            .iter()
            .any(|(_, ops)| wanted.iter().any(|w| ops.contains(w)))
    };
    let denied = said.iter().filter(|t| does(t, &[Op::Not])).count();
    if denied > 1
        || said
            .iter()
            .any(|t| does(t, &[Op::Without, Op::Never, Op::By]))
    {
        return None;
    }
    // "the patient is still in hospital": what is said after the verb. "The current salary of …": what is said before "of".
    let verb = |t: &&Token| {
        ENGLISH.copulas.contains(&t.lower)
            || ENGLISH.possession.contains(&t.lower)
            || ENGLISH.perfect_words.contains(&t.lower)
    };
    if let Some(last) = said.iter().rposition(verb) {
        said.drain(..=last);
    } else if said.iter().any(|t| ENGLISH.auxiliaries.contains(&t.lower)) {
        return None;
    }
    if let Some(of) = said
        .iter()
        .position(|t| ENGLISH.of_words.contains(&t.lower))
    {
        said.truncate(of);
    }
    // "Date the account was closed; empty while it is open": what has no last day goes on.
    let last_day = |t: &Token| ENGLISH.last_days.contains(&t.lower);
    let ends = super::nature::is_date(column.class) && tokens[..at].iter().any(last_day);
    let ongoing = ends || said.iter().any(|t| ENGLISH.still_words.contains(&t.lower));
    said.retain(|t| {
        !ENGLISH.articles.contains(&t.lower)
            && !ENGLISH.still_words.contains(&t.lower)
            && !does(t, &[Op::Not])
            && !own.contains(&t.stem)
    });
    let words: Vec<String> = said.iter().map(|t| t.lower.clone()).collect();
    let only_grammar = words.iter().all(|w| is_grammar(w));
    if words.len() > LONGEST || only_grammar && (!words.is_empty() || !ongoing) {
        return None;
    }
    Some(Meaning {
        words,
        missing: until == (denied == 1),
        ongoing,
    })
}

pub(crate) fn is_grammar(word: &str) -> bool {
    tokenize(word)
        .first()
        .is_some_and(super::super::language::wordclass::is_functional)
}

/// Leaves a state that any table may have only where the question names the table.
pub(crate) fn keep_named(segments: &mut [Span], lexicon: &Lexicon) {
    let is_state = |v: &StoredValue| match v.found {
        ValueMatch::Segment(place) => lexicon.segments[place].told.is_some(),
        _ => false,
    };
    let mut named: Vec<usize> = Vec::new();
    for segment in segments.iter() {
        let best = segment.names.first().map_or(1.0, |c| c.score);
        let near = segment.names.iter().filter(|c| c.score > best - 0.1);
        named.extend(near.filter_map(|c| table_of(&c.target)));
        let values = segment.values.iter().filter(|v| !is_state(v));
        named.extend(values.map(|v| v.column.table));
    }
    // "active date": what a mere name tells is no part of another.
    let told = |v: &StoredValue| match v.found {
        ValueMatch::Segment(place) => lexicon.segments[place].told != Some(false),
        _ => true,
    };
    let column = |s: &Span| matches!(s.names.first(), Some(c) if matches!(c.target, Target::Column(_) | Target::Measure(_)));
    for i in 1..segments.len() {
        if column(&segments[i]) {
            segments[i - 1].values.retain(told);
        }
    }
    let generic = |text: &str| {
        let said = stems(&text.to_lowercase());
        let same = |phrase: &String| stems(phrase) == said;
        let told = [
            &ENGLISH.ongoing,
            &ENGLISH.ended,
            &ENGLISH.alive,
            &ENGLISH.dead,
        ];
        told.into_iter().flatten().any(same)
    };
    let contrary = |text: &str| {
        let text = text.to_lowercase();
        let mut prefixes = ENGLISH.contrary_prefixes.iter();
        prefixes.any(|prefix| text.starts_with(prefix.as_str()))
    };
    // "Active campaigns" where a campaign tells its last day: no flag of tables that nobody speaks of.
    let spoken_of = |at: usize, table: usize, segments: &[Span]| {
        let mut others = segments.iter().enumerate().filter(|(i, _)| *i != at);
        others.any(|(_, s)| {
            let mut names = s.names.iter();
            names.any(|c| table_of(&c.target) == Some(table))
        })
    };
    for at in 0..segments.len() {
        let own = |v: &StoredValue| is_state(v) && spoken_of(at, v.column.table, segments);
        let foreign = |c: &Candidate| {
            table_of(&c.target).is_some_and(|table| !spoken_of(at, table, segments))
        };
        let segment = &segments[at];
        if segment.values.iter().any(own)
            && segment.names.iter().all(foreign)
            && generic(&segment.text)
        {
            segments[at].names.clear();
        }
    }
    for segment in segments
        .iter_mut()
        .filter(|s| s.values.iter().any(is_state))
    {
        let (any, denied) = (generic(&segment.text), contrary(&segment.text));
        segment.values.retain(|v| {
            let of_any = any || denied && !told(v);
            !is_state(v) || !of_any || named.contains(&v.column.table)
        });
        // "Expired cards" are those of which the day is over, and not those that have one; "expires" is no such state, nor is "opened".
        let said = segment.text.to_lowercase();
        let stem = stems(&said);
        let alike = |word: &String| stems(word) == stem;
        let lists = [&ENGLISH.expired, &ENGLISH.unexpired, &ENGLISH.open_words];
        if lists.iter().any(|list| list.iter().any(alike)) {
            match lists.iter().any(|list| list.contains(&said)) {
                true if segment.values.iter().any(is_state) => segment.names.clear(),
                true => {}
                false => segment.values.retain(told),
            }
        }
        // What only holds a sentence together is that where it says a state.
        if segment.values.iter().any(is_state) {
            segment
                .ops
                .retain(|o| !matches!(o, Op::Link | Op::Filler | Op::Lasting));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::fixture::described;
    use super::*;
    use crate::catalog::model::TypeClass;

    fn read(comment: &str) -> Option<(String, bool, bool)> {
        let column = described(comment, TypeClass::Date);
        let found = meaning(&column, &stems("boat"))?;
        Some((found.words.join(" "), found.missing, found.ongoing))
    }

    #[test]
    fn comments_say_what_is_missing() {
        for (comment, words, missing, ongoing) in [
            (
                "NULL for a boat that is still sailing",
                "sailing",
                true,
                true,
            ),
            (
                "last day in service; NULL for current boats",
                "",
                true,
                true,
            ),
            (
                "NULL while the repair has not been paid",
                "paid",
                false,
                false,
            ),
            ("NULL = uninsured", "uninsured", true, false),
            ("empty until launched", "launched", false, false),
            (
                "NULL while the boat is still in dock",
                "in dock",
                true,
                true,
            ),
        ] {
            assert_eq!(
                read(comment),
                Some((words.to_owned(), missing, ongoing)),
                "{comment}"
            );
        }
        for comment in [
            "when it was launched",
            "NULL when entered by the harbour master",
            "NULL when the owner did not answer",
            "NULL for boats without an owner",
            "never NULL",
        ] {
            assert_eq!(read(comment), None, "{comment}");
        }
    }
}
