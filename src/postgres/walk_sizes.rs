//! Texts of a size that the statement itself names.
//!
//! Invariant: no `repeat`, `lpad` or `rpad` makes a text from a constant number that is many times as large as any answer may be.
//! PostgreSQL computes such calls while it plans, in loops that no cancel and no timeout interrupts: `repeat('x', 400000000)` alone
//! takes seconds and 400 MB. Sizes that a statement computes are bounded as all that runs is: by the statement timeout.

use crate::error::{Error, SqlState};
use crate::settings;
use pgrx::FromDatum;
use pgrx::pg_sys::{self, FuncExpr, Node, NodeTag};

/// `repeat(text, integer)`, and `lpad` and `rpad` with and without a filling; their second argument says how long the text becomes
/// (pg_proc.dat).
const REPEAT: u32 = 1622;
const PADS: [u32; 4] = [873, 874, 879, 880];
/// A text may be so many times as large as `insightflow.max_result_bytes`: it need not be the answer.
const SPARE: u64 = 4;

/// The refusal of a call that makes too large a text.
///
/// # Safety
/// `call` is a node of an analyzed tree.
pub unsafe fn refusal(call: *mut FuncExpr) -> Option<Error> {
    // SAFETY: the caller promises a node; its arguments are nodes.
    unsafe {
        let function = (*call).funcid.to_u32();
        if function != REPEAT && !PADS.contains(&function) {
            return None;
        }
        let text = pg_sys::list_nth((*call).args, 0).cast::<Node>();
        let count = constant::<i32>(pg_sys::list_nth((*call).args, 1).cast::<Node>())?;
        let each = match function {
            REPEAT => constant::<String>(text).map_or(1, |text| text.len()),
            _ => 1,
        };
        let bytes = u64::try_from(count).ok()?.saturating_mul(each as u64);
        let allowed = settings::max_result_bytes().saturating_mul(SPARE);
        (bytes > allowed).then(|| {
            Error::new(
                SqlState::PROGRAM_LIMIT_EXCEEDED,
                format!("the statement makes a text of {bytes} bytes"),
            )
            .with_detail(format!(
                "At most {allowed} bytes are allowed, {SPARE} times insightflow.max_result_bytes."
            ))
            .with_hint("Make it shorter.")
        })
    }
}

/// The value of a constant that is not null.
///
/// # Safety
/// `node` is a node of an analyzed tree, and a constant in it is of this type.
unsafe fn constant<T: FromDatum>(node: *mut Node) -> Option<T> {
    // SAFETY: as above.
    unsafe {
        if (*node).type_ != NodeTag::T_Const {
            return None;
        }
        let constant = node.cast::<pg_sys::Const>();
        T::from_datum((*constant).constvalue, (*constant).constisnull)
    }
}
