//! Where the rows of a governed statement go: the tuplestore of the set-returning function that the caller's statement
//! calls.
//!
//! Invariant: a tuplestore only ever holds rows of its reader's descriptor. [`Sink::accepts`] compares it with the columns
//! of the checked statement before anything runs; a row of another shape would be read as garbage.
//!
//! The store is made before the cage opens, in the memory and with the resource owner of the caller's statement, so it
//! survives the rollback, on disk too.

use super::executor::{Column, oid};
use super::facts;
use super::filler::Filler;
use crate::error::{Error, Result, SqlState};
use pgrx::pg_sys::{self, Datum, MemoryContext, Oid};
use pgrx::{FromDatum, PgTupleDesc, direct_function_call_as_datum, pg_guard};
use std::ffi::{CStr, c_int};

/// What a sink makes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Takes it as it is.
    Row,
    /// One json value, its keys in the order of the columns.
    Json,
    /// A row of the reader's type: columns by name, others null.
    Named,
    /// The only column, as the reader's type.
    Scalar,
    /// Texts, which are kept and go to no reader.
    Kept,
}

/// Takes the rows of an execution.
#[derive(Debug)]
pub struct Sink {
    store: *mut pg_sys::Tuplestorestate,
    descriptor: pg_sys::TupleDesc,
    columns: Vec<Column>,
    shape: Shape,
}

/// What a sink took.
#[derive(Clone, Debug)]
pub struct Taken {
    pub rows: u64,
    pub truncated: bool,
    /// No row, or one that holds nothing but nulls and zeros: the total of no rows.
    pub nothing: bool,
    /// The texts that were kept, row by row.
    pub kept: Vec<Option<String>>,
}

impl Sink {
    /// For a function that returns `SETOF record` and was planned with a column list.
    ///
    /// # Safety
    /// `fcinfo` is that of a set-returning function's call, in materialize mode.
    pub unsafe fn rows(fcinfo: pg_sys::FunctionCallInfo) -> Sink {
        unsafe { Sink::new(fcinfo, pg_sys::MAT_SRF_USE_EXPECTED_DESC, Shape::Row) }
    }

    /// For a function that returns a row type with one json column.
    ///
    /// # Safety
    /// As [`Sink::rows`].
    pub unsafe fn json(fcinfo: pg_sys::FunctionCallInfo) -> Sink {
        unsafe { Sink::new(fcinfo, 0, Shape::Json) }
    }

    /// For a function that returns `SETOF anyelement`.
    ///
    /// # Safety
    /// As [`Sink::rows`].
    pub unsafe fn typed(fcinfo: pg_sys::FunctionCallInfo) -> Sink {
        // SAFETY: asks for the result type of the call; the descriptor is not needed here.
        unsafe {
            let mut kind = Oid::INVALID;
            let class = pg_sys::get_call_result_type(fcinfo, &mut kind, std::ptr::null_mut());
            if class == pg_sys::TypeFuncClass::TYPEFUNC_SCALAR {
                Sink::new(fcinfo, pg_sys::MAT_SRF_USE_EXPECTED_DESC, Shape::Scalar)
            } else {
                Sink::new(fcinfo, 0, Shape::Named)
            }
        }
    }

    /// For a statement of our own whose columns are texts: they are kept in [`Taken::kept`].
    pub fn kept() -> Sink {
        Sink {
            store: std::ptr::null_mut(),
            descriptor: std::ptr::null_mut(),
            columns: Vec::new(),
            shape: Shape::Kept,
        }
    }

    unsafe fn new(fcinfo: pg_sys::FunctionCallInfo, flags: u32, shape: Shape) -> Sink {
        // SAFETY: InitMaterializedSRF checks the call's context, and makes store and descriptor in its per-query memory.
        unsafe {
            pg_sys::InitMaterializedSRF(fcinfo, flags);
            let result = (*fcinfo).resultinfo.cast::<pg_sys::ReturnSetInfo>();
            let descriptor = (*result).setDesc;
            Sink {
                store: (*result).setResult,
                descriptor,
                columns: columns(descriptor),
                shape,
            }
        }
    }

    /// Whether it turns values into json.
    pub(super) fn renders(&self) -> bool {
        self.shape == Shape::Json
    }

