//! Ties the mentions of a frame to the catalog: the choice of meanings that belong together best.
//!
//! A measure is chosen together with the dimensions that it must be joined to. Choices are compared by the quality of each
//! name and the number of joins that hold all of them together; a bounded number is kept at each step.

use super::super::language::ENGLISH;
use super::super::reading::frame::{Frame, MentionId, Output, Role, mentions_of};
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::super::schema::lookup::MAX_CANDIDATES;
use super::super::schema::nature::Nature;
use super::super::sql::measures::is_key;
use super::fit::{completed, fit};
use crate::catalog::model::Catalog;
use crate::question::tokens::stem;
use std::collections::HashMap;

/// The most choices that are kept while mentions are added one by one.
const BEAM: usize = 48;
/// Two choices within this distance are equally good.
const TIE: f32 = 0.12;
/// Below this a name fits only in part.
const PART: f32 = 0.8;
/// From this score on it is the whole name.
const WHOLE: f32 = 0.95;
/// The cost of one join.
const JOIN: f32 = 0.8;
/// The cost of a name that fits not at all.
const NAME: f32 = 5.0;
/// The cost of a meaning that is of another table than its neighbour: more than [`TIE`].
const NEIGHBOUR: f32 = 0.15;
/// What the cost of [`STRANGER`] is less for a column of what the owner points at.
const POINTED_AT: f32 = 0.5;
/// … where the owner has nothing of that name itself: the name of a builder who is one of the people.
const LENT: f32 = 0.5;
/// The cost of a column that is not of the thing that the question says it is of.
const STRANGER: f32 = 2.5;

/// The cost of a number that only means what another one is called: that of the keys between most tables.
const GUESSED: f32 = 2.5;

/// The part of all doubt that makes a reading unsure, whatever else is said.
const UNSURE: f32 = 0.4;

/// Why no choice was made.
#[derive(Clone, Debug, PartialEq)]
pub enum Unresolved {
    /// No meaning of a mention can stand where it does.
    Nothing(MentionId),
    /// The meanings have no keys in common.
    Unconnected,
    /// Two choices are equally good: the mention and its two meanings.
    Ambiguous(MentionId, Vec<Target>),
}

/// A meaning for each mention, and how sure the choice is, 0 to 1.
#[derive(Clone, Debug)]
pub struct Resolved {
    pub targets: Vec<Target>,
    pub confidence: f32,
}

#[derive(Clone)]
struct Choice {
    cost: f32,
    /// The part of the cost that names have, without the joins.
    doubt: f32,
    targets: Vec<Option<Target>>,
    tables: Vec<usize>,
}

/// The table that a meaning stands in.
pub fn table_of(lexicon: &Lexicon, target: &Target) -> usize {
    match target {
        Target::Table(t) => *t,
        Target::Column(c) | Target::Value(c, _) => c.table,
        Target::Measure(m) => lexicon.measures[*m].table,
        Target::Segment(s) => lexicon.segments[*s].table,
    }
}

