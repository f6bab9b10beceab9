//! Errors and messages on their way to the client.

use crate::error::{Error, SqlState};
use pgrx::pg_sys::panic::{CaughtError, ErrorReport};
use pgrx::{PgLogLevel, PgSqlErrorCode};
use std::sync::Mutex;

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

/// A WARNING, with an error that is its reason in the DETAIL.
pub fn warn_about(message: impl Into<String>, reason: &Error) {
    let mut error = Error::new(SqlState("01000"), message);
    error.detail = Some(match &reason.detail {
        Some(detail) => format!("{} ({}). {detail}", reason.message, reason.state.0),
        None => format!("{} ({})", reason.message, reason.state.0),
    });
    error.hint.clone_from(&reason.hint);
    send(error, PgLogLevel::WARNING);
}

/// A NOTICE.
pub fn notice(message: impl Into<String>) {
    send(Error::new(SqlState("00000"), message), PgLogLevel::NOTICE);
}

/// What a developer sees with `client_min_messages = debug1`.
pub fn debug(message: impl Into<String>) {
    send(Error::new(SqlState("00000"), message), PgLogLevel::DEBUG1);
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

/// PostgreSQL's ERROR as data, once its effects have been undone by a rollback. A cancel of the user and an error of
/// the system are not for our callers to handle: they go on.
pub fn from_postgres(caught: Box<CaughtError>) -> Error {
    let (CaughtError::PostgresError(report) | CaughtError::ErrorReport(report)) = &*caught else {
        caught.rethrow()
    };
    let Some(state) = known(report.sql_error_code() as i32) else {
        caught.rethrow()
    };
    Error {
        state,
        message: report.message().to_owned(),
        detail: report.detail().map(str::to_owned),
        hint: report.hint().map(str::to_owned),
        position: None,
    }
}

/// PostgreSQL's ERROR (or a panic) as data, whatever its class: the caller raises it again.
pub fn restated(caught: &CaughtError) -> Error {
    let (CaughtError::PostgresError(report)
    | CaughtError::ErrorReport(report)
    | CaughtError::RustPanic {
        ereport: report, ..
    }) = caught;
    Error {
        state: state(report.sql_error_code() as i32),
        message: report.message().to_owned(),
        detail: report.detail().map(str::to_owned),
        hint: report.hint().map(str::to_owned),
        position: None,
    }
}

/// The SQLSTATE of a packed code, unless it is of a class that must not be swallowed: 57 (cancel, shutdown), 53 (resources),
/// 58 (the system), XX001 and XX002 (corrupt data).
fn known(packed: i32) -> Option<SqlState> {
    let state = state(packed);
    let goes_on = ["57", "53", "58", "XX001", "XX002"]
        .iter()
        .any(|class| state.0.starts_with(class));
    (!goes_on).then_some(state)
}

/// The SQLSTATE of a packed code. Each is kept once for the life of the backend; there are about 250.
fn state(packed: i32) -> SqlState {
    static CODES: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
    let text: String = (0..5)
        .map(|place| char::from((((packed >> (6 * place)) & 0x3F) + 48) as u8))
        .collect();
    let mut codes = CODES
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(code) = codes.iter().find(|code| **code == text) {
        return SqlState(code);
    }
    let code: &'static str = Box::leak(text.into_boxed_str());
    codes.push(code);
    SqlState(code)
}
