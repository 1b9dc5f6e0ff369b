//! A `RabbitMQ` of the suite's own: started, killed, frozen and restarted as a test likes, without systemd and without
//! touching a broker that runs on the machine.
//!
//! It needs Debian's package `rabbitmq-server`, installed and not started. A test without it is skipped, and says how to
//! get it; with `AMQP_TEST_REQUIRED` set it fails instead. A test that kills nothing takes [`url`], for which
//! `AMQP_TEST_URL` may name a broker that runs already.
//!
//! ```no_run
//! # async fn test() -> Option<()> {
//! use trunkline_tests::broker::Broker;
//!
//! let mut broker = Broker::start().await?;
//! broker.kill();
//! broker.restart().await;
//! # Some(())
//! # }
//! ```

mod certificates;
mod folder;
mod greeting;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;
use tokio::time::sleep;

use folder::{Folder, Ports};

/// Debian's inner scripts; those in `sbin` change the user and expect its folders.
const SCRIPTS: &str = "/usr/lib/rabbitmq/bin";
const HOW: &str =
    "no RabbitMQ here: apt-get install rabbitmq-server, or set AMQP_TEST_URL to a broker that runs";
/// A start takes 3 to 5 s on an idle machine.
const MOST: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(100);

/// A broker that listens on loopback, with an empty store in a folder of its own. Dropped, it is killed.
#[derive(Debug)]
pub struct Broker {
    // In the order of their end: nobody may guard or need what is gone.
    guard: Option<Guard>,
    server: Option<Child>,
    names: Child,
    ports: Ports,
    folder: Folder,
}

/// The address of a broker that the caller leaves as it is: the one that `AMQP_TEST_URL` names, else one that all tests of
/// this process share. `None`: there is neither, and the test is to be skipped.
pub async fn url() -> Option<String> {
    static SHARED: OnceCell<Option<Broker>> = OnceCell::const_new();
    if let Ok(given) = std::env::var("AMQP_TEST_URL") {
        return Some(given);
    }
    // Never dropped; its guard ends it with this process.
    SHARED.get_or_init(Broker::start).await.as_ref().map(Broker::url)
}

impl Broker {
    /// Starts a broker and waits until it greets. `None`: the package is missing, and the test is to be skipped.
    ///
    /// # Panics
    /// Where the package is there and no broker starts within two minutes, or where it is missing and
    /// `AMQP_TEST_REQUIRED` is set.
    pub async fn start() -> Option<Self> {
        Self::start_in(|_, _| {}).await
    }

