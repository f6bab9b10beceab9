//! Random text through the whole path: no panic, bounded time, and an answer that parses.

use super::fixture::Fixture;
use super::{Lexicon, OPTIONS, translate};
use crate::question::Question;
use proptest::prelude::*;
use std::sync::LazyLock;

/// Tables with all that questions may meet: views, bridges, keys that are not declared, roles, codes.
struct World {
    fixture: Fixture,
    lexicon: Lexicon,
    /// Words of the grammar, and the names of these tables and columns.
    words: Vec<String>,
}

static WORLDS: LazyLock<Vec<World>> = LazyLock::new(|| {
    let schemas = [
        include_str!("../../../../tests/questions/shop.schema"),
        include_str!("../../../../tests/questions/clinic.schema"),
        include_str!("../../../../tests/questions/harbour.schema"),
    ];
    let world = |schema: &&str| {
        let fixture = Fixture::read(schema);
        let tables = &fixture.catalog.tables;
        let columns = tables.iter().flat_map(|t| &t.columns);
        let names = tables
            .iter()
            .map(|t| &t.name)
            .chain(columns.map(|c| &c.name));
        let values = schema
            .lines()
            .filter_map(|line| line.trim().strip_prefix("= "));
        let mut words: Vec<String> = names
            .map(|name| name.replace('_', " "))
            .chain(values.flat_map(|list| list.split(" | ").map(str::to_owned)))
            .collect();
        words.sort();
        words.dedup();
        words.extend(WORDS.iter().map(|word| (*word).to_owned()));
        World {
            lexicon: Lexicon::new(&fixture.catalog),
            fixture,
            words,
        }
    };
    schemas.iter().map(world).collect()
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
    "whose",
    "of each",
    "for each of them",
    "how old",
    "which",
    "different",
    "average",
    "is the highest",
    "starting with",
    "than",
    "lower than the average",
    "either",
    "neither",
    "but not",
    "once",
    "twice",
    "have two",
    "as columns",
    "from",
    "to",
    "who",
    ". Give me their",
    "along with the number of",
    "the most common",
    "is not",
    "never had more than",
    "or later",
    "on or before",
];

fn check(text: &str) {
    check_in(&WORLDS[0], text);
}

fn check_in(
    World {
        fixture, lexicon, ..
    }: &World,
    text: &str,
) {
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
    // What grows with a power of the length takes hours; how fast the machine is does not matter.
    assert!(
        started.elapsed().as_secs() < 120,
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
    fn names_in_any_order(world in 0..3usize, words in prop::collection::vec(0..10_000usize, 1..16)) {
        let world = &WORLDS[world];
        let words: Vec<&str> = words.iter().map(|i| world.words[i % world.words.len()].as_str()).collect();
        check_in(world, &words.join(" "));
    }

    #[test]
    fn long_questions(words in prop::collection::vec(prop::sample::select(WORDS), 300..500)) {
        check(&words.join(" "));
    }
}

#[test]
fn other_scripts_and_languages_are_not_understood() {
    let World {
        fixture, lexicon, ..
    } = &WORLDS[0];
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
