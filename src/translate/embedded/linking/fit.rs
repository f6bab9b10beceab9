//! The meanings of a mention that can stand in its role, and how well each stands there.
//!
//! Invariant: what is left of a mention's candidates are its only meanings: the choice among them is `resolve`'s.

use super::super::language::{ENGLISH, stems};
use super::super::reading::directions;
use super::super::reading::frame::{
    Condition, Frame, Key, Mention, MentionId, Order, Output, Role,
};
use super::super::schema::lexicon::{Candidate, Formula, Lexicon, Target};
use super::super::schema::nature::{self, Nature};
use crate::catalog::model::{Catalog, ColumnRef, Part};

/// A name from this score on is the whole name, not a part of one.
const WHOLE: f32 = 0.95;
/// What a name is worth more that is written just as it is typed, not only of the same stem.
const WRITTEN: f32 = 0.03;
/// The cost of a "code" or "id" that is not the key of its table.
const NO_KEY: f32 = 0.04;

/// What the name of a table is worth that says both what is done and who does it: more than one that says but what is done.
const DONE_BY: f32 = 1.04;
/// What a date is worth more that is called after a verb.
const OF_VERB: f32 = 0.1;
/// What a column is worth as the name of what is nothing but that column.
const OWN_NAME: f32 = 1.05;
/// What a column is worth that shares the words before it with the noun before.
const SHARED: f32 = 0.97;
/// The cost of a destination for "from" and of an origin for "to": as much as decides between equals.
const OTHER_DIRECTION: f32 = 0.04;

/// Meanings, each once, with the best of its scores.
#[derive(Default)]
struct Fitting(Vec<Candidate>);

impl Fitting {
    fn push(&mut self, target: Target, score: f32) {
        match self.0.iter_mut().find(|c| c.target == target) {
            Some(same) => same.score = same.score.max(score),
            None => self.0.push(Candidate { target, score }),
        }
    }
}

