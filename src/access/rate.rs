//! The generic cell rate algorithm, in its form of virtual scheduling (ITU-T I.371, annex A): of all that a role has asked,
//! one moment per limit is kept, the time at which the quota is whole again.
//!
//! A limit of *n* in a period lets *n* come at once; after that, one more each *period / n*. Over any long time never more
//! than *n* per period pass, there is no edge of a window at which a quota starts anew, and the moment at which the next
//! question passes is known exactly. Pure: times are given.

/// Nanoseconds since 1970.
pub type Moment = i64;

const SECOND: i64 = 1_000_000_000;
/// The periods of the limits on questions, with the name that messages use.
pub const PERIODS: [(&str, i64); 3] = [
    ("minute", 60 * SECOND),
    ("hour", 3_600 * SECOND),
    ("day", DAY),
];
/// A day, in microseconds.
pub const DAY: i64 = 86_400 * SECOND;

/// So many in each period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub most: u32,
    /// Nanoseconds.
    pub period: i64,
}

impl Rate {
    /// What one question takes of the quota, as time that it needs to come back.
    fn step(self) -> i64 {
        self.period / i64::from(self.most.max(1))
    }

    fn burst(self) -> i64 {
        self.step() * i64::from(self.most)
    }

    /// The moment at which the quota is whole again, had the limit always been this one and not `before`: what has come
    /// is what counts. So to raise a limit opens it at once for as many as were added.
    pub fn moved(self, whole_at: Moment, now: Moment, before: u32) -> Moment {
        let old = Rate {
            most: before,
            ..self
        };
        // As in `take`.
        let debt = whole_at.saturating_sub(now).min(old.burst());
        if debt <= 0 || before == self.most || before == 0 || self.most == 0 {
            return whole_at;
        }
        let moved = i128::from(debt) * i128::from(self.step()) / i128::from(old.step());
        now.saturating_add(i64::try_from(moved).unwrap_or(i64::MAX))
    }

    /// The moment at which the quota is whole again once one more has come.
    ///
    /// # Errors
    /// The moment at which one more may come; `None` when none ever may.
    pub fn take(self, whole_at: Moment, now: Moment) -> Result<Moment, Option<Moment>> {
        if self.most == 0 {
            return Err(None);
        }
        // A clock that was set back must not close the limit for longer than its period.
        let whole_at = whole_at.clamp(now, now.saturating_add(self.burst()));
        let next = whole_at + self.step();
        if next - now <= self.burst() {
            Ok(next)
        } else {
            Err(Some(next - self.burst()))
        }
    }
}

/// So many US dollars in a day. What a call costs is known after it, so the last call before the quota is used up may
/// go beyond it; what it went beyond is waited for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    pub per_day: f64,
}

impl Budget {
    /// Whether anything is left.
    ///
    /// # Errors
    /// The moment at which something will be; `None` when never.
    pub fn check(self, whole_at: Moment, now: Moment) -> Result<(), Option<Moment>> {
        if self.per_day <= 0.0 {
            return Err(None);
        }
        if whole_at.saturating_sub(now) < DAY {
            Ok(())
        } else {
            Err(Some(whole_at.saturating_sub(DAY)))
        }
    }

    /// As [`Rate::moved`]. A budget that was lowered below what is spent already opens again within a day.
    pub fn moved(self, whole_at: Moment, now: Moment, before: f64) -> Moment {
        let debt = whole_at.saturating_sub(now);
        if debt <= 0 || before == self.per_day || before <= 0.0 || self.per_day <= 0.0 {
            return whole_at;
        }
        // A conversion from float saturates.
        let moved = (debt as f64 * (before / self.per_day)) as i64;
        now.saturating_add(moved.min(debt.max(DAY)))
    }

