//! Words that say nothing elsewhere, and something where the catalog has them: "the average *listed* price" beside `listed_on`.
//!
//! Invariant: a word of the grammar that is made of a verb and stands right before a noun is passed over only where no name has it. Without this,
//! "listed price" is read as any price.

use super::super::language::wordclass::inflected;
use super::super::language::{ENGLISH, Op};
use super::super::mentions::annotate::Segment;
use super::super::mentions::tails::is_noun;
use super::super::reading::parse::{Parser, Step};
use super::super::schema::lexicon::{Lexicon, Target};
use crate::question::tokens::Token;

/// Takes the grammar's reading from such words, so that they are refused where nothing else reads them.
pub(crate) fn keep_participles(segments: &mut [Segment], tokens: &[Token], lexicon: &Lexicon) {
    for i in 0..segments.len().saturating_sub(1) {
        let (segment, noun) = (&segments[i], &segments[i + 1]);
        let token = &tokens[segment.first];
        let column = |s: &Segment| {
            let best = s.names.first().map(|c| &c.target);
            is_noun(s) && matches!(best, Some(Target::Column(_) | Target::Measure(_)))
        };
        if segment.last == segment.first + 1
            && segment.is(Op::Filler)
            && segment.values.is_empty()
            && inflected(token)
            && column(noun)
            && lexicon.names(&token.stem)
        {
            segments[i].ops.clear();
            segments[i].names.clear();
        }
    }
}

impl Parser<'_> {
    /// Refuses "who manages which vineyard": it asks for pairs, of which only one side would be shown.
    ///
    /// # Errors
    /// The second of the words that ask.
    pub(crate) fn refuse_second_choice(&self) -> Step {
        let first = |s: &Segment| {
            let text = s.text.to_lowercase();
            text.split(' ').next().unwrap_or_default().to_owned()
        };
        let person = |s: &Segment| ENGLISH.persons_asked.contains(&first(s));
        let asks = |s: &Segment| person(s) || ENGLISH.choices.contains(&first(s));
        if !self.segments.first().is_some_and(asks) {
            return Ok(());
        }
        for three in self.segments.windows(3) {
            let [verb, which, noun] = three else { continue };
            let choice = ENGLISH.choices.contains(&which.text.to_lowercase());
            // "The max speed which" ends in no verb.
            let done = ENGLISH.ends_as_verb(&verb.text.to_lowercase()) && !is_noun(verb);
            let acts = verb.is(Op::Link) || done;
            if choice && acts && self.is_name(noun) {
                return Err(vec![which.text.clone()]);
            }
        }
        // "Who works there and in which role", "who was the chair and who the clerk"
        let mut after_and = false;
        for segment in &self.segments[1..] {
            if after_and && asks(segment) && person(&self.segments[0]) {
                return Err(vec![segment.text.clone()]);
            }
            let leads = segment.is(Op::Preposition) || segment.is(Op::Filler);
            after_and = segment.is(Op::And) || after_and && leads;
        }
        Ok(())
    }

    /// Refuses two things that are said to be one: "vineyards managed by their owner", "listings whose listing agent is the selling agent".
    ///
    /// # Errors
    /// The second of them.
    pub(crate) fn refuse_same_thing(&self) -> Step {
        let words = |s: &Segment| -> Vec<String> {
            let text = s.text.to_lowercase();
            text.split(' ').map(str::to_owned).collect()
        };
        for (i, segment) in self.segments.iter().enumerate() {
            if !self.is_name(segment) || !segment.values.is_empty() {
                continue;
            }
            let before: Vec<&Segment> = self.segments[..i]
                .iter()
                .rev()
                .take_while(|s| s.is(Op::Filler) && !self.is_name(s))
                .collect();
            let Some(first) = i.checked_sub(before.len() + 1).map(|k| &self.segments[k]) else {
                continue;
            };
            let said = |list: &[String]| {
                let mut all = before.iter().flat_map(|s| words(s));
                all.any(|w| list.contains(&w))
            };
            let by = first.is(Op::By) && said(&ENGLISH.possessives);
            let thing = |s: &Segment| self.is_name(s) && self.is_thing(s);
            let whose = i
                .checked_sub(before.len() + 2)
                .is_some_and(|k| self.segments[k].is(Op::Whose));
            let is = whose && thing(first) && thing(segment) && said(&ENGLISH.copulas);
            if by || is {
                return Err(vec![segment.text.clone()]);
            }
        }
        Ok(())
    }
}
