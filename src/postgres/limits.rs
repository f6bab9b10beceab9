//! The tiers of whoever asks, and the counters of their quotas.
//!
//! Invariant: counting happens under one lock for all quotas of a question together, so of a hundred sessions exactly as many
//! pass as the limit says, and a question that is refused takes of none. A session keeps the tiers it has read until
//! PostgreSQL tells that the tables of tiers or of enrolments, a role or a membership have changed
//! ([`tiers_changed`] sends that message at the commit of the change).

use super::audit;
use super::counters::COUNTERS;
use super::invalidation;
use super::literal::callable;
use super::session;
use super::spi::{self, Argument, Moment as Snapshot, Path, Row};
use crate::access::counters::{self, Key, Quota, Quotas, Used};
use crate::access::rate::{DAY, Moment};
use crate::access::tier::Tier;
use crate::operate::health::Census;
use pgrx::pg_sys::{self, Datum, FunctionCallInfo};
use pgrx::prelude::*;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

/// A role and what holds for it.
#[derive(Clone, Debug)]
pub struct Subject {
    pub oid: u32,
    pub name: String,
    pub tier: Tier,
}

/// What became of an attempt to take a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    All,
    /// This subject has reached this limit.
    Closed {
        subject: usize,
        quota: usize,
        /// `None`: never.
        opens: Option<Moment>,
    },
    /// There is no place to count for this subject.
    NoPlace {
        subject: usize,
    },
}

/// The clock, in nanoseconds since 1970.
pub fn now() -> Moment {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
        })
}

/// Whether quotas are counted in shared memory.
pub fn are_shared() -> bool {
    COUNTERS.0.exists()
}

/// Places that are in use, of how many.
pub fn places() -> Option<(usize, usize)> {
    let now = now();
    COUNTERS
        .0
        .read()
        .map(|table| (counters::in_use(&table.places, now), counters::PLACES))
}

type Known = HashMap<(u32, u32), Rc<[Subject]>>;

thread_local! {
    /// By login and current role.
    static KEPT: RefCell<Known> = RefCell::new(HashMap::new());
    /// What this session has used where the server counts nothing.
    static LOCAL: RefCell<HashMap<Key, Quotas>> = RefCell::new(HashMap::new());
}

/// Roles that one session becomes before what it knows of them is read anew.
const KEPT_MOST: usize = 256;

/// Who asks, with what holds for him: the role that logged in and, when it is another, the current one. Empty where the
/// extension has no tiers.
pub fn subjects() -> Rc<[Subject]> {
    invalidation::listen();
    if invalidation::take_tiers() {
        KEPT.with_borrow_mut(HashMap::clear);
    }
    let (login, current) = (session::session_user(), session::current_user());
    if let Some(kept) = KEPT.with_borrow(|kept| kept.get(&(login, current)).cloned()) {
        return kept;
    }
    let mut roles = vec![login];
    if current != login {
        roles.push(current);
    }
    let Some(tables) = audit::tables(&["tier", "enrollment"]) else {
        return Rc::new([]);
    };
    // From now on a message about them is for us.
    invalidation::watch_tiers([tables[0].to_u32(), tables[1].to_u32()]);
    let found = audit::as_owner(|| {
        roles
            .iter()
            .map(|&role| Subject {
                oid: role,
                name: session::role_name(role).unwrap_or_default(),
                tier: tier_of(role),
            })
            .collect::<Rc<[Subject]>>()
    })
    .unwrap_or_else(|| Rc::new([]));
    KEPT.with_borrow_mut(|kept| {
        if kept.len() >= KEPT_MOST {
            kept.clear();
        }
        kept.insert((login, current), Rc::clone(&found));
    });
    found
}

/// The columns of a tier, in the order in which [`tier`] reads them.
const TIER: &str = "coalesce(t.name, ''), t.per_minute, t.per_hour, t.per_day, t.cost_per_day::float8, t.max_rows::float8, \
    (extract(epoch FROM t.statement_timeout) * 1000)::float8, coalesce(t.model, true)";

