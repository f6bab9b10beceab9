//! A provider that keeps failing is left alone for a while. Pure: time is given as milliseconds.
//!
//! Invariant: a failing provider costs each asker no more than one look at this board. After the cool-down one call tries,
//! the others go on being turned away until its outcome is known or its time is over, so that a provider that comes
//! back is not met by everybody at once.

/// Providers that are watched at the same time; the one that was not used for longest gives way.
const SLOTS: usize = 64;

/// Whose calls are counted together: a database and an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Key {
    pub database: u32,
    /// A hash of the provider and its address.
    pub endpoint: u64,
}

/// When a breaker opens and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Failed calls in a row; 0 never opens.
    pub failures: u32,
    pub cooldown_ms: i64,
    /// Longest time of one call.
    pub call_ms: i64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    key: Key,
    failures: u32,
    /// When it opened last.
    opened: i64,
    /// When the one call that tries began; 0 when there is none.
    probe: i64,
    used: i64,
}

/// The state of all breakers: plain data whose zeros are a valid value, so that it can live in shared memory.
#[derive(Clone, Copy, Debug)]
pub struct Board {
    slots: [Slot; SLOTS],
}

impl Default for Board {
    fn default() -> Board {
        Board::NEW
    }
}

impl Board {
    /// Nothing has failed yet.
    pub const NEW: Board = Board {
        slots: [Slot {
            key: Key {
                database: 0,
                endpoint: 0,
            },
            failures: 0,
            opened: 0,
            probe: 0,
            used: 0,
        }; SLOTS],
    };

    /// Whether a call may be made now.
    ///
    /// # Errors
    /// The milliseconds after which it is worth asking again.
    pub fn admit(&mut self, key: Key, policy: Policy, now: i64) -> Result<(), i64> {
        if policy.failures == 0 {
            return Ok(());
        }
        let slot = self.slot(key, now);
        if slot.failures < policy.failures {
            return Ok(());
        }
        let left = left(slot.opened, policy.cooldown_ms, now);
        if left > 0 {
            return Err(left);
        }
        let wait = policy.call_ms.min(policy.cooldown_ms);
        let left = self::left(slot.probe, wait, now);
        if left > 0 {
            return Err(left);
        }
        slot.probe = now;
        Ok(())
    }

    /// A call has failed for a reason that is the provider's.
    pub fn failed(&mut self, key: Key, policy: Policy, now: i64) {
        let slot = self.slot(key, now);
        slot.failures = slot.failures.saturating_add(1);
        slot.probe = 0;
        if slot.failures >= policy.failures {
            slot.opened = now;
        }
    }

    /// The provider has answered.
    pub fn answered(&mut self, key: Key, now: i64) {
        let slot = self.slot(key, now);
        slot.failures = 0;
        slot.probe = 0;
    }

    fn slot(&mut self, key: Key, now: i64) -> &mut Slot {
        let mut chosen = 0;
        for (place, slot) in self.slots.iter().enumerate() {
            if slot.used != 0 && slot.key == key {
                chosen = place;
                break;
            }
            if slot.used < self.slots[chosen].used {
                chosen = place;
            }
        }
        let slot = &mut self.slots[chosen];
        if slot.used == 0 || slot.key != key {
            *slot = Slot {
                key,
                ..Slot::default()
            };
        }
        slot.used = now.max(1);
        slot
    }
}

/// What is left of a span that began at a moment. A clock that was set back does not make it longer than it is.
fn left(began: i64, span: i64, now: i64) -> i64 {
    if began == 0 || now < began {
        return 0;
    }
    (began.saturating_add(span) - now).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Key = Key {
        database: 5,
        endpoint: 7,
    };
    const POLICY: Policy = Policy {
        failures: 3,
        cooldown_ms: 1_000,
        call_ms: 400,
    };

    fn open(board: &mut Board, now: i64) {
        for _ in 0..3 {
            assert_eq!(board.admit(KEY, POLICY, now), Ok(()));
            board.failed(KEY, POLICY, now);
        }
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_lets_one_try() {
        let mut board = Board::NEW;
        open(&mut board, 10_000);
        assert_eq!(board.admit(KEY, POLICY, 10_000), Err(1_000));
        assert_eq!(board.admit(KEY, POLICY, 10_999), Err(1));
        assert_eq!(board.admit(KEY, POLICY, 11_000), Ok(()));
        assert_eq!(board.admit(KEY, POLICY, 11_100), Err(300));
        // The one that tried was cancelled and said nothing: another may try.
        assert_eq!(board.admit(KEY, POLICY, 11_400), Ok(()));
        board.failed(KEY, POLICY, 11_500);
        assert_eq!(board.admit(KEY, POLICY, 11_600), Err(900));
        assert_eq!(board.admit(KEY, POLICY, 12_500), Ok(()));
        board.answered(KEY, 12_600);
        assert_eq!(board.admit(KEY, POLICY, 12_600), Ok(()));
        assert_eq!(board.admit(KEY, POLICY, 12_600), Ok(()));
    }

    #[test]
    fn a_success_starts_the_count_again() {
        let mut board = Board::NEW;
        for _ in 0..20 {
            board.failed(KEY, POLICY, 1);
            board.failed(KEY, POLICY, 1);
            board.answered(KEY, 1);
        }
        assert_eq!(board.admit(KEY, POLICY, 1), Ok(()));
    }

    #[test]
    fn others_are_not_concerned() {
        let mut board = Board::NEW;
        open(&mut board, 10_000);
        for other in [Key { database: 6, ..KEY }, Key { endpoint: 8, ..KEY }] {
            assert_eq!(board.admit(other, POLICY, 10_000), Ok(()));
        }
        assert!(board.admit(KEY, POLICY, 10_000).is_err());
        let off = Policy {
            failures: 0,
            ..POLICY
        };
        assert_eq!(board.admit(KEY, off, 10_000), Ok(()));
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_lock_anybody_out() {
        let mut board = Board::NEW;
        open(&mut board, 1_000_000);
        assert_eq!(board.admit(KEY, POLICY, 5_000), Ok(()));
    }

    #[test]
    fn more_providers_than_slots() {
        let mut board = Board::NEW;
        for endpoint in 0..200 {
            let key = Key {
                database: 1,
                endpoint,
            };
            let now = i64::try_from(endpoint).expect("small") + 1;
            assert_eq!(board.admit(key, POLICY, now), Ok(()));
            board.failed(key, POLICY, now);
        }
        open(&mut board, 500);
        assert!(board.admit(KEY, POLICY, 600).is_err());
    }
}
