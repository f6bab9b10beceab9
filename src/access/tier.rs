//! What a role may do: a row of `insightflow.tier`, or the strictest of several.

use super::counters::{DOLLARS, Quota, Quotas};
use super::rate::{Budget, Moment, PERIODS, Rate};

/// Limits. `None` is no limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Tier {
    /// For messages: the names of the tiers that it was made from.
    pub name: String,
    /// Questions per minute, hour and day.
    pub questions: [Option<u32>; PERIODS.len()],
    /// US dollars.
    pub cost_per_day: Option<f64>,
    pub max_rows: Option<u64>,
    /// Milliseconds.
    pub timeout_ms: Option<i32>,
    /// Whether a language model may be asked.
    pub model: bool,
}

impl Tier {
    /// Of each limit the lower one: the tier of a role that several hold for.
    pub fn and(self, other: Tier) -> Tier {
        fn lower<T: PartialOrd>(one: Option<T>, other: Option<T>) -> Option<T> {
            match (one, other) {
                (Some(one), Some(other)) => Some(if other < one { other } else { one }),
                (one, other) => one.or(other),
            }
        }
        let name = if self.name == other.name {
            self.name
        } else {
            format!("{}, {}", self.name, other.name)
        };
        Tier {
            name,
            questions: std::array::from_fn(|period| {
                lower(self.questions[period], other.questions[period])
            }),
            cost_per_day: lower(self.cost_per_day, other.cost_per_day),
            max_rows: lower(self.max_rows, other.max_rows),
            timeout_ms: lower(self.timeout_ms, other.timeout_ms),
            model: self.model && other.model,
        }
    }

    /// The limits on questions: which quota, and its rate.
    pub fn rates(&self) -> impl Iterator<Item = (usize, Rate)> {
        self.questions
            .iter()
            .zip(PERIODS)
            .enumerate()
            .filter_map(|(quota, (most, (_, period)))| {
                most.map(|most| (quota, Rate { most, period }))
            })
    }

    /// What its model calls may cost in a day; `None` where that is not limited.
    pub fn budget(&self) -> Option<Budget> {
        self.cost_per_day.map(|per_day| Budget { per_day })
    }

    /// Whether anything is to be counted.
    pub fn counts(&self) -> bool {
        self.cost_per_day.is_some() || self.questions.iter().any(Option::is_some)
    }

    /// The quotas, had this tier always held: its limits may have been others when they were used.
    pub fn current(&self, used: &Quotas, now: Moment) -> Quotas {
        let mut current = *used;
        for (quota, rate) in self.rates() {
            let Quota { whole_at, under } = used[quota];
            current[quota] = Quota {
                whole_at: rate.moved(whole_at, now, under as u32),
                under: rate.most.into(),
            };
        }
        if let Some(budget) = self.budget() {
            let Quota { whole_at, under } = used[DOLLARS];
            current[DOLLARS] = Quota {
                whole_at: budget.moved(whole_at, now, under),
                under: budget.per_day,
            };
        }
        current
    }

    /// What one more question leaves of the quotas.
    ///
    /// # Errors
    /// The limit that is reached, and when it opens again (`None`: never). Of several, the one that opens last.
    pub fn take(&self, used: &Quotas, now: Moment) -> Result<Quotas, (usize, Option<Moment>)> {
        let mut after = self.current(used, now);
        let mut closed: Option<(usize, Option<Moment>)> = None;
        for (quota, rate) in self.rates() {
            match rate.take(after[quota].whole_at, now) {
                Ok(next) => after[quota].whole_at = next,
                Err(opens) => {
                    let later = match (&closed, opens) {
                        (None, _) | (Some((_, Some(_))), None) => true,
                        (Some((_, Some(known))), Some(opens)) => opens > *known,
                        (Some((_, None)), _) => false,
                    };
                    if later {
                        closed = Some((quota, opens));
                    }
                }
            }
        }
        closed.map_or(Ok(after), Err)
    }

    /// What is left of the quotas when so many dollars are spent; fewer than none are given back. `None` without a budget.
    pub fn spend(&self, used: &Quotas, now: Moment, dollars: f64) -> Option<Quotas> {
        let budget = self.budget()?;
        let mut after = self.current(used, now);
        after[DOLLARS].whole_at = budget.spend(after[DOLLARS].whole_at, now, dollars);
        Some(after)
    }

    /// As [`Tier::spend`], when anything is left.
    ///
    /// # Errors
    /// As [`Tier::take`].
    pub fn reserve(
        &self,
        used: &Quotas,
        now: Moment,
        dollars: f64,
    ) -> Result<Quotas, (usize, Option<Moment>)> {
        if let Some(budget) = self.budget() {
            budget
                .check(self.current(used, now)[DOLLARS].whole_at, now)
                .map_err(|opens| (DOLLARS, opens))?;
        }
        Ok(self.spend(used, now, dollars).unwrap_or(*used))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tier(name: &str) -> Tier {
        Tier {
            name: name.to_owned(),
            questions: [None; 3],
            cost_per_day: None,
            max_rows: None,
            timeout_ms: None,
            model: true,
        }
    }

    #[test]
    fn of_two_tiers_each_lower_limit_holds() {
        let one = Tier {
            questions: [Some(10), None, Some(100)],
            max_rows: Some(5),
            ..tier("one")
        };
        let other = Tier {
            questions: [Some(20), Some(30), None],
            cost_per_day: Some(0.5),
            max_rows: Some(9),
            model: false,
            ..tier("other")
        };
        let both = Tier {
            name: "one, other".to_owned(),
            questions: [Some(10), Some(30), Some(100)],
            cost_per_day: Some(0.5),
            max_rows: Some(5),
            timeout_ms: None,
            model: false,
        };
        assert_eq!(one.and(other), both);
    }

    #[test]
    fn a_refused_question_takes_of_no_quota_and_names_the_limit_that_opens_last() {
        let now = 1_795_000_000_000_000_000;
        let tier = Tier {
            questions: [Some(1), Some(1), Some(5)],
            ..tier("t")
        };
        let after = tier.take(&Quotas::default(), now).expect("the first");
        assert_eq!(
            tier.take(&after, now),
            Err((1, Some(now + 3_600_000_000_000)))
        );
        let none = Tier {
            questions: [Some(1), Some(0), Some(5)],
            ..tier
        };
        assert_eq!(none.take(&after, now), Err((1, None)));
    }
}
