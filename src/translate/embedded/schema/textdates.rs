//! Dates that are stored as texts or as whole numbers, as in tables that were loaded from files: '2024-03-05', '05.03.2024', 20240305.
//!
//! Invariant: a column is read as a date only when its name is that of a time and all values of it that are looked at are real dates of
//! one and the same form. Where the order of day and month matters, a value that can be read one way only must prove it. A value of
//! another form is taken for none: it fulfils no condition on the time. One that has the form and is no day, '2024-02-30', ends the
//! statement with PostgreSQL's own error, and never gives a wrong answer.

use super::super::language::ENGLISH;
use super::super::sql::ast;
use super::super::time::dates::{Moment, Span, Unit};
use super::names::Splitter;
use crate::catalog::model::{Catalog, Column, StoredDate, TypeClass, Values};
use crate::question::numbers::days_in_month;
use sqlparser::ast::{BinaryOperator, DataType, Expr, TimezoneInfo};
use std::borrow::Cow;

/// Whole numbers are dates of these years only.
const YEARS: std::ops::RangeInclusive<u32> = 1800..=2199;

/// Makes dates of such columns of the catalog.
pub fn retype(catalog: &mut Cow<Catalog>, splitter: &Splitter, values: &dyn Values) {
    let integer = |column: &Column| column.class == TypeClass::Integer;
    let found = super::stored::columns(
        catalog,
        splitter,
        values,
        |_, column, name| (integer(column) || column.class == TypeClass::Text) && is_time(name),
        |column, stored| form(stored, integer(column)),
    );
    for (at, form) in found {
        let column = &mut catalog.to_mut().tables[at.table].columns[at.column];
        column.class = match form {
            StoredDate::IsoTime => TypeClass::Timestamp,
            _ => TypeClass::Date,
        };
        column.stored_date = Some(form);
    }
}

/// A name such as "order date" or "birthday".
pub(crate) fn is_time(words: &[String]) -> bool {
    words.iter().any(|word| ENGLISH.time_words.contains(word))
}

/// The one form that all of these values have.
fn form(values: &[String], number: bool) -> Option<StoredDate> {
    let all = |form: StoredDate| {
        values
            .iter()
            .all(|value| parts(value, form).is_some_and(|(y, m, d)| is_day(y, m, d, number)))
    };
    let forms: &[StoredDate] = if number {
        &[StoredDate::Compact, StoredDate::CompactMonth]
    } else {
        &[
            StoredDate::Iso,
            StoredDate::IsoTime,
            StoredDate::Compact,
            StoredDate::DayPoints,
            StoredDate::DayStrokes,
            StoredDate::MonthStrokes,
        ]
    };
    let mut fitting = forms.iter().copied().filter(|form| all(*form));
    // "03/04/2024" alone may be two days: both forms fit, and neither is taken.
    let first = fitting.next()?;
    fitting.next().is_none().then_some(first)
}

fn is_day(year: u32, month: u32, day: u32, number: bool) -> bool {
    let known = !number || YEARS.contains(&year);
    known
        && year > 0
        && (1..=12).contains(&month)
        && (1..=days_in_month(year as i32, month)).contains(&day)
}

/// Year, month and day of a value of a form.
fn parts(value: &str, form: StoredDate) -> Option<(u32, u32, u32)> {
    let number = |text: &str, length: usize| {
        (text.len() == length && text.bytes().all(|b| b.is_ascii_digit()))
            .then(|| text.parse::<u32>().ok())
            .flatten()
    };
    let split = |mark: char| {
        let pieces: Vec<&str> = value.split(mark).collect();
        <[&str; 3]>::try_from(pieces).ok()
    };
    // One or two digits, as `to_date` reads them.
    let short = |text: &str| number(text, 1).or_else(|| number(text, 2));
    match form {
        StoredDate::Iso => {
            let [y, m, d] = split('-')?;
            Some((number(y, 4)?, number(m, 2)?, number(d, 2)?))
        }
        StoredDate::IsoTime => {
            let (day, time) = value.split_once([' ', 'T'])?;
            let mut clock = time.splitn(3, ':');
            let (h, m) = (number(clock.next()?, 2)?, number(clock.next()?, 2)?);
            let seconds = clock.next().unwrap_or("00");
            let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
            let digits = !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
            (h < 24 && m < 60 && number(whole, 2)? < 60 && digits)
                .then(|| parts(day, StoredDate::Iso))
                .flatten()
        }
        StoredDate::Compact => {
            let all = number(value, 8)?;
            Some((all / 10_000, all / 100 % 100, all % 100))
        }
        StoredDate::CompactMonth => {
            let all = number(value, 6)?;
            Some((all / 100, all % 100, 1))
        }
        StoredDate::DayPoints => {
            let [d, m, y] = split('.')?;
            Some((number(y, 4)?, short(m)?, short(d)?))
        }
        StoredDate::DayStrokes => {
            let [d, m, y] = split('/')?;
            Some((number(y, 4)?, short(m)?, short(d)?))
        }
        StoredDate::MonthStrokes => {
            let [m, d, y] = split('/')?;
            Some((number(y, 4)?, short(m)?, short(d)?))
        }
    }
}

