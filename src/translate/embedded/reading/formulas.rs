//! Calculations that a question spells out: "quantity times unit price by product", "total fees minus refunds per month", "revenue per
//! ticket".
//!
//! Invariant: what is calculated with are numbers that the question names, each an output of its own, and each calculation names two of
//! them that stand side by side. A word of arithmetic that stands between anything else is not understood. Without this "revenue per
//! ticket" would be the revenue of all rows with one ticket, with two, and so on.

use super::super::language::{Aggregate, Arithmetic, ENGLISH, Op, is_plural};
use super::super::mentions::annotate::Segment;
use super::super::schema::lexicon::{Candidate, Formula, Lexicon, Target};
use super::super::schema::nature::Nature;
use super::frame::{Dimension, Frame, Key, MentionId, Output, Role};
use super::parse::{NotUnderstood, Parser, Step};
use crate::catalog::model::Catalog;

/// Two numbers, of which each is an output, and what is done with them.
#[derive(Clone, Debug, PartialEq)]
pub struct Calculation {
    pub left: MentionId,
    pub by: Arithmetic,
    pub right: MentionId,
}

/// What a word says is calculated.
fn operation(segment: &Segment) -> Option<Arithmetic> {
    segment.ops.iter().find_map(|op| match op {
        Op::Arithmetic(by) => Some(*by),
        _ => None,
    })
}

/// The number that a key is.
fn number_of(key: &Key) -> Option<MentionId> {
    match key {
        Key::Mention(id) | Key::Count(id) | Key::Aggregate(_, id) => Some(*id),
        _ => None,
    }
}

/// What an output is of.
pub(crate) fn of_output(output: &Output) -> MentionId {
    match output {
        Output::Plain(of) | Output::Count { of, .. } | Output::Aggregate { of, .. } => *of,
    }
}

impl Parser<'_> {
    /// What goes on after a number or an order that was just read.
    pub(crate) fn said_of_number(&mut self) -> Option<Step> {
        let read = self.arithmetic().or_else(|| self.tie_breaker());
        read.or_else(|| self.number_at_time())
    }

    /// "And" stands here, and no word of arithmetic.
    pub(crate) fn lists_on(&self) -> bool {
        self.is(0, Op::And) && self.segment(0).and_then(operation).is_none()
    }

    /// "… times unit price", "… minus refunds": the rest of a calculation whose first number was just read.
    pub(crate) fn arithmetic(&mut self) -> Option<Step> {
        let segment = self.segment(0)?;
        let by = operation(segment)?;
        let before = &self.segments[self.at.checked_sub(1)?];
        let left = self.frame.outputs.last().cloned()?;
        // Nothing was said between the number and this.
        let just_read = of_output(&left) + 1 == self.frame.mentions.len()
            && (self.is_name(before) || before.is(Op::AmountTail));
        if self.is_name(segment) || !just_read {
            return None;
        }
        // "artists plus their albums" lists both.
        let thing = self.is_table(of_output(&left)) && matches!(left, Output::Plain(_));
        if by == Arithmetic::Plus && thing {
            return None;
        }
        Some(self.calculated_with(left, by))
    }

    /// "top 5 products by quantity *times unit price*": what is calculated of two numbers is what the first are found by.
    pub(crate) fn calculated_key(&mut self, key: Key) -> Result<Key, NotUnderstood> {
        let Some(by) = self
            .segment(0)
            .filter(|s| !self.is_name(s))
            .and_then(operation)
        else {
            return Ok(key);
        };
        let Some(of) = number_of(&key) else {
            return Ok(key);
        };
        if self.frame.ranked.is_some() {
            return self.fail();
        }
        self.at += 1;
        let right = self.single_key()?;
        for key in [&key, &right] {
            if let Some(id) = number_of(key).filter(|_| !matches!(key, Key::Count(_))) {
                self.frame.mentions[id].role = Role::Measure;
            }
        }
        self.frame.ranked = Some((key, by, right));
        Ok(Key::Aggregate(None, of))
    }

    /// The second number of a calculation.
    fn calculated_with(&mut self, left: Output, by: Arithmetic) -> Step {
        self.at += 1;
        self.skip_fillers();
        let outputs = self.frame.outputs.len();
        let function = |op: &Op| matches!(op, Op::Aggregate(_));
        let aggregates = self.segment(0).is_some_and(|s| {
            !self.is_name(s) && s.ops.iter().any(function) || self.aggregates_next(s)
        });
        if self.is(0, Op::Count) {
            self.count()?;
        } else if aggregates {
            self.aggregate()?;
        } else {
            let of = self.noun(Role::Any)?;
            // "total fees minus refunds" are the totals of both; "the total of quantity times price" is that of the product.
            let output = match left {
                Output::Aggregate { function, .. } if by != Arithmetic::Times => {
                    Output::Aggregate { function, of }
                }
                Output::Aggregate { .. } => Output::Aggregate { function: None, of },
                Output::Count { .. } if self.is_table(of) => Output::Count {
                    of,
                    distinct: false,
                },
                _ => Output::Plain(of),
            };
            self.frame.outputs.push(output);
        }
        let right = match self.frame.outputs[outputs..] {
            [ref right] => of_output(right),
            _ => return self.fail(),
        };
        self.frame.calculations.push(Calculation {
            left: of_output(&left),
            by,
            right,
        });
        Ok(())
    }
}

