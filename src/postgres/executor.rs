//! Analysis, planning and execution of one statement inside the cage. The tree that was checked is the tree that runs:
//! the text is parsed once.

use super::cage::{self, Limits};
use super::facts;
use super::position;
use super::raw::{self, RawStatement};
use super::sink::{Sink, Taken};
use super::walk::{Walk, nodes};
use crate::error::{Error, Result, SqlState};
use crate::execute::names;
use crate::guard;
use pgrx::pg_sys::panic::CaughtError;
use pgrx::pg_sys::{self, NodeTag, Oid, Plan};
use std::time::{Duration, Instant};

/// A column of a statement's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub type_oid: u32,
    pub typmod: i32,
    pub collation: u32,
}

/// What analysis has found.
#[derive(Clone, Debug)]
pub struct Analysis {
    pub columns: Vec<Column>,
    pub relations: Vec<u32>,
    pub functions: Vec<u32>,
    /// As in [`Executed`].
    pub restricted: bool,
}

/// What limits an execution beyond the cage's own limits.
#[derive(Clone, Copy, Debug)]
pub struct Caps {
    pub max_rows: u64,
    pub max_bytes: u64,
    pub max_plan_cost: Option<f64>,
}

/// What an execution did.
#[derive(Clone, Debug)]
pub struct Executed {
    pub rows: u64,
    pub truncated: bool,
    /// No row, or one of nothing but nulls and zeros.
    pub nothing: bool,
    /// What a [`Sink::kept`] has kept.
    pub kept: Vec<Option<String>>,
    /// Row security bounds what the caller sees of what was read.
    pub restricted: bool,
    /// Parsing, checking, planning.
    pub prepare: Duration,
    pub execute: Duration,
}

/// Checks a statement without running it.
///
/// # Errors
/// Ours for a refusal or the end of the time; PostgreSQL's own go on as ERROR.
pub fn analyze(sql: &str, limits: Limits) -> Result<Analysis> {
    cage::caged(limits, || {
        checked(sql, false).map(|checked| checked.analysis())
    })
}

/// Like [`analyze`], but PostgreSQL's error is handed over, and the caller's privileges on the relations are checked too, as
/// they would be when the statement runs.
///
/// # Errors
/// The outer one is PostgreSQL's, with the place in the statement if it named one.
pub fn try_analyze(
    sql: &str,
    limits: Limits,
) -> std::result::Result<Result<Analysis>, (Box<CaughtError>, Option<u32>)> {
    let watch = position::watch();
    cage::enclosed(limits, || {
        checked(sql, true).map(|checked| checked.analysis())
    })
    .map_err(|caught| (caught, watch.last()))
}

/// Checks a statement and runs it; its rows go to the sink.
///
/// # Errors
/// As [`analyze`]; 42804 when the columns are not those the sink's reader was planned with; 54000 when the plan costs
/// more than allowed, or a single row is larger than allowed. The outer one is PostgreSQL's, handed over.
pub fn try_run(
    sql: &str,
    limits: Limits,
    caps: Caps,
    sink: &mut Sink,
) -> std::result::Result<Result<Executed>, Box<CaughtError>> {
    cage::enclosed(limits, || {
        let started = Instant::now();
        let mut checked = checked(sql, false)?;
        if sink.renders() {
            checked.walk.rendered(&checked.columns)?;
        }
        sink.accepts(&checked.columns)?;
        let plan = checked.plan();
        if let Some(limit) = caps.max_plan_cost {
            // SAFETY: the plan was made just now.
            check_cost(unsafe { highest_cost(plan) }, limit)?;
        }
        let prepare = started.elapsed();
        let started = Instant::now();
        // SAFETY: the plan is the one of the checked tree.
        let taken = unsafe { execute(&checked, plan, caps, sink)? };
        Ok(Executed {
            rows: taken.rows,
            truncated: taken.truncated,
            nothing: taken.nothing,
            kept: taken.kept,
            restricted: checked.walk.restricted,
            prepare,
            execute: started.elapsed(),
        })
    })
}

struct Checked {
    query: *mut pg_sys::Query,
    source: *const std::ffi::c_char,
    columns: Vec<Column>,
    walk: Walk,
}

impl Checked {
    fn analysis(self) -> Analysis {
        Analysis {
            restricted: self.walk.restricted,
            columns: self.columns,
            relations: self.walk.relations.into_iter().collect(),
            functions: self.walk.functions.into_iter().collect(),
        }
    }

    /// No parallel workers: the hooks and the timer live in this backend alone.
    fn plan(&self) -> *mut pg_sys::PlannedStmt {
        // SAFETY: the query has been rewritten and not been planned yet.
        unsafe { pg_sys::pg_plan_query(self.query, self.source, 0, std::ptr::null_mut()) }
    }
}