fn tier_of(role: u32) -> Tier {
    let mut own = None;
    let mut of_groups: Option<Tier> = None;
    let mut default = None;
    let mut superuser = false;
    spi::read(Snapshot::Newest, Path::Pinned, |reader| {
        let statement = format!(
            "SELECT {TIER}, e.role = $1, false, r.rolsuper
             FROM pg_roles r
             JOIN insightflow.enrollment e ON e.role = r.oid OR (NOT r.rolsuper AND pg_has_role(r.oid, e.role, 'MEMBER'))
             LEFT JOIN insightflow.tier t ON t.name = coalesce(e.tier, 'default')
             WHERE r.oid = $1
             UNION ALL
             SELECT {TIER}, false, true, r.rolsuper
             FROM pg_roles r LEFT JOIN insightflow.tier t ON t.name = 'default' WHERE r.oid = $1"
        );
        reader.query(&statement, &[Argument::Oid(role)], |row| {
            let tier = tier(row);
            superuser |= row.flag(10);
            if row.flag(8) {
                own = Some(tier);
            } else if row.flag(9) {
                default = Some(tier);
            } else {
                of_groups = Some(match of_groups.take() {
                    Some(known) => known.and(tier),
                    None => tier,
                });
            }
        });
    });
    own.or(of_groups)
        .or(default.filter(|_| !superuser))
        .unwrap_or_else(|| NO_LIMITS.clone())
}

/// Of a role for which nothing holds.
static NO_LIMITS: Tier = Tier {
    name: String::new(),
    questions: [None; 3],
    cost_per_day: None,
    max_rows: None,
    timeout_ms: None,
    model: true,
};

fn tier(row: &Row) -> Tier {
    let count = |column| {
        row.integer(column)
            .map(|most| u32::try_from(most).unwrap_or(0))
    };
    Tier {
        name: row.text(0).unwrap_or_default(),
        questions: [count(1), count(2), count(3)],
        cost_per_day: row.double(4),
        // Conversions from float saturate.
        max_rows: row.double(5).map(|rows| rows as u64),
        timeout_ms: row.double(6).map(|milliseconds| milliseconds as i32),
        model: row.flag(7),
    }
}

/// Takes one question from the quotas of all subjects, or from none. Without `count` nothing is taken.
pub fn take(subjects: &[Subject], now: Moment, count: bool) -> Taken {
    take_each(subjects, now, count, |tier, used, now| tier.take(used, now))
}

/// Takes dollars from the budgets of all subjects that have something left, or from none.
pub fn reserve(subjects: &[Subject], now: Moment, dollars: f64) -> Taken {
    take_each(subjects, now, true, |tier, used, now| {
        tier.reserve(used, now, dollars)
    })
}

/// What a tier makes of the quotas of one subject, or the limit that is reached and when it opens again.
type Change = std::result::Result<Quotas, (usize, Option<Moment>)>;

fn take_each(
    subjects: &[Subject],
    now: Moment,
    count: bool,
    change: impl Fn(&Tier, &Quotas, Moment) -> Change,
) -> Taken {
    if !are_shared() {
        return take_locally(subjects, now, count, change);
    }
    carry_over(subjects, now);
    let Some(mut table) = COUNTERS.0.write() else {
        return Taken::All;
    };
    // Read again under the lock, for the change as well: who waited for it would otherwise come with an earlier time than who
    // went before, and be refused what is his.
    let now = self::now();
    let mut before: Vec<Used> = Vec::with_capacity(subjects.len());
    let mut outcome = Taken::All;
    for (number, subject) in counted(subjects) {
        let Some(used) = counters::claim(&mut table.places, key(subject), now) else {
            outcome = Taken::NoPlace { subject: number };
            break;
        };
        before.push(*used);
        match change(&subject.tier, &used.quotas, now) {
            // Written at once: a place that is in use is not given to the next subject.
            Ok(next) => used.quotas = next,
            Err((quota, opens)) => {
                outcome = Taken::Closed {
                    subject: number,
                    quota,
                    opens,
                };
                break;
            }
        }
    }
    if !count || outcome != Taken::All {
        for used in before {
            if let Some(place) = counters::find(&mut table.places, used.key) {
                *place = used;
            }
        }
    }
    outcome
}

