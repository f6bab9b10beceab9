//! Feedback: who may give it, and how a corrected SQL becomes a verified query.

use crate::support::{Server, Session, full_text};

/// A role that asks, one that has other tables, an administrator, and a question of the first.
const ROLES: &str = "CREATE EXTENSION insightflow;
    CREATE TABLE public.region (id int PRIMARY KEY, name text, area int);
    INSERT INTO public.region SELECT n, 'region ' || n, n * 10 FROM generate_series(1, 4) n;
    CREATE TABLE public.secret (x int);
    CREATE ROLE asker LOGIN; CREATE ROLE other LOGIN; CREATE ROLE steward LOGIN;
    GRANT SELECT ON public.region TO asker, steward;
    SELECT insightflow.enroll('asker'), insightflow.enroll('other'), insightflow.enroll('steward'), insightflow.make_administrator('steward')";

struct People {
    _server: Server,
    dba: Session,
    asker: Session,
    other: Session,
    steward: Session,
}

impl People {
    async fn new() -> People {
        let server = Server::start("shared_preload_libraries = 'insightflow'");
        let dba = server.session("postgres").await;
        dba.run(ROLES).await;
        let login = async |role: &str| {
            Session::connect(server.config().dbname("postgres").user(role)).await
        };
        People {
            asker: login("asker").await,
            other: login("other").await,
            steward: login("steward").await,
            dba,
            _server: server,
        }
    }

    /// Asks, and gives the id of the row that it leaves.
    async fn asked(&self, statement: &str) -> String {
        let before = self
            .dba
            .value("SELECT count(*) + 1 FROM insightflow.query_log")
            .await;
        self.asker.run(statement).await;
        self.dba
            .until("SELECT count(*) FROM insightflow.query_log", &before)
            .await;
        self.asker
            .value("SELECT id FROM insightflow.query_log ORDER BY id DESC LIMIT 1")
            .await
    }
}

#[tokio::test]
async fn feedback_is_about_what_one_can_see_and_its_sql_passes_the_guard() {
    let people = People::new().await;
    let People {
        dba, asker, other, ..
    } = &people;
    let id = people
        .asked("SELECT * FROM insightflow.run('SELECT 1')")
        .await;
    for statement in [
        format!("SELECT insightflow.feedback('{id}', 1)"),
        format!("INSERT INTO insightflow.query_feedback (query_id, rating) VALUES ('{id}', 1)"),
    ] {
        assert_eq!(other.failure(&statement).await.0, "42501", "{statement}");
    }
    for (statement, state) in [
        (format!("SELECT insightflow.feedback('{id}', 6)"), "22023"),
        (
            format!("SELECT insightflow.feedback('{id}', 2, NULL, 'DELETE FROM region')"),
            "42501",
        ),
        (
            format!("SELECT insightflow.feedback('{id}', 2, NULL, 'SELECT * FROM secret')"),
            "42501",
        ),
        (
            format!(
                "INSERT INTO insightflow.query_feedback (query_id, rating, corrected_sql) VALUES ('{id}', 1, 'DELETE FROM region')"
            ),
            "42501",
        ),
        (
            format!(
                "INSERT INTO insightflow.query_feedback (query_id, rating, role) VALUES ('{id}', 1, 'other')"
            ),
            "42501",
        ),
    ] {
        assert_eq!(asker.failure(&statement).await.0, state, "{statement}");
    }
    asker
        .run(&format!("SELECT insightflow.feedback('{id}', 2, 'not what I meant', 'SELECT count(*) FROM region')"))
        .await;
    asker
        .run(&format!("SELECT insightflow.feedback('{id}', 3)"))
        .await;
    let all = "SELECT concat_ws(' ', role, rating, comment, corrected_sql) FROM insightflow.query_feedback";
    assert_eq!(asker.value(all).await, "asker 3");
    assert!(other.rows(all).await.is_empty());
    assert_eq!(dba.value(all).await, "asker 3");
}

const QUESTION: &str = "SELECT * FROM ask('how many regions')";
const CANDIDATES: &str = "SELECT concat_ws('|', question, sql, status, created_by) FROM insightflow.verified_query ORDER BY sql";

