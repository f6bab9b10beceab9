//! Dates in every form that a question writes them in, on each kind of column that holds them, in time zones whose clocks change, and
//! at moments at which "yesterday" and "this week" are easily wrong.

use crate::patterns::{answer, differing};
use crate::support::{Database, Session};

/// Half hours around the nights in which clocks change in 2025 in Europe and America, around two turns of a year, and days of years
/// with 53 weeks and with a leap day.
const TABLES: &str = "SET timezone = 'UTC';
    CREATE TABLE visits (id int PRIMARY KEY, started_at timestamptz NOT NULL);
    INSERT INTO visits SELECT row_number() OVER (), t FROM (
        SELECT generate_series(timestamptz '2025-03-08 00:00Z', '2025-03-11 00:00Z', '30 minutes') AS t
        UNION ALL SELECT generate_series(timestamptz '2025-03-28 00:00Z', '2025-04-02 00:00Z', '30 minutes')
        UNION ALL SELECT generate_series(timestamptz '2025-10-24 00:00Z', '2025-11-04 00:00Z', '30 minutes')
        UNION ALL SELECT generate_series(timestamptz '2026-12-20 00:00Z', '2027-01-12 00:00Z', '30 minutes')) s;
    CREATE TABLE calls (id int PRIMARY KEY, started_at timestamp NOT NULL);
    INSERT INTO calls SELECT id, started_at AT TIME ZONE 'UTC' FROM visits;
    CREATE TABLE trips (id int PRIMARY KEY, trip_date date NOT NULL);
    INSERT INTO trips SELECT i, date '2019-12-01' + i FROM generate_series(1, 2000) i;
    INSERT INTO trips SELECT 10000 + i, date '2026-12-01' + i FROM generate_series(1, 60) i;
    CREATE TABLE shipments (id int PRIMARY KEY, weight numeric NOT NULL, shipped_date text);
    INSERT INTO shipments SELECT i, i, to_char(date '2019-12-01' + i, 'YYYY-MM-DD') FROM generate_series(1, 2000) i;
    CREATE TABLE films (id int PRIMARY KEY, title text NOT NULL, release_year int NOT NULL);
    INSERT INTO films SELECT i, 'film ' || i, extract(year FROM now())::int - 40 + i FROM generate_series(1, 45) i;
    ANALYZE";

async fn prepared() -> (Database, Session) {
    let database = Database::new().await;
    let session = database.superuser().await;
    session.run(TABLES).await;
    (database, session)
}

/// The zones: none that changes, changes on two dates, and an offset of five hours and a half.
const ZONES: &[&str] = &["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"];

