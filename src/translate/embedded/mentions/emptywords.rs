//! Words that say nothing of their own: "still" before a state ("still unpaid", "on display right now"), and what a question speaks of as a
//! whole ("salaries in the company", "albums in our catalogue", "classes on the timetable" where the comment says so of all classes). And a word that says that there is none, where a column is called so as
//! well: "but no venue" beside `venue_no`.
//!
//! Invariant: a word that says of a state that it lasts is passed over only beside a state that a value or a column of yes and no tells; by
//! itself it could leave rows out. A whole is passed over only where its noun names nothing of the catalog and nothing is said of it.

use super::super::language::{ENGLISH, Op};
use super::super::schema::lexicon::Target;
use super::annotate::Segment;
use crate::catalog::model::{Catalog, TypeClass, ValueMatch};
use crate::question::tokens::{Token, tokenize};

/// A name that stands for its table so well is what it is called.
const CALLED: f32 = 0.9;

/// Makes such words fillers, and those of them that may say more words that nothing understands.
pub(crate) fn pass_over(segments: &mut Vec<Segment>, catalog: &Catalog) {
    for i in 0..segments.len() {
        let said = |s: &Segment| s.names.is_empty() && s.values.is_empty() && s.quoted.is_none();
        if !segments[i].is(Op::Lasting) || !said(&segments[i]) {
            continue;
        }
        let small = |s: &&Segment| s.is(Op::Filler) && s.values.is_empty();
        let after = segments[i + 1..].iter().find(|s| !small(s));
        let before = segments[..i].iter().rev().find(|s| !small(s));
        let beside = [after, before].into_iter().flatten();
        let state = beside.into_iter().any(|s| is_state(s, catalog));
        segments[i].ops = if state { vec![Op::Filler] } else { Vec::new() };
    }
    for i in 0..segments.len() {
        let named = |s: &Segment| s.is_unknown() || !s.names.is_empty() || !s.values.is_empty();
        let noun = segments.get(i + 1).is_some_and(named);
        let of_noun = i > 0 && !segments[i - 1].names.is_empty();
        let denies = segments[i].is(Op::Without)
            && ENGLISH.no_words.contains(&segments[i].text.to_lowercase());
        if denies && noun && !of_noun {
            segments[i].names.clear();
        }
    }
    let mut i = 0;
    while i < segments.len() {
        let told = told(segments, i, catalog);
        if let Some(first) = whole(segments, i).or(told) {
            let text: Vec<String> = segments[first..=i].iter().map(|s| s.text.clone()).collect();
            let passed = Segment {
                first: segments[first].first,
                last: segments[i].last,
                text: text.join(" "),
                ops: vec![Op::Filler],
                ..Segment::default()
            };
            segments.splice(first..=i, [passed]);
            i = first;
        }
        i += 1;
    }
}

/// Where "on the timetable" begins, which ends there, after a thing whose comment says just that of all of its rows: "Weekly classes on
/// the timetable".
fn told(segments: &[Segment], last: usize, catalog: &Catalog) -> Option<usize> {
    let unknown = |s: &Segment| {
        s.values.is_empty() && s.quoted.is_none() && s.number.is_none() && s.time.is_none()
    };
    let goes_on = |s: &Segment| s.is_unknown() || !s.names.is_empty();
    let ends = !segments.get(last + 1).is_some_and(goes_on);
    let from = (0..last).rev().find(|i| segments[*i].is(Op::Preposition))?;
    let words = &segments[from..=last];
    let thing = segments[..from].last()?.names.first()?;
    let Target::Table(table) = thing.target else {
        return None;
    };
    let strange = words[1..].iter().any(Segment::is_unknown);
    if !ends || !strange || thing.score < CALLED || !words.iter().all(unknown) {
        return None;
    }
    let article = |t: &Token| ENGLISH.articles.contains(&t.lower);
    let stems = |text: &str| -> Vec<String> {
        let tokens = tokenize(text).into_iter().filter(|t| !article(t));
        tokens.map(|t| t.stem).collect()
    };
    let said: Vec<String> = words.iter().flat_map(|s| stems(&s.text)).collect();
    let comment = stems(catalog.tables[table].comment.as_deref()?);
    let whole = said.len() > 1 && comment.windows(said.len()).any(|w| w == said);
    whole.then_some(from)
}

/// A stored value, or a column of yes and no.
fn is_state(segment: &Segment, catalog: &Catalog) -> bool {
    let flag = |target: &Target| match target {
        Target::Column(at) => catalog.column(*at).class == TypeClass::Boolean,
        _ => false,
    };
    let value = segment
        .values
        .iter()
        .any(|v| !matches!(v.found, ValueMatch::Near(_)));
    let denied = segment.is(Op::Not) && segment.names.is_empty();
    value || denied || segment.names.iter().any(|c| flag(&c.target))
}

/// Where "in the company" begins, whose noun stands there.
fn whole(segments: &[Segment], noun: usize) -> Option<usize> {
    let segment = &segments[noun];
    let stem = crate::question::tokens::stem(&segment.text.to_lowercase());
    let unknown = segment.names.is_empty()
        && segment.values.is_empty()
        && segment.quoted.is_none()
        && segment.ops.is_empty();
    if !unknown || segment.possessive || !ENGLISH.surroundings.contains(&stem) {
        return None;
    }
    // "in the company car" speaks of something else.
    let goes_on = |s: &Segment| {
        s.is_unknown() || !s.names.is_empty() || !s.values.is_empty() || s.number.is_some()
    };
    if segments.get(noun + 1).is_some_and(goes_on) {
        return None;
    }
    let words = |s: &&Segment| s.names.is_empty() && s.values.is_empty();
    let own = segments.get(noun.checked_sub(1)?).filter(words)?;
    let text = own.text.to_lowercase();
    // "in the" may be one phrase.
    let ends = |w: &String| {
        text.strip_suffix(w.as_str())
            .is_some_and(|r| r.ends_with(' '))
    };
    if own.is(Op::Preposition) && ENGLISH.own_words.iter().any(ends) {
        return Some(noun - 1);
    }
    let place = segments.get(noun.checked_sub(2)?).filter(words)?;
    let owned = ENGLISH.own_words.contains(&text);
    (owned && place.is(Op::Preposition)).then_some(noun - 2)
}
