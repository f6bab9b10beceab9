//! Whether and when a failed call is tried again. Pure.

use backon::{BackoffBuilder, ExponentialBuilder};
use std::time::{Duration, SystemTime};

/// The pauses between attempts: 0.25 s, doubled each time up to 8 s, each with up to as much again by chance, so that
/// sessions which failed together do not come back together.
pub fn pauses(retries: u32) -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(250))
        .with_factor(2.0)
        .with_max_delay(Duration::from_secs(8))
        .with_max_times(usize::try_from(retries).unwrap_or(0))
        .with_jitter()
        .build()
}

/// Whether a status says that the same call may succeed later. 529 is Anthropic's "overloaded".
pub fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504 | 529)
}

/// Whether a status says that the provider itself is in trouble, and not this caller.
pub fn is_outage(status: u16) -> bool {
    matches!(status, 500 | 502 | 503 | 504 | 529)
}

/// The time to wait that a `Retry-After` header asks for: seconds, or a date (RFC 9110, section 10.2.3). A date that has passed
/// asks for no wait; what is neither is no request.
pub fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_retry_after() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").expect("date");
        let seconds = |value| retry_after(value, now).map(|wait| wait.as_secs());
        assert_eq!(seconds("7"), Some(7));
        assert_eq!(seconds(" 0 "), Some(0));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:50:00 GMT"), Some(23));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:00 GMT"), Some(0));
        assert_eq!(seconds("-1"), None);
        assert_eq!(seconds("soon"), None);
        assert_eq!(seconds(""), None);
        assert_eq!(seconds("18446744073709551616"), None);
    }

    #[test]
    fn pauses_grow_within_their_bounds() {
        let pauses: Vec<Duration> = pauses(12).collect();
        assert_eq!(pauses.len(), 12);
        let mut base = Duration::from_millis(250);
        for pause in pauses {
            assert!(pause >= base && pause <= 2 * base, "{pause:?} for {base:?}");
            base = (2 * base).min(Duration::from_secs(8));
        }
        assert_eq!(super::pauses(0).count(), 0);
    }
}
