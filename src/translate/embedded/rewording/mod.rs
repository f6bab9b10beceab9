//! Questions in other words: what is said in another order, at the end or in a remark, put as the grammar reads it best.
//!
//! Only words that the data files list are moved or replaced, and what was done is told with the steps of the translation.

pub mod atpoints;
pub mod closing;
pub mod doernouns;
pub mod endings;
pub mod events;
pub mod lengths;
pub mod mostdone;
pub mod neithernor;
pub mod newcomers;
pub mod otherwise;
pub mod paraphrases;
pub mod persons;
pub mod remarks;
pub mod whichones;

use crate::question::tokens::{Token, TokenKind};

/// A question without the marks at its end.
fn without_end(tokens: &[Token]) -> &[Token] {
    let length = tokens.iter().rposition(|t| !ends_sentence(t));
    &tokens[..length.map_or(0, |at| at + 1)]
}

fn ends_sentence(token: &Token) -> bool {
    matches!(token.kind, TokenKind::Mark('.' | '?' | '!'))
}

/// A mark between two parts of a question: one that ends a sentence, a comma, a colon, a dash, a bracket.
pub(crate) fn separates(token: &Token) -> bool {
    ends_sentence(token)
        || matches!(
            token.kind,
            TokenKind::Mark(',' | ';' | ':' | '(' | ')' | '–' | '—')
        )
}
