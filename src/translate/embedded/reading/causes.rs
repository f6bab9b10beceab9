//! Questions why something changed: "why did sales drop last month", "what explains the growth of revenue by region".
//!
//! Invariant: words such as "drop" and "up" mean a change only in a question that begins by asking for reasons. Everywhere else
//! they stay what they are, or are not understood.

use super::super::language::{ENGLISH, Op};
use super::super::mentions::annotate::Segment;
use super::super::time::namedspans::Clock;
use super::super::time::ranges;
use super::parse::{Mode, Parser, Step};
use crate::question::tokens::Token;

/// A name that is written so in the catalog is that name.
const NAMED: f32 = 0.9;

/// Marks the words that ask for reasons and the one that says what changed, where a question has both. A range of time then names
/// the two periods that are compared: "from February to March".
pub(crate) fn hear(tokens: &[Token], segments: &mut Vec<Segment>, clock: Clock) {
    let Some(length) = asks(tokens) else { return };
    // "for the", half of which belongs to "reasons for", says nothing more.
    let over = |s: &Segment| s.first < length && s.names.is_empty() && s.values.is_empty();
    let begins = match segments.iter().position(|s| s.last > length) {
        Some(i) if segments[i].first == length => i,
        Some(i) if over(&segments[i]) => i + 1,
        _ => return,
    };
    let changes = |s: &&Segment| {
        let article = ENGLISH.articles.contains(&tokens[s.first].lower);
        let mut own = tokens[s.first..s.last].iter().skip(usize::from(article));
        let ends =
            |t: &Token| ENGLISH.of_words.contains(&t.lower) || ENGLISH.in_words.contains(&t.lower);
        own.next()
            .is_some_and(|t| ENGLISH.changes.contains(&t.lower))
            && own.all(ends)
    };
    let named = |s: &&Segment| s.names.first().is_some_and(|name| name.score > NAMED);
    let after = || segments[begins..].iter();
    let change = after()
        .find(|s| changes(s) && !named(s))
        .or_else(|| after().find(changes));
    let Some(change) = change.map(|s| s.first) else {
        return;
    };
    let mut heard = vec![Segment {
        last: length,
        text: words(tokens, 0, length),
        ops: vec![Op::Why],
        ..Segment::default()
    }];
    for segment in segments.drain(..).skip(begins) {
        let plain = |op: Op| Segment {
            first: segment.first,
            last: segment.last,
            text: segment.text.clone(),
            ops: vec![op],
            ..Segment::default()
        };
        let own = &tokens[segment.first..segment.last];
        if segment.first == change {
            heard.push(plain(Op::Change));
        } else if segment.is_unknown() && ENGLISH.change_manners.contains(&own[0].lower) {
            heard.push(plain(Op::Filler));
        } else if segment.is(Op::Than) {
            heard.push(plain(Op::Versus));
        } else if segment.time.is_some()
            && let Some(times) = ranges::both_ends(own, clock)
        {
            let [first, second] = times.map(|time| Segment {
                time: Some(time),
                ..plain(Op::Filler)
            });
            heard.extend([first, plain(Op::Versus), second]);
        } else {
            heard.push(segment);
        }
    }
    *segments = heard;
}

/// How many tokens at the start ask for reasons.
fn asks(tokens: &[Token]) -> Option<usize> {
    let longest = ENGLISH.whys.iter().map(|w| w.split(' ').count()).max()?;
    (1..=longest.min(tokens.len()))
        .rev()
        .find(|&n| ENGLISH.whys.contains(&words(tokens, 0, n)))
}

fn words(tokens: &[Token], from: usize, to: usize) -> String {
    let words: Vec<&str> = tokens[from..to].iter().map(|t| t.lower.as_str()).collect();
    words.join(" ")
}

impl Parser<'_> {
    /// "why did" and "drop", as [`hear`] marks them.
    pub(crate) fn change(&mut self, segment: &Segment) -> Option<Step> {
        if segment.is(Op::Why) {
            self.frame.why = true;
            self.note(segment, "what each part contributed to a change");
        } else if segment.is(Op::Change) && self.frame.why {
            self.note(segment, "the difference of two periods");
            // What limits the rows may come now, and what they are split by.
            self.mode = Mode::Select;
            self.after_preposition = false;
            if self.frame.outputs.is_empty() && (self.is(1, Op::Preposition) || self.is(1, Op::Of))
            {
                self.at += 1;
            }
        } else {
            return None;
        }
        self.at += 1;
        Some(Ok(()))
    }

    /// What changed is a measure, or the number of things.
    pub(crate) fn finish_why(&mut self) {
        if self.frame.why {
            self.measure_outputs();
        }
    }
}
