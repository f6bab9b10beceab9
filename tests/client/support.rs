//! Databases, roles and servers for the tests.

use std::future::poll_fn;
use std::path::{Path, PathBuf};
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

/// A server of a test's own, stopped and removed at the end.
pub struct Server {
    folder: PathBuf,
    port: u16,
    stack: Option<u32>,
}

impl Server {
    /// Makes a cluster with these lines in its configuration and starts it.
    pub fn start(configuration: &str) -> Server {
        Server::start_with_stack(configuration, None)
    }

    /// Like [`Server::start`], with a stack of so many kilobytes for its processes.
    pub fn start_with_stack(configuration: &str, stack: Option<u32>) -> Server {
        let server = Server::in_new_folder(stack);
        let data = server.data();
        server.must(
            "initdb",
            &[
                "-D",
                &data,
                "-U",
                "postgres",
                "--auth=trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ],
        );
        let settings = format!(
            "port = {}\nunix_socket_directories = '{}'\nlisten_addresses = ''\nfsync = off\n{configuration}\n",
            server.port,
            server.folder.display()
        );
        let file = Path::new(&data).join("postgresql.auto.conf");
        std::fs::write(&file, settings).expect("settings");
        server.start_again();
        server
    }

    fn in_new_folder(stack: Option<u32>) -> Server {
        let folder = Path::new("/var/tmp").join(unique("insightflow_server"));
        std::fs::create_dir(&folder).expect("a folder for the server");
        if is_root() {
            let owner = Command::new("chown")
                .arg("postgres")
                .arg(&folder)
                .status()
                .expect("chown");
            assert!(owner.success(), "chown to postgres");
        }
        Server {
            port: free_port(),
            folder,
            stack,
        }
    }

    /// A streaming replica of this server, once it answers.
    pub fn standby(&self) -> Server {
        let standby = Server::in_new_folder(self.stack);
        let (data, port) = (standby.data(), self.port.to_string());
        let folder = self.folder.display().to_string();
        standby.must(
            "pg_basebackup",
            &[
                "-D", &data, "-h", &folder, "-p", &port, "-U", "postgres", "-R", "-c", "fast",
            ],
        );
        let settings = format!(
            "port = {}\nunix_socket_directories = '{}'\n",
            standby.port,
            standby.folder.display()
        );
        let file = Path::new(&data).join("postgresql.auto.conf");
        let copied = std::fs::read_to_string(&file).expect("settings");
        std::fs::write(&file, copied + &settings).expect("settings");
        standby.start_again();
        standby
    }

    /// Makes a standby a primary.
    pub fn promote(&self) {
        self.must("pg_ctl", &["-D", &self.data(), "-w", "promote"]);
    }

    /// Stops the server: `fast` in an orderly way, `immediate` as in a crash.
    pub fn stop(&self, mode: &str) {
        self.must("pg_ctl", &["-D", &self.data(), "-m", mode, "-w", "stop"]);
    }

    /// Starts the server when it is stopped.
    pub fn start_again(&self) {
        self.must(
            "pg_ctl",
            &["-D", &self.data(), "-w", "-l", &self.log_file(), "start"],
        );
    }

    /// Starts the server when it is stopped, so that its sessions ask this name server. Only root may do it.
    pub fn start_with_name_server(&self, address: &str) {
        let names = self.folder.join("resolv.conf");
        std::fs::write(&names, format!("nameserver {address}\n")).expect("a file");
        let output = Command::new("unshare")
            .args(["--mount", "sh", "-c"])
            .arg("mount --bind \"$0\" /etc/resolv.conf && exec runuser -u postgres -- \"$@\"")
            .arg(&names)
            .arg(bindir().join("pg_ctl"))
            .args(["-D", &self.data(), "-w", "-l", &self.log_file(), "start"])
            .current_dir(&self.folder)
            .output()
            .expect("unshare");
        assert!(output.status.success(), "{output:?}");
    }

    /// The process of the postmaster.
    pub fn postmaster(&self) -> String {
        let file = Path::new(&self.data()).join("postmaster.pid");
        let text = std::fs::read_to_string(file).expect("a running server");
        text.lines().next().expect("a process id").to_owned()
    }

    /// How to connect.
    pub fn config(&self) -> Config {
        let mut config = Config::new();
        config
            .host_path(&self.folder)
            .port(self.port)
            .user("postgres");
        config
    }

    /// A session of the superuser in a database.
    pub async fn session(&self, database: &str) -> Session {
        Session::connect(self.config().dbname(database)).await
    }

    /// What the server has logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).expect("the server's log")
    }

    fn data(&self) -> String {
        self.folder.join("data").display().to_string()
    }

    fn log_file(&self) -> String {
        self.folder.join("log").display().to_string()
    }

    /// Starts the server after its postmaster was killed, as soon as its other processes have noticed.
    pub fn revive(&self) {
        let (data, log) = (self.data(), self.log_file());
        let start = ["-D", &data, "-w", "-l", &log, "start"];
        for _ in 0..200 {
            if self.output("pg_ctl", &start).status.success() {
                return;
            }
        }
        panic!("the server does not start: {}", self.log());
    }

    /// Runs a program of PostgreSQL that must succeed, as the user that owns the cluster.
    fn must(&self, program: &str, arguments: &[&str]) {
        let output = self.output(program, arguments);
        assert!(
            output.status.success(),
            "{program}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }

    fn output(&self, program: &str, arguments: &[&str]) -> Output {
        let path = bindir().join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]);
            command
        } else {
            Command::new("env")
        };
        if let Some(kilobytes) = self.stack {
            let limited = format!("ulimit -s {kilobytes}; exec \"$0\" \"$@\"");
            command.args(["sh", "-c", &limited]);
        }
        command.arg(path);
        command
            .args(arguments)
            .current_dir(&self.folder)
            .output()
            .unwrap_or_else(|error| panic!("{program}: {error}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.data();
        if Path::new(&data).join("postmaster.pid").exists() {
            // A server that a test has killed cannot be stopped.
            self.output("pg_ctl", &["-D", &data, "-m", "immediate", "-w", "stop"]);
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Ends a process of a test's own server without a word.
pub fn kill(pid: &str) {
    let killed = Command::new("kill")
        .args(["-9", pid])
        .status()
        .expect("kill");
    assert!(killed.success(), "kill {pid}");
}

/// Whether the tests run as root.
pub fn is_root() -> bool {
    // The one program every system has for it; the tests hold no unsafe code.
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout == b"0\n")
}

/// A TCP port that nobody listens on. With no TCP address the number only names the socket.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port()
}
