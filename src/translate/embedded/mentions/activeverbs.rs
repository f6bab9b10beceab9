//! Verbs that are stored values or names of tables as well: "customers who *booked* more than 7 jobs", where some jobs are "booked";
//! "cases *filed* in 2025", where there is a table of filings.
//!
//! Invariant: such a verb leaves no row out where each has the time at which that was done (`booked_at`, which is never missing); where
//! that may be missing (`cancelled_at`), the value says which rows are meant. Without this, jobs that are done by now would not count as
//! booked. A verb before a time speaks of the date that the thing itself has of it; without this, the cases of 2025 would be those in which
//! anything was filed in that year.

use super::super::language::wordclass::is_participle;
use super::super::language::{ENGLISH, Op, stems};
use super::super::linking::resolve::table_of;
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::super::schema::names::root;
use super::super::schema::nature::Nature;
use super::annotate::Segment;
use super::tails::is_noun;
use crate::catalog::model::{Catalog, Column, StoredValue, ValueMatch};

/// Makes such values verbs that only hold the sentence together.
pub(crate) fn take(segments: &mut Vec<Segment>, catalog: &Catalog, lexicon: &Lexicon) {
    let thing = |s: &Segment| table(s).filter(|_| is_noun(s));
    let joins = |s: &&Segment| s.is(Op::Relative) || s.is(Op::Filler) || s.is(Op::With);
    let counts = |s: &&Segment| {
        let compares = s.ops.iter().any(|op| matches!(op, Op::Compare(_)));
        let to = s.is(Op::Preposition) && s.names.is_empty() && s.values.is_empty();
        compares || to || s.number.is_some() || s.is(Op::Filler) || s.is(Op::Most)
    };
    keep_states(segments, lexicon);
    leave_perfect(segments, lexicon);
    leave_names(segments, lexicon);
    leave_done(segments, lexicon);
    leave_dated(segments, catalog, lexicon);
    for i in 1..segments.len() {
        let verb = &segments[i];
        let word = verb.text.to_lowercase();
        let inflected = !word.contains(' ') && ENGLISH.ends_as_verb(&word) && verb.text == word;
        if !inflected || verb.values.is_empty() {
            continue;
        }
        let subject = segments[..i].iter().rev().find(|s| !joins(s));
        let object = segments[i + 1..].iter().find(|s| !counts(s));
        let (Some(subject), Some(object)) = (subject.and_then(thing), object.and_then(thing))
        else {
            continue;
        };
        // "Applied to more than 3 jobs": the state of the applications, which tie the two together.
        let ties = |t: usize| {
            let points = |to: usize| {
                let mut keys = lexicon.graph.of(t);
                keys.any(|(_, e)| e.holder == t && e.target == to)
            };
            t == object || points(subject) && points(object)
        };
        let deed = verb.values[0].column.table;
        let acts = subject != object && verb.values.iter().all(|v| v.column.table == deed);
        if acts && ties(deed) && always_done(&word, deed, catalog, lexicon) {
            segments[i].values.clear();
            segments[i].ops = vec![Op::Link];
        }
    }
}

/// "The captain who has *flown* the most flights": what somebody did with what follows, and no state of tickets that nobody speaks of.
fn leave_perfect(segments: &mut [Segment], lexicon: &Lexicon) {
    for i in 1..segments.len().saturating_sub(1) {
        let has = ENGLISH
            .possession
            .contains(&segments[i - 1].text.to_lowercase());
        let next = &segments[i + 1];
        let compares = |op: &Op| matches!(op, Op::Most | Op::Least | Op::Compare(_));
        let ranked = next.ops.iter().any(compares) && next.names.is_empty();
        // "The distance *flown* per pilot": what was done, where nothing is settled by it.
        let verb = segments[i].is(Op::Link) && !settles(&segments[i].text);
        let amount = verb && amount_before(segments, i, lexicon);
        if !(has && ranked || amount) || segments[i].quoted.is_some() {
            continue;
        }
        let mut others = segments.iter().enumerate().filter(|(at, _)| *at != i);
        let spoken = |t: usize| {
            let of = |s: &Segment| {
                let best = s.names.first();
                best.is_some_and(|c| table_of(lexicon, &c.target) == t)
            };
            others.clone().any(|(_, s)| of(s))
        };
        let far = !segments[i].values.is_empty()
            && segments[i].values.iter().all(|v| !spoken(v.column.table));
        let object = amount || others.any(|(at, s)| at > i && is_noun(s));
        if far && object {
            segments[i].values.clear();
            segments[i].ops = vec![Op::Link];
        }
    }
}

