//! Times of what happened then, said by its noun: "month of departure", "booking year", "shipments for departure in March".
//!
//! Invariant: the noun is one of a date alone, by all the words that its column has besides the one for dates, and of no table; it stands
//! right beside the unit or the span of time. It is then read as the verb that says which date a time is of ("by month *departed*"), so that
//! no other date is taken; what the noun counts ("the number of departures") stays what it is.

use super::super::language::wordclass::is_participle;
use super::super::language::{ENGLISH, Op};
use super::super::linking::ways::is_calendar;
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::super::schema::names::root;
use super::super::schema::nature::is_date;
use super::annotate::{Segment, WHOLE};
use crate::catalog::model::{Catalog, TypeClass};
use crate::question::tokens::Token;

/// How well a verb stands for the date that it is of: less than any noun.
const OF_VERB: f32 = 0.4;

/// Makes verbs of the nouns that say which date a time is of.
pub(crate) fn say_dates(
    segments: &mut Vec<Segment>,
    tokens: &[Token],
    catalog: &Catalog,
    lexicon: &Lexicon,
) {
    part_verbs(segments, catalog, lexicon);
    for at in 0..segments.len() {
        say_flag(segments, at, catalog, lexicon);
        say_year(segments, at, lexicon);
        let dates = dates(&segments[at], tokens, catalog, lexicon);
        if dates.is_empty() {
            continue;
        }
        if let Some(unit) =
            unit_before(segments, at).filter(|unit| is_unit(&segments[*unit], lexicon))
        {
            let between = unit + 1..at;
            segments[unit].names.clear();
            segments[between]
                .iter_mut()
                .for_each(|s| s.ops = vec![Op::Filler]);
            say(&mut segments[at], dates);
            put_first(segments, unit, at);
        } else if segments
            .get(at + 1)
            .is_some_and(|next| is_unit(next, lexicon))
        {
            segments[at + 1].names.clear();
            say(&mut segments[at], dates);
            put_after(segments, at);
            put_first(segments, at, at + 1);
        } else if segments
            .get(at + 1)
            .is_some_and(|next| next.time.is_some() && next.names.is_empty())
            && let Some(lead) = lead(segments, at)
        {
            segments[lead..at]
                .iter_mut()
                .for_each(|s| s.ops = vec![Op::Filler]);
            say(&mut segments[at], dates);
        } else if let Some(table) = counted(segments, at, &dates, lexicon) {
            let mut verb = segments[at].clone();
            say(&mut verb, dates);
            (verb.first, verb.possessive) = (verb.last, false);
            segments[at].names = vec![Candidate {
                target: Target::Table(table),
                score: WHOLE,
            }];
            segments[at].ops.clear();
            segments.insert(at + 1, verb);
        }
    }
}

/// "the number of departures": what departs, where that is a day that a key of one table tells.
fn counted(
    segments: &[Segment],
    at: usize,
    dates: &[Candidate],
    lexicon: &Lexicon,
) -> Option<usize> {
    let article = |s: &Segment| ENGLISH.articles.contains(&s.text.to_lowercase());
    let before = segments[..at].iter().rfind(|s| !article(s))?;
    let plural = super::super::language::ends_as_plural(&segments[at].text.to_lowercase());
    let mut tables = dates.iter().map(|date| match date.target {
        Target::Column(at) if lexicon.is_pointed(at) => Some(at.table),
        _ => None,
    });
    let table = tables.next()??;
    let only = tables.all(|other| other == Some(table));
    (before.is(Op::Count) && plural && only).then_some(table)
}

/// "the average delay *on public holidays*", "flights *on* a weekend": what a table of days tells is true of the day.
fn say_flag(segments: &mut [Segment], at: usize, catalog: &Catalog, lexicon: &Lexicon) {
    let flag = |c: &Candidate| match c.target {
        Target::Column(at) => {
            catalog.column(at).class == TypeClass::Boolean && is_calendar(lexicon, at.table)
        }
        _ => false,
    };
    let article = |s: &Segment| ENGLISH.articles.contains(&s.text.to_lowercase());
    let Some(before) = segments[..at].iter().rposition(|s| !article(s)) else {
        return;
    };
    let leads = segments[before].is(Op::Preposition) && segments[before].names.is_empty();
    let spoken = segments[..before].iter().any(|s| !s.names.is_empty());
    let told = segments[at].values.is_empty() && segments[at].quoted.is_none();
    if leads && spoken && told && segments[at].names.first().is_some_and(flag) {
        segments[before].ops = vec![Op::With];
        (segments[at].time, segments[at].unit) = (None, None);
    }
}

/// "Festival founded" before a time is no name of a column: the verb says which date of the festivals the time is of.
fn part_verbs(segments: &mut Vec<Segment>, catalog: &Catalog, lexicon: &Lexicon) {
    let mut at = 0;
    while at + 1 < segments.len() {
        let whole = &segments[at];
        let timed = segments[at + 1].time.is_some() && whole.values.is_empty();
        if let Some((noun, verb)) = whole.text.rsplit_once(' ')
            && timed
            && is_participle(&verb.to_lowercase())
            && let Some(table) = lexicon.table_called(noun)
            && let Some(Target::Column(of)) = whole.names.first().map(|c| &c.target)
            && of.table == table
            && (lexicon.is_year(*of) || is_date(catalog.column(*of).class))
        {
            let done = Segment {
                first: whole.last - 1,
                text: verb.to_owned(),
                ..whole.clone()
            };
            let thing = Segment {
                first: whole.first,
                last: whole.last - 1,
                text: noun.to_owned(),
                names: vec![Candidate {
                    target: Target::Table(table),
                    score: WHOLE,
                }],
                ..Segment::default()
            };
            segments.splice(at..=at, [thing, done]);
            at += 1;
        }
        at += 1;
    }
}