/// The subjects for which something is counted, with their numbers.
fn counted(subjects: &[Subject]) -> impl Iterator<Item = (usize, &Subject)> {
    subjects
        .iter()
        .enumerate()
        .filter(|(_, subject)| subject.tier.counts())
}

fn take_locally(
    subjects: &[Subject],
    now: Moment,
    count: bool,
    change: impl Fn(&Tier, &Quotas, Moment) -> Change,
) -> Taken {
    let mut after = Vec::with_capacity(subjects.len());
    for (number, subject) in counted(subjects) {
        match change(&subject.tier, &used_locally(subject, now), now) {
            Ok(next) => after.push((key(subject), next)),
            Err((quota, opens)) => {
                return Taken::Closed {
                    subject: number,
                    quota,
                    opens,
                };
            }
        }
    }
    if count {
        LOCAL.with_borrow_mut(|local| local.extend(after));
    }
    Taken::All
}

/// What a subject has used, where the server counts nothing.
fn used_locally(subject: &Subject, now: Moment) -> Quotas {
    let local = LOCAL
        .with_borrow(|local| local.get(&key(subject)).copied())
        .unwrap_or_default();
    let local = subject.tier.current(&local, now);
    let recorded = from_history(subject);
    std::array::from_fn(|quota| {
        if local[quota].whole_at >= recorded[quota].whole_at {
            local[quota]
        } else {
            recorded[quota]
        }
    })
}

/// Takes dollars from a subject's budget, be something left or not; fewer than none are given back.
pub fn spend(subject: &Subject, now: Moment, dollars: f64) {
    let tier = &subject.tier;
    if are_shared() {
        carry_over(std::slice::from_ref(subject), now);
        if let Some(mut table) = COUNTERS.0.write()
            && let Some(used) = counters::claim(&mut table.places, key(subject), now)
            && let Some(after) = tier.spend(&used.quotas, now, dollars)
        {
            used.quotas = after;
        }
        return;
    }
    if let Some(after) = tier.spend(&used_locally(subject, now), now, dollars) {
        LOCAL.with_borrow_mut(|local| local.insert(key(subject), after));
    }
}

fn key(subject: &Subject) -> Key {
    // SAFETY: a variable of this backend.
    let database = unsafe { pg_sys::MyDatabaseId };
    Key {
        database: database.to_u32(),
        role: subject.oid,
    }
}

/// Until the counters have been kept for a day, what a role asked before they were is looked up in the history.
fn carry_over(subjects: &[Subject], now: Moment) {
    for subject in subjects.iter().filter(|subject| subject.tier.counts()) {
        let key = key(subject);
        let unknown = COUNTERS.0.write().is_some_and(|mut table| {
            table.since != 0
                && now.saturating_sub(table.since) < DAY
                && counters::find(&mut table.places, key).is_none()
        });
        if unknown {
            let before = from_history(subject);
            if let Some(mut table) = COUNTERS.0.write()
                && counters::find(&mut table.places, key).is_none()
                && let Some(used) = counters::claim(&mut table.places, key, now)
            {
                *used = Used {
                    key,
                    quotas: before,
                };
            }
        }
    }
}