    /// Whether rows with these columns can be taken.
    ///
    /// # Errors
    /// 42804, naming the column.
    pub fn accepts(&self, columns: &[Column]) -> Result<()> {
        match self.shape {
            Shape::Row if self.takes_empty(columns) => Ok(()),
            Shape::Row => same(&self.columns, columns),
            Shape::Kept
                if columns
                    .iter()
                    .any(|c| c.type_oid != pg_sys::TEXTOID.to_u32()) =>
            {
                Err(Error::new(
                    SqlState::DATATYPE_MISMATCH,
                    "only texts are kept",
                ))
            }
            Shape::Scalar if columns.len() != 1 => Err(Error::new(
                SqlState::DATATYPE_MISMATCH,
                format!(
                    "the answer has {} columns, but one value is wanted",
                    columns.len()
                ),
            )
            .with_hint("Pass a row type, or ask for one thing.")),
            _ => Ok(()),
        }
    }

    /// A statement without columns, whose reader was given one to stand for them (`define_columns` in `analysis`).
    fn takes_empty(&self, columns: &[Column]) -> bool {
        columns.is_empty()
            && self.shape == Shape::Row
            && matches!(self.columns.as_slice(), [only] if only.type_oid == pg_sys::BOOLOID.to_u32())
    }

    pub(super) fn receiver(
        &mut self,
        columns: &[Column],
        max_rows: u64,
        max_bytes: u64,
    ) -> Box<Receiver> {
        let shape = if self.takes_empty(columns) {
            Shape::Named
        } else {
            self.shape
        };
        // SAFETY: catalog look-ups, and allocations in the cage's memory, which lives as long as the execution.
        unsafe {
            let lengths = columns
                .iter()
                .map(|column| pg_sys::get_typlen(oid(column.type_oid)))
                .collect();
            let row = match shape {
                Shape::Json => described(columns),
                _ => std::ptr::null_mut(),
            };
            let fillers = match shape {
                Shape::Named => self
                    .columns
                    .iter()
                    .map(|target| Filler::named(target, columns))
                    .collect(),
                Shape::Scalar => self
                    .columns
                    .iter()
                    .map(|target| Filler::from(target, columns.first(), 0))
                    .collect(),
                _ => Vec::new(),
            };
            let memory = pg_sys::AllocSetContextCreateExtended(
                pg_sys::CurrentMemoryContext,
                c"insightflow row".as_ptr(),
                pg_sys::ALLOCSET_DEFAULT_MINSIZE as usize,
                pg_sys::ALLOCSET_DEFAULT_INITSIZE as usize,
                pg_sys::ALLOCSET_DEFAULT_MAXSIZE as usize,
            );
            Box::new(Receiver {
                destination: pg_sys::DestReceiver {
                    receiveSlot: Some(receive),
                    rStartup: Some(startup),
                    rShutdown: Some(shutdown),
                    rDestroy: Some(shutdown),
                    mydest: pg_sys::CommandDest::DestNone,
                },
                store: self.store,
                descriptor: self.descriptor,
                shape,
                lengths,
                row,
                fillers,
                memory,
                rows: 0,
                bytes: 0,
                max_rows,
                max_bytes,
                truncated: false,
                something: false,
                kept: Vec::new(),
            })
        }
    }
}

/// The columns of a descriptor of PostgreSQL's.
unsafe fn columns(descriptor: pg_sys::TupleDesc) -> Vec<Column> {
    // SAFETY: the caller's descriptor; the copy is freed by PgTupleDesc.
    let copy = unsafe { PgTupleDesc::from_pg_copy(descriptor) };
    copy.iter()
        .map(|attribute| Column {
            name: attribute.name().to_owned(),
            type_oid: attribute.atttypid.to_u32(),
            typmod: attribute.atttypmod,
            collation: attribute.attcollation.to_u32(),
        })
        .collect()
}

