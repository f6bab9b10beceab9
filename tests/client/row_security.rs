//! Row security, column grants and security-barrier views: an answer holds exactly what plain SQL shows its role, says that a
//! policy applied, and nothing that comes out names what the role may not see.

use crate::provider::{Format, Provider, Step};
use crate::support::{Database, Server, Session, full_text};
use crate::wire::Wire;

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
        // The history and the explanation say so too.
        session.rows("SELECT * FROM ask('how many sales')").await;
        let question = "question = 'how many sales' AND role = current_user";
        for (sql, expected) in [
            (
                format!("SELECT warnings::text FROM insightflow.query_log WHERE {question}"),
                format!("{{\"{NOTICE}\"}}"),
            ),
            (
                "SELECT reading FROM insightflow.explain('how many sales') WHERE part = 'warning'"
                    .to_owned(),
                NOTICE.to_owned(),
            ),
        ] {
            let rows = session.rows(&sql).await;
            let said: Vec<&str> = rows
                .iter()
                .flatten()
                .flatten()
                .map(String::as_str)
                .collect();
            assert_eq!(
                said,
                if told {
                    vec![expected.as_str()]
                } else {
                    Vec::new()
                },
                "{role}: {sql}"
            );
        }
    }
    database.drop().await;
}

/// The sample shop, and in it things with "quokka" in their names or values: a schema, a table, columns, a comment, rows.
const PLANTED: &str = "
    CREATE SCHEMA quokka_hr;
    CREATE TABLE quokka_hr.staff (id int PRIMARY KEY, quokka_pay numeric);
    ALTER TABLE shop.customers ADD COLUMN quokka_salary numeric;
    ALTER TABLE shop.orders ADD COLUMN quokka_rep int REFERENCES quokka_hr.staff;
    ALTER TABLE shop.order_items ADD COLUMN remark text;
    COMMENT ON COLUMN shop.customers.quokka_salary IS 'what a quokka earns';
    CREATE TABLE shop.quokka_ledger (id int PRIMARY KEY, customer_id int REFERENCES shop.customers, quokka_amount numeric, city text);
    COMMENT ON TABLE shop.quokka_ledger IS 'bookings of every quokka';
    INSERT INTO shop.regions VALUES (5, 'Quokkania');
    INSERT INTO shop.categories VALUES (7, 'Quokka Toys');
    INSERT INTO shop.products VALUES (9000, 'Quokka Plush', 7);
    INSERT INTO shop.customers (id, name, email, region_id, quokka_salary)
        SELECT 9000 + n, 'Quokka Holdings ' || n, 'quokka' || n || '@example.com', 5, 123456 FROM generate_series(1, 50) n;
    INSERT INTO shop.orders (id, customer_id, amount, status, ordered_at, coupon)
        SELECT 90000 + n, 9000 + n, 1000000, 'paid', now() - interval '3 days', 'QUOKKA' FROM generate_series(1, 50) n;
    UPDATE shop.order_items SET remark = 'for the quokka' WHERE quantity = 1;
    INSERT INTO shop.quokka_ledger SELECT n, 9001, n, 'Quokkatown' FROM generate_series(1, 50) n;
    SELECT insightflow.define_metric('payroll', 'sum(quokka_salary)', 'shop.customers', 'a secret');
    SELECT insightflow.define_segment('well paid', 'QUOKKA_SALARY > 1000', 'shop.customers');
    SELECT insightflow.define_synonym('shop.customers.quokka_salary', 'wages', 'quokka money');
    SELECT insightflow.define_synonym('shop.quokka_ledger', 'quokka bookings');
    SELECT insightflow.verify('payroll of all', 'SELECT sum(quokka_salary) FROM shop.customers');
    SELECT insightflow.verify('bookings of today', 'SELECT sum(quokka_amount) FROM shop.quokka_ledger');
    SELECT * FROM ask('bookings of today');
    SELECT * FROM insightflow.run('SELECT name FROM shop.customers WHERE id = 9001');
    ANALYZE;";

