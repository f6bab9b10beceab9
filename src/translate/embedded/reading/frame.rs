//! What a question asks for, before and after its words are tied to the catalog.

use super::super::language::{Aggregate, Arithmetic, Comparison, Like};
use super::super::schema::lexicon::Candidate;
use super::super::time::dates::{Span, Unit};
use super::super::time::recurring::Recurring;
use super::formulas::Calculation;
use crate::question::numbers::Number;

/// Index into [`Frame::mentions`].
pub type MentionId = usize;

/// What a mention is used for: it decides which of its meanings are possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Shown as it is, or a condition's left side.
    Any,
    /// Aggregated: a numeric column or a derived measure, or rows to be counted.
    Measure,
    /// Grouped by, or listed: a column or a thing with a key.
    Dimension,
    /// Counted or listed: a table, or a column whose values are counted.
    Entity,
    /// A stored value.
    Value,
}

/// A piece of the question that names something of the catalog.
#[derive(Clone, Debug)]
pub struct Mention {
    pub text: String,
    pub role: Role,
    pub candidates: Vec<Candidate>,
    /// The mention that says whose it is: "name of the *singer*".
    pub of: Option<MentionId>,
    /// The mention that it stands next to: of equally good meanings the one of the same table is meant.
    pub near: Option<MentionId>,
    /// A value after "by" or "from", which is not the name of the thing itself: "tracks by Iron Maiden".
    pub apart: bool,
    /// A value after "by": who did it, and so the title of nothing.
    pub by: bool,
}

/// A column of the answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// A thing or a column as it is.
    Plain(MentionId),
    /// The number of a thing; with `distinct` of its different values.
    Count { of: MentionId, distinct: bool },
    Aggregate {
        function: Option<Aggregate>,
        of: MentionId,
    },
}

/// What the answer is grouped by.
#[derive(Clone, Debug, PartialEq)]
pub enum Dimension {
    Mention(MentionId),
    Time(Unit),
}

/// The right side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    Number(Number),
    Text(String),
    Mention(MentionId),
    /// The aggregate of the left side over all rows, or over those of which the conditions hold.
    Overall(Aggregate, Vec<Condition>),
    /// … over the rows that have the same of what is mentioned as the row itself: "the average of their own department".
    Within(Aggregate, MentionId),
}

/// What is said of a row besides a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Also {
    Time(Span),
    /// A value of another column: the last name after the first.
    Value(MentionId),
}

/// A condition on the rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    Compare {
        left: Option<MentionId>,
        op: Comparison,
        right: Operand,
    },
    Between {
        left: Option<MentionId>,
        low: Number,
        high: Number,
    },
    Value {
        value: MentionId,
        negated: bool,
    },
    Like {
        left: MentionId,
        like: Like,
        text: String,
        negated: bool,
    },
    Null {
        of: MentionId,
        negated: bool,
    },
    Flag {
        of: MentionId,
        negated: bool,
    },
    Time {
        column: Option<MentionId>,
        span: Span,
        negated: bool,
    },
    /// A time that comes again.
    Recurring {
        times: Recurring,
        negated: bool,
    },
    /// A stored value together with what else is said of the same row, as an alternative to another such pair: "Fall 2009 or
    /// Spring 2010", "Ada Abe or Hugo Costa".
    Term {
        value: MentionId,
        also: Also,
        negated: bool,
    },
    /// Things that have, or have not, something related.
    Related {
        to: MentionId,
        negated: bool,
        inside: Vec<Condition>,
    },
    /// The number of related things.
    Count {
        of: MentionId,
        op: Comparison,
        number: Number,
    },
    /// An aggregate over related rows.
    Aggregate {
        function: Aggregate,
        of: MentionId,
        op: Comparison,
        right: Operand,
    },
    /// A row that is one of the first of its table, or that holds one of the values which most rows hold.
    First {
        of: MentionId,
        order: Order,
        limit: i64,
        negated: bool,
    },
    /// What is true of no row: "never had more than 10", "without totals over 20".
    Not(Box<Condition>),
    Any(Vec<Condition>),
    /// Values listed with "and": of one row any of them, of several rows each of them. `both` was said.
    All(Vec<Condition>),
}

/// What is said of each group by looking at the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// The part of the total, in per cent.
    Share,
    /// What fulfils a condition, in per cent of all. The conditions from this one on say what; those before it, and all
    /// times, limit the whole.
    Part(usize),
    /// The sum up to and including the period.
    Running,
    /// The average of so many periods up to and including the period, at least 2.
    Moving(i64),
    /// The change against the period before; `Some`: against the same period so long before.
    Growth(Option<Unit>),
}

