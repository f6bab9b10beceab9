//! Who may ask, and how much.
//!
//! The rights are PostgreSQL's own: EXECUTE on `ask()` and its companions is revoked from PUBLIC, and granted by
//! `insightflow.enroll(role, tier)` or by hand. A tier (`insightflow.tier`) limits how many questions a role asks, what
//! its model calls cost, and how large and how slow one answer may be.
//!
//! Whose quota a question is taken from: that of the role that logged in (`session_user`), and, when it is another, also
//! that of the role whose rights hold (`current_user`, after SET ROLE or in a SECURITY DEFINER function). Both must have
//! something left. So SET ROLE never opens a fresh quota, and a pool that logs in as one role and becomes its users by
//! SET ROLE has each of them limited by himself.
//!
//! Which tier holds for a role: that of its own enrolment; without one, the strictest of the enrolled roles that it is a
//! member of; without one, the tier named `default`, when there is one. A superuser has only the tier of his own enrolment.
//!
//! Counting is in shared memory ([`counters`]) when the library is preloaded: no ROLLBACK undoes it, and all sessions see
//! it at once. Otherwise it is done from the history, as far as this transaction sees it, and from what this
//! session itself has asked.

pub mod counters;
pub mod rate;
pub mod tier;

use crate::error::{Error, Result, SqlState};
use crate::history::clock;
use crate::postgres::limits::{self, Subject, Taken};
use crate::postgres::objects;
use crate::settings;
use rate::{Moment, PERIODS};
use std::time::{Duration, UNIX_EPOCH};

/// What bounds one answer: the lower of the caller's settings and his tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub max_rows: u64,
    pub timeout_ms: i32,
}

/// Takes one question from the quotas of whoever asks. Called once for each, before any work is done for it.
///
/// # Errors
/// 53400 when a limit is reached: it names the limit, and when it opens again. 55000 when the extension's schema was renamed, so that
/// nothing could be counted or recorded.
pub fn admit() -> Result<()> {
    take(true)
}

/// As [`admit`], but takes nothing: for work that is done before the question itself, such as the analysis of a literal.
///
/// # Errors
/// As [`admit`].
pub fn look() -> Result<()> {
    take(false)
}

fn take(count: bool) -> Result<()> {
    if !objects::schema_is_in_place() {
        return Err(Error::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            "schema insightflow of extension insightflow was renamed",
        )
        .with_hint("Rename it back. The schema that ask() stands in may have any name."));
    }
    let subjects = limits::subjects();
    if !subjects.iter().any(|subject| subject.tier.counts()) {
        return Ok(());
    }
    let now = limits::now();
    taken(&subjects, limits::take(&subjects, now, count), now)
}

/// The error for what could not be taken.
fn taken(subjects: &[Subject], outcome: Taken, now: Moment) -> Result<()> {
    match outcome {
        Taken::All => Ok(()),
        Taken::Closed {
            subject,
            quota,
            opens,
        } => Err(closed(&subjects[subject], quota, opens, now)),
        Taken::NoPlace { subject } => Err(Error::new(
            SqlState::CONFIGURATION_LIMIT_EXCEEDED,
            format!(
                "the questions of role \"{}\" cannot be counted now",
                subjects[subject].name
            ),
        )
        .with_detail("So many roles have used something of their quotas that there is no place for one more.")
        .with_hint("Try again in a minute. insightflow.health() shows how many places are in use.")),
    }
}

/// What bounds the next answer.
pub fn limits() -> Limits {
    let mut bounds = Limits {
        max_rows: settings::max_rows(),
        timeout_ms: settings::statement_timeout(),
    };
    for subject in limits::subjects().iter() {
        if let Some(rows) = subject.tier.max_rows {
            bounds.max_rows = bounds.max_rows.min(rows);
        }
        if let Some(timeout) = subject.tier.timeout_ms {
            bounds.timeout_ms = bounds.timeout_ms.min(timeout.max(1));
        }
    }
    bounds
}

/// Whether the tiers of whoever asks let him use a language model at all.
///
/// # Errors
/// 42501.
pub fn may_use_model() -> Result<()> {
    match limits::subjects()
        .iter()
        .find(|subject| !subject.tier.model)
    {
        None => Ok(()),
        Some(subject) => Err(
            Error::refused("a language model may not be asked").with_detail(format!(
                "Tier \"{}\" of role \"{}\" has none.",
                subject.tier.name, subject.name
            )),
        ),
    }
}

/// Takes what a call of a model may cost at most, in US dollars, from the money of whoever asks, when anything is left of it.
/// Called before each call: so of many sessions at once only one goes beyond the limit. `None`: the price is not known.
///
/// # Errors
/// 53400 when the day's money is spent: it says when there is some again. 53400 also when a limit could not be kept because
/// the price is not known.
pub fn admit_model_call(at_most: Option<f64>) -> Result<()> {
    let subjects = limits::subjects();
    let Some(limited) = subjects
        .iter()
        .find(|subject| subject.tier.budget().is_some())
    else {
        return Ok(());
    };
    let Some(dollars) = at_most else {
        return Err(Error::new(
            SqlState::CONFIGURATION_LIMIT_EXCEEDED,
            "the cost of the language model is not known",
        )
        .with_detail(format!(
            "Tier \"{}\" of role \"{}\" limits the cost per day, but insightflow.price has no row for the model.",
            limited.tier.name, limited.name
        ))
        .with_hint("INSERT INTO insightflow.price (provider, model, input_usd, output_usd) VALUES (…);"));
    };
    let now = limits::now();
    taken(&subjects, limits::reserve(&subjects, now, dollars), now)
}

/// The call has cost so many US dollars more (or fewer, below 0) than [`admit_model_call`] has taken. A ROLLBACK gives nothing back,
/// nor does a cancel: the provider may have done the work.
pub fn settle_model_call(difference: f64) {
    let subjects = limits::subjects();
    let now = limits::now();
    for subject in subjects.iter() {
        if subject.tier.budget().is_some() {
            limits::spend(subject, now, difference);
        }
    }
}

/// The error of a limit that is reached.
fn closed(subject: &Subject, quota: usize, opens: Option<Moment>, now: Moment) -> Error {
    let tier = &subject.tier;
    let limit = match PERIODS.get(quota) {
        Some((period, _)) => {
            let most = tier.questions[quota].unwrap_or(0);
            let questions = if most == 1 { "question" } else { "questions" };
            format!("the limit of {most} {questions} per {period}")
        }
        None => format!(
            "the limit of {} US dollars per day",
            tier.cost_per_day.unwrap_or(0.0)
        ),
    };
    let error = Error::new(
        SqlState::CONFIGURATION_LIMIT_EXCEEDED,
        format!("{limit} is reached"),
    )
    .with_detail(format!(
        "It is that of tier \"{}\", and it is role \"{}\" that has reached it.",
        tier.name, subject.name
    ));
    match opens {
        Some(opens) => {
            let nanos = u64::try_from(opens).unwrap_or(0);
            let at = clock::utc(UNIX_EPOCH + Duration::from_nanos(nanos));
            // To the second, and not too early.
            let seconds = opens.saturating_sub(now).max(0) / 1_000_000_000 + 1;
            let unit = if seconds == 1 { "second" } else { "seconds" };
            error.with_hint(format!("It opens again in {seconds} {unit}, at {at}."))
        }
        None => error.with_hint(
            "It is 0: it never opens. An administrator can raise it in insightflow.tier.",
        ),
    }
}
