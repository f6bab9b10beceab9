//! What the walk asks about types and operators: the functions that compare, sort, hash and render their values without
//! standing in the tree, and the CHECKs that run when a value of theirs is made.

use super::facts::FIRST_USER_OID;
use super::walk::{Walk, nodes, start};
use pgrx::pg_sys::{self, List, Oid};
use std::ffi::c_int;

/// Columns of pg_aggregate, the same from 15 to 18: aggtransfn, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn,
/// aggmtransfn, aggminvtransfn, aggmfinalfn.
const AGGREGATE_FUNCTIONS: [i16; 8] = [4, 5, 6, 7, 8, 9, 10, 11];
/// aggsortop.
const AGGREGATE_SORT_OPERATOR: i16 = 16;

impl Walk {
    /// An operator: its own function, and those that sorting and hashing by it call.
    pub(super) unsafe fn operator(&mut self, operator: Oid) {
        if operator.to_u32() < FIRST_USER_OID {
            return;
        }
        // SAFETY: catalog look-ups by OID.
        unsafe {
            self.function(pg_sys::get_opcode(operator));
            let (mut left, mut right) = (Oid::INVALID, Oid::INVALID);
            if pg_sys::get_op_hash_functions(operator, &mut left, &mut right) {
                self.function(left);
                self.function(right);
            }
            let (mut family, mut input, mut strategy) = (Oid::INVALID, Oid::INVALID, 0);
            if pg_sys::get_ordering_op_properties(operator, &mut family, &mut input, &mut strategy)
            {
                for support in 1..=4 {
                    self.function(pg_sys::get_opfamily_proc(family, input, input, support));
                }
            }
        }
    }

    /// A type whose values are compared, sorted, hashed or rendered: the functions that do it without standing in the tree.
    pub(super) unsafe fn comparable(&mut self, kind: Oid) {
        let id = kind.to_u32();
        if kind == pg_sys::RECORDOID || kind == pg_sys::RECORDARRAYOID {
            self.anonymous_rows = true;
        }
        if id < FIRST_USER_OID || !self.compared.insert(id) {
            return;
        }
        // SAFETY: catalog look-ups by OID; a tuple descriptor is released after its use.
        unsafe {
            let flags = pg_sys::TYPECACHE_EQ_OPR
                | pg_sys::TYPECACHE_LT_OPR
                | pg_sys::TYPECACHE_GT_OPR
                | pg_sys::TYPECACHE_CMP_PROC
                | pg_sys::TYPECACHE_HASH_PROC
                | pg_sys::TYPECACHE_HASH_EXTENDED_PROC;
            let entry = pg_sys::lookup_type_cache(kind, flags as c_int);
            let (operators, functions) = (
                [(*entry).eq_opr, (*entry).lt_opr, (*entry).gt_opr],
                [
                    (*entry).cmp_proc,
                    (*entry).hash_proc,
                    (*entry).hash_extended_proc,
                ],
            );
            // The type cache keeps built-in comparison of arrays and rows only when their parts can be compared; what a
            // user's operator class says for the type itself stands in these.
            for operator in operators {
                self.operator(operator);
            }
            for function in functions {
                if function.to_u32() >= FIRST_USER_OID {
                    self.function(function);
                }
            }
            let mut cast = Oid::INVALID;
            pg_sys::find_coercion_pathway(
                pg_sys::JSONOID,
                kind,
                pg_sys::CoercionContext::COERCION_EXPLICIT,
                &mut cast,
            );
            self.function(cast);
            for part in parts(kind) {
                self.comparable(part);
            }
        }
    }

