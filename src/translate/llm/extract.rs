//! A reply found in what a model wrote. Structured output is asked for first; this is for servers that do not know it and
//! for models that do not keep to it: reasoning aloud, code fences, prose around a statement. Pure.
//!
//! Invariant: what is found is text of the model, cut but never changed, so that what the guard judges is what the model
//! wrote. Several statements stay several statements: the guard refuses them.

use super::provider::Reply;
use serde_json::Value;

/// Characters of a reading, a reason or an assumption.
const MAX_SENTENCE: usize = 2_000;
/// Assumptions that are kept.
const MAX_ASSUMPTIONS: usize = 20;
/// Places in a text at which a JSON object is tried.
const MAX_OBJECTS: usize = 64;

/// The reply in an object with the fields of `wire::schema`; `None` when neither a statement nor a reason is in it.
pub fn from_object(value: &Value) -> Option<Reply> {
    let text = |field: &str| value[field].as_str().map(str::trim).unwrap_or_default();
    let sql = unfenced(text("sql"));
    if sql.is_empty() {
        let reason = [text("unanswerable"), text("reason")]
            .into_iter()
            .find(|reason| !reason.is_empty())?;
        return Some(Reply::Unanswerable {
            reason: sentence(reason),
        });
    }
    let assumptions = match &value["assumptions"] {
        Value::Array(items) => items
            .iter()
            .filter_map(Value::as_str)
            .map(sentence)
            .filter(|text| !text.is_empty())
            .take(MAX_ASSUMPTIONS)
            .collect(),
        Value::String(text) if !text.trim().is_empty() => vec![sentence(text)],
        _ => Vec::new(),
    };
    Some(Reply::Sql {
        sql: sql.to_owned(),
        reading: sentence(text("reading")),
        assumptions,
    })
}

/// The reply in free text: an object, a fenced block, or a statement that begins a line.
pub fn from_text(text: &str) -> Option<Reply> {
    let text = without_thoughts(text);
    let text = text.trim();
    if let Some(reply) = objects(text) {
        return Some(reply);
    }
    let blocks = fenced(text);
    let statement = blocks
        .iter()
        .copied()
        .find(|block| is_statement(block))
        .or_else(|| bare_statement(text))?;
    Some(Reply::Sql {
        sql: statement.trim().to_owned(),
        reading: String::new(),
        assumptions: Vec::new(),
    })
}

/// One sentence of the model, for a person: no control characters, of bounded length.
pub fn sentence(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ").chars().take(MAX_SENTENCE).collect()
}

/// The text without `<think>…</think>` and its like. A block that is not closed goes on to the end; a closing mark alone
/// means that the opening one was in the prompt's template.
fn without_thoughts(text: &str) -> String {
    let mut text = text.to_owned();
    for tag in ["think", "thinking", "reasoning"] {
        let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
        let mut kept = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(start) = rest.find(&open) {
            kept.push_str(&rest[..start]);
            rest = rest[start..]
                .find(&close)
                .map_or("", |end| &rest[start + end + close.len()..]);
        }
        if let Some(end) = rest.rfind(&close) {
            kept.clear();
            rest = &rest[end + close.len()..];
        }
        kept.push_str(rest);
        text = kept;
    }
    text
}

/// The first JSON object in a text that holds a reply.
fn objects(text: &str) -> Option<Reply> {
    text.match_indices('{')
        .take(MAX_OBJECTS)
        .find_map(|(start, _)| {
            let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter();
            let value: Value = values.next()?.ok()?;
            from_object(&value)
        })
}

/// What stands between code fences, without the name of the language.
fn fenced(text: &str) -> Vec<&str> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("```") {
        let inside = &rest[start + 3..];
        let (block, after) = match inside.find("```") {
            Some(end) => (&inside[..end], &inside[end + 3..]),
            // A block that was not closed.
            None => (inside, ""),
        };
        blocks.push(without_language(block));
        rest = after;
    }
    blocks
}

/// A language's name stands directly behind the fence, up to the end of the line or a space.
fn without_language(block: &str) -> &str {
    let name = block.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
    if name.starts_with(['\n', '\r', ' ', '\t']) && !is_statement(block) {
        name
    } else {
        block
    }
}

/// The text without one fence around it.
fn unfenced(text: &str) -> &str {
    let inner = text
        .strip_prefix("```")
        .and_then(|text| text.strip_suffix("```"));
    inner.map_or(text, |inner| without_language(inner).trim())
}

/// Whether a text begins as a statement that the guard could accept, behind comments.
fn is_statement(text: &str) -> bool {
    let mut text = text.trim_start();
    loop {
        if let Some(rest) = text.strip_prefix("--") {
            text = rest
                .split_once('\n')
                .map_or("", |(_, rest)| rest)
                .trim_start();
        } else if let Some(rest) = text.strip_prefix("/*") {
            text = rest
                .split_once("*/")
                .map_or("", |(_, rest)| rest)
                .trim_start();
        } else {
            break;
        }
    }
    let text = text.trim_start_matches('(');
    let end = text
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let follows = text[end..].chars().next();
    let keyword = &text[..end];
    ["select", "with", "values", "table"]
        .iter()
        .any(|word| keyword.eq_ignore_ascii_case(word))
        && follows.is_some_and(|c| c.is_whitespace() || "(*'\"".contains(c))
}

/// A statement in prose: from the first line that begins with a statement's keyword (in capitals, or followed by what only
/// SQL has) up to the last semicolon of its paragraph, or the end of the paragraph.
fn bare_statement(text: &str) -> Option<&str> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        let rest = &text[start + indent..];
        if is_statement(rest) && looks_like_sql(rest) {
            let paragraph = rest.find("\n\n").map_or(rest, |end| &rest[..end]);
            let end = paragraph.rfind(';').map_or(paragraph.len(), |end| end + 1);
            return Some(&paragraph[..end]);
        }
        start += line.len();
    }
    None
}

/// "With these tables …" is a sentence. A statement has its keyword in capitals, or a semicolon, or a FROM or an AS.
fn looks_like_sql(text: &str) -> bool {
    let first = text.trim_start_matches('(');
    if first.starts_with("SELECT")
        || first.starts_with("WITH")
        || first.starts_with("VALUES")
        || first.starts_with("TABLE")
    {
        return true;
    }
    let paragraph = text.find("\n\n").map_or(text, |end| &text[..end]);
    let lower = paragraph.to_ascii_lowercase();
    lower.starts_with("select")
        || lower.starts_with("(select")
        || (lower.contains(" as (") && lower.contains("select"))
}

#[cfg(test)]
#[path = "extract_tests.rs"]
mod tests;
