//! Columns in parentheses after what is asked for: "users (user ID and username) who …".
//!
//! Invariant: they are read as the columns that are asked for only where nothing but columns of that very thing stands in the parentheses;
//! else the text is left as it is.

use super::super::language::{ENGLISH, Op};
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::asides::{articles, named};
use crate::question::tokens::{Token, tokenize};

/// The question that asks for the columns in parentheses; `None` where it has none.
pub(super) fn asked_for(text: &str, lexicon: &Lexicon) -> Option<String> {
    let tokens = tokenize(text);
    let found = columns_of(&tokens, lexicon)?;
    let part = |from: usize, to: usize| &text[tokens[from].start..tokens[to - 1].end];
    // "users (user ID)" asks for the ID of the users, and for no user of something else.
    let columns: Vec<&str> = found.columns.iter().map(|&(a, b)| part(a, b)).collect();
    let and = ENGLISH.joiners.first().map_or(",", String::as_str);
    Some(format!(
        "{} {} of {} {}",
        part(0, found.thing),
        columns.join(&format!(" {and} ")),
        part(found.thing, found.open),
        &text[tokens[found.close].end..],
    ))
}

/// A thing and the columns of it in parentheses, as tokens: where each begins and ends.
struct Bracketed {
    thing: usize,
    open: usize,
    close: usize,
    columns: Vec<(usize, usize)>,
}

/// A thing that is asked for first, with nothing but columns of it in parentheses after it.
fn columns_of(tokens: &[Token], lexicon: &Lexicon) -> Option<Bracketed> {
    let asks = |(_, ops): &(usize, &[Op])| ops.contains(&Op::Ask);
    let open = tokens.iter().position(|t| t.is_mark('('))?;
    let close = open + tokens[open..].iter().position(|t| t.is_mark(')'))?;
    let phrases = ENGLISH.phrases_at(tokens, 0);
    let mut thing = phrases.iter().rev().find(|p| asks(p)).map(|(n, _)| *n)?;
    thing += articles(tokens, thing);
    let (length, found) = named(tokens, thing, lexicon, |t| matches!(t, Target::Table(_)))?;
    let mut at = open + 1;
    let mut columns = Vec::new();
    while at < close {
        let separates = tokens[at].is_mark(',') || ENGLISH.joiners.contains(&tokens[at].lower);
        if !separates {
            // "user ID" is the id of a user: the name of the table may stand before it.
            let own = match named(tokens, at, lexicon, |t| found.contains(t)) {
                Some((own, _)) if at + own < close && !tokens[at + own].is_mark(',') => own,
                _ => 0,
            };
            let stems = (at + own..close)
                .find(|&i| tokens[i].is_mark(',') || ENGLISH.joiners.contains(&tokens[i].lower));
            let last = stems.unwrap_or(close);
            let words: Vec<String> = tokens[at + own..last]
                .iter()
                .map(|t| t.stem.clone())
                .collect();
            let column = |c: &Candidate| matches!(c.target, Target::Column(at) if found.contains(&Target::Table(at.table)));
            if !lexicon.look_up(&words, true).iter().any(column) {
                return None;
            }
            columns.push((at + own, last));
            at = last;
            continue;
        }
        at += 1;
    }
    (thing + length == open && !columns.is_empty()).then_some(Bracketed {
        thing,
        open,
        close,
        columns,
    })
}
