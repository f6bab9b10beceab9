//! Averages over things and periods: "average orders per customer", "average orders per day", "average revenue per customer".
//!
//! Invariant: what is averaged is what each thing or period has together: its number of rows, or its sum of money. Rows have no average,
//! and the average amount of a row is not what a customer brings. A column of the catalog that is named as it is stays the average of its
//! rows for each group.

use super::super::language::{Aggregate, ENGLISH, ends_as_plural, stems};
use super::super::schema::lexicon::{Candidate, Formula, Lexicon, Target};
use super::super::time::dates::Unit;
use super::frame::{Dimension, Frame, MentionId, Output, Rollup};

/// A name that is written so in the catalog is that name.
const NAMED: f32 = 0.95;

/// Makes the average of things, or of money, per thing or period the average of its groups.
pub(crate) fn of_groups(frame: &mut Frame, lexicon: &Lexicon) {
    let [
        Output::Aggregate {
            function: Some(function @ (Aggregate::Avg | Aggregate::Median)),
            of,
        },
    ] = frame.outputs[..]
    else {
        return;
    };
    let [group, others @ ..] = &frame.group[..] else {
        return;
    };
    if !frame.each || frame.rollup.is_some() || frame.window.is_some() {
        return;
    }
    let best = |id: MentionId| frame.mentions[id].candidates.first().map(|c| &c.target);
    let thing = |id: MentionId| matches!(best(id), Some(Target::Table(_)));
    // The days of a week and the hours of a day come again: what each has together says nothing of one of them.
    let period = matches!(group, Dimension::Time(unit) if *unit >= Unit::Week || *unit == Unit::Day)
        && frame.per;
    let per_thing = matches!(group, Dimension::Mention(id) if thing(*id));
    let mean = function == Aggregate::Avg;
    if !(others.is_empty() || mean && per_thing) {
        return;
    }
    // "Average payment per customer" is no number of payments.
    let text = frame.mentions[of].text.to_lowercase();
    let money = |stem: &String| ENGLISH.sums_of_money.contains(stem);
    let amount = !ends_as_plural(&text) && stems(&text).last().is_some_and(money);
    // "Average orders per customer per month": how many, and no amount of theirs.
    let timed = |d: &Dimension| matches!(d, Dimension::Time(_));
    let several = frame.per && ends_as_plural(&text) && others.iter().all(timed);
    let alone = others.is_empty() || several;
    if thing(of) && mean && (per_thing || period) && alone && !amount {
        frame.outputs = vec![Output::Count {
            of,
            distinct: false,
        }];
        frame.head = frame.head.or(Some(of));
        frame.rollup = Some(Rollup { function, over: 0 });
        return;
    }
    let said = stems(&frame.mentions[of].text.to_lowercase());
    let called = |name: &String| {
        let words = ENGLISH.measures.iter().filter(|words| words.name == *name);
        words
            .flat_map(|words| &words.words)
            .any(|word| *word == said)
    };
    // "revenue" of rows that have an amount, and no column that is called so.
    let sum = |c: &Candidate| match c.target {
        Target::Measure(m) if called(&lexicon.measures[m].name) => {
            let measure = &lexicon.measures[m];
            let defined = matches!(measure.formula, Formula::Defined(_));
            // "Average value per order" of what each line comes to; an "order value" says itself what it is of.
            let calculated = matches!(measure.formula, Formula::Binary(..)) && said.len() == 1;
            (calculated || ENGLISH.money_measures.contains(&measure.name))
                && measure.denominator.is_none()
                && !defined
        }
        _ => false,
    };
    let column = |c: &Candidate| matches!(c.target, Target::Column(_)) && c.score > NAMED;
    let candidates = &frame.mentions[of].candidates;
    // "average number of items per order" where an item has a quantity.
    let counted = said
        .first()
        .is_some_and(|word| ENGLISH.number_nouns.contains(word));
    let number = |c: &Candidate| match c.target {
        Target::Measure(m) => lexicon.measures[m].denominator.is_none(),
        _ => false,
    };
    let money = candidates.iter().any(sum) && (period || !candidates.iter().any(column))
        || counted && candidates.first().is_some_and(number);
    // "Average revenue per customer by country": what the customers of a country bring, divided by their number.
    if let (Dimension::Mention(thing), false) = (group, others.is_empty()) {
        let thing = *thing;
        if money && frame.per {
            frame.average_of = Some(thing);
            frame.group.remove(0);
        }
        return;
    }
    if money && frame.per && (per_thing || period) {
        frame.outputs = vec![Output::Aggregate {
            function: Some(Aggregate::Sum),
            of,
        }];
        frame.rollup = Some(Rollup { function, over: 0 });
    }
}
