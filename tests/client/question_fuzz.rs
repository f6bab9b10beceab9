//! Questions that are taken apart at random: none ends in anything but rows or a refusal that a person can read, and every statement
//! that is written passes the guard.

use crate::bad_input::{READABLE, ask};
use crate::patterns::sample;

/// Numbers that look random and are the same in each run (splitmix64, https://prng.di.unimi.it/splitmix64.c).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.roll(list.len())]
    }
}

/// Questions that are understood, to be taken apart.
const UNDERSTOOD: &[&str] = &[
    "total sales by region last quarter",
    "how many orders in March 2025",
    "top 3 customers in each region by amount",
    "customers with more than 5 orders",
    "customers without orders",
    "orders above average",
    "share of sales by region",
    "month over month growth of revenue",
    "compare sales North vs South",
    "which month had the highest revenue",
    "what percentage of orders are refunded",
    "customers who have both paid and refunded orders",
    "orders between 2025-01-01 and 2025-03-31 sorted by amount descending",
];
const WORDS: &[&str] = &[
    "not",
    "no",
    "without",
    "and",
    "or",
    "of",
    "by",
    "per",
    "each",
    "top",
    "5",
    "0",
    "-3",
    "than",
    "more than",
    "is",
    "are",
    "who",
    "whose",
    "with",
    "in",
    "last",
    "2025",
    "March",
    "yesterday",
    "between",
    "to",
    "average",
    "total",
    "how many",
    "highest",
    "most",
    "the",
    "both",
    "never",
    "vs",
    "growth of",
    "share of",
    "orders",
    "customers",
    "region",
    "amount",
    "status",
    "paid",
    "North",
    "products",
    "category",
    "name",
    "zorblax",
    "'x'",
    "\"",
    "(",
    ")",
    ",",
    ".",
    "%",
    "🙂",
    "e\u{301}",
    "\u{202e}",
    "'; DROP TABLE x; --",
    "99999999999999999999",
    "1e9",
    "2023-02-29",
    "$$",
    "/*",
    "½",
    "'20",
    "--",
];

#[tokio::test]
async fn whatever_is_asked_the_statement_passes_the_guard() {
    let (database, session) = sample().await;
    // Below the usual confidence too: what is written at all must be allowed to run.
    session.run("SET insightflow.min_confidence = 0").await;
    let mut dice = Dice(20_260_101);
    let mut understood = 0;
    for _ in 0..600 {
        let mut words: Vec<&str> = dice.pick(UNDERSTOOD).split(' ').collect();
        for _ in 0..=dice.roll(3) {
            let at = dice.roll(words.len());
            let other = dice.roll(words.len());
            match dice.roll(5) {
                0 if words.len() > 1 => drop(words.remove(at)),
                1 => words.insert(at, words[other]),
                2 => words.swap(at, other),
                3 => words.insert(at, dice.pick(WORDS)),
                _ => words.extend(dice.pick(UNDERSTOOD).split(' ').take(4)),
            }
        }
        let question = words.join(" ");
        match ask(&session, &question).await {
            Ok(sql) => {
                understood += 1;
                let sql = sql.replace('\'', "''");
                let allowed = session
                    .value(&format!(
                        "SELECT allowed || ' ' || coalesce(reason, '') FROM insightflow.check_sql(E'{}')",
                        sql.replace('\\', "\\\\")
                    ))
                    .await;
                assert!(allowed.starts_with("true"), "{question}: {sql}\n{allowed}");
            }
            Err((state, text)) => {
                assert_eq!(state, "22023", "{question}: {text}");
                assert!(text.chars().count() < READABLE, "{question}: {text}");
            }
        }
    }
    // The generator reaches what is behind the grammar.
    assert!(understood > 60, "{understood}");
    drop(session);
    database.drop().await;
}
