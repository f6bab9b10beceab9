//! Every error that a user can see: one clear sentence, its SQLSTATE, a DETAIL with what was
//! understood and what was not, a HINT with what to do.
//!
//! The type is plain data, so that pure code can make it; `postgres::report` turns it into a
//! PostgreSQL error at the boundary.

use std::fmt;

/// A SQLSTATE, as in appendix A of PostgreSQL's documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SqlState(pub &'static str);

impl SqlState {
    /// The question or an argument is not something we can work with.
    pub const INVALID_PARAMETER_VALUE: SqlState = SqlState("22023");
    /// The guard refused, or a privilege is missing.
    pub const INSUFFICIENT_PRIVILEGE: SqlState = SqlState("42501");
    /// A limit on rows, bytes or quota was reached.
    pub const CONFIGURATION_LIMIT_EXCEEDED: SqlState = SqlState("53400");
    /// The time limit, or a cancel.
    pub const QUERY_CANCELED: SqlState = SqlState("57014");
    /// The session is ended by an administrator, or with the server.
    pub const ADMIN_SHUTDOWN: SqlState = SqlState("57P01");
    /// A place in a statement where `ask()` cannot stand.
    pub const FEATURE_NOT_SUPPORTED: SqlState = SqlState("0A000");
    /// The statement is not SQL.
    pub const SYNTAX_ERROR: SqlState = SqlState("42601");
    /// The text is too long or too complex for the guard.
    pub const PROGRAM_LIMIT_EXCEEDED: SqlState = SqlState("54000");
    /// A statement names a column that its tables do not have.
    pub const UNDEFINED_COLUMN: SqlState = SqlState("42703");
    /// The extension is not created in this database.
    pub const UNDEFINED_OBJECT: SqlState = SqlState("42704");
    /// The columns of an answer are no longer those the statement was planned with.
    pub const DATATYPE_MISMATCH: SqlState = SqlState("42804");
    /// Something must be set up first.
    pub const OBJECT_NOT_IN_PREREQUISITE_STATE: SqlState = SqlState("55000");
    /// No connection to the provider could be made (sqlclient_unable_to_establish_sqlconnection).
    pub const UNABLE_TO_CONNECT: SqlState = SqlState("08001");
    /// A call to the provider failed after the connection was made.
    pub const CONNECTION_FAILURE: SqlState = SqlState("08006");
}

/// An error on its way to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub state: SqlState,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
    /// Where in a generated statement the error is, in characters counted from 1, as PostgreSQL's parser and analyzer say
    /// it. For a model that shall repair its statement; a user does not see it.
    pub position: Option<u32>,
}

const AMBIGUOUS: &str = "the question is ambiguous";

/// The result of a stage.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error with a message alone. Add [`Error::detail`] and [`Error::hint`].
    pub fn new(state: SqlState, message: impl Into<String>) -> Error {
        Error {
            state,
            message: message.into(),
            detail: None,
            hint: None,
            position: None,
        }
    }

    /// The question cannot be answered: 22023.
    pub fn question(message: impl Into<String>) -> Error {
        Error::new(SqlState::INVALID_PARAMETER_VALUE, message)
    }

    /// The question may mean several things, of which none is likelier: 22023. Its DETAIL names them.
    pub fn ambiguous() -> Error {
        Error::question(AMBIGUOUS)
    }

    /// True for an error of [`Error::ambiguous`].
    pub fn is_ambiguous(&self) -> bool {
        self.message == AMBIGUOUS
    }

    /// The guard refused: 42501.
    pub fn refused(message: impl Into<String>) -> Error {
        Error::new(SqlState::INSUFFICIENT_PRIVILEGE, message)
    }

    /// The same error with a DETAIL, in place of the one that it had.
    pub fn with_detail(mut self, detail: impl Into<String>) -> Error {
        self.detail = Some(detail.into());
        self
    }

    /// The same error with a HINT, in place of the one that it had.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Error {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
