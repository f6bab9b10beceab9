//! Makes a frame mean what its words say together, before its mentions are tied to the catalog.

use super::super::language::Aggregate;
use super::super::schema::lexicon::{Candidate, Formula, Lexicon, Target};
use super::super::schema::nature::Nature;
use super::frame::{Condition, Dimension, Frame, Key, Mention, MentionId, Order, Output, Role};
use crate::catalog::model::Catalog;

/// Makes the outputs of a frame what they must be: a measure that is grouped is aggregated, a thing that is grouped is counted.
pub fn normalize(frame: &mut Frame, catalog: &Catalog, lexicon: &Lexicon) {
    super::formulas::settle(frame, catalog, lexicon);
    super::owners::group_by_owners(frame, lexicon);
    super::bywords::lists_columns(frame, lexicon);
    super::bywords::lists_things(frame, catalog, lexicon);
    super::own::sum_in_total(frame, lexicon);
    super::things::numbers_of_things(frame, lexicon);
    super::afterlist::drop_told(frame, catalog, lexicon);
    count_columns(frame, lexicon);
    order_by_column(frame, lexicon);
    super::orders::order_by_shown(frame, lexicon);
    different_groups(frame);
    own_names(frame);
    super::restated::add_up(frame, lexicon);
    // "the date of each debate" lists; nothing is put together.
    let lists = frame.each
        && !frame.superlative
        && !frame.trend
        && frame.outputs.iter().all(|o| matches!(o, Output::Plain(_)));
    // "tickets per agent" are a number of them for each.
    let thing = |o: &Output| matches!(o, Output::Plain(m) if matches!(frame.mentions[*m].candidates.first(), Some(c) if matches!(c.target, Target::Table(_))));
    let elsewhere = super::things::measured_elsewhere(frame, lexicon);
    let put_together = elsewhere
        || frame.per && frame.outputs.iter().all(thing)
        || super::owners::sums_for_each(frame, lexicon);
    let lists = lists && !put_together;
    if lists
        && let [Dimension::Mention(owner)] = frame.group[..]
        && frame.mentions[owner]
            .candidates
            .first()
            .is_some_and(|c| matches!(c.target, Target::Table(_)))
        && !frame.outputs.is_empty()
    {
        frame.group.clear();
        frame.mentions[owner].role = Role::Entity;
        for output in &frame.outputs {
            if let Output::Plain(m) = output
                && frame.mentions[*m].of.is_none()
            {
                frame.mentions[*m].of = Some(owner);
            }
        }
        frame.head = frame.head.or(Some(owner));
        let listed = |m: MentionId| {
            frame.mentions[m]
                .candidates
                .first()
                .is_some_and(|c| matches!(c.target, Target::Column(_)))
        };
        if frame
            .outputs
            .iter()
            .all(|o| matches!(o, Output::Plain(m) if listed(*m)))
        {
            return name_adjectives(frame, catalog, lexicon);
        }
    }
    let numeric = |frame: &Frame, id: MentionId| match frame.mentions[id]
        .candidates
        .first()
        .map(|c| &c.target)
    {
        Some(Target::Measure(_)) => true,
        Some(Target::Column(c)) => {
            matches!(lexicon.nature(*c), Nature::Amount | Nature::Rate)
                && lexicon.tables[c.table].natures.len() > c.column
        }
        _ => false,
    };
    let words = |frame: &Frame, id: MentionId| {
        frame.mentions[id]
            .candidates
            .iter()
            .any(|c| matches!(c.target, Target::Measure(_)))
    };
    // "how many different cities do the employees live in": one number, not one for each employee.
    if !grouped_by_words(frame)
        && let [Output::Count { of, distinct: true }, rest @ ..] = &frame.outputs[..]
        && frame.mentions[*of].candidates.first().is_some_and(|c| matches!(c.target, Target::Column(_)))
        && rest.iter().all(|o| matches!(o, Output::Plain(m) if frame.mentions[*m].candidates.first().is_some_and(|c| matches!(c.target, Target::Table(_)))))
    {
        frame.outputs.truncate(1);
    }
    normalize_metrics(frame, lexicon);
    // "top 3 salaries" are ranked by themselves.
    frame.unranked &=
        !matches!(frame.order, Some(Order { key: Key::Mention(id), .. }) if numeric(frame, id));
    normalize_unranked(frame, lexicon);
    super::averages::of_groups(frame, lexicon);
    let aggregated = frame.outputs.iter().any(|o| !matches!(o, Output::Plain(_)));
    // "orders and units by category": things beside measures are counted.
    let others = |frame: &Frame, i: usize| {
        (!frame.each || elsewhere || frame.per)
            && frame.outputs.len() > 1
            && frame.outputs.iter().enumerate().all(|(j, o)| match o {
                Output::Plain(m) => j == i || numeric(frame, *m),
                Output::Aggregate { .. } => j != i,
                Output::Count { .. } => false,
            })
    };
    let counted = (0..frame.outputs.len()).find(|&i| others(frame, i));
    let grouped = !frame.group.is_empty() || frame.trend || frame.versus.is_some();
    let beside = super::things::measured_beside(frame, lexicon);
    let no_thing = frame.outputs.iter().all(
        |o| matches!(o, Output::Plain(m) if numeric(frame, *m) && frame.mentions[*m].of.is_none()),
    );
    for i in 0..frame.outputs.len() {
        let Output::Plain(id) = frame.outputs[i] else {
            continue;
        };
        // "products" may be a column elsewhere as well.
        let best = frame.mentions[id]
            .candidates
            .first()
            .map_or(0.0, |c| c.score);
        let table = frame.mentions[id]
            .candidates
            .iter()
            .any(|c| matches!(c.target, Target::Table(_)) && c.score >= best);
        let histogram = frame.distribution && !grouped;
        if numeric(frame, id)
            && !histogram
            && !frame.duplicates
            && (grouped
                || beside
                || super::owners::comes_to(frame, lexicon, id)
                || (no_thing
                    && words(frame, id)
                    && !frame.superlative
                    && frame.head.is_none()
                    && !frame.distinct))
        {
            frame.outputs[i] = Output::Aggregate {
                function: None,
                of: id,
            };
        } else if table
            && grouped
            && (!aggregated && frame.outputs.len() == 1 || counted == Some(i))
            && !frame.superlative
            && !frame.duplicates
        {
            frame.outputs[i] = Output::Count {
                of: id,
                distinct: false,
            };
        }
    }
    for output in &frame.outputs {
        match output {
            Output::Aggregate { of, .. } if frame.between.iter().any(|(end, ..)| end == of) => {}
            Output::Aggregate { of, .. } => frame.mentions[*of].role = Role::Measure,
            Output::Count { of, .. } => frame.mentions[*of].role = Role::Entity,
            Output::Plain(_) => {}
        }
    }
    if let Some(Order {
        key: Key::Aggregate(_, id),
        ..
    }) = &frame.order
    {
        frame.mentions[*id].role = Role::Measure;
    }
    // "top customers by sales": a thing ranked by a measure of its rows.
    if let Some(Order {
        key: Key::Mention(id),
        descending,
        ..
    }) = frame.order.clone()
        && frame.superlative
        && (words(frame, id) || (frame.each && !frame.group.is_empty()))
        && numeric(frame, id)
    {
        frame.mentions[id].role = Role::Measure;
        frame.order = Some(Order {
            key: Key::Aggregate(None, id),
            descending,
            quantity: false,
        });
    }
    name_adjectives(frame, catalog, lexicon);
}

