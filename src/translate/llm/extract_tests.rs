use super::*;
use proptest::prelude::*;
use serde_json::json;

fn sql(text: &str) -> Option<String> {
    match from_text(text)? {
        Reply::Sql { sql, .. } => Some(sql),
        Reply::Unanswerable { .. } => None,
    }
}

#[test]
fn an_object_with_the_fields() {
    let reply = from_object(&json!({
        "sql": " SELECT 1 ", "reading": "one\n\u{7}number", "assumptions": ["a", "", 3, " b "], "unanswerable": ""
    }));
    assert_eq!(
        reply,
        Some(Reply::Sql {
            sql: "SELECT 1".into(),
            reading: "one number".into(),
            assumptions: vec!["a".into(), "b".into()]
        })
    );
    let reply = from_object(&json!({"sql": "", "unanswerable": "no such table"}));
    assert_eq!(
        reply,
        Some(Reply::Unanswerable {
            reason: "no such table".into()
        })
    );
    for wrong in [
        json!({}),
        json!([]),
        json!(null),
        json!("SELECT 1"),
        json!({"sql": 1}),
        json!({"sql": null, "unanswerable": null}),
        json!({"sql": "", "unanswerable": " "}),
    ] {
        assert_eq!(from_object(&wrong), None, "{wrong}");
    }
}

#[test]
fn bounds_hold() {
    let long = "x ".repeat(10_000);
    let many: Vec<&str> = vec!["y"; 1_000];
    let Some(Reply::Sql {
        reading,
        assumptions,
        ..
    }) = from_object(&json!({"sql": "SELECT 1", "reading": long, "assumptions": many}))
    else {
        panic!("no statement");
    };
    assert_eq!(reading.chars().count(), MAX_SENTENCE);
    assert_eq!(assumptions.len(), MAX_ASSUMPTIONS);
}

#[test]
fn statements_in_text() {
    for (text, expected) in [
        ("SELECT 1", "SELECT 1"),
        ("  select a from t;  ", "select a from t;"),
        ("```sql\nSELECT a\nFROM t\n```", "SELECT a\nFROM t"),
        ("```SELECT a FROM t```", "SELECT a FROM t"),
        (
            "```postgresql\nWITH x AS (SELECT 1) SELECT * FROM x;\n```",
            "WITH x AS (SELECT 1) SELECT * FROM x;",
        ),
        (
            "Here it is:\n```\nSELECT 1\n```\nIt counts one.",
            "SELECT 1",
        ),
        (
            "First run\n```bash\npsql shop\n```\nthen\n```sql\nSELECT 2\n```",
            "SELECT 2",
        ),
        ("```sql\nSELECT 1", "SELECT 1"),
        (
            "```sql\n-- by region\nSELECT 1\n```",
            "-- by region\nSELECT 1",
        ),
        (
            "Sure! The query is:\n\nSELECT region, sum(amount)\nFROM sales\nGROUP BY region;\n\nIt groups by region.",
            "SELECT region, sum(amount)\nFROM sales\nGROUP BY region;",
        ),
        ("With these tables I would write\nSELECT 1", "SELECT 1"),
        (
            "with t as (select 1) select * from t",
            "with t as (select 1) select * from t",
        ),
        (
            "<think>SELECT wrong FROM thought</think>\nSELECT right_one FROM t",
            "SELECT right_one FROM t",
        ),
        ("I think so.</think>SELECT 1", "SELECT 1"),
        (
            "<think>a</think><think>b</think>```sql\nSELECT 3\n```",
            "SELECT 3",
        ),
        ("{\"sql\": \"SELECT 4\", \"reading\": \"four\"}", "SELECT 4"),
        (
            "The answer {as JSON} is ```json\n{\"sql\": \"SELECT 5\", \"assumptions\": []}\n``` as asked.",
            "SELECT 5",
        ),
        ("{\"sql\": \"```sql\\nSELECT 6\\n```\"}", "SELECT 6"),
        // Several statements stay so: the guard must see the second one.
        ("SELECT 1; DROP TABLE t;", "SELECT 1; DROP TABLE t;"),
        (
            "```sql\nSELECT 1;\nDELETE FROM t\n```",
            "SELECT 1;\nDELETE FROM t",
        ),
        ("(SELECT 1) UNION (SELECT 2)", "(SELECT 1) UNION (SELECT 2)"),
        ("VALUES (1), (2)", "VALUES (1), (2)"),
    ] {
        assert_eq!(sql(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn texts_without_a_statement() {
    for text in [
        "",
        "I cannot answer this.",
        "With these tables nothing can be said.",
        "Table of contents",
        "selection of products",
        "<think>SELECT 1",
        "```python\nprint(1)\n```",
        "DELETE FROM t",
        "{\"sql\": 1}",
        "{\"a\": {\"b\": 1}}",
    ] {
        assert_eq!(from_text(text), None, "{text}");
    }
}

#[test]
fn hostile_sizes_end_soon() {
    let braces = "{".repeat(200_000);
    assert_eq!(from_text(&braces), None);
    let nested = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(from_text(&nested), None);
    let thoughts = "<think></think>".repeat(20_000);
    assert_eq!(from_text(&thoughts), None);
    let fences = "```".repeat(100_000);
    assert_eq!(from_text(&fences), None);
}

proptest! {
    #[test]
    fn any_text_is_survived(text in "(\\PC|\n|`|<think>|</think>|\\{|\\}|SELECT |;){0,60}") {
        if let Some(Reply::Sql { sql, .. }) = from_text(&text) {
            prop_assert!(!sql.is_empty());
        }
    }
}