/// One sees the rows of the North, one some of the columns, one only security-barrier views; none sees a quokka.
const RIGHTS: &str = "
    GRANT USAGE ON SCHEMA shop TO {north}, {columns};
    GRANT SELECT ON shop.products, shop.categories, shop.regions TO {north}, {columns};
    GRANT SELECT (id, name, email, region_id) ON shop.customers TO {north};
    GRANT SELECT (id, customer_id, amount, status, ordered_at, coupon) ON shop.orders TO {north};
    GRANT SELECT (order_id, product_id, quantity, unit_price) ON shop.order_items TO {north};
    GRANT SELECT (id, region_id) ON shop.customers TO {columns};
    GRANT SELECT (id, customer_id, amount, status, ordered_at) ON shop.orders TO {columns};
    GRANT SELECT (order_id, product_id, quantity) ON shop.order_items TO {columns};
    ALTER TABLE shop.regions ENABLE ROW LEVEL SECURITY;
    ALTER TABLE shop.categories ENABLE ROW LEVEL SECURITY;
    ALTER TABLE shop.products ENABLE ROW LEVEL SECURITY;
    ALTER TABLE shop.customers ENABLE ROW LEVEL SECURITY;
    ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY;
    CREATE POLICY known ON shop.regions USING (id < 5);
    CREATE POLICY known ON shop.categories USING (id < 7);
    CREATE POLICY known ON shop.products USING (id < 9000);
    CREATE POLICY north ON shop.customers TO {north} USING (region_id = 1);
    CREATE POLICY known ON shop.customers TO {columns} USING (id < 9000);
    CREATE POLICY north ON shop.orders TO {north} USING (customer_id IN (SELECT c.id FROM shop.customers c));
    CREATE POLICY known ON shop.orders TO {columns} USING (id < 90000);
    CREATE SCHEMA desk;
    CREATE VIEW desk.customers WITH (security_barrier) AS SELECT c.id, c.name, r.name AS region
        FROM shop.customers c JOIN shop.regions r ON r.id = c.region_id WHERE r.id IN (3, 4);
    CREATE VIEW desk.orders WITH (security_barrier) AS SELECT o.id, o.amount, o.status, o.ordered_at, r.name AS region
        FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id JOIN shop.regions r ON r.id = c.region_id WHERE r.id IN (3, 4);
    CREATE VIEW desk.products WITH (security_barrier) AS SELECT p.id, p.name, c.name AS category
        FROM shop.products p JOIN shop.categories c ON c.id = p.category_id WHERE c.id < 4;
    GRANT USAGE ON SCHEMA desk TO {desk}; GRANT SELECT ON ALL TABLES IN SCHEMA desk TO {desk};
    GRANT {north}, {columns}, {desk} TO {pool};
    SELECT insightflow.enroll(r) FROM unnest('{{north}, {columns}, {desk}, {pool}}'::regrole[]) r";

/// Questions, the SQL that a person writes for them, and what he writes over the views where that is another.
const QUESTIONS: [(&str, &str, Option<&str>); 20] = [
    ("how many customers", "SELECT count(*) FROM customers", None),
    ("how many orders", "SELECT count(*) FROM orders", None),
    (
        "total amount of orders",
        "SELECT sum(amount) FROM orders",
        None,
    ),
    (
        "how many orders with status 'shipped' or 'paid'",
        "SELECT count(*) FROM orders WHERE status IN ('shipped', 'paid')",
        None,
    ),
    (
        "how many customers in region 'North'",
        "SELECT count(*) FROM customers c JOIN regions r ON r.id = c.region_id WHERE r.name = 'North'",
        Some("SELECT count(*) FROM customers WHERE region = 'North'"),
    ),
    (
        "orders by status",
        "SELECT status, count(*) FROM orders GROUP BY 1",
        None,
    ),
    (
        "total amount by status",
        "SELECT status, sum(amount) FROM orders GROUP BY 1",
        None,
    ),
    (
        "how many orders above 500",
        "SELECT count(*) FROM orders WHERE amount > 500",
        None,
    ),
    (
        "number of orders by month",
        "SELECT date_trunc('month', ordered_at)::date, count(*) FROM orders GROUP BY 1",
        None,
    ),
    (
        "total order amount by year",
        "SELECT extract(year FROM ordered_at)::int, sum(amount) FROM orders GROUP BY 1",
        None,
    ),
    (
        "how many orders in 2025",
        "SELECT count(*) FROM orders WHERE extract(year FROM ordered_at) = 2025",
        None,
    ),
    (
        "how many customers by region",
        "SELECT coalesce(r.name, '(none)'), count(*) FROM customers c LEFT JOIN regions r ON r.id = c.region_id GROUP BY 1",
        Some("SELECT region, count(*) FROM customers GROUP BY 1"),
    ),
    (
        "total order amount by region",
        "SELECT coalesce(r.name, '(none)'), sum(o.amount) FROM orders o JOIN customers c ON c.id = o.customer_id LEFT JOIN regions r ON r.id = c.region_id GROUP BY 1",
        Some("SELECT region, sum(amount) FROM orders GROUP BY 1"),
    ),
    ("names of customers", "SELECT name FROM customers", None),
    ("products", "SELECT name FROM products", None),
    (
        "how many products by category",
        "SELECT coalesce(c.name, '(none)'), count(*) FROM products p LEFT JOIN categories c ON c.id = p.category_id GROUP BY 1",
        Some("SELECT category, count(*) FROM products GROUP BY 1"),
    ),
    (
        "list categories",
        "SELECT name FROM categories",
        Some("SELECT DISTINCT category FROM products"),
    ),
    (
        "how many customers without orders",
        "SELECT count(*) FROM customers c WHERE NOT EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id)",
        None,
    ),
    (
        "total quantity by product",
        "SELECT p.name, sum(i.quantity) FROM order_items i JOIN products p ON p.id = i.product_id GROUP BY 1",
        None,
    ),
    (
        "orders by coupon",
        "SELECT coupon, count(*) FROM orders GROUP BY 1",
        None,
    ),
];