/// The meanings of a mention that can stand in its role.
pub(crate) fn fit(
    frame: &Frame,
    id: MentionId,
    catalog: &Catalog,
    lexicon: &Lexicon,
) -> Vec<Candidate> {
    let mention = &frame.mentions[id];
    let said = stems(&mention.text.to_lowercase());
    let mut fitting = Fitting::default();
    let acts = is_verb(frame, id);
    let direction = directions::of_value(frame, id);
    let whole_table = |c: &Candidate| matches!(c.target, Target::Table(_)) && c.score >= WHOLE;
    let named = mention.candidates.iter().any(whole_table);
    // Where a name fits wholly, names of which it is but a part are not meant; where only the stem of a word fits, they are worth less.
    for candidate in &mention.candidates {
        if modifies(mention, &said, candidate, lexicon)
            || super::super::refusals::modifiers::is_name_of_person(
                frame, &said, candidate, lexicon,
            )
        {
            continue;
        }
        // "participate in" is `faculty_participates_in` of a faculty.
        let whole = match candidate.target {
            Target::Table(_) if acts && !named => completed(frame, lexicon, &candidate.target),
            _ => None,
        };
        let score = candidate.score.max(whole.unwrap_or(0.0));
        match (&candidate.target, mention.role) {
            // The members are not their age.
            (Target::Column(c), Role::Measure)
                if matches!(catalog.column(*c).part, Some(Part::Age { .. }))
                    && !said.iter().any(|stem| ENGLISH.age_words.contains(stem)) => {}
            (Target::Column(c), Role::Measure) => {
                let class = catalog.column(*c).class;
                if nature::is_numeric(class) || class == crate::catalog::model::TypeClass::Interval
                {
                    let penalty =
                        if matches!(lexicon.nature(*c), Nature::Identifier | Nature::Coordinate) {
                            0.3
                        } else {
                            0.0
                        };
                    fitting.push(candidate.target.clone(), score - penalty);
                } else if extreme(frame, id) {
                    fitting.push(candidate.target.clone(), score - 0.05);
                }
            }
            (Target::Table(t), Role::Measure) => {
                // "total payments": the amount of the payments.
                for (m, measure) in lexicon.measures.iter().enumerate() {
                    if measure.table == *t && measure.name == "value" {
                        fitting.push(Target::Measure(m), score - 0.12);
                    }
                }
            }
            (Target::Measure(m), Role::Measure) => {
                let plain = match &lexicon.measures[*m] {
                    measure if measure.denominator.is_none() => match &measure.formula {
                        // The price of sales adds up, other than prices do.
                        Formula::Column(c) if lexicon.nature(*c) != Nature::Rate => Some(*c),
                        _ => None,
                    },
                    _ => None,
                };
                fitting.push(
                    plain.map_or(candidate.target.clone(), Target::Column),
                    score,
                );
            }
            (Target::Measure(m), Role::Any) => {
                if let (Formula::Column(c), None) = (
                    &lexicon.measures[*m].formula,
                    &lexicon.measures[*m].denominator,
                ) {
                    fitting.push(Target::Column(*c), score - 0.1);
                }
            }
            (Target::Measure(_), _) => {}
            (Target::Column(c), Role::Entity) => fitting.push(Target::Column(*c), score - 0.2),
            (Target::Value(c, _), Role::Value) => {
                let of_column = directions::of_name(&lexicon.tables[c.table].columns[c.column]);
                let other = of_column.zip(direction).is_some_and(|(a, b)| a != b);
                let cost = if other { OTHER_DIRECTION } else { 0.0 };
                fitting.push(candidate.target.clone(), score - cost)
            }
            (Target::Segment(_), Role::Value) => fitting.push(candidate.target.clone(), score),
            (Target::Value(..) | Target::Segment(_), _) => {}
            (_, Role::Value) => {}
            // "per order" is by the orders and not by their items, where a table is called so.
            (Target::Table(_), Role::Dimension) if score < WHOLE && named => {}
            _ => fitting.push(candidate.target.clone(), score),
        }
    }
    super::super::reading::own::keep_amounts(frame, id, lexicon, &mut fitting.0);
    let ends_in_key = said.last().is_some_and(|last| ENGLISH.keys.contains(last));
    if ends_in_key {
        for candidate in &mut fitting.0 {
            if let Target::Column(c) = candidate.target
                && catalog.table(c).primary_key != [c.column]
            {
                candidate.score -= NO_KEY;
            }
        }
    }
    // "not shipped" is `shipped_date` rather than `ship_via`.
    let written = mention.text.to_lowercase();
    for candidate in &mut fitting.0 {
        if let Target::Column(c) = candidate.target
            && candidate.score < WHOLE
            && super::super::schema::names::pieces(&catalog.column(c).name).contains(&written)
        {
            candidate.score += WRITTEN;
        }
    }
    super::preferences::prefer_written(&written, catalog, &mut fitting.0);
    // A name with a capital is rather that of a thing than a word in a column of another: "AC/DC" an artist, and no composer.
    // Of one table it is not said which is meant.
    let value = |c: &Candidate| match &c.target {
        Target::Value(at, _) => Some(*at),
        _ => None,
    };
    let is_name = |at: &ColumnRef| lexicon.tables[at.table].display.contains(&at.column);
    let named: Vec<usize> = fitting
        .0
        .iter()
        .filter_map(value)
        .filter(is_name)
        .map(|at| at.table)
        .collect();
    if mention.text.starts_with(char::is_uppercase) && !before_thing(frame, id) && !named.is_empty()
    {
        for candidate in &mut fitting.0 {
            if value(candidate).is_some_and(|at| !named.contains(&at.table)) {
                candidate.score -= WRITTEN;
            }
        }
    }
    for candidate in &mut fitting.0 {
        candidate.score = of_verb(frame, mention, &said, candidate, lexicon);
    }
    if acts {
        for candidate in done_by(frame, id, lexicon) {
            fitting.push(candidate.target, DONE_BY * candidate.score);
        }
    }
    for candidate in with_words_before(frame, id, lexicon) {
        fitting.push(candidate.target, SHARED * candidate.score);
    }
    for (column, score) in names_of_owner(frame, id, catalog, lexicon) {
        fitting.push(Target::Column(column), score);
    }
    let mut fitting = fitting.0;
    super::preferences::prefer(frame, id, catalog, lexicon, &mut fitting);
    // What owns columns and is called like a table is that table.
    let owns = frame.mentions.iter().any(|m| m.of == Some(id));
    let table = |c: &Candidate| matches!(c.target, Target::Table(_)) && c.score > 0.95;
    if owns && fitting.iter().any(table) {
        fitting.retain(|c| c.score > 0.95);
    }
    fitting.sort_by(|a, b| b.score.total_cmp(&a.score));
    fitting
}

