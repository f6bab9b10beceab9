//! Which of several meanings of a mention is rather meant, where its words fit them alike.
//!
//! Invariant: a preference never takes a meaning away and never makes one of a name that does not fit. It is as small as decides
//! between equals, so that whatever else the question says outweighs it.

use super::super::language::{self, ENGLISH};
use super::super::reading::frame::{Condition, Dimension, Frame, Mention, MentionId, Output, Role};
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::super::schema::names;
use super::super::schema::nature::{Nature, is_date, is_numeric};
use crate::catalog::model::{Catalog, ColumnRef};
use crate::question::tokens::stem;

/// A name from this score on is the whole name, not a part of one.
const WHOLE: f32 = 0.95;
/// The cost of a column for the plural of a thing: as much as decides between equals.
const NO_THING: f32 = 0.03;
/// What a kind is worth more as that which a thing is: "movies" of a type rather than of a list of genres.
const OF_KIND: f32 = 0.15;
/// What a column of the rows that a verb speaks of is worth more: as much as decides between equals.
const OF_DEED: f32 = 0.03;
/// What the parts of a thing that is named are worth more than what only means the same.
const OF_PART: f32 = 0.05;
/// The cost of a table that only ties others together, where another of the name holds things with names.
const MERE_LINK: f32 = 0.3;
/// The cost of a name that has but another form of the word: more than that of one in which it stands in another place.
const OTHER_FORM: f32 = 0.3;
/// The cost of a text that is not the name of its thing where the name is the same: as much as decides between equals.
const NO_NAME: f32 = 0.03;

/// A column from this score on is called so.
const CALLED: f32 = 0.94;
/// What a measure is worth less where no number need be meant: see [`super::fit`].
const NO_NUMBER: f32 = 0.1;

/// Weighs the meanings of a mention against each other.
pub(crate) fn prefer(
    frame: &Frame,
    id: MentionId,
    catalog: &Catalog,
    lexicon: &Lexicon,
    fitting: &mut [Candidate],
) {
    prefer_kinds(frame, id, lexicon, fitting);
    prefer_named(frame, id, catalog, lexicon, fitting);
    prefer_names(frame, id, lexicon, fitting);
    prefer_tables(&frame.mentions[id], lexicon, fitting);
    prefer_states(frame, id, catalog, fitting);
    prefer_deeds(frame, id, lexicon, fitting);
    prefer_parts(frame, id, lexicon, fitting);
    prefer_owners(frame, id, lexicon, fitting);
}

/// Which meanings of a number only mean what another column is called: "total spend" is `spend_amt`, however near the amount of an
/// invoice may be.
pub(crate) fn guessed(mention: &Mention, lexicon: &Lexicon, fitting: &[Candidate]) -> Vec<bool> {
    let mut said = language::stems(&mention.text.to_lowercase());
    // "Total revenue" is that of `revenue_amt`.
    said.retain(|stem| !ENGLISH.sum_words.contains(stem));
    // What may be no number at all is worth less as one.
    let least = match mention.role {
        Role::Measure => Some(CALLED),
        Role::Any => Some(CALLED - NO_NUMBER),
        _ => None,
    };
    let has =
        |at: ColumnRef, stem: &String| lexicon.tables[at.table].columns[at.column].contains(stem);
    let bears = |c: &Candidate| match c.target {
        Target::Column(at) => {
            lexicon.is_amount(&c.target)
                && least.is_some_and(|least| c.score >= least)
                && said.iter().all(|s| has(at, s))
        }
        _ => false,
    };
    let called = !said.is_empty() && fitting.iter().any(bears);
    let number = |c: &Candidate| !matches!(c.target, Target::Table(_));
    let guess = |c: &Candidate| called && number(c) && !bears(c);
    fitting.iter().map(guess).collect()
}

/// "List price by category" where each product has one product category: that, rather than what means the same elsewhere.
fn prefer_owners(frame: &Frame, id: MentionId, lexicon: &Lexicon, fitting: &mut [Candidate]) {
    let grouped = |d: &Dimension| matches!(d, Dimension::Mention(m) if *m == id);
    if !frame.group.iter().any(grouped) {
        return;
    }
    let best = |m: MentionId| frame.mentions[m].candidates.first();
    let tables = frame.outputs.iter().filter_map(|o| {
        let of = super::super::reading::formulas::of_output(o);
        let sure = best(of).filter(|c| c.score >= WHOLE)?;
        Some(super::resolve::table_of(lexicon, &sure.target))
    });
    let owners: Vec<usize> = tables.flat_map(|t| lexicon.graph.singles(t)).collect();
    let said = language::stems(&frame.mentions[id].text.to_lowercase());
    let owner = |c: &Candidate| match c.target {
        Target::Table(t) => owners.contains(&t) && lexicon.tables[t].stems.ends_with(&said),
        _ => false,
    };
    let top = fitting.iter().map(|c| c.score).fold(0.0, f32::max);
    if top >= WHOLE || fitting.iter().filter(|c| owner(c)).count() != 1 {
        return;
    }
    for candidate in fitting.iter_mut().filter(|c| owner(c)) {
        candidate.score = candidate.score.max(top + OF_PART);
    }
}

