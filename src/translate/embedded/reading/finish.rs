//! The end of the walk: what was read becomes a frame, or the reason why it is none.
//!
//! Invariant: a frame asks for something, and each part of it that waits for a word has found it.

use super::super::language::{ENGLISH, Op};
use super::super::mentions::annotate::Segment;
use super::frame::{Dimension, Frame, Key, Output};
use super::parse::{NotUnderstood, Parser};

impl Parser<'_> {
    /// The frame of the question.
    ///
    /// # Errors
    /// What is missing, in words.
    pub(crate) fn finish(mut self) -> Result<Frame, NotUnderstood> {
        self.refuse_open_end()?;
        self.refuse_order_clause()?;
        self.refuse_yes_or_no()?;
        self.refuse_asked_too()?;
        self.refuse_unnamed_object()?;
        self.refuse_abilities()?;
        self.refuse_bare_least()?;
        self.refuse_nothing_else()?;
        self.refuse_second_choice()?;
        self.refuse_same_thing()?;
        self.refuse_unshown_possessions()?;
        self.end_scope();
        self.finish_terms();
        self.refuse_going_on()?;
        self.refuse_other_person()?;
        self.finish_asked();
        self.finish_recurring();
        self.finish_versus()?;
        self.finish_why();
        self.finish_window()?;
        self.finish_shapes()?;
        let frame = &self.frame;
        // "which month had the highest revenue": a period is asked for.
        let period =
            frame.superlative && frame.group.iter().any(|d| matches!(d, Dimension::Time(_)));
        if frame.outputs.is_empty() && frame.head.is_none() && !period {
            // "orders over 1000" has outputs; a question with conditions alone is about nothing.
            return Err(vec!["what is asked for".into()]);
        }
        // "together with that amount"
        let echoes = |s: &&super::super::mentions::annotate::Segment| {
            ENGLISH.echoes.contains(&s.text.to_lowercase())
        };
        if let Some(said) = self.segments.iter().find(echoes) {
            if !frame.superlative || frame.order.is_none() {
                return Err(vec![said.text.clone()]);
            }
            self.frame.echoed = true;
        }
        let frame = &self.frame;
        // "in percent" says nothing but how a share is told.
        let in_percent = |s: &&super::super::mentions::annotate::Segment| {
            ENGLISH.in_percent.contains(&s.text.to_lowercase())
        };
        if frame.window.is_none()
            && let Some(said) = self.segments.iter().find(in_percent)
        {
            return Err(vec![said.text.clone()]);
        }
        // "I need one figure": nothing but a single number fulfils that.
        let single = |s: &&super::super::mentions::annotate::Segment| {
            ENGLISH.single_figures.contains(&s.text.to_lowercase())
        };
        let number = match frame.outputs[..] {
            [Output::Count { .. } | Output::Aggregate { .. }] => frame.group.is_empty(),
            _ => false,
        };
        if let Some(said) = self.segments.iter().find(single).filter(|_| !number) {
            return Err(vec![said.text.clone()]);
        }
        let one_thing = matches!(frame.outputs[..], [Output::Plain(m)] if self.is_table(m));
        if frame.whole && !one_thing {
            return Err(vec!["information".into()]);
        }
        let dangling = self.dangling_verb();
        if frame.limit.is_some() && frame.order.is_none() {
            return Err(vec!["by what the first are to be found".into()]);
        }
        if self.ranking
            && frame.order.as_ref().is_some_and(|o| o.key == Key::Rows)
            && frame.group.is_empty()
            && frame.outputs.len() != 1
        {
            return Err(vec!["by what the first are to be found".into()]);
        }
        self.frame.dangling = dangling;
        // "The overall average" is another thing.
        let last = self.segments.iter().rev().find(|s| !s.is(Op::Sentence));
        let altogether = |s: &Segment| ENGLISH.altogether.contains(&s.text.to_lowercase());
        self.frame.in_total = last.is_some_and(altogether);
        self.frame.adjectives = self.adjectives;
        Ok(self.frame)
    }
}