    /// The moment at which the quota is whole again once so many dollars were spent; fewer than none were given back.
    pub fn spend(self, whole_at: Moment, now: Moment, dollars: f64) -> Moment {
        if self.per_day <= 0.0 || dollars.is_nan() {
            return whole_at;
        }
        let takes = (dollars / self.per_day * DAY as f64) as i64;
        whole_at.max(now).saturating_add(takes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: i64 = 60 * SECOND;
    /// A time of day in 2026.
    const NOW: Moment = 1_795_000_000 * SECOND;

    #[test]
    fn a_quota_may_come_at_once_and_then_one_by_one() {
        let rate = Rate {
            most: 3,
            period: MINUTE,
        };
        let mut whole_at = 0;
        for _ in 0..3 {
            whole_at = rate.take(whole_at, NOW).expect("within the quota");
        }
        assert_eq!(rate.take(whole_at, NOW), Err(Some(NOW + 20 * SECOND)));
        let later = NOW + 20 * SECOND;
        whole_at = rate.take(whole_at, later).expect("one has come back");
        assert_eq!(rate.take(whole_at, later), Err(Some(later + 20 * SECOND)));
        assert!(rate.take(whole_at, NOW + 10 * MINUTE).is_ok());
    }

    #[test]
    fn a_change_of_the_limit_counts_what_has_come() {
        for (before, after, come) in [
            (37, 74, 37),
            (5, 50, 5),
            (5, 6, 3),
            (50, 5, 3),
            (1000, 7, 5),
        ] {
            let old = Rate {
                most: before,
                period: DAY,
            };
            let new = Rate {
                most: after,
                period: DAY,
            };
            let mut whole_at = 0;
            for _ in 0..come {
                whole_at = old.take(whole_at, NOW).expect("within the quota");
            }
            let mut left = 0;
            whole_at = new.moved(whole_at, NOW, before);
            while let Ok(next) = new.take(whole_at, NOW) {
                whole_at = next;
                left += 1;
            }
            assert_eq!(left, after - come, "{come} of {before}, now {after}");
        }
        // Lowered below what has come: nothing is left, and one comes back as in any full quota.
        let new = Rate {
            most: 4,
            period: DAY,
        };
        let whole_at = new.moved(NOW + DAY, NOW, 100);
        assert_eq!(new.take(whole_at, NOW), Err(Some(NOW + DAY / 4)));
        // Money likewise.
        let (old, new) = (Budget { per_day: 1.0 }, Budget { per_day: 4.0 });
        let spent = old.spend(0, NOW, 1.0);
        assert_eq!(old.check(spent, NOW), Err(Some(NOW)));
        let moved = new.moved(spent, NOW, 1.0);
        assert_eq!(moved, NOW + DAY / 4);
        assert!(new.check(new.spend(moved, NOW, 2.9), NOW).is_ok());
        assert!(new.check(new.spend(moved, NOW, 3.0), NOW).is_err());
        let lowered = old.moved(new.spend(0, NOW, 3.5), NOW, 4.0);
        assert_eq!(old.check(lowered, NOW), Err(Some(NOW)));
        assert_eq!(new.spend(new.spend(0, NOW, 3.5), NOW, -3.5), NOW);
    }

    #[test]
    fn nothing_is_a_quota_too() {
        let none = Rate {
            most: 0,
            period: MINUTE,
        };
        assert_eq!(none.take(0, NOW), Err(None));
        assert_eq!(Budget { per_day: 0.0 }.check(0, NOW), Err(None));
    }

    #[test]
    fn a_clock_that_is_set_back_closes_a_limit_for_no_longer_than_its_period() {
        let rate = Rate {
            most: 1,
            period: MINUTE,
        };
        let whole_at = rate.take(0, NOW + DAY).expect("the first");
        assert_eq!(rate.take(whole_at, NOW), Err(Some(NOW + MINUTE)));
    }

    #[test]
    fn a_budget_is_used_up_and_comes_back() {
        let budget = Budget { per_day: 2.0 };
        let after = budget.spend(0, NOW, 1.0);
        assert_eq!(budget.check(after, NOW), Ok(()));
        let after = budget.spend(after, NOW, 1.5);
        assert_eq!(budget.check(after, NOW), Err(Some(NOW + DAY / 4)));
        assert_eq!(budget.check(after, NOW + DAY / 4 + 1), Ok(()));
        assert_eq!(budget.spend(after, NOW, f64::NAN), after);
        assert!(budget.spend(after, NOW, f64::INFINITY) > after);
    }

    proptest! {
        /// In no stretch of time do more pass than the quota and what has come back meanwhile.
        #[test]
        fn no_more_pass_than_the_limit_says(most in 1_u32..50, gaps in prop::collection::vec(0_i64..3 * SECOND, 1..300)) {
            let rate = Rate { most, period: MINUTE };
            let (mut whole_at, mut now, mut passed) = (0, NOW, 0_i64);
            for gap in gaps {
                now += gap;
                if let Ok(next) = rate.take(whole_at, now) {
                    whole_at = next;
                    passed += 1;
                }
            }
            prop_assert!(passed <= i64::from(most) + (now - NOW) / rate.step());
        }
    }
}