struct Shop {
    database: Database,
    _server: Server,
    north: String,
    columns: String,
    desk: String,
    pool: String,
}

impl Shop {
    async fn new() -> Shop {
        // So much is created that sessions of other databases would have to read their catalogs anew.
        let server = Server::start("");
        let database = Database::on(server.config()).await;
        database
            .superuser()
            .await
            .run("CREATE EXTENSION insightflow")
            .await;
        let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/sql/demo.sql");
        let loaded = database.program("psql", &["-X", "-q", "-f", sample]);
        assert!(loaded.status.success(), "{loaded:?}");
        let shop = Shop {
            north: database.role().await,
            columns: database.role().await,
            desk: database.role().await,
            pool: database.role().await,
            database,
            _server: server,
        };
        let superuser = shop.database.superuser().await;
        superuser.run(PLANTED).await;
        let rights = [
            ("{north}", &shop.north),
            ("{columns}", &shop.columns),
            ("{desk}", &shop.desk),
            ("{pool}", &shop.pool),
        ]
        .into_iter()
        .fold(RIGHTS.to_owned(), |sql, (mark, role)| {
            sql.replace(mark, role)
        });
        superuser.run(&rights).await;
        shop
    }

    fn roles(&self) -> [(&str, &'static str); 3] {
        [
            (&self.north, "shop"),
            (&self.columns, "shop"),
            (&self.desk, "desk"),
        ]
    }
}

type Rows = Vec<Vec<Option<String>>>;

/// Rows in an order of their own; `None` for an error, whose text must not be the server's own failure.
async fn sorted(session: &Session, sql: &str) -> Option<Rows> {
    match session.try_rows(sql).await {
        Ok(mut rows) => {
            rows.sort();
            Some(rows)
        }
        Err(error) => {
            let (state, text) = full_text(&error);
            assert!(
                ["42501", "42P01", "42703", "22023"].contains(&state.as_str()),
                "{sql}: {state} {text}"
            );
            None
        }
    }
}

#[tokio::test]
async fn three_roles_ask_twenty_questions_and_see_what_plain_sql_shows_them() {
    let shop = Shop::new().await;
    let pool = shop.database.session(&shop.pool).await;
    let mut answered = Vec::new();
    let mut seen: Vec<Vec<Option<Rows>>> = Vec::new();
    for (role, schema) in shop.roles() {
        let session = shop.database.session(role).await;
        session
            .run(&format!("SET search_path = {schema}, public"))
            .await;
        pool.run(&format!(
            "SET ROLE {role}; SET search_path = {schema}, public"
        ))
        .await;
        let mut all = Vec::new();
        for (question, sql, over_views) in QUESTIONS {
            let sql = over_views.filter(|_| schema == "desk").unwrap_or(sql);
            let plain = sorted(&session, sql).await;
            let ask = format!("SELECT * FROM ask('{}')", question.replace('\'', "''"));
            assert_eq!(sorted(&session, &ask).await, plain, "{role}: {question}");
            // As another one who has become this role, and in a transaction that is rolled back.
            pool.run("BEGIN").await;
            assert_eq!(
                sorted(&pool, &ask).await,
                plain,
                "SET ROLE {role}: {question}"
            );
            pool.run("ROLLBACK").await;
            all.push(plain);
        }
        answered.push(all.iter().filter(|rows| rows.is_some()).count());
        seen.push(all);
        pool.run("RESET ROLE").await;
    }
    // Values under a policy are not looked up, and it is said that this one is taken as it is written.
    let north = shop.database.session(&shop.north).await;
    let assumed = "SELECT reading FROM insightflow.explain('how many orders with status ''Shipped''') WHERE part = 'assumed'";
    assert_eq!(
        north.value(assumed).await,
        "\"Shipped\" is taken as it is written: the values of orders.status are not looked up"
    );
    // Not by refusing, and not by seeing all the same.
    assert_eq!(answered, [20, 18, 17]);
    let differ = |one: usize, other: usize| {
        (0..QUESTIONS.len())
            .filter(|&q| seen[one][q] != seen[other][q])
            .count()
    };
    assert!(differ(0, 1) >= 14 && differ(0, 2) >= 14 && differ(1, 2) >= 14);
}

/// Spelled almost as what is planted, and questions that what is planted would answer.
const NEAR: [&str; 18] = [
    "total quoka salary of customers",
    "quoka_salary by region",
    "customers named Quoka Holding 1",
    "customers with email quoka1@example.com",
    "quoka ledger",
    "total amount in the quoka_ledgers",
    "pay of quoka_hr staff",
    "customers in Quokania",
    "products in Quoka Toys",
    "how many Quoka Plushes",
    "orders with coupon QUOKA",
    "items with remark 'for the quoka'",
    "payroll of all",
    "wages by region",
    "bookings of today",
    "well paid customers",
    "how many customers in region 'Quokania'",
    "how many orders with coupon 'QUOKA'",
];

#[tokio::test]
async fn nothing_that_comes_out_names_what_a_role_may_not_see() {
    let shop = Shop::new().await;
    let provider = Provider::start().await;
    let wire = Wire::to(&shop.database.login("any")).await;
    let mut asked = 0;
    for with_model in [false, true] {
        if with_model {
            provider.configure(&shop.database, Format::OpenAi).await;
            // What a model guesses is spelled almost right too.
            provider.always(Step::sql(
                "SELECT quoka_salary, quoka_rep FROM shop.customers",
            ));
        }
        for (role, schema) in shop.roles() {
            let login = wire.through(&shop.database.login(role));
            let session = Session::connect(&login).await;
            session
                .run(&format!(
                    "SET search_path = {schema}, public; SET client_min_messages = debug1"
                ))
                .await;
            for question in NEAR
                .iter()
                .copied()
                .chain(QUESTIONS.map(|(question, ..)| question))
            {
                let question = question.replace('\'', "''");
                for call in [
                    "ask",
                    "insightflow.explain",
                    "insightflow.prompt",
                    "insightflow.to_sql",
                ] {
                    // An answer or an error: what matters is what it says.
                    let _ = session
                        .try_rows(&format!("SELECT * FROM {call}('{question}')"))
                        .await;
                    asked += 1;
                }
            }
            for own in [
                "SELECT quoka_salary FROM shop.customers",
                "SELECT c.quoka_salary FROM shop.customers AS c",
                "SELECT * FROM shop.quoka_ledger",
                "SELECT quoka_pay FROM quoka_hr.staff",
            ] {
                for call in ["run", "check_sql"] {
                    let _ = session
                        .try_rows(&format!("SELECT * FROM insightflow.{call}('{own}')"))
                        .await;
                    asked += 1;
                }
            }
            for table in [
                "query_log",
                "query_feedback",
                "vocabulary",
                "verified_query",
            ] {
                session.rows(&format!("TABLE insightflow.{table}")).await;
            }
        }
    }
    let received = wire.received();
    // The wire was listened to.
    assert!(
        received.contains("Not understood") && received.contains("TABLE shop.customers"),
        "{asked} calls"
    );
    let sent: String = provider
        .requests()
        .iter()
        .map(|request| String::from_utf8_lossy(&request.body).into_owned())
        .collect();
    assert!(sent.contains("shop.customers") && sent.contains("desk.customers"));
    for (what, bytes) in [("received", &received), ("sent", &sent)] {
        let folded = bytes.to_lowercase();
        let mut lines = folded.split(['\n', '\0']);
        let leak = lines.find(|line| line.contains("quokka"));
        assert_eq!(leak, None, "{what}, of {asked} calls");
    }
}