/// Gives the adjectives of a frame what they speak of: a time, or a column.
fn name_adjectives(frame: &mut Frame, catalog: &Catalog, lexicon: &Lexicon) {
    super::ages::as_times(frame, catalog, lexicon);
    super::adjectives::name_adjectives(frame, lexicon);
}

/// "Customers by name": by their own; "the name of every city": the city's.
fn own_names(frame: &mut Frame) {
    let called = |frame: &Frame, id: MentionId| {
        let said = super::super::language::stems(&frame.mentions[id].text.to_lowercase());
        super::super::linking::shown::WHOLE_NAMES.contains(&said)
    };
    if let [Dimension::Mention(group)] = frame.group[..]
        && frame.each
    {
        for output in &frame.outputs {
            if let Output::Plain(id) = *output
                && called(frame, id)
                && frame.mentions[id].of.is_none()
            {
                frame.mentions[id].of = Some(group);
            }
        }
    }
    let counted = frame.outputs.iter().find_map(|o| match o {
        Output::Plain(m) | Output::Count { of: m, .. } => Some(*m),
        Output::Aggregate { .. } => None,
    });
    let table = |frame: &Frame, id: MentionId| {
        let best = frame.mentions[id].candidates.first();
        best.is_some_and(|c| matches!(c.target, Target::Table(_)))
    };
    let grouped = frame.group.iter().find_map(|d| match d {
        Dimension::Mention(id) => Some(*id).filter(|id| table(frame, *id)),
        Dimension::Time(_) => None,
    });
    let owner = frame.head.or(counted).filter(|id| table(frame, *id));
    // "most first, then by name": by the names of what the numbers are of.
    let whose = grouped.or(owner);
    for i in 0..frame.then.len() {
        if let Key::Mention(id) = frame.then[i].key
            && called(frame, id)
            && frame.mentions[id].of.is_none()
        {
            frame.mentions[id].of = whose;
        }
    }
    let Some(owner) = owner else {
        return;
    };
    for dimension in &frame.group {
        let Dimension::Mention(id) = *dimension else {
            continue;
        };
        if called(frame, id) && id != owner && frame.mentions[id].of.is_none() {
            frame.mentions[id].of = Some(owner);
        }
    }
}

