//! Columns that are listed after a comma: "customers in Rome without a loyalty card, full name and email".
//!
//! Invariant: the comma is read as a colon only where what follows is made of names to the end of the sentence, where it begins with the
//! name of the thing that the question is about, and where no other list stands before it. A thing never lacks its name, so that such a
//! list says no more of what is asked for.

use super::super::language::{ENGLISH, Op};
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::annotate::Segment;

/// What opens a list of columns.
const COLON: &str = ":";

/// Writes a colon for the comma before such a list.
pub(crate) fn open(segments: &mut [Segment], lexicon: &Lexicon) {
    let Some(thing) = subject(segments) else {
        return;
    };
    let sentence = |s: &Segment| s.is(Op::Sentence) && s.names.is_empty() || s.text == COLON;
    let end = segments.iter().position(sentence).unwrap_or(segments.len());
    let comma = |s: &Segment| s.text == ",";
    let Some(at) = (1..end).find(|&i| comma(&segments[i])) else {
        return;
    };
    // Something is said of the things before.
    let told = segments[..at].iter().any(|s| {
        let with = s.is(Op::With) && !s.is(Op::Ask);
        with || s.is(Op::Without)
            || s.is(Op::Never)
            || s.is(Op::Preposition)
            || s.time.is_some()
            || !s.values.is_empty()
    });
    let listed = segments[..at].iter().any(|s| {
        let asked = s.is(Op::Count) || s.ops.iter().any(|o| matches!(o, Op::Aggregate(_)));
        asked || s.is(Op::Each) || s.is(Op::By)
    });
    let own_list = segments[..at].iter().any(|s| {
        let text = s.text.to_lowercase();
        ENGLISH.possessives.contains(&text)
    });
    if !told || own_list || listed {
        return;
    }
    let list = &segments[at + 1..end];
    let column = |c: &Candidate| matches!(c.target, Target::Column(_) | Target::Table(_));
    let item = |s: &Segment| {
        s.names.first().is_some_and(column)
            || s.is(Op::And)
            || s.is(Op::Count)
            || s.is(Op::Of)
            || s.is(Op::Filler) && s.values.is_empty()
    };
    let opens = list
        .iter()
        .find(|s| !s.is(Op::Filler) || !s.names.is_empty());
    let display = &lexicon.tables[thing].display;
    let named = |c: &Candidate| match c.target {
        Target::Column(of) => of.table == thing && display.contains(&of.column),
        _ => false,
    };
    let name = opens.is_some_and(|s| s.values.is_empty() && s.names.iter().any(named));
    let several = list.iter().any(|s| s.is(Op::And));
    if name && several && list.iter().all(item) {
        COLON.clone_into(&mut segments[at].text);
        segments[at].ops.clear();
    }
}

/// The table that a question is about: the first name in it, after what asks for it.
fn subject(segments: &[Segment]) -> Option<usize> {
    let small =
        |s: &&Segment| (s.is(Op::Ask) || s.is(Op::Filler) || s.is(Op::Of)) && s.names.is_empty();
    let first = segments.iter().find(|s| !small(s))?;
    match first.names.first()?.target {
        Target::Table(table) => Some(table),
        _ => None,
    }
}