/// "Festivals *founded* before 1950" where a year tells it: the verb says which date the time is of.
fn say_year(segments: &mut [Segment], at: usize, lexicon: &Lexicon) {
    let timed = segments.get(at + 1).is_some_and(|next| next.time.is_some());
    let thing = at.checked_sub(1).map(|before| &segments[before]);
    let thing = thing.and_then(|s| s.names.first()).map(|c| &c.target);
    let Some(Target::Table(thing)) = thing else {
        return;
    };
    let segment = &segments[at];
    let year = |c: &&Candidate| matches!(c.target, Target::Column(at) if at.table == *thing && lexicon.is_year(at));
    let years: Vec<Candidate> = segment.names.iter().filter(year).cloned().collect();
    if timed && !years.is_empty() && is_participle(&segment.text.to_lowercase()) {
        let score = OF_VERB;
        let years = years.into_iter().map(|c| Candidate { score, ..c });
        say(&mut segments[at], years.collect());
    }
}

/// The dates that a noun is all of the name of, apart from the word for dates.
fn dates(
    segment: &Segment,
    tokens: &[Token],
    catalog: &Catalog,
    lexicon: &Lexicon,
) -> Vec<Candidate> {
    let table = |c: &Candidate| matches!(c.target, Target::Table(_)) && c.score > 0.9;
    let other = segment.time.is_some() || segment.unit.is_some() || segment.quoted.is_some();
    let working = segment.ops.iter().any(|op| *op != Op::Link);
    if other || working || segment.names.iter().any(table) {
        return Vec::new();
    }
    let words = [&ENGLISH.date_words, &ENGLISH.moments, &ENGLISH.date_endings];
    let dated = |stem: &&String| words.iter().any(|words| words.contains(stem));
    let said: Vec<&String> = tokens[segment.first..segment.last]
        .iter()
        .map(|t| &t.stem)
        .collect();
    let plain: Vec<&String> = said.iter().copied().filter(|s| !dated(s)).collect();
    let named = segment.names.iter().filter(|c| match c.target {
        Target::Column(at) => {
            let name = &lexicon.tables[at.table].columns[at.column];
            let role: Vec<&String> = name.iter().filter(|s| !dated(s)).collect();
            is_date(catalog.column(at).class)
                && !role.is_empty()
                && role.len() == plain.len()
                && role.iter().zip(&plain).all(|(a, b)| root(a) == root(b))
        }
        _ => false,
    });
    let score = OF_VERB;
    named.map(|c| Candidate { score, ..c.clone() }).collect()
}

/// The unit of time right before "of" and an article.
fn unit_before(segments: &[Segment], at: usize) -> Option<usize> {
    let article = |s: &Segment| ENGLISH.articles.contains(&s.text.to_lowercase());
    let of = segments[..at].iter().rposition(|s| !article(s))?;
    segments[of].is(Op::Of).then(|| of.checked_sub(1))?
}

/// A unit of time, and no column but one of a table of days.
fn is_unit(segment: &Segment, lexicon: &Lexicon) -> bool {
    let whole = segment.names.iter().filter(|c| c.score >= WHOLE);
    let mut columns = whole.filter_map(|c| match c.target {
        Target::Column(at) => Some(at.table),
        _ => None,
    });
    segment.unit.is_some()
        && segment.time.is_none()
        && columns.all(|table| is_calendar(lexicon, table))
}

/// The preposition before a noun and its article, after something else: "shipments *for* departure in March".
fn lead(segments: &[Segment], at: usize) -> Option<usize> {
    let article = |s: &Segment| ENGLISH.articles.contains(&s.text.to_lowercase());
    let lead = segments[..at].iter().rposition(|s| !article(s))?;
    let leads = [Op::With, Op::Preposition, Op::Link];
    let leads = leads.into_iter().any(|op| segments[lead].is(op));
    let named = !segments[lead].names.is_empty() || segments[lead].time.is_some();
    let spoken = segments[..lead].iter().any(|s| !s.names.is_empty());
    (leads && !named && spoken).then_some(lead)
}

/// "by month of arrival and destination country": before "by", where more follows that it groups by.
fn put_first(segments: &mut [Segment], unit: usize, verb: usize) {
    let Some(by) = unit.checked_sub(1).filter(|by| segments[*by].is(Op::By)) else {
        return;
    };
    if !segments.get(verb + 1).is_some_and(|s| s.is(Op::And)) {
        return;
    }
    let mut first = segments[by].first;
    segments[by..=verb].rotate_right(verb - unit);
    for segment in &mut segments[by..=verb] {
        let length = segment.last - segment.first;
        (segment.first, segment.last) = (first, first + length);
        first += length;
    }
}

/// Puts a segment behind the next, where the verb of a time stands.
fn put_after(segments: &mut [Segment], at: usize) {
    let (first, last) = (segments[at].first, segments[at + 1].last);
    segments.swap(at, at + 1);
    let between = first + segments[at].last - segments[at].first;
    (segments[at].first, segments[at].last) = (first, between);
    (segments[at + 1].first, segments[at + 1].last) = (between, last);
}

/// Makes a segment the verb of dates.
fn say(segment: &mut Segment, dates: Vec<Candidate>) {
    segment.values.clear();
    segment.last_names.clear();
    segment.names = dates;
    segment.ops = vec![Op::Link];
}
