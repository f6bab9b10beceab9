//! The walk of an analyzed tree: every Query only reads, every function and relation is one that the policy admits.
//!
//! It is done twice: on the tree as analyzed, which is what the statement itself says, and after rewriting, when the
//! bodies of views and the quals of policies stand in it. `check_functions_in_node` shows the functions of a node;
//! what it does not show is looked up here: the inner functions of aggregates, TABLESAMPLE handlers, the comparison
//! functions of users' types, and the CHECKs of domains.

use super::executor::Column;
use super::facts::{self, FIRST_USER_OID, oids};
use crate::error::Error;
use crate::guard::policy::{self, Trust, Verdict};
use pgrx::pg_guard;
use pgrx::pg_sys::{self, List, Node, NodeTag, Oid};
use std::collections::{BTreeSet, HashMap};
use std::ffi::{c_int, c_void};

/// What a walk has found so far.
#[derive(Debug)]
pub struct Walk {
    trust: Trust,
    /// The tree has been rewritten: what stands in it may come from a view or a policy.
    pub(super) nested: bool,
    /// Check the caller's privileges too.
    privileges: bool,
    refusal: Option<Error>,
    /// OIDs of the relations that are read, views and what is inside them included.
    pub relations: BTreeSet<u32>,
    /// OIDs of the functions that are called, by operators and casts too.
    pub functions: BTreeSet<u32>,
    /// A row security policy bounds what the caller sees of some relation.
    pub restricted: bool,
    verdicts: HashMap<u32, Verdict>,
    /// Types whose comparison functions have been judged.
    pub(super) compared: BTreeSet<u32>,
    /// Types whose checks have been judged.
    pub(super) created: BTreeSet<u32>,
    /// Types of users that occur anywhere.
    pub(super) seen: BTreeSet<u32>,
    /// Rows of no named type are compared or rendered, so every type that occurs may be.
    pub(super) anonymous_rows: bool,
}

impl Walk {
    /// A walk that has seen nothing. With `privileges` it also asks whether the caller may read what it meets.
    pub fn new(trust: Trust, privileges: bool) -> Walk {
        Walk {
            trust,
            nested: false,
            privileges,
            refusal: None,
            relations: BTreeSet::new(),
            functions: BTreeSet::new(),
            restricted: false,
            verdicts: HashMap::new(),
            compared: BTreeSet::new(),
            created: BTreeSet::new(),
            seen: BTreeSet::new(),
            anonymous_rows: false,
        }
    }