/// "The number of rooms" is no count where a column holds it: it is shown for each thing, and added up for all.
fn count_columns(frame: &mut Frame, lexicon: &Lexicon) {
    // "the description of the course Algebra, and how many points it has": beside another column it is shown as it is.
    let named = |c: &Condition| matches!(c, Condition::Value { negated: false, .. });
    let of_one = frame.group.is_empty() && frame.conditions.iter().any(named);
    let listed =
        (frame.each || of_one) && frame.outputs.iter().any(|o| matches!(o, Output::Plain(_)));
    // "employee, start date and number of days": a number that each row has.
    let column = |m: MentionId| matches!(frame.mentions[m].candidates.first(), Some(c) if matches!(c.target, Target::Column(_)) && c.score > 0.95);
    let own = |o: &Output| match o {
        Output::Count { of, distinct } => {
            !distinct && column(*of) && lexicon.is_amount(&frame.mentions[*of].candidates[0].target)
        }
        _ => false,
    };
    let beside = |o: &Output| matches!(o, Output::Plain(m) if column(*m));
    if frame.group.is_empty()
        && !frame.each
        && frame.outputs.iter().any(beside)
        && frame
            .outputs
            .iter()
            .all(|o| own(o) || matches!(o, Output::Plain(_)))
    {
        for output in &mut frame.outputs {
            if let Output::Count { of, .. } = *output {
                *output = Output::Plain(of);
            }
        }
    }
    // Before a unit is chosen: of two columns in kilos it is asked which one is added up.
    super::measured::sum_units(frame, lexicon);
    // "how many degrees" where each row of `degrees` holds a number of them.
    for i in 0..frame.outputs.len() {
        if let Output::Count {
            of,
            distinct: false,
        } = frame.outputs[i]
            && let Some(column) = numbers_of(&frame.mentions[of], lexicon)
        {
            frame.mentions[of].candidates = vec![column];
            frame.outputs[i] = Output::Aggregate {
                function: Some(Aggregate::Sum),
                of,
            };
        }
    }
    if let Some(order) = &mut frame.order
        && let Key::Count(id) = order.key
        && let Some(column) = numbers_of(&frame.mentions[id], lexicon)
    {
        frame.mentions[id].candidates = vec![column];
        order.key = Key::Aggregate(Some(Aggregate::Sum), id);
    }
    for output in &mut frame.outputs {
        if let Output::Count {
            of,
            distinct: false,
        } = *output
            && lexicon.holds_count(&frame.mentions[of])
        {
            *output = if listed {
                Output::Plain(of)
            } else {
                Output::Aggregate {
                    function: Some(super::super::language::Aggregate::Sum),
                    of,
                }
            };
        }
    }
    // "with the largest number of rooms": the room count itself.
    if let Some(order) = &mut frame.order
        && let Key::Count(id) = order.key
        && lexicon.holds_count(&frame.mentions[id])
    {
        order.key = Key::Mention(id);
        frame.mentions[id].role = Role::Any;
    }
}