fn same(expected: &[Column], found: &[Column]) -> Result<()> {
    let differs = |detail: String| {
        Err(Error::new(
            SqlState::DATATYPE_MISMATCH,
            "the columns of the answer have changed since the statement was planned",
        )
        .with_detail(detail)
        .with_hint("Prepare the statement again."))
    };
    if expected.len() != found.len() {
        return differs(format!(
            "It was planned with {} columns and has {} now.",
            expected.len(),
            found.len()
        ));
    }
    for (expected, found) in expected.iter().zip(found) {
        if expected.type_oid != found.type_oid
            || (expected.typmod != -1 && expected.typmod != found.typmod)
        {
            // SAFETY: catalog look-ups by OID.
            let (was, is) = unsafe { (type_name(expected), type_name(found)) };
            return differs(format!(
                "Column \"{}\" was planned as {was} and is {is} now.",
                expected.name
            ));
        }
    }
    Ok(())
}

unsafe fn type_name(column: &Column) -> String {
    // SAFETY: returns a palloc'd string.
    unsafe {
        facts::text(pg_sys::format_type_with_typemod(
            oid(column.type_oid),
            column.typmod,
        ))
        .unwrap_or_default()
    }
}

/// A descriptor with these columns, known to the type cache, so that row_to_json can read rows of it.
unsafe fn described(columns: &[Column]) -> pg_sys::TupleDesc {
    // SAFETY: PostgreSQL has made sure that a result has at most MaxTupleAttributeNumber columns.
    unsafe {
        let descriptor = pg_sys::CreateTemplateTupleDesc(columns.len() as c_int);
        for (index, column) in columns.iter().enumerate() {
            let name = std::ffi::CString::new(column.name.as_str()).unwrap_or_default();
            pg_sys::TupleDescInitEntry(
                descriptor,
                (index + 1) as i16,
                name.as_ptr(),
                oid(column.type_oid),
                column.typmod,
                0,
            );
        }
        pg_sys::BlessTupleDesc(descriptor)
    }
}

/// PostgreSQL's view of a sink: its first field is what the executor calls.
#[repr(C)]
pub(super) struct Receiver {
    destination: pg_sys::DestReceiver,
    store: *mut pg_sys::Tuplestorestate,
    descriptor: pg_sys::TupleDesc,
    shape: Shape,
    lengths: Vec<i16>,
    row: pg_sys::TupleDesc,
    fillers: Vec<Filler>,
    memory: MemoryContext,
    rows: u64,
    bytes: u64,
    max_rows: u64,
    max_bytes: u64,
    truncated: bool,
    /// The first row holds a value that is neither null nor zero.
    something: bool,
    kept: Vec<Option<String>>,
}

impl Receiver {
    pub(super) fn as_destination(&mut self) -> *mut pg_sys::DestReceiver {
        (&raw mut *self).cast()
    }

    /// What was taken.
    ///
    /// # Errors
    /// 54000 when not even the first row fits.
    pub(super) fn taken(&mut self) -> Result<Taken> {
        if self.truncated && self.rows == 0 {
            return Err(Error::new(
                SqlState::PROGRAM_LIMIT_EXCEEDED,
                "a row of the answer is too large",
            )
            .with_detail(format!(
                "insightflow.max_result_bytes allows {} bytes.",
                self.max_bytes
            ))
            .with_hint("Ask for fewer columns, or for shorter texts."));
        }
        Ok(Taken {
            rows: self.rows,
            truncated: self.truncated,
            nothing: self.rows < 2 && !self.something,
            kept: std::mem::take(&mut self.kept),
        })
    }