#[tokio::test]
async fn a_corrected_sql_answers_once_an_administrator_has_approved_it() {
    let people = People::new().await;
    let People {
        asker,
        other,
        steward,
        ..
    } = &people;
    let id = people.asked(QUESTION).await;
    let feedback = |sql: &str| {
        format!("SELECT insightflow.feedback('{id}', 2, 'only the large ones', $${sql}$$)")
    };
    let corrected = "SELECT count(*) AS large FROM public.region WHERE area > 20";
    // What the guard refuses never waits for anybody, and the asker hears why.
    for (sql, reason) in [
        ("DELETE FROM public.region", "DELETE"),
        (
            "SELECT x FROM public.secret",
            "permission denied for table secret",
        ),
        ("SELECT 1; SELECT 2", "2 statements in one text"),
    ] {
        let error = asker.try_rows(&feedback(sql)).await.expect_err(sql);
        let (state, text) = full_text(&error);
        assert_eq!(state, "42501", "{sql}");
        assert!(
            text.contains("the guard refuses the corrected SQL") && text.contains(reason),
            "{text}"
        );
    }
    assert!(steward.rows(CANDIDATES).await.is_empty());
    // It waits: who proposed it and administrators see it, and it answers nobody's question.
    asker.run(&feedback(corrected)).await;
    let candidate = format!("how many regions|{corrected}|candidate|asker");
    assert_eq!(asker.value(CANDIDATES).await, candidate);
    assert_eq!(steward.value(CANDIDATES).await, candidate);
    assert!(other.rows(CANDIDATES).await.is_empty());
    for session in [asker, steward] {
        assert_eq!(session.rows(QUESTION).await, [[Some("4".to_owned())]]);
    }
    // Who proposed it does not approve it, by no way.
    for statement in [
        "SELECT insightflow.verify(id) FROM insightflow.verified_query",
        "SELECT insightflow.unverify(id) FROM insightflow.verified_query",
        "UPDATE insightflow.verified_query SET status = 'approved'",
        "INSERT INTO insightflow.verified_query (question, sql) VALUES ('q', 'SELECT 1')",
    ] {
        assert_eq!(asker.failure(statement).await.0, "42501", "{statement}");
    }
    // The same again is the same candidate; another one takes its place.
    asker.run(&feedback(corrected)).await;
    assert_eq!(asker.value(CANDIDATES).await, candidate);
    asker.run(&feedback("SELECT 0 AS large")).await;
    assert_eq!(
        asker.value(CANDIDATES).await,
        "how many regions|SELECT 0 AS large|candidate|asker"
    );
    asker.run(&feedback(corrected)).await;
    steward
        .run("SELECT insightflow.verify(id) FROM insightflow.verified_query")
        .await;
    for session in [asker, steward] {
        assert_eq!(session.rows(QUESTION).await, [[Some("2".to_owned())]]);
    }
    let approved =
        "SELECT concat_ws('|', status, created_by, approved_by) FROM insightflow.verified_query";
    assert_eq!(steward.value(approved).await, "approved|asker|steward");
    // To say so once more makes no second one.
    asker
        .run(&format!("SELECT insightflow.feedback('{id}', 5)"))
        .await;
    asker.run(&feedback(corrected)).await;
    assert_eq!(steward.value(approved).await, "approved|asker|steward");
}

#[tokio::test]
async fn a_candidate_goes_with_the_correction_that_made_it() {
    let people = People::new().await;
    let People {
        dba,
        asker,
        steward,
        ..
    } = &people;
    let id = people.asked(QUESTION).await;
    let corrected = format!(
        "SELECT insightflow.feedback('{id}', 2, NULL, 'SELECT count(id) FROM public.region')"
    );
    let count = "SELECT count(*) FROM insightflow.verified_query";
    asker.run(&format!("BEGIN; {corrected}; ROLLBACK")).await;
    assert_eq!(steward.value(count).await, "0");
    asker.run(&corrected).await;
    assert_eq!(steward.value(count).await, "1");
    asker
        .run(&format!("SELECT insightflow.feedback('{id}', 4)"))
        .await;
    assert_eq!(steward.value(count).await, "0");
    // An administrator declines one; the feedback stays as it was given.
    asker.run(&corrected).await;
    steward
        .run("SELECT insightflow.unverify(id) FROM insightflow.verified_query")
        .await;
    assert_eq!(steward.value(count).await, "0");
    assert_eq!(
        dba.value("SELECT corrected_sql FROM insightflow.query_feedback")
            .await,
        "SELECT count(id) FROM public.region"
    );
    // A plain INSERT is feedback too. A statement of one's own has no question that another SQL could answer.
    let own = people
        .asked("SELECT * FROM insightflow.run('SELECT 1')")
        .await;
    let next = people.asked(QUESTION).await;
    for id in [own, next] {
        asker.run(&format!("INSERT INTO insightflow.query_feedback (query_id, rating, corrected_sql) VALUES ('{id}', 1, 'SELECT 1 AS one')")).await;
    }
    assert_eq!(
        steward.value(CANDIDATES).await,
        "how many regions|SELECT 1 AS one|candidate|asker"
    );
}
