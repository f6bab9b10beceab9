//! Questions and the SQL that they must give, without a server.

mod english;
pub mod fixture;
mod properties;
mod vocabulary;

use super::{Lexicon, Options, Prepared, translate};
use crate::question::Question;
use fixture::Fixture;

const OPTIONS: Options = Options {
    today: (2026, 8, 19),
    fiscal_year_start: 1,
    min_confidence: 0.7,
    pause: || (),
};

/// What comes of a question: its SQL, or the refusal with its detail.
fn answer(fixture: &Fixture, lexicon: &Lexicon, question: &str) -> Result<String, String> {
    Question::parse(question)
        .and_then(|q| translate(&q, &fixture.catalog, lexicon, &fixture.values, &OPTIONS))
        .map(|t| t.sql)
        .map_err(|e| {
            format!(
                "{} {} {}",
                e.message,
                e.detail.unwrap_or_default(),
                e.hint.unwrap_or_default()
            )
        })
}

/// The questions of a file that do not give what it says, and how many it has.
fn wrong(schema: &str, questions: &str) -> (Vec<String>, usize) {
    let mut fixture = Fixture::read(schema);
    let prepared = Prepared::new(&fixture.catalog, &fixture.values);
    fixture.catalog = prepared.catalog(&fixture.catalog).clone();
    let lexicon = prepared.lexicon;
    let mut question = "";
    let mut count = 0;
    let mut wrong = Vec::new();
    for line in questions.lines() {
        if let Some(text) = line.strip_prefix("? ") {
            question = text;
            continue;
        }
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        count += 1;
        let got = answer(&fixture, &lexicon, question);
        let right = match line.strip_prefix("! ") {
            Some(part) => got.as_ref().is_err_and(|e| e.contains(part)),
            None => got.as_deref() == Ok(line),
        };
        if !right {
            wrong.push(format!("{question}\n  wanted {line}\n  got    {got:?}"));
        }
    }
    (wrong, count)
}

#[test]
fn questions_give_their_sql() {
    // The schema and the questions of one name.
    macro_rules! files {
        ($name:literal) => {
            (
                include_str!(concat!("../../../../tests/questions/", $name, ".schema")),
                include_str!(concat!("../../../../tests/questions/", $name, ".questions")),
            )
        };
    }
    let files = [
        files!("shop"),
        files!("tracker"),
        files!("cinema"),
        files!("hiring"),
        files!("gym"),
        files!("purse"),
        files!("hoists"),
        files!("clinic"),
        files!("harbour"),
        files!("depot"),
        files!("yard"),
        files!("slipway"),
        files!("mill"),
        files!("orchard"),
        files!("loft"),
        files!("regatta"),
        files!("payroll"),
        files!("faculty"),
        files!("helpdesk"),
        files!("outfit"),
        files!("film"),
        files!("wine"),
        files!("stage"),
        files!("claims"),
        files!("estate"),
        files!("grid"),
        files!("bakery"),
        files!("airfield"),
        files!("canteen"),
        files!("garage"),
        files!("kennel"),
        files!("liner"),
        files!("choir"),
        files!("trails"),
        files!("wards"),
        files!("slopes"),
        files!("reels"),
        files!("dentist"),
        files!("works"),
        files!("permits"),
        files!("lodge"),
        files!("marina"),
        files!("posters"),
        files!("skies"),
        files!("press"),
        files!("allotment"),
        files!("bazaar"),
        files!("depots"),
        files!("lido"),
        files!("inn"),
        files!("webshop"),
        files!("saas"),
        files!("savings"),
        files!("culture"),
        files!("cycles"),
        files!("pipeline"),
    ];
    let mut all_wrong = Vec::new();
    for (schema, questions) in files {
        let (wrong, count) = wrong(schema, questions);
        assert!(count >= 10, "only {count} questions were read");
        all_wrong.extend(wrong);
    }
    assert!(
        all_wrong.is_empty(),
        "{} are wrong:\n{}",
        all_wrong.len(),
        all_wrong.join("\n")
    );
}

#[test]
fn the_reading_has_the_actual_dates() {
    let fixture = Fixture::read(include_str!("../../../../tests/questions/shop.schema"));
    let lexicon = Lexicon::new(&fixture.catalog);
    let question = Question::parse("Show sales by region last quarter").expect("it is a question");
    let translation = translate(
        &question,
        &fixture.catalog,
        &lexicon,
        &fixture.values,
        &OPTIONS,
    )
    .expect("it is understood");
    assert_eq!(
        translation.reading,
        "total sales by region, 2026-04-01 to 2026-06-30, largest first"
    );
    assert!(
        translation
            .steps
            .iter()
            .any(|s| s.part == "sales" && s.reading.contains("sales_transactions.sales"))
    );
}

#[test]
fn a_table_of_1600_columns_and_a_catalog_of_1000_tables_stay_fast() {
    let mut wide = String::from("table public.wide\n  id integer not null key\n");
    for i in 0..1600 {
        wide.push_str(&format!("  measure_{i} numeric\n"));
    }
    let mut many = String::new();
    for i in 0..1000 {
        many.push_str(&format!("table public.entity_{i}\n  id integer not null key\n  name text\n  amount numeric\n  created_at timestamptz\n"));
    }
    let noise = "sales name amount measure entity by the of with more than 5 orders ".repeat(60);
    for schema in [wide, many] {
        let fixture = Fixture::read(&schema);
        let lexicon = Lexicon::new(&fixture.catalog);
        for question in ["total amount by name", "how many entities", &noise[..3_900]] {
            let started = std::time::Instant::now();
            let _ = answer(&fixture, &lexicon, question);
            // Far above what it takes, so that a busy machine does not matter; a blow-up takes minutes.
            assert!(
                started.elapsed().as_secs() < 10,
                "{question:.40} took {:?}",
                started.elapsed()
            );
        }
    }
}

#[test]
fn keys_that_point_at_a_thing_are_none_of_its_own() {
    // The key of the bills is their fifth column; the guests have two.
    let schema = "table public.homes
  id integer not null key
  name text not null
table public.guests
  id integer not null key
  home_id integer not null -> public.homes.id
table public.bills
  id integer not null key
  amount numeric
  tax numeric
  note text
  guest_id integer -> public.guests.id
";
    let question = "? names of the guests\n! understood well enough\n";
    let (wrong, count) = wrong(schema, question);
    assert_eq!((wrong, count), (Vec::new(), 1));
}
