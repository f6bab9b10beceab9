//! temporary
use crate::error::Result;
use crate::execute::{Description, OutputColumn};
use pgrx::PgList;
use pgrx::pg_sys;
use pgrx::prelude::*;
use std::ffi::CString;
pub fn describe(sql: &str) -> Result<Description> {
    unsafe {
        let c = CString::new(sql).unwrap();
        let p = pg_sys::pstrdup(c.as_ptr());
        let stmt = PgList::<pg_sys::RawStmt>::from_pg(pg_sys::pg_parse_query(p))
            .get_ptr(0)
            .unwrap();
        let q =
            pg_sys::parse_analyze_fixedparams(stmt, p, std::ptr::null(), 0, std::ptr::null_mut());
        let mut columns = vec![];
        for te in PgList::<pg_sys::TargetEntry>::from_pg((*q).targetList).iter_ptr() {
            if (*te).resjunk {
                continue;
            }
            let e = (*te).expr as *mut pg_sys::Node;
            let name = std::ffi::CStr::from_ptr((*te).resname)
                .to_string_lossy()
                .into_owned();
            let mut n = name.clone();
            let mut k = 1;
            while columns.iter().any(|c: &OutputColumn| c.name == n) {
                k += 1;
                n = format!("{name}_{k}");
            }
            columns.push(OutputColumn {
                name: n,
                type_oid: pg_sys::exprType(e).to_u32(),
                typmod: pg_sys::exprTypmod(e),
                collation: pg_sys::exprCollation(e).to_u32(),
            });
        }
        let mut relations = vec![];
        for r in PgList::<pg_sys::RangeTblEntry>::from_pg((*q).rtable).iter_ptr() {
            if (*r).rtekind == pg_sys::RTEKind::RTE_RELATION {
                relations.push((*r).relid.to_u32());
            }
        }
        Ok(Description {
            columns,
            relations,
            functions: vec![],
        })
    }
}
pub unsafe fn run(sql: &str, fcinfo: pg_sys::FunctionCallInfo, json: bool) -> pg_sys::Datum {
    unsafe {
        let csql = CString::new(if json {
            format!("SELECT row_to_json(x) FROM ({sql}) x")
        } else {
            sql.to_owned()
        })
        .unwrap();
        pg_sys::InitMaterializedSRF(
            fcinfo,
            if json {
                0
            } else {
                pg_sys::MAT_SRF_USE_EXPECTED_DESC
            },
        );
        let rsinfo = (*fcinfo).resultinfo as *mut pg_sys::ReturnSetInfo;
        let cx = pg_sys::CurrentMemoryContext;
        let owner = pg_sys::CurrentResourceOwner;
        pg_sys::BeginInternalSubTransaction(std::ptr::null());
        pg_sys::XactReadOnly = true;
        let out = PgTryBuilder::new(|| {
            pg_sys::SPI_connect();
            let mut o: pg_sys::SPIExecuteOptions = std::mem::zeroed();
            o.read_only = true;
            o.must_return_tuples = true;
            pg_sys::SPI_execute_extended(csql.as_ptr(), &o);
            let tt = pg_sys::SPI_tuptable;
            for i in 0..(*tt).numvals as usize {
                pg_sys::tuplestore_puttuple((*rsinfo).setResult, *(*tt).vals.add(i));
            }
            pg_sys::SPI_finish();
            None
        })
        .catch_others(Some)
        .execute();
        pg_sys::MemoryContextSwitchTo(cx);
        pg_sys::RollbackAndReleaseCurrentSubTransaction();
        pg_sys::MemoryContextSwitchTo(cx);
        pg_sys::CurrentResourceOwner = owner;
        if let Some(e) = out {
            e.rethrow();
        }
        (*fcinfo).isnull = true;
        pg_sys::Datum::null()
    }
}
