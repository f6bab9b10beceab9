//! Which dates tell when something came to be, when something was done with it, and where it begins and ends.
//!
//! Invariant: what a date is of is told by its name, by its comment, or by the noun of its table, never by its place or by what is stored. Of
//! several dates that may be meant none is taken: they are given, to be named in a refusal. A date that something was promised for
//! ("due on") tells when nothing was done, and a day of bookkeeping ("updated at") tells nothing.

use super::super::language::wordclass::is_participle;
use super::super::language::{Course, ENGLISH, stems};
use super::super::reading::promises::is_promised;
use super::lexicon::{Lexicon, Target};
use super::names::root;
use super::nature::is_date;
use crate::catalog::model::{Catalog, ColumnRef, Part, TableKind};
use crate::question::tokens::{stem, tokenize};

/// A name that is written so in the catalog is that name.
const NAMED: f32 = 0.9;
/// A root that is shorter is no part of another word.
const SHORTEST: usize = 3;
/// The most words of a comment that is but a name.
const SHORT_COMMENT: usize = 4;

/// A date of a table, with what it is called.
#[derive(Debug)]
struct Date {
    at: ColumnRef,
    /// The stems of its name and of what its comment says was done.
    words: Vec<String>,
    promised: bool,
    /// Which end of a range it is.
    end: Option<(String, bool)>,
}

/// All dates of a catalog.
#[derive(Debug)]
pub(crate) struct Dates<'a> {
    catalog: &'a Catalog,
    lexicon: &'a Lexicon,
    all: Vec<Date>,
}

/// Two dates that may be the beginning and the end of something.
pub(crate) type Pair = (ColumnRef, ColumnRef);