/// Spans of time or stored values that stand side by side, each with a column of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Versus {
    /// The condition that says them all, a [`Condition::Any`] among [`Frame::conditions`].
    pub condition: usize,
    /// What each is called; values by what is stored.
    pub labels: Vec<Option<String>>,
}

/// An aggregate of the groups themselves: the *average* number of orders per customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rollup {
    pub function: Aggregate,
    /// The dimension in [`Frame::group`] whose groups are put together.
    pub over: usize,
}

/// What rows are ordered by.
#[derive(Clone, Debug, PartialEq)]
pub enum Key {
    Mention(MentionId),
    Count(MentionId),
    Aggregate(Option<Aggregate>, MentionId),
    /// The number of rows of the group.
    Rows,
    /// An adjective of the language, of the head.
    Adjective(usize),
    /// The date of the head.
    Date,
    /// The number that is shown, whichever it is: "largest first".
    Size,
}

/// An order of the rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    pub key: Key,
    pub descending: bool,
    /// "most" asks for a sum, where "highest" asks for the greatest.
    pub quantity: bool,
}

/// What a question asks for.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    pub mentions: Vec<Mention>,
    pub outputs: Vec<Output>,
    /// The thing that the answer is about.
    pub head: Option<MentionId>,
    pub group: Vec<Dimension>,
    pub conditions: Vec<Condition>,
    pub order: Option<Order>,
    /// What the first of are asked for: "top 5 *specialties* by …".
    pub topped: Option<MentionId>,
    /// Outputs of which something is calculated, rather than being shown.
    pub calculations: Vec<Calculation>,
    /// What is calculated of two numbers, by which the rows are put in order.
    pub ranked: Option<(Key, Arithmetic, Key)>,
    /// What rows that are equal by `order` are ordered by.
    pub then: Vec<Order>,
    /// The verb that ends a question about one thing.
    pub dangling: Option<String>,
    /// The stems of units, each said of a mention before this number of them: see `measured`.
    pub units: Vec<(usize, String)>,
    /// What numbers with a unit are compared with, the unit as it was said, and the columns that are measured in it.
    pub measured: Vec<(MentionId, String, Vec<Candidate>)>,
    pub limit: Option<i64>,
    /// "both" was said: of one row it cannot be true.
    pub both: bool,
    /// "as well as" stands between two values: rows of both kinds are meant where what is shown stands in many.
    pub as_well: bool,
    pub distinct: bool,
    /// "which" or "what" stands right before what is asked for: it is to be told which there are.
    pub which: bool,
    /// The thing whose date is the latest or the earliest, or of which an adjective says the first: "who made the most recent
    /// *order*", "the cheapest *offer*".
    pub dated: Option<MentionId>,
    /// "most recently" was said of what is done.
    pub by_event: bool,
    /// The thing related to what is asked for whose first row is meant: "who made the *order* with the highest amount".
    pub picks: Option<MentionId>,
    /// The number of outputs before those that "with their" adds.
    pub attached: Option<usize>,
    /// Things that are listed with "and" beside columns: both are asked for.
    pub listed: Vec<MentionId>,
    /// What is grouped by with its owner before it: "each studio's *films*".
    pub owned: Vec<MentionId>,
    /// The thing right before "of" and a time: "admissions *of last month*".
    pub time_of: Option<MentionId>,
    /// "combinations of" was said: the first are those of all groups together.
    pub combined: bool,
    /// All columns of the thing were asked for.
    pub whole: bool,
    /// "each" was said rather than "by".
    pub each: bool,
    /// "each" was said of what is listed: "show each customer with …".
    pub every: bool,
    /// "per" was said.
    pub per: bool,
    /// "does each of them have": what has something, or does it, are the groups.
    pub does: bool,
    /// The first rows by `order` were asked for, rather than all rows in that order.
    pub superlative: bool,
    pub trend: bool,
    pub window: Option<Window>,
    /// "compare" was said.
    pub compared: bool,
    pub versus: Option<Versus>,
    /// The reasons of a change are asked for: what each part contributed to it.
    pub why: bool,
    /// The values of the last dimension are to be columns.
    pub pivot: bool,
    pub rollup: Option<Rollup>,
    /// The thing that is to be new: counted when it first occurs.
    pub new: Option<MentionId>,
    /// Periods without rows are shown too, with 0.
    pub zeros: bool,
    /// Rows that say the same are asked for.
    pub duplicates: bool,
    /// How often which values occur is asked for.
    pub distribution: bool,
    /// The first are asked for, but not by what.
    pub unranked: bool,
    /// Mentions that an adjective names, with its index: "older".
    pub adjectives: Vec<(MentionId, usize)>,
    /// The condition that denies that there is something related, and where what is said about that ends.
    pub denied: Option<usize>,
    pub denied_until: Option<usize>,
    /// Conditions that deny something of the time right after it: "no orders *in 2025*".
    pub denied_then: Vec<usize>,
    /// Outputs that are the time from another date to theirs, in a unit.
    pub between: Vec<(MentionId, MentionId, Unit)>,
    /// Numbers that are asked for, with the first mention of what is said before their nouns: "number of *cancelled* orders".
    pub modifiers: Vec<(MentionId, MentionId)>,
    /// What is said of one number alone, by the mention that it is of; see `own`.
    pub own: Vec<(MentionId, Vec<Condition>)>,
    /// The adjective of an order by size, for rows that show no number: "warehouses, *biggest* first".
    pub sized: Option<usize>,
    /// "together with that amount": what the first are found by is shown.
    pub echoed: bool,
    /// What is counted by how often it was met with: "hired a *vehicle* at least four times".
    pub occasions: Vec<MentionId>,
    /// What an average is of, where it is grouped by something else: "average revenue per *customer* by country".
    pub average_of: Option<MentionId>,
    /// "In total" is said.
    pub in_total: bool,
    /// What is compared with a number that is said to be that of all rows together: "more than 80 *seats* in total".
    pub altogether: Vec<MentionId>,
    /// Columns of which only the aggregate is named that something is compared with: "offers below the average *price*".
    pub bare_averages: Vec<MentionId>,
    /// A bare number limits what is asked for, as an age does: "students over 18".
    pub aged: bool,
    /// Mentions of columns right after a number: "two *allergies*" may be so many rows.
    pub numbered: Vec<MentionId>,
    /// The words before its values, where there are any: "from" or "to".
    pub prepositions: Vec<(MentionId, String)>,
    /// Verbs that say what happened at a time, and are not known otherwise: "campuses *opened* in 1958".
    pub opaque: Vec<String>,
    /// Columns that things are said to have: "employees who *have a manager*".
    pub had: Vec<MentionId>,
    /// Columns that things are said to be without: "without *understudies*".
    pub lacking: Vec<MentionId>,
    /// Values after a mere comma: "Paris, Texas".
    pub commas: Vec<MentionId>,
    /// The roots of its verbs that say that things belong together; see [`super::super::schema::names::root`].
    pub verbs: Vec<String>,
    /// The root of the one right before its first time: "*placed* in 2025 that were shipped".
    pub timed_verb: Option<String>,
    /// It speaks of a time up to now, in so many words: "so far this year".
    pub to_date: bool,
    /// The roots of its words that say what was done: "billed".
    pub participles: Vec<String>,
    /// The stems of all its words.
    pub words: Vec<String>,
    /// Words of the question with what they do, for `explain`.
    pub notes: Vec<(String, String)>,
}

