//! The words, numbers and quoted texts of a question.
//!
//! Invariant: the tokens cover every letter and digit of the text, in order, so that nothing can be dropped in
//! silence: what no later stage accounts for is named in the refusal.

use super::numbers::{self, Number};
use rust_stemmers::{Algorithm, Stemmer};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::LazyLock;

/// From a word to its stem, where the stemmer does not find it.
static IRREGULAR: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    include_str!("../translate/embedded/english/irregular.txt")
        .lines()
        .filter(|l| !l.starts_with('#'))
        .filter_map(|l| l.split_once(':'))
        .flat_map(|(stem, words)| words.split_whitespace().map(move |w| (w, stem)))
        .collect()
});

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub enum TokenKind {
    Word,
    Number(Number),
    /// A text in quotation marks, without them.
    Quoted(String),
    /// An ISO date: year, month, day.
    Date(i32, u32, u32),
    /// A mark that separates: comma, semicolon, question mark, full stop, parenthesis or an operator sign.
    Mark(char),
}

/// A piece of the question.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    pub kind: TokenKind,
    /// In lower case, without a possessive ending.
    pub lower: String,
    /// Its stem; for a number its digits.
    pub stem: String,
    /// Byte offsets into the text.
    pub start: usize,
    pub end: usize,
    /// Ends in a possessive `'s` or `s'`.
    pub possessive: bool,
    /// A hyphen or slash binds it to the token before it.
    pub joined: bool,
}

impl Token {
    /// A word, not a mark, number or quoted text.
    pub fn is_word(&self) -> bool {
        self.kind == TokenKind::Word
    }

    /// This mark.
    pub fn is_mark(&self, mark: char) -> bool {
        self.kind == TokenKind::Mark(mark)
    }
}

/// The most words whose stems a thread keeps: those of English that the translator knows, of a catalog, and of many questions.
const KEPT_STEMS: usize = 20_000;

/// A longer word is in no dictionary: its stem is not kept.
const KEPT_LENGTH: usize = 40;

thread_local! {
    /// A question asks for the stem of the same few words hundreds of times.
    static STEMS: RefCell<HashMap<Box<str>, Box<str>>> = RefCell::default();
}

/// The stem of a lower-case English word.
pub fn stem(word: &str) -> String {
    if word.len() < 3 || word.len() > KEPT_LENGTH {
        return new_stem(word);
    }
    STEMS.with_borrow_mut(|kept| {
        if let Some(stem) = kept.get(word) {
            return stem.to_string();
        }
        if kept.len() == KEPT_STEMS {
            kept.clear();
        }
        let stem = new_stem(word);
        kept.insert(word.into(), stem.as_str().into());
        stem
    })
}

fn new_stem(word: &str) -> String {
    if let Some(stem) = IRREGULAR.get(word) {
        return (*stem).to_owned();
    }
    if word.len() < 3 || !word.is_ascii() {
        return word.to_owned();
    }
    Stemmer::create(Algorithm::English).stem(word).into_owned()
}

/// Splits a text. Linear in its length.
pub fn tokenize(text: &str) -> Vec<Token> {
    Scanner {
        text,
        at: 0,
        tokens: Vec::new(),
        unclosed: Vec::new(),
    }
    .run()
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token>,
    /// Closing quotation marks that the rest of the text has no more of: it is searched for each of them once in vain.
    unclosed: Vec<char>,
}

