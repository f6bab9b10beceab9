//! Dates that a clause names: "the dates when the customers became customers".
//!
//! Invariant: a date that is asked for by no more than that word is the one that the clause after it names, if it names one.

use super::super::language::{ENGLISH, stems};
use super::super::schema::lexicon::Target;
use super::super::schema::nature;
use super::frame::{Condition, Frame, Output};
use crate::catalog::model::Catalog;

/// Gives a mere "date" that is asked for the date column by which a clause says what happened then.
pub fn flagged_dates(frame: &mut Frame, targets: &mut [Target], catalog: &Catalog) {
    let bare = |o: &Output| match o {
        Output::Plain(m) => {
            let said = stems(&frame.mentions[*m].text.to_lowercase());
            matches!(&said[..], [word] if ENGLISH.date_nouns.contains(word)).then_some(*m)
        }
        _ => None,
    };
    let asked: Vec<usize> = frame.outputs.iter().filter_map(bare).collect();
    let [asked] = asked[..] else { return };
    let date = |c: &Condition| match c {
        Condition::Flag { of, negated: false } => match &targets[*of] {
            Target::Column(at) if nature::is_date(catalog.column(*at).class) => Some(*at),
            _ => None,
        },
        _ => None,
    };
    let named: Vec<_> = frame.conditions.iter().filter_map(date).collect();
    let [at] = named[..] else { return };
    frame.conditions.retain(|c| date(c).is_none());
    targets[asked] = Target::Column(at);
}
