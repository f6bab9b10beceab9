//! Errors and messages on their way to the client.

use crate::error::{Error, SqlState};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::{PgLogLevel, PgSqlErrorCode};

/// Raises an error as a PostgreSQL ERROR. It never returns; the transaction is aborted by the caller's
/// normal error path.
pub fn raise(error: Error) -> ! {
    send(error, PgLogLevel::ERROR);
    unreachable!("an ERROR does not return")
}

/// The value, or its error raised.
pub fn unwrap_or_raise<T>(result: Result<T, Error>) -> T {
    result.unwrap_or_else(|error| raise(error))
}

/// A WARNING with an optional HINT.
pub fn warn(message: impl Into<String>, hint: Option<&str>) {
    let mut error = Error::new(SqlState("01000"), message);
    error.hint = hint.map(str::to_owned);
    send(error, PgLogLevel::WARNING);
}

/// A NOTICE.
pub fn notice(message: impl Into<String>) {
    send(Error::new(SqlState("00000"), message), PgLogLevel::NOTICE);
}

/// A line for the server log alone.
pub fn log(message: impl Into<String>) {
    send(
        Error::new(SqlState("00000"), message),
        PgLogLevel::LOG_SERVER_ONLY,
    );
}

fn send(error: Error, level: PgLogLevel) {
    let mut report = ErrorReport::new(code(error.state), error.message, "insightflow");
    if let Some(detail) = error.detail {
        report = report.set_detail(detail);
    }
    if let Some(hint) = error.hint {
        report = report.set_hint(hint);
    }
    report.report(level);
}

/// PostgreSQL packs the five characters of a SQLSTATE into six bits each (`MAKE_SQLSTATE` in utils/elog.h).
fn code(state: SqlState) -> PgSqlErrorCode {
    let packed = state.0.bytes().rev().fold(0_i32, |packed, byte| {
        (packed << 6) | ((i32::from(byte) - 48) & 0x3F)
    });
    PgSqlErrorCode::from(packed)
}
