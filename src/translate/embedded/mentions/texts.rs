//! Texts that are said to be in something: "who have the letter A in their names", "without an x in the title".
//!
//! Invariant: nothing is left out: such a clause says that a column contains a text, or that it does not, and is written so that
//! the parser reads it as "whose name contains A".

use super::super::language::{ENGLISH, Like, Op};
use super::super::schema::lexicon::{Lexicon, Target};
use super::annotate::Segment;
use crate::catalog::model::Catalog;

/// Writes such clauses in the order in which the parser reads them.
pub(crate) fn put_after(segments: &mut Vec<Segment>, catalog: &Catalog) {
    let mut i = 0;
    while i < segments.len() {
        if let Some(clause) = clause(segments, i, catalog) {
            let written = clause.written(segments);
            let length = written.len();
            segments.splice(clause.first..=clause.column, written);
            i = clause.first + length;
        } else {
            i += 1;
        }
    }
}

/// Where the parts of a clause stand.
struct Clause {
    /// The word that opens it, and whether that denies it.
    first: usize,
    denied: bool,
    /// The texts, with "or" between them.
    texts: Vec<usize>,
    column: usize,
    /// "in *their* names": of what was named last.
    theirs: bool,
}

fn clause(segments: &[Segment], first: usize, catalog: &Catalog) -> Option<Clause> {
    let opens = &segments[first];
    let contains = opens.is(Op::Like(Like::Contains));
    let denied = opens.is(Op::Without);
    let says_which = |word: &str| ENGLISH.text_words.iter().any(|w| w == word);
    let last_word = opens.text.to_lowercase();
    let mut said = contains && last_word.split(' ').any(says_which);
    if !contains && !denied && (!opens.is(Op::With) || opens.is(Op::Ask)) {
        return None;
    }
    let mut next = first + 1;
    let mut texts = Vec::new();
    loop {
        let segment = segments.get(next)?;
        let word = segment.text.to_lowercase();
        if segment.is(Op::Filler) && segment.quoted.is_none() {
            next += 1;
        } else if says_which(&word) && segment.quoted.is_none() && texts.len() < 2 {
            said = true;
            next += 1;
        } else {
            let letter = segment.text.len() == 1 && segment.text.chars().all(char::is_uppercase);
            if !(said || letter || segment.quoted.is_some()) || !is_text(segment) {
                return None;
            }
            texts.push(next);
            next += 1;
            if texts.len() < 2 && segments.get(next)?.is(Op::Or) {
                next += 1;
            } else {
                break;
            }
        }
    }
    // "in their first names"
    let place = segments.get(next).filter(|s| s.is(Op::Preposition))?;
    let inside = place.text.to_lowercase();
    if !ENGLISH
        .in_words
        .iter()
        .any(|w| inside.split(' ').next() == Some(w))
    {
        return None;
    }
    next += 1;
    let mut theirs = false;
    while segments.get(next)?.is(Op::Filler) {
        let word = segments[next].text.to_lowercase();
        theirs |= ENGLISH.possessives.contains(&word);
        next += 1;
    }
    let textual = |target: &Target| match target {
        Target::Column(at) => Lexicon::is_textual(catalog.column(*at).class),
        _ => false,
    };
    let best = segments[next].names.first()?;
    (best.score > 0.8 && textual(&best.target)).then_some(Clause {
        first,
        denied,
        texts,
        column: next,
        theirs,
    })
}

/// One word, or words in quotation marks.
fn is_text(segment: &Segment) -> bool {
    segment.quoted.is_some()
        || segment.last == segment.first + 1 && segment.text.chars().any(char::is_alphanumeric)
}

impl Clause {
    /// The clause as "whose first name contains A".
    fn written(&self, segments: &[Segment]) -> Vec<Segment> {
        let at = |i: usize, ops: Vec<Op>| Segment {
            first: segments[i].first,
            last: segments[i].last,
            text: segments[i].text.clone(),
            ops,
            ..Segment::default()
        };
        let opens = &segments[self.first];
        let mut written = Vec::new();
        let contains = opens.is(Op::Like(Like::Contains));
        // "students who have the letter": the word before opens the clause already.
        let before = self.first.checked_sub(1).map(|i| &segments[i]);
        if self.theirs {
            written.push(at(self.first, vec![Op::With, Op::Whose]));
        } else if !contains || !before.is_some_and(|s| s.is(Op::With)) {
            written.push(at(self.first, vec![Op::With]));
        }
        for (k, &i) in self.texts.iter().enumerate() {
            if k > 0 {
                written.push(at(i - 1, vec![Op::Or]));
            }
            written.push(segments[self.column].clone());
            if self.denied {
                written.push(at(self.first, vec![Op::Not]));
            }
            written.push(at(self.first, vec![Op::Like(Like::Contains)]));
            let text = segments[i].quoted.clone();
            written.push(Segment {
                quoted: Some(text.unwrap_or_else(|| segments[i].text.clone())),
                ..at(i, Vec::new())
            });
        }
        written
    }
}