/// Chooses a meaning for each mention.
///
/// # Errors
/// When there is none, or when two are equally good.
pub fn resolve(
    frame: &Frame,
    catalog: &Catalog,
    lexicon: &Lexicon,
) -> Result<Resolved, Unresolved> {
    let mut candidates: Vec<Vec<Candidate>> = Vec::new();
    for id in 0..frame.mentions.len() {
        let fitting = fit(frame, id, catalog, lexicon);
        if fitting.is_empty() {
            return Err(Unresolved::Nothing(id));
        }
        candidates.push(fitting);
    }
    let sure: Vec<Vec<f32>> = candidates
        .iter()
        .map(|several| {
            let sure = |c: &Candidate| completed(frame, lexicon, &c.target).unwrap_or(0.0);
            several.iter().map(sure).collect()
        })
        .collect();
    let numbers = frame.mentions.iter().zip(&candidates);
    let guessed: Vec<Vec<bool>> = numbers
        .map(|(mention, several)| super::preferences::guessed(mention, lexicon, several))
        .collect();
    let mut order: Vec<MentionId> = (0..frame.mentions.len()).collect();
    let owned = |id: &MentionId| usize::from(frame.mentions[*id].of.is_some());
    // The thing itself before what is said about it, owners before what they own.
    let value = |id: &MentionId| usize::from(frame.mentions[*id].role == Role::Value);
    order.sort_by_key(|id| (owned(id).max(value(id)), candidates[*id].len(), *id));
    let unsure = UNSURE * NAME * frame.mentions.len() as f32;
    let mut distances: HashMap<usize, Vec<u8>> = HashMap::new();
    let mut beam = vec![Choice {
        cost: 0.0,
        doubt: 0.0,
        targets: vec![None; frame.mentions.len()],
        tables: Vec::new(),
    }];
    for &id in &order {
        let mut next: Vec<Choice> = Vec::new();
        for choice in &beam {
            let several = candidates[id].iter().zip(&sure[id]);
            for ((candidate, sure), guessed) in several.zip(&guessed[id]) {
                let table = table_of(lexicon, &candidate.target);
                if !is_of_role(frame, id, lexicon, &candidate.target, &choice.targets) {
                    continue;
                }
                let away = distances
                    .entry(table)
                    .or_insert_with(|| lexicon.graph.distances(table));
                let Some(joins) = choice
                    .tables
                    .iter()
                    .map(|t| away[*t])
                    .min()
                    .or(Some(0))
                    .filter(|d| *d < u8::MAX)
                else {
                    continue;
                };
                let mut new = choice.clone();
                new.cost += (1.0 - candidate.score) * NAME + f32::from(joins) * JOIN;
                if let Some(owner) = frame.mentions[id].of
                    && let Some(owner) = &choice.targets[owner]
                    && !belongs(lexicon, &candidate.target, owner)
                {
                    let points = lexicon.graph.of(table_of(lexicon, owner));
                    let points = points.filter(|(_, e)| e.holder == table_of(lexicon, owner));
                    let pointed_at = points.map(|(_, e)| e.target).any(|t| t == table);
                    let own = |c: &Candidate| belongs(lexicon, &c.target, owner);
                    let kind = is_kind_of(catalog, lexicon, table_of(lexicon, owner), table);
                    if is_strange(frame, id, lexicon, table, owner)
                        || (is_bare_name(&frame.mentions[id].text) && !kind)
                    {
                        new.doubt += unsure;
                    }
                    new.cost += match pointed_at {
                        true if !candidates[id].iter().any(own) && kind => LENT,
                        true => STRANGER - POINTED_AT,
                        false => STRANGER,
                    };
                    // "department number" is no phone number of somebody: neither the name fits nor whose it is.
                    let part = candidate.score < PART && *sure < PART;
                    if part && matches!(candidate.target, Target::Column(_)) {
                        new.doubt += 2.0 * STRANGER;
                    }
                }
                if is_key_of_none(lexicon, &candidates[id], candidate)
                    || means_modifier(&frame.mentions[id].text, lexicon, &candidate.target)
                {
                    new.doubt += unsure;
                }
                if frame.mentions[id].apart
                    && let Target::Value(c, _) = &candidate.target
                    && lexicon.tables[c.table].display.contains(&c.column)
                    && first_table(frame, &choice.targets) == Some(c.table)
                {
                    new.cost += STRANGER;
                }
                if frame.mentions[id].by
                    && let Target::Value(c, _) = &candidate.target
                    && let Some(last) = lexicon.tables[c.table].columns[c.column].last()
                    && ENGLISH.titles.contains(last)
                {
                    new.cost += STRANGER;
                }
                new.doubt += new.cost
                    - choice.cost
                    - f32::from(joins) * JOIN
                    - (sure - candidate.score).max(0.0) * NAME;
                new.cost += if *guessed { GUESSED } else { 0.0 };
                new.targets[id] = Some(candidate.target.clone());
                if joins > 0 || choice.tables.is_empty() {
                    new.tables.push(table);
                }
                next.push(new);
            }
        }
        if next.is_empty() {
            return Err(Unresolved::Unconnected);
        }
        next.sort_by(|a, b| a.cost.total_cmp(&b.cost));
        next.truncate(BEAM);
        beam = next;
    }
    for choice in &mut beam {
        let (far, apart) = apart_from_neighbours(frame, lexicon, choice);
        choice.cost += far * STRANGER + apart * NEIGHBOUR;
        choice.doubt += far * 2.0 * STRANGER;
    }
    beam.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    let best = &beam[0];
    for other in &beam[1..] {
        if other.cost - best.cost >= TIE {
            break;
        }
        let differing = (0..frame.mentions.len()).find(|&id| {
            !super::samerows::same(
                lexicon,
                catalog,
                best.targets[id].as_ref(),
                other.targets[id].as_ref(),
            )
        });
        if let Some(id) = differing {
            let choices = [best, other]
                .iter()
                .filter_map(|c| c.targets[id].clone())
                .collect();
            return Err(Unresolved::Ambiguous(id, choices));
        }
    }
    if let Some(id) = unanchored(frame, best) {
        let first = frame.mentions[id].candidates.iter().take(2);
        let choices = first.map(|c| c.target.clone()).collect();
        return Err(Unresolved::Ambiguous(id, choices));
    }
    let second = beam.get(1).map_or(1.0, |c| (c.cost - best.cost).min(1.0));
    let mut targets: Vec<Target> = best.targets.iter().flatten().cloned().collect();
    things_for_keys(frame, lexicon, &mut targets);
    let mentions = frame.mentions.len().max(1) as f32;
    let quality = (1.0 - best.doubt / (NAME * mentions)).clamp(0.0, 1.0);
    Ok(Resolved {
        targets,
        confidence: quality * (0.9 + 0.1 * second),
    })
}

