//! Questions whose SQL a person has approved (`insightflow.verify`).
//!
//! Invariant: a role is given only queries all of whose tables it may read (row-level security on
//! `insightflow.verified_query`), and what is given passes the guard as any SQL does.

mod atoms;
mod literals;
mod parameters;
mod places;

use super::{Source, Step, Translation};
use crate::catalog::Snapshot;
use crate::question::Question;
use crate::question::tokens::tokenize;
use atoms::atoms;
use parameters::Template;
use std::collections::BTreeSet;

/// So many approved questions near the one asked are shown to a language model.
pub const EXAMPLES: usize = 3;

struct Approved {
    key: String,
    question: String,
    sql: String,
    stems: BTreeSet<String>,
    /// `None` when it has no parameters.
    template: Option<Template>,
}

/// The approved questions of a catalog, taken apart. Made once per snapshot.
struct Index(Vec<Approved>);

impl Index {
    fn new(snapshot: &Snapshot) -> Index {
        let approved = snapshot.verified().iter().filter_map(|(question, sql)| {
            let parsed = Question::parse(question).ok()?;
            let tokens = tokenize(&parsed.text);
            let sql = sql.trim().trim_end_matches(';').to_owned();
            Some(Approved {
                key: parsed.key,
                stems: tokens.iter().map(|t| t.stem.clone()).collect(),
                template: Template::of(&parsed.text, &tokens, &sql, &snapshot.catalog),
                question: parsed.text,
                sql,
            })
        });
        Index(approved.collect())
    }
}

/// The approved SQL for this question, or for one that differs from it in its parameters only: numbers, dates, quoted
/// texts and names that stand in the SQL. The reading says which ones were taken over.
pub fn find(question: &Question, snapshot: &Snapshot) -> Option<Translation> {
    if snapshot.verified().is_empty() {
        return None;
    }
    let index = snapshot.approved(Index::new);
    if let Some(same) = index.0.iter().find(|a| a.key == question.key) {
        return Some(translation(same, same.sql.clone(), &[]));
    }
    let asked = atoms(&tokenize(&question.text));
    let values = snapshot.values();
    index.0.iter().find_map(|approved| {
        let template = approved.template.as_ref()?;
        let (sql, changes) = template.fill(&question.text, &asked, &values)?;
        Some(translation(approved, sql, &changes))
    })
}

/// The approved questions that share the most words with this one, with their SQL, the nearest first.
pub fn nearest(question: &Question, snapshot: &Snapshot, count: usize) -> Vec<(String, String)> {
    if snapshot.verified().is_empty() {
        return Vec::new();
    }
    let index = snapshot.approved(Index::new);
    let stems: BTreeSet<String> = tokenize(&question.text)
        .into_iter()
        .map(|t| t.stem)
        .collect();
    let mut scored: Vec<(f64, &Approved)> = index
        .0
        .iter()
        .map(|approved| {
            let both = stems.intersection(&approved.stems).count() as f64;
            let either = stems.union(&approved.stems).count().max(1) as f64;
            (both / either, approved)
        })
        .filter(|(score, _)| *score > 0.2)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.truncate(count);
    scored
        .into_iter()
        .map(|(_, a)| (a.question.clone(), a.sql.clone()))
        .collect()
}

fn translation(approved: &Approved, sql: String, changes: &[parameters::Change]) -> Translation {
    let mut steps = vec![Step {
        part: approved.question.clone(),
        reading: "a verified query".into(),
    }];
    let mut reading = format!("verified query \"{}\"", approved.question);
    for (i, change) in changes.iter().enumerate() {
        let with = if i == 0 { " with" } else { " and" };
        reading.push_str(&format!("{with} {} for {}", change.new, change.old));
        steps.push(Step {
            part: change.new.clone(),
            reading: format!("in the place of {}", change.old),
        });
    }
    Translation {
        sql,
        reading,
        assumptions: Vec::new(),
        warnings: Vec::new(),
        confidence: 1.0,
        source: Source::Verified,
        steps,
        usage: None,
    }
}
