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

#[cfg(test)]
mod tests {
    use super::{Function, Relation, Rule, Trust, Verdict, judge, judge_relation};

    fn function(name: &str) -> Function {
        Function {
            name: name.to_owned(),
            builtin: false,
            volatile: false,
            security_definer: false,
            owner: Some("dba".to_owned()),
            extension: None,
            listed: false,
        }
    }

    fn builtin(name: &str, volatile: bool) -> Function {
        Function {
            builtin: true,
            volatile,
            owner: None,
            ..function(name)
        }
    }

    fn trust() -> Trust {
        Trust {
            owners: vec!["dba".to_owned()],
            extensions: vec!["pg_trgm".to_owned(), "dblink".to_owned()],
            foreign_servers: vec!["near".to_owned()],
        }
    }

    #[test]
    fn builtins_go_by_what_they_do() {
        let none = Trust::default();
        for name in [
            "sum",
            "upper",
            "date_trunc",
            "array_agg",
            "pg_typeof",
            "has_table_privilege",
        ] {
            assert_eq!(
                judge(&builtin(name, false), &none),
                Verdict::Allowed,
                "{name}"
            );
        }
        for name in ["random", "clock_timestamp", "gen_random_uuid"] {
            assert_eq!(
                judge(&builtin(name, true), &none),
                Verdict::Allowed,
                "{name}"
            );
        }
        for name in [
            "pg_sleep",
            "nextval",
            "set_config",
            "lo_get",
            "pg_read_file",
            "something_new",
        ] {
            assert_eq!(
                judge(&builtin(name, true), &none),
                Verdict::Refused(Rule::Acts),
                "{name}"
            );
        }
        for name in [
            "query_to_xml",
            "table_to_xmlschema",
            "ts_stat",
            "txid_current",
            "domain_in",
        ] {
            assert_eq!(
                judge(&builtin(name, false), &none),
                Verdict::Refused(Rule::Acts),
                "{name}"
            );
        }
        for name in [
            "current_setting",
            "pg_get_viewdef",
            "pg_show_all_settings",
            "obj_description",
        ] {
            assert_eq!(
                judge(&builtin(name, false), &none),
                Verdict::Nested,
                "{name}"
            );
            let listed = Function {
                listed: true,
                ..builtin(name, false)
            };
            assert_eq!(judge(&listed, &none), Verdict::Allowed, "{name}");
        }
        // No list makes a function that acts harmless.
        let listed = Function {
            listed: true,
            ..builtin("pg_sleep", true)
        };
        assert_eq!(judge(&listed, &trust()), Verdict::Refused(Rule::Acts));
    }

    #[test]
    fn users_functions_need_the_dba() {
        assert_eq!(
            judge(&function("f"), &Trust::default()),
            Verdict::Refused(Rule::User)
        );
        assert_eq!(judge(&function("f"), &trust()), Verdict::Allowed);
        let definer = Function {
            security_definer: true,
            ..function("f")
        };
        assert_eq!(
            judge(&definer, &trust()),
            Verdict::Refused(Rule::SecurityDefiner)
        );
        assert_eq!(
            judge(
                &Function {
                    listed: true,
                    ..definer
                },
                &Trust::default()
            ),
            Verdict::Allowed
        );
    }

    #[test]
    fn extensions_need_trust_and_some_never_get_it() {
        let of = |extension: &str| Function {
            extension: Some(extension.to_owned()),
            ..function("f")
        };
        assert_eq!(judge(&of("pg_trgm"), &trust()), Verdict::Allowed);
        assert_eq!(
            judge(
                &Function {
                    volatile: true,
                    ..of("pg_trgm")
                },
                &trust()
            ),
            Verdict::Refused(Rule::UntrustedVolatile("pg_trgm".to_owned()))
        );
        assert_eq!(
            judge(&of("pgcrypto"), &trust()),
            Verdict::Refused(Rule::Untrusted("pgcrypto".to_owned()))
        );
        assert_eq!(
            judge(
                &Function {
                    listed: true,
                    ..of("dblink")
                },
                &trust()
            ),
            Verdict::Refused(Rule::Outside("dblink".to_owned()))
        );
        assert_eq!(
            judge(
                &Function {
                    listed: true,
                    ..of("insightflow")
                },
                &trust()
            ),
            Verdict::Refused(Rule::Own)
        );
    }

    #[test]
    fn the_hint_holds_the_call_that_would_allow_it() {
        let hint = Rule::User
            .error("shop.\"it's\"(integer)")
            .hint
            .unwrap_or_default();
        assert!(
            hint.ends_with("SELECT insightflow.allow_function('shop.\"it''s\"(integer)');"),
            "{hint}"
        );
        assert_eq!(
            Rule::Acts
                .error("pg_catalog.pg_sleep(double precision)")
                .hint,
            None
        );
    }

    #[test]
    fn relations_go_by_kind_and_place() {
        let table = Relation {
            name: "shop.orders".to_owned(),
            schema: "shop".to_owned(),
            builtin: false,
            kind: 'r',
            shadows: false,
            extension: None,
            server: None,
        };
        let accepted =
            |relation: &Relation, nested| judge_relation(relation, nested, &trust()).is_ok();
        for kind in ['r', 'p', 'v', 'm'] {
            assert!(
                accepted(
                    &Relation {
                        kind,
                        ..table.clone()
                    },
                    false
                ),
                "{kind}"
            );
        }
        for kind in ['S', 't', 'i', 'c', 'f'] {
            assert!(
                !accepted(
                    &Relation {
                        kind,
                        ..table.clone()
                    },
                    true
                ),
                "{kind}"
            );
        }
        let catalog = Relation {
            builtin: true,
            ..table.clone()
        };
        assert!(!accepted(&catalog, false));
        assert!(accepted(&catalog, true));
        let far = |server: &str| Relation {
            kind: 'f',
            server: Some(server.to_owned()),
            ..table.clone()
        };
        assert!(accepted(&far("near"), false));
        assert!(!accepted(&far("far"), false));
        assert!(!accepted(
            &Relation {
                shadows: true,
                ..table.clone()
            },
            false
        ));
        assert!(!accepted(
            &Relation {
                schema: "insightflow".to_owned(),
                ..table.clone()
            },
            true
        ));
    }
}