/// Whether a verb says that something was settled, which only some of all there is may be: "paid".
fn settles(verb: &str) -> bool {
    stems(&verb.to_lowercase())
        .iter()
        .any(|stem| ENGLISH.settling.contains(stem))
}

/// "Tonnes *shipped* per category", where there is a table of shipments: what was done, and no ship.
fn leave_names(segments: &mut [Segment], lexicon: &Lexicon) {
    /// No other word for a name is as good as this.
    const SYNONYM: f32 = 0.88;
    for i in 0..segments.len() {
        let measured = measured(segments, i, lexicon);
        let segment = &mut segments[i];
        let word = segment.text.to_lowercase();
        let thing = |c: &Candidate| matches!(c.target, Target::Table(_));
        let mut names = segment.names.iter();
        let other = segment.names.first().is_some_and(thing) && names.all(|c| c.score <= SYNONYM);
        let [stem] = &stems(&word)[..] else { continue };
        if !other || !ENGLISH.ends_as_verb(&word) || !segment.values.is_empty() {
            continue;
        }
        let deed = |c: &Candidate| match c.target {
            Target::Table(t) => {
                let name = lexicon.tables[t].stems.last();
                name.is_some_and(|noun| noun != stem && root(noun) == root(stem))
            }
            _ => false,
        };
        let deeds = lexicon.by_root(stem);
        let score = segment.names.first().map_or(0.0, |c| c.score);
        let deeds = deeds.into_iter().filter(deed);
        let deeds: Vec<Candidate> = deeds.map(|c| Candidate { score, ..c }).collect();
        if deeds.is_empty() {
            continue;
        }
        segment.names = deeds;
        if measured {
            segment.names.clear();
            segment.ops = vec![Op::Link];
        }
    }
}

/// An amount right before a place, and nobody after it who did it: "tonnes shipped per category", and not "tonnes shipped by Ada".
fn measured(segments: &[Segment], at: usize, lexicon: &Lexicon) -> bool {
    let by = segments.get(at + 1).is_some_and(|s| s.is(Op::By));
    let who = segments.get(at + 2).is_some_and(|s| !s.values.is_empty());
    amount_before(segments, at, lexicon) && !(by && who)
}

/// Whether an amount stands right before.
fn amount_before(segments: &[Segment], at: usize, lexicon: &Lexicon) -> bool {
    let before = at.checked_sub(1).and_then(|i| segments[i].names.first());
    before.is_some_and(|c| lexicon.is_amount(&c.target))
}

/// "How many bookings did we *take* each month": what was done with what is counted, and no takings.
fn leave_done(segments: &mut [Segment], lexicon: &Lexicon) {
    for i in 0..segments.len().saturating_sub(2) {
        let [helps, who, does] = &segments[i..i + 3] else {
            continue;
        };
        // "Do we take the most orders"
        let ranks = |s: &Segment| s.is(Op::Most) || s.is(Op::Least);
        let what = &segments[i + 3..];
        let ranked = what.first().is_some_and(ranks) && what.get(1).is_some_and(is_noun);
        let counted = segments[..i].iter().any(|s| s.is(Op::Count));
        let word = |s: &Segment, list: &[String]| list.contains(&s.text.to_lowercase());
        let measure =
            |c: &Candidate| matches!(c.target, Target::Measure(_)) || lexicon.is_amount(&c.target);
        if word(helps, &ENGLISH.auxiliaries)
            && word(who, &ENGLISH.doers)
            && does.names.iter().all(measure)
            && !does.names.is_empty()
            && (ranked || counted && segments[..i].iter().any(is_noun))
        {
            segments[i + 2].names.clear();
            segments[i + 2].ops = vec![Op::Link];
        }
    }
}

/// The table that a segment names.
fn table(segment: &Segment) -> Option<usize> {
    match segment.names.first()?.target {
        Target::Table(t) => Some(t),
        _ => None,
    }
}

