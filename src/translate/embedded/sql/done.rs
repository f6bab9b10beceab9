//! What verbs say has happened: "trainings that employees *completed*" where a row tells when that was, or that it was not yet.
//!
//! Invariant: a verb that a date of the joined tables is called after, and that may be missing there, limits the rows to those that
//! have it. Without this the verb would be dropped in silence.

use super::super::reading::frame::{Condition, Dimension, mentions_of};
use super::super::schema::lexicon::Target;
use super::super::schema::nature::Nature;
use super::build::Builder;
use super::denied::negated;
use crate::catalog::model::ColumnRef;
use sqlparser::ast::{Expr, UnaryOperator};

impl Builder<'_> {
    /// The rows of which the dates are known that the verbs of the question speak of. To be asked for when the tables are joined.
    pub(crate) fn done(&mut self) -> Vec<Expr> {
        let frame = self.frame;
        // What is denied has a verb too: what was never done has no date. A period that is asked for has dates.
        let period = frame.group.iter().any(|d| matches!(d, Dimension::Time(_)));
        // What is said of one number alone limits no other: "number of orders and number of shipped orders".
        let own = !frame.own.is_empty();
        if period || own || frame.trend || frame.conditions.iter().any(negated) {
            return Vec::new();
        }
        // "orders shipped by each shipper": the verb leads to who did it.
        let doer = |root: &String| {
            let tables = self
                .targets
                .iter()
                .map(|t| super::super::linking::resolve::table_of(self.lexicon, t));
            let mut stems = tables.flat_map(|t| &self.lexicon.tables[t].stems);
            let keys = self.lexicon.keys_by_root.get(root);
            stems.any(|stem| super::super::schema::names::root(stem) == *root)
                || keys.is_some_and(|keys| self.joins.iter().any(|j| keys.contains(&j.edge)))
        };
        // "Cancelled orders" of a status that is called so are told by it: the date would say it again, and of a share it would be the whole.
        let stated = super::super::linking::ways::stated(frame);
        let verbs = frame
            .verbs
            .iter()
            .filter(|v| !doer(v) && !stated.contains(v));
        let verbs: Vec<&String> = verbs.collect();
        let mut found: Vec<ColumnRef> = Vec::new();
        let tables = self.joins.iter().map(|j| j.child).chain([self.root]);
        for table in tables {
            let words = &self.lexicon.tables[table];
            let named = |c: &usize| {
                let said =
                    |stem: &String| verbs.contains(&&super::super::schema::names::root(stem));
                words.natures[*c] == Nature::Date
                    && !self.catalog.tables[table].columns[*c].not_null
                    && words.columns[*c]
                        .iter()
                        .any(|s| !words.stems.contains(s) && said(s))
            };
            let columns = (0..words.columns.len()).filter(named);
            found.extend(columns.map(|column| ColumnRef { table, column }));
        }
        let [at] = found[..] else {
            return match found[..] {
                [] => self.done_by_somebody(),
                _ => Vec::new(),
            };
        };
        let timed = |c: &Condition| matches!(c, Condition::Time { .. });
        // "Trees felled in the park with their felling date": that it is shown limits nothing.
        let mut said = frame.conditions.iter().flat_map(mentions_of);
        let spoken_of = said.any(|m| *self.target(m) == Target::Column(at));
        if spoken_of || frame.conditions.iter().any(timed) {
            return Vec::new();
        }
        let name = self.catalog.column(at).name.clone();
        self.said.conditions.push(format!("{name} is not missing"));
        vec![Expr::IsNotNull(Box::new(self.column(at)))]
    }

    /// "Left the company in 2026": what ended, ended then, whenever it began.
    pub(super) fn date_of_end(&self) -> Option<ColumnRef> {
        let ends = self.frame.conditions.iter().filter_map(|c| match c {
            Condition::Value {
                value,
                negated: false,
            } => match self.target(*value) {
                Target::Segment(place) => Some(&self.lexicon.segments[*place]),
                _ => None,
            },
            _ => None,
        });
        let over = |predicate: &Expr| {
            matches!(predicate, Expr::IsNotNull(_))
                || matches!(
                    predicate,
                    Expr::UnaryOp {
                        op: UnaryOperator::Not,
                        ..
                    }
                )
        };
        let mut dates = ends.filter_map(|segment| match segment.columns[..] {
            [column] if segment.told.is_some() && over(&segment.predicate) => Some(ColumnRef {
                table: segment.table,
                column,
            }),
            _ => None,
        });
        let at = dates.next()?;
        let other = dates.any(|other| other != at);
        (!other && self.lexicon.nature(at) == Nature::Date).then_some(at)
    }

    /// "Loans approved per branch": where the branch is that of the one who approved, loans that nobody did are none of them.
    fn done_by_somebody(&mut self) -> Vec<Expr> {
        let frame = self.frame;
        if frame.group.is_empty() {
            return Vec::new();
        }
        let root = super::super::schema::names::root;
        let edges = &self.lexicon.graph.edges;
        let stated = super::super::linking::ways::stated(frame);
        let said = |stem: &String| {
            let verb = root(stem);
            frame.participles.contains(&verb)
                && frame.verbs.contains(&verb)
                && !stated.contains(&verb)
        };
        let mut keys = self.joins.iter().filter_map(|j| {
            let edge = edges.get(j.edge)?;
            // Of whom more is said, there is somebody.
            let mut said_of = frame.conditions.iter().flat_map(mentions_of);
            let left = j.to_one
                && edge.nullable
                && j.parent == edge.holder
                && !said_of.any(|m| self.table(m) == edge.target);
            match edge.columns[..] {
                [column] if left && !edge.role.is_empty() && edge.role.iter().any(said) => {
                    Some(ColumnRef {
                        table: edge.holder,
                        column,
                    })
                }
                _ => None,
            }
        });
        let (Some(at), None) = (keys.next(), keys.next()) else {
            return Vec::new();
        };
        let name = self.catalog.column(at).name.clone();
        self.said.conditions.push(format!("{name} is not missing"));
        vec![Expr::IsNotNull(Box::new(self.column(at)))]
    }
}
