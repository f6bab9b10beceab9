//! Refusals that help: what was understood, what was not, and what comes near; and the reading of what was.

use super::super::linking::certainty;
use super::super::linking::resolve::{Resolved, Unresolved};
use super::super::mentions::annotate::Segment;
use super::super::reading::frame::Frame;
use super::super::schema::joins::Join;
use super::super::schema::lexicon::{Formula, Lexicon, Target};
use super::super::schema::undeclared::Proof;
use super::super::sql::build::{Builder, Said};
use crate::catalog::model::Catalog;
use crate::error::Error;

/// So many things a refusal names at most, and of a longer list how many more there are: it stays one that can be read.
const NAMED: usize = 8;
/// Of a longer word only so many characters are shown.
const SHOWN: usize = 60;

/// Each thing once, the first ones of a long list.
fn listed(things: impl Iterator<Item = String>) -> String {
    let mut distinct: Vec<String> = Vec::new();
    for thing in things {
        if !distinct.contains(&thing) {
            distinct.push(thing);
        }
    }
    let more = distinct.len().saturating_sub(NAMED);
    distinct.truncate(NAMED);
    let list = distinct.join(", ");
    match more {
        0 => list,
        more => format!("{list} and {more} more"),
    }
}

/// A word of the question in quotation marks, cut where nobody would read on.
fn quoted(word: &str) -> String {
    let word = word.trim_matches('"');
    match word.char_indices().nth(SHOWN) {
        Some((cut, _)) => format!("\"{}…\"", &word[..cut]),
        None => format!("\"{word}\""),
    }
}

/// A question with more words than the embedded translator reads.
pub(crate) fn too_long(words: usize, most: usize) -> Error {
    Error::question("the question has too many words to be understood without a language model")
        .with_detail(format!(
            "It has {words} words, numbers and marks; the embedded translator reads at most {most}."
        ))
        .with_hint("Ask for one thing at a time.")
}

/// The words that no stage could account for.
pub(crate) fn words(
    words: &[String],
    segments: &[Segment],
    catalog: &Catalog,
    lexicon: &Lexicon,
) -> Error {
    let mut understood: Vec<String> = Vec::new();
    for segment in segments {
        if let Some(best) = segment.names.first().filter(|c| c.score > 0.8)
            && !words.contains(&segment.text)
        {
            let meaning = describe(&best.target, catalog, lexicon);
            let reading = format!("{} as {meaning}", quoted(&segment.text));
            if !understood.contains(&reading) {
                understood.push(reading);
            }
        }
    }
    // What the question lacks is none of its words.
    let said = |word: &&String| {
        !word.contains(' ') || segments.is_empty() || segments.iter().any(|s| s.text == **word)
    };
    let (typed, lacking): (Vec<&String>, Vec<&String>) = words.iter().partition(said);
    let typed: Vec<String> = typed.into_iter().cloned().collect();
    let mut detail = String::new();
    if !typed.is_empty() {
        detail.push_str(&format!(
            "Not understood: {}.",
            listed(typed.iter().map(|word| quoted(word)))
        ));
    }
    if !lacking.is_empty() {
        let between = if detail.is_empty() { "" } else { " " };
        let lacking = listed(lacking.into_iter().cloned());
        detail.push_str(&format!("{between}Not clear: {lacking}."));
    }
    if !understood.is_empty() {
        understood.truncate(5);
        detail.push_str(&format!(" Understood: {}.", understood.join(", ")));
    }
    let mut near: Vec<String> = Vec::new();
    for word in words.iter().take(4) {
        for name in lexicon.nearest(&word.to_lowercase(), 3) {
            if !near.contains(&name) {
                near.push(name);
            }
        }
    }
    let values = super::super::mentions::nearvalues::nearest(words, segments, catalog);
    let mut hints = Vec::new();
    if !near.is_empty() {
        hints.push(format!("The nearest names: {}.", near.join(", ")));
    }
    if !values.is_empty() {
        hints.push(format!("The nearest stored values: {}.", values.join(", ")));
    }
    if hints.is_empty() {
        hints.push(
            "Use the names of tables and columns, and values that are stored in them.".to_owned(),
        );
    }
    let hint = hints.join(" ");
    Error::question("the question was not understood")
        .with_detail(detail)
        .with_hint(hint)
}