/// Whether a mention is best read as a number.
fn is_number(frame: &Frame, lexicon: &Lexicon, id: MentionId) -> bool {
    match frame.mentions[id].candidates.first().map(|c| &c.target) {
        Some(Target::Measure(_)) => true,
        Some(Target::Column(at)) => matches!(lexicon.nature(*at), Nature::Amount | Nature::Rate),
        _ => false,
    }
}

/// Whether a mention is best read as what adds up.
fn is_amount(frame: &Frame, lexicon: &Lexicon, id: MentionId) -> bool {
    match frame.mentions[id].candidates.first().map(|c| &c.target) {
        Some(Target::Measure(m)) => lexicon.measures[*m].denominator.is_none(),
        Some(Target::Column(at)) => lexicon.nature(*at) == Nature::Amount,
        _ => false,
    }
}

/// Whether a mention is a column that holds how many of something there are, said in the singular, or a unit that a column is measured
/// in: "per *ticket*" of a column `tickets`, "per *kilometre*" of `distance_km`.
fn is_divisor(frame: &Frame, catalog: &Catalog, lexicon: &Lexicon, id: MentionId) -> bool {
    let mention = &frame.mentions[id];
    let Some(Target::Column(at)) = mention.candidates.first().map(|c| &c.target) else {
        return false;
    };
    let name = &lexicon.tables[at.table].columns[at.column];
    let unit = lexicon.is_in(*at, &ENGLISH.units_alone(&mention.text)) && name.len() > 1;
    let plural = is_plural(&catalog.column(*at).name) || lexicon.holds_count(mention);
    let counted = !is_plural(&mention.text) && plural;
    let number = matches!(lexicon.nature(*at), Nature::Amount | Nature::Rate);
    number && unit || counted && lexicon.nature(*at) == Nature::Amount
}

/// Makes calculations of what "per" and a number of things say, and takes back those that are none.
pub(crate) fn settle(frame: &mut Frame, catalog: &Catalog, lexicon: &Lexicon) {
    drop_told_units(frame, lexicon);
    divide_per(frame, catalog, lexicon);
    // "name plus city" lists both.
    let calculations = std::mem::take(&mut frame.calculations);
    let counted = |id: MentionId| {
        let count = |o: &Output| matches!(o, Output::Count { of, .. } if *of == id);
        frame.outputs.iter().any(count)
    };
    let number = |id: MentionId| counted(id) || is_number(frame, lexicon, id);
    let kept = calculations
        .into_iter()
        .filter(|c| c.by != Arithmetic::Plus || number(c.left) && number(c.right))
        .collect();
    frame.calculations = kept;
    // Of an aggregate and a number, both are aggregates; and of amounts of which no rows are named, the totals are meant.
    let calculations = frame.calculations.clone();
    let aggregated =
        |o: &Output| !matches!(o, Output::Plain(_)) && in_any(&calculations, of_output(o));
    let amount =
        |o: &Output| in_any(&calculations, of_output(o)) && is_amount(frame, lexicon, of_output(o));
    let in_all = frame.head.is_none()
        && frame.group.is_empty()
        && !frame.each
        && !calculations.is_empty()
        && frame.outputs.iter().all(amount);
    if in_all || frame.outputs.iter().any(aggregated) {
        for output in &mut frame.outputs {
            if let Output::Plain(of) = *output
                && in_any(&calculations, of)
            {
                *output = Output::Aggregate { function: None, of };
            }
        }
    }
}

