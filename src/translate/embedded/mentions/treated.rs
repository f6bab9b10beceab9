//! What is to be taken for something else: "treat resolved tickets as closed".
//!
//! Invariant: a sentence that begins so is never read as a condition. What it changes would have to be changed wherever the question speaks of
//! it; until that is done the sentence is refused. Without this the resolved tickets were the only ones that were counted.

use super::super::language::wordclass::listed_at;
use super::super::language::{ENGLISH, Op};
use super::annotate::Segment;
use crate::question::tokens::tokenize;

/// Leaves the verb of such a sentence without a meaning.
pub(crate) fn leave_unread(segments: &mut [Segment]) {
    for at in 1..segments.len() {
        let begins = segments[at - 1].is(Op::Sentence);
        let verb = listed_at(&ENGLISH.treating, &tokenize(&segments[at].text), 0).is_some();
        let mut rest = segments[at + 1..]
            .iter()
            .take_while(|s| !s.is(Op::Sentence));
        let other = |s: &Segment| ENGLISH.treated_as.contains(&s.text.to_lowercase());
        if begins && verb && rest.any(other) {
            let segment = &mut segments[at];
            (segment.ops, segment.names) = (Vec::new(), Vec::new());
            segment.values.clear();
        }
    }
}
