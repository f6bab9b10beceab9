//! Ties the mentions of a frame to the catalog: the choice of meanings that belong together best.
//!
//! A measure is chosen together with the dimensions that it must be joined to. Choices are compared by the quality of each
//! name and the number of joins that hold all of them together; a bounded number is kept at each step.

use super::frame::{Frame, Key, Mention, MentionId, Order, Output, Role};
use super::language::{ENGLISH, stems};
use super::lexicon::{Candidate, Formula, Lexicon, Target};
use super::nature::{self, Nature};
use crate::catalog::model::{Catalog, ColumnRef};
use std::collections::HashMap;

/// The most choices that are kept while mentions are added one by one.
const BEAM: usize = 48;
/// Two choices within this distance are equally good.
const TIE: f32 = 0.12;
/// The cost of one join.
const JOIN: f32 = 0.8;
/// The cost of a name that fits not at all.
const NAME: f32 = 5.0;
/// The cost of a meaning that is of another table than its neighbour: more than [`TIE`].
const NEIGHBOUR: f32 = 0.15;
/// What the cost of [`STRANGER`] is less for a column of what the owner points at.
const POINTED_AT: f32 = 0.5;
/// The cost of a "code" or "id" that is not the key of its table.
const NO_KEY: f32 = 0.04;
/// The cost of a column that is not of the thing that the question says it is of.
const STRANGER: f32 = 2.5;

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
    for (id, mention) in frame.mentions.iter().enumerate() {
        let fitting = fit(frame, id, catalog, lexicon);
        if fitting.is_empty() {
            return Err(Unresolved::Nothing(id));
        }
        let _ = mention;
        candidates.push(fitting);
    }
    let sure: Vec<Vec<f32>> = candidates
        .iter()
        .map(|several| {
            let sure = |c: &Candidate| completed(frame, lexicon, &c.target).unwrap_or(0.0);
            several.iter().map(sure).collect()
        })
        .collect();
    let mut order: Vec<MentionId> = (0..frame.mentions.len()).collect();
    let owned = |id: &MentionId| usize::from(frame.mentions[*id].of.is_some());
    // The thing itself before what is said about it, owners before what they own.
    let value = |id: &MentionId| usize::from(frame.mentions[*id].role == Role::Value);
    order.sort_by_key(|id| (owned(id).max(value(id)), candidates[*id].len(), *id));
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
            for (candidate, sure) in candidates[id].iter().zip(&sure[id]) {
                let table = table_of(lexicon, &candidate.target);
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
                    new.cost += STRANGER - if pointed_at { POINTED_AT } else { 0.0 };
                }
                if frame.mentions[id].apart
                    && let Target::Value(c, _) = &candidate.target
                    && lexicon.tables[c.table].display.contains(&c.column)
                    && first_table(frame, &choice.targets) == Some(c.table)
                {
                    new.cost += STRANGER;
                }
                new.doubt += new.cost
                    - choice.cost
                    - f32::from(joins) * JOIN
                    - (sure - candidate.score).max(0.0) * NAME;
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
        choice.cost += apart_from_neighbours(frame, lexicon, choice);
        let far = (0..frame.mentions.len()).filter(|id| is_far(frame, lexicon, choice, *id));
        choice.doubt += far.count() as f32 * 2.0 * STRANGER;
    }
    beam.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    let best = &beam[0];
    for other in &beam[1..] {
        if other.cost - best.cost >= TIE {
            break;
        }
        let differing = (0..frame.mentions.len()).find(|&id| {
            !same(
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
    let second = beam.get(1).map_or(1.0, |c| (c.cost - best.cost).min(1.0));
    let mentions = frame.mentions.len().max(1) as f32;
    let quality = (1.0 - best.doubt / (NAME * mentions)).clamp(0.0, 1.0);
    Ok(Resolved {
        targets: best.targets.iter().flatten().cloned().collect(),
        confidence: quality * (0.9 + 0.1 * second),
    })
}

/// What the meanings cost that are of another table than their neighbour in the question, and a value before a noun that is not
/// even of what the noun points at: "music genres" are no genres of a playlist called so.
fn apart_from_neighbours(frame: &Frame, lexicon: &Lexicon, choice: &Choice) -> f32 {
    let table = |id: MentionId| {
        choice
            .targets
            .get(id)?
            .as_ref()
            .map(|t| table_of(lexicon, t))
    };
    let apart = |id: &MentionId| {
        frame.mentions[*id]
            .near
            .is_some_and(|near| table(near).is_some() && table(near) != table(*id))
    };
    let all = 0..frame.mentions.len();
    let far = all.clone().filter(|id| is_far(frame, lexicon, choice, *id));
    far.count() as f32 * STRANGER + all.filter(apart).count() as f32 * NEIGHBOUR
}

/// A value right before a noun, of a table that no single key connects with the noun's.
fn is_far(frame: &Frame, lexicon: &Lexicon, choice: &Choice, id: MentionId) -> bool {
    let table = |id: MentionId| {
        choice
            .targets
            .get(id)?
            .as_ref()
            .map(|t| table_of(lexicon, t))
    };
    let (Some(own), Some(noun)) = (table(id), table(id + 1)) else {
        return false;
    };
    let before = frame.mentions[id].role == Role::Value && frame.mentions[id].near == Some(id + 1);
    before
        && own != noun
        && !lexicon
            .graph
            .of(noun)
            .any(|(_, e)| e.holder == own || e.target == own)
}

/// The table of the thing that the question is about, once it is chosen.
fn first_table(frame: &Frame, targets: &[Option<Target>]) -> Option<usize> {
    let first = frame.head.or_else(|| {
        frame
            .outputs
            .iter()
            .map(|o| match o {
                Output::Plain(m)
                | Output::Count { of: m, .. }
                | Output::Aggregate { of: m, .. } => *m,
            })
            .next()
    })?;
    match &targets[first] {
        Some(Target::Table(t)) => Some(*t),
        _ => None,
    }
}

/// The meanings of a mention that can stand in its role.
fn fit(frame: &Frame, id: MentionId, catalog: &Catalog, lexicon: &Lexicon) -> Vec<Candidate> {
    let mention = &frame.mentions[id];
    let mut fitting: Vec<Candidate> = Vec::new();
    let mut push =
        |target: Target, score: f32| match fitting.iter_mut().find(|c| c.target == target) {
            Some(same) => same.score = same.score.max(score),
            None => fitting.push(Candidate { target, score }),
        };
    // Where a name fits wholly, names of which it is but a part are not meant; where only the stem of a word fits, they are worth less.
    for candidate in &mention.candidates {
        if modifies(mention, candidate, lexicon) {
            continue;
        }
        // "participate in" is `faculty_participates_in` of a faculty.
        let acts = matches!(candidate.target, Target::Table(_)) && is_verb(frame, id);
        let whole = completed(frame, lexicon, &candidate.target).filter(|_| acts);
        let score = candidate.score.max(whole.unwrap_or(0.0));
        match (&candidate.target, mention.role) {
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
                    push(candidate.target.clone(), score - penalty);
                } else if extreme(frame, id) {
                    push(candidate.target.clone(), score - 0.05);
                }
            }
            (Target::Table(t), Role::Measure) => {
                // "total payments": the amount of the payments.
                for (m, measure) in lexicon.measures.iter().enumerate() {
                    if measure.table == *t && measure.name == "value" {
                        push(Target::Measure(m), score - 0.12);
                    }
                }
            }
            (Target::Measure(m), Role::Measure) => {
                let plain = match &lexicon.measures[*m] {
                    measure if measure.denominator.is_none() => match &measure.formula {
                        Formula::Column(c) => Some(*c),
                        _ => None,
                    },
                    _ => None,
                };
                push(
                    plain.map_or(candidate.target.clone(), Target::Column),
                    score,
                );
            }
            (Target::Measure(m), Role::Any) => {
                if let (Formula::Column(c), None) = (
                    &lexicon.measures[*m].formula,
                    &lexicon.measures[*m].denominator,
                ) {
                    push(Target::Column(*c), score - 0.1);
                }
            }
            (Target::Measure(_), _) => {}
            (Target::Column(c), Role::Entity) => push(Target::Column(*c), score - 0.2),
            (Target::Value(..) | Target::Segment(_), Role::Value) => {
                push(candidate.target.clone(), score)
            }
            (Target::Value(..) | Target::Segment(_), _) => {}
            (_, Role::Value) => {}
            _ => push(candidate.target.clone(), score),
        }
    }
    let ends_in_key = super::language::stems(&mention.text.to_lowercase())
        .last()
        .is_some_and(|last| ENGLISH.keys.contains(last));
    if ends_in_key {
        for candidate in &mut fitting {
            if let Target::Column(c) = candidate.target
                && catalog.table(c).primary_key != [c.column]
            {
                candidate.score -= NO_KEY;
            }
        }
    }
    let mut push =
        |target: Target, score: f32| match fitting.iter_mut().find(|c| c.target == target) {
            Some(same) => same.score = same.score.max(score),
            None => fitting.push(Candidate { target, score }),
        };
    for (column, score) in names_of_owner(frame, id, catalog, lexicon) {
        push(Target::Column(column), score);
    }
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
    let said = super::language::stems(&frame.mentions[id].text.to_lowercase());
    let Some(owner) = frame.mentions[id].of else {
        return Vec::new();
    };
    if !super::shown::WHOLE_NAMES.iter().any(|name| said == *name) {
        return Vec::new();
    }
    frame.mentions[owner]
        .candidates
        .iter()
        .filter_map(|c| match &c.target {
            Target::Column(at) if Lexicon::is_textual(catalog.column(*at).class) => {
                Some((*at, 0.95 * c.score))
            }
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

/// A mention that is a verb of the question.
pub(super) fn is_verb(frame: &Frame, id: MentionId) -> bool {
    let stems = super::language::stems(&frame.mentions[id].text.to_lowercase());
    let first = stems.first().map(|stem| super::names::root(stem));
    first.is_some_and(|root| frame.verbs.contains(&root))
}

/// What a name is worth of which a mention says but a part: "start date" is the start date of the *bookings* where the
/// question speaks of bookings, and a school is told by its code where a table has nothing else of it.
fn completed(frame: &Frame, lexicon: &Lexicon, target: &Target) -> Option<f32> {
    let (name, table) = match target {
        Target::Table(t) => (&lexicon.tables[*t].stems, None),
        Target::Column(c) => {
            let words = &lexicon.tables[c.table];
            (&words.columns[c.column], Some(&words.stems))
        }
        _ => return None,
    };
    let said = |stem: &String| frame.words.contains(stem);
    let own = |stem: &String| table.is_some_and(|t| t.contains(stem));
    if name.iter().all(|stem| said(stem) || own(stem)) {
        return Some(0.92);
    }
    let (last, before) = name.split_last()?;
    let key = ENGLISH.keys.contains(last) && table.is_some();
    (key && !before.is_empty() && before.iter().all(|stem| said(stem) || own(stem))).then_some(0.85)
}

/// "customers" are no customer segments: the plural of a thing is not the first word of a column's name.
fn modifies(mention: &Mention, candidate: &Candidate, lexicon: &Lexicon) -> bool {
    let Target::Column(at) = &candidate.target else {
        return false;
    };
    let said = stems(&mention.text.to_lowercase());
    let plural = mention.text.ends_with('s')
        && said.last().is_some_and(|s| mention.text.len() > s.len())
        && mention
            .candidates
            .iter()
            .any(|c| matches!(c.target, Target::Table(_)) && c.score > 0.95);
    let name = &lexicon.tables[at.table].columns[at.column];
    plural
        && candidate.score < 0.95
        && name.len() > said.len()
        && name.starts_with(&said)
        && lexicon.nature(*at) == Nature::Category
}

/// The greatest or least of it is asked for, which any ordered type has.
fn extreme(frame: &Frame, id: MentionId) -> bool {
    use super::language::Aggregate::{Max, Min};
    frame
        .outputs
        .iter()
        .any(|o| matches!(o, Output::Aggregate { function: Some(Max | Min), of } if *of == id))
        || matches!(&frame.order, Some(Order { key: Key::Aggregate(Some(Max | Min), of), .. }) if *of == id)
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
        _ => table_of(lexicon, target) == table_of(lexicon, owner),
    }
}

/// Whether two meanings give the same rows: the same, or the two ends of one key.
fn same(lexicon: &Lexicon, catalog: &Catalog, a: Option<&Target>, b: Option<&Target>) -> bool {
    match (a, b) {
        (Some(Target::Column(a)), Some(Target::Column(b))) => {
            a == b || linked(lexicon, *a, *b) || linked(lexicon, *b, *a)
        }
        (Some(Target::Value(a, x)), Some(Target::Value(b, y))) => {
            x == y && (a == b || linked(lexicon, *a, *b) || linked(lexicon, *b, *a))
        }
        (Some(Target::Table(t)), Some(Target::Column(c)))
        | (Some(Target::Column(c)), Some(Target::Table(t))) => {
            // A table and the key that points at it.
            c.table != *t
                && lexicon
                    .graph
                    .edges
                    .iter()
                    .any(|e| e.holder == c.table && e.target == *t && e.columns == [c.column])
                || c.table == *t
                    && (catalog.tables[*t].primary_key == [c.column]
                        || lexicon.tables[*t].display == [c.column])
        }
        (a, b) => a == b,
    }
}

fn linked(lexicon: &Lexicon, a: ColumnRef, b: ColumnRef) -> bool {
    lexicon.graph.of(a.table).any(|(_, e)| {
        e.holder == a.table
            && e.target == b.table
            && e.columns == [a.column]
            && e.target_columns == [b.column]
    })
}
