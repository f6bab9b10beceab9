use super::*;
use crate::question::tokens::tokenize;
use crate::translate::embedded::language::ENGLISH;
use crate::translate::embedded::tests::fixture::Fixture;
use proptest::prelude::*;

const SCHEMA: &str = "table public.offices
  id integer not null key
  country text
    = Germany | France | New York | May
  kind text
    = branch | Head
table public.deals
  id integer not null key
  office_id integer -> public.offices.id
  amount numeric
  day date
";

/// The SQL for the new question, and what was taken over.
fn filled(old: &str, sql: &str, new: &str) -> Option<(String, Vec<(String, String)>)> {
    let fixture = Fixture::read(SCHEMA);
    let template = Template::of(old, &tokenize(old), sql, &fixture.catalog)?;
    let (sql, changes) = template.fill(new, &atoms(&tokenize(new)), &fixture.values)?;
    let changes = changes.into_iter().map(|c| (c.old, c.new)).collect();
    Some((sql, changes))
}

fn sql_of(old: &str, sql: &str, new: &str) -> Option<String> {
    filled(old, sql, new).map(|(sql, _)| sql)
}

#[test]
fn every_kind_of_parameter_is_taken_over() {
    let head = "SELECT count(*) FROM deals WHERE ";
    let office =
        "SELECT count(*) FROM public.offices AS o JOIN deals AS d ON d.office_id = o.id WHERE ";
    for (old, new, start, condition, wanted) in [
        (
            "deals for 2024",
            "Deals for 2025?",
            head,
            "EXTRACT(YEAR FROM day) = 2024",
            "EXTRACT(YEAR FROM day) = 2025",
        ),
        (
            "deals for 2024",
            "deals for 2025",
            head,
            "day >= DATE '2024-01-01' AND day < DATE '2025-01-01'",
            "day >= DATE '2025-01-01' AND day < DATE '2026-01-01'",
        ),
        (
            "deals for 2024",
            "deals for 2025",
            head,
            "day BETWEEN '2024-01-01' AND '2024-12-31'",
            "day BETWEEN '2025-01-01' AND '2025-12-31'",
        ),
        (
            "deals in March 2024",
            "deals in February 2023",
            head,
            "day >= '2024-03-01' AND day < '2024-04-01'",
            "day >= '2023-02-01' AND day < '2023-03-01'",
        ),
        (
            "deals since 3 May 2024",
            "deals since December 31, 2024",
            head,
            "day >= '2024-05-03 00:00:00'",
            "day >= '2024-12-31 00:00:00'",
        ),
        (
            "deals since 2024-05-03",
            "deals since 4 May 2024",
            head,
            "day >= '2024-05-03'",
            "day >= '2024-05-04'",
        ),
        (
            "deals between 3 May 2024 and 9 May 2024",
            "deals between 3 May 2024 and 10 May 2024",
            head,
            "day >= '2024-05-03' AND day < '2024-05-10'",
            "day >= '2024-05-03' AND day < '2024-05-11'",
        ),
        (
            "deals above 2.50",
            "deals above 3",
            head,
            "amount > 2.5",
            "amount > 3",
        ),
        (
            "deals above 100",
            "deals above 99.5",
            head,
            "amount > 100",
            "amount > 99.5",
        ),
        (
            "deals above $100",
            "deals above $1,250",
            head,
            "amount > 100",
            "amount > 1250",
        ),
        (
            "deals above 10%",
            "deals above 7.5 percent",
            head,
            "amount > 0.1",
            "amount > 0.075",
        ),
        (
            "deals above 10%",
            "deals above 120%",
            head,
            "amount > 10",
            "amount > 120",
        ),
        (
            "deals of offices in Germany",
            "deals of offices in France",
            office,
            "o.country = 'Germany'",
            "o.country = 'France'",
        ),
        (
            "deals of offices in Germany",
            "deals of offices in new york",
            office,
            "country = 'Germany'",
            "country = 'New York'",
        ),
        (
            "deals of New York offices",
            "deals of Germany offices",
            office,
            "o.country IN ('New York')",
            "o.country IN ('Germany')",
        ),
        (
            "Germany's deals above 5",
            "France's deals above six",
            office,
            "o.country = 'Germany' AND amount > 5",
            "o.country = 'France' AND amount > 6",
        ),
        (
            "deals of 'Germany'",
            "deals of \"O'Hara\"",
            office,
            "o.country = 'Germany'",
            "o.country = 'O''Hara'",
        ),
    ] {
        let got = sql_of(old, &format!("{start}{condition}"), new).map(|s| s.to_lowercase());
        assert_eq!(
            got,
            Some(format!("{start}{wanted}").to_lowercase()),
            "{new}"
        );
    }
    assert_eq!(
        filled(
            "top 5 deals of Germany",
            "SELECT d.id FROM deals d JOIN offices o ON o.id = d.office_id WHERE o.country = 'Germany' ORDER BY d.amount DESC LIMIT 5",
            "top ten deals of France"
        ),
        Some((
            "SELECT d.id FROM deals d JOIN offices o ON o.id = d.office_id WHERE o.country = 'France' ORDER BY d.amount DESC LIMIT 10".into(),
            vec![("5".into(), "ten".into()), ("Germany".into(), "France".into())]
        ))
    );
}

