//! Parts of columns: the keys of documents, the elements of lists, the ends of ranges. With statistics and without.

use crate::patterns::{answer, differing};
use crate::support::Database;

const TABLES: &str = "
    CREATE TABLE visits (id int PRIMARY KEY, page text NOT NULL, facts jsonb, tags text[] NOT NULL, stay tstzrange NOT NULL);
    INSERT INTO visits SELECT i, 'page ' || i % 7,
            CASE WHEN i % 10 > 0 THEN jsonb_build_object('device', (ARRAY['mobile', 'desktop', 'tablet'])[i % 3 + 1], 'load', i % 50,
                'returning', i % 4 = 0, 'place', jsonb_build_object('town', 'Town ' || i % 5)) END,
            CASE i % 3 WHEN 0 THEN ARRAY['sports', 'news'] WHEN 1 THEN ARRAY['travel'] ELSE '{}' END,
            tstzrange('2025-01-01'::timestamptz + i * interval '1 day', '2025-01-03'::timestamptz + i * interval '1 day')
        FROM generate_series(1, 300) i;
    CREATE TABLE rentals (id int PRIMARY KEY, tenant text NOT NULL, fee numeric NOT NULL, term daterange NOT NULL);
    INSERT INTO rentals VALUES (1, 'Ada', 10, '[2024-05-01,2024-09-01)'), (2, 'Bo', 20, '[2024-08-15,2025-03-01)'), (3, 'Cy', 30, '[2025-06-01,)')";

const PARTS: &[(&str, &str)] = &[
    (
        "number of visits by device
         visits per device",
        "SELECT facts ->> 'device', count(*) FROM visits GROUP BY 1 ORDER BY 2 DESC, 1",
    ),
    (
        "average load of visits from mobile",
        "SELECT avg((facts ->> 'load')::numeric) FROM visits WHERE facts ->> 'device' = 'mobile'",
    ),
    (
        "how many visits are returning
         how many returning visits",
        "SELECT count(*) FROM visits WHERE (facts ->> 'returning')::boolean",
    ),
    (
        "how many visits with a load over 40",
        "SELECT count(*) FROM visits WHERE (facts ->> 'load')::numeric > 40",
    ),
    (
        "total load by place town",
        "SELECT facts -> 'place' ->> 'town', sum((facts ->> 'load')::numeric) FROM visits GROUP BY 1 ORDER BY 2 DESC NULLS LAST, 1",
    ),
    (
        "how many visits with the tag sports",
        "SELECT count(*) FROM visits WHERE 'sports' = ANY (tags)",
    ),
    (
        "number of visits per tag",
        "SELECT unnest(tags), count(*) FROM visits GROUP BY 1 ORDER BY 2 DESC, 1",
    ),
    (
        "how many rentals in August 2024",
        "SELECT count(*) FROM rentals WHERE term && '[2024-08-01,2024-09-01)'",
    ),
    (
        "total fee of rentals in 2025",
        "SELECT sum(fee) FROM rentals WHERE term && '[2025-01-01,2026-01-01)'",
    ),
    (
        "tenant and term end of rentals ordered by term end",
        "SELECT tenant, upper(term) - 1 FROM rentals ORDER BY 2 NULLS LAST",
    ),
    (
        "how many visits in February 2025",
        "SELECT count(*) FROM visits WHERE stay && tstzrange('2025-02-01', '2025-03-01')",
    ),
];

#[tokio::test]
async fn parts_of_columns_are_columns() {
    let database = Database::new().await;
    let session = database.superuser().await;
    session.rows(TABLES).await;
    let without = differing(&session, PARTS).await;
    assert!(without.is_empty(), "{}", without.join("\n"));
    session.rows("ANALYZE").await;
    let other = database.superuser().await;
    let with = differing(&other, PARTS).await;
    assert!(with.is_empty(), "{}", with.join("\n"));
    let said =
        "SELECT reading FROM insightflow.explain('visits per device') WHERE part = 'assumed'";
    assert_eq!(other.value(said).await, "device is a key of facts");
}

/// What a role may not read gives him no column.
#[tokio::test]
async fn keys_of_documents_are_those_that_the_role_may_read() {
    let database = Database::new().await;
    let owner = database.superuser().await;
    owner.rows(TABLES).await;
    owner.rows("ANALYZE").await;
    let role = database.role().await;
    owner
        .rows(&format!(
            "GRANT SELECT (id, page) ON visits TO {role}; SELECT insightflow.enroll('{role}')"
        ))
        .await;
    let session = database.session(&role).await;
    let pages = answer(&session, "how many different pages").await;
    assert_eq!(pages.expect("pages")[0][0].as_deref(), Some("7"));
    let refused = answer(&session, "visits per device").await;
    assert!(
        refused
            .as_ref()
            .is_err_and(|e| !e.contains("mobile") && !e.contains("facts")),
        "{refused:?}"
    );
}