/// The column of numbers that is called like the table which a mention names: there a row stands for many of the things.
fn numbers_of(mention: &Mention, lexicon: &Lexicon) -> Option<Candidate> {
    let table = mention.candidates.iter().find_map(|c| match c.target {
        Target::Table(t) if c.score > 0.95 => Some(t),
        _ => None,
    })?;
    let named = |c: &&Candidate| matches!(c.target, Target::Column(at) if at.table == table && lexicon.tables[table].columns[at.column] == lexicon.tables[table].stems);
    let mut columns = mention.candidates.iter().filter(named);
    columns.find(|c| lexicon.is_amount(&c.target)).cloned()
}

/// "In order of the number of officers" where a column holds that number: by the column.
fn order_by_column(frame: &mut Frame, lexicon: &Lexicon) {
    let Some(Order {
        key: Key::Count(id),
        ..
    }) = frame.order
    else {
        return;
    };
    let amount = match frame.mentions[id].candidates.first().map(|c| &c.target) {
        Some(Target::Column(c)) => lexicon.nature(*c) == Nature::Amount,
        _ => false,
    };
    let listed =
        frame.group.is_empty() && frame.outputs.iter().all(|o| matches!(o, Output::Plain(_)));
    if let (true, true, Some(order)) = (amount, listed, frame.order.as_mut()) {
        order.key = Key::Mention(id);
        frame.mentions[id].role = Role::Any;
    }
}

/// "The maximum price of different kinds": of each of them.
fn different_groups(frame: &mut Frame) {
    let [Output::Aggregate { of, .. }, ..] = frame.outputs[..] else {
        return;
    };
    let Some(owner) = frame.mentions[of].of else {
        return;
    };
    if frame.distinct && frame.group.is_empty() {
        frame.distinct = false;
        frame.each = true;
        frame.group.push(Dimension::Mention(owner));
        frame.mentions[owner].role = Role::Dimension;
        for mention in &mut frame.mentions {
            mention.of = mention.of.filter(|of| *of != owner);
        }
    }
}

/// A metric is an aggregate wherever it is shown. Whose it is said to be limits its rows, unless it is a thing of its own table:
/// "takings of active buyers".
fn normalize_metrics(frame: &mut Frame, lexicon: &Lexicon) {
    for i in 0..frame.outputs.len() {
        let (Output::Plain(id) | Output::Aggregate { of: id, .. }) = frame.outputs[i] else {
            continue;
        };
        let Some(Target::Measure(m)) = frame.mentions[id].candidates.first().map(|c| &c.target)
        else {
            continue;
        };
        if !matches!(lexicon.measures[*m].formula, Formula::Defined(_)) {
            continue;
        }
        if let Output::Plain(_) = frame.outputs[i] {
            frame.outputs[i] = Output::Aggregate {
                function: None,
                of: id,
            };
        }
        if let Some(owner) = frame.mentions[id].of.take() {
            if frame.head == Some(owner) {
                frame.head = None;
            }
            let related = Condition::Related {
                to: owner,
                negated: false,
                inside: Vec::new(),
            };
            if !frame.conditions.contains(&related) {
                frame.conditions.push(related);
            }
        }
    }
}

fn grouped_by_words(frame: &Frame) -> bool {
    frame.each || !frame.group.is_empty() || frame.trend || frame.order.is_some()
}

/// "top 3 customers in each region": by revenue, where no word says by what.
fn normalize_unranked(frame: &mut Frame, lexicon: &Lexicon) {
    if !frame.unranked {
        return;
    }
    let candidates: Vec<Candidate> = (0..lexicon.measures.len())
        .filter(|&m| lexicon.measures[m].name == "revenue")
        .map(|m| Candidate {
            target: Target::Measure(m),
            score: 1.0,
        })
        .collect();
    frame.unranked = !candidates.is_empty();
    if let (false, Some(order)) = (candidates.is_empty(), frame.order.as_mut()) {
        let id = frame.mentions.len();
        frame.mentions.push(Mention {
            text: "revenue".to_owned(),
            role: Role::Measure,
            candidates,
            of: None,
            near: None,
            apart: false,
            by: false,
        });
        order.key = Key::Aggregate(None, id);
    }
}
