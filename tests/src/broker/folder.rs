//! What keeps one broker apart from all others: a folder and five ports.

use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::certificates::Certificates;

/// Below the ephemeral range: a port from that is given to somebody else between a kill and the restart.
const LOWEST: u16 = 20_000;
const HIGHEST: u16 = 32_000;
/// AMQP, distribution, names, the distribution of `rabbitmqctl`, and AMQP over TLS.
const EACH: u16 = 5;

/// Neighbouring ports of one broker.
#[derive(Debug)]
pub(super) struct Ports(u16);

impl Ports {
    /// Ports that nobody listens on.
    pub(super) fn free() -> Self {
        let random = RandomState::new();
        (0_u32..1000)
            .map(|attempt| Self(base(random.hash_one(attempt))))
            .find(Self::are_free)
            .expect("there are free ports below 32 000")
    }

    pub(super) fn amqp(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.0))
    }

    pub(super) fn amqps(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.0 + 4))
    }

    /// How the broker and its tools hear of them.
    pub(super) fn variables(&self) -> [(&'static str, String); 6] {
        let port = |offset: u16| (self.0 + offset).to_string();
        [
            ("RABBITMQ_NODENAME", format!("trunkline-{}@localhost", self.0)),
            ("RABBITMQ_DIST_PORT", port(1)),
            ("ERL_EPMD_PORT", port(2)),
            ("ERL_EPMD_ADDRESS", Ipv4Addr::LOCALHOST.to_string()),
            ("RABBITMQ_CTL_DIST_PORT_MIN", port(3)),
            ("RABBITMQ_CTL_DIST_PORT_MAX", port(3)),
        ]
    }

    fn are_free(&self) -> bool {
        // Erlang binds the distribution on every interface.
        (0..EACH).all(|offset| TcpListener::bind((Ipv4Addr::UNSPECIFIED, self.0 + offset)).is_ok())
    }
}

fn base(random: u64) -> u16 {
    let places = u64::from((HIGHEST - LOWEST) / EACH);
    let place = u16::try_from(random % places).expect("fewer places than ports");
    LOWEST + place * EACH
}

/// The folder of one broker: its settings, store, log and cookie. Removed when dropped.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(ports: &Ports) -> Self {
        let name = format!("trunkline-broker-{}-{}", std::process::id(), ports.0);
        let folder = Self(std::env::temp_dir().join(name));
        fs::create_dir_all(&folder.0).expect("the temporary folder can be written");
        let settings = format!(
            "listeners.tcp.1 = {}\nlog.console = false\ndisk_free_limit.absolute = 50MB\n",
            ports.amqp()
        );
        folder.write("rabbitmq.conf", &settings);
        folder
    }

    /// Lets its broker speak TLS too.
    pub(super) fn encrypt(&self, ports: &Ports) {
        let Certificates { root, server, key } = Certificates::new();
        let files = [
            ("ssl_options.cacertfile", "root.pem", root),
            ("ssl_options.certfile", "server.pem", server),
            ("ssl_options.keyfile", "key.pem", key),
        ];
        let before = fs::read_to_string(self.0.join("rabbitmq.conf")).expect("it was written");
        let listener = format!("{before}listeners.ssl.1 = {}", ports.amqps());
        let mut settings = vec![listener, "ssl_options.verify = verify_none".to_owned()];
        for (setting, name, pem) in files {
            self.write(name, &pem);
            settings.push(format!("{setting} = {}", self.0.join(name).display()));
        }
        self.write("rabbitmq.conf", &(settings.join("\n") + "\n"));
    }

    pub(super) fn root(&self) -> String {
        fs::read_to_string(self.0.join("root.pem")).expect("the broker speaks TLS")
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).expect("the folder was just made");
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Where a process of this broker prints to.
    pub(super) fn output(&self) -> Stdio {
        let file = File::options()
            .create(true)
            .append(true)
            .open(self.0.join("output"));
        file.map_or_else(|_| Stdio::null(), Stdio::from)
    }

    /// The last lines of what the broker printed and logged.
    pub(super) fn log(&self) -> String {
        let ends = self.logs().map(|log| end(&log));
        ends.collect::<Vec<_>>().join("\n")
    }

    /// All that the broker printed and logged, file by file.
    pub(super) fn logs(&self) -> impl Iterator<Item = String> {
        let logs = fs::read_dir(self.0.join("log"))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path());
        let files = logs.chain([self.0.join("output")]);
        files.map(|file| fs::read_to_string(file).unwrap_or_default())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn end(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
