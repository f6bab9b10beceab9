//! Rows of the reader's own type: each of its columns takes the statement's column of the same name, as
//! `jsonb_populate_record` would; values of another type go through their text form.

use super::executor::{Column, oid};
use pgrx::pg_sys::{self, Datum, Oid};

/// How one column of the reader's type is filled.
#[derive(Debug)]
pub(super) struct Filler {
    /// The column of the statement, if there is one of that name.
    source: Option<usize>,
    /// The value can be taken as it is.
    direct: bool,
    output: Oid,
    input: Oid,
    parameter: Oid,
    typmod: i32,
    /// A domain judges null too.
    domain: bool,
}

impl Filler {
    pub(super) unsafe fn named(target: &Column, columns: &[Column]) -> Filler {
        let found = columns
            .iter()
            .enumerate()
            .find(|(_, column)| column.name == target.name);
        unsafe {
            Filler::from(
                target,
                found.map(|(_, column)| column),
                found.map_or(0, |(index, _)| index),
            )
        }
    }

    pub(super) unsafe fn from(target: &Column, source: Option<&Column>, index: usize) -> Filler {
        // SAFETY: catalog look-ups by OID.
        unsafe {
            let kind = oid(target.type_oid);
            let (mut input, mut parameter, mut output, mut varlena) =
                (Oid::INVALID, Oid::INVALID, Oid::INVALID, false);
            pg_sys::getTypeInputInfo(kind, &mut input, &mut parameter);
            let mut direct = false;
            if let Some(source) = source {
                pg_sys::getTypeOutputInfo(oid(source.type_oid), &mut output, &mut varlena);
                direct = source.type_oid == target.type_oid
                    && (target.typmod == -1 || target.typmod == source.typmod);
            }
            Filler {
                source: source.map(|_| index),
                direct,
                output,
                input,
                parameter,
                typmod: target.typmod,
                domain: pg_sys::get_typtype(kind) as u8 == pg_sys::TYPTYPE_DOMAIN,
            }
        }
    }

    /// The value for a row, or null.
    pub(super) unsafe fn value(&self, values: &[Datum], nulls: &[bool]) -> Option<Datum> {
        let given = self
            .source
            .filter(|&index| !nulls[index])
            .map(|index| values[index]);
        // SAFETY: the functions are those of the two types.
        unsafe {
            match given {
                Some(value) if self.direct => Some(value),
                Some(value) => {
                    let text = pg_sys::OidOutputFunctionCall(self.output, value);
                    Some(pg_sys::OidInputFunctionCall(
                        self.input,
                        text,
                        self.parameter,
                        self.typmod,
                    ))
                }
                None if self.domain => {
                    pg_sys::OidInputFunctionCall(
                        self.input,
                        std::ptr::null_mut(),
                        self.parameter,
                        self.typmod,
                    );
                    None
                }
                None => None,
            }
        }
    }
}
