//! A number that is asked for at the end of a question: "…, how many?".
//!
//! Invariant: it is put where a question has it otherwise, word for word: "how many" comes first. What is then not understood is
//! refused as ever.

use super::language::{ENGLISH, Op};
use crate::question::tokens::{Token, TokenKind, tokenize};

/// A question with "how many" where a question has it otherwise.
pub(super) fn moved(text: &str) -> String {
    let tokens = tokenize(text);
    let end = tokens
        .iter()
        .rposition(|t| !matches!(t.kind, TokenKind::Mark('.' | '?' | '!')))
        .map_or(0, |last| last + 1);
    counted(text, &tokens[..end]).unwrap_or_else(|| text.to_owned())
}

/// "Admissions longer than 5 days: how many are there?": how many of them there are.
fn counted(text: &str, tokens: &[Token]) -> Option<String> {
    let opens = (1..tokens.len())
        .rev()
        .find(|&at| separates(text, tokens, at))?;
    let phrases = ENGLISH.phrases_at(tokens, opens + 1);
    let (length, _) = phrases
        .iter()
        .rev()
        .find(|(n, ops)| *n > 1 && ops.contains(&Op::Count) && ops.len() == 1)?;
    let light = |t: &Token| super::wordclass::is_functional(t);
    let rest = &tokens[opens + 1 + length..];
    let asks = ENGLISH
        .phrases_at(tokens, 0)
        .iter()
        .any(|(_, ops)| ops.contains(&Op::Ask) || ops.contains(&Op::Count));
    if asks || rest.len() > 2 || !rest.iter().all(light) {
        return None;
    }
    let words = &text[tokens[opens + 1].start..tokens[opens + length].end];
    let head = &text[tokens[0].start..tokens[opens - 1].end];
    Some(format!("{words} {head}"))
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