#[test]
fn what_is_not_certain_is_refused() {
    let office = "SELECT count(*) FROM offices AS o WHERE ";
    let deals = "SELECT count(*) FROM deals WHERE ";
    for (old, new, start, condition) in [
        // No stored value, or one of another column.
        (
            "offices in Germany",
            "offices in Narnia",
            office,
            "country = 'Germany'",
        ),
        (
            "offices in Germany",
            "offices in branch",
            office,
            "country = 'Germany'",
        ),
        (
            "offices in Germany",
            "offices in Germany and France",
            office,
            "country = 'Germany'",
        ),
        (
            "offices in 'Germany'",
            "offices in Narnia",
            office,
            "country = 'Germany'",
        ),
        // The column of the old value is not certain.
        (
            "offices in Germany",
            "offices in France",
            office,
            "lower(country) = 'germany'",
        ),
        (
            "offices in Germany",
            "offices in France",
            "SELECT count(*) FROM (SELECT upper(country) AS country FROM offices) AS x WHERE ",
            "country = 'Germany'",
        ),
        (
            "offices in Germany",
            "offices in France",
            "WITH offices AS (SELECT upper(country) AS country FROM public.offices) SELECT count(*) FROM offices WHERE ",
            "offices.country = 'Germany'",
        ),
        // The old value stands twice, or something else may be made of it.
        (
            "offices in Germany",
            "offices in France",
            office,
            "country = 'Germany' OR kind = 'Germany'",
        ),
        (
            "offices in Germany",
            "offices in France",
            office,
            "country = 'Germany' AND kind LIKE '%germany%'",
        ),
        (
            "deals for 2024",
            "deals for 2025",
            deals,
            "id = 2024 OR office_id = 2024",
        ),
        (
            "deals for 2024",
            "deals for 2025",
            deals,
            "extract(YEAR FROM day) = 2024 AND day > '2024-02-01'",
        ),
        (
            "deals for 2024",
            "deals for 2026",
            deals,
            "extract(YEAR FROM day) >= 2024 AND extract(YEAR FROM day) < 2025",
        ),
        (
            "deals for 2024",
            "deals for 2025",
            deals,
            "day >= '2024-01-01'",
        ),
        (
            "deals in May 2024",
            "deals in June 2024",
            deals,
            "day >= '2024-05-01' AND day < '2024-06-01' AND id > 2023",
        ),
        // Not of the same sort.
        (
            "deals for 2024",
            "deals for 7",
            deals,
            "extract(YEAR FROM day) = 2024",
        ),
        ("deals above 10%", "deals above 20", deals, "amount > 0.1"),
        (
            "deals in May 2024",
            "deals in 2025",
            deals,
            "day >= '2024-05-01' AND day < '2024-06-01'",
        ),
        (
            "top 5 deals",
            "top 2.5 deals",
            "SELECT id FROM deals ORDER BY amount ",
            "LIMIT 5",
        ),
        ("deals above 5", "deals above -5", deals, "amount > 5"),
        // Not named in the SQL, or not the only difference.
        ("deals for 2024", "deals for 2025", deals, "true"),
        ("deals for 2024", "offices for 2025", deals, "id = 2024"),
        (
            "deals for 2024",
            "deals for 2025 by office",
            deals,
            "id = 2024",
        ),
        (
            "Germany deals",
            "France's deals",
            office,
            "country = 'Germany'",
        ),
    ] {
        let sql = format!("{start}{condition}");
        assert_eq!(sql_of(old, &sql, new), None, "{old} | {new} | {sql}");
    }
}

const SQL: &str = "SELECT d.id FROM deals d JOIN offices o ON o.id = d.office_id WHERE o.country = 'Germany' AND d.amount > 100 AND d.day >= '2024-05-03' LIMIT 5";
const QUESTION: &str = "top 5 deals of offices in Germany above 100 since 3 May 2024";

proptest! {
    /// A word that is put in, left out or exchanged, and that is no parameter, never meets the approved question.
    #[test]
    fn an_unrelated_difference_never_matches(at in 0_usize..13, word in "[b-z][a-z]{2,8}", how in 0..3) {
        let mut words: Vec<&str> = QUESTION.split(' ').collect();
        prop_assume!(!["france", "may"].contains(&word.as_str()) && at < words.len());
        prop_assume!(!ENGLISH.numbers.contains_key(&word));
        prop_assume!(!words[at].eq_ignore_ascii_case(&word));
        // "3 June 2024" is another parameter.
        prop_assume!(words[at] != "May" || how != 1);
        match how {
            0 => words.insert(at, &word),
            1 => words[at] = &word,
            _ => { words.remove(at); }
        }
        let asked = words.join(" ");
        prop_assert_eq!(sql_of(QUESTION, SQL, &asked), None, "{}", asked);
    }

    /// Whatever is taken over, nothing but the four literals is different, and each is what the question says.
    #[test]
    fn only_the_literals_differ(top in 1_u32..1_000, above in 1_u32..1_000_000, day in 1_u32..29, france in any::<bool>()) {
        let country = if france { "France" } else { "Germany" };
        let asked = format!("top {top} deals of offices in {country} above {above} since {day} May 2024");
        let wanted = SQL
            .replace("LIMIT 5", &format!("LIMIT {top}"))
            .replace("> 100", &format!("> {above}"))
            .replace("'Germany'", &format!("'{country}'"))
            .replace("05-03", &format!("05-{day:02}"));
        let changed = wanted != SQL;
        prop_assert_eq!(sql_of(QUESTION, SQL, &asked), changed.then_some(wanted));
    }

    /// No text makes it fail.
    #[test]
    fn any_text_is_answered(old in ".{0,60}", new in ".{0,60}", sql in "(SELECT|WITH|VALUES) .{0,60}") {
        let _ = sql_of(&old, &sql, &new);
        let _ = sql_of(&old, SQL, &new);
    }
}
