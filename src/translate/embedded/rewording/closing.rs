//! What is asked for at the end of a question: a number, "…, how many?", or columns after a dash, "… - name and city".
//!
//! Invariant: the number is put where a question has it otherwise, word for word: "how many" comes first. A dash between two parts
//! is a colon, unless it may be part of a name or of a range: other text is left as it is. What is then not understood is refused as
//! ever.

use super::super::language::{ENGLISH, Op};
use crate::question::tokens::{Token, TokenKind, tokenize};

/// A question with "how many" where a question has it otherwise.
pub(crate) fn moved(text: &str) -> String {
    let text = &dash_to_colon(text);
    let tokens = tokenize(text);
    counted(text, super::without_end(&tokens)).unwrap_or_else(|| text.to_owned())
}

/// "Blocked members - first name, email": the one dash between two parts, before words in lower case only, is a colon.
fn dash_to_colon(text: &str) -> String {
    let dash = |(at, c): &(usize, char)| {
        let apart = text[..*at].ends_with(' ') && text[at + c.len_utf8()..].starts_with(' ');
        matches!(c, '-' | '–' | '—') && apart
    };
    let mut dashes = text.char_indices().filter(dash);
    let (Some((at, c)), None) = (dashes.next(), dashes.next()) else {
        return text.to_owned();
    };
    let (before, after) = (&text[..at], &text[at + c.len_utf8()..]);
    let quoted = |c: char| matches!(c, '"' | '“' | '”' | '‘');
    let name = after
        .chars()
        .any(|c| c.is_uppercase() || c.is_ascii_digit() || quoted(c));
    if name || before.trim().is_empty() || before.contains(quoted) || text.contains(':') {
        return text.to_owned();
    }
    format!("{}:{after}", before.trim_end())
}

/// "Admissions longer than 5 days: how many are there?": how many of them there are. "… - count them by ward": by ward.
fn counted(text: &str, tokens: &[Token]) -> Option<String> {
    let asks = ENGLISH
        .phrases_at(tokens, 0)
        .iter()
        .any(|(_, ops)| ops.contains(&Op::Ask) || ops.contains(&Op::Count));
    if asks {
        return None;
    }
    (1..tokens.len())
        .rev()
        .filter(|&at| separates(text, tokens, at))
        .find_map(|opens| closed(text, tokens, opens))
}

/// The question whose number is asked for right after a separator.
fn closed(text: &str, tokens: &[Token], opens: usize) -> Option<String> {
    let phrases = ENGLISH.phrases_at(tokens, opens + 1);
    let (mut length, _) = *phrases
        .iter()
        .rev()
        .find(|(_, ops)| ops.contains(&Op::Count) && ops.len() == 1)?;
    // "count", "how many": what is said alone is a noun or a number of something that follows.
    let counts = length;
    while tokens
        .get(opens + 1 + length)
        .is_some_and(|t| ENGLISH.pronouns.contains(&t.lower))
    {
        length += 1;
    }
    let mut rest = opens + 1 + length;
    rest += usize::from(tokens.get(rest).is_some_and(|t| t.is_mark(',')));
    let groups = ENGLISH
        .phrases_at(tokens.get(rest..)?, 0)
        .iter()
        .any(|(_, ops)| ops.contains(&Op::By) || ops.contains(&Op::Each));
    let light = |t: &Token| super::super::language::wordclass::is_functional(t);
    let bare = tokens.len() - rest <= 2 && tokens[rest..].iter().all(light);
    let mut how = ENGLISH.how.iter();
    let asks_how = how.any(|how| *how == tokens[opens + 1].lower);
    if !(groups || bare && counts > 1) {
        return None;
    }
    let words = match asks_how || counts > 1 {
        true => &text[tokens[opens + 1].start..tokens[opens + counts].end],
        false => ENGLISH.count_phrases.first()?,
    };
    let head = &text[tokens[0].start..tokens[opens - 1].end];
    match groups {
        true => Some(format!("{words} {head} {}", &text[tokens[rest].start..])),
        false => Some(format!("{words} {head}")),
    }
}

/// A colon or a dash, or a comma, between two parts.
fn separates(text: &str, tokens: &[Token], at: usize) -> bool {
    let dash = |c: char| matches!(c, '-' | '–' | '—');
    let apart = || {
        let before = text[..tokens[at].start].ends_with(' ');
        before && text[tokens[at].end..].starts_with(' ')
    };
    match tokens[at].kind {
        TokenKind::Mark(':' | ',') => true,
        TokenKind::Mark(c) => dash(c) && apart(),
        _ => false,
    }
}
