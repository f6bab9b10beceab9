//! What each span of the question may mean: the best cover of the tokens by phrases, names, stored values and times.
//!
//! Invariant: every token is inside exactly one segment. A segment without any meaning is a word that is not understood.

use super::super::language::wordclass::{asked_for, inflected, is_functional, links, says_what};
use super::super::language::{ENGLISH, Op};
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::super::time::dates::Unit;
use super::super::time::namedspans::Clock;
use super::super::time::timewords::{self, TimePhrase};
use super::crowded::Names;
use super::lookups::Stored;
use super::spans::{
    coded, cuts_comparison, firmness, headcount, is_state, names_amount, places, properties,
    says_which, shared_noun,
};
use super::wordings::wordings;
use crate::catalog::model::{StoredValue, ValueMatch, Values};
use crate::question::numbers::Number;
use crate::question::tokens::{Token, TokenKind};

/// A span of the question and all that it may mean.
#[derive(Clone, Debug, Default)]
pub struct Segment {
    /// Tokens `first..last`.
    pub first: usize,
    pub last: usize,
    /// As it was typed.
    pub text: String,
    pub ops: Vec<Op>,
    pub names: Vec<Candidate>,
    pub values: Vec<StoredValue>,
    /// Where `values` are the first names of persons in quotation marks: their last names.
    pub last_names: Vec<StoredValue>,
    pub number: Option<Number>,
    pub quoted: Option<String>,
    pub time: Option<TimePhrase>,
    pub unit: Option<Unit>,
    /// An adjective of the language, in its comparative (false) or superlative (true) form.
    pub adjective: Option<(usize, bool)>,
    pub possessive: bool,
    /// Where it is a unit right after a number: the columns that are measured in it, or in what it is converted to.
    pub measured: Option<Vec<Candidate>>,
    /// A mark that is written right before it and means nothing in a sentence: the slash of "/travel".
    pub mark: Option<char>,
}

impl Segment {
    /// Whether it may do this.
    pub fn is(&self, op: Op) -> bool {
        self.ops.contains(&op)
    }

    /// Nothing is known of it.
    pub fn is_unknown(&self) -> bool {
        self.ops.is_empty()
            && self.names.is_empty()
            && self.values.is_empty()
            && self.number.is_none()
            && self.quoted.is_none()
            && self.time.is_none()
            && self.unit.is_none()
            && self.adjective.is_none()
            && self.measured.is_none()
    }
}

/// The longest phrase that is looked up as a name or value, in tokens.
pub(crate) const MAX_PHRASE: usize = 6;
/// The weight of a word that only shares its root with a name.
const ROOT: f32 = 0.4;
/// A name from this score on is a name as it stands in the catalog, not what means the same.
pub(crate) const WHOLE: f32 = 0.95;