/// "Orders with more than 2 items": the items of the orders, which are called so, rather than the products that are called items as well.
fn prefer_parts(frame: &Frame, id: MentionId, lexicon: &Lexicon, fitting: &mut [Candidate]) {
    let counted = frame
        .outputs
        .iter()
        .any(|o| matches!(o, Output::Count { of, .. } if *of == id))
        || frame
            .conditions
            .iter()
            .any(|c| matches!(c, Condition::Count { of, .. } if *of == id));
    if !counted {
        return;
    }
    let Some(said) = language::stems(&frame.mentions[id].text.to_lowercase()).pop() else {
        return;
    };
    let table = |c: &Candidate| match c.target {
        Target::Table(t) => Some(t),
        _ => None,
    };
    let best = fitting.iter().max_by(|a, b| a.score.total_cmp(&b.score));
    let Some((meant, score)) = best.and_then(|c| Some((table(c)?, c.score))) else {
        return;
    };
    if score >= WHOLE {
        return;
    }
    let others = frame
        .mentions
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != id);
    let named = others.filter_map(|(_, m)| m.candidates.first().filter(|c| c.score >= WHOLE));
    let wholes: Vec<usize> = named.filter_map(table).collect();
    for candidate in fitting {
        let Some(part) = table(candidate) else {
            continue;
        };
        let points = |to: usize| {
            let mut keys = lexicon.graph.of(part);
            keys.any(|(_, e)| e.holder == part && e.target == to)
        };
        let called = lexicon.tables[part].stems.len() > 1
            && lexicon.tables[part].stems.last() == Some(&said);
        if called && points(meant) && wholes.iter().any(|whole| *whole != meant && points(*whole)) {
            candidate.score = score + OF_PART;
        }
    }
}

/// "The quantity sold", "do we sell the most units": the quantity of the sales, rather than that of the waste.
fn prefer_deeds(frame: &Frame, id: MentionId, lexicon: &Lexicon, fitting: &mut [Candidate]) {
    let text = frame.mentions[id].text.to_lowercase();
    let said: Vec<String> = text.split_whitespace().map(stem).collect();
    let verb = |noun: &String| {
        let root = names::root(noun);
        let other = |word: &String| word != noun && names::root(word) == root;
        said.iter().any(other) || frame.verbs.contains(&root)
    };
    for candidate in fitting {
        let table = match candidate.target {
            Target::Column(at) if lexicon.is_amount(&candidate.target) => at.table,
            Target::Measure(m) => lexicon.measures[m].table,
            _ => continue,
        };
        let own = lexicon
            .tables
            .get(table)
            .and_then(|words| words.stems.last());
        if own.is_some_and(verb) {
            candidate.score += OF_DEED;
        }
    }
}

/// "Items that were not sold": the day on which they were, rather than the price that they had then.
fn prefer_states(frame: &Frame, id: MentionId, catalog: &Catalog, fitting: &mut [Candidate]) {
    let said = |c: &Condition| matches!(c, Condition::Flag { of, .. } if *of == id);
    if !frame.conditions.iter().any(said) {
        return;
    }
    let state = |at: ColumnRef| {
        let column = catalog.column(at);
        is_date(column.class) && !column.not_null
    };
    let mut tables: Vec<usize> = Vec::new();
    for candidate in fitting.iter() {
        if let Target::Column(at) = candidate.target
            && state(at)
        {
            tables.push(at.table);
        }
    }
    for candidate in fitting {
        if let Target::Column(at) = candidate.target
            && tables.contains(&at.table)
            && is_numeric(catalog.column(at).class)
        {
            candidate.score -= NO_NAME;
        }
    }
}

/// Things rather than a column of other rows that is called like them: "products" are those of the table of products, though sales have a
/// product as well. In the singular it may be either.
fn prefer_tables(mention: &Mention, lexicon: &Lexicon, fitting: &mut [Candidate]) {
    let thing = fitting.iter().find_map(|c| match c.target {
        Target::Table(table) if c.score >= WHOLE => Some(table),
        _ => None,
    });
    let Some(thing) = thing.filter(|_| language::is_plural(&mention.text)) else {
        return;
    };
    // The key of the thing is the thing.
    let is_key = |at: &ColumnRef| {
        let mut keys = lexicon.graph.of(thing).map(|(_, edge)| edge);
        keys.any(|e| e.holder == at.table && e.target == thing && e.columns == [at.column])
    };
    for candidate in fitting {
        if matches!(candidate.target, Target::Column(at) if at.table != thing && !is_key(&at)) {
            candidate.score -= NO_THING;
        }
    }
}