    /// False stops the executor.
    unsafe fn take(&mut self, slot: *mut pg_sys::TupleTableSlot) -> bool {
        if self.rows >= self.max_rows {
            self.truncated = true;
            return false;
        }
        // SAFETY: after slot_getsomeattrs the arrays hold a value for each column of the statement.
        unsafe {
            let count = self.lengths.len();
            if usize::try_from((*slot).tts_nvalid).unwrap_or(0) < count {
                pg_sys::slot_getsomeattrs_int(slot, count as c_int);
            }
            let (values, nulls) = if count == 0 {
                (&[][..], &[][..])
            } else {
                (
                    std::slice::from_raw_parts((*slot).tts_values, count),
                    std::slice::from_raw_parts((*slot).tts_isnull, count),
                )
            };
            let size: u64 = (0..count)
                .filter(|&index| !nulls[index])
                .map(|index| size_of_value(values[index], self.lengths[index]))
                .sum();
            if self.bytes.saturating_add(size) > self.max_bytes {
                self.truncated = true;
                return false;
            }
            self.bytes += size;
            self.rows += 1;
            if self.rows == 1 {
                // The number 0 of a type that is passed by value has this datum; a total of no rows is null.
                let zero = |index: usize| self.lengths[index] > 0 && values[index].value() == 0;
                self.something = (0..count).any(|index| !nulls[index] && !zero(index));
            }
            if self.shape == Shape::Kept {
                let text = |index: usize| String::from_datum(values[index], nulls[index]);
                self.kept.extend((0..count).map(text));
                return true;
            }
            let elsewhere = (0..count)
                .any(|index| !nulls[index] && is_elsewhere(values[index], self.lengths[index]));
            if self.shape == Shape::Row && !elsewhere {
                pg_sys::tuplestore_puttupleslot(self.store, slot);
                return true;
            }
            let outer = pg_sys::MemoryContextSwitchTo(self.memory);
            let fetched: Vec<Datum> = (0..count)
                .map(|index| {
                    match !nulls[index] && is_elsewhere(values[index], self.lengths[index]) {
                        true => {
                            Datum::from(pg_sys::detoast_external_attr(values[index].cast_mut_ptr()))
                        }
                        false => values[index],
                    }
                })
                .collect();
            let values = fetched.as_slice();
            let (mut out, mut missing) = (Vec::new(), Vec::new());
            if self.shape == Shape::Row {
                out.extend_from_slice(values);
                missing.extend_from_slice(nulls);
            } else if self.shape == Shape::Json {
                out.push(self.json(values, nulls));
                missing.push(false);
            } else {
                for filler in &self.fillers {
                    let value = filler.value(values, nulls);
                    missing.push(value.is_none());
                    out.push(value.unwrap_or(Datum::from(0)));
                }
            }
            pg_sys::tuplestore_putvalues(
                self.store,
                self.descriptor,
                out.as_mut_ptr(),
                missing.as_mut_ptr(),
            );
            pg_sys::MemoryContextSwitchTo(outer);
            pg_sys::MemoryContextReset(self.memory);
            true
        }
    }

    unsafe fn json(&self, values: &[Datum], nulls: &[bool]) -> Datum {
        // SAFETY: the tuple is built by the descriptor that row_to_json finds by the type in its header.
        unsafe {
            let tuple = pg_sys::heap_form_tuple(
                self.row,
                values.as_ptr().cast_mut(),
                nulls.as_ptr().cast_mut(),
            );
            let row = pg_sys::heap_copy_tuple_as_datum(tuple, self.row);
            direct_function_call_as_datum(pg_sys::row_to_json, &[Some(row)])
                .unwrap_or(Datum::from(0))
        }
    }
}

/// Whether a value is a pointer to its table's TOAST table. The rollback gives the lock on that table back, so the value must be
/// fetched before.
unsafe fn is_elsewhere(value: Datum, length: i16) -> bool {
    // SAFETY: a value of variable length begins with its header.
    length == -1 && unsafe { pgrx::varlena::varatt_is_1b_e(value.cast_mut_ptr()) }
}

/// Bytes of a value once it is complete: a value that is stored elsewhere or compressed counts in full.
unsafe fn size_of_value(value: Datum, length: i16) -> u64 {
    // SAFETY: the length is that of the value's type.
    unsafe {
        match length {
            -1 => pg_sys::toast_raw_datum_size(value) as u64,
            -2 => CStr::from_ptr(value.cast_mut_ptr()).count_bytes() as u64 + 1,
            fixed => u64::from(fixed.unsigned_abs()),
        }
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn receive(
    slot: *mut pg_sys::TupleTableSlot,
    destination: *mut pg_sys::DestReceiver,
) -> bool {
    // SAFETY: the destination is the first field of a Receiver that lives as long as the execution.
    unsafe { (*destination.cast::<Receiver>()).take(slot) }
}

#[pg_guard]
unsafe extern "C-unwind" fn startup(
    _destination: *mut pg_sys::DestReceiver,
    _operation: c_int,
    _descriptor: pg_sys::TupleDesc,
) {
}

#[pg_guard]
unsafe extern "C-unwind" fn shutdown(_destination: *mut pg_sys::DestReceiver) {}
