//! The time that a literal question took before it ran.
//!
//! It is translated while its statement is analyzed, and recorded when the statement has run: the time waits here for the next
//! record of the same question, which takes it along. A statement that runs again was translated once.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Duration;

/// Questions whose time waits; the oldest goes first.
const MOST: usize = 32;

thread_local! {
    static WAITING: RefCell<VecDeque<(String, Duration)>> = const { RefCell::new(VecDeque::new()) };
}

/// A literal question was translated (again) in this time.
pub fn translated(question: &str, time: Duration) {
    WAITING.with_borrow_mut(|all| {
        if let Some((_, sum)) = all.iter_mut().find(|(known, _)| known == question) {
            *sum += time;
            return;
        }
        if all.len() == MOST {
            all.pop_front();
        }
        all.push_back((question.to_owned(), time));
    });
}

/// What waits for a question, once.
pub(super) fn take(question: &str) -> Duration {
    WAITING.with_borrow_mut(|all| {
        let place = all.iter().position(|(known, _)| known == question);
        place
            .and_then(|place| all.remove(place))
            .map_or(Duration::ZERO, |(_, time)| time)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_taken_once_and_old_ones_go() {
        let millisecond = Duration::from_millis(1);
        translated("a", millisecond);
        translated("a", millisecond);
        assert_eq!(take("a"), 2 * millisecond);
        assert_eq!(take("a"), Duration::ZERO);
        for number in 0..=MOST {
            translated(&number.to_string(), millisecond);
        }
        assert_eq!(take("0"), Duration::ZERO);
        assert_eq!(take("1"), millisecond);
    }
}
