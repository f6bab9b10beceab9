//! Metrics, segments and synonyms in questions, and the SQL that they must give.

use super::super::Lexicon;
use super::fixture::Fixture;
use super::{OPTIONS, answer};
use crate::catalog::model::{Synonym, Term};
use crate::question::Question;

fn shop() -> Fixture {
    let schema = include_str!("../../../../tests/questions/shop.schema");
    let mut fixture = Fixture::read(schema);
    let table = |name: &str| {
        let of_name = |t: &crate::catalog::model::Table| t.schema == "shop" && t.name == name;
        let place = fixture.catalog.tables.iter().position(of_name);
        place.expect("the table is there")
    };
    let term = |on: &str, words: &[&str], definition: &str| Term {
        words: words.iter().map(|w| (*w).to_owned()).collect(),
        table: table(on),
        definition: definition.to_owned(),
        description: None,
    };
    let segments = vec![
        term(
            "orders",
            &["late order", "stuck order"],
            "status IN ('open', 'paid') AND (amount > 5 OR coupon IS NULL)",
        ),
        term(
            "orders",
            &["recent order"],
            "ordered_at >= current_date - make_interval(days => 30)",
        ),
        term(
            "customers",
            &["insiders"],
            "\"email\" LIKE '%@shop.example'",
        ),
        // Not of this table, so it has no effect.
        term("customers", &["ghost customer"], "haunted"),
    ];
    let metrics = vec![
        term(
            "orders",
            &["coupon rate"],
            "count(coupon) / nullif(count(*), 0)",
        ),
        term(
            "orders",
            &["paid value"],
            "sum(amount) FILTER (WHERE status = 'paid')",
        ),
    ];
    let synonyms = vec![Synonym {
        table: table("customers"),
        column: None,
        words: vec!["patron".into()],
    }];
    let vocabulary = &mut fixture.catalog.vocabulary;
    vocabulary.segments = segments;
    vocabulary.metrics = metrics;
    vocabulary.synonyms = synonyms;
    vocabulary.hidden = vec!["orders.state".into()];
    fixture
}

const LATE: &str = "(o.status IN ('open', 'paid') AND (o.amount > 5 OR o.coupon IS NULL))";

#[test]
fn a_segment_may_be_any_condition() {
    let fixture = shop();
    let lexicon = Lexicon::new(&fixture.catalog);
    let insiders = "(c.email LIKE '%@shop.example')";
    for (question, sql) in [
        (
            "how many late orders",
            format!("SELECT count(*) AS orders FROM shop.orders AS o WHERE {LATE}"),
        ),
        (
            "how many stuck orders",
            format!("SELECT count(*) AS orders FROM shop.orders AS o WHERE {LATE}"),
        ),
        (
            "how many orders are not late",
            format!("SELECT count(*) AS orders FROM shop.orders AS o WHERE {LATE} IS NOT TRUE"),
        ),
        (
            "how many orders are late or recent",
            format!(
                "SELECT count(*) AS orders FROM shop.orders AS o WHERE ({LATE} OR (o.ordered_at >= current_date - make_interval(days => 30)))"
            ),
        ),
        (
            "how many customers with late orders",
            format!(
                "SELECT count(*) AS customers FROM shop.customers AS c WHERE EXISTS (SELECT 1 FROM shop.orders AS o WHERE o.customer_id = c.id AND {LATE})"
            ),
        ),
        (
            "how many customers without late orders",
            format!(
                "SELECT count(*) AS customers FROM shop.customers AS c WHERE NOT EXISTS (SELECT 1 FROM shop.orders AS o WHERE o.customer_id = c.id AND {LATE})"
            ),
        ),
        (
            "how many insiders",
            format!("SELECT count(*) AS insiders FROM shop.customers AS c WHERE {insiders}"),
        ),
        (
            "how many orders of insiders",
            format!(
                "SELECT count(*) AS orders FROM shop.orders AS o JOIN shop.customers AS c ON c.id = o.customer_id WHERE {insiders}"
            ),
        ),
        (
            "how many late orders of patrons in the North",
            format!(
                "SELECT count(*) AS orders FROM shop.orders AS o JOIN shop.customers AS c ON c.id = o.customer_id JOIN shop.regions AS r ON r.id = c.region_id WHERE {LATE} AND r.name = 'North'"
            ),
        ),
    ] {
        assert_eq!(answer(&fixture, &lexicon, question), Ok(sql), "{question}");
    }
    // All of them, or one of them: not clear.
    for question in [
        "how many customers without late products",
        "how many late and recent orders",
        "how many ghost customers",
    ] {
        assert!(answer(&fixture, &lexicon, question).is_err(), "{question}");
    }
}

#[test]
fn a_metric_keeps_its_meaning_in_every_group_and_refuses_to_count_rows_twice() {
    let fixture = shop();
    let lexicon = Lexicon::new(&fixture.catalog);
    let rate = "(count(o.coupon) / nullif(count(*), 0))";
    for (question, sql) in [
        (
            "coupon rate by status",
            format!("SELECT o.status AS status, {rate} AS coupon_rate FROM shop.orders AS o GROUP BY o.status ORDER BY {rate} DESC NULLS LAST, o.status"),
        ),
        (
            "coupon rate of late orders",
            format!("SELECT {rate} AS coupon_rate FROM shop.orders AS o WHERE {LATE}"),
        ),
        (
            "paid value of insiders",
            "SELECT sum(o.amount) FILTER (WHERE o.status = 'paid') AS paid_value FROM shop.orders AS o JOIN shop.customers AS c ON c.id = o.customer_id WHERE (c.email LIKE '%@shop.example')".to_owned(),
        ),
    ] {
        assert_eq!(answer(&fixture, &lexicon, question), Ok(sql), "{question}");
    }
    let doubled = answer(&fixture, &lexicon, "coupon rate by category");
    assert!(
        doubled
            .as_ref()
            .is_err_and(|e| e.contains("more than once")),
        "{doubled:?}"
    );
    let twice = answer(&fixture, &lexicon, "average coupon rate");
    assert!(
        twice.as_ref().is_err_and(|e| e.contains("is a metric")),
        "{twice:?}"
    );
}

#[test]
fn a_hidden_name_does_not_become_a_synonym_of_another() {
    let mut fixture = Fixture::read(
        "table public.stores
  id integer not null key
  name text not null
table public.sold
  id integer not null key
  store_id integer -> public.stores.id
  price numeric
",
    );
    let question = "total cost by store";
    let price = answer(&fixture, &Lexicon::new(&fixture.catalog), question);
    fixture.catalog.vocabulary.hidden = vec!["sold.cost".into()];
    let hidden = answer(&fixture, &Lexicon::new(&fixture.catalog), question);
    assert!(price.is_ok() && hidden.is_err(), "{price:?} {hidden:?}");
}

#[test]
fn what_comes_from_a_definition_is_said() {
    let fixture = shop();
    let lexicon = Lexicon::new(&fixture.catalog);
    let question = Question::parse("paid value of late orders by patron").expect("a question");
    let translation = super::translate(
        &question,
        &fixture.catalog,
        &lexicon,
        &fixture.values,
        &OPTIONS,
    )
    .expect("it is understood");
    let reading = |part: &str| {
        let step = translation.steps.iter().find(|s| s.part == part);
        step.map(|s| s.reading.as_str())
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(
        reading("paid value"),
        "metric paid value of table orders: sum(amount) FILTER (WHERE status = 'paid'); defined in the vocabulary"
    );
    assert!(reading("late").starts_with("segment late order of table"));
    assert!(reading("patron").ends_with("by a synonym of the vocabulary"));
}