/// Leaves a verb that is written otherwise than stored the states of the things beside it: of "problems *reported* in May" none of what is
/// logged about them.
fn keep_states(segments: &mut [Segment], lexicon: &Lexicon) {
    let counts =
        |s: &Segment| s.number.is_some() || s.ops.iter().any(|op| matches!(op, Op::Compare(_)));
    let helps =
        |s: &&Segment| s.names.is_empty() && (s.is(Op::Filler) || s.is(Op::Relative) || counts(s));
    // "Members who never attended a class"
    let leads = |s: &&Segment| {
        let denies = s.is(Op::Never) || s.is(Op::Not);
        helps(s) || s.names.is_empty() && s.values.is_empty() && (s.is(Op::With) || denies)
    };
    for i in 0..segments.len() {
        let before = segments[..i].iter().rev().find(|s| !helps(s));
        let after = segments[i + 1..].iter().find(|s| !helps(s));
        let beside = [before.and_then(table), after.and_then(table)];
        let subject = segments[..i].iter().rev().find(|s| !leads(s));
        let both = [subject.and_then(table), beside[1]];
        let verb = &mut segments[i];
        if verb.is(Op::Link) {
            // "Members attended a class": the state of their bookings of it.
            let ties = |t: usize| {
                let held = lexicon.graph.of(t).filter(|(_, e)| e.holder == t);
                let targets: Vec<Option<usize>> = held.map(|(_, e)| Some(e.target)).collect();
                both.iter().all(|b| b.is_some() && targets.contains(b))
            };
            let folded = |v: &StoredValue| v.found == ValueMatch::Folded;
            let own = |t: usize| beside.contains(&Some(t)) || ties(t);
            verb.values.retain(|v| !folded(v) || own(v.column.table));
        }
    }
}

/// "Cases *filed* in 2025", where cases have the date on which they were filed: nothing is said of the table of what is filed in them, nor of
/// their state, which is another by now.
fn leave_dated(segments: &mut Vec<Segment>, catalog: &Catalog, lexicon: &Lexicon) {
    let relative = |s: &Segment| s.is(Op::Filler) || s.is(Op::Relative) || s.is(Op::With);
    let helps = |s: &&Segment| s.names.is_empty() && relative(s);
    for i in 1..segments.len().saturating_sub(1) {
        let (verb, next) = (&segments[i], &segments[i + 1]);
        let word = verb.text.to_lowercase();
        let subject = segments[..i].iter().rev().find(|s| !helps(s));
        // "Orders" do nothing right before a verb.
        let plural = |s: &Segment| super::super::language::ends_as_plural(&s.text);
        let works = |s: &Segment| s.ops.iter().any(|op| !matches!(op, Op::Order | Op::Link));
        let thing = |s: &&Segment| is_noun(s) || plural(s) && !works(s);
        let Some(subject) = subject.filter(thing).and_then(table) else {
            continue;
        };
        let grouped = next.is(Op::Each) || next.is(Op::By);
        let day = is_day(segments, i + 1, lexicon);
        if next.time.is_none() && !day && !grouped {
            continue;
        }
        // "Leases *expiring* in May" end then.
        if next.time.is_some()
            && let Some(end) = end_of(&word, subject, lexicon)
        {
            let said = |v: &StoredValue| {
                v.column.table == subject
                    && matches!(v.found, ValueMatch::Exact | ValueMatch::Folded)
            };
            let ends = Segment {
                text: end,
                ops: vec![Op::Link],
                first: verb.last,
                last: verb.last,
                ..Segment::default()
            };
            // "Lapsed in May" is a state as well, where one is stored so.
            if segments[i].values.iter().any(said) {
                segments[i].values.retain(said);
                segments[i].names.clear();
                segments.insert(i + 1, ends);
            } else {
                segments[i] = ends;
            }
            // "Expired this year" is over, which the name of the day does not tell.
            if ENGLISH.ends_as_verb(&word) {
                let over = Segment {
                    text: word,
                    ops: vec![Op::Filler],
                    first: segments[i].last,
                    last: segments[i].last,
                    ..Segment::default()
                };
                segments.insert(i, over);
            }
            continue;
        }
        let other = table(verb).is_some_and(|t| t != subject) && verb.is(Op::Link);
        let dated = dates_of(&word, subject, catalog, lexicon).next().is_some();
        let timed = next.time.is_some() && dated;
        // "Trips *departing* in May", of a day that is called after it.
        if timed && verb.is_unknown() {
            segments[i].ops = vec![Op::Link];
            continue;
        }
        // "Books *published* before 1960" where a year tells when, and publishers are others.
        let dated = dated || next.time.is_some() && has_year_of(&word, subject, lexicon);
        if other && !grouped && is_participle(&word) && dated {
            segments[i].names.clear();
        }
        let own = |v: &StoredValue| v.column.table == subject;
        // "Leases that *end* next month" says when, and not that they have ended.
        let by_name = |v: &StoredValue| match v.found {
            ValueMatch::Segment(place) => lexicon.segments[place].told == Some(false),
            _ => false,
        };
        let verb = &mut segments[i];
        if timed && verb.values.iter().any(|v| own(v) && by_name(v)) {
            verb.values.retain(|v| !by_name(v));
            verb.ops = vec![Op::Link];
        }
        // What the verb names may be the very date: `booking_date_key`.
        let of_date = |c: &Candidate| match c.target {
            Target::Column(at) => at.table == subject && lexicon.nature(at) != Nature::Flag,
            _ => false,
        };
        let bare = verb.names.iter().all(of_date) && verb.values.iter().any(own);
        if bare && ENGLISH.first_states.contains(&word) {
            verb.values.clear();
            verb.names.clear();
            verb.ops = vec![Op::Link];
        }
    }
}

