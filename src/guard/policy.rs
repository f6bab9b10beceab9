//! Which functions and relations a governed statement may use. Pure: facts in, verdict out.
//!
//! Functions are judged by OID and property, never by spelling: a name can be captured by another schema, and a label
//! (`IMMUTABLE`) is a promise that nobody checks. So a user's function runs only when the DBA says so, whatever its label.
//!
//! Two kinds of built-in functions are kept apart. What *acts* (writes, locks, sleeps, runs SQL that is given as text) is
//! refused everywhere. What only *reveals* (settings, the catalog, addresses) is refused in the statement itself, but a
//! view or a policy may use it, because its author, not the statement's, decided what it shows: a policy
//! `tenant = current_setting('app.tenant')` must work.

use super::builtin;
use crate::error::Error;

/// What there is to know about a function.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name without schema.
    pub name: String,
    /// Made by initdb: its OID is below those of users' objects.
    pub builtin: bool,
    pub volatile: bool,
    pub security_definer: bool,
    pub owner: Option<String>,
    pub extension: Option<String>,
    /// In `insightflow.allowed_function`.
    pub listed: bool,
}

/// Whom the DBA trusts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    pub owners: Vec<String>,
    pub extensions: Vec<String>,
    pub foreign_servers: Vec<String>,
}

/// What may be done with a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Allowed,
    /// Only inside a view or a policy.
    Nested,
    Refused(Rule),
}

/// Why a function is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A built-in that acts.
    Acts,
    /// A built-in that reveals, in the statement itself.
    Reveals,
    /// One of this extension's own.
    Own,
    /// An extension that reaches outside the database.
    Outside(String),
    /// An extension that the DBA has not named.
    Untrusted(String),
    /// An extension's function with side effects.
    UntrustedVolatile(String),
    SecurityDefiner,
    /// A user's function.
    User,
}

/// This extension.
pub const OWN_EXTENSION: &str = "insightflow";

/// Extensions that reach outside the database or run SQL that is given as text; no list allows them.
const OUTSIDE: &[&str] = &[
    "adminpack",
    "dblink",
    "file_fdw",
    "http",
    "lo",
    "pageinspect",
    "pg_background",
    "pg_cron",
    "pg_net",
    "pgsql_http",
    "plperlu",
    "plpython3u",
    "pltclu",
    "postgres_fdw",
    "tablefunc",
    "xml2",
];

/// Judges a function.
pub fn judge(function: &Function, trust: &Trust) -> Verdict {
    if function.builtin {
        return match builtin::class(&function.name, function.volatile) {
            builtin::Class::Plain => Verdict::Allowed,
            builtin::Class::Reveals if function.listed => Verdict::Allowed,
            builtin::Class::Reveals => Verdict::Nested,
            builtin::Class::Acts => Verdict::Refused(Rule::Acts),
        };
    }
    if let Some(extension) = &function.extension {
        if extension == OWN_EXTENSION {
            return Verdict::Refused(Rule::Own);
        }
        if OUTSIDE.contains(&extension.as_str()) {
            return Verdict::Refused(Rule::Outside(extension.clone()));
        }
    }
    if function.listed {
        return Verdict::Allowed;
    }
    if function.security_definer {
        return Verdict::Refused(Rule::SecurityDefiner);
    }
    if let Some(extension) = &function.extension {
        if !trust.extensions.contains(extension) {
            return Verdict::Refused(Rule::Untrusted(extension.clone()));
        }
        if function.volatile {
            return Verdict::Refused(Rule::UntrustedVolatile(extension.clone()));
        }
        return Verdict::Allowed;
    }
    match &function.owner {
        Some(owner) if trust.owners.contains(owner) => Verdict::Allowed,
        _ => Verdict::Refused(Rule::User),
    }
}

impl Rule {
    /// 42501 for a function, with the call that would allow it where there is one.
    pub fn error(&self, signature: &str) -> Error {
        let error = Error::refused(format!("the guard refuses function {signature}"));
        let call = format!(
            "A superuser may allow it: SELECT insightflow.allow_function('{}');",
            signature.replace('\'', "''")
        );
        match self {
            Rule::Acts => error.with_detail(
                "It can change something, wait, lock, or run SQL that is given as text; an answer only reads.",
            ),
            Rule::Reveals => error
                .with_detail("It shows settings, the catalog or the connection, which are not data of the question.")
                .with_hint(call),
            Rule::Own => error.with_detail("An answer cannot ask or run again."),
            Rule::Outside(extension) => error
                .with_detail(format!("Extension {extension} reaches outside the database or runs SQL that is given as text.")),
            Rule::Untrusted(extension) => error
                .with_detail(format!("Extension {extension} is not in insightflow.trusted_extensions."))
                .with_hint(call),
            Rule::UntrustedVolatile(extension) => error
                .with_detail(format!("It is a function of extension {extension} that may have side effects."))
                .with_hint(call),
            Rule::SecurityDefiner => error
                .with_detail("It runs with its owner's rights (SECURITY DEFINER), not with the caller's.")
                .with_hint(call),
            Rule::User => error
                .with_detail("Functions that a user has written run only when they are listed, whatever their volatility.")
                .with_hint(call),
        }
    }
}

/// What there is to know about a relation.
#[derive(Clone, Debug)]
pub struct Relation {
    /// Quoted and qualified where needed.
    pub name: String,
    pub schema: String,
    pub builtin: bool,
    /// pg_class.relkind.
    pub kind: char,
    /// A temporary table with the name of a permanent one that would be meant without it.
    pub shadows: bool,
    pub extension: Option<String>,
    /// Of a foreign table.
    pub server: Option<String>,
}

/// Judges a relation. `nested`: it stands in a view or a policy, not in the statement itself.
///
/// # Errors
/// 42501, naming the rule.
pub fn judge_relation(relation: &Relation, nested: bool, trust: &Trust) -> Result<(), Error> {
    let name = &relation.name;
    let refuse = |what: &str| Error::refused(format!("the guard refuses {what} {name}"));
    if relation.builtin {
        if nested {
            return Ok(());
        }
        return Err(refuse("system catalog")
            .with_detail("Catalogs describe the server; they are not data of the question."));
    }
    if relation.schema == OWN_EXTENSION || relation.extension.as_deref() == Some(OWN_EXTENSION) {
        return Err(refuse("table").with_detail("It belongs to this extension. Read it directly."));
    }
    if relation.shadows {
        return Err(refuse("temporary table")
            .with_detail("It hides a permanent table of the same name.")
            .with_hint("Give the temporary table a name of its own, or write the schema of the permanent one."));
    }
    match relation.kind {
        'r' | 'p' | 'v' | 'm' => Ok(()),
        'f' => match &relation.server {
            Some(server) if trust.foreign_servers.contains(server) => Ok(()),
            Some(server) => Err(refuse("foreign table")
                .with_detail(format!(
                    "Foreign server {server} is not in insightflow.allowed_foreign_servers."
                ))
                .with_hint("A superuser may add it to that setting.")),
            None => Err(refuse("foreign table")),
        },
        'S' => Err(refuse("sequence").with_detail("A sequence holds no data of the question.")),
        _ => Err(refuse("relation")
            .with_detail("Only tables, views and materialized views can be read.")),
    }
}