/// Covers the tokens with segments.
pub fn annotate(
    text: &str,
    tokens: &[Token],
    lexicon: &Lexicon,
    values: &dyn Values,
    clock: Clock,
) -> Vec<Segment> {
    let mut spans: Vec<Vec<(f32, Segment)>> = Vec::with_capacity(tokens.len());
    let mut stored = Stored::look_up(text, tokens, lexicon, values);
    let mut names = Names::new(tokens, lexicon);
    for at in 0..tokens.len() {
        let mut here: Vec<(f32, Segment)> = Vec::new();
        for length in 1..=MAX_PHRASE.min(tokens.len() - at) {
            if let Some(found) = span(text, tokens, at, length, &mut names, &stored) {
                here.push(found);
            }
        }
        if let Some(shared) = shared_noun(text, tokens, at, lexicon) {
            here.retain(|(_, s)| s.last != at + 1);
            here.push((2.8, shared));
        }
        for (length, ops) in ENGLISH.phrases_at(tokens, at) {
            // "US" is no "us".
            let shout = length == 1
                && tokens[at].end - tokens[at].start > 1
                && text[tokens[at].start..tokens[at].end]
                    .chars()
                    .all(|c| c.is_ascii_uppercase());
            // Nor is the grade "A" an article.
            let is_letter = |t: usize| t > 0 && &text[tokens[t].start..tokens[t].end] == "A";
            let letter = (at..at + length).any(is_letter);
            let noun = |(_, s): &(f32, Segment)| s.last == at + 1 && !s.names.is_empty();
            let asked = length == 1 && asked_for(tokens, at) && here.iter().any(noun);
            if asked
                || (shout || letter) && text.chars().any(char::is_lowercase)
                || here.iter().any(|(w, s)| *w == 2.8 && s.last == at + length)
            {
                continue;
            }
            if length > 1 && ops.contains(&Op::Count) && names_amount(&tokens[at], &here) {
                continue;
            }
            // An article binds no closer to a phrase than to a name: "the max temperature".
            let article = length > 1 && ENGLISH.articles.contains(&tokens[at].lower);
            let weight = weigh(length - usize::from(article), firmness(length, ops))
                + f32::from(u8::from(article));
            merge(&mut here, text, tokens, at, length, weight, |s| {
                s.ops.extend(ops.iter().copied())
            });
        }
        for (_, segment) in &mut here {
            // "participate in" is a verb, also where a table is called so.
            if segment.last > at + 1
                && segment.ops.is_empty()
                && links(&tokens[at])
                && is_functional(&tokens[segment.last - 1])
            {
                segment.ops.push(Op::Link);
            }
            if segment.is(Op::Place) && at == 0 {
                segment.ops.clear();
                segment.names = places(lexicon);
            }
        }
        if let Some(asked) = headcount(text, tokens, at, lexicon) {
            here.retain(|(_, s)| s.last != asked.last);
            here.push((1.0, asked));
        }
        if let Some(asked) = properties(text, tokens, at, lexicon) {
            here.retain(|(_, s)| s.last != asked.last);
            here.push((weigh(asked.last - at, 1.3), asked));
        }
        if let Some(found) = coded(&tokens[at].lower, lexicon, values) {
            merge(&mut here, text, tokens, at, 1, 1.0, |s| {
                if s.values
                    .iter()
                    .all(|v| matches!(v.found, ValueMatch::Near(_)))
                {
                    s.values = found;
                }
            });
        }
        super::placenames::stored_otherwise(&mut here, text, tokens, at, lexicon, values);
        // "started" says what trips did, whatever else is called after a start.
        for (_, segment) in &mut here {
            let plural = at > 0
                && tokens[at - 1].is_word()
                && super::super::language::ends_as_plural(&tokens[at - 1].lower);
            let verb =
                |c: &Candidate| c.score < 0.75 || plural && matches!(c.target, Target::Table(_));
            let partial = segment.names.first().is_some_and(verb);
            if segment.last == at + 1 && segment.ops.is_empty() && partial && inflected(&tokens[at])
            {
                segment.ops.push(Op::Link);
            }
        }
        // A word of the grammar is no stored value, unless it is written just like one: "based" is not BASE.
        for (_, segment) in &mut here {
            let written = segment.text.starts_with(char::is_uppercase) && segment.first > 0;
            if segment.quoted.is_none() && !segment.ops.is_empty() && !written {
                let said = says_which(tokens, segment, lexicon);
                segment.values.retain(|v| {
                    matches!(v.found, ValueMatch::Exact | ValueMatch::Segment(_))
                        || said == Some(v.column.table)
                        || is_state(tokens, at, v, lexicon)
                });
                if segment.values.iter().any(|v| said == Some(v.column.table)) {
                    segment.ops.clear();
                }
            }
        }
        if let Some((length, time)) = timewords::phrase(tokens, at, clock) {
            merge(
                &mut here,
                text,
                tokens,
                at,
                length,
                weigh(length, 1.3),
                |s| s.time = Some(time),
            );
        }
        if let Some((length, unit)) = timewords::unit_of(tokens, at, clock) {
            merge(
                &mut here,
                text,
                tokens,
                at,
                length,
                weigh(length, 1.0),
                |s| s.unit = Some(unit),
            );
        }
        if let Some((length, number)) = number_at(tokens, at) {
            merge(
                &mut here,
                text,
                tokens,
                at,
                length,
                weigh(length, 1.2),
                |s| s.number = Some(number),
            );
        }
        for (i, adjective) in ENGLISH.adjectives.iter().enumerate() {
            let word = &tokens[at].lower;
            if *word == adjective.superlative || *word == adjective.comparative {
                let superlative = *word == adjective.superlative
                    && (adjective.comparative != adjective.superlative
                        || !follows_than(tokens, at));
                merge(&mut here, text, tokens, at, 1, 1.0, |s| {
                    s.adjective = Some((i, superlative))
                });
            }
        }
        for length in 1..=2 {
            if let Some(names) = stored.whole_names.remove(&(at, length)) {
                merge(
                    &mut here,
                    text,
                    tokens,
                    at,
                    length,
                    weigh(length, 1.1),
                    |s| {
                        if s.values.is_empty() {
                            (s.values, s.last_names) = names;
                        }
                    },
                );
            }
        }
        // A person's own definition comes before what its words mean in general.
        for (_, segment) in &mut here {
            if matches!(segment.values.first(), Some(v) if matches!(v.found, ValueMatch::Segment(place) if lexicon.segments[place].told.is_none()))
            {
                segment.ops.clear();
                (segment.adjective, segment.time, segment.unit) = (None, None, None);
                segment.number = None;
            }
        }
        // A word that is no name, but of the root of one: "climbed" of climbers, a "director" of what is directed_by somebody.
        let unknown = here.iter().all(|(_, s)| s.last != at + 1);
        if unknown && tokens[at].is_word() {
            let mut names = lexicon.by_root(&tokens[at].stem);
            names.extend(lexicon.dates_of_verb(&tokens[at].stem));
            if !names.is_empty() || inflected(&tokens[at]) && ENGLISH.is_course(&tokens[at]) {
                let mut new = segment(text, tokens, at, 1);
                new.ops.push(Op::Link);
                new.names = names;
                here.push((ROOT, new));
            }
        }
        if here.iter().all(|(_, s)| s.last != at + 1) {
            here.push((-2.0, segment(text, tokens, at, 1)));
        }
        spans.push(here);
    }
    cover(tokens.len(), spans)
}