/// A name that more tables bear than are compared, where nothing but such names and stored values says which table is meant: not all
/// tables that hold the value were looked at.
fn unanchored(frame: &Frame, choice: &Choice) -> Option<MentionId> {
    let crowded = |id: &MentionId| {
        let exact = frame.mentions[*id].candidates.iter();
        exact.filter(|c| c.score >= WHOLE).count() >= MAX_CANDIDATES
    };
    let anchors = |id: MentionId| {
        let value = matches!(choice.targets[id], Some(Target::Value(..)));
        !value && !crowded(&id)
    };
    let mut all = 0..frame.mentions.len();
    match all.clone().any(anchors) {
        true => None,
        false => all.find(crowded),
    }
}

/// Whether a meaning may be that of a mention: a column or a value of a copy is only what the question says to be of its role.
fn is_of_role(
    frame: &Frame,
    id: MentionId,
    lexicon: &Lexicon,
    target: &Target,
    chosen: &[Option<Target>],
) -> bool {
    let table = table_of(lexicon, target);
    if matches!(target, Target::Table(_)) || lexicon.role(table).is_none() {
        return true;
    }
    // The words around a value may have left it no other meaning.
    let copy = |c: &Candidate| lexicon.role(table_of(lexicon, &c.target)).is_some();
    if frame.mentions[id].candidates.iter().all(copy) {
        return true;
    }
    let owner = frame.mentions[id].of.and_then(|of| chosen[of].as_ref());
    owner.is_some_and(|owner| table_of(lexicon, owner) == table)
}