impl Scanner<'_> {
    fn run(mut self) -> Vec<Token> {
        while let Some(c) = self.peek(0) {
            if c.is_whitespace() {
                self.at += c.len_utf8();
            } else if self.short_year(c) {
                let start = self.at;
                self.at += 3;
                let lower = self.text[start..self.at].to_owned();
                self.push(TokenKind::Word, lower.clone(), lower, start);
            } else if let Some(close) = closing_quote(c) {
                self.quoted(c, close);
            } else if self.path(c) {
                self.quoted_path();
            } else if c.is_ascii_digit() || self.signed_number(c) {
                self.number();
            } else if c.is_alphanumeric() || c == '_' {
                self.word();
            } else {
                self.mark(c);
            }
        }
        self.tokens
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.text[self.at..].chars().nth(ahead)
    }

    fn before(&self) -> Option<char> {
        self.text[..self.at].chars().next_back()
    }

    fn push(&mut self, kind: TokenKind, lower: String, stem: String, start: usize) {
        let joined = start > 0
            && self.text[..start].ends_with(['-', '/', '_'])
            && self.tokens.last().is_some_and(|t| t.end + 1 == start);
        self.tokens.push(Token {
            kind,
            lower,
            stem,
            start,
            end: self.at,
            possessive: false,
            joined,
        });
    }

    /// A quotation that is closed; an apostrophe inside a word never opens one.
    fn quoted(&mut self, open: char, close: char) {
        let start = self.at;
        let inside = start + open.len_utf8();
        let opens = open != '\'' || !self.before().is_some_and(char::is_alphanumeric);
        let searched = !self.unclosed.contains(&close);
        let mut rest = searched.then(|| self.text[inside..].char_indices());
        let end = rest.iter_mut().flatten().find(|&(i, c)| {
            // In '…' an apostrophe between letters belongs to the text ('Children's Books').
            let next = self.text[inside + i + c.len_utf8()..].chars().next();
            c == close && (close != '\'' || !next.is_some_and(char::is_alphanumeric))
        });
        match end {
            Some((length, _)) if opens && length > 0 => {
                let content = self.text[inside..inside + length].trim().to_owned();
                self.at = inside + length + close.len_utf8();
                let lower = content.to_lowercase();
                self.push(TokenKind::Quoted(content), lower.clone(), lower, start);
            }
            found => {
                if found.is_none() && searched {
                    self.unclosed.push(close);
                }
                self.at = inside;
            }
        }
    }

    /// "Mar '24": an apostrophe before two digits that stand alone is no quotation mark.
    fn short_year(&self, c: char) -> bool {
        let digit = |ahead| self.peek(ahead).is_some_and(|d| d.is_ascii_digit());
        c == '\''
            && self.before().is_none_or(char::is_whitespace)
            && digit(1)
            && digit(2)
            && self
                .peek(3)
                .is_none_or(|c| !c.is_alphanumeric() && c != '\'')
    }

    /// A slash between white space and a letter begins a path: "/travel/rome" is a text as it stands.
    fn path(&self, c: char) -> bool {
        c == '/'
            && self.before().is_none_or(char::is_whitespace)
            && self.peek(1).is_some_and(char::is_alphabetic)
    }

    fn quoted_path(&mut self) {
        let start = self.at;
        let rest = &self.text[start..];
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let path = rest[..end].trim_end_matches([',', ';', '?', '!', '.', ')']);
        self.at += path.len();
        self.push(
            TokenKind::Quoted(path.to_owned()),
            path.to_lowercase(),
            path.to_lowercase(),
            start,
        );
    }

    fn signed_number(&self, c: char) -> bool {
        let free = !self
            .before()
            .is_some_and(|b| b.is_alphanumeric() || b == ')');
        let digit = |ahead| self.peek(ahead).is_some_and(|d: char| d.is_ascii_digit());
        (c == '-' && free && digit(1))
            || (c == '.' && free && digit(1))
            || ("$€£¥".contains(c) && digit(1))
    }

    fn number(&mut self) {
        let start = self.at;
        if let Some((date, length)) = numbers::iso_date(&self.text[start..]) {
            self.at += length;
            let lower = self.text[start..self.at].to_owned();
            self.push(
                TokenKind::Date(date.0, date.1, date.2),
                lower.clone(),
                lower,
                start,
            );
            return;
        }
        match numbers::scan(&self.text[start..]) {
            Some((number, length)) => {
                self.at += length;
                let lower = self.text[start..self.at].to_lowercase();
                let digits = number.text.clone();
                self.push(TokenKind::Number(number), lower, digits, start);
            }
            // Digits with letters, such as a product code.
            None => self.word(),
        }
    }

    fn word(&mut self) {
        let start = self.at;
        while let Some(c) = self.peek(0) {
            // An apostrophe between letters stays: "o'brien", "don't"; combining marks belong to their letter.
            let apostrophe =
                (c == '\'' || c == '’') && self.peek(1).is_some_and(char::is_alphanumeric);
            let accent = ('\u{300}'..='\u{36f}').contains(&c);
            if c.is_alphanumeric() || apostrophe || accent {
                self.at += c.len_utf8();
            } else {
                break;
            }
        }
        if self.at == start {
            // Not a letter or digit by itself, such as an underscore.
            self.at += self.peek(0).map_or(1, char::len_utf8);
            return;
        }
        let mut lower = self.text[start..self.at].to_lowercase().replace('’', "'");
        let mut possessive = false;
        if let Some(owner) = lower.strip_suffix("'s") {
            lower = owner.to_owned();
            possessive = true;
        } else if lower.ends_with('s')
            && self.peek(0).is_some_and(|c| c == '\'' || c == '’')
            && self.peek(1).is_none_or(char::is_whitespace)
        {
            possessive = true;
            self.at += self.peek(0).map_or(0, char::len_utf8);
        }
        let stem = stem(&lower);
        self.push(TokenKind::Word, lower, stem, start);
        if possessive && let Some(token) = self.tokens.last_mut() {
            token.possessive = true;
        }
    }

    fn mark(&mut self, c: char) {
        let start = self.at;
        self.at += c.len_utf8();
        // Two-character operators are one mark.
        let two = match (c, self.peek(0)) {
            ('>', Some('=')) => Some('≥'),
            ('<', Some('=')) => Some('≤'),
            ('<', Some('>')) | ('!', Some('=')) => Some('≠'),
            _ => None,
        };
        if two.is_some() {
            self.at += 1;
        }
        let mark = two.unwrap_or(c);
        if ",;?.!()=<>≥≤≠%&:+*".contains(mark) {
            self.push(
                TokenKind::Mark(mark),
                mark.to_string(),
                mark.to_string(),
                start,
            );
        }
    }
}

