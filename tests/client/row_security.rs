//! Row security: an answer holds exactly what plain SQL shows its role, and says that a policy applied.

use crate::support::Database;

const NOTICE: &str =
    "row security applies: the answer is made of the rows that the current role may see";

#[tokio::test]
async fn each_role_sees_what_plain_sql_shows_it_and_is_told_of_the_policy() {
    let database = Database::new().await;
    let (north, all) = (database.role().await, database.role().await);
    let owner = database.superuser().await;
    owner
        .run(&format!(
            "CREATE TABLE sale (id int PRIMARY KEY, region text, amount numeric);
             INSERT INTO sale SELECT n, CASE WHEN n % 3 = 0 THEN 'North' ELSE 'South' END, n FROM generate_series(1, 30) n;
             ANALYZE sale;
             ALTER TABLE sale ENABLE ROW LEVEL SECURITY;
             CREATE POLICY north ON sale TO {north} USING (region = 'North');
             CREATE VIEW seen WITH (security_barrier, security_invoker) AS SELECT region, amount FROM sale;
             ALTER ROLE {all} BYPASSRLS;
             GRANT SELECT ON sale, seen TO {north}, {all};
             SELECT insightflow.enroll('{north}'), insightflow.enroll('{all}')"
        ))
        .await;
    for (role, told) in [(&north, true), (&all, false)] {
        let session = database.session(role).await;
        for statement in [
            "SELECT count(*) FROM sale",
            "SELECT region, sum(amount) FROM sale GROUP BY region ORDER BY region",
            "SELECT region FROM seen ORDER BY region, amount",
        ] {
            let plain = session.rows(statement).await;
            session.messages();
            let answer = session
                .rows(&format!("SELECT * FROM insightflow.run('{statement}')"))
                .await;
            assert_eq!(answer, plain, "{role}: {statement}");
            assert_eq!(
                session.messages().iter().any(|message| message == NOTICE),
                told,
                "{role}: {statement}"
            );
        }
    }
    database.drop().await;
}