/// "On a weekend", of a table of days: what follows is said of a day.
fn is_day(segments: &[Segment], at: usize, lexicon: &Lexicon) -> bool {
    let helps = |s: &&Segment| s.names.is_empty() && (s.is(Op::Preposition) || s.is(Op::Filler));
    let said = segments[at..].iter().find(|s| !helps(s));
    let day = |c: &Candidate| match c.target {
        Target::Column(at) => super::super::linking::ways::is_calendar(lexicon, at.table),
        _ => false,
    };
    said.is_some_and(|s| !s.names.is_empty() && s.names.iter().all(day))
}

/// What the only last day of a table is called by, where a verb says that its things end, and no date is called after the verb.
fn end_of(verb: &str, table: usize, lexicon: &Lexicon) -> Option<String> {
    let verb = root(&stems(verb).pop()?);
    let ends = |stem: &String| root(stem) == verb;
    let words = &lexicon.tables[table];
    let dates = (0..words.columns.len()).filter(|c| words.natures[*c] == Nature::Date);
    let dates = dates.map(|c| &words.columns[c]);
    if !ENGLISH.ending_verbs.iter().any(ends) || dates.clone().flatten().any(ends) {
        return None;
    }
    let last = |stem: &&String| ENGLISH.last_days.contains(stem);
    let mut named = dates.filter_map(|name| name.iter().find(last));
    let only = named.next().filter(|_| named.next().is_none())?;
    Some(only.clone())
}

/// The columns of a table that hold when was done what a verb says: `booked_at`.
fn dates_of<'a>(
    verb: &str,
    table: usize,
    catalog: &'a Catalog,
    lexicon: &'a Lexicon,
) -> impl Iterator<Item = &'a Column> {
    let verb = stems(verb).pop().map(|stem| root(&stem));
    let shape = catalog.tables.get(table);
    let columns = shape.into_iter().flat_map(|shape| shape.columns.iter());
    let words = &lexicon.tables[table];
    let said = move |c: usize| {
        let mut roots = words.columns[c].iter().map(|stem| root(stem));
        words.natures[c] == Nature::Date && roots.any(|stem| Some(stem) == verb)
    };
    columns
        .enumerate()
        .filter(move |(c, _)| said(*c))
        .map(|(_, column)| column)
}

/// Whether a table has the year in which was done what a verb says: `published_year`.
fn has_year_of(verb: &str, table: usize, lexicon: &Lexicon) -> bool {
    let verb = stems(verb).pop().map(|stem| root(&stem));
    let words = &lexicon.tables[table];
    let mut years = lexicon.year_columns(table).into_iter();
    years.any(|c| words.columns[c].iter().any(|s| Some(root(s)) == verb))
}

/// Whether each row of a table has the time at which it was done what a verb says: `booked_at`, not null.
fn always_done(verb: &str, table: usize, catalog: &Catalog, lexicon: &Lexicon) -> bool {
    dates_of(verb, table, catalog, lexicon).any(|column| column.not_null)
}
