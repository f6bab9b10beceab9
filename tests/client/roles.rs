//! One table in several roles: the rows of questions about managers, about both teams of a match, about where something comes from and goes.

use crate::patterns::answer;
use crate::support::Database;

const TABLES: &str = "
    CREATE TABLE offices (id int PRIMARY KEY, name text NOT NULL);
    CREATE TABLE workers (
        id int PRIMARY KEY, name text NOT NULL, wage numeric NOT NULL,
        office_id int NOT NULL REFERENCES offices, boss_id int REFERENCES workers);
    CREATE TABLE towns (id int PRIMARY KEY, name text NOT NULL);
    CREATE TABLE loads (
        id int PRIMARY KEY, tons int NOT NULL,
        origin_town_id int NOT NULL REFERENCES towns, destination_town_id int NOT NULL REFERENCES towns);
    CREATE TABLE skills (id int PRIMARY KEY, title text NOT NULL);
    CREATE TABLE needed (skill_id int REFERENCES skills, needed_skill_id int REFERENCES skills, PRIMARY KEY (skill_id, needed_skill_id));
    INSERT INTO offices VALUES (1, 'Upper'), (2, 'Lower');
    INSERT INTO workers VALUES (1, 'Ada', 100, 1, NULL), (2, 'Bo', 120, 2, 1), (3, 'Cy', 80, 2, 1), (4, 'Di', 90, 1, 3);
    INSERT INTO towns VALUES (1, 'Oslo'), (2, 'Bergen'), (3, 'Rome');
    INSERT INTO loads VALUES (1, 10, 1, 2), (2, 20, 2, 1), (3, 5, 3, 1), (4, 7, 1, 3), (5, 8, 1, 2);
    INSERT INTO skills VALUES (1, 'Counting'), (2, 'Algebra'), (3, 'Topology');
    INSERT INTO needed VALUES (2, 1), (3, 2), (3, 1);
    ANALYZE";

const ROLES: &[(&str, &str)] = &[
    (
        "workers and their bosses
         workers and their managers",
        "SELECT w.name, b.name FROM workers w LEFT JOIN workers b ON b.id = w.boss_id",
    ),
    (
        "who manages Di
         who is the boss of Di
         who does Di report to",
        "SELECT 'Cy'",
    ),
    (
        "workers who report to Ada
         workers managed by Ada
         workers whose boss is Ada",
        "SELECT name FROM workers WHERE boss_id = 1",
    ),
    (
        "how many workers report to Ada",
        "SELECT count(*) FROM workers WHERE boss_id = 1",
    ),
    (
        "workers who earn more than their boss",
        "SELECT w.name FROM workers w JOIN workers b ON b.id = w.boss_id WHERE w.wage > b.wage",
    ),
    (
        "workers whose boss works in the Upper office",
        "SELECT w.name FROM workers w JOIN workers b ON b.id = w.boss_id WHERE b.office_id = 1",
    ),
    (
        "workers in the Upper office and their bosses",
        "SELECT w.name, b.name FROM workers w LEFT JOIN workers b ON b.id = w.boss_id WHERE w.office_id = 1",
    ),
    (
        "workers without a boss",
        "SELECT name FROM workers WHERE boss_id IS NULL",
    ),
    (
        "how many loads went from Oslo to Bergen",
        "SELECT count(*) FROM loads WHERE origin_town_id = 1 AND destination_town_id = 2",
    ),
    (
        "total tons of loads by origin town and destination town",
        "SELECT o.name, d.name, sum(tons) FROM loads JOIN towns o ON o.id = origin_town_id JOIN towns d ON d.id = destination_town_id
         GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2",
    ),
];

#[tokio::test]
async fn each_role_of_a_table_is_joined_by_itself() {
    let database = Database::new().await;
    let session = database.superuser().await;
    session.rows(TABLES).await;
    for (questions, sql) in ROLES {
        let mut expected = session.rows(sql).await;
        for question in questions.lines().map(str::trim) {
            let mut rows = answer(&session, question).await.expect(question);
            // Where neither is in an order, only which rows there are is compared.
            if !sql.contains("ORDER BY") {
                expected.sort();
                rows.sort();
            }
            assert_eq!(rows, expected, "{question}");
        }
    }
    drop(session);
    database.drop().await;
}
