//! What was to be done by a day: "delivered late", "tickets solved on time", "the on-time delivery rate".
//!
//! Invariant: the date of what was done is the one that the verb names, and the promised one is a date of the same rows that is called
//! so ("due", "promised", "deadline"). Where either is not there, or there are several, the question is refused.

use super::super::language::{Comparison, ENGLISH, Op, stems};
use super::super::mentions::annotate::Segment;
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::super::schema::nature::Nature;
use super::frame::{Condition, Operand, Role};
use super::parse::{Mode, Parser, Step};
use crate::catalog::model::ColumnRef;

/// How well such a word stands for a promised date: too little for a noun.
const PROMISED: f32 = 0.85;

/// Gives "late" and "on time" the dates that something was promised for.
pub(crate) fn name_dates(segments: &mut [Segment], lexicon: &Lexicon) {
    for at in 0..segments.len() {
        let kept = segments[at].is(Op::Late) || segments[at].is(Op::OnTime);
        if kept {
            segments[at].names = promised(lexicon);
        }
        if at > 0 && is_due(&segments[at], lexicon) && timed_after(segments, at) {
            (segments[at].names, segments[at].ops) = (Vec::new(), vec![Op::Link]);
        }
        let compared = segments[at].is(Op::Later) || segments[at].is(Op::Earlier);
        let day = || segments[at + 1..].iter().find(|s| !s.names.is_empty());
        let date = |c: &Candidate| is_date(lexicon, c);
        if kept || compared && day().is_some_and(|s| s.names.first().is_some_and(date)) {
            only_dates(segments, at, lexicon);
        }
    }
}

/// "Payments *due* this month": a verb of the day that is called so, and no amount that is due.
fn is_due(segment: &Segment, lexicon: &Lexicon) -> bool {
    let said = stems(&segment.text.to_lowercase());
    let due = matches!(&said[..], [word] if ENGLISH.due.contains(word));
    due && segment.names.iter().any(|c| is_date(lexicon, c))
}

/// A time follows.
fn timed_after(segments: &[Segment], at: usize) -> bool {
    let helps = |s: &&Segment| s.names.is_empty() && (s.is(Op::Preposition) || s.is(Op::Filler));
    let said = segments[at + 1..].iter().find(|s| !helps(s));
    said.is_some_and(|s| s.time.is_some())
}

fn is_date(lexicon: &Lexicon, candidate: &Candidate) -> bool {
    matches!(candidate.target, Target::Column(at) if lexicon.nature(at) == Nature::Date)
}

/// "Paid late" is when it was paid, and not how much.
fn only_dates(segments: &mut [Segment], at: usize, lexicon: &Lexicon) {
    let Some(verb) = at.checked_sub(1).map(|i| &mut segments[i]) else {
        return;
    };
    let inflected = verb.is(Op::Link) || ENGLISH.ends_as_verb(&verb.text.to_lowercase());
    if inflected && verb.names.iter().any(|c| is_date(lexicon, c)) {
        verb.names.retain(|c| is_date(lexicon, c));
    }
}

/// The dates of all tables that something was promised for.
fn promised(lexicon: &Lexicon) -> Vec<Candidate> {
    let tables = lexicon.tables.iter().enumerate();
    let columns = tables.flat_map(|(table, words)| {
        let columns = 0..words.columns.len();
        columns
            .filter(|&c| words.natures[c] == Nature::Date && is_promised(&words.columns[c]))
            .map(move |column| ColumnRef { table, column })
    });
    let candidate = |at| Candidate {
        target: Target::Column(at),
        score: PROMISED,
    };
    columns.map(candidate).collect()
}

/// Whether the name of a date says that something was promised for it.
pub(crate) fn is_promised(stems: &[String]) -> bool {
    stems.iter().any(|s| ENGLISH.promised.contains(s))
}

impl Parser<'_> {
    /// "*delivered* late": a comparison of two dates of a row, if one stands here.
    pub(crate) fn promise_kept(&mut self) -> Option<Step> {
        let segment = self.segment(0)?;
        let late = segment.is(Op::Late);
        if !late && !segment.is(Op::OnTime) || self.frame.outputs.is_empty() {
            return None;
        }
        if segment.names.is_empty() {
            return Some(self.fail());
        }
        let left = self.flagged().or_else(|| self.date_of_verb());
        let Some(left) = left else {
            // "Orders that were late": a state of theirs, where it is one.
            let state = !segment.values.is_empty();
            return if state { None } else { Some(self.fail()) };
        };
        let negated = std::mem::take(&mut self.negated);
        let names = segment.names.clone();
        let right = self.mention(&segment.text, Role::Any, names, None);
        self.at += 1;
        self.mode = Mode::Condition;
        // "the on-time delivery rate" is of what was delivered.
        if self.segments[..self.at]
            .iter()
            .any(|s| s.is(Op::Percent) && super::super::mentions::rates::is_rate(s))
        {
            self.push(Condition::Null {
                of: left,
                negated: true,
            });
        }
        self.part_begins_once();
        self.push(Condition::Compare {
            left: Some(left),
            op: if late != negated {
                Comparison::Greater
            } else {
                Comparison::LessOrEqual
            },
            right: Operand::Mention(right),
        });
        self.note(segment, "compared with the day that it was promised for");
        Some(Ok(()))
    }
}
