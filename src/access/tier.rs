//! What a role may do: a row of `insightflow.tier`, or the strictest of several.

use super::counters::QUOTAS;
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

    pub fn budget(&self) -> Option<Budget> {
        self.cost_per_day.map(|per_day| Budget { per_day })
    }

    /// Whether anything is to be counted.
    pub fn counts(&self) -> bool {
        self.cost_per_day.is_some() || self.questions.iter().any(Option::is_some)
    }

    /// What one more question leaves of the quotas.
    ///
    /// # Errors
    /// The limit that is reached, and when it opens again (`None`: never). Of several, the one that opens last.
    pub fn take(
        &self,
        whole_at: &[Moment; QUOTAS],
        now: Moment,
    ) -> Result<[Moment; QUOTAS], (usize, Option<Moment>)> {
        let mut after = *whole_at;
        let mut closed: Option<(usize, Option<Moment>)> = None;
        for (quota, rate) in self.rates() {
            match rate.take(whole_at[quota], now) {
                Ok(next) => after[quota] = next,
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
        let after = tier.take(&[0; QUOTAS], now).expect("the first");
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
