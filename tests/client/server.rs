//! Servers of a test's own: with their own settings, stopped, killed, copied.

use crate::support::{Session, bindir, unique};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tokio_postgres::Config;

/// A server of a test's own, stopped and removed at the end.
pub struct Server {
    /// The folder of PostgreSQL's programs.
    programs: PathBuf,
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
        let server = Server::in_new_folder(bindir(), stack);
        server.initialize(configuration);
        server.start_again();
        server
    }

    /// A cluster of the PostgreSQL whose programs are in this folder, with these lines in its configuration. Not started.
    pub fn of(programs: PathBuf, configuration: &str) -> Server {
        let server = Server::in_new_folder(programs, None);
        server.initialize(configuration);
        server
    }

    fn initialize(&self, configuration: &str) {
        let data = self.data();
        self.must(
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
                // As PostgreSQL 18 does by default: pg_upgrade wants the same on both sides.
                "--data-checksums",
            ],
        );
        let settings = format!(
            "port = {}\nunix_socket_directories = '{}'\nlisten_addresses = ''\nfsync = off\n{configuration}\n",
            self.port,
            self.folder.display()
        );
        let file = Path::new(&data).join("postgresql.auto.conf");
        std::fs::write(&file, settings).expect("settings");
    }

    fn in_new_folder(programs: PathBuf, stack: Option<u32>) -> Server {
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
            programs,
            port: free_port(),
            folder,
            stack,
        }
    }

    /// A streaming replica of this server, once it answers.
    pub fn standby(&self) -> Server {
        let standby = Server::in_new_folder(self.programs.clone(), self.stack);
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
            .arg(self.programs.join("pg_ctl"))
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

    /// Runs a program of this PostgreSQL that must succeed against a database of this server, and gives what it prints.
    pub fn program(&self, program: &str, settings: &str, arguments: &[&str]) -> Vec<u8> {
        let output = Command::new(self.programs.join(program))
            .env("PGOPTIONS", settings)
            .args(["-h", &self.folder.display().to_string()])
            .args(["-p", &self.port.to_string(), "-U", "postgres"])
            .args(arguments)
            .output()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        assert!(output.status.success(), "{program}: {output:?}");
        output.stdout
    }

    /// Has `pg_upgrade` bring a cluster that is stopped into this one, which was not started yet.
    pub fn upgrade_from(&self, old: &Server) {
        let [old_programs, programs] =
            [&old.programs, &self.programs].map(|p| p.display().to_string());
        let (old_data, data) = (old.data(), self.data());
        let sockets = self.folder.display().to_string();
        let output = self.output(
            "pg_upgrade",
            &[
                "-b",
                &old_programs,
                "-B",
                &programs,
                "-d",
                &old_data,
                "-D",
                &data,
                "-U",
                "postgres",
                "-s",
                &sockets,
            ],
        );
        if !output.status.success() {
            let logs = Command::new("grep")
                .args(["-rh", "-B5", "error:\\|ERROR:"])
                .arg(Path::new(&data).join("pg_upgrade_output.d"))
                .output()
                .expect("grep");
            let [output, logs] = [&output.stdout, &logs.stdout].map(|t| String::from_utf8_lossy(t));
            panic!("{output}{logs}");
        }
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
        let path = self.programs.join(program);
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
