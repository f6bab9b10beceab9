//! How long the stages take that need no server: translating a new question, building a lexicon, sqlparser's look at a
//! statement. The modules are taken in by their path, because the library itself can only be loaded by PostgreSQL.

// The modules hold more than is measured here, and their unit tests do not run in a bench.
#![allow(dead_code, unused_imports, clippy::duplicate_mod)]

#[path = "../src/error.rs"]
mod error;
#[path = "../src/question/mod.rs"]
mod question;

#[path = "../src/translate/embedded/mod.rs"]
mod embedded;
#[path = "../src/catalog/model.rs"]
mod model;
#[path = "../src/guard/structure.rs"]
mod structure;
#[path = "../src/translate/translation.rs"]
mod translation;

// The paths by which the modules know each other.
mod catalog {
    pub(crate) use crate::model;
}
mod translate {
    pub use crate::translation::{Source, Step, Translation};
}
use translation::{Source, Step, Translation};

#[path = "../src/translate/embedded/tests/fixture.rs"]
mod fixture;

use criterion::{Criterion, criterion_group, criterion_main};
use embedded::{Lexicon, Options, translate};
use fixture::Fixture;
use question::Question;
use std::fmt::Write;
use std::hint::black_box;

const OPTIONS: Options = Options {
    today: (2026, 1, 31),
    fiscal_year_start: 1,
    min_confidence: 0.87,
    pause: || (),
};

/// The sample schema among so many other tables of a plain shape.
fn beside(tables: usize) -> Fixture {
    let mut schema = include_str!("../tests/questions/shop.schema").to_owned();
    for number in 0..tables {
        let _ = write!(
            schema,
            "\ntable archive.ledger_{number}\n  entry_{number} integer not null\n  booked_{number} date\n  debit_{number} numeric\n  remark_{number} text\n"
        );
    }
    Fixture::read(&schema)
}

fn translating(criterion: &mut Criterion) {
    for (name, tables) in [("the sample schema", 0), ("1,000 tables more", 1_000)] {
        let fixture = beside(tables);
        criterion.bench_function(&format!("lexicon, {name}"), |bencher| {
            bencher.iter(|| Lexicon::new(black_box(&fixture.catalog)));
        });
        let lexicon = Lexicon::new(&fixture.catalog);
        for text in ["sales by region", "top 5 customers by sales this year"] {
            let question = Question::parse(text).expect("a question");
            let answer = || {
                translate(
                    &question,
                    &fixture.catalog,
                    &lexicon,
                    &fixture.values,
                    &OPTIONS,
                )
            };
            answer().expect("an answer");
            criterion.bench_function(&format!("translate, {name}: {text}"), |bencher| {
                bencher.iter(|| black_box(answer()));
            });
        }
    }
}

fn gate(criterion: &mut Criterion) {
    let sql = "SELECT r.name AS region, sum(o.amount) AS total_sales FROM shop.orders AS o \
               JOIN shop.customers AS c ON c.id = o.customer_id JOIN shop.regions AS r ON r.id = c.region_id \
               WHERE o.ordered_at >= date_trunc('quarter', now()) - interval '3 months' GROUP BY r.id, r.name ORDER BY 2 DESC";
    criterion.bench_function(
        "guard, sqlparser's look at a join of three tables",
        |bencher| {
            bencher.iter(|| structure::check(black_box(sql), 40));
        },
    );
}

criterion_group! {
    name = pure;
    config = Criterion::default().sample_size(30);
    targets = translating, gate
}
criterion_main!(pure);