impl<'a> Dates<'a> {
    /// Of the tables of a catalog: views repeat what tables hold, and copies of tables are those in a role.
    pub(crate) fn of(catalog: &'a Catalog, lexicon: &'a Lexicon) -> Dates<'a> {
        Dates::of_tables(0..catalog.tables.len(), catalog, lexicon)
    }

    /// Of these tables alone.
    pub(crate) fn of_tables(
        tables: impl IntoIterator<Item = usize>,
        catalog: &'a Catalog,
        lexicon: &'a Lexicon,
    ) -> Dates<'a> {
        let mut all = Vec::new();
        for table in tables {
            let relation = &catalog.tables[table];
            let base = |oid: &u32| catalog.tables.iter().any(|t| t.oid == *oid);
            let view = matches!(relation.kind, TableKind::View | TableKind::MaterializedView);
            let derived = view && !relation.reads.is_empty() && relation.reads.iter().all(base);
            if derived || lexicon.role(table).is_some() {
                continue;
            }
            for (column, declared) in relation.columns.iter().enumerate() {
                let name = &lexicon.tables[table].columns[column];
                let of_books = name.iter().any(|w| ENGLISH.other_dates.contains(w));
                if !is_date(declared.class) || declared.stored_date.is_some() || of_books {
                    continue;
                }
                let comment = comment_words(declared.comment.as_deref().unwrap_or_default());
                all.push(Date {
                    at: ColumnRef { table, column },
                    promised: is_promised(name) || is_promised(&comment),
                    words: [&name[..], &comment].concat(),
                    end: match &declared.part {
                        Some(Part::Start { of }) => Some((of.clone(), false)),
                        Some(Part::End { of }) => Some((of.clone(), true)),
                        _ => None,
                    },
                });
            }
        }
        Dates {
            catalog,
            lexicon,
            all,
        }
    }

    /// The dates of what a question calls something: those that bear the name, or else those of what was done and of the thing itself.
    pub(crate) fn called(&self, phrase: &str) -> Vec<ColumnRef> {
        let said = stems(&phrase.to_lowercase());
        let promised = is_promised(&said);
        let found = self.lexicon.look_up(&said, true);
        let known = |at: &ColumnRef| self.all.iter().any(|d| d.at == *at);
        let named = found.iter().filter_map(|c| match c.target {
            Target::Column(at) if c.score >= NAMED => Some(at),
            _ => None,
        });
        let named: Vec<ColumnRef> = named.filter(known).collect();
        if !named.is_empty() {
            return named;
        }
        let done = self.all.iter().filter(|d| d.promised == promised);
        let mut done: Vec<ColumnRef> = done.filter(|d| says(d, &said)).map(|d| d.at).collect();
        let own = self
            .lexicon
            .table_called(phrase)
            .and_then(|table| self.began(table, None).ok());
        done.extend(own.filter(|at| !done.contains(at)));
        done
    }

    /// The dates when something was done.
    pub(crate) fn done(&self, deed: &str) -> Vec<ColumnRef> {
        let said = stems(&deed.to_lowercase());
        let dates = self.all.iter().filter(|d| !d.promised && says(d, &said));
        dates.map(|d| d.at).collect()
    }

    /// The date when a row of a table came to be: the one that is called after the thing, or by what is done first, or else the only
    /// other one that is no end of anything. Without such, those among which it may be.
    pub(crate) fn began(
        &self,
        table: usize,
        before: Option<ColumnRef>,
    ) -> Result<ColumnRef, Vec<ColumnRef>> {
        let own = self.all.iter().filter(|d| d.at.table == table);
        let own = own.filter(|d| !d.promised && Some(d.at) != before);
        let own: Vec<&Date> = own.collect();
        let thing = self.lexicon.tables[table].stems.last();
        let of_thing = |d: &Date| thing.is_some_and(|t| d.words.iter().any(|w| alike(w, t)));
        let arising = |d: &Date| {
            let word = |w: &String| ENGLISH.arising.contains(w) || ENGLISH.beginning.contains(w);
            d.words.iter().any(word)
        };
        let noted = |d: &Date| d.words.iter().any(|w| ENGLISH.noting.contains(w));
        let ends = |d: &Date| {
            let mut courses = ENGLISH.courses.iter();
            courses.any(|course| course.ends.iter().any(|e| says(d, e)))
                || d.words.iter().any(|w| ENGLISH.ending.contains(w))
        };
        let other = |d: &Date| !ends(d) && own.len() == 1;
        let ways: [&dyn Fn(&Date) -> bool; 4] = [
            &|d| of_thing(d) && !ends(d),
            &|d| arising(d) && !ends(d),
            &noted,
            &other,
        ];
        for way in ways {
            let found: Vec<ColumnRef> = own.iter().filter(|d| way(d)).map(|d| d.at).collect();
            match found[..] {
                [] => {}
                [only] => return Ok(only),
                _ => return Err(found),
            }
        }
        let mut all = self.all.iter().filter(|d| d.at.table == table);
        match (all.next(), all.next()) {
            // An appointment has no other date than the one that it is scheduled for.
            (Some(only), None) if before.is_none() => Ok(only.at),
            _ => Err(own.iter().map(|d| d.at).collect()),
        }
    }

    /// Where what a noun names begins and ends, with the unit that it is told in; several where it is not clear.
    pub(crate) fn course(&self, noun: &str) -> (Vec<Pair>, Option<&'static str>) {
        let said = stems(&noun.to_lowercase());
        let called = |course: &&Course| {
            let mut nouns = course.nouns.iter();
            nouns.any(|n| n.len() == said.len() && n.iter().zip(&said).all(|(a, b)| alike(a, b)))
        };
        let courses = || ENGLISH.courses.iter();
        match self.lexicon.table_called(noun) {
            Some(table) => {
                let own = self.pairs(courses().filter(called), Some(table));
                match own.0[..] {
                    [_] => own,
                    _ => self.pairs(courses(), Some(table)),
                }
            }
            None => self.pairs(courses().filter(called), None),
        }
    }

    /// The columns that tell where what a table is called after ends: the days on which loans are returned.
    pub(crate) fn ends(&self, table: usize) -> Vec<usize> {
        let Some(noun) = self.lexicon.tables[table].stems.last() else {
            return Vec::new();
        };
        let called = |course: &&Course| {
            let mut nouns = course.nouns.iter();
            nouns.any(|n| matches!(&n[..], [one] if alike(one, noun)))
        };
        let (pairs, _) = self.pairs(ENGLISH.courses.iter().filter(called), Some(table));
        pairs.iter().map(|(_, last)| last.column).collect()
    }

    /// The end of what begins on a date, by words that are of anything ("start", "end"); none where a question says one of them.
    pub(crate) fn end_of(
        &self,
        start: ColumnRef,
        said: impl Fn(&String) -> bool,
    ) -> Option<ColumnRef> {
        let anything = ENGLISH.courses.iter().filter(|c| c.nouns.is_empty());
        let words = |course: &&Course| {
            let mut words = course.begins.iter().chain(&course.ends).flatten();
            words.any(&said)
        };
        let courses: Vec<&Course> = anything.collect();
        if courses.iter().any(words) {
            return None;
        }
        // The first of them is of whatever begins and ends; what opens and closes is told by states.
        let (pairs, _) = self.pairs(courses.into_iter().take(1), Some(start.table));
        match pairs[..] {
            [(from, to)] if from == start => Some(to),
            _ => None,
        }
    }

    /// Whether what a noun names goes on up to now where nothing says that it has ended.
    pub(crate) fn goes_on(noun: &str) -> bool {
        let said = stems(&noun.to_lowercase());
        let mut courses = ENGLISH.courses.iter();
        courses.any(|course| course.goes_on && course.nouns.contains(&said))
    }

    /// Where what a noun names begins, and the unit that it is told in, whether or not anything tells its end.
    pub(crate) fn since(&self, noun: &str) -> (Vec<ColumnRef>, Option<&'static str>) {
        let said = stems(&noun.to_lowercase());
        let mut courses = ENGLISH.courses.iter();
        let Some(course) = courses.find(|course| course.nouns.contains(&said)) else {
            return (Vec::new(), None);
        };
        let begins = |d: &&Date| !d.promised && course.begins.iter().any(|w| says(d, w));
        let starts = self.all.iter().filter(begins).map(|d| d.at);
        (starts.collect(), course.unit.as_deref())
    }

    /// The same of what is done as long as it lasts: "rented" of rentals, "stayed" of admissions.
    pub(crate) fn course_of_deed(&self, deed: &str) -> (Vec<Pair>, Option<&'static str>) {
        let said = stems(&deed.to_lowercase());
        let [verb] = &said[..] else {
            return (Vec::new(), None);
        };
        let named = |table: &usize| {
            let own = self.lexicon.tables[*table].stems.last();
            self.lexicon.role(*table).is_none() && own.is_some_and(|own| alike(own, verb))
        };
        let tables: Vec<usize> = (0..self.lexicon.tables.len()).filter(named).collect();
        if let [table] = tables[..] {
            let own = self.pairs(ENGLISH.courses.iter(), Some(table));
            if !own.0.is_empty() {
                return own;
            }
        }
        let does = |course: &&Course| {
            let words = course.nouns.iter().chain(&course.begins);
            words
                .into_iter()
                .any(|w| matches!(&w[..], [one] if alike(one, verb)))
        };
        self.pairs(ENGLISH.courses.iter().filter(does), None)
    }

    /// The date that something of a table is due on, and the only one when it may have been done.
    pub(crate) fn promised_and_done(&self, table: usize) -> Option<Pair> {
        let own = || self.all.iter().filter(|d| d.at.table == table);
        let due = |d: &&Date| d.words.iter().any(|w| ENGLISH.due.contains(w));
        let promised: Vec<ColumnRef> = own().filter(|d| d.promised).map(|d| d.at).collect();
        let due: Vec<ColumnRef> = own()
            .filter(|d| d.promised)
            .filter(due)
            .map(|d| d.at)
            .collect();
        let due = match (&promised[..], &due[..]) {
            ([only], _) | (_, [only]) => *only,
            _ => return None,
        };
        let began = self.began(table, None).ok();
        let missing = |d: &&Date| !self.catalog.column(d.at).not_null;
        // A payment comes to be when it is made: "due on" and "paid on" are all that it has.
        let settled = |d: &Date| d.words.iter().any(|w| ENGLISH.settling.contains(w));
        let made = |d: &Date| d.words.iter().any(|w| ENGLISH.noting.contains(w));
        let later = |d: &Date| Some(d.at) != began && !made(d) || settled(d);
        let mut done = own().filter(|d| !d.promised && missing(d) && later(d));
        match (done.next(), done.next()) {
            (Some(done), None) => Some((due, done.at)),
            _ => None,
        }
    }

    fn pairs<'c>(
        &self,
        courses: impl Iterator<Item = &'c Course>,
        table: Option<usize>,
    ) -> (Vec<Pair>, Option<&'c str>) {
        let dates = self.all.iter().filter(|d| !d.promised);
        let dates = dates.filter(|d| table.is_none_or(|t| d.at.table == t));
        let dates: Vec<&Date> = dates.collect();
        let mut found: Vec<Pair> = Vec::new();
        let mut unit = None;
        for course in courses {
            let begins = |d: &&&Date| course.begins.iter().any(|w| says(d, w));
            let ends = |d: &Date| course.ends.iter().any(|w| says(d, w));
            for first in dates.iter().filter(begins).filter(|d| !ends(d)) {
                let last = dates.iter().filter(|d| d.at.table == first.at.table);
                for last in last.filter(|d| ends(d) && d.at != first.at) {
                    // Of one range both ends, or of none.
                    let range = |d: &Date| d.end.as_ref().map(|(of, _)| of.clone());
                    let pair = (first.at, last.at);
                    if range(first) == range(last) && !found.contains(&pair) {
                        found.push(pair);
                        unit = unit.or(course.unit.as_deref());
                    }
                }
            }
        }
        (found, unit)
    }

    /// A date with its table, as a refusal names it.
    pub(crate) fn name(&self, at: ColumnRef) -> String {
        let table = self.catalog.table(at);
        format!("{}.{}", table.name, self.catalog.column(at).name)
    }
}

