//! What the words of a language do in a sentence, and the tags by which its files say so.

use super::super::reading::shapes::Shape;
use super::super::time::dates::Unit;

/// An aggregate function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aggregate {
    Sum,
    Avg,
    Min,
    Max,
    Median,
    Stddev,
}

impl Aggregate {
    /// The word that a reading has for it.
    pub fn word(self) -> &'static str {
        match self {
            Aggregate::Sum => "total",
            Aggregate::Avg => "average",
            Aggregate::Min => "minimum",
            Aggregate::Max => "maximum",
            Aggregate::Median => "median",
            Aggregate::Stddev => "stddev",
        }
    }
}

/// What is calculated of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    Times,
    Minus,
    Plus,
    Over,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// The comparison that holds exactly when this one does not.
    pub fn negated(self) -> Comparison {
        match self {
            Comparison::Equal => Comparison::NotEqual,
            Comparison::NotEqual => Comparison::Equal,
            Comparison::Less => Comparison::GreaterOrEqual,
            Comparison::LessOrEqual => Comparison::Greater,
            Comparison::Greater => Comparison::LessOrEqual,
            Comparison::GreaterOrEqual => Comparison::Less,
        }
    }

    /// The same comparison with its sides exchanged.
    pub fn mirrored(self) -> Comparison {
        match self {
            Comparison::Less => Comparison::Greater,
            Comparison::LessOrEqual => Comparison::GreaterOrEqual,
            Comparison::Greater => Comparison::Less,
            Comparison::GreaterOrEqual => Comparison::LessOrEqual,
            same => same,
        }
    }
}

/// How a text is compared with a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Like {
    Contains,
    Starts,
    Ends,
}

/// What a phrase does in a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    Ask,
    When,
    /// Says of a state that it lasts: "still", "right now".
    Lasting,
    Filler,
    Count,
    Rows,
    Aggregate(Aggregate),
    Distinct,
    /// What follows is taken together: "combinations of".
    Combined,
    Each,
    By,
    Compare(Comparison),
    OrMore,
    OrLess,
    Between,
    Like(Like),
    Not,
    Without,
    Never,
    Null,
    Most,
    Least,
    Common,
    Uncommon,
    Top,
    Bottom,
    Latest,
    Earliest,
    Order,
    Descending,
    Ascending,
    And,
    Or,
    Both,
    Of,
    Preposition,
    With,
    Than,
    AverageWord,
    Trend,
    Compared,
    Versus,
    Share,
    Percent,
    Sentence,
    Link,
    /// The values of the last dimension are to be columns.
    Pivot,
    /// Speaks of what the thing before it has.
    Whose,
    /// Begins what is said of a thing before it: "that are".
    Relative,
    /// The sum up to a period.
    Running,
    /// The average of some periods.
    Moving,
    /// The change against the period before, or the same period a unit before.
    Growth(Option<Unit>),
    /// A question of another shape.
    Shape(Shape),
    /// A noun that says nothing more after the name of a thing: "members".
    Tail,
    /// A noun that says nothing more after the name of a column: "points".
    AmountTail,
    /// All columns of a thing: "all information about".
    Whole,
    /// Asks for a place: "where is".
    Place,
    /// What a number of years is said of: "years old".
    Old,
    /// Never anything else.
    Always,
    /// Asks for reasons: "why did".
    Why,
    /// What they are asked for: "drop".
    Change,
    /// Compares a date with another: "after", "before".
    Later,
    Earlier,
    /// After the day that something was promised for, or not after it.
    Late,
    OnTime,
    /// How often: "twice"; 0 after a number ("3 times").
    Times(i64),
    /// How often what is listed occurs: "by frequency".
    Frequency,
    /// Stands for no such things: "and none in 2026".
    NoneOfThem,
    /// Before what equal ones are ordered by: "ties by".
    Tie,
    /// Stands between two numbers: "minus".
    Arithmetic(Arithmetic),
}