/// How many values before a noun are not even of what the noun points at ("music genres" are no genres of a playlist called so),
/// and how many meanings are of another table than their neighbour in the question.
fn apart_from_neighbours(frame: &Frame, lexicon: &Lexicon, choice: &Choice) -> (f32, f32) {
    let table = |id: MentionId| {
        let target = choice.targets.get(id)?.as_ref()?;
        Some(table_of(lexicon, target))
    };
    // A value right before a noun, of a table that no single key connects with the noun's.
    let is_far = |id: &MentionId| {
        let mention = &frame.mentions[*id];
        let before = mention.role == Role::Value && mention.near == Some(id + 1);
        let (true, Some(own), Some(noun)) = (before, table(*id), table(id + 1)) else {
            return false;
        };
        let mut keys = lexicon.graph.of(noun);
        own != noun && !keys.any(|(_, e)| e.holder == own || e.target == own)
    };
    // A thing after a value has nothing to do with it: "in Brazil and have an invoice".
    let begins = |id: MentionId, near: MentionId| {
        near < id
            && frame.mentions[near].role == Role::Value
            && matches!(choice.targets[id], Some(Target::Table(_)))
            && frame.mentions[id]
                .candidates
                .first()
                .is_some_and(|c| c.score > 0.95)
    };
    let is_apart = |id: &MentionId| {
        // A count of its own begins something else: "ids and the number of tracks".
        let counted = |o: &Output| matches!(o, Output::Count { of, .. } if of == id);
        let exact = frame.mentions[*id].candidates.first();
        if matches!(choice.targets[*id], Some(Target::Table(_)))
            && exact.is_some_and(|c| c.score > 0.95)
            && frame.outputs.iter().any(counted)
        {
            return false;
        }
        let near = frame.mentions[*id].near.filter(|near| !begins(*id, *near));
        let near = near.and_then(table);
        near.is_some() && near != table(*id)
    };
    let all = 0..frame.mentions.len();
    let far = all.clone().filter(is_far).count();
    (far as f32, all.filter(is_apart).count() as f32)
}

/// The table of the thing that the question is about, once it is chosen.
fn first_table(frame: &Frame, targets: &[Option<Target>]) -> Option<usize> {
    let first = frame.head.or_else(|| {
        frame.outputs.first().map(|o| match o {
            Output::Plain(m) | Output::Count { of: m, .. } | Output::Aggregate { of: m, .. } => *m,
        })
    })?;
    match &targets[first] {
        Some(Target::Table(t)) => Some(*t),
        _ => None,
    }
}

/// Whether the things of one table are some of those of another: each points at one of its own. Customers of a region are no regions.
fn is_kind_of(catalog: &Catalog, lexicon: &Lexicon, kind: usize, whole: usize) -> bool {
    let keys = lexicon.graph.of(kind).map(|(_, e)| e);
    let mut keys = keys.filter(|e| e.holder == kind && e.target == whole);
    keys.any(|e| match e.columns[..] {
        [column] => e.one_to_one || is_key(&catalog.tables[kind], column),
        _ => e.one_to_one,
    })
}

/// What is shown and called like a thing is the thing, rather than the key that points at it: "the room with the most
/// reservations" is told by its name; so is a species, where no code of it is asked for.
fn things_for_keys(frame: &Frame, lexicon: &Lexicon, targets: &mut [Target]) {
    let limited: Vec<MentionId> = frame.conditions.iter().flat_map(mentions_of).collect();
    for output in &frame.outputs {
        let Output::Plain(id) = output else { continue };
        let Target::Column(at) = targets[*id] else {
            continue;
        };
        let mut keys = lexicon.graph.of(at.table);
        let key = keys.find(|(_, e)| e.holder == at.table && e.columns == [at.column]);
        let Some(thing) = key.map(|(_, e)| e.target).filter(|t| *t != at.table) else {
            continue;
        };
        let called = |c: &Candidate| c.target == Target::Table(thing) && c.score >= WHOLE;
        let said = super::super::language::stems(&frame.mentions[*id].text.to_lowercase());
        let key = |stem: &String| ENGLISH.keys.contains(stem) || ENGLISH.id_words.contains(stem);
        let name = &lexicon.tables[at.table].columns[at.column];
        let coded = name.len() > 1 && name.last().is_some_and(key) && !said.iter().any(key);
        if (coded || frame.mentions[*id].candidates.iter().any(called))
            && !limited.contains(id)
            && !lexicon.tables[thing].display.is_empty()
        {
            targets[*id] = Target::Table(thing);
        }
    }
}