/// What a comment calls a date: all of its words where it is but a name, otherwise what is said to be done.
fn comment_words(comment: &str) -> Vec<String> {
    let head = comment.split(['.', ',', ';', '(', ':', '\n']).next();
    let said = tokenize(head.unwrap_or_default());
    let name = said.len() <= SHORT_COMMENT;
    let done = said.iter().filter(|t| t.is_word());
    let done = done.filter(|t| name || is_participle(&t.lower));
    done.map(|t| t.stem.clone()).collect()
}

/// The date is called by all these words, besides those that every date has.
fn says(date: &Date, said: &[String]) -> bool {
    let empty = |w: &String| {
        ENGLISH.date_words.contains(w)
            || ENGLISH.date_nouns.contains(w)
            || ENGLISH.articles.contains(w)
    };
    let mut words = said.iter().filter(|w| !empty(w)).peekable();
    let own = |word: &String| date.words.iter().any(|w| alike(w, word));
    // "checkout" of check_out_at
    let joined = said.concat();
    words.peek().is_some()
        && (words.all(own) || date.words.windows(2).any(|two| two.concat() == joined))
}

/// Forms of one word, or a verb and the noun of what it does.
fn alike(a: &str, b: &str) -> bool {
    let (a, b) = (root(&stem(a)), root(&stem(b)));
    let made_of = |long: &str, short: &str| {
        let rest = long.strip_prefix(short);
        short.len() >= SHORTEST && rest.is_some_and(|r| ENGLISH.endings.iter().any(|e| e == r))
    };
    a == b || made_of(&a, &b) || made_of(&b, &a)
}
