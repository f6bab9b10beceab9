//! Units, moments and spans of time; `timewords` reads them from a question.
//!
//! A [`Span`] is half-open. It is kept as a start and an end in calendar terms, never as a fixed date when the question's
//! own words are relative: "last month" is computed by the server each time the SQL runs.

pub use super::calendar::{Day, iso};
use super::calendar::{add_months, from_serial, previous_day, serial, shift};

/// A unit of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    Minute,
    Hour,
    Day,
    /// The hour of the day, 0 to 23.
    HourOfDay,
    Weekday,
    Week,
    Month,
    Quarter,
    Year,
    /// The fiscal quarter; the month in which the fiscal year begins, 1 to 12.
    FiscalQuarter(u32),
    /// The fiscal year, called by the year in which it ends; the month in which it begins, 1 to 12.
    FiscalYear(u32),
}

impl Unit {
    /// As `date_trunc` calls it; fiscal units have no such name.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Minute => "minute",
            Unit::Hour => "hour",
            Unit::Day => "day",
            Unit::HourOfDay => "hour of day",
            Unit::Weekday => "weekday",
            Unit::Week => "week",
            Unit::Month => "month",
            Unit::Quarter => "quarter",
            Unit::Year => "year",
            Unit::FiscalQuarter(_) => "fiscal quarter",
            Unit::FiscalYear(_) => "fiscal year",
        }
    }

    /// By the name that the data files use.
    pub fn from_name(name: &str) -> Option<Unit> {
        [
            Unit::Minute,
            Unit::Hour,
            Unit::Day,
            Unit::HourOfDay,
            Unit::Weekday,
            Unit::Week,
            Unit::Month,
            Unit::Quarter,
            Unit::Year,
        ]
        .into_iter()
        .find(|u| u.name() == name)
    }

    /// An interval of so many units, as PostgreSQL reads it.
    pub fn interval(self, count: i64) -> String {
        match self {
            Unit::Quarter | Unit::FiscalQuarter(_) => format!("{} months", count * 3),
            Unit::FiscalYear(_) => format!("{} months", count * 12),
            Unit::Weekday => format!("{count} days"),
            Unit::HourOfDay => format!("{count} hours"),
            _ if count == 1 => format!("1 {}", self.name()),
            _ => format!("{count} {}s", self.name()),
        }
    }
}

/// One end of a span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Moment {
    Day(Day),
    Now,
    /// The start of the unit that holds now, moved by so many of it.
    Start(Unit, i64),
    /// The start of the fiscal year or quarter that holds now, moved by so many of it; the month in which the first one begins, 1 to 12.
    Fiscal(Unit, i64, u32),
    /// Now moved by so many units, at the start of that day.
    Ago(Unit, i64),
}

/// A half-open span of time; an open end is `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    pub from: Option<Moment>,
    pub to: Option<Moment>,
}

/// From one moment to another.
pub fn relative(from: Moment, to: Moment) -> Span {
    Span {
        from: Some(from),
        to: Some(to),
    }
}

impl Span {
    /// The span so many units before, where it has both ends and they can be moved by whole units.
    pub fn moved_back(&self, unit: Unit, count: i64) -> Option<Span> {
        let months = |u: Unit| match u {
            Unit::Month => Some(1),
            Unit::Quarter => Some(3),
            Unit::Year => Some(12),
            _ => None,
        };
        let moved = |m: Moment| match m {
            Moment::Now => Some(Moment::Ago(unit, -count)),
            Moment::Ago(u, n) if u == unit => Some(Moment::Ago(u, n - count)),
            Moment::Start(u, n) if u == unit => Some(Moment::Start(u, n - count)),
            Moment::Start(u, n) => {
                let (of, by) = (months(u)?, months(unit)?);
                (by % of == 0).then_some(Moment::Start(u, n - by / of * count))
            }
            Moment::Day(day) => Some(Moment::Day(match months(unit) {
                Some(by) => shift(day, i32::try_from(-by * count).ok()?),
                None if unit == Unit::Week => from_serial(serial(day) - 7 * count),
                None if unit == Unit::Day => from_serial(serial(day) - count),
                None => return None,
            })),
            Moment::Fiscal(u, n, begins) => {
                let (of, by) = (months(u)?, months(unit)?);
                (by % of == 0).then_some(Moment::Fiscal(u, n - by / of * count, begins))
            }
            Moment::Ago(..) => None,
        };
        Some(relative(moved(self.from?)?, moved(self.to?)?))
    }
}

/// The actual days of a span, first and last, for the words of the reading.
pub fn days_of(span: &Span, today: Day) -> (Option<Day>, Option<Day>) {
    let first = span.from.map(|m| day_of(m, today));
    let last = span.to.map(|m| {
        // A moment within a day: part of that day belongs to the span.
        if matches!(m, Moment::Now | Moment::Ago(..)) {
            day_of(m, today)
        } else {
            previous_day(day_of(m, today))
        }
    });
    (first, last)
}

fn day_of(moment: Moment, today: Day) -> Day {
    let (y, m, _) = today;
    match moment {
        Moment::Day(day) => day,
        Moment::Now => today,
        Moment::Start(Unit::Year, n) => (y.saturating_add(n as i32), 1, 1),
        Moment::Start(Unit::Quarter, n) => add_months((y, (m - 1) / 3 * 3 + 1, 1), n as i32 * 3),
        Moment::Start(Unit::Month, n) => add_months((y, m, 1), n as i32),
        Moment::Start(Unit::Week, n) => {
            let serial = serial(today);
            // Day 0 of the serial count, 1970-01-01, was a Thursday.
            from_serial(serial - (serial + 3).rem_euclid(7) + n * 7)
        }
        Moment::Start(_, n) => from_serial(serial(today) + n),
        Moment::Fiscal(unit, n, begins) => {
            let before = begins as i32 - 1;
            let shifted = add_months(today, -before);
            let first = day_of(Moment::Start(unit, n), shifted);
            add_months(first, before)
        }
        Moment::Ago(unit, n) => match unit {
            Unit::Year => shift(today, n as i32 * 12),
            Unit::Quarter => shift(today, n as i32 * 3),
            Unit::Month => shift(today, n as i32),
            Unit::Week => from_serial(serial(today) + n * 7),
            Unit::Day => from_serial(serial(today) + n),
            _ => today,
        },
    }
}
