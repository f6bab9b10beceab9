//! Segments to a frame: one walk from left to right.
//!
//! Invariant: each step consumes at least one segment, and a segment is consumed only by what understands it. What no
//! step understands ends the walk with the words in question.

use super::super::language::{self, Aggregate, Op};
use super::super::mentions::annotate::Segment;
use super::super::schema::lexicon::Candidate;
use super::super::time::dates::Span;
use super::super::time::timewords::TimePhrase;
use super::frame::{Frame, Mention, MentionId, Role};

/// Where in the question the walk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// What is asked for.
    Select,
    /// What it must be like.
    Condition,
}

pub(crate) struct Parser<'a> {
    pub segments: &'a [Segment],
    pub at: usize,
    pub frame: Frame,
    pub mode: Mode,
    /// The segment before was "of", "in", "from" or the like.
    pub after_preposition: bool,
    /// The comparison whose aggregated rows the conditions from here on speak of.
    pub scope: Option<usize>,
    pub negated: bool,
    /// "or" stands between the last condition and the next.
    pub or: bool,
    /// "top" is waiting for what it ranks by.
    pub ranking: bool,
    /// Outputs from here on belong to the list that is being read.
    pub list_start: usize,
    /// "vs" waits for what comes after it.
    pub versus: bool,
    /// The spans of time that were read, with their words.
    pub spans: Vec<(Span, TimePhrase, String)>,
    /// "new" waits for its noun.
    pub new: bool,
    /// Mentions that an adjective names ("older"): their columns are known once the head is.
    pub adjectives: Vec<(MentionId, usize)>,
    /// The thing that does what the question asks about: "which city does the *customer* live in".
    pub subject: Option<MentionId>,
    /// What "whose" was said of: what follows is its own, if it has something of that name, or is its name.
    pub whose: Option<MentionId>,
    /// Where the conditions begin that are said of the whole after its part: "(solved tickets only)".
    pub whole_from: Option<usize>,
    /// The number of outputs when the first sentence ended, if another follows.
    pub sentence_start: usize,
}

/// The words that were not understood.
pub type NotUnderstood = Vec<String>;
pub(crate) type Step = Result<(), NotUnderstood>;

/// Reads the segments of a question.
///
/// # Errors
/// The words that are not understood, at least one.
pub fn parse(segments: &[Segment]) -> Result<Frame, NotUnderstood> {
    // What follows "starts with" or "contains" is text, whatever it is.
    let text = |i: usize| i > 0 && segments[i - 1].ops.iter().any(|o| matches!(o, Op::Like(_)));
    let word = |s: &Segment| s.text.chars().any(char::is_alphanumeric);
    let unknown: Vec<String> = (0..segments.len())
        .filter(|&i| segments[i].is_unknown() && word(&segments[i]) && !text(i))
        .filter(|&i| !super::super::refusals::whathappened::happens(segments, i))
        .map(|i| segments[i].text.clone())
        .collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let verb = |s: &&Segment| s.is(Op::Link) && s.quoted.is_none();
    let frame = Frame {
        timed_verb: super::dated::timed_verb(segments),
        to_date: segments.iter().any(super::dated::is_to_date),
        participles: super::super::refusals::modifiers::participles(segments),
        words: segments
            .iter()
            .flat_map(|s| language::stems(&s.text.to_lowercase()))
            .collect(),
        verbs: segments
            .iter()
            .filter(verb)
            .filter_map(super::dated::root_of_verb)
            .collect(),
        ..Frame::default()
    };
    let mut parser = Parser {
        segments,
        at: 0,
        frame,
        mode: Mode::Select,
        after_preposition: false,
        scope: None,
        negated: false,
        or: false,
        ranking: false,
        list_start: 0,
        versus: false,
        spans: Vec::new(),
        new: false,
        adjectives: Vec::new(),
        subject: None,
        sentence_start: 0,
        whole_from: None,
        whose: None,
    };
    while parser.at < segments.len() {
        let before = parser.at;
        parser.step()?;
        if parser.at <= before {
            return Err(vec![segments[before].text.clone()]);
        }
    }
    if parser.negated {
        return Err(vec!["not".into()]);
    }
    parser.finish()
}

