//! Other wordings of a phrase under which a name may stand in the catalog.
//!
//! Invariant: each wording says all that the phrase says: only words that carry nothing between the words of a name are left out.

use super::super::language::{ENGLISH, Op};
use super::super::schema::lexicon::{Candidate, Lexicon};
use super::annotate::WHOLE;
use crate::question::tokens::{Token, stem};

/// The stems of a phrase in another wording, and what the names must be that it finds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wording {
    pub stems: Vec<String>,
    /// Only columns that hold numbers are meant.
    pub amount: bool,
    /// Only columns that hold texts are meant.
    pub text: bool,
    /// It may be a part of a name as well.
    pub short: bool,
    /// It is not meant where its first word is a thing: "name of customers" is of the customers.
    pub of_thing: bool,
}

impl Wording {
    /// Keeps what it may name of what was found.
    pub(crate) fn keep(&self, found: &mut Vec<Candidate>, lexicon: &Lexicon) {
        if self.amount {
            found.retain(|n| n.score >= WHOLE && lexicon.is_amount(&n.target));
        }
        if self.text {
            found.retain(|n| n.score > 0.9 && lexicon.is_text(&n.target));
            found.iter_mut().for_each(|n| n.score *= WHOLE);
        }
    }
}

/// The other wordings of a phrase: "name of the customer" (customer name), "total number of passengers" (total passengers),
/// "max speed" (maximum speed), "length in meters" (length meters).
pub(crate) fn wordings(words: &[Token]) -> Vec<Wording> {
    let stems: Vec<String> = words.iter().map(|t| t.stem.clone()).collect();
    let inside = |i: usize| i > 0 && i + 1 < stems.len();
    let mut found = Vec::new();
    let mut add = |stems: Vec<String>, amount, short| {
        found.push(Wording {
            stems,
            amount,
            text: false,
            short,
            of_thing: false,
        })
    };
    let of = stems.iter().position(|s| ENGLISH.of_words.contains(s));
    if let Some(of) = of.filter(|&of| inside(of)) {
        // "percentage of sales" is no sales percentage: only the whole name counts (see `annotate`).
        let light = |s: &&String| !ENGLISH.light.contains(s);
        add(stems.iter().filter(light).cloned().collect(), false, false);
        if of > 1 && ENGLISH.counts.contains(&stems[of - 1]) {
            let rest = [&stems[..of - 1], &stems[of + 1..]].concat();
            add(
                rest.into_iter()
                    .filter(|s| !ENGLISH.articles.contains(s))
                    .collect(),
                true,
                false,
            );
        }
    }
    // "cat" may be a cat; "max" is the greatest, whatever stands after it.
    let long = |t: &Token| {
        let several = words.len() > 1;
        let ops = ENGLISH.phrases_at(std::slice::from_ref(t), 0);
        let extreme = |(_, ops): &(usize, &[Op])| ops.iter().any(|o| matches!(o, Op::Aggregate(_)));
        let meant = match ENGLISH.not_alone.contains(&t.lower) {
            true => several && ops.iter().any(extreme),
            false if several => !ENGLISH.only_alone.contains(&t.lower),
            false => ops.is_empty(),
        };
        ENGLISH.abbreviations.get(&t.lower).filter(|_| meant)
    };
    // "base price" is written baseprice; "date of opening" opening date.
    if words.len() == 2 && words.iter().all(Token::is_word) {
        let joined = format!("{}{}", words[0].lower, words[1].lower);
        add(vec![stem(&joined)], false, false);
    }
    let mut reversed = None;
    let plain =
        |t: &Token| t.is_word() && ENGLISH.phrases_at(std::slice::from_ref(t), 0).is_empty();
    if let [first, of, last] = words
        && ENGLISH.of_words.contains(&of.lower)
        && plain(first)
        && plain(last)
    {
        reversed = Some(vec![last.stem.clone(), first.stem.clone()]);
    }
    if words.iter().any(|t| long(t).is_some()) {
        let written = |t: &Token| match long(t) {
            Some(long) => long.iter().map(|w| stem(w)).collect(),
            None => vec![t.stem.clone()],
        };
        add(
            words.iter().flat_map(written).collect(),
            false,
            words.len() < 4,
        );
    }
    let last = stems.len().saturating_sub(1);
    if last > 1 && ENGLISH.in_words.contains(&stems[last - 1]) && ENGLISH.is_unit(&stems[last]) {
        add([&stems[..last - 1], &stems[last..]].concat(), false, false);
    }
    found.extend(reversed.map(|stems| Wording {
        stems,
        amount: false,
        text: false,
        short: false,
        of_thing: true,
    }));
    // "country name" of a column `country`: a text is a name itself, unless it is a thing that has one.
    if let [front @ .., name] = &stems[..]
        && !front.is_empty()
        && super::super::linking::shown::WHOLE_NAMES
            .iter()
            .any(|whole| matches!(&whole[..], [one] if one == name))
    {
        found.push(Wording {
            stems: front.to_vec(),
            amount: false,
            text: true,
            short: false,
            of_thing: true,
        });
    }
    found
}
