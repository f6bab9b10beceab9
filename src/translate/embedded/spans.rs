//! Spans whose meaning is not a name, a phrase or a value by itself: places asked for, codes that stand for words, lists that
//! share a noun.

use super::annotate::{Segment, segment};
use super::language::ENGLISH;
use super::lexicon::{Candidate, Lexicon, Target};
use crate::catalog::model::{StoredValue, ValueMatch, Values};
use crate::question::tokens::Token;

/// The columns that say where something is.
pub(super) fn places(lexicon: &Lexicon) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    for (rank, stems) in ENGLISH.places.iter().enumerate() {
        for candidate in lexicon.look_up(stems, false) {
            let column = matches!(candidate.target, Target::Column(_));
            if column
                && candidate.score > 0.6
                && !found.iter().any(|f| f.target == candidate.target)
            {
                let score = candidate.score - 0.04 * rank as f32;
                found.push(Candidate { score, ..candidate });
            }
        }
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found
}

/// The most values that a column of codes has.
const MOST_CODES: usize = 8;

/// What a word is stored as where a column holds codes: "female" where the sex is F.
pub(super) fn coded(
    word: &str,
    lexicon: &Lexicon,
    values: &dyn Values,
) -> Option<Vec<StoredValue>> {
    let code = ENGLISH.codes.get(word)?;
    let mut found = Vec::new();
    for stems in &code.columns {
        for candidate in lexicon.look_up(stems, false) {
            let Target::Column(column) = candidate.target else {
                continue;
            };
            if candidate.score < 0.6 || found.iter().any(|v: &StoredValue| v.column == column) {
                continue;
            }
            let stored = values.common(column, MOST_CODES + 1);
            if stored.len() > MOST_CODES {
                continue;
            }
            let text = stored
                .into_iter()
                .find(|text| code.codes.contains(&text.to_lowercase()));
            found.extend(text.map(|text| StoredValue {
                column,
                text,
                found: ValueMatch::Folded,
            }));
        }
    }
    (!found.is_empty()).then_some(found)
}

/// "first and last name", "support, consider, and oppose rate": a word of the list shares the noun of the last.
pub(super) fn shared_noun(
    text: &str,
    tokens: &[Token],
    at: usize,
    lexicon: &Lexicon,
) -> Option<Segment> {
    /// So many words may share a noun.
    const MOST_SHARING: usize = 5;
    let first = tokens.get(at).filter(|t| t.is_word())?;
    let mut next = at + 1;
    let mut words = 1;
    let last = loop {
        let separator = tokens.get(next)?;
        let mut ends = matches!(separator.lower.as_str(), "and" | "or");
        if !ends && !separator.is_mark(',') {
            return None;
        }
        next += 1;
        if !ends
            && tokens
                .get(next)
                .is_some_and(|t| matches!(t.lower.as_str(), "and" | "or"))
        {
            ends = true;
            next += 1;
        }
        let word = tokens.get(next).filter(|t| t.is_word())?;
        next += 1;
        words += 1;
        if ends {
            break word;
        }
        if words > MOST_SHARING {
            return None;
        }
    };
    let noun = tokens.get(next).filter(|t| t.is_word())?;
    let name = |word: &Token| lexicon.look_up(&[word.stem.clone(), noun.stem.clone()], true);
    let (own, other) = (name(first), name(last));
    let exact = |names: &[Candidate]| names.first().is_some_and(|c| c.score > 0.9);
    (exact(&own) && exact(&other)).then(|| Segment {
        names: own,
        ..segment(text, tokens, at, 1)
    })
}
