//! The code compares no token with a word of English: its words stand in the data files of `english/`.

use std::path::{Path, PathBuf};

/// Literals that are compared in the code, by file, with why that is no word of a question.
const ALLOWED: &[(&str, &str, &str)] = &[
    ("asides.rs", "day", "the argument of a tag of times.txt"),
    (
        "compare.rs",
        "value",
        "the name of a measure of measures.txt",
    ),
    ("fit.rs", "value", "the name of a measure of measures.txt"),
    ("mod.rs", "measure ", "a tag of measures.txt"),
    (
        "normalize.rs",
        "revenue",
        "the name of a measure of measures.txt",
    ),
    ("monthdays.rs", "day", "the argument of a tag of times.txt"),
    (
        "paraphrases.rs",
        "number",
        "a kind of gap in paraphrases.txt",
    ),
    ("paraphrases.rs", "unit", "a kind of gap in paraphrases.txt"),
    ("paraphrases.rs", "noun", "a kind of gap in paraphrases.txt"),
    ("paraphrases.rs", "again", "a kind of gap in endings.txt"),
    ("paraphrases.rs", "deed", "a kind of gap in lengths.txt"),
    ("recurring.rs", "before", "a tag of times.txt"),
    ("paraphrases.rs", "plural", "the kind of a slot"),
    ("paraphrases.rs", "period", "the kind of a slot"),
    ("timewords.rs", "since", "a tag of times.txt"),
    ("recurring.rs", "after", "a tag of times.txt"),
    ("measures.rs", "ies", SPELLS),
    ("measures.rs", "ss", SPELLS),
    ("measures.rs", "us", SPELLS),
    ("measures.rs", "s", SPELLS),
    ("spelling.rs", "y", SPELLS),
    ("spelling.rs", "ch", SPELLS),
];
/// The names of an answer's columns and the words of a catalog are English words, and are spelt as such.
const SPELLS: &str = "how plurals are spelt, for names and not for words of a question";

/// What stands right before a literal that something is compared with.
const COMPARES: &[&str] = &[
    "== ",
    "!= ",
    "== Some(",
    "!= Some(",
    "starts_with(",
    "ends_with(",
    "strip_prefix(",
    "strip_suffix(",
    "contains(",
    "contains(&",
    "== [",
    "== &[",
    "has(",
];

/// The files of the translator, without its tests.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder of the translator") {
        let path = entry.expect("an entry of it").path();
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "tests") {
                sources(&path, found);
            }
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The literals of words that a line of code compares something with.
fn compared(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, mark) in line.char_indices().filter(|(_, c)| matches!(c, '"' | '\'')) {
        let rest = &line[at + 1..];
        let Some(end) = rest.find(mark) else { continue };
        let literal = &rest[..end];
        let word = literal.starts_with(|c: char| c.is_ascii_lowercase())
            && literal.chars().all(|c| c.is_ascii_lowercase() || c == ' ');
        let before = &line[..at];
        let matched =
            before.contains("matches!(") && (before.ends_with(", ") || before.ends_with("| "));
        let compares = COMPARES.iter().any(|compares| before.ends_with(compares));
        if word && (compares || matched) {
            found.push(literal.to_owned());
        }
    }
    found
}

#[test]
fn no_english_word_is_compared_in_code() {
    let mut files = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    sources(&root.join("src/translate/embedded"), &mut files);
    assert!(files.len() > 50, "the translator has more files");
    let mut unknown = Vec::new();
    let mut used = vec![false; ALLOWED.len()];
    for path in files {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let text = std::fs::read_to_string(&path).expect("a source file");
        let code = text
            .split("#[cfg(test)]\nmod tests {")
            .next()
            .unwrap_or_default();
        for (i, line) in code.lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for literal in compared(line) {
                let allowed = ALLOWED
                    .iter()
                    .position(|(f, l, _)| *f == name && *l == literal);
                match allowed {
                    Some(place) => used[place] = true,
                    None => unknown.push(format!("{name}:{}: {literal:?}", i + 1)),
                }
            }
        }
    }
    assert!(
        unknown.is_empty(),
        "words of English in the code: put them into english/phrases.txt and words.rs\n{}",
        unknown.join("\n")
    );
    let stale: Vec<_> = ALLOWED.iter().zip(used).filter(|(_, used)| !used).collect();
    assert!(stale.is_empty(), "allowed, but no longer there: {stale:?}");
}

#[test]
fn what_is_compared_is_seen() {
    for line in [
        r#"if token.lower == "of" {"#,
        r#"word.strip_suffix('s')"#,
        r#"matches!(t.lower.as_str(), "and" | "or")"#,
        r#"last() == Some("by")"#,
    ] {
        assert!(!compared(line).is_empty(), "{line}");
    }
    assert!(compared(r#"ENGLISH.time_at(tokens, at, "until")"#).is_empty());
}