/// "How many movies" where a type is called so: what a thing is, rather than one of the texts that it has.
fn prefer_kinds(frame: &Frame, id: MentionId, lexicon: &Lexicon, fitting: &mut [Candidate]) {
    let text = &frame.mentions[id].text;
    let things = frame.mentions.get(id + 1).is_some_and(|m| m.text == *text);
    if frame.mentions[id].role != Role::Value || !things {
        return;
    }
    for candidate in fitting {
        if let Target::Value(at, _) = &candidate.target {
            let name = &lexicon.tables[at.table].columns[at.column];
            if name.last().is_some_and(|stem| ENGLISH.kinds.contains(stem)) {
                candidate.score += OF_KIND;
            }
        }
    }
}

/// "The amenities in the hall": those that have names, where another table of the name only ties them to halls.
fn prefer_named(
    frame: &Frame,
    id: MentionId,
    catalog: &Catalog,
    lexicon: &Lexicon,
    fitting: &mut [Candidate],
) {
    let link = |c: &Candidate| match c.target {
        Target::Table(t) => {
            let table = &catalog.tables[t];
            let key = |column: usize| {
                table.primary_key.contains(&column)
                    || table
                        .foreign_keys
                        .iter()
                        .any(|f| f.columns.contains(&column))
            };
            c.score < WHOLE && (0..table.columns.len()).all(key)
        }
        _ => false,
    };
    let named = |c: &Candidate| matches!(c.target, Target::Table(t) if !lexicon.tables[t].display.is_empty());
    let best = fitting.iter().filter(|c| named(c)).map(|c| c.score);
    let best = best.fold(0.0, f32::max);
    if !frame.outputs.contains(&Output::Plain(id)) {
        return;
    }
    for candidate in fitting {
        if link(candidate) && best >= candidate.score {
            candidate.score -= MERE_LINK;
        }
    }
}

/// "Approver" is `approver_id` and no `amount_approved`: of names with a word of the same stem those that have the very word.
///
/// Who does something is not what is done: an "interviewer" is no `interview_id`, but may be `interviewed_by`.
pub(crate) fn prefer_written(said: &str, catalog: &Catalog, fitting: &mut Vec<Candidate>) {
    if said.contains(' ') {
        return;
    }
    let said_stem = stem(said);
    let has = |c: &Candidate| match c.target {
        Target::Column(at) => names::has_word(&catalog.column(at).name, said),
        _ => None,
    };
    let by = |c: &Candidate| match c.target {
        Target::Column(at) => {
            let pieces = names::pieces(&catalog.column(at).name);
            pieces.last().is_some_and(|p| ENGLISH.by_words.contains(p))
        }
        _ => false,
    };
    let forms = ENGLISH.plural_forms.iter();
    let mut singular = forms.filter_map(|form| said.strip_suffix(form.as_str()));
    let does = |word: &str| {
        let mut endings = ENGLISH.person_endings.iter();
        endings.any(|e| word.strip_suffix(e.as_str()) == Some(&said_stem))
    };
    if does(said) || singular.any(does) {
        fitting.retain(|c| c.score >= WHOLE || has(c) != Some(false) || by(c));
    }
    if !fitting
        .iter()
        .any(|c| c.score < WHOLE && has(c) == Some(true))
    {
        return;
    }
    for candidate in fitting {
        if candidate.score < WHOLE && has(candidate) == Some(false) {
            candidate.score -= OTHER_FORM;
        }
    }
}

/// A thing's name rather than another of its texts (an "English" course), unless the noun that follows names that other one
/// ("Zinfandel grapes").
fn prefer_names(frame: &Frame, id: MentionId, lexicon: &Lexicon, fitting: &mut [Candidate]) {
    let mention = &frame.mentions[id];
    let place = |c: &Candidate| match &c.target {
        Target::Value(at, _) => Some(*at),
        _ => None,
    };
    let next = frame
        .mentions
        .get(id + 1)
        .filter(|_| mention.near == Some(id + 1));
    let follows = |at: &ColumnRef| {
        let column = |c: &Candidate| c.target == Target::Column(*at) && c.score > 0.9;
        next.is_some_and(|next| next.candidates.iter().any(column))
    };
    let named = |at: &ColumnRef| lexicon.tables[at.table].display.contains(&at.column);
    let known: Vec<ColumnRef> = fitting.iter().filter_map(place).collect();
    let followed = known.iter().any(follows);
    for candidate in fitting {
        let Some(at) = place(candidate) else { continue };
        let other = if followed {
            !follows(&at)
        } else {
            let by_name = known.iter().any(|k| k.table == at.table && named(k));
            // Another name that they have, as in their own language, is not what they are called.
            let text = matches!(lexicon.nature(at), Nature::Category | Nature::Name);
            mention.of.is_none() && by_name && !named(&at) && text
        };
        if other {
            candidate.score -= NO_NAME;
        }
    }
}
