//! The text of a question. Pure: no PostgreSQL types.
//!
//! A [`Question`] has passed the checks that need no catalog: it is not empty, not over-long, and has
//! words in it. Two questions are the same when their [`Question::key`] is: letter case, white space and
//! closing punctuation do not count, everything else does.

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
    /// 22023 when the text is empty, longer than [`MAX_CHARACTERS`] or holds no letter.
    pub fn parse(text: &str) -> Result<Question> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Error::question("the question is empty")
                .with_hint("Ask in plain words: SELECT * FROM ask('total sales by region');"));
        }
        let length = text.chars().count();
        if length > MAX_CHARACTERS {
            return Err(
                Error::question(format!("the question is too long: {length} characters"))
                    .with_detail(format!(
                        "A question has at most {MAX_CHARACTERS} characters."
                    )),
            );
        }
        if !text.chars().any(char::is_alphabetic) {
            return Err(
                Error::question("this is not a question").with_detail("There are no words in it.")
            );
        }
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