/// Text, raw parser, budget, sqlparser, analyzer, walk, rewriter, walk: in this order. `privileges`: look at them now and not
/// only when the statement runs.
fn checked(sql: &str, privileges: bool) -> Result<Checked> {
    guard::check_text(sql)?;
    let RawStatement { raw, source, depth } = raw::parse(sql)?;
    // SAFETY: a setting of PostgreSQL.
    if unsafe { pg_sys::standard_conforming_strings } {
        guard::check_structure(sql, depth, super::stack::left())?;
    }
    // SAFETY: `raw` was made from `source` in the current memory context; analysis and rewriting change the tree in
    // place, so nothing else refers to it.
    unsafe {
        let analyzed = pg_sys::parse_analyze_fixedparams(
            raw,
            source,
            std::ptr::null(),
            0,
            std::ptr::null_mut(),
        );
        let mut walk = Walk::new(facts::trust(), privileges);
        walk.query(analyzed, false)?;
        let rewritten = pg_sys::pg_rewrite_query(analyzed);
        let [query] = nodes(rewritten)[..] else {
            return Err(Error::refused(
                "the guard refuses a statement that rules rewrite into several",
            ));
        };
        let query = query.cast::<pg_sys::Query>();
        walk.query(query, true)?;
        let columns = columns(query);
        Ok(Checked {
            query,
            source,
            columns,
            walk,
        })
    }
}

unsafe fn columns(query: *mut pg_sys::Query) -> Vec<Column> {
    // SAFETY: a target list holds TargetEntries.
    let mut columns: Vec<Column> = unsafe {
        nodes((*query).targetList)
            .into_iter()
            .map(|entry| &*entry.cast::<pg_sys::TargetEntry>())
            .filter(|entry| !entry.resjunk)
            .map(|entry| {
                let expression = entry.expr.cast();
                Column {
                    name: facts::text(entry.resname).unwrap_or_default(),
                    type_oid: pg_sys::exprType(expression).to_u32(),
                    typmod: pg_sys::exprTypmod(expression),
                    collation: pg_sys::exprCollation(expression).to_u32(),
                }
            })
            .collect()
    };
    let given: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    for (column, name) in columns.iter_mut().zip(names::distinct(&given)) {
        column.name = name;
    }
    columns
}

unsafe fn execute(
    checked: &Checked,
    plan: *mut pg_sys::PlannedStmt,
    caps: Caps,
    sink: &mut Sink,
) -> Result<Taken> {
    let mut receiver = sink.receiver(&checked.columns, caps.max_rows, caps.max_bytes);
    // SAFETY: the usual life of a QueryDesc; the receiver outlives it. The snapshot is the one that the cage has pushed. An
    // ERROR anywhere is cleaned up by the rollback of the cage.
    unsafe {
        let descriptor = pg_sys::CreateQueryDesc(
            plan,
            checked.source,
            pg_sys::GetActiveSnapshot(),
            std::ptr::null_mut(),
            receiver.as_destination(),
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            0,
        );
        pg_sys::ExecutorStart(descriptor, 0);
        #[cfg(not(feature = "pg18"))]
        pg_sys::ExecutorRun(
            descriptor,
            pg_sys::ScanDirection::ForwardScanDirection,
            0,
            true,
        );
        #[cfg(feature = "pg18")]
        pg_sys::ExecutorRun(descriptor, pg_sys::ScanDirection::ForwardScanDirection, 0);
        pg_sys::ExecutorFinish(descriptor);
        pg_sys::ExecutorEnd(descriptor);
        pg_sys::FreeQueryDesc(descriptor);
    }
    receiver.taken()
}

fn check_cost(cost: f64, limit: f64) -> Result<()> {
    if cost <= limit {
        return Ok(());
    }
    Err(Error::new(
        SqlState::PROGRAM_LIMIT_EXCEEDED,
        "the statement is too expensive",
    )
    .with_detail(format!(
        "The planner expects a cost of {cost:.0}; insightflow.max_plan_cost is {limit:.0}."
    ))
    .with_hint("Ask for a shorter time or fewer groups."))
}

/// The highest total cost of any node: a LIMIT on top makes the root look cheap.
unsafe fn highest_cost(statement: *mut pg_sys::PlannedStmt) -> f64 {
    // SAFETY: the trees of a PlannedStmt; the stack of nodes is our own, so deep plans do not recurse.
    unsafe {
        let mut highest = 0.0_f64;
        let mut waiting: Vec<*mut Plan> = vec![(*statement).planTree];
        waiting.extend(
            nodes((*statement).subplans)
                .into_iter()
                .map(|node| node.cast::<Plan>()),
        );
        while let Some(plan) = waiting.pop() {
            if plan.is_null() {
                continue;
            }
            highest = highest.max((*plan).total_cost);
            waiting.push((*plan).lefttree);
            waiting.push((*plan).righttree);
            let more = match (*plan.cast::<pg_sys::Node>()).type_ {
                NodeTag::T_Append => (*plan.cast::<pg_sys::Append>()).appendplans,
                NodeTag::T_MergeAppend => (*plan.cast::<pg_sys::MergeAppend>()).mergeplans,
                NodeTag::T_BitmapAnd => (*plan.cast::<pg_sys::BitmapAnd>()).bitmapplans,
                NodeTag::T_BitmapOr => (*plan.cast::<pg_sys::BitmapOr>()).bitmapplans,
                NodeTag::T_CustomScan => (*plan.cast::<pg_sys::CustomScan>()).custom_plans,
                NodeTag::T_SubqueryScan => {
                    waiting.push((*plan.cast::<pg_sys::SubqueryScan>()).subplan);
                    std::ptr::null_mut()
                }
                _ => std::ptr::null_mut(),
            };
            waiting.extend(nodes(more).into_iter().map(|node| node.cast::<Plan>()));
        }
        highest
    }
}

/// The OID of a type that the catalog knows by a constant.
pub(super) fn oid(type_oid: u32) -> Oid {
    Oid::from(type_oid)
}
