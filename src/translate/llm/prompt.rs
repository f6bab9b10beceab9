//! What a model is asked: the rules, the schema, and the question; and what it is told when its SQL was refused.
//!
//! Invariant: all that leaves the server for a question is in the [`Prompt`] made here, so `insightflow.prompt` shows it
//! whole. The texts of other people (comments, values, vocabulary) are data: they stand in sections of their own and cannot
//! write the marks of a section.
//!
//! Of an error only what the model already has goes back to it: PostgreSQL quotes values in some messages ("invalid input
//! syntax for type integer"), and a stored value must not leave that way. See [`repair`].

use super::context::render;
use super::provider::{Message, Prompt, Role};
use crate::error::Error;
use std::fmt::Write;

/// The rules, the same for every question, so that providers can cache them.
const RULES: &str = include_str!("rules.txt");

/// A SELECT of an analyst is shorter; models that think aloud need more.
const MAX_OUTPUT_TOKENS: u32 = 4_096;

/// What surrounds a question.
#[derive(Clone, Debug, Default)]
pub struct Background {
    /// Tables as DDL, from [`super::context::schema`].
    pub schema: String,
    /// The current date in the session's time zone, as (year, month, day).
    pub today: (i32, u32, u32),
    pub time_zone: String,
    /// Lines about metrics, segments, synonyms and notes.
    pub vocabulary: Vec<String>,
    /// Approved questions near this one, with their SQL.
    pub verified: Vec<(String, String)>,
}

/// The prompt of a question.
pub fn prompt(question: &str, background: &Background) -> Prompt {
    let (year, month, day) = background.today;
    let mut text = format!("<schema>\n{}\n</schema>\n", background.schema);
    if !background.vocabulary.is_empty() {
        text.push_str("<vocabulary>\n");
        for line in &background.vocabulary {
            let _ = writeln!(text, "{}", render::comment(line));
        }
        text.push_str("</vocabulary>\n");
    }
    if !background.verified.is_empty() {
        text.push_str("<verified_queries>\n");
        for (question, sql) in &background.verified {
            let _ = writeln!(
                text,
                "Question: {}\nSQL: {}",
                section(question),
                section(sql)
            );
        }
        text.push_str("</verified_queries>\n");
    }
    let _ = writeln!(
        text,
        "<today>{year:04}-{month:02}-{day:02} in time zone {}</today>",
        section(&background.time_zone)
    );
    let _ = write!(text, "<question>\n{}\n</question>", section(question));
    Prompt {
        system: RULES.trim_end().to_owned(),
        messages: vec![Message {
            role: Role::User,
            text,
        }],
        max_output_tokens: MAX_OUTPUT_TOKENS,
    }
}

/// A prompt as text: the rules, an empty line, and the messages, each as it is sent.
pub fn show(prompt: &Prompt) -> String {
    let mut text = prompt.system.clone();
    for message in &prompt.messages {
        text.push_str("\n\n");
        text.push_str(&message.text);
    }
    text
}

/// A text that cannot open or close a section. The signs of comparison stay, as SQL needs them.
fn section(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        clean.push_str(&rest[..at + 1]);
        rest = &rest[at + 1..];
        if rest.starts_with(|c: char| c == '/' || c.is_ascii_alphabetic()) {
            clean.push(' ');
        }
    }
    clean.push_str(rest);
    clean
}

/// What may be told of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// `insightflow.share_values`.
    pub values: bool,
    /// `insightflow.share_results`.
    pub results: bool,
}

/// Appends the model's own statement and why it was refused, so that it can mend it. `position` counts characters of
/// `sql` from 1.
///
/// Unless both values and results may leave: an error of analysis (SQLSTATE class 42, and ours) speaks of names and of what
/// the statement says, so its message, DETAIL and HINT go along, without quoted texts that the conversation does not hold
/// already. An error over data (classes 0A, 21, 22, 53) goes without its DETAIL and HINT and without what it quotes. Of any
/// other, which a function of the database may have raised in its own words, only the SQLSTATE goes.
pub fn repair(
    prompt: &mut Prompt,
    sql: &str,
    error: &Error,
    position: Option<u32>,
    disclosure: Disclosure,
) {
    let open = disclosure.values && disclosure.results;
    let known: Vec<&str> = prompt
        .messages
        .iter()
        .map(|message| message.text.as_str())
        .chain([sql])
        .collect();
    let class = error.state.0.get(..2).unwrap_or_default();
    let of_analysis = ["42", "54"].contains(&class);
    let tell = |text: &str| {
        if open {
            text.to_owned()
        } else if of_analysis {
            redact(text, &known)
        } else if ["0A", "21", "22", "53"].contains(&class) {
            withhold(text, &known)
        } else {
            "…".to_owned()
        }
    };
    let mut text = format!(
        "PostgreSQL refused the statement.\nSQLSTATE: {}\nMessage: {}\n",
        error.state.0,
        tell(&error.message)
    );
    if of_analysis || open {
        for (label, more) in [("Detail", &error.detail), ("Hint", &error.hint)] {
            if let Some(more) = more {
                let _ = writeln!(text, "{label}: {}", tell(more));
            }
        }
    }
    if let Some(position) = position {
        let near: String = sql
            .chars()
            .skip((position as usize).saturating_sub(1))
            .take(40)
            .collect();
        let _ = writeln!(text, "Position: {position}, at: {near}");
    }
    text.push_str("Answer the same question with a statement that avoids this.");
    prompt.messages.push(Message {
        role: Role::Assistant,
        text: sql.to_owned(),
    });
    prompt.messages.push(Message {
        role: Role::User,
        text,
    });
}

/// Replaces what stands between the first quotation mark and the last, unless `known` holds just that. A value may hold marks
/// itself, so the marks in between do not tell where it ends.
fn withhold(text: &str, known: &[&str]) -> String {
    let mark = |c: char| matches!(c, '"' | '\'' | '“' | '”' | '«' | '»' | '„' | '`');
    let Some(first) = text.find(mark) else {
        return text.to_owned();
    };
    let start = first + text[first..].chars().next().map_or(0, char::len_utf8);
    let end = text.rfind(mark).filter(|&end| end >= start);
    let quoted = &text[start..end.unwrap_or(text.len())];
    if !quoted.is_empty() && known.iter().any(|text| text.contains(quoted)) {
        return text.to_owned();
    }
    format!("{}…{}", &text[..start], end.map_or("", |end| &text[end..]))
}

/// Replaces what stands in quotation marks and does not occur in `known`. A mark without a partner hides the rest.
fn redact(text: &str, known: &[&str]) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['"', '“', '\'']) {
        let opening = rest[at..].chars().next().unwrap_or('"');
        let closing = if opening == '“' { '”' } else { opening };
        let after = at + opening.len_utf8();
        // An apostrophe inside a word is none of ours.
        let inside_word = opening == '\'' && rest[..at].ends_with(char::is_alphanumeric);
        clean.push_str(&rest[..after]);
        rest = &rest[after..];
        if inside_word {
            continue;
        }
        let end = rest.find(closing);
        let (quoted, end) = match end {
            Some(end) => (&rest[..end], end + closing.len_utf8()),
            None => (rest, rest.len()),
        };
        if known.iter().any(|text| text.contains(quoted)) {
            clean.push_str(quoted);
        } else {
            clean.push('…');
        }
        if end > quoted.len() {
            clean.push(closing);
        }
        rest = &rest[end..];
    }
    clean.push_str(rest);
    clean
}

#[cfg(test)]
mod tests;
