//! Moments as text in UTC, whatever the time zone of the session: the month of an entry decides in which table it stands.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment as PostgreSQL reads it in every DateStyle: `2026-11-21 08:14:30.736828+00`.
pub fn utc(moment: SystemTime) -> String {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let seconds = since.as_secs();
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    let micros = since.subsec_micros();
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{micros:06}+00")
}

/// The month of a moment that [`utc`] has written: `2026_11`. `None` for any other text.
pub fn month(moment: &str) -> Option<String> {
    let (year, month) = (moment.get(..4)?, moment.get(5..7)?);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(year) && digits(month) && moment.ends_with("+00")).then(|| format!("{year}_{month}"))
}

/// Year, month and day of a day that is counted from 1970-01-01, in the Gregorian calendar. The year is taken to begin in
/// March, so that the leap day is its last; five months from March, as five from August, always have 153 days.
fn date(days: u64) -> (u64, u64, u64) {
    /// Days of 400 years, of 100 years without a leap day at their end, of 4 years with one, of a year.
    const CYCLE: u64 = 146_097;
    /// From 0000-03-01 to 1970-01-01.
    const EPOCH: u64 = 719_468;
    let days = days + EPOCH;
    let (cycle, day) = (days / CYCLE, days % CYCLE);
    let year = (day - day / 1_460 + day / 36_524 - day / (CYCLE - 1)) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let from_march = (5 * day + 2) / 153;
    let of_month = day - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    (cycle * 400 + year + u64::from(month <= 2), month, of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64, micros: u64) -> String {
        utc(UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_micros(micros))
    }

    #[test]
    fn moments() {
        assert_eq!(at(0, 0), "1970-01-01 00:00:00.000000+00");
        assert_eq!(at(951_782_400, 1), "2000-02-29 00:00:00.000001+00");
        assert_eq!(at(1_735_689_599, 999_999), "2024-12-31 23:59:59.999999+00");
        assert_eq!(at(4_107_542_400, 0), "2100-03-01 00:00:00.000000+00");
    }

    #[test]
    fn every_day_follows_the_day_before() {
        let length = |year: u64, month: u64| match month {
            4 | 6 | 9 | 11 => 30,
            2 if year.is_multiple_of(if year.is_multiple_of(100) { 400 } else { 4 }) => 29,
            2 => 28,
            _ => 31,
        };
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for number in 0..200_000 {
            assert_eq!(date(number), (year, month, day), "{number}");
            day += 1;
            if day > length(year, month) {
                (day, month) = (1, month + 1);
            }
            if month > 12 {
                (month, year) = (1, year + 1);
            }
        }
    }

    #[test]
    fn months() {
        assert_eq!(month(&at(951_782_400, 1)).as_deref(), Some("2000_02"));
        assert_eq!(month("2000-02-29 00:00:00+01"), None);
        assert_eq!(month("'; --"), None);
        assert_eq!(month("2000"), None);
    }
}
