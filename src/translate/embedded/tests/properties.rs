//! Random text through the whole path: no panic, bounded time, and an answer that parses.

use super::fixture::Fixture;
use super::{Lexicon, OPTIONS, translate};
use crate::question::Question;
use proptest::prelude::*;
use std::sync::LazyLock;

static SHOP: LazyLock<(Fixture, Lexicon)> = LazyLock::new(|| {
    let fixture = Fixture::read(include_str!("../../../../tests/questions/shop.schema"));
    let lexicon = Lexicon::new(&fixture.catalog);
    (fixture, lexicon)
});

/// Words that the grammar and the sample schema know, so that random questions get deep into the path.
const WORDS: &[&str] = &[
    "show",
    "how many",
    "total",
    "average",
    "top",
    "5",
    "1000",
    "customers",
    "orders",
    "sales",
    "region",
    "by",
    "per",
    "for each",
    "with",
    "more than",
    "at least",
    "without",
    "not",
    "North",
    "paid",
    "last quarter",
    "2025",
    "in",
    "of",
    "the",
    "and",
    "or",
    "highest",
    "most",
    "name",
    "amount",
    "between",
    "sorted by",
    "descending",
    "month",
    "latest",
    "oldest",
    "both",
    "never",
    "contains",
    "'x'",
    "products",
    "profit margin",
    "share of",
    "what percentage of",
    "are",
    "growth of",
    "year over year",
    "running total of",
    "7-day moving average of",
    "last month",
    "vs",
    "compare",
    "distribution of",
    "duplicate",
    "new",
    "including empty months",
    "average number of",
    "in each region",
    "previous month",
    ",",
    "?",
    "%",
    "-3",
    "0",
];

fn check(text: &str) {
    let (fixture, lexicon) = &*SHOP;
    let Ok(question) = Question::parse(text) else {
        return;
    };
    let started = std::time::Instant::now();
    if let Ok(translation) = translate(
        &question,
        &fixture.catalog,
        lexicon,
        &fixture.values,
        &OPTIONS,
    ) {
        let parsed = sqlparser::parser::Parser::parse_sql(
            &sqlparser::dialect::PostgreSqlDialect {},
            &translation.sql,
        );
        assert!(
            parsed.is_ok_and(|s| s.len() == 1),
            "{text}: {}",
            translation.sql
        );
        assert!((0.0..=1.0).contains(&translation.confidence));
        let again = translate(
            &question,
            &fixture.catalog,
            lexicon,
            &fixture.values,
            &OPTIONS,
        );
        assert_eq!(
            again.map(|t| t.sql),
            Ok(translation.sql),
            "the same question gives the same SQL"
        );
    }
    assert!(
        started.elapsed().as_secs() < 5,
        "{text:.60} took {:?}",
        started.elapsed()
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        check(&text);
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(1u8.., 0..400)) {
        check(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn words_in_any_order(words in prop::collection::vec(prop::sample::select(WORDS), 1..24)) {
        check(&words.join(" "));
    }

    #[test]
    fn long_questions(words in prop::collection::vec(prop::sample::select(WORDS), 300..500)) {
        check(&words.join(" "));
    }
}

#[test]
fn other_scripts_and_languages_are_not_understood() {
    let (fixture, lexicon) = &*SHOP;
    for text in [
        "ما هو إجمالي المبيعات",
        "売上合計は？",
        "Wie hoch ist der Umsatz je Gebiet",
        "quel est le chiffre",
        "sales 🙂🙂 zorblax",
    ] {
        let question = Question::parse(text).expect("it has letters");
        let refusal = translate(
            &question,
            &fixture.catalog,
            lexicon,
            &fixture.values,
            &OPTIONS,
        )
        .expect_err("it is not understood");
        assert_eq!(refusal.message, "the question was not understood", "{text}");
        assert!(refusal.detail.is_some_and(|d| d.contains('"')), "{text}");
    }
}