/// What a role has used according to the history, as far as this transaction sees it: the algorithm of
/// `access::rate`, replayed. The last question of a run of n that kept a quota busy makes it whole n steps after the
/// first of the run came; of all runs that end now, the latest such moment holds.
fn from_history(subject: &Subject) -> Quotas {
    const STATEMENT: &str = "WITH asked AS (
            (SELECT asked_at, cost_usd FROM insightflow.query_log
             WHERE session_role = $1::name AND asked_at > clock_timestamp() - interval '1 day' AND NOT (sqlstate IS NOT DISTINCT FROM '53400' AND sql IS NULL)
             ORDER BY asked_at DESC LIMIT 100000)
            UNION ALL
            (SELECT asked_at, cost_usd FROM insightflow.query_log
             WHERE role = $1::name AND session_role <> $1::name AND asked_at > clock_timestamp() - interval '1 day'
               AND NOT (sqlstate IS NOT DISTINCT FROM '53400' AND sql IS NULL)
             ORDER BY asked_at DESC LIMIT 100000)
        ), counted AS (
            SELECT extract(epoch FROM asked_at)::float8 AS at,
                   row_number() OVER latest AS n,
                   sum(coalesce(cost_usd, 0)) OVER latest AS dollars
            FROM asked WINDOW latest AS (ORDER BY asked_at DESC ROWS UNBOUNDED PRECEDING)
        )
        SELECT max(at + n * 60.0 / nullif($2, 0)), max(at + n * 3600.0 / nullif($3, 0)), max(at + n * 86400.0 / nullif($4, 0)),
               max(at + (dollars * 86400.0 / nullif($5::text::numeric, 0))::float8)
        FROM counted";
    let tier = &subject.tier;
    let most = |period: usize| Argument::Integer(tier.questions[period].unwrap_or(0).into());
    let dollars = tier.cost_per_day.unwrap_or(0.0).to_string();
    let mut quotas = Quotas::default();
    audit::as_owner(|| {
        spi::read(Snapshot::Newest, Path::Pinned, |reader| {
            let arguments = [
                Argument::Text(&subject.name),
                most(0),
                most(1),
                most(2),
                Argument::Text(&dollars),
            ];
            reader.query(STATEMENT, &arguments, |row| {
                for (number, quota) in quotas.iter_mut().enumerate() {
                    let under = match tier.questions.get(number) {
                        Some(most) => most.map(f64::from),
                        None => tier.cost_per_day,
                    };
                    *quota = Quota {
                        whole_at: row
                            .double(number)
                            .map_or(0, |seconds| (seconds * 1e9) as Moment),
                        under: under.unwrap_or(0.0),
                    };
                }
            });
        });
    });
    quotas
}

callable!(
    pg_finfo_limits_changed_trigger,
    limits_changed_trigger,
    tiers_changed
);

/// The trigger of the tables of tiers and enrolments: at commit, every session reads them anew.
unsafe fn tiers_changed(call: FunctionCallInfo) -> Datum {
    // SAFETY: a trigger's context is a TriggerData; called as anything else, the function does nothing.
    unsafe {
        let context = (*call).context;
        if !context.is_null() && (*context).type_ == pg_sys::NodeTag::T_TriggerData {
            let relation = (*context.cast::<pg_sys::TriggerData>()).tg_relation;
            pg_sys::CacheInvalidateRelcache(relation);
        }
        Datum::null()
    }
}

/// What `insightflow.health()` tells of the extension's tables. Empty where the extension is of an older version.
pub fn census() -> Census {
    let mut census = Census::default();
    let Some(_tables) = audit::tables(&["enrollment", "allowed_function"]) else {
        return census;
    };
    audit::as_owner(|| {
        spi::read(Snapshot::Newest, Path::Pinned, |reader| {
            reader.query(
                "SELECT (SELECT extversion FROM pg_extension WHERE extname = 'insightflow'),
                        array(SELECT signature FROM insightflow.allowed_function WHERE to_regprocedure(signature) IS NULL ORDER BY 1),
                        (SELECT count(*)::int4 FROM insightflow.enrollment),
                        (SELECT count(*)::int4 FROM insightflow.enrollment WHERE role NOT IN (SELECT oid FROM pg_roles))",
                &[],
                |row| {
                    census = Census {
                        version: row.text(0).unwrap_or_default(),
                        missing_functions: row.texts(1),
                        enrolled: row.integer(2).unwrap_or(0).into(),
                        dropped: row.integer(3).unwrap_or(0).into(),
                    };
                },
            );
        });
    });
    census
}
