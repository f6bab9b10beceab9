//! Days of the Gregorian calendar and their arithmetic.

use crate::question::numbers::days_in_month;

/// A calendar date: year, month 1 to 12, day 1 to 31.
pub type Day = (i32, u32, u32);

/// The day after.
pub fn next_day((y, m, d): Day) -> Day {
    if d < days_in_month(y, m) {
        (y, m, d + 1)
    } else if m < 12 {
        (y, m + 1, 1)
    } else {
        (y + 1, 1, 1)
    }
}

/// The first day of the month so many months after.
pub fn add_months((y, m, _): Day, months: i32) -> Day {
    let total = y * 12 + m as i32 - 1 + months;
    (total.div_euclid(12), total.rem_euclid(12) as u32 + 1, 1)
}

/// The day before.
pub fn previous_day((y, m, d): Day) -> Day {
    if d > 1 {
        (y, m, d - 1)
    } else if m > 1 {
        (y, m - 1, days_in_month(y, m - 1))
    } else {
        (y - 1, 12, 31)
    }
}

/// The same day so many months after, or the last one where that month is shorter: as PostgreSQL adds months.
pub fn shift(day: Day, months: i32) -> Day {
    let (y, m, _) = add_months(day, months);
    (y, m, day.2.min(days_in_month(y, m)))
}

/// Days since 1970-01-01 (the civil calendar algorithm of Howard Hinnant, "chrono-compatible low-level date algorithms").
pub fn serial((y, m, d): Day) -> i64 {
    let y = i64::from(y) - i64::from(m <= 2);
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let shifted = (i64::from(m) + 9) % 12;
    let day_of_year = (153 * shifted + 2) / 5 + i64::from(d) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The day that is so many days after 1970-01-01; see [`serial`].
pub fn from_serial(days: i64) -> Day {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
    (
        (yoe + era * 400 + i64::from(month <= 2)) as i32,
        month,
        (doy - (153 * mp + 2) / 5 + 1) as u32,
    )
}

/// The day of the week, from 1 for Monday to 7.
pub fn weekday(day: Day) -> u32 {
    // Day 0 of the serial count was a Thursday.
    (serial(day) + 3).rem_euclid(7) as u32 + 1
}

/// A day as ISO 8601 writes it.
pub fn iso((y, m, d): Day) -> String {
    format!("{y:04}-{m:02}-{d:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_serials_agree() {
        for days in [-800_000, -1, 0, 59, 60, 19_000, 2_000_000] {
            assert_eq!(serial(from_serial(days)), days);
        }
        assert_eq!(from_serial(0), (1970, 1, 1));
    }
}