/// A frame that could not be tied to the catalog.
pub(crate) fn unresolved(
    error: &Unresolved,
    frame: &Frame,
    catalog: &Catalog,
    lexicon: &Lexicon,
) -> Error {
    match error {
        Unresolved::Nothing(id) => words(
            std::slice::from_ref(&frame.mentions[*id].text),
            &[],
            catalog,
            lexicon,
        ),
        Unresolved::Unconnected => {
            let names = listed(frame.mentions.iter().map(|m| quoted(&m.text)));
            Error::question("the question was not understood")
                .with_detail(format!("No keys lead from one to the other: {names}."))
                .with_hint("Ask about tables that foreign keys connect.")
        }
        Unresolved::Ambiguous(id, targets) => {
            let mut choices: Vec<String> = targets
                .iter()
                .map(|t| describe(t, catalog, lexicon))
                .collect();
            let more = choices.len().saturating_sub(NAMED);
            if more > 0 {
                choices.truncate(NAMED);
                choices.push(format!("one of {more} more"));
            }
            Error::ambiguous()
                .with_detail(format!(
                    "\"{}\" may be {}.",
                    frame.mentions[*id].text,
                    choices.join(" or ")
                ))
                .with_hint("Say which one is meant.")
        }
    }
}

/// A translation that is not sure enough.
pub(crate) fn unsure(frame: &Frame, resolved: &Resolved, builder: &Builder) -> Error {
    let words = frame.mentions.iter().zip(&resolved.targets).map(|(m, t)| {
        let meaning = describe(t, builder.catalog, builder.lexicon);
        format!("{} as {meaning}", quoted(&m.text))
    });
    let joins = certainty::distinct(&builder.joined);
    let joins = joins.iter().map(|join| describe_join(builder, join));
    let readings = listed(words.chain(joins));
    Error::question("the question was not understood well enough")
        .with_detail(format!("It might be read so: {readings}."))
        .with_hint("Use the names of tables and columns, also of those on the way between them.")
}

/// Over which key two tables are joined.
pub(crate) fn describe_join(builder: &Builder, join: &Join) -> String {
    let edge = &builder.lexicon.graph.edges[join.edge];
    let columns = &builder.catalog.tables[edge.holder].columns;
    let key: Vec<&str> = edge
        .columns
        .iter()
        .map(|&c| columns[c].name.as_str())
        .collect();
    let by_name = match edge.proof {
        Proof::Declared => "",
        Proof::Told => ", as its comment says: no foreign key is declared",
        Proof::Named | Proof::Alike => ", by name: no foreign key is declared",
    };
    let target = &builder.catalog.tables[edge.target];
    let taken = match target.key_is_taken && edge.target_columns == target.primary_key {
        true => format!(
            ", and unique by its values: {} has no key",
            builder.table_name(edge.target)
        ),
        false => String::new(),
    };
    format!(
        "{} is joined over {}.{}{by_name}{taken}",
        builder.table_name(join.child),
        builder.table_name(edge.holder),
        key.join(", ")
    )
}

/// A meaning in words.
pub(crate) fn describe(target: &Target, catalog: &Catalog, lexicon: &Lexicon) -> String {
    let table = |t: usize| {
        let table = &catalog.tables[t];
        if table.visible {
            table.name.clone()
        } else {
            format!("{}.{}", table.schema, table.name)
        }
    };
    match target {
        Target::Table(t) => format!("table {}", table(*t)),
        Target::Column(c) => format!("column {}.{}", table(c.table), catalog.column(*c).name),
        Target::Value(c, text) => {
            format!("{}.{} = {text}", table(c.table), catalog.column(*c).name)
        }
        Target::Segment(s) => {
            let segment = &lexicon.segments[*s];
            if segment.told.is_some() {
                return format!("{} of table {}", segment.predicate, table(segment.table));
            }
            format!(
                "segment {} of table {}: {}",
                segment.name,
                table(segment.table),
                segment.predicate
            )
        }
        Target::Measure(m) if let Formula::Defined(expr) = &lexicon.measures[*m].formula => {
            let measure = &lexicon.measures[*m];
            format!(
                "metric {} of table {}: {expr}",
                measure.name,
                table(measure.table)
            )
        }
        Target::Measure(m) => format!(
            "{} of table {}",
            lexicon.measures[*m].name.replace('_', " "),
            table(lexicon.measures[*m].table)
        ),
    }
}

impl Said {
    /// The question said back.
    pub(crate) fn sentence(&self, limit: Option<i64>) -> String {
        let mut text = self.shown.join(", ");
        if text.is_empty() {
            text = self.grouped.join(", ");
        } else if !self.grouped.is_empty() {
            text = format!("{text} by {}", self.grouped.join(" and "));
        }
        for condition in &self.conditions {
            text.push_str(", ");
            text.push_str(condition);
        }
        if let Some(order) = &self.order {
            text.push_str(", ");
            text.push_str(order);
        }
        if let Some(limit) = limit.filter(|_| !self.limited) {
            text.push_str(&format!(", the first {limit}"));
        }
        text
    }
}