fn closing_quote(open: char) -> Option<char> {
    match open {
        '"' => Some('"'),
        '\'' => Some('\''),
        '“' => Some('”'),
        '‘' => Some('’'),
        '«' => Some('»'),
        '`' => Some('`'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        tokenize(text).into_iter().map(|t| t.lower).collect()
    }

    #[test]
    fn words_hyphens_and_possessives() {
        assert_eq!(
            words("List Aerosmith's month-over-month sales"),
            ["list", "aerosmith", "month", "over", "month", "sales"]
        );
        assert!(tokenize("Aerosmith's albums")[0].possessive);
        assert!(tokenize("the students' names")[1].possessive);
        assert!(tokenize("rated PG-13")[2].joined);
    }

    #[test]
    fn quotes_keep_their_text() {
        let tokens = tokenize("named \"Tennis Club\" or 'Children's Books'");
        assert_eq!(tokens[1].kind, TokenKind::Quoted("Tennis Club".into()));
        assert_eq!(tokens[3].kind, TokenKind::Quoted("Children's Books".into()));
        // An apostrophe that is never closed is not a quotation.
        assert_eq!(words("rock 'n roll"), ["rock", "n", "roll"]);
    }

    #[test]
    fn numbers_and_dates() {
        let tokens = tokenize("over $1,200.50 since 2024-03-01");
        assert!(matches!(&tokens[1].kind, TokenKind::Number(n) if n.text == "1200.50"));
        assert_eq!(tokens[3].kind, TokenKind::Date(2024, 3, 1));
        assert!(
            tokenize("a-1 -5")
                .iter()
                .any(|t| matches!(&t.kind, TokenKind::Number(n) if n.text == "-5"))
        );
    }

    #[test]
    fn operators() {
        assert!(tokenize("age >= 20")[1].is_mark('≥'));
        assert!(tokenize("age <> 20")[1].is_mark('≠'));
    }
}