/// The mentions of a condition.
pub fn mentions_of(condition: &Condition) -> Vec<MentionId> {
    match condition {
        Condition::Compare { left, right, .. } => {
            let right = match right {
                Operand::Mention(m) | Operand::Within(_, m) => Some(*m),
                _ => None,
            };
            left.iter().copied().chain(right).collect()
        }
        Condition::Between { left, .. } => left.iter().copied().collect(),
        Condition::Value { value, .. } | Condition::Term { value, .. } => vec![*value],
        Condition::Like { left, .. } => vec![*left],
        Condition::Null { of, .. }
        | Condition::Flag { of, .. }
        | Condition::First { of, .. }
        | Condition::Count { of, .. } => vec![*of],
        Condition::Aggregate { of, right, .. } => match right {
            Operand::Mention(than) => vec![*of, *than],
            _ => vec![*of],
        },
        Condition::Time { column, .. } => column.iter().copied().collect(),
        Condition::Related { to, inside, .. } => std::iter::once(*to)
            .chain(inside.iter().flat_map(mentions_of))
            .collect(),
        Condition::Recurring { .. } => Vec::new(),
        Condition::Not(denied) => mentions_of(denied),
        Condition::Any(several) | Condition::All(several) => {
            several.iter().flat_map(mentions_of).collect()
        }
    }
}

/// The mention of a dimension.
pub fn mention_of_dimension(dimension: &Dimension) -> Option<MentionId> {
    if let Dimension::Mention(m) = dimension {
        Some(*m)
    } else {
        None
    }
}
