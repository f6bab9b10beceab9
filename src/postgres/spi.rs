//! Read-only SQL of our own: catalog reads and look-ups, as the current user.
//!
//! Invariant: nothing here assigns a transaction id, so it works on a hot standby and in a read-only transaction
//! (pgrx's `Spi::get_one` assigns one even for a SELECT). It may run in the middle of parse analysis, where there can
//! be no active snapshot yet. PostgreSQL's errors pass as panics; the abort of the (sub)transaction then restores
//! settings, snapshot and SPI stack, so only the normal path cleans up here.

use pgrx::pg_sys::{Datum, Oid};
use pgrx::{FromDatum, IntoDatum, pg_sys};
use std::ffi::{CStr, CString};

/// Which state of the data is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The newest committed state, also in REPEATABLE READ. For catalogs: what is kept for longer than the
    /// transaction must not come from an old snapshot, whose invalidation messages are already consumed.
    Newest,
    /// What the running statement sees. For the user's data.
    Statement,
}

/// Which search_path holds meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// `pg_catalog, pg_temp`: no object of a user can capture an unqualified name.
    Pinned,
    /// The caller's own. Only for statements that qualify every name and operator.
    Caller,
}

/// A parameter of a statement.
#[derive(Clone, Debug)]
pub enum Argument<'a> {
    Oid(u32),
    Text(&'a str),
    Integer(i64),
    Oids(&'a [u32]),
    Texts(&'a [String]),
}

impl Argument<'_> {
    fn type_oid(&self) -> Oid {
        match self {
            Argument::Oid(_) => pg_sys::OIDOID,
            Argument::Text(_) => pg_sys::TEXTOID,
            Argument::Integer(_) => pg_sys::INT8OID,
            Argument::Oids(_) => pg_sys::OIDARRAYOID,
            Argument::Texts(_) => pg_sys::TEXTARRAYOID,
        }
    }

    fn datum(&self) -> Option<Datum> {
        match self {
            Argument::Oid(oid) => Oid::from(*oid).into_datum(),
            Argument::Text(text) => text.into_datum(),
            Argument::Integer(number) => number.into_datum(),
            Argument::Oids(oids) => oids
                .iter()
                .map(|&oid| Oid::from(oid))
                .collect::<Vec<_>>()
                .into_datum(),
            Argument::Texts(texts) => texts
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .into_datum(),
        }
    }
}

/// An open SPI connection. Made by [`read`].
pub struct Reader(());

/// Runs `work` with an SPI connection, a snapshot and a search_path as asked for, and restores all three.
pub fn read<T>(moment: Moment, path: Path, work: impl FnOnce(&Reader) -> T) -> T {
    // SAFETY: we are in a transaction on the backend's main thread. The calls are paired below; when one of them
    // raises, the abort of the transaction pops what was pushed.
    unsafe {
        let nest = pg_sys::NewGUCNestLevel();
        if path == Path::Pinned {
            set_locally(c"search_path", c"pg_catalog, pg_temp");
        }
        // Compiling, or starting workers for, a query that takes a few milliseconds costs more than the query.
        set_locally(c"jit", c"off");
        set_locally(c"max_parallel_workers_per_gather", c"0");
        // With row_security off PostgreSQL raises an error instead of applying the policies.
        set_locally(c"row_security", c"on");
        let snapshot = match moment {
            // The newest snapshot cannot be taken in a parallel operation; the statement's is the next best.
            Moment::Newest if !pg_sys::IsInParallelMode() => pg_sys::GetLatestSnapshot(),
            _ if pg_sys::ActiveSnapshotSet() => pg_sys::GetActiveSnapshot(),
            _ => pg_sys::GetTransactionSnapshot(),
        };
        pg_sys::PushActiveSnapshot(snapshot);
        pg_sys::SPI_connect();
        let value = work(&Reader(()));
        pg_sys::SPI_finish();
        pg_sys::PopActiveSnapshot();
        pg_sys::AtEOXact_GUC(true, nest);
        value
    }
}

impl Reader {
    /// What is read from here on is read through an index wherever one fits, whatever the planner thinks of a scan.
    pub fn prefer_indexes(&self) {
        // SAFETY: only `read` makes a Reader, between opening a settings level and closing it.
        unsafe { set_locally(c"enable_seqscan", c"off") };
    }

    /// Runs one statement read-only and gives each row to `each`. A statement that writes is refused by SPI.
    pub fn query(&self, sql: &str, arguments: &[Argument], mut each: impl FnMut(&Row)) {
        let Ok(sql) = CString::new(sql) else { return };
        let mut types: Vec<Oid> = arguments.iter().map(Argument::type_oid).collect();
        let data: Vec<Option<Datum>> = arguments.iter().map(Argument::datum).collect();
        let nulls: Vec<u8> = data
            .iter()
            .map(|datum| if datum.is_some() { b' ' } else { b'n' })
            .collect();
        let mut data: Vec<Datum> = data
            .into_iter()
            .map(|datum| datum.unwrap_or(Datum::from(0_usize)))
            .collect();
        // SAFETY: the connection is open (only `read` makes a Reader); the arrays are as long as `nargs` says and
        // outlive the call. SPI_tuptable stays valid until it is freed below, and no row outlives `each`.
        unsafe {
            let code = pg_sys::SPI_execute_with_args(
                sql.as_ptr(),
                arguments.len() as i32,
                types.as_mut_ptr(),
                data.as_mut_ptr(),
                nulls.as_ptr().cast(),
                true,
                0,
            );
            let table = pg_sys::SPI_tuptable;
            if code < 0 || table.is_null() {
                return;
            }
            let descriptor = (*table).tupdesc;
            let width = usize::try_from((*descriptor).natts).unwrap_or(0);
            let mut row = Row {
                data: vec![Datum::from(0_usize); width],
                nulls: vec![true; width],
            };
            for index in 0..(*table).numvals {
                let tuple = *(*table).vals.add(index as usize);
                pg_sys::heap_deform_tuple(
                    tuple,
                    descriptor,
                    row.data.as_mut_ptr(),
                    row.nulls.as_mut_ptr(),
                );
                each(&row);
            }
            pg_sys::SPI_freetuptable(table);
        }
    }
}

/// One row of a result. Columns count from 0. The getters give `None` for NULL; the caller names the type that the
/// statement casts the column to.
pub struct Row {
    data: Vec<Datum>,
    nulls: Vec<bool>,
}

impl Row {
    fn get<T: FromDatum>(&self, column: usize) -> Option<T> {
        let (datum, null) = (*self.data.get(column)?, *self.nulls.get(column)?);
        // SAFETY: the statement casts the column to the type of the getter; a null is never read.
        unsafe { T::from_datum(datum, null) }
    }

    /// `oid`; 0 for NULL.
    pub fn oid(&self, column: usize) -> u32 {
        self.get::<Oid>(column).map_or(0, Oid::to_u32)
    }

    /// `bool`; false for NULL.
    pub fn flag(&self, column: usize) -> bool {
        self.get(column).unwrap_or(false)
    }

    /// `int2`.
    pub fn small(&self, column: usize) -> Option<i16> {
        self.get(column)
    }

    /// `int4`.
    pub fn integer(&self, column: usize) -> Option<i32> {
        self.get(column)
    }

    /// `float4`.
    pub fn real(&self, column: usize) -> Option<f32> {
        self.get(column)
    }

    /// `float8`.
    pub fn double(&self, column: usize) -> Option<f64> {
        self.get(column)
    }

    /// `text`.
    pub fn text(&self, column: usize) -> Option<String> {
        self.get(column)
    }

    /// `int2[]` without nulls; empty for NULL.
    pub fn smalls(&self, column: usize) -> Vec<i16> {
        self.get(column).unwrap_or_default()
    }

    /// `oid[]` without nulls; empty for NULL.
    pub fn oids(&self, column: usize) -> Vec<u32> {
        let oids: Vec<Oid> = self.get(column).unwrap_or_default();
        oids.into_iter().map(Oid::to_u32).collect()
    }

    /// `text[]`, nulls left out; empty for NULL.
    pub fn texts(&self, column: usize) -> Vec<String> {
        let texts: Vec<Option<String>> = self.get(column).unwrap_or_default();
        texts.into_iter().flatten().collect()
    }
}

/// Sets a setting until the end of the settings level.
///
/// # Safety
/// A settings level was opened by `NewGUCNestLevel` and is closed by `AtEOXact_GUC`.
pub(super) unsafe fn set_locally(name: &CStr, value: &CStr) {
    // SAFETY: both strings end with NUL and are copied; any user may change these settings.
    unsafe {
        pg_sys::set_config_option(
            name.as_ptr(),
            value.as_ptr(),
            pg_sys::GucContext::PGC_USERSET,
            pg_sys::GucSource::PGC_S_SESSION,
            pg_sys::GucAction::GUC_ACTION_SAVE,
            true,
            0,
            false,
        );
    }
}