impl<'a> Parser<'a> {
    pub(crate) fn segment(&self, ahead: usize) -> Option<&'a Segment> {
        self.segments.get(self.at + ahead)
    }

    pub(crate) fn is(&self, ahead: usize, op: Op) -> bool {
        self.segment(ahead).is_some_and(|s| s.is(op))
    }

    /// The word that no step understands; at a mark the last one before it.
    pub(crate) fn fail<T>(&self) -> Result<T, NotUnderstood> {
        let word = |s: &&Segment| s.text.chars().any(char::is_alphanumeric);
        let here = self.segments.get(..=self.at).unwrap_or_default();
        Err(vec![here.iter().rfind(word).map_or_else(
            || "the end of the question".to_owned(),
            |s| s.text.clone(),
        )])
    }

    /// A word of the grammar that has no other meaning here.
    pub(crate) fn is_filler(&self, ahead: usize) -> bool {
        self.segment(ahead).is_some_and(|s| {
            !self.is_name(s)
                && s.values.is_empty()
                && s.time.is_none()
                && s.quoted.is_none()
                && s.ops.contains(&Op::Filler)
        })
    }

    pub(crate) fn skip_fillers(&mut self) {
        while self.is_filler(0) || self.is(0, Op::Of) || self.is(0, Op::Combined) {
            self.frame.combined |= self.is(0, Op::Combined);
            self.at += 1;
        }
    }

    /// Names something of the catalog, rather than doing something in the sentence.
    pub(crate) fn is_name(&self, segment: &Segment) -> bool {
        let Some(best) = segment.names.first() else {
            return false;
        };
        let value = segment
            .values
            .first()
            .is_some_and(|v| !matches!(v.found, crate::catalog::model::ValueMatch::Near(_)));
        if segment.unit.is_some() && best.score < 0.9 {
            return false;
        }
        if segment.quoted.is_some() || (value && best.score < 0.8) || segment.adjective.is_some() {
            return false;
        }
        let working = segment.ops.iter().any(|o| {
            !matches!(
                o,
                Op::Link | Op::Rows | Op::Tail | Op::AmountTail | Op::Whole
            )
        });
        let linking = segment.is(Op::Link)
            && (best.score < 0.75 && !self.takes_noun(segment) || self.after_pronoun(segment));
        (!working
            || best.score >= 0.93
                && !segment.ops.iter().any(|o| {
                    matches!(
                        o,
                        Op::Filler | Op::And | Op::Of | Op::Preposition | Op::With | Op::By
                    )
                }))
            && !linking
    }

    fn step(&mut self) -> Step {
        let Some(segment) = self.segment(0) else {
            return Ok(());
        };
        if segment.is(Op::Sentence) || self.lists_columns() {
            self.sentence_ends();
            return Ok(());
        }
        self.note_whole();
        if self.attaches_columns() || self.listed_unit() || self.groups_again() {
            return Ok(());
        }
        if let Some(read) = self.recurs(segment) {
            return read;
        }
        if let Some(time) = segment.time.as_ref().filter(|t| t.each.is_none()) {
            return self.time(time);
        }
        if let Some(read) = self.change(segment) {
            return read;
        }
        if let Some(read) = self.said_of_number() {
            return read;
        }
        if segment.is(Op::Versus) && !self.is_name(segment) {
            return self.versus();
        }
        if let Some(shape) = self.shape() {
            return self.begin_shape(shape);
        }
        if segment.is(Op::Whole) && segment.last > segment.first + 1 && !self.is_name(segment) {
            // Said of one thing alone; see `finish`.
            self.frame.whole = true;
            self.at += 1;
            return Ok(());
        }
        if let Some(length) = self.window() {
            self.at += length;
            return Ok(());
        }
        if let Some(read) = self.extreme_after() {
            return read;
        }
        if self.is_name(segment) && !self.aggregates_next(segment) {
            return self.name();
        }
        if self.lists_each() {
            return Ok(());
        }
        if segment.is(Op::Each) {
            self.hear_each(segment);
            return self.group();
        }
        if segment.is(Op::By) {
            self.at += 1;
            return self.by();
        }
        if segment.is(Op::Order) || segment.is(Op::Descending) || segment.is(Op::Ascending) {
            // "sort the customers by age": what is sorted comes first.
            let asks = self.frame.outputs.is_empty() && self.frame.head.is_none();
            let again = |s: &Segment| {
                s.is(Op::By) || s.is(Op::Order) || s.is(Op::Descending) || s.is(Op::Ascending)
            };
            if asks && segment.is(Op::Order) && self.segments[self.at + 1..].iter().any(again) {
                self.at += 1;
                return Ok(());
            }
            return self.order();
        }
        if self.is_listed_request(segment) {
            return if segment.names.is_empty() {
                self.fail()
            } else {
                self.name()
            };
        }
        if segment.is(Op::Combined) && !self.is_name(segment) {
            self.frame.combined = true;
            self.at += 1;
            return Ok(());
        }
        if self.asks_for_one_date() {
            return self.fail();
        }
        if let Some(unit) = segment.unit {
            return self.by_period(unit);
        }
        if segment.is(Op::Trend) {
            self.frame.trend = true;
            self.at += 1;
            return Ok(());
        }
        if let Some(read) = self.orders_first(segment) {
            return read;
        }
        if let Some(read) = self.compared_aggregate(segment) {
            return read;
        }
        if self.lists_functions(segment) {
            return self.aggregate();
        }
        if self.ranks(segment) {
            return self.ranked();
        }
        if segment.is(Op::Count) {
            return self.count();
        }
        let extreme = segment
            .ops
            .iter()
            .any(|o| matches!(o, Op::Aggregate(Aggregate::Max | Aggregate::Min)));
        if extreme
            && self.mode == Mode::Condition
            && !self.frame.outputs.is_empty()
            && !self.frame.superlative
        {
            return self.superlative();
        }
        if segment.ops.iter().any(|o| matches!(o, Op::Aggregate(_))) {
            return self.aggregate();
        }
        if let Some(read) = self.promise_kept().or_else(|| self.dates_compared()) {
            return read;
        }
        if let Some(of) = self.contained_in(segment) {
            self.mode = Mode::Condition;
            return self.condition_on(of);
        }
        if segment.adjective.is_some() || self.compares(0) || segment.is(Op::Always) {
            return self.comparison(None);
        }
        if segment.is(Op::Without) || segment.is(Op::Never) || segment.is(Op::Not) {
            return self.negation();
        }
        if !segment.values.is_empty()
            && (segment.quoted.is_none() || self.after_preposition)
            && self.segment(1).is_some_and(|s| self.is_name(s))
            && !segment.possessive
        {
            return self.name();
        }
        if !segment.values.is_empty() || segment.quoted.is_some() {
            return self.stored_state();
        }
        if segment.number.is_some() {
            return self.number();
        }
        self.connective(segment)
    }

    /// Words between the parts.
    fn connective(&mut self, segment: &Segment) -> Step {
        if self.happened() || self.opaque_verb() || self.points_back() || self.only_once() {
            return Ok(());
        }
        self.at += 1;
        if segment.is(Op::Whose) {
            let last = self.frame.mentions.len().checked_sub(1);
            self.whose = last;
            // "whose research has been published": what is had is no value.
            let name = |k: usize| self.segment(k).is_some_and(|s| self.is_name(s));
            let value = |s: &Segment| !s.values.is_empty() && s.quoted.is_none();
            if self.segment(0).is_some_and(value) && !name(0) && !name(1) {
                return self.fail();
            }
        }
        if segment.is(Op::Relative) {
            if !self.frame.outputs.is_empty() {
                self.mode = Mode::Condition;
            }
            self.part_begins();
        }
        if segment.is(Op::Distinct) {
            self.frame.distinct = true;
        } else if segment.is(Op::Pivot) {
            self.frame.pivot = true;
            self.note(segment, "a column for each value of the last dimension");
        } else if self.lists_with(segment) {
            self.show_beside();
        } else if segment.is(Op::With)
            && (!segment.is(Op::Ask) || !self.frame.outputs.is_empty() || self.frame.head.is_some())
        {
            self.mode = Mode::Condition;
            self.part_begins();
        } else if segment.is(Op::Or) {
            self.or = true;
            return Ok(());
        } else if segment.is(Op::Ask)
            && !segment.is(Op::Link)
            && !segment.is(Op::Filler)
            && !self.may_ask()
        {
            self.at -= 1;
            return self.fail();
        } else if segment.is(Op::Ask) && self.may_ask() {
            self.mode = Mode::Select;
        } else if segment.is(Op::Preposition) && self.unit_of_measure() {
            // "length in meters"
        } else if segment.is(Op::Of) || segment.is(Op::Preposition) {
            self.after_preposition = true;
            return Ok(());
        } else if segment.is(Op::Link)
            && !segment.is(Op::Filler)
            && (self.after_determiner() || self.is(0, Op::And) && self.denied_beside())
        {
            self.at -= 1;
            return self.fail();
        } else if segment.is(Op::Link) {
            // A verb between a thing and what it belongs to.
            if !self.frame.outputs.is_empty() {
                self.mode = Mode::Condition;
            }
        } else if segment.is(Op::Both) {
            let value = |k: usize| self.segment(k).is_some_and(|s| !s.values.is_empty());
            let joins = self.is_filler(0) || self.is(0, Op::Preposition);
            let values = value(0) || joins && value(1);
            self.frame.both |= self.mode == Mode::Condition || values;
        } else if segment.is(Op::Filler)
            && language::ENGLISH
                .copulas
                .contains(&segment.text.to_lowercase())
            && !self.frame.outputs.is_empty()
        {
            self.mode = Mode::Condition;
            self.part_begins();
        } else if segment.is(Op::And) && self.frame.denied.is_some() {
            self.frame
                .denied_until
                .get_or_insert(self.frame.conditions.len());
        } else if segment.is(Op::Filler)
            || segment.is(Op::And)
            || segment.is(Op::Both)
            || segment.is(Op::Rows)
            || segment.is(Op::Than)
            || segment.is(Op::Compared)
        {
            self.frame.compared |= segment.is(Op::Compared);
            return Ok(());
        } else if segment.text.chars().any(char::is_alphanumeric) {
            self.at -= 1;
            return self.fail();
        }
        Ok(())
    }

    /// "total" before a measure is the sum of it, even where a column is called "total" as well.
    pub(crate) fn aggregates_next(&self, segment: &Segment) -> bool {
        let working = segment.ops.iter().any(|o| {
            matches!(
                o,
                Op::Aggregate(_) | Op::Count | Op::Most | Op::Least | Op::Top | Op::Latest
            )
        });
        working
            && (1..=2).any(|k| {
                self.segment(k).is_some_and(|s| self.is_name(s))
                    && (1..k).all(|j| self.is_filler(j) || self.is(j, Op::Of))
            })
    }

    /// A word that asks for the first of an order.
    pub(crate) fn ranks(&self, segment: &Segment) -> bool {
        let word = segment.ops.iter().any(|o| {
            matches!(
                o,
                Op::Most
                    | Op::Least
                    | Op::Common
                    | Op::Uncommon
                    | Op::Top
                    | Op::Bottom
                    | Op::Latest
                    | Op::Earliest
            )
        });
        word || segment
            .adjective
            .is_some_and(|(_, superlative)| superlative)
    }

    pub(crate) fn note(&mut self, segment: &Segment, reading: &str) {
        self.frame
            .notes
            .push((segment.text.clone(), reading.to_owned()));
    }

    pub(crate) fn mention(
        &mut self,
        text: &str,
        role: Role,
        candidates: Vec<Candidate>,
        of: Option<MentionId>,
    ) -> MentionId {
        self.frame.mentions.push(Mention {
            text: text.to_owned(),
            role,
            candidates,
            of,
            near: self.frame.mentions.len().checked_sub(1),
            apart: false,
            by: false,
        });
        self.frame.mentions.len() - 1
    }
}