#[tokio::test]
async fn written_dates_have_their_days_on_each_kind_of_column() {
    let (database, session) = prepared().await;
    // A form, its first day and the day after its last.
    let forms = [
        ("on 2020-02-29", "2020-02-29", "2020-03-01"),
        ("on 29 Feb 2020", "2020-02-29", "2020-03-01"),
        ("on February 29, 2020", "2020-02-29", "2020-03-01"),
        ("on 29.2.2020", "2020-02-29", "2020-03-01"),
        ("on 02/29/2020", "2020-02-29", "2020-03-01"),
        ("on the 29th of February 2020", "2020-02-29", "2020-03-01"),
        ("in February 2020", "2020-02-01", "2020-03-01"),
        ("in Feb '20", "2020-02-01", "2020-03-01"),
        ("in Q1 2020", "2020-01-01", "2020-04-01"),
        ("in the first half of 2020", "2020-01-01", "2020-07-01"),
        ("in 2020", "2020-01-01", "2021-01-01"),
        ("in the 2020s", "2020-01-01", "2030-01-01"),
        ("in FY20", "2020-01-01", "2021-01-01"),
        ("in week 53 of 2020", "2020-12-28", "2021-01-04"),
        ("in ISO week 1 of 2021", "2021-01-04", "2021-01-11"),
        ("in calendar week 10, 2020", "2020-03-02", "2020-03-09"),
        ("in 2020-W53", "2020-12-28", "2021-01-04"),
        ("in the week of 1 January 2021", "2020-12-28", "2021-01-04"),
        ("from March to May 2020", "2020-03-01", "2020-06-01"),
        ("from March 2020 to May", "2020-03-01", "2020-06-01"),
        ("from November 2020 to February", "2020-11-01", "2021-03-01"),
        ("between May and July 2020", "2020-05-01", "2020-08-01"),
        ("from 3 March to 5 May 2020", "2020-03-03", "2020-05-06"),
        ("between 3 and 5 March 2020", "2020-03-03", "2020-03-06"),
        ("from March 3 to 5, 2020", "2020-03-03", "2020-03-06"),
        ("March 3-5, 2020", "2020-03-03", "2020-03-06"),
        ("between 2020 and 2021", "2020-01-01", "2022-01-01"),
        (
            "after March 2020 and before 2021",
            "2020-04-01",
            "2021-01-01",
        ),
        ("on Thursday, 5 March 2020", "2020-03-05", "2020-03-06"),
    ];
    for (form, from, to) in forms {
        for (noun, column) in [("trips", "trip_date"), ("shipments", "shipped_date::date")] {
            let rows = answer(&session, &format!("how many {noun} {form}")).await;
            let wanted = format!(
                "SELECT count(*) FROM {noun} WHERE {column} >= '{from}' AND {column} < '{to}'"
            );
            assert_eq!(rows, Ok(session.rows(&wanted).await), "{noun} {form}");
        }
    }
    let year = "extract(year FROM now())::int";
    for (question, condition) in [
        ("how many films this year", format!("= {year}")),
        ("how many films last year", format!("= {year} - 1")),
        (
            "how many films in the last 3 years",
            format!("BETWEEN {year} - 3 AND {year} - 1"),
        ),
        ("how many films 5 years ago", format!("= {year} - 5")),
        ("how many films since last year", format!(">= {year} - 1")),
        ("how many films next year", format!("= {year} + 1")),
    ] {
        let rows = answer(&session, question).await;
        let wanted = format!("SELECT count(*) FROM films WHERE release_year {condition}");
        assert_eq!(rows, Ok(session.rows(&wanted).await), "{question}");
    }
    // What a column cannot tell, and what the calendar does not have.
    for (question, why) in [
        ("how many films last month", "holds whole years"),
        ("how many films past 3 years", "holds whole years"),
        ("films per month", "holds whole years"),
        ("how many trips last 24 hours", "holds whole days"),
        ("how many trips past 2 hours", "holds whole days"),
        ("how many shipments past 24 hours", "holds whole days"),
        ("trips by hour", "holds whole days"),
        ("trips by hour of day", "holds whole days"),
        ("how many trips on 29 Feb 2023", "Feb 2023 has 28 days"),
        (
            "how many trips on February 29, 2023",
            "February 2023 has 28 days",
        ),
        ("how many trips on 2023-02-29", "that month has 28 days"),
        ("how many trips since 29.2.2023", "that month has 28 days"),
        ("how many trips on 31 April 2020", "April 2020 has 30 days"),
        ("how many trips on 2020-13-01", "a year has 12 months"),
        (
            "how many trips on 03/04/2020",
            "may be 2020-03-04 or 2020-04-03",
        ),
        ("how many trips in Q5 2020", "a year has four quarters"),
        ("how many trips in week 53 of 2021", "2021 has 52 weeks"),
        (
            "how many trips on Friday, 5 March 2020",
            "contradicts itself",
        ),
        ("how many trips from May to March", ""),
    ] {
        match answer(&session, question).await {
            Err(error) => assert!(
                error.contains("E22023") && error.replace("\\\"", "\"").contains(why),
                "{question}: {error}"
            ),
            Ok(rows) if why.is_empty() => assert_eq!(rows.len(), 1),
            Ok(rows) => panic!("{question} gave {rows:.200?}"),
        }
    }
    drop(session);
    database.drop().await;
}

