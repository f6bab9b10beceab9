//! Databases, roles and servers for the tests.

pub use crate::server::{Server, is_root, kill};
use std::future::poll_fn;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use tokio_postgres::{AsyncMessage, Client, Config, Error, NoTls, SimpleQueryMessage};

static SERIAL: AtomicU32 = AtomicU32::new(0);

/// A name that no other test of this or another run uses.
pub fn unique(prefix: &str) -> String {
    format!(
        "{prefix}_{}_{}",
        std::process::id(),
        SERIAL.fetch_add(1, Ordering::Relaxed)
    )
}

fn env(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run these tests by make test"))
}

/// The server that `make test` started.
fn server() -> Config {
    let mut config = Config::new();
    config
        .host(env("PGHOST"))
        .port(env("PGPORT").parse().expect("PGPORT is a number"))
        .user(env("PGUSER"));
    config
}

/// The folder of PostgreSQL's programs.
pub fn bindir() -> PathBuf {
    PathBuf::from(env("INSIGHTFLOW_BINDIR"))
}

/// The programs of the next older PostgreSQL, where a test needs two versions.
pub fn older_bindir() -> PathBuf {
    PathBuf::from(env("INSIGHTFLOW_OLDER_BINDIR"))
}

/// A database with the extension, dropped at the end.
pub struct Database {
    config: Config,
    name: String,
}

impl Database {
    /// A new database on the shared server, with the extension in schema public.
    pub async fn new() -> Database {
        let database = Database::empty().await;
        database
            .superuser()
            .await
            .run("CREATE EXTENSION insightflow")
            .await;
        database
    }

    /// A new database without the extension.
    pub async fn empty() -> Database {
        Database::on(server()).await
    }

    /// A new database without the extension on a server.
    pub async fn on(mut config: Config) -> Database {
        let name = unique("test");
        let maintenance = Session::connect(config.clone().dbname("postgres")).await;
        maintenance
            .run(&format!(
                "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"
            ))
            .await;
        config.dbname(&name);
        Database { config, name }
    }

    /// A session of the superuser.
    pub async fn superuser(&self) -> Session {
        Session::connect(&self.config).await
    }

    /// A session of a role.
    pub async fn session(&self, role: &str) -> Session {
        Session::connect(self.config.clone().user(role)).await
    }

    /// A new role that may log in and has no rights of its own.
    pub async fn role(&self) -> String {
        let name = unique("role");
        self.superuser()
            .await
            .run(&format!("CREATE ROLE {name} LOGIN"))
            .await;
        name
    }

    /// How a role connects to it.
    pub fn login(&self, role: &str) -> Config {
        let mut config = self.config.clone();
        config.user(role);
        config
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Gives a setting a value in the sessions that connect from now on.
    pub async fn set(&self, setting: &str, value: &str) {
        let value = value.replace('\'', "''");
        let sql = format!("ALTER DATABASE {} SET {setting} = '{value}'", self.name);
        self.superuser().await.run(&sql).await;
    }

    /// Runs a program of PostgreSQL (psql, pgbench) against this database.
    pub fn program(&self, program: &str, arguments: &[&str]) -> Output {
        let host = match &self.config.get_hosts()[0] {
            tokio_postgres::config::Host::Tcp(host) => host.clone(),
            tokio_postgres::config::Host::Unix(path) => path.display().to_string(),
        };
        Command::new(bindir().join(program))
            .args([
                "-h",
                &host,
                "-p",
                &self.config.get_ports()[0].to_string(),
                "-U",
                self.config.get_user().unwrap_or("postgres"),
            ])
            .args(arguments)
            .arg(&self.name)
            .output()
            .unwrap_or_else(|error| panic!("{program}: {error}"))
    }

    /// Drops the database and the roles that were made for it.
    pub async fn drop(self) {
        let mut config = self.config;
        let maintenance = Session::connect(config.dbname("postgres")).await;
        maintenance
            .run(&format!("DROP DATABASE {} WITH (FORCE)", self.name))
            .await;
    }
}

/// A connection and the task that drives it.
pub struct Session {
    pub client: Client,
    messages: Arc<Mutex<Vec<String>>>,
    driver: tokio::task::AbortHandle,
}

impl Session {
    pub async fn connect(config: &Config) -> Session {
        let (client, mut connection) = config.connect(NoTls).await.expect("connect");
        let messages = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&messages);
        let driver = tokio::spawn(async move {
            // A server that ends the connection is what some tests are about.
            while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await
            {
                if let AsyncMessage::Notice(notice) = message {
                    kept.lock()
                        .expect("no test panics with it")
                        .push(notice.message().to_owned());
                }
            }
        });
        Session {
            client,
            messages,
            driver: driver.abort_handle(),
        }
    }

