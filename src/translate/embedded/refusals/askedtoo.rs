//! Persons that are asked for beside something else, without a noun: "which boats won, and who sailed them?".
//!
//! Invariant: such a question is refused with its words. What follows "who" there says nothing of the boats, and nobody would be shown.

use super::super::language::{ENGLISH, Op};
use super::super::mentions::annotate::Segment;
use super::super::reading::parse::{Parser, Step};

impl Parser<'_> {
    /// Refuses persons that are asked for at the end and that no noun names.
    ///
    /// # Errors
    /// The words that ask for them.
    pub(crate) fn refuse_asked_too(&self) -> Step {
        let segments = self.segments;
        let person = |s: &Segment| {
            let text = s.text.to_lowercase();
            ENGLISH.persons_asked.contains(&text) && s.names.is_empty()
        };
        let asked = |i: &usize| segments[*i].is(Op::And) && person(&segments[*i + 1]);
        let Some(at) = (1..segments.len().saturating_sub(1)).find(asked) else {
            return Ok(());
        };
        let rest = &segments[at + 1..];
        let end = rest.iter().position(|s| s.is(Op::Sentence));
        let rest = &rest[..end.unwrap_or(rest.len())];
        let says = |s: &Segment| {
            !s.names.is_empty() && !s.is(Op::Link)
                || !s.values.is_empty()
                || s.quoted.is_some()
                || s.number.is_some()
                || s.time.is_some()
        };
        match rest.iter().any(says) {
            true => Ok(()),
            false => {
                let words: Vec<&str> = rest.iter().map(|s| s.text.as_str()).collect();
                Err(vec![words.join(" ")])
            }
        }
    }
}
