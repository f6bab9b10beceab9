//! What a question keeps in or puts together must be neither narrowed nor listed row by row.
//!
//! Invariant: "including the plants without a supplier" is no condition that they have none, "more than 80 seats altogether" is not
//! said of each row, and amounts for each thing are not listed without the things. Such a reading would run, and be another answer.

use super::super::language::ENGLISH;
use super::super::reading::frame::{Condition, Key, Output};
use super::super::schema::lexicon::Target;
use super::super::schema::nature::Nature;
use super::super::sql::build::{Builder, not_understood};
use crate::catalog::model::ColumnRef;
use crate::error::Result;

impl Builder<'_> {
    /// Refuses an answer to less than what the question asks for.
    ///
    /// # Errors
    /// 22023, with what is not clear.
    pub(crate) fn refuse_narrowed(&self) -> Result<()> {
        let frame = self.frame;
        let includes = |word: &String| ENGLISH.including.contains(word);
        let missing = |c: &Condition| {
            matches!(
                c,
                Condition::Null { negated: false, .. }
                    | Condition::Related { negated: true, .. }
                    | Condition::Flag { negated: true, .. }
            )
        };
        if frame.words.iter().any(includes) && frame.conditions.iter().any(missing) {
            return Err(not_understood(
                "Whether only those are meant, or those as well, is not clear.",
            ));
        }
        let amount = |at: &ColumnRef| matches!(self.lexicon.nature(*at), Nature::Amount);
        let of_one_row = |c: &Condition| match c {
            Condition::Compare { left: Some(m), .. } => {
                matches!(self.target(*m), Target::Column(at) if amount(at))
            }
            _ => false,
        };
        let sum_alone = matches!(frame.outputs[..], [Output::Aggregate { .. }]);
        let said = |list: &[String]| frame.words.iter().any(|word| list.contains(word));
        if said(&ENGLISH.altogether) && !sum_alone && frame.conditions.iter().any(of_one_row) {
            return Err(not_understood(
                "Whether the number is that of each row, or of all together, is not clear.",
            ));
        }
        let number =
            |at: &ColumnRef| matches!(self.lexicon.nature(*at), Nature::Amount | Nature::Rate);
        let none = |o: &Output| match o {
            Output::Plain(m) => !matches!(self.target(*m), Target::Column(at) if number(at)),
            _ => false,
        };
        if frame.per && frame.group.is_empty() && frame.outputs.iter().all(none) {
            return Err(not_understood("What is counted or added up is not clear."));
        }
        // "The highest consumption" is no number of rows.
        let rows = matches!(&frame.order, Some(o) if matches!(o.key, Key::Count(_) | Key::Rows));
        if frame.superlative && rows && said(&ENGLISH.heights) && !said(&ENGLISH.counted) {
            return Err(not_understood(
                "By what the first are to be found is not clear.",
            ));
        }
        let listed = |o: &Output| match o {
            Output::Plain(m) => match (self.target(*m), frame.mentions[*m].of) {
                (Target::Column(at), Some(of)) => {
                    amount(at) && matches!(self.target(of), Target::Table(t) if *t != at.table)
                }
                _ => false,
            },
            _ => false,
        };
        if frame.each && frame.group.is_empty() && frame.outputs.iter().all(listed) {
            return Err(not_understood(
                "Whether the amounts are to be listed or added up is not clear.",
            )
            .with_hint("Say what is wanted of each: the total, the average, the number."));
        }
        Ok(())
    }
}