/// A date of the form as people write it down.
pub(crate) fn called(form: StoredDate) -> &'static str {
    match form {
        StoredDate::Iso => "YYYY-MM-DD",
        StoredDate::IsoTime => "YYYY-MM-DD HH:MM:SS",
        StoredDate::Compact => "YYYYMMDD",
        StoredDate::CompactMonth => "YYYYMM",
        StoredDate::DayPoints => "DD.MM.YYYY",
        StoredDate::DayStrokes => "DD/MM/YYYY",
        StoredDate::MonthStrokes => "MM/DD/YYYY",
    }
}

/// A stored column as the date or number that it is read as.
pub(crate) fn as_read(column: &Column, expr: Expr) -> Expr {
    if super::textnumbers::is_cast(column) {
        return super::super::sql::windows::numeric(expr);
    }
    if column.ones_and_zeros {
        return ast::binary(expr, BinaryOperator::Eq, ast::number("1"));
    }
    let Some(form) = column.stored_date else {
        return expr;
    };
    // What does not look like one is no date: `substring` gives NULL.
    const MONTH: &str = "(?:0[1-9]|1[0-2])";
    const DAY: &str = "(?:0[1-9]|[12][0-9]|3[01])";
    const YEAR: &str = "[1-9][0-9]{3}";
    const CLOCK: &str = "(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]+)?)?";
    let pattern = match form {
        StoredDate::Iso => format!("^{YEAR}-{MONTH}-{DAY}$"),
        StoredDate::IsoTime => format!("^{YEAR}-{MONTH}-{DAY}[ T]{CLOCK}$"),
        StoredDate::Compact => format!("^{YEAR}{MONTH}{DAY}$"),
        StoredDate::CompactMonth => format!("^{YEAR}{MONTH}$"),
        StoredDate::DayPoints => {
            "^(?:0?[1-9]|[12][0-9]|3[01])[.](?:0?[1-9]|1[0-2])[.][1-9][0-9]{3}$".into()
        }
        StoredDate::DayStrokes => {
            "^(?:0?[1-9]|[12][0-9]|3[01])/(?:0?[1-9]|1[0-2])/[1-9][0-9]{3}$".into()
        }
        StoredDate::MonthStrokes => {
            "^(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12][0-9]|3[01])/[1-9][0-9]{3}$".into()
        }
    };
    let text = match form {
        StoredDate::Compact | StoredDate::CompactMonth => ast::cast(expr, DataType::Text),
        _ => expr,
    };
    let known = ast::function("substring", vec![text, ast::text(&pattern)]);
    match form {
        StoredDate::IsoTime => ast::cast(known, DataType::Timestamp(None, TimezoneInfo::None)),
        StoredDate::CompactMonth => ast::cast(
            ast::nested(ast::binary(
                known,
                BinaryOperator::StringConcat,
                ast::text("01"),
            )),
            DataType::Date,
        ),
        StoredDate::DayPoints | StoredDate::DayStrokes | StoredDate::MonthStrokes => {
            ast::function("to_date", vec![known, ast::text(called(form))])
        }
        StoredDate::Iso | StoredDate::Compact => ast::cast(known, DataType::Date),
    }
}

/// Whether a column tells one day of a month from another.
pub(crate) fn holds_days(column: &Column) -> bool {
    column.stored_date != Some(StoredDate::CompactMonth)
}

/// Whether a column can tell what is asked of it: months have no days.
pub(crate) fn holds(column: &Column, span: &Span) -> bool {
    let month = |moment: &Moment| match moment {
        Moment::Day((_, _, day)) => *day == 1,
        Moment::Start(unit, _) | Moment::Fiscal(unit, ..) => *unit >= Unit::Month,
        Moment::Now => true,
        Moment::Ago(..) => false,
    };
    holds_days(column) || span.from.iter().chain(&span.to).all(month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_prove_the_form() {
        let form = |list: &str, number| {
            let values: Vec<String> = list.split(' ').map(|v| v.replace('_', " ")).collect();
            form(&values, number)
        };
        for (list, number, wanted) in [
            ("2024-03-05 2023-12-31", false, Some(StoredDate::Iso)),
            (
                "2024-03-05_10:20:30 2024-03-05T23:59",
                false,
                Some(StoredDate::IsoTime),
            ),
            ("20240305 19991231", false, Some(StoredDate::Compact)),
            ("20240305 19991231", true, Some(StoredDate::Compact)),
            ("202403 199912", true, Some(StoredDate::CompactMonth)),
            ("05.03.2024 1.12.1999", false, Some(StoredDate::DayPoints)),
            ("05/03/2024 25/12/1999", false, Some(StoredDate::DayStrokes)),
            (
                "05/03/2024 12/25/1999",
                false,
                Some(StoredDate::MonthStrokes),
            ),
            // Neither order is proved, or both are.
            ("05/03/2024 01/02/1999", false, None),
            ("25/03/2024 12/25/1999", false, None),
            // One value that is none, or no day.
            ("2024-03-05 unknown", false, None),
            ("2024-02-30", false, None),
            ("0000-00-00", false, None),
            ("2024-3-5", false, None),
            ("20241345 20240101", true, None),
            ("99990101", true, None),
            ("12345678", true, None),
            ("March", false, None),
            ("", false, None),
        ] {
            assert_eq!(form(list, number), wanted, "{list}");
        }
    }
}