    /// The same, with a second port that speaks TLS: its certificate is for `localhost`, of an authority that nobody
    /// trusts by itself.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub async fn start_encrypted() -> Option<Self> {
        Self::start_in(Folder::encrypt).await
    }

    async fn start_in(prepare: impl FnOnce(&Folder, &Ports)) -> Option<Self> {
        if !Path::new(SCRIPTS).join("rabbitmq-server").exists() {
            assert!(std::env::var_os("AMQP_TEST_REQUIRED").is_none(), "{HOW}");
            eprintln!("skipped: {HOW}");
            return None;
        }
        let ports = Ports::free();
        let folder = Folder::new(&ports);
        prepare(&folder, &ports);
        // Erlang would start this one as a daemon that outlives everybody.
        let names = command(&folder, &ports, Path::new("epmd"))
            .spawn()
            .expect("erlang's epmd is installed with it");
        let mut broker = Self {
            guard: None,
            server: None,
            names,
            ports,
            folder,
        };
        broker.restart().await;
        Some(broker)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.ports.amqp()
    }

    /// Its address with user and virtual host.
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@{}/%2f", self.address())
    }

    /// Its address over TLS, where it [speaks it](Self::start_encrypted).
    pub fn encrypted_url(&self) -> String {
        format!("amqps://guest:guest@localhost:{}/%2f", self.ports.amqps().port())
    }

    /// The certificate of the authority that makes it trusted, in PEM.
    ///
    /// # Panics
    /// Where it speaks no TLS.
    pub fn root(&self) -> String {
        self.folder.root()
    }

    /// `kill -9`: no goodbye to anybody, nothing flushed. Returns when the process is gone.
    pub fn kill(&mut self) {
        self.guard = None;
        if let Some(mut server) = self.server.take() {
            // An error: it ended by itself.
            let _ = server.kill();
            let _ = server.wait();
        }
    }

    /// Starts it again on the same address with what its disk holds, killed before where it still runs. Returns when it
    /// greets.
    ///
    /// # Panics
    /// Where it does not greet within two minutes, with the end of its log.
    pub async fn restart(&mut self) {
        self.kill();
        let server = command(&self.folder, &self.ports, &script("rabbitmq-server"))
            .spawn()
            .expect("the script is executable");
        self.guard = Some(Guard::over(&[server.id(), self.names.id()], self.folder.path()));
        self.server = Some(server);
        self.until_it_greets().await;
    }

    /// Freezes it (`SIGSTOP`): its sockets stay open and say nothing.
    ///
    /// # Panics
    /// Where it does not run.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Wakes it again (`SIGCONT`).
    ///
    /// # Panics
    /// Where it does not run.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// Stops it in good order: connections are closed by the protocol, queues are flushed.
    ///
    /// # Panics
    /// Where it does not run, or does not end within two minutes.
    pub async fn stop(&mut self) {
        self.signal("TERM");
        let started = Instant::now();
        while self
            .server
            .as_mut()
            .is_some_and(|server| matches!(server.try_wait(), Ok(None)))
        {
            assert!(
                started.elapsed() < MOST,
                "the broker does not stop; its log ends so:\n{}",
                self.folder.log()
            );
            sleep(POLL).await;
        }
        self.kill();
    }

    /// Runs `rabbitmqctl` against it and gives what it prints: `broker.ctl(&["close_all_connections", "a test"])`.
    ///
    /// # Panics
    /// Where the command fails.
    pub async fn ctl(&self, arguments: &[&str]) -> String {
        let mut ctl = command(&self.folder, &self.ports, &script("rabbitmqctl"));
        let ctl = ctl
            .arg("--quiet")
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let output = tokio::process::Command::from(std::mem::replace(ctl, Command::new("true")))
            .output()
            .await
            .expect("the script is executable");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            output.status.success(),
            "{arguments:?}: {}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
        text(&output.stdout)
    }

    /// How many lines of its log have this text.
    pub fn logged(&self, text: &str) -> usize {
        let count = |log: String| log.lines().filter(|line| line.contains(text)).count();
        self.folder.logs().map(count).sum()
    }

    /// Writes to its disk what it holds back. 3.10 does so with the first term of a new quorum queue, for some seconds, and
    /// a queue that is killed before has no leader ever after.
    ///
    /// # Panics
    /// Where it does not run.
    pub async fn settle(&self) {
        self.ctl(&["eval", "[ok = dets:sync(Table) || Table <- dets:all()]."])
            .await;
    }

    async fn until_it_greets(&mut self) {
        let started = Instant::now();
        while !greeting::greets(self.address()).await {
            let ended = self
                .server
                .as_mut()
                .and_then(|server| server.try_wait().ok().flatten());
            let log = || self.folder.log();
            assert!(
                ended.is_none(),
                "the broker ended with {ended:?}; its log ends so:\n{}",
                log()
            );
            assert!(
                started.elapsed() < MOST,
                "the broker does not greet; its log ends so:\n{}",
                log()
            );
            sleep(POLL).await;
        }
    }

    fn signal(&self, name: &str) {
        let server = self.server.as_ref().expect("the broker runs");
        let sent = Command::new("sh")
            .arg("-c")
            .arg(format!("kill -{name} {}", server.id()))
            .status();
        assert!(
            sent.is_ok_and(|status| status.success()),
            "the broker runs, so it can be sent SIG{name}"
        );
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
        let _ = self.names.kill();
        let _ = self.names.wait();
    }
}

/// Ends a broker whose test was killed, or ended without dropping it: it reads a pipe that closes with this process.
#[derive(Debug)]
struct Guard(Child);

impl Guard {
    fn over(processes: &[u32], folder: &Path) -> Self {
        let processes: Vec<String> = processes.iter().map(u32::to_string).collect();
        let guard = Command::new("sh")
            .arg("-c")
            // Twice: what is being killed may write once more.
            .arg(format!(
                "read _; kill -9 {}; rm -rf \"$0\"; sleep 1; rm -rf \"$0\"",
                processes.join(" ")
            ))
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("there is a shell");
        Self(guard)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(SCRIPTS).join(name)
}

/// A command that sees this broker's folders and ports and nothing of the machine's own.
fn command(folder: &Folder, ports: &Ports, program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .stdin(Stdio::null())
        .stdout(folder.output())
        .stderr(folder.output())
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder.path())
        // The script then becomes the server instead of waiting for it: one process, which is ours to signal.
        .env("RUNNING_UNDER_SYSTEMD", "true")
        .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
        .env("RABBITMQ_CONFIG_FILE", folder.path().join("rabbitmq.conf"))
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", folder.path().join("plugins"))
        .env("RABBITMQ_MNESIA_BASE", folder.path().join("mnesia"))
        .env("RABBITMQ_LOG_BASE", folder.path().join("log"))
        .env("RABBITMQ_PID_FILE", folder.path().join("pid"))
        .envs(ports.variables());
    command
}