pub(crate) fn op(tag: &str) -> Option<Op> {
    use Comparison::*;
    Some(match tag {
        "ask" => Op::Ask,
        "when" => Op::When,
        "filler" => Op::Filler,
        "count" => Op::Count,
        "rows" => Op::Rows,
        "agg sum" => Op::Aggregate(Aggregate::Sum),
        "agg avg" => Op::Aggregate(Aggregate::Avg),
        "agg min" => Op::Aggregate(Aggregate::Min),
        "agg max" => Op::Aggregate(Aggregate::Max),
        "agg median" => Op::Aggregate(Aggregate::Median),
        "agg stddev" => Op::Aggregate(Aggregate::Stddev),
        "distinct" => Op::Distinct,
        "combined" => Op::Combined,
        "each" => Op::Each,
        "by" => Op::By,
        "cmp >" => Op::Compare(Greater),
        "cmp <" => Op::Compare(Less),
        "cmp >=" => Op::Compare(GreaterOrEqual),
        "cmp <=" => Op::Compare(LessOrEqual),
        "cmp =" => Op::Compare(Equal),
        "cmp <>" => Op::Compare(NotEqual),
        "ormore" => Op::OrMore,
        "orless" => Op::OrLess,
        "between" => Op::Between,
        "contains" => Op::Like(Like::Contains),
        "starts" => Op::Like(Like::Starts),
        "ends" => Op::Like(Like::Ends),
        "not" => Op::Not,
        "without" => Op::Without,
        "never" => Op::Never,
        "null" => Op::Null,
        "most" => Op::Most,
        "least" => Op::Least,
        "common" => Op::Common,
        "uncommon" => Op::Uncommon,
        "top" => Op::Top,
        "bottom" => Op::Bottom,
        "latest" => Op::Latest,
        "earliest" => Op::Earliest,
        "order" => Op::Order,
        "desc" => Op::Descending,
        "asc" => Op::Ascending,
        "and" => Op::And,
        "or" => Op::Or,
        "both" => Op::Both,
        "of" => Op::Of,
        "prep" => Op::Preposition,
        "with" => Op::With,
        "whose" => Op::Whose,
        "pivot" => Op::Pivot,
        "than" => Op::Than,
        "avg word" => Op::AverageWord,
        "trend" => Op::Trend,
        "compare" => Op::Compared,
        "versus" => Op::Versus,
        "share" => Op::Share,
        "percent" => Op::Percent,
        "sentence" => Op::Sentence,
        "link" => Op::Link,
        "relative" => Op::Relative,
        "running" => Op::Running,
        "moving" => Op::Moving,
        "growth" => Op::Growth(None),
        "growth week" => Op::Growth(Some(Unit::Week)),
        "growth month" => Op::Growth(Some(Unit::Month)),
        "growth quarter" => Op::Growth(Some(Unit::Quarter)),
        "growth year" => Op::Growth(Some(Unit::Year)),
        "tail" => Op::Tail,
        "amount tail" => Op::AmountTail,
        "whole" => Op::Whole,
        "place" => Op::Place,
        "old" => Op::Old,
        "always" => Op::Always,
        "later" => Op::Later,
        "earlier" => Op::Earlier,
        "frequency" => Op::Frequency,
        "none of them" => Op::NoneOfThem,
        "tie" => Op::Tie,
        "calc *" => Op::Arithmetic(Arithmetic::Times),
        "calc -" => Op::Arithmetic(Arithmetic::Minus),
        "calc +" => Op::Arithmetic(Arithmetic::Plus),
        "calc /" => Op::Arithmetic(Arithmetic::Over),
        "late" => Op::Late,
        "lasting" => Op::Lasting,
        "on time" => Op::OnTime,
        "times 0" => Op::Times(0),
        "times 1" => Op::Times(1),
        "times 2" => Op::Times(2),
        "times 3" => Op::Times(3),
        _ => return Shape::named(tag).map(Op::Shape),
    })
}

/// The function that a name begins with: "total revenue".
pub fn function_of_first_word(name: &str) -> Option<Aggregate> {
    let words = crate::question::tokens::tokenize(name);
    let first = super::ENGLISH.phrases_at(words.get(..1)?, 0);
    let function = |o: &Op| match o {
        Op::Aggregate(function) if words.len() > 1 => Some(*function),
        _ => None,
    };
    first
        .iter()
        .find_map(|(_, ops)| ops.iter().find_map(function))
}