    /// Walks a Query. `nested`: it has been rewritten.
    ///
    /// # Errors
    /// 42501, naming the rule.
    pub(super) unsafe fn query(
        &mut self,
        query: *mut pg_sys::Query,
        nested: bool,
    ) -> Result<(), Error> {
        self.nested = nested;
        let this: *mut Walk = self;
        // SAFETY: the caller hands over a Query; `this` is valid for the walk and nothing else uses it meanwhile.
        unsafe { start(query.cast(), this) };
        if self.refusal.is_none() && self.anonymous_rows {
            for id in self.seen.clone() {
                // SAFETY: catalog look-ups by OID.
                unsafe { self.comparable(Oid::from(id)) };
            }
        }
        match self.refusal.take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Judges columns whose values become json: a type of a user's may bring a cast of its own.
    ///
    /// # Errors
    /// 42501, naming the function.
    pub(super) fn rendered(&mut self, columns: &[Column]) -> Result<(), Error> {
        for column in columns {
            // SAFETY: catalog look-ups by OID.
            unsafe { self.comparable(Oid::from(column.type_oid)) };
        }
        self.refusal.take().map_or(Ok(()), Err)
    }

    fn refuse(&mut self, error: Error) {
        if self.refusal.is_none() {
            self.refusal = Some(error);
        }
    }

    pub(super) fn function(&mut self, function: Oid) {
        if function == Oid::INVALID || self.refusal.is_some() {
            return;
        }
        let first = self.functions.insert(function.to_u32());
        let trust = &self.trust;
        let verdict = self
            .verdicts
            .entry(function.to_u32())
            .or_insert_with(|| facts::verdict(function, trust))
            .clone();
        match verdict {
            Verdict::Allowed => {
                if first && function.to_u32() >= FIRST_USER_OID {
                    // SAFETY: reads the function's own row.
                    unsafe { self.defaults(function) };
                }
            }
            Verdict::Nested if self.nested => {}
            Verdict::Nested => self.refuse(facts::refusal(function, &policy::Rule::Reveals)),
            Verdict::Refused(rule) => self.refuse(facts::refusal(function, &rule)),
        }
    }

    /// The expressions that stand in for arguments which a call leaves out. They are added by the planner only.
    unsafe fn defaults(&mut self, function: Oid) {
        // SAFETY: the attribute is a node tree in text form, or null.
        unsafe {
            let tuple = pg_sys::SearchSysCache1(
                pg_sys::SysCacheIdentifier::PROCOID as c_int,
                pg_sys::Datum::from(function),
            );
            if tuple.is_null() {
                return;
            }
            let mut is_null = false;
            let value = pg_sys::SysCacheGetAttr(
                pg_sys::SysCacheIdentifier::PROCOID as c_int,
                tuple,
                pg_sys::Anum_pg_proc_proargdefaults as i16,
                &mut is_null,
            );
            let tree = if is_null {
                std::ptr::null_mut()
            } else {
                pg_sys::stringToNode(pg_sys::text_to_cstring(value.cast_mut_ptr()))
            };
            pg_sys::ReleaseSysCache(tuple);
            let nested = std::mem::replace(&mut self.nested, true);
            let this: *mut Walk = self;
            start(tree.cast(), this);
            self.nested = nested;
        }
    }

    unsafe fn relation(&mut self, relation: Oid) {
        let first = self.relations.insert(relation.to_u32());
        if !first {
            return;
        }
        if let Err(error) = facts::judge_relation(relation, self.nested, &self.trust) {
            self.refuse(error);
        }
    }

    unsafe fn check_query(&mut self, query: *mut pg_sys::Query) {
        // SAFETY: the node is a Query.
        let query = unsafe { &*query };
        if query.commandType != pg_sys::CmdType::CMD_SELECT
            || !query.utilityStmt.is_null()
            || query.hasModifyingCTE
            || query.resultRelation != 0
        {
            self.refuse(
                Error::refused("the guard refuses everything but SELECT")
                    .with_detail("An answer only reads."),
            );
        } else if !query.rowMarks.is_null() || query.hasForUpdate {
            self.refuse(
                Error::refused("the guard refuses a locking clause").with_detail(
                    "FOR UPDATE, FOR SHARE and their kin lock rows; only reading is allowed.",
                ),
            );
        }
        if self.nested && self.privileges && self.refusal.is_none() {
            // SAFETY: PostgreSQL's own check at the start of an execution; it raises its own error.
            unsafe {
                #[cfg(feature = "pg15")]
                pg_sys::ExecCheckRTPerms(query.rtable, true);
                #[cfg(not(feature = "pg15"))]
                pg_sys::ExecCheckPermissions(query.rtable, query.rteperminfos, true);
            }
        }
        // SAFETY: lists of a Query; every column of a query that sorts, groups or removes duplicates may be compared.
        unsafe {
            let sorts = !query.sortClause.is_null()
                || !query.groupClause.is_null()
                || !query.distinctClause.is_null()
                || !query.windowClause.is_null()
                || !query.setOperations.is_null();
            if sorts {
                for entry in nodes(query.targetList) {
                    let entry = entry.cast::<pg_sys::TargetEntry>();
                    self.comparable(pg_sys::exprType((*entry).expr.cast()));
                }
            }
        }
    }

    unsafe fn check_range(&mut self, entry: *mut pg_sys::RangeTblEntry) {
        // SAFETY: the node is a RangeTblEntry; which fields are set follows from its kind.
        unsafe {
            // The rewriter puts the quals of policies there, and nothing else.
            self.restricted |= !(*entry).securityQuals.is_null();
            match (*entry).rtekind {
                pg_sys::RTEKind::RTE_RELATION => {
                    self.relation((*entry).relid);
                    let sample = (*entry).tablesample;
                    if !sample.is_null() && (*sample).tsmhandler.to_u32() >= FIRST_USER_OID {
                        self.function((*sample).tsmhandler);
                    }
                }
                pg_sys::RTEKind::RTE_FUNCTION => {
                    for function in nodes((*entry).functions) {
                        let function = function.cast::<pg_sys::RangeTblFunction>();
                        for kind in oids((*function).funccoltypes) {
                            self.created(kind);
                        }
                    }
                }
                pg_sys::RTEKind::RTE_TABLEFUNC => {
                    for kind in oids((*(*entry).tablefunc).coltypes) {
                        self.created(kind);
                    }
                }
                pg_sys::RTEKind::RTE_NAMEDTUPLESTORE => {
                    self.refuse(Error::refused("the guard refuses a transition table"));
                }
                // The entry of a rewritten view keeps the view's OID from 16 on.
                pg_sys::RTEKind::RTE_SUBQUERY if (*entry).relid != Oid::INVALID => {
                    self.relation((*entry).relid);
                }
                _ => {}
            }
        }
    }

    /// What a node does besides calling the functions that `check_functions_in_node` shows.
    unsafe fn check_expression(&mut self, node: *mut Node) {
        // SAFETY: each node is of the type that its tag says.
        unsafe {
            match (*node).type_ {
                NodeTag::T_Var => {
                    self.note((*node.cast::<pg_sys::Var>()).vartype);
                }
                NodeTag::T_Const => {
                    self.note((*node.cast::<pg_sys::Const>()).consttype);
                }
                NodeTag::T_FuncExpr => {
                    let call = node.cast::<pg_sys::FuncExpr>();
                    if let Some(error) = super::walk_sizes::refusal(call) {
                        self.refuse(error);
                    }
                    self.arguments((*call).args);
                    self.created((*call).funcresulttype);
                }
                NodeTag::T_OpExpr | NodeTag::T_DistinctExpr | NodeTag::T_NullIfExpr => {
                    let call = node.cast::<pg_sys::OpExpr>();
                    self.operator((*call).opno);
                    self.arguments((*call).args);
                }
                NodeTag::T_ScalarArrayOpExpr => {
                    let call = node.cast::<pg_sys::ScalarArrayOpExpr>();
                    self.operator((*call).opno);
                    self.arguments((*call).args);
                }
                NodeTag::T_RowCompareExpr => {
                    let compare = node.cast::<pg_sys::RowCompareExpr>();
                    for operator in oids((*compare).opnos) {
                        self.operator(operator);
                    }
                    self.arguments((*compare).largs);
                    self.arguments((*compare).rargs);
                }
                NodeTag::T_MinMaxExpr => {
                    self.comparable((*node.cast::<pg_sys::MinMaxExpr>()).minmaxtype);
                }
                NodeTag::T_RowExpr => {
                    for argument in nodes((*node.cast::<pg_sys::RowExpr>()).args) {
                        self.note(pg_sys::exprType(argument));
                    }
                }
                NodeTag::T_Aggref => {
                    let aggregate = node.cast::<pg_sys::Aggref>();
                    self.aggregate((*aggregate).aggfnoid);
                    for kind in oids((*aggregate).aggargtypes) {
                        self.comparable(kind);
                    }
                    self.created((*aggregate).aggtype);
                }
                NodeTag::T_WindowFunc => {
                    let window = node.cast::<pg_sys::WindowFunc>();
                    self.aggregate((*window).winfnoid);
                    self.arguments((*window).args);
                }
                NodeTag::T_WindowClause => {
                    let window = node.cast::<pg_sys::WindowClause>();
                    for function in [(*window).startInRangeFunc, (*window).endInRangeFunc] {
                        if function.to_u32() >= FIRST_USER_OID {
                            self.function(function);
                        }
                    }
                }
                NodeTag::T_SortGroupClause => {
                    let clause = node.cast::<pg_sys::SortGroupClause>();
                    self.operator((*clause).eqop);
                    self.operator((*clause).sortop);
                }
                NodeTag::T_SetOperationStmt => {
                    self.sort_groups((*node.cast::<pg_sys::SetOperationStmt>()).groupClauses);
                }
                NodeTag::T_CommonTableExpr => {
                    let cycle = (*node.cast::<pg_sys::CommonTableExpr>()).cycle_clause;
                    if !cycle.is_null() {
                        self.operator((*cycle).cycle_mark_neop);
                    }
                }
                NodeTag::T_CoerceViaIO => {
                    self.created((*node.cast::<pg_sys::CoerceViaIO>()).resulttype);
                }
                NodeTag::T_CoerceToDomain => {
                    self.created((*node.cast::<pg_sys::CoerceToDomain>()).resulttype);
                }
                NodeTag::T_XmlExpr => {
                    self.arguments((*node.cast::<pg_sys::XmlExpr>()).args);
                }
                #[cfg(not(feature = "pg15"))]
                NodeTag::T_JsonConstructorExpr => {
                    self.arguments((*node.cast::<pg_sys::JsonConstructorExpr>()).args);
                }
                #[cfg(any(feature = "pg17", feature = "pg18"))]
                NodeTag::T_JsonExpr => {
                    let json = node.cast::<pg_sys::JsonExpr>();
                    let returning = (*json).returning;
                    if !returning.is_null() {
                        self.created((*returning).typid);
                    }
                }
                NodeTag::T_NextValueExpr => {
                    self.refuse(Error::refused("the guard refuses to draw from a sequence"));
                }
                NodeTag::T_CurrentOfExpr => {
                    self.refuse(Error::refused("the guard refuses WHERE CURRENT OF"));
                }
                _ => {}
            }
        }
    }
}

/// The elements of a list of nodes.
pub(super) unsafe fn nodes(list: *mut List) -> Vec<*mut Node> {
    if list.is_null() {
        return Vec::new();
    }
    // SAFETY: a list holds `length` cells.
    unsafe {
        (0..(*list).length as usize)
            .map(|i| (*(*list).elements.add(i)).ptr_value.cast())
            .collect()
    }
}

/// Walks a tree. An error inside comes out as PostgreSQL's ERROR, which must not jump over our frames: so it is called
/// through pgrx's boundary, as PostgreSQL's own functions are.
pub(super) unsafe fn start(node: *mut Node, walk: *mut Walk) {
    // SAFETY: as the caller says.
    unsafe { pg_sys::ffi::pg_guard_ffi_boundary(|| visit(node, walk.cast())) };
}

/// True stops the walk.
#[pg_guard]
unsafe extern "C-unwind" fn visit(node: *mut Node, context: *mut c_void) -> bool {
    if node.is_null() {
        return false;
    }
    // SAFETY: `context` is the Walk that started; PostgreSQL's walkers hand over nodes of their trees, and guard the
    // stack themselves.
    unsafe {
        let walk = context.cast::<Walk>();
        match (*node).type_ {
            NodeTag::T_Query => {
                (*walk).check_query(node.cast());
                if (*walk).refusal.is_some() {
                    return true;
                }
                let flags = pg_sys::QTW_EXAMINE_RTES_BEFORE | pg_sys::QTW_EXAMINE_SORTGROUP;
                return pg_sys::query_tree_walker(
                    node.cast(),
                    Some(visit),
                    context,
                    flags as c_int,
                );
            }
            NodeTag::T_RangeTblEntry => {
                (*walk).check_range(node.cast());
                return (*walk).refusal.is_some();
            }
            NodeTag::T_List => {}
            _ => {
                (*walk).check_expression(node);
                if (*walk).refusal.is_some() || called(node, context) {
                    return true;
                }
            }
        }
        pg_sys::expression_tree_walker(node, Some(visit), context)
    }
}

/// The functions that a node calls.
unsafe fn called(node: *mut Node, context: *mut c_void) -> bool {
    // SAFETY: as in `visit`.
    unsafe {
        match (*node).type_ {
            NodeTag::T_Aggref
            | NodeTag::T_WindowFunc
            | NodeTag::T_FuncExpr
            | NodeTag::T_OpExpr
            | NodeTag::T_DistinctExpr
            | NodeTag::T_NullIfExpr
            | NodeTag::T_ScalarArrayOpExpr
            | NodeTag::T_CoerceViaIO
            | NodeTag::T_RowCompareExpr => {
                let callback = if (*node).type_ == NodeTag::T_CoerceViaIO {
                    check_io
                } else {
                    check_call
                };
                pg_sys::check_functions_in_node(node, Some(callback), context)
            }
            _ => false,
        }
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn check_call(function: Oid, context: *mut c_void) -> bool {
    // SAFETY: `context` is the Walk.
    let walk = unsafe { &mut *context.cast::<Walk>() };
    walk.function(function);
    walk.refusal.is_some()
}

/// The input and output functions of a cast. PostgreSQL's own are fine here: what they may run are the checks of the
/// type that is made, which are judged by themselves.
#[pg_guard]
unsafe extern "C-unwind" fn check_io(function: Oid, context: *mut c_void) -> bool {
    if function.to_u32() < FIRST_USER_OID {
        return false;
    }
    // SAFETY: as in `check_call`.
    let walk = unsafe { &mut *context.cast::<Walk>() };
    walk.function(function);
    walk.refusal.is_some()
}
