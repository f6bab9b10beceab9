//! The question patterns of `tests/patterns`, in their surface forms: each question gives the rows of SQL that is written by hand,
//! and its reading says what was summed, by what and over which days.

use crate::patterns::{answer, sample};
use crate::support::Session;
use std::collections::BTreeMap;

/// Questions that must give the same.
#[derive(Clone, Default)]
struct Group {
    heading: String,
    /// Only the schema `shop` is there.
    shop: bool,
    settings: Vec<String>,
    sql: Option<String>,
    refusal: Option<String>,
    reading: Vec<String>,
    questions: Vec<String>,
}

/// Reads a file as `tests/patterns/README.md` describes it.
fn groups(file: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut group = Group::default();
    for line in file.lines().filter(|l| !l.trim().is_empty()) {
        let (kind, rest) = line.split_at(line.find(' ').unwrap_or(line.len()));
        let rest = rest.trim();
        // What begins anew ends the questions before it.
        if kind != "?" && !kind.is_empty() && kind != "#" && !group.questions.is_empty() {
            let next = Group {
                sql: None,
                refusal: None,
                reading: Vec::new(),
                questions: Vec::new(),
                ..group.clone()
            };
            groups.push(std::mem::replace(&mut group, next));
        }
        match kind {
            "##" => {
                group = Group {
                    heading: rest.to_owned(),
                    ..Group::default()
                }
            }
            "#" => {}
            "@" => group.shop = rest == "shop",
            "$" => group.settings.push(rest.to_owned()),
            "=" => group.sql = Some(rest.to_owned()),
            "!" => group.refusal = Some(rest.to_owned()),
            ">" => group
                .reading
                .extend(rest.split(" | ").map(|p| p.trim().to_owned())),
            "?" => group.questions.push(rest.to_owned()),
            "" => match &mut group.sql {
                Some(sql) => sql.push_str(&format!("\n{rest}")),
                None => panic!("{line}"),
            },
            _ => panic!("{line}"),
        }
    }
    groups.push(group);
    groups
}

/// A part of a reading, with its days written out.
async fn written(session: &Session, part: &str) -> String {
    let mut written = part.to_owned();
    while let Some((before, rest)) = written.split_once('{') {
        let (day, after) = rest.split_once('}').unwrap_or_else(|| panic!("{part}"));
        let day = session.value(&format!("SELECT ({day})::date::text")).await;
        written = format!("{before}{day}{after}");
    }
    written
}

/// What a question gives otherwise than its group says.
async fn differs(session: &Session, group: &Group, question: &str) -> Option<String> {
    let quoted = question.replace('\'', "''");
    let answer = answer(session, question).await;
    if let Some(refusal) = &group.refusal {
        return match answer {
            Err(error)
                if error.replace("\\\"", "\"").contains(refusal) && error.contains("E22023") =>
            {
                None
            }
            other => Some(format!(
                "{question}\n  not refused with {refusal}: {:.400}",
                format!("{other:?}")
            )),
        };
    }
    let expected = session.rows(group.sql.as_deref().expect("SQL")).await;
    match answer {
        Ok(rows) if rows == expected => {}
        other => {
            return Some(format!(
                "{question}\n  wanted {:.300}\n  got    {:.600}",
                format!("{expected:?}"),
                format!("{other:?}")
            ));
        }
    }
    let said = format!(
        "SELECT string_agg(reading, E'\\n') FROM insightflow.explain('{quoted}') WHERE part IN ('reading', 'assumed', 'warning')"
    );
    let said = session.value(&said).await;
    for part in &group.reading {
        let part = written(session, part).await;
        if !said.contains(&part) {
            return Some(format!("{question}\n  no \"{part}\" in\n{said}"));
        }
    }
    None
}

/// Runs a file; gives how many questions each heading has.
async fn run(file: &str) -> BTreeMap<String, usize> {
    let (whole, session) = sample().await;
    let (alone, shop) = sample().await;
    shop.run("DROP MATERIALIZED VIEW sales_summary; DROP TABLE sales_transactions")
        .await;
    drop(shop);
    let (mut wrong, mut asked) = (Vec::new(), BTreeMap::new());
    let shop = alone.superuser().await;
    for group in groups(file) {
        let session = if group.shop { &shop } else { &session };
        for setting in &group.settings {
            session.run(setting).await;
        }
        for question in &group.questions {
            if let Some(difference) = differs(session, &group, question).await {
                wrong.push(format!("{}: {difference}", group.heading));
            }
        }
        if !group.settings.is_empty() {
            session.run("RESET ALL").await;
        }
        *asked.entry(group.heading.clone()).or_default() += group.questions.len();
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    drop((session, shop));
    whole.drop().await;
    alone.drop().await;
    asked
}

/// The patterns of a file, each with at least three surface forms.
async fn patterns(file: &str, numbers: std::ops::RangeInclusive<u32>) {
    let asked = run(file).await;
    let number = |heading: &String| heading.split(' ').next().and_then(|n| n.parse().ok());
    let mut forms: BTreeMap<u32, usize> = BTreeMap::new();
    for (heading, questions) in &asked {
        let number = number(heading).unwrap_or_else(|| panic!("{heading} has no number"));
        *forms.entry(number).or_default() += questions;
    }
    for number in numbers {
        let forms = forms.get(&number).copied().unwrap_or(0);
        assert!(forms >= 3, "pattern {number} has {forms} forms");
    }
}

#[tokio::test]
async fn totals_counts_and_series() {
    patterns(include_str!("../patterns/01-06.patterns"), 1..=6).await;
}

#[tokio::test]
async fn first_ones_and_growth() {
    patterns(include_str!("../patterns/07-11.patterns"), 7..=11).await;
}

#[tokio::test]
async fn shares_conditions_and_comparisons() {
    patterns(include_str!("../patterns/12-17.patterns"), 12..=17).await;
}

#[tokio::test]
async fn windows_and_averages() {
    patterns(include_str!("../patterns/18-23.patterns"), 18..=23).await;
}

#[tokio::test]
async fn lists_pivots_and_causes() {
    patterns(include_str!("../patterns/24-30.patterns"), 24..=30).await;
}

#[tokio::test]
async fn the_default_semantics_are_as_promised() {
    let asked = run(include_str!("../patterns/semantics.patterns")).await;
    assert!(asked.values().sum::<usize>() > 50, "{asked:?}");
}

#[tokio::test]
async fn everyday_questions() {
    let asked = run(include_str!("../patterns/everyday.patterns")).await;
    assert!(asked.values().sum::<usize>() > 40, "{asked:?}");
}