/// "The name of each city" where a city is no more than a column, or is told by the column of that name.
fn names_of_owner(
    frame: &Frame,
    id: MentionId,
    catalog: &Catalog,
    lexicon: &Lexicon,
) -> Vec<(ColumnRef, f32)> {
    let said = stems(&frame.mentions[id].text.to_lowercase());
    let Some(owner) = frame.mentions[id].of else {
        return Vec::new();
    };
    if !super::shown::WHOLE_NAMES.contains(&said) {
        return Vec::new();
    }
    // `customer_details` of customers, but no `date` of theirs.
    let called = stems(&frame.mentions[owner].text.to_lowercase());
    let named = |at: &ColumnRef| {
        let name = &lexicon.tables[at.table].columns[at.column];
        Lexicon::is_textual(catalog.column(*at).class) && called.iter().any(|s| name.contains(s))
    };
    // Where no thing is called so, nothing else has that name.
    let thing = |c: &Candidate| matches!(c.target, Target::Table(_)) && c.score > 0.9;
    let column = |c: &Candidate| matches!(c.target, Target::Column(_)) && c.score > 0.9;
    let owners = &frame.mentions[owner].candidates;
    let share = match owners.first().is_some_and(column) && !owners.iter().any(thing) {
        true => OWN_NAME,
        false => 0.95,
    };
    frame.mentions[owner]
        .candidates
        .iter()
        .filter_map(|c| match &c.target {
            Target::Column(at) if named(at) => Some((*at, share * c.score)),
            Target::Table(table) => {
                let words = &lexicon.tables[*table];
                let [column] = words.display[..] else {
                    return None;
                };
                (words.columns[column] == words.stems).then_some((
                    ColumnRef {
                        table: *table,
                        column,
                    },
                    0.95 * c.score,
                ))
            }
            _ => None,
        })
        .collect()
}

/// What a column is worth that is called after what was done: "ordered by placed date", "billed from each state".
fn of_verb(
    frame: &Frame,
    mention: &Mention,
    said: &[String],
    candidate: &Candidate,
    lexicon: &Lexicon,
) -> f32 {
    let Target::Column(at) = &candidate.target else {
        return candidate.score;
    };
    let name = &lexicon.tables[at.table].columns[at.column];
    let [word] = said else {
        return candidate.score;
    };
    if name.len() < 2 || !name.contains(word) {
        return candidate.score;
    }
    let mut others = name.iter().filter(|stem| *stem != word);
    let done = |stem: &String| {
        frame
            .participles
            .contains(&super::super::schema::names::root(stem))
    };
    let said = |stem: &String| frame.words.contains(stem) || done(stem);
    let key = lexicon.nature(*at) == Nature::Identifier;
    let thing = |c: &Candidate| matches!(c.target, Target::Table(_)) && c.score > WHOLE;
    let key = key || mention.candidates.iter().any(thing);
    if mention.of.is_none() && !key && name.iter().any(done) && others.all(said) {
        return candidate.score.max(WHOLE) + OF_VERB;
    }
    // A mere "date" is rather one that is called after a verb of the question.
    let verb = |stem: &String| {
        frame
            .verbs
            .contains(&super::super::schema::names::root(stem))
    };
    match ENGLISH.date_nouns.iter().any(|noun| word == noun) && name.iter().any(verb) {
        true => candidate.score + OF_VERB,
        false => candidate.score,
    }
}

/// "Budget type codes and descriptions": the words before the first noun of a list are those of the second as well, where there
/// is such a column.
fn with_words_before(frame: &Frame, id: MentionId, lexicon: &Lexicon) -> Vec<Candidate> {
    let shown = |m: MentionId| frame.outputs.contains(&Output::Plain(m));
    let column = |c: &Candidate| matches!(c.target, Target::Column(_));
    // "ids and names of festivals" where the name is one of the catalog: the ids of festivals.
    if let Some(after) = frame.mentions.get(id + 1).filter(|m| m.near == Some(id))
        && shown(id)
        && shown(id + 1)
        && let said = stems(&after.text.to_lowercase())
        && let Some(of) = said
            .iter()
            .position(|stem| ENGLISH.of_words.contains(stem))
            .filter(|of| *of > 0)
    {
        let own = stems(&frame.mentions[id].text.to_lowercase());
        let mut found = lexicon.look_up(&[&said[of + 1..], &own].concat(), true);
        found.retain(column);
        return found;
    }
    let Some(before) = frame.mentions[id].near.filter(|near| near + 1 == id) else {
        return Vec::new();
    };
    if !shown(id) || !shown(before) {
        return Vec::new();
    }
    let first = stems(&frame.mentions[before].text.to_lowercase());
    let second = stems(&frame.mentions[id].text.to_lowercase());
    let names = (1..first.len())
        .rev()
        .map(|k| [&first[..k], &second].concat());
    let found = names.map(|name| lexicon.look_up(&name, true));
    let mut found = found.filter(|list| list.iter().any(column));
    let list = found.next().unwrap_or_default();
    list.into_iter().filter(column).collect()
}

