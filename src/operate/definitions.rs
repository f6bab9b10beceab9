//! Definitions and verified queries that no longer hold: what they are about was renamed or dropped since.
//!
//! Invariant: a definition is named only for what the catalog says. What the caller may not read he cannot judge, and is left out.

use super::health::{Finding, Status, finding};
use crate::error::SqlState;
use crate::execute;
use crate::postgres::spi::{Argument, Moment, Path, read};
use crate::translate::Source;

/// So many of each table are looked at, the latest first.
const MOST: i64 = 2_000;

/// So many are named in a finding.
const NAMED: usize = 5;

/// Something that does not hold any more: what it is, why not, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Broken {
    what: String,
    why: String,
    fix: String,
}

/// The vocabulary and the verified queries, as the caller sees them.
pub fn findings() -> Vec<Finding> {
    vec![
        summary("vocabulary", "definitions", vocabulary()),
        summary("verified queries", "verified queries", verified()),
    ]
}

/// What PostgreSQL says against a statement, when that is that something it names is not there.
fn gone(sql: &str) -> Option<String> {
    let error = execute::try_describe(sql, Source::Caller).err()?;
    let SqlState(state) = error.state;
    // Undefined column, table, function, object, schema; a column whose type fits no more.
    let gone = ["42703", "42P01", "42883", "42704", "3F000", "42804"];
    gone.contains(&state).then_some(error.message)
}

fn vocabulary() -> (usize, Vec<Broken>) {
    let mut looked_at = 0;
    let mut broken = Vec::new();
    let mut definitions = Vec::new();
    let sql = "SELECT kind, id::text, coalesce(words[1], ''), format('%I.%I', schema_name, table_name), column_name::text,
                      c.oid IS NOT NULL,
                      column_name IS NULL OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = column_name
                                                     AND a.attnum > 0 AND NOT a.attisdropped),
                      format(CASE kind WHEN 'metric' THEN 'SELECT %3$s FROM %1$I.%2$I HAVING true'
                                       WHEN 'segment' THEN 'SELECT 1 FROM %1$I.%2$I WHERE (%3$s)' END,
                             schema_name, table_name, definition)
               FROM insightflow.vocabulary
               LEFT JOIN pg_namespace n ON n.nspname = schema_name
               LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = table_name AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
               WHERE kind <> 'note' ORDER BY defined_at DESC, id LIMIT $1";
    read(Moment::Newest, Path::Pinned, |reader| {
        reader.query(sql, &[Argument::Integer(MOST)], |row| {
            looked_at += 1;
            let text = |column| row.text(column).unwrap_or_default();
            let (kind, id, word, table) = (text(0), text(1), text(2), text(3));
            let what = match (kind.as_str(), word.as_str()) {
                ("hidden", _) | (_, "") => kind.clone(),
                _ => format!("{kind} \"{word}\""),
            };
            let again = match kind.as_str() {
                "metric" => "insightflow.define_metric",
                "segment" => "insightflow.define_segment",
                "synonym" => "insightflow.define_synonym",
                _ => "insightflow.hide",
            };
            let fix =
                format!("SELECT insightflow.undefine('{id}') and, for the new name, {again}(…)");
            let missing = match (row.flag(5), row.flag(6), row.text(4)) {
                (false, _, _) => Some(format!("there is no table {table}")),
                (true, false, column) => Some(format!(
                    "{table} has no column {}",
                    column.unwrap_or_default()
                )),
                _ => None,
            };
            match (missing, row.text(7)) {
                (Some(why), _) => broken.push(Broken { what, why, fix }),
                (None, Some(sql)) => definitions.push((what, sql, fix)),
                (None, None) => {}
            }
        });
    });
    broken.extend(definitions.into_iter().filter_map(|(what, sql, fix)| {
        let why = gone(&sql)?;
        Some(Broken { what, why, fix })
    }));
    (looked_at, broken)
}

fn verified() -> (usize, Vec<Broken>) {
    let mut queries = Vec::new();
    let sql = "SELECT id::text, question, sql FROM insightflow.verified_query
               WHERE status = 'approved' ORDER BY approved_at DESC, id LIMIT $1";
    read(Moment::Newest, Path::Pinned, |reader| {
        reader.query(sql, &[Argument::Integer(MOST)], |row| {
            let text = |column| row.text(column).unwrap_or_default();
            queries.push((text(0), text(1), text(2)));
        });
    });
    let looked_at = queries.len();
    let broken = queries.into_iter().filter_map(|(id, question, sql)| {
        Some(Broken {
            why: gone(&sql)?,
            what: format!("\"{question}\""),
            fix: format!(
                "SELECT insightflow.unverify('{id}') and, with the new names, insightflow.verify(question, sql)"
            ),
        })
    });
    (looked_at, broken.collect())
}

fn summary(
    component: &'static str,
    things: &str,
    (looked_at, broken): (usize, Vec<Broken>),
) -> Finding {
    if broken.is_empty() {
        return finding(
            component,
            Status::Ok,
            format!("{things}: {looked_at}; what they are about exists"),
        );
    }
    let named: Vec<String> = broken
        .iter()
        .take(NAMED)
        .map(|b| format!("{}: {} ({})", b.what, b.why, b.fix))
        .collect();
    let more = match broken.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    finding(
        component,
        Status::Warning,
        format!(
            "{things}: {looked_at}; of these without effect: {}, because what they are about was renamed or dropped: {}{more}",
            broken.len(),
            named.join("; ")
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_names_the_first_with_what_to_do() {
        assert_eq!(
            summary("vocabulary", "definitions", (3, Vec::new())).status,
            Status::Ok
        );
        let one = |i: usize| Broken {
            what: format!("metric \"m{i}\""),
            why: "there is no table a.b".into(),
            fix: "SELECT insightflow.undefine('x')".into(),
        };
        let found = summary("vocabulary", "definitions", (9, (0..7).map(one).collect()));
        assert_eq!(found.status, Status::Warning);
        for part in [
            "9; of these without effect: 7",
            "metric \"m4\": there is no table a.b (SELECT insightflow.undefine",
            "and 2 more",
        ] {
            assert!(found.detail.contains(part), "{}", found.detail);
        }
        assert!(!found.detail.contains("\"m5\""));
    }
}