#[tokio::test]
async fn hours_are_counted_once_when_the_clocks_change() {
    let (database, session) = prepared().await;
    for zone in ZONES {
        session.run(&format!("SET timezone = '{zone}'")).await;
        // The hour that comes twice has two rows, and the one that is skipped has none; a zone of half hours begins its own.
        for day in ["2025-03-09", "2025-03-30", "2025-10-26", "2025-11-02"] {
            let local = "started_at AT TIME ZONE current_setting('timezone')";
            let hours = format!(
                "SELECT min(started_at) - ((extract(minute FROM min({local})) || ' minutes')::interval) AS hour, count(*) FROM visits
                  WHERE ({local})::date = '{day}' GROUP BY floor(extract(epoch FROM {local}) / 3600), extract(timezone FROM started_at) ORDER BY 1"
            );
            let times = format!(
                "SELECT extract(hour FROM {local})::int, count(*) FROM visits WHERE ({local})::date = '{day}' GROUP BY 1 ORDER BY 1"
            );
            let next = format!("date '{day}' + 1");
            let whole = format!(
                "SELECT count(*) FROM visits WHERE started_at >= '{day} 00:00' AND started_at < ({next})::timestamptz"
            );
            let plain = format!(
                "SELECT count(*) FROM calls WHERE started_at >= '{day}' AND started_at < {next}"
            );
            let cases = [
                (format!("visits by hour on {day}"), hours),
                (format!("visits by hour of day on {day}"), times),
                (format!("how many visits on {day}"), whole),
                (format!("how many calls on {day}"), plain),
            ];
            let cases: Vec<(&str, &str)> = cases
                .iter()
                .map(|(question, sql)| (question.as_str(), sql.as_str()))
                .collect();
            let wrong = differing(&session, &cases).await;
            assert!(wrong.is_empty(), "{zone} {day}:\n{}", wrong.join("\n"));
        }
    }
    // A day of 23 and one of 25 hours, so that the test shows what it is about.
    session.run("SET timezone = 'Europe/Berlin'").await;
    for (day, hours) in [("2025-03-30", 23), ("2025-10-26", 25)] {
        let rows = answer(&session, &format!("visits by hour on {day}")).await;
        assert_eq!(rows.map(|rows| rows.len()), Ok(hours), "{day}");
    }
    drop(session);
    database.drop().await;
}

/// The statement of a question as it would run at a moment: the server's own clock cannot be set.
async fn at(session: &Session, question: &str, now: &str) -> Vec<Vec<Option<String>>> {
    let sql = session
        .value(&format!("SELECT insightflow.to_sql('{question}')"))
        .await;
    assert!(
        sql.contains("now()") || sql.contains("CURRENT_DATE"),
        "{question}: {sql}"
    );
    let sql = sql
        .replace("now()", &format!("timestamptz '{now}'"))
        .replace("CURRENT_DATE", &format!("(timestamptz '{now}')::date"));
    session.rows(&sql).await
}

