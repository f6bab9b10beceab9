//! A streaming replica: asking works, writes nothing, assigns no transaction id, and the record goes to the server log.

use crate::history::{PRELOADED, database, rows};
use crate::support::Server;

#[tokio::test]
async fn a_standby_answers_and_records_in_its_log_until_it_is_promoted() {
    let server = Server::start(PRELOADED);
    let primary = database(&server, "one").await;
    primary.run("SELECT * FROM ask('how many regions')").await;
    rows(&primary, 1).await;

    let standby = server.standby();
    let session = standby.session("one").await;
    rows(&session, 1).await;
    assert_eq!(session.value("SELECT pg_is_in_recovery()").await, "t");
    for _ in 0..2 {
        assert_eq!(
            session
                .value("SELECT regions FROM ask('how many regions')")
                .await,
            "4"
        );
    }
    session.run("BEGIN").await;
    session
        .rows("SELECT * FROM ask('list regions') WHERE name > ''")
        .await;
    assert_eq!(
        session
            .value("SELECT pg_current_xact_id_if_assigned() IS NULL")
            .await,
        "t"
    );
    session.run("COMMIT").await;
    assert_eq!(
        session
            .failure("SELECT * FROM ask('blorp the fnord')")
            .await
            .0,
        "22023"
    );
    let log = standby.log();
    let lines: Vec<&str> = log
        .lines()
        .filter_map(|line| line.strip_prefix("LOG:  "))
        .filter(|line| line.starts_with("{\"insightflow\":{\"id\":\""))
        .collect();
    let found: Vec<bool> = [
        [
            "\"question\":\"how many regions\"",
            "\"status\":\"answered\"",
        ],
        ["\"question\":\"how many regions\"", "\"row_count\":1"],
        ["\"question\":\"list regions\"", "\"row_count\":4"],
        ["\"question\":\"blorp the fnord\"", "\"sqlstate\":\"22023\""],
    ]
    .iter()
    .zip(&lines)
    .map(|(parts, line)| parts.iter().all(|part| line.contains(part)))
    .collect();
    assert_eq!(found, [true; 4], "{lines:#?}");
    assert_eq!(lines.len(), 4);
    rows(&session, 1).await;
    let worker = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'insightflow history'";
    assert_eq!(session.value(worker).await, "0");

    standby.promote();
    session.until("SELECT pg_is_in_recovery()", "f").await;
    session.run("SELECT * FROM ask('list regions')").await;
    assert_eq!(
        rows(&session, 2).await,
        ["how many regions | answered", "list regions | answered"]
    );
    assert_eq!(session.value(worker).await, "1");
}
