//! How complex a statement may be.
//!
//! Analysis of 3,000 nested joins takes half a minute and hears neither time limit nor cancel; sqlparser overflows the
//! stack on deep trees, which ends the whole server. So the tree is held against a budget before either sees it.

use crate::error::{Error, SqlState};

/// Levels of nesting, far above what people and tools write; PostgreSQL's analyzer stays fast and shallow below it.
pub const MAX_DEPTH: u32 = 500;
/// Joins in the whole statement, comma-separated tables included.
pub const MAX_JOINS: u32 = 100;
/// Nodes of the raw tree: an IN list of 50,000 values, roughly.
pub const MAX_NODES: u32 = 50_000;

/// What a node counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Join,
    Other,
}

/// What has been spent so far.
#[derive(Clone, Debug, Default)]
pub struct Budget {
    nodes: u32,
    joins: u32,
    deepest: u32,
}

impl Budget {
    /// Nothing spent yet.
    pub fn new() -> Budget {
        Budget::default()
    }

    /// Counts one node at a depth. False when the budget is exceeded; then the walk must stop.
    pub fn spend(&mut self, kind: Kind, depth: u32) -> bool {
        self.nodes = self.nodes.saturating_add(1);
        if kind == Kind::Join {
            self.joins = self.joins.saturating_add(1);
        }
        self.deepest = self.deepest.max(depth);
        self.nodes <= MAX_NODES && self.joins <= MAX_JOINS && depth <= MAX_DEPTH
    }

    /// Counts joins that are no nodes: the commas of a FROM list.
    pub fn note_joins(&mut self, joins: u32) {
        self.joins = self.joins.saturating_add(joins);
    }

    /// PostgreSQL keeps `a AND b AND c` flat; other parsers nest it. Nothing is refused for it, but it is as deep as that.
    pub fn note_chain(&mut self, depth: u32, terms: u32) {
        self.deepest = self.deepest.max(depth.saturating_add(terms));
    }

    /// The depth of the tree as a parser that nests every chain would build it.
    pub fn deepest(&self) -> u32 {
        self.deepest
    }

    /// 54000, naming the limit that was passed.
    pub fn error(&self) -> Error {
        let detail = if self.joins > MAX_JOINS {
            format!("It has more than {MAX_JOINS} joins.")
        } else if self.nodes > MAX_NODES {
            format!("It has more than {MAX_NODES} parts.")
        } else {
            format!("It is nested more than {MAX_DEPTH} levels deep.")
        };
        Error::new(
            SqlState::PROGRAM_LIMIT_EXCEEDED,
            "the statement is too complex",
        )
        .with_detail(detail)
        .with_hint("Split it, or join to a list of values instead of writing them out.")
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, Kind, MAX_DEPTH, MAX_JOINS, MAX_NODES};

    #[test]
    fn each_limit_is_exact() {
        let mut budget = Budget::new();
        assert!(budget.spend(Kind::Other, MAX_DEPTH));
        assert!(!budget.spend(Kind::Other, MAX_DEPTH + 1));

        let mut budget = Budget::new();
        assert!((0..MAX_JOINS).all(|_| budget.spend(Kind::Join, 1)));
        assert!(!budget.spend(Kind::Join, 1));
        assert!(
            budget
                .error()
                .detail
                .is_some_and(|detail| detail.contains("joins"))
        );

        let mut budget = Budget::new();
        assert!((0..MAX_NODES).all(|_| budget.spend(Kind::Other, 1)));
        assert!(!budget.spend(Kind::Other, 1));
    }

    #[test]
    fn commas_are_joins_and_chains_are_depth() {
        let mut budget = Budget::new();
        budget.note_joins(MAX_JOINS + 1);
        assert!(!budget.spend(Kind::Other, 1));

        let mut budget = Budget::new();
        budget.note_chain(3, 900);
        assert!(budget.spend(Kind::Other, 4));
        assert_eq!(budget.deepest(), 903);
    }
}