/// A number in words, or digits with a word that multiplies them ("2 million").
pub fn number_at(tokens: &[Token], at: usize) -> Option<(usize, Number)> {
    let scale = |at: usize| {
        tokens
            .get(at)
            .and_then(|t| ENGLISH.scales.get(&t.lower))
            .copied()
    };
    if let TokenKind::Number(number) = &tokens[at].kind {
        return Some((2, number.times_ten_to(scale(at + 1)?)));
    }
    let (length, value) = match tokens.get(at + 1).and_then(|next| {
        ENGLISH
            .numbers
            .get(&format!("{} {}", tokens[at].lower, next.lower))
    }) {
        Some(value) => (2, *value),
        None => (1, *ENGLISH.numbers.get(&tokens[at].lower)?),
    };
    Some(match scale(at + length) {
        Some(power) => (length + 1, Number::whole(value).times_ten_to(power)),
        None => (length, Number::whole(value)),
    })
}

fn follows_than(tokens: &[Token], at: usize) -> bool {
    at > 0 && ENGLISH.number_comparatives.contains(&tokens[at - 1].lower)
        || tokens
            .get(at + 1)
            .is_some_and(|t| ENGLISH.than_words.contains(&t.lower))
}

pub(crate) fn weigh(length: usize, quality: f32) -> f32 {
    (length as f32).powf(1.4) * quality
}

pub(crate) fn segment(text: &str, tokens: &[Token], at: usize, length: usize) -> Segment {
    let end = tokens[at + length - 1].end;
    let possessive = tokens[at + length - 1].possessive;
    Segment {
        first: at,
        last: at + length,
        text: text[tokens[at].start..end].to_owned(),
        mark: text[..tokens[at].start].chars().next_back().filter(|c| {
            let before = at.checked_sub(1).map_or(0, |i| tokens[i].end);
            let bound = text[before..tokens[at].start].starts_with(*c) && before > 0;
            before < tokens[at].start && !bound && is_bare_mark(*c)
        }),
        possessive,
        ..Segment::default()
    }
}

/// A mark that no sentence has: no blank, no quotation mark, no dash between words.
fn is_bare_mark(c: char) -> bool {
    "/#@$_~^|".contains(c)
}

pub(crate) fn merge(
    here: &mut Vec<(f32, Segment)>,
    text: &str,
    tokens: &[Token],
    at: usize,
    length: usize,
    weight: f32,
    add: impl FnOnce(&mut Segment),
) {
    match here.iter_mut().find(|(_, s)| s.last == at + length) {
        Some((best, same)) => {
            *best = best.max(weight);
            add(same);
        }
        None => {
            let mut new = segment(text, tokens, at, length);
            add(&mut new);
            here.push((weight, new));
        }
    }
}