    /// Ends the connection without a word to the server, as a client does that is killed.
    pub fn disconnect(self) {
        self.driver.abort();
    }

    /// The messages (NOTICE, WARNING, …) that the server has sent since the last call.
    pub fn messages(&self) -> Vec<String> {
        std::mem::take(&mut *self.messages.lock().expect("no test panics with it"))
    }

    /// Runs statements that must succeed.
    #[track_caller]
    pub fn run(&self, sql: &str) -> impl Future<Output = ()> {
        let sql = sql.to_owned();
        async move {
            if let Err(error) = self.client.batch_execute(&sql).await {
                panic!("{sql}\n{}", describe(&error));
            }
        }
    }

    /// The one value of a statement, as text.
    pub async fn value(&self, sql: &str) -> String {
        let mut rows = self.rows(sql).await;
        assert_eq!(rows.len(), 1, "{sql}");
        rows.remove(0)
            .remove(0)
            .unwrap_or_else(|| panic!("{sql}: NULL"))
    }

    /// The rows of a statement in text form, through the simple protocol.
    pub async fn rows(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        match self.try_rows(sql).await {
            Ok(rows) => rows,
            Err(error) => panic!("{sql}\n{}", describe(&error)),
        }
    }

    /// Like [`Session::rows`], for statements that may fail.
    pub async fn try_rows(&self, sql: &str) -> Result<Vec<Vec<Option<String>>>, Error> {
        let messages = self.client.simple_query(sql).await?;
        Ok(messages
            .into_iter()
            .filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some(
                    (0..row.len())
                        .map(|i| row.get(i).map(str::to_owned))
                        .collect(),
                ),
                _ => None,
            })
            .collect())
    }

    /// Waits until another backend executes a statement that holds this text.
    pub async fn until_running(&self, pid: &str, text: &str) {
        let sql = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE pid = {pid} AND state = 'active' AND query LIKE '%{text}%'"
        );
        for _ in 0..100_000 {
            if self.value(&sql).await == "1" {
                return;
            }
        }
        panic!("backend {pid} never ran a statement with {text}");
    }

    /// Waits until a statement gives this value.
    pub async fn until(&self, sql: &str, expected: &str) {
        let mut last = String::new();
        for _ in 0..100_000 {
            last = self.value(sql).await;
            if last == expected {
                return;
            }
        }
        panic!("{sql}: {last}, never {expected}");
    }

    /// The SQLSTATE and message with which a statement must fail.
    pub async fn failure(&self, sql: &str) -> (String, String) {
        match self.try_rows(sql).await {
            Ok(rows) => panic!("{sql}\nran and gave {rows:?}"),
            Err(error) => state_and_message(&error),
        }
    }
}

/// The SQLSTATE and message of an error.
pub fn state_and_message(error: &Error) -> (String, String) {
    let error = error
        .as_db_error()
        .unwrap_or_else(|| panic!("not an error of the server: {error}"));
    (error.code().code().to_owned(), error.message().to_owned())
}

/// The SQLSTATE of an error, and its message, detail and hint in one text.
pub fn full_text(error: &Error) -> (String, String) {
    let (state, message) = state_and_message(error);
    let error = error.as_db_error().expect("an error of the server");
    let parts = [Some(message.as_str()), error.detail(), error.hint()];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    (state, parts.join(" "))
}

/// An error in full.
pub fn describe(error: &Error) -> String {
    error
        .as_db_error()
        .map_or_else(|| error.to_string(), |error| format!("{error:?}"))
}