#[tokio::test]
async fn times_around_midnight_and_the_turn_of_the_year() {
    let (database, session) = prepared().await;
    for zone in ZONES {
        session.run(&format!("SET timezone = '{zone}'")).await;
        // Now, in the zone; a question; from when to when, in the zone too.
        for (now, question, from, to) in [
            (
                "2027-01-01 00:10",
                "yesterday",
                "2026-12-31 00:00",
                "2027-01-01 00:00",
            ),
            (
                "2026-12-31 23:50",
                "yesterday",
                "2026-12-30 00:00",
                "2026-12-31 00:00",
            ),
            (
                "2027-01-01 00:10",
                "today",
                "2027-01-01 00:00",
                "2027-01-02 00:00",
            ),
            // 1 January 2027 is a Friday of the last week of 2026.
            (
                "2027-01-01 00:10",
                "this week",
                "2026-12-28 00:00",
                "2027-01-01 00:10",
            ),
            (
                "2027-01-01 00:10",
                "last week",
                "2026-12-21 00:00",
                "2026-12-28 00:00",
            ),
            (
                "2027-01-04 00:10",
                "last week",
                "2026-12-28 00:00",
                "2027-01-04 00:00",
            ),
            (
                "2027-01-03 23:50",
                "this week",
                "2026-12-28 00:00",
                "2027-01-03 23:50",
            ),
            (
                "2027-01-01 00:10",
                "this month",
                "2027-01-01 00:00",
                "2027-01-01 00:10",
            ),
            (
                "2027-01-01 00:10",
                "last month",
                "2026-12-01 00:00",
                "2027-01-01 00:00",
            ),
            (
                "2027-01-01 00:10",
                "this year",
                "2027-01-01 00:00",
                "2027-01-01 00:10",
            ),
            (
                "2027-01-01 00:10",
                "last year",
                "2026-01-01 00:00",
                "2027-01-01 00:00",
            ),
            (
                "2027-01-01 00:10",
                "last quarter",
                "2026-10-01 00:00",
                "2027-01-01 00:00",
            ),
            (
                "2027-01-01 00:10",
                "last 24 hours",
                "2026-12-31 00:00",
                "2027-01-01 00:00",
            ),
            (
                "2027-01-01 00:40",
                "past 24 hours",
                "2026-12-31 00:40",
                "2027-01-01 00:40",
            ),
            (
                "2027-01-01 00:10",
                "2 days ago",
                "2026-12-30 00:00",
                "2026-12-31 00:00",
            ),
            // The night of 25 hours in Berlin, and that of 23.
            (
                "2025-10-26 12:00",
                "yesterday",
                "2025-10-25 00:00",
                "2025-10-26 00:00",
            ),
            (
                "2025-10-27 12:00",
                "yesterday",
                "2025-10-26 00:00",
                "2025-10-27 00:00",
            ),
            (
                "2025-03-31 12:00",
                "yesterday",
                "2025-03-30 00:00",
                "2025-03-31 00:00",
            ),
            (
                "2025-03-31 00:10",
                "this week",
                "2025-03-31 00:00",
                "2025-03-31 00:10",
            ),
        ] {
            let now = format!("{now} {zone}");
            for (noun, column) in [("visits", "started_at"), ("calls", "started_at")] {
                let kind = if noun == "calls" {
                    "timestamp"
                } else {
                    "timestamptz"
                };
                let end = |moment: &str| match noun {
                    "calls" => format!("{kind} '{moment}'"),
                    _ => format!("{kind} '{moment} {zone}'"),
                };
                let wanted = format!(
                    "SELECT count(*) FROM {noun} WHERE {column} >= {} AND {column} < {}",
                    end(from),
                    end(to)
                );
                assert_eq!(
                    at(&session, &format!("how many {noun} {question}"), &now).await,
                    session.rows(&wanted).await,
                    "{zone}, {now}: {noun} {question}"
                );
            }
            // A day belongs to a span that ends within it.
            if question.ends_with("hours") {
                continue;
            }
            let last = if to.ends_with("00:00") { "<" } else { "<=" };
            let day = |moment: &str| moment.split(' ').next().unwrap_or_default().to_owned();
            let wanted = format!(
                "SELECT count(*) FROM trips WHERE trip_date >= '{}' AND trip_date {last} '{}'",
                day(from),
                day(to)
            );
            assert_eq!(
                at(&session, &format!("how many trips {question}"), &now).await,
                session.rows(&wanted).await,
                "{zone}, {now}: trips {question}"
            );
        }
    }
    drop(session);
    database.drop().await;
}
