//! The text of a question. Pure: no PostgreSQL types.
//!
//! A [`Question`] has passed the checks that need no catalog: it is not empty, not over-long, has words in it and is
//! not SQL. Two questions are the same when their [`Question::key`] is: letter case, white space and closing
//! punctuation do not count, everything else does.

pub mod numbers;
pub mod tokens;

use crate::error::{Error, Result};

/// The longest question, in characters.
pub const MAX_CHARACTERS: usize = 4_000;

/// A question that may be translated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// As the caller wrote it, trimmed.
    pub text: String,
    /// What makes two questions the same.
    pub key: String,
}

impl Question {
    /// Checks a text.
    ///
    /// # Errors
    /// 22023 when the text is empty, longer than [`MAX_CHARACTERS`], holds no letter or is an SQL statement.
    pub fn parse(text: &str) -> Result<Question> {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
        if text.is_empty() {
            return Err(Error::question("the question is empty")
                .with_hint("Ask in plain words: SELECT * FROM ask('total sales by region');"));
        }
        // Every character has at least one byte: a text of 10 MB is refused without being counted.
        if text.len() > MAX_CHARACTERS && text.chars().nth(MAX_CHARACTERS).is_some() {
            return Err(Error::question("the question is too long")
                .with_detail(format!(
                    "A question has at most {MAX_CHARACTERS} characters; this one has {} bytes.",
                    text.len()
                ))
                .with_hint("Ask for one thing at a time."));
        }
        if !text.chars().any(char::is_alphabetic) {
            return Err(Error::question("this is not a question")
                .with_detail("There are no words in it.")
                .with_hint("Ask in plain words: SELECT * FROM ask('total sales by region');"));
        }
        if is_sql(text) {
            return Err(Error::question("this is SQL, not a question")
                .with_detail("A question is asked in plain words.")
                .with_hint("A SELECT of your own runs under the same guard with insightflow.run: SELECT * FROM insightflow.run('SELECT …');"));
        }
        // Typed apostrophes and quotation marks differ by keyboard only.
        let key = text
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase();
        let key = key.trim_end_matches(['?', '.', '!', ' ']).to_owned();
        Ok(Question {
            text: text.to_owned(),
            key,
        })
    }
}

/// Statements by their first words and a word that has to follow somewhere. A question in plain words may begin with
/// "select", "show", "update" or "values"; what follows tells them apart.
const STATEMENTS: &[(&str, &[&str])] = &[
    ("select", &["from", "*", "1"]),
    ("with", &["as ("]),
    ("insert into", &[""]),
    ("update", &[" set "]),
    ("delete from", &[""]),
    ("merge into", &[""]),
    ("truncate", &[""]),
    (
        "drop",
        &[
            "table",
            "view",
            "schema",
            "database",
            "role",
            "user",
            "index",
            "function",
            "extension",
            "owned",
        ],
    ),
    (
        "create",
        &[
            "table",
            "view",
            "schema",
            "database",
            "role",
            "user",
            "index",
            "function",
            "extension",
        ],
    ),
    (
        "alter",
        &[
            "table", "view", "schema", "database", "role", "user", "system", "function",
        ],
    ),
    ("grant", &[" to "]),
    ("revoke", &[" from "]),
    ("copy", &[" from ", " to "]),
    ("vacuum", &[""]),
    ("explain", &["select", "analyze"]),
    ("begin;", &[""]),
    ("commit", &[";"]),
    ("rollback", &[""]),
    ("set", &["=", " to "]),
    ("do $", &[""]),
    ("call", &["("]),
    ("execute", &["("]),
    ("table", &[";"]),
];

/// Whether a text is an SQL statement rather than a question.
fn is_sql(text: &str) -> bool {
    let lower = text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase();
    let lower = lower.trim_start_matches(['(', ';', ' ']);
    STATEMENTS.iter().any(|(start, words)| {
        let Some(rest) = lower.strip_prefix(start) else {
            return false;
        };
        if rest
            .chars()
            .next()
            .is_some_and(|c| c.is_alphanumeric() || c == '_')
        {
            return false;
        }
        let follows = |word: &&str| match *word {
            "" => true,
            "from" => select_from(rest),
            "*" | "1" => rest.trim_start().starts_with(*word),
            // The kind of object follows the verb at once, give or take IF EXISTS and the like.
            _ if matches!(*start, "drop" | "create" | "alter") => {
                rest.split(' ').take(5).any(|w| w == *word)
            }
            _ => rest.contains(*word),
        };
        words.iter().any(follows)
    })
}

/// "select name from users" is SQL; "select the names of the customers from Canada" is plain words. SQL has no article,
/// and after FROM nothing but a name, then the end, a comma or a keyword.
fn select_from(rest: &str) -> bool {
    let Some((list, source)) = rest.split_once(" from ") else {
        return false;
    };
    if list
        .split([' ', ','])
        .any(|w| matches!(w, "the" | "all" | "of" | "an") && !list.starts_with(" all "))
    {
        return false;
    }
    let mut words = source.trim_end_matches([';', ' ']).split(' ');
    let name = words.next().unwrap_or_default();
    let plain_list = !list.contains(" and ");
    let next = words.next();
    plain_list
        && !name.is_empty()
        && next.is_none_or(|w| {
            matches!(
                w,
                "where"
                    | "group"
                    | "order"
                    | "join"
                    | "left"
                    | "inner"
                    | "cross"
                    | "natural"
                    | "limit"
                    | "as"
                    | "union"
                    | "having"
                    | "for"
            ) || name.ends_with([',', ';'])
                || w.starts_with(';')
                || w.len() == 1
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        Question::parse(text)
            .map(|q| q.text)
            .expect_err("it has to be refused")
            .message
    }

    #[test]
    fn bad_input_is_named() {
        assert_eq!(refusal(""), "the question is empty");
        assert_eq!(refusal(" \t\n"), "the question is empty");
        assert_eq!(refusal("\u{1}\u{2}"), "the question is empty");
        assert_eq!(
            refusal(&"a".repeat(MAX_CHARACTERS + 1)),
            "the question is too long"
        );
        assert_eq!(
            refusal(&"sales ".repeat(2_000_000)),
            "the question is too long"
        );
        assert_eq!(refusal("🙂🙂"), "this is not a question");
        assert_eq!(refusal("12 + 13"), "this is not a question");
    }

    #[test]
    fn sql_is_told_from_questions() {
        for sql in [
            "DROP TABLE users",
            "select * from x",
            "SELECT name FROM users;",
            "select a, b from t where a = 1",
            "with x as (select 1) select * from x",
            "INSERT INTO t VALUES (1)",
            "update t set a = 1",
            "DELETE FROM t",
            "drop table if exists users; --",
            "SELECT 1",
        ] {
            assert_eq!(refusal(sql), "this is SQL, not a question", "{sql}");
        }
        for question in [
            "select the names of all customers from Canada",
            "show sales by region",
            "select customers from Germany and France",
            "drop in sales last month",
            "update on sales by region",
            "with which customers did we make the most sales",
            "create a list of customers",
        ] {
            assert!(Question::parse(question).is_ok(), "{question}");
        }
    }

    #[test]
    fn the_key_ignores_case_space_and_closing_marks() {
        let key = |text| Question::parse(text).map(|q| q.key);
        assert_eq!(key("Sales by  Region?"), key(" sales by region "));
        assert_ne!(key("sales by region"), key("sales by regions"));
    }
}