/// "By buyer" is not by `customer_segment`: another word for what stands before the noun of a name is no word for the whole. A name that
/// ends in what only tells things apart, or in a unit, is that of the thing.
fn means_modifier(said: &str, lexicon: &Lexicon, target: &Target) -> bool {
    let Target::Column(at) = target else {
        return false;
    };
    let said = super::super::language::stems(&said.to_lowercase());
    let name = &lexicon.tables[at.table].columns[at.column];
    let Some((noun, before @ [_, ..])) = name.split_last() else {
        return false;
    };
    let plain = lexicon.nature(*at) == Nature::Category && !ENGLISH.keys.contains(noun);
    let others = ENGLISH.synonyms.get(&said);
    let other = |words: &Vec<String>| before.starts_with(words) && !words.contains(noun);
    plain
        && !said.iter().any(|stem| name.contains(stem))
        && others.is_some_and(|others| others.iter().any(other))
}

/// "names": those of what a thing points at are none of its own.
pub(crate) fn is_bare_name(said: &str) -> bool {
    match &super::super::language::stems(&said.to_lowercase())[..] {
        [word] => ENGLISH.names.iter().any(|name| stem(name) == *word),
        _ => false,
    }
}

/// A column that is said to be of a thing which has nothing to do with its table, but that both belong to a third; and a sort
/// of something that is no sort of it.
fn is_strange(
    frame: &Frame,
    id: MentionId,
    lexicon: &Lexicon,
    table: usize,
    owner: &Target,
) -> bool {
    let Target::Table(owner) = *owner else {
        return false;
    };
    // The column of an adjective is that of the thing spoken of last; one whose own table the question names is there too.
    let named = |m: &super::super::reading::frame::Mention| {
        let exact = |c: &Candidate| c.target == Target::Table(table) && c.score >= WHOLE;
        m.candidates.iter().any(exact)
    };
    let shown = frame.outputs.contains(&Output::Plain(id));
    if frame.adjectives.iter().any(|(m, _)| *m == id) || shown && frame.mentions.iter().any(named) {
        return false;
    }
    let said = super::super::language::stems(&frame.mentions[id].text.to_lowercase());
    let sort = matches!(&said[..], [word] if ENGLISH.kinds.contains(word));
    let points = |from: usize, to: usize| {
        let mut keys = lexicon.graph.of(from);
        keys.any(|(_, e)| e.holder == from && e.target == to)
    };
    let kin = points(owner, table) || points(table, owner);
    if sort {
        return !points(owner, table);
    }
    // A table that holds keys to both connects them; one that both point at does not.
    let mut keys = lexicon.graph.of(owner);
    let between = |t: usize| points(t, owner) && points(t, table);
    let third = |t: usize| points(owner, t) && points(table, t);
    !kin && !keys.any(|(_, e)| between(e.holder)) && {
        let mut keys = lexicon.graph.of(owner);
        keys.any(|(_, e)| third(e.target))
    }
}

/// The key of something in another table, where a table is called so and no key leads there: "each musical" is no `musical_id` that
/// points elsewhere.
fn is_key_of_none(lexicon: &Lexicon, all: &[Candidate], chosen: &Candidate) -> bool {
    let Target::Column(at) = chosen.target else {
        return false;
    };
    let name = &lexicon.tables[at.table].columns[at.column];
    let key = name.len() > 1 && name.last().is_some_and(|last| ENGLISH.keys.contains(last));
    let apart = |t: usize| {
        let mut keys = lexicon.graph.of(t);
        t != at.table && !keys.any(|(_, e)| e.holder == at.table || e.target == at.table)
    };
    key && chosen.score < WHOLE
        && all.iter().any(|c| match c.target {
            Target::Table(t) => c.score >= WHOLE && apart(t),
            _ => false,
        })
}

/// Whether a meaning belongs to an owner: a column to its table, a value to its column.
fn belongs(lexicon: &Lexicon, target: &Target, owner: &Target) -> bool {
    match (target, owner) {
        (Target::Value(c, _), Target::Column(o)) => c == o,
        (Target::Column(c), Target::Column(o)) => c.table == o.table,
        (Target::Segment(s), Target::Column(o)) => {
            let segment = &lexicon.segments[*s];
            segment.table == o.table && segment.columns.contains(&o.column)
        }
        (_, Target::Column(_)) => true,
        (Target::Table(t), Target::Table(owner)) if lexicon.is_role_of(*t, *owner) => true,
        _ => table_of(lexicon, target) == table_of(lexicon, owner),
    }
}