/// Takes back a calculation that was asked for before: "the fill rate per lodge? Return the lodge and the fill rate", where the question says
/// what that is.
pub(crate) fn drop_repeated(frame: &mut Frame, targets: &[Target]) {
    let same = |a: &Calculation, b: &Calculation| {
        let target = |id: MentionId| &targets[id];
        a.by == b.by && target(a.left) == target(b.left) && target(a.right) == target(b.right)
    };
    let own = |frame: &Frame, c: &Calculation| {
        let limited = |id: &MentionId| frame.own.iter().any(|(of, _)| of == id);
        limited(&c.left) || limited(&c.right)
    };
    let all = std::mem::take(&mut frame.calculations);
    for calculation in all {
        let mut before = frame.calculations.iter();
        if !own(frame, &calculation) && before.any(|c| same(c, &calculation)) {
            let parts = [calculation.left, calculation.right];
            frame.outputs.retain(|o| !parts.contains(&of_output(o)));
        } else {
            frame.calculations.push(calculation);
        }
    }
}

/// Whether a number is a part of a calculation.
pub(crate) fn in_any(calculations: &[Calculation], id: MentionId) -> bool {
    calculations.iter().any(|c| c.left == id || c.right == id)
}

/// "Cost per kg" of a column that holds just that is divided already.
fn drop_told_units(frame: &mut Frame, lexicon: &Lexicon) {
    let column = |c: &Candidate| match &c.target {
        Target::Column(at) => Some(*at),
        Target::Measure(m) => match lexicon.measures[*m].formula {
            Formula::Column(at) => Some(at),
            _ => None,
        },
        _ => None,
    };
    let [Output::Plain(of) | Output::Aggregate { of, .. }] = frame.outputs[..] else {
        return;
    };
    let best = |id: MentionId| frame.mentions[id].candidates.first().and_then(column);
    let number = best(of).filter(|at| lexicon.nature(*at) == Nature::Rate);
    let told = |d: &Dimension| match d {
        Dimension::Mention(unit) => {
            let said = frame.mentions[*unit].text.to_lowercase();
            number.is_some() && best(*unit) == number && !ENGLISH.units_alone(&said).is_empty()
        }
        Dimension::Time(_) => false,
    };
    let Some(at) = frame.group.iter().position(told).filter(|_| frame.per) else {
        return;
    };
    frame.group.remove(at);
    if frame.group.is_empty() {
        frame.each = false;
        frame.per = false;
    }
    frame.mentions[of].role = Role::Measure;
}

/// "Revenue per ticket" of rows that hold a number of tickets divides the one sum by the other.
fn divide_per(frame: &mut Frame, catalog: &Catalog, lexicon: &Lexicon) {
    let divides = |d: &Dimension| matches!(d, Dimension::Mention(id) if is_divisor(frame, catalog, lexicon, *id));
    let Some(at) = frame.group.iter().position(divides).filter(|_| frame.per) else {
        return;
    };
    let Dimension::Mention(right) = frame.group[at] else {
        return;
    };
    let other = frame.window.is_some() || frame.rollup.is_some();
    if other || !frame.calculations.is_empty() || frame.ranked.is_some() {
        return;
    }
    let summed = |function| matches!(function, None | Some(Aggregate::Sum | Aggregate::Avg));
    // "which driver has the highest fuel cost per kilometre"
    let ranked = frame.order.as_ref().and_then(|order| match order.key {
        Key::Mention(id) => Some(id).filter(|id| is_number(frame, lexicon, *id)),
        Key::Aggregate(function, id) => Some(id).filter(|_| summed(function)),
        _ => None,
    });
    let left = match (frame.superlative, &frame.outputs[..]) {
        (true, _) => ranked,
        (false, [Output::Plain(of)]) => Some(*of).filter(|of| is_number(frame, lexicon, *of)),
        (false, [Output::Aggregate { function, of }]) => Some(*of).filter(|_| summed(*function)),
        _ => None,
    };
    let Some(left) = left else {
        return;
    };
    frame.group.remove(at);
    if frame.group.is_empty() {
        frame.each = false;
        frame.per = false;
    }
    for id in [left, right] {
        frame.mentions[id].role = Role::Measure;
    }
    if frame.superlative {
        let sum = |of| Key::Aggregate(Some(Aggregate::Sum), of);
        frame.ranked = Some((sum(left), Arithmetic::Over, sum(right)));
        if let Some(order) = &mut frame.order {
            order.key = sum(left);
        }
        return;
    }
    let sum = |of| Output::Aggregate {
        function: Some(Aggregate::Sum),
        of,
    };
    frame.outputs = vec![sum(left), sum(right)];
    frame.calculations.push(Calculation {
        left,
        by: Arithmetic::Over,
        right,
    });
}
