//! What is in order and what is not: `insightflow.health()`.
//!
//! Invariant: it only reads, and it says no secret: of a key it says neither the value nor where it stands.

use super::definitions;
use crate::postgres::limits;
use crate::settings;

/// How a component does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Ok,
    /// It works, with less than could be.
    Warning,
    /// Something must be repaired.
    Error,
}

impl Status {
    /// The word that `insightflow.health()` shows.
    pub fn name(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Warning => "warning",
            Status::Error => "error",
        }
    }
}

/// A component and how it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub component: &'static str,
    pub status: Status,
    pub detail: String,
}

pub(super) fn finding(
    component: &'static str,
    status: Status,
    detail: impl Into<String>,
) -> Finding {
    Finding {
        component,
        status,
        detail: detail.into(),
    }
}

/// What the tables of the extension say, read by `postgres::limits::census`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// The version that was created in this database.
    pub version: String,
    pub enrolled: i64,
    /// Enrolled roles that were dropped since.
    pub dropped: i64,
    /// Allowed functions that do not exist any more.
    pub missing_functions: Vec<String>,
}

/// Every component.
pub fn findings() -> Vec<Finding> {
    let census = limits::census();
    let mut findings = vec![
        library(&census.version, env!("CARGO_PKG_VERSION")),
        history(limits::are_shared()),
        quotas(limits::places()),
        enrollment(&census),
        functions(&census.missing_functions),
        model(settings::llm::model().as_deref()),
    ];
    findings.extend(definitions::findings());
    findings
}

fn library(created: &str, loaded: &str) -> Finding {
    if created == loaded {
        return finding("library", Status::Ok, format!("version {loaded}"));
    }
    finding(
        "library",
        Status::Warning,
        format!(
            "the library is version {loaded}, the extension in this database is version {created}: call ALTER EXTENSION insightflow UPDATE"
        ),
    )
}

fn history(preloaded: bool) -> Finding {
    if preloaded {
        return finding(
            "history",
            Status::Ok,
            "the library is preloaded: the row of a question survives whatever becomes of its transaction",
        );
    }
    finding(
        "history",
        Status::Warning,
        "the library is not preloaded: the row of an answer is written in the caller's transaction and goes with its ROLLBACK, \
         and a question that failed is only in the server log; add insightflow to shared_preload_libraries and restart",
    )
}

fn quotas(places: Option<(usize, usize)>) -> Finding {
    match places {
        Some((used, all)) => {
            let status = if used > all / 2 {
                Status::Warning
            } else {
                Status::Ok
            };
            finding(
                "limits",
                status,
                format!("counted in shared memory; {used} of {all} places are in use"),
            )
        }
        None => finding(
            "limits",
            Status::Warning,
            "the library is not preloaded: quotas are counted from the history that the caller's transaction sees and from what his \
             session has asked; a question that failed or was rolled back in another session, and those that run at the same time \
             in other sessions, are not counted; add insightflow to shared_preload_libraries and restart",
        ),
    }
}

fn enrollment(census: &Census) -> Finding {
    if census.dropped == 0 {
        return finding(
            "enrollment",
            Status::Ok,
            format!("enrolled roles: {}", census.enrolled),
        );
    }
    finding(
        "enrollment",
        Status::Warning,
        format!(
            "enrolled roles: {}; of these {} were dropped: SELECT insightflow.withdraw(role) FROM insightflow.enrollment \
             WHERE role NOT IN (SELECT oid FROM pg_roles)",
            census.enrolled, census.dropped
        ),
    )
}

fn functions(missing: &[String]) -> Finding {
    if missing.is_empty() {
        return finding(
            "allowed functions",
            Status::Ok,
            "every function in insightflow.allowed_function exists",
        );
    }
    finding(
        "allowed functions",
        Status::Warning,
        format!(
            "in insightflow.allowed_function, but not in this database: {}",
            missing.join(", ")
        ),
    )
}

fn model(name: Option<&str>) -> Finding {
    let detail = match name {
        Some(name) => format!("questions may be sent to the model {name}"),
        None => "no model is configured: nothing leaves this server".to_owned(),
    };
    finding("language model", Status::Ok, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_in_order_says_what_to_do() {
        assert_eq!(library("0.2.0", "0.2.0").status, Status::Ok);
        assert!(library("0.1.0", "0.2.0").detail.contains("ALTER EXTENSION"));
        assert_eq!(quotas(Some((5_000, 8_192))).status, Status::Warning);
        assert_eq!(quotas(Some((5, 8_192))).status, Status::Ok);
        assert!(quotas(None).detail.contains("shared_preload_libraries"));
        let census = Census {
            dropped: 1,
            ..Census::default()
        };
        assert!(enrollment(&census).detail.contains("withdraw"));
        assert!(
            functions(&["app.f()".to_owned()])
                .detail
                .contains("app.f()")
        );
    }
}