/// The names and stored values that a span of words may mean.
fn span(
    text: &str,
    tokens: &[Token],
    at: usize,
    length: usize,
    names: &mut Names,
    stored: &Stored,
) -> Option<(f32, Segment)> {
    let words = &tokens[at..at + length];
    let mut new = segment(text, tokens, at, length);
    let mut weight: f32 = 0.0;
    if length == 1 {
        match &words[0].kind {
            TokenKind::Number(number) => {
                new.number = Some(number.clone());
                weight = 1.0;
            }
            TokenKind::Quoted(quoted) => {
                new.quoted = Some(quoted.clone());
                weight = 1.5;
            }
            _ => {}
        }
    }
    if let Some(found) = stored.values.get(&(at, length)) {
        new.values = found.clone();
        let quality = match found[0].found {
            ValueMatch::Exact | ValueMatch::Segment(_) => 1.12,
            ValueMatch::Folded => 1.0,
            ValueMatch::Stemmed => 0.9,
            ValueMatch::Near(_) => 0.5,
        };
        weight = weight.max(weigh(length, quality));
    }
    if words
        .iter()
        .all(|t| t.is_word() || matches!(t.kind, TokenKind::Number(_) if length > 1))
    {
        // "date of birth" and "number of platforms" keep their "of"; a possessive ends a name.
        let inner = words[..length - 1].iter().any(|t| t.possessive);
        let stems: Vec<String> = words.iter().map(|t| t.stem.clone()).collect();
        let functional = length == 1 && is_functional(&words[0]) && !asked_for(tokens, at);
        let defined = names.lexicon.defined_segments(&stems.join(" "));
        if !defined.is_empty() {
            new.values = defined;
            weight = weight.max(weigh(length, 1.2));
        } else if !inner && !cuts_comparison(tokens, at, length) {
            new.names = names.look_up(&stems, functional || length > 3);
            super::spans::drop_measures_of_verbs(&mut new.names, words);
            // "Monthly sales" are by month, also where a column is called so.
            let unit = length == 1 && ENGLISH.unit_adjectives.contains(&words[0].lower);
            if unit && !names.lexicon.is_written(&words[0].lower) {
                new.names.clear();
            }
        }
        // "trips started" is no "trip start date": the verb says what they did.
        let last = &words[length - 1];
        if length > 1 && says_what(last) {
            let table = |c: &Candidate| matches!(c.target, Target::Table(_));
            let whole = names.look_up(&stems[..length - 1], true);
            // "clubs located" is no "club location" either, but "product discontinued" may be.
            let plural = super::super::language::ends_as_plural(&words[length - 2].lower);
            if whole.iter().any(|c| c.score > 0.95 && table(c)) {
                new.names.retain(|n| n.score > 0.9 && !plural);
            } else if plural {
                // "buildings managed" where the table is that of apartment buildings.
                let part = names.look_up(&stems[..length - 1], false);
                let thing = part.iter().any(|c| c.score > 0.6 && table(c));
                new.names.retain(|n| !thing || table(n));
            }
        }
        let framed = is_functional(&words[0]) || is_functional(&words[length - 1]);
        if framed && length > 1 {
            new.names.retain(|n| n.score > 0.95);
        }
        if !framed && !inner && new.names.first().is_none_or(|n| n.score < WHOLE) {
            for wording in wordings(words) {
                let thing = |n: &Candidate| n.score > WHOLE && matches!(n.target, Target::Table(_));
                let noun = if wording.text {
                    &wording.stems[..]
                } else {
                    &wording.stems[..1]
                };
                if wording.of_thing && names.look_up(noun, true).iter().any(thing) {
                    continue;
                }
                let mut others = names.look_up(&wording.stems, !wording.short);
                wording.keep(&mut others, names.lexicon);
                let best = |names: &[Candidate]| names.first().map_or(0.0, |n| n.score);
                if best(&others) > best(&new.names) {
                    new.names = others;
                }
            }
        }
        // A hidden name must not become a synonym of something else: "cost" is no price because the cost is hidden.
        if names.lexicon.is_hidden(&stems) {
            new.names.retain(|n| n.score >= WHOLE);
        }
        if let Some(best) = new.names.first() {
            let column = matches!(best.target, Target::Column(_));
            let quality = best.score * if column && functional { 0.7 } else { 1.08 };
            weight = weight.max(weigh(length, quality));
        }
    }
    let sure = |v: &StoredValue| !matches!(v.found, ValueMatch::Near(_));
    if !new.values.iter().any(sure)
        && new.number.is_none()
        && new.quoted.is_none()
        && new.names.first().is_none_or(|n| n.score < WHOLE)
    {
        let stems: Vec<&str> = words.iter().map(|t| t.stem.as_str()).collect();
        let states = names.lexicon.states(&stems.join(" "));
        if !states.is_empty() {
            new.values = states;
            weight = weight.max(weigh(length, 1.1));
        }
    }
    (!new.is_unknown()).then_some((weight, new))
}

/// The cover with the greatest weight; of equal ones the one with longer segments first.
fn cover(count: usize, spans: Vec<Vec<(f32, Segment)>>) -> Vec<Segment> {
    let mut best: Vec<(f32, usize)> = vec![(0.0, 0); count + 1];
    for at in (0..count).rev() {
        best[at] = (f32::MIN, at + 1);
        for (weight, segment) in &spans[at] {
            let total = weight + best[segment.last].0;
            if total > best[at].0 || (total == best[at].0 && segment.last > best[at].1) {
                best[at] = (total, segment.last);
            }
        }
    }
    let mut chosen = Vec::new();
    let mut at = 0;
    while at < count {
        let last = best[at].1;
        if let Some((_, segment)) = spans[at].iter().find(|(_, s)| s.last == last) {
            chosen.push(segment.clone());
        }
        at = last;
    }
    chosen
}