/// "Faculty who participate in": the table whose name says both who does it and what is done.
fn done_by(frame: &Frame, id: MentionId, lexicon: &Lexicon) -> Vec<Candidate> {
    let related = |c: &Condition| matches!(c, Condition::Related { to, .. } if *to == id);
    let thing = |m: &&Mention| {
        let table = |c: &Candidate| matches!(c.target, Target::Table(_)) && c.score > WHOLE;
        m.candidates.iter().any(table)
    };
    let before = frame.mentions[..id].iter().rev().find(thing);
    let Some(before) = before.filter(|_| frame.conditions.iter().any(related)) else {
        return Vec::new();
    };
    let mut name = stems(&before.text.to_lowercase());
    name.extend(stems(&frame.mentions[id].text.to_lowercase()));
    let mut found = lexicon.look_up(&name, true);
    found.retain(|c| matches!(c.target, Target::Table(_)));
    found
}

/// A value, or the first of several, right before the name of a thing: "the Finance and Legal departments".
fn before_thing(frame: &Frame, id: MentionId) -> bool {
    let following = frame.mentions.iter().enumerate().skip(id + 1);
    let mut rest = following.skip_while(|(_, m)| m.role == Role::Value);
    rest.next().is_some_and(|(next, m)| {
        let thing = |c: &Candidate| matches!(c.target, Target::Table(_)) && c.score > 0.9;
        m.candidates.iter().any(thing) && !is_verb(frame, next)
    })
}

/// A mention that is a verb of the question.
pub(crate) fn is_verb(frame: &Frame, id: MentionId) -> bool {
    let stems = stems(&frame.mentions[id].text.to_lowercase());
    let first = stems
        .first()
        .map(|stem| super::super::schema::names::root(stem));
    first.is_some_and(|root| frame.verbs.contains(&root))
}

/// What a name is worth of which a mention says but a part: "start date" is the start date of the *bookings* where the
/// question speaks of bookings, and a school is told by its code where a table has nothing else of it.
pub(crate) fn completed(frame: &Frame, lexicon: &Lexicon, target: &Target) -> Option<f32> {
    let (name, table) = match target {
        Target::Table(t) => (&lexicon.tables[*t].stems, None),
        Target::Column(c) => {
            let words = &lexicon.tables[c.table];
            (&words.columns[c.column], Some(&words.stems))
        }
        _ => return None,
    };
    let said = |stem: &String| ENGLISH.of_words.contains(stem) || frame.words.contains(stem);
    let own = |stem: &String| table.is_some_and(|t| t.contains(stem));
    if name.iter().all(|stem| said(stem) || own(stem)) {
        return Some(0.92);
    }
    let (last, before) = name.split_last()?;
    let counts = table.is_some() && ENGLISH.counts.contains(last) && lexicon.is_amount(target);
    if counts && !before.is_empty() && before.iter().all(said) {
        return Some(0.92);
    }
    let key = ENGLISH.keys.contains(last) && table.is_some();
    (key && !before.is_empty() && before.iter().all(|stem| said(stem) || own(stem))).then_some(0.85)
}

/// "customers" are no customer segments: the plural of a thing is not the first word of a column's name.
fn modifies(mention: &Mention, said: &[String], candidate: &Candidate, lexicon: &Lexicon) -> bool {
    let Target::Column(at) = &candidate.target else {
        return false;
    };
    let plural = super::super::language::ends_as_plural(&mention.text)
        && said.last().is_some_and(|s| mention.text.len() > s.len())
        && mention
            .candidates
            .iter()
            .any(|c| matches!(c.target, Target::Table(_)) && c.score > 0.95);
    let name = &lexicon.tables[at.table].columns[at.column];
    plural
        && candidate.score < 0.95
        && name.len() > said.len()
        && name.starts_with(said)
        && lexicon.nature(*at) == Nature::Category
}

/// The greatest or least of it is asked for, which any ordered type has.
fn extreme(frame: &Frame, id: MentionId) -> bool {
    use super::super::language::Aggregate::{Max, Min};
    frame
        .outputs
        .iter()
        .any(|o| matches!(o, Output::Aggregate { function: Some(Max | Min), of } if *of == id))
        || matches!(&frame.order, Some(Order { key: Key::Aggregate(Some(Max | Min), of), .. }) if *of == id)
}