    /// A type of which a value is made: the CHECKs of the domains in it.
    pub(super) unsafe fn created(&mut self, kind: Oid) {
        let id = kind.to_u32();
        if id < FIRST_USER_OID || !self.created.insert(id) {
            return;
        }
        // SAFETY: the reference to the constraints lives in the current context, as its callback requires.
        unsafe {
            if pg_sys::get_typtype(kind) as u8 == pg_sys::TYPTYPE_DOMAIN {
                let reference = pg_sys::palloc0(size_of::<pg_sys::DomainConstraintRef>())
                    .cast::<pg_sys::DomainConstraintRef>();
                pg_sys::InitDomainConstraintRef(
                    kind,
                    reference,
                    pg_sys::CurrentMemoryContext,
                    false,
                );
                for node in nodes((*reference).constraints) {
                    let state = node.cast::<pg_sys::DomainConstraintState>();
                    let nested = std::mem::replace(&mut self.nested, true);
                    let this: *mut Walk = self;
                    start((*state).check_expr.cast(), this);
                    self.nested = nested;
                }
            }
            for part in parts(kind) {
                self.created(part);
            }
        }
    }

    pub(super) unsafe fn arguments(&mut self, list: *mut List) {
        // SAFETY: the list holds expressions.
        for argument in unsafe { nodes(list) } {
            unsafe { self.comparable(pg_sys::exprType(argument)) };
        }
    }

    pub(super) unsafe fn sort_groups(&mut self, list: *mut List) {
        // SAFETY: the list holds SortGroupClauses.
        for clause in unsafe { nodes(list) } {
            let clause = clause.cast::<pg_sys::SortGroupClause>();
            unsafe {
                self.operator((*clause).eqop);
                self.operator((*clause).sortop);
            }
        }
    }

    pub(super) fn note(&mut self, kind: Oid) {
        if kind.to_u32() >= FIRST_USER_OID {
            self.seen.insert(kind.to_u32());
        }
    }

    /// The functions inside a user's aggregate; those of PostgreSQL's own are its own.
    pub(super) unsafe fn aggregate(&mut self, aggregate: Oid) {
        if aggregate.to_u32() < FIRST_USER_OID {
            return;
        }
        // SAFETY: the tuple is a pg_aggregate row; the OIDs are copied before it is released.
        unsafe {
            let tuple = pg_sys::SearchSysCache1(
                pg_sys::SysCacheIdentifier::AGGFNOID as c_int,
                pg_sys::Datum::from(aggregate),
            );
            if tuple.is_null() {
                return;
            }
            let mut column = |number: i16| {
                let mut is_null = false;
                let value = pg_sys::SysCacheGetAttr(
                    pg_sys::SysCacheIdentifier::AGGFNOID as c_int,
                    tuple,
                    number,
                    &mut is_null,
                );
                if is_null {
                    Oid::INVALID
                } else {
                    Oid::from(value.value() as u32)
                }
            };
            let functions = AGGREGATE_FUNCTIONS.map(&mut column);
            let sort_operator = column(AGGREGATE_SORT_OPERATOR);
            pg_sys::ReleaseSysCache(tuple);
            for function in functions {
                self.function(function);
            }
            self.operator(sort_operator);
        }
    }
}

/// The types inside a type: an array's elements, a row's columns, a domain's base, a range's bounds.
unsafe fn parts(kind: Oid) -> Vec<Oid> {
    // SAFETY: catalog look-ups by OID; the descriptor is released before returning.
    unsafe {
        match pg_sys::get_typtype(kind) as u8 {
            pg_sys::TYPTYPE_COMPOSITE => {
                let descriptor = pg_sys::lookup_rowtype_tupdesc_copy(kind, -1);
                let row = pgrx::PgTupleDesc::from_pg_copy(descriptor);
                row.iter()
                    .filter(|column| !column.attisdropped)
                    .map(|column| column.atttypid)
                    .collect()
            }
            pg_sys::TYPTYPE_DOMAIN => vec![pg_sys::getBaseType(kind)],
            pg_sys::TYPTYPE_RANGE => vec![pg_sys::get_range_subtype(kind)],
            pg_sys::TYPTYPE_MULTIRANGE => vec![pg_sys::get_multirange_range(kind)],
            _ => Some(pg_sys::get_element_type(kind))
                .filter(|&element| element != Oid::INVALID)
                .into_iter()
                .collect(),
        }
    }
}
