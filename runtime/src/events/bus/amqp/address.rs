//! Where the brokers are, and what their address says beside that.

use std::fmt;
use std::time::Duration;

use lapin::uri::{AMQPScheme, AMQPUri};
use url::Url;

use crate::{Error, ErrorKind};

/// How often each side says that it lives, unless the address says otherwise.
const HEARTBEAT: Duration = Duration::from_secs(10);
const LONGEST_HEARTBEAT: u64 = 600;

/// The most bytes of a virtual host, a short string of AMQP.
const LONGEST_HOST: usize = 255;

/// Addresses that are tried in turn, and how to speak to who is there.
#[derive(Clone)]
pub(crate) struct Addresses {
    brokers: Vec<Broker>,
    pub(super) heartbeat: Duration,
    pub(super) declare: Declare,
}

/// One address.
#[derive(Clone)]
pub(super) struct Broker {
    /// Holds the password: never shown.
    pub(super) uri: AMQPUri,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) is_encrypted: bool,
}

/// Whether exchanges and queues are made where they are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Declare {
    Make,
    /// A broker that lets nobody declare: they are only looked for.
    Verify,
}

impl Addresses {
    /// As the addresses say; `?heartbeat=5&declare=verify` of the first one holds for all.
    ///
    /// # Errors
    /// `Config` for what is no address, an unknown name, and a value that is not allowed; never with the password.
    pub(crate) fn of(first: &Url, others: &[Url]) -> Result<Self, Error> {
        let mut addresses = Self {
            brokers: Vec::new(),
            heartbeat: HEARTBEAT,
            declare: Declare::Make,
        };
        for (name, value) in first.query_pairs() {
            addresses.set(&name, &value)?;
        }
        for url in [first].into_iter().chain(others) {
            let mut broker = Broker::of(url)?;
            let seconds = addresses.heartbeat.as_secs().try_into();
            broker.uri.query.heartbeat = Some(seconds.unwrap_or(u16::MAX));
            addresses.brokers.push(broker);
        }
        Ok(addresses)
    }

    /// The address of this attempt.
    pub(super) fn turn(&self, attempt: usize) -> &Broker {
        // There is always the first.
        &self.brokers[attempt % self.brokers.len()]
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        match (name, value) {
            ("heartbeat", _) => {
                let seconds = value.parse().ok();
                let seconds = seconds.filter(|seconds| (1..=LONGEST_HEARTBEAT).contains(seconds));
                let seconds = seconds.ok_or_else(|| wrong(name, value, "1 to 600 seconds"))?;
                self.heartbeat = Duration::from_secs(seconds);
            }
            ("declare", "make") => self.declare = Declare::Make,
            ("declare", "verify") => self.declare = Declare::Verify,
            ("declare", _) => return Err(wrong(name, value, "`make` or `verify`")),
            // Without its value: it may be a secret.
            _ => {
                return Err(config(format!(
                    "events at `amqp:`: unknown `{name}`: expected `heartbeat` or `declare`"
                )));
            }
        }
        Ok(())
    }
}

impl Broker {
    fn of(url: &Url) -> Result<Self, Error> {
        let mut plain = url.clone();
        plain.set_query(None);
        // Without the address, which the parser's error shows: it may hold a password.
        let wrong = || {
            let scheme = url.scheme();
            config(format!(
                "the address of events is none: expected `{scheme}://user:password@host:port/vhost`"
            ))
        };
        let has_host = url.host_str().is_some_and(|host| !host.is_empty());
        let segments = url.path_segments().map_or(0, Iterator::count);
        if !has_host || segments > 1 {
            return Err(wrong());
        }
        let mut uri: AMQPUri = plain.as_str().parse().map_err(|_| wrong())?;
        if uri.vhost.is_empty() {
            "/".clone_into(&mut uri.vhost);
        }
        if uri.vhost.len() > LONGEST_HOST {
            let bytes = uri.vhost.len();
            return Err(config(format!(
                "events: a virtual host of {bytes} bytes: expected at most {LONGEST_HOST}"
            )));
        }
        Ok(Self {
            host: uri.authority.host.trim_matches(['[', ']']).to_owned(),
            port: uri.authority.port,
            is_encrypted: uri.scheme == AMQPScheme::AMQPS,
            uri,
        })
    }

    /// Without user and password.
    pub(super) fn name(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.brokers.iter().map(Broker::name).collect();
        f.debug_tuple("Addresses").field(&names).finish()
    }
}

fn wrong(name: &str, value: &str, expected: &str) -> Error {
    config(format!(
        "events at `amqp:`: `{name}={value}`: expected {expected}"
    ))
}

fn config(message: String) -> Error {
    Error::new(ErrorKind::Config, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(text: &str) -> Result<Addresses, String> {
        let urls: Vec<Url> = text.split(',').map(|url| url.parse().expect("a URL")).collect();
        Addresses::of(&urls[0], &urls[1..]).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn addresses_are_taken_in_turn() {
        let addresses = addresses("amqp://one,amqps://u:p@two:1/%2fhost").expect("legal");
        let names: Vec<String> = (0..3).map(|attempt| addresses.turn(attempt).name()).collect();
        assert_eq!(names, ["one:5672", "two:1", "one:5672"]);
        assert_eq!(addresses.turn(0).uri.vhost, "/");
        assert_eq!(
            (&*addresses.turn(1).uri.vhost, addresses.turn(1).is_encrypted),
            ("/host", true)
        );
        assert_eq!(addresses.heartbeat, HEARTBEAT);
    }

    #[test]
    fn an_empty_path_is_the_default_host() {
        for text in ["amqp://one", "amqp://one/", "amqp://one/%2f"] {
            assert_eq!(addresses(text).expect("legal").turn(0).uri.vhost, "/", "{text}");
        }
    }

    #[test]
    fn the_first_address_says_how() {
        let addresses = addresses("amqp://one?heartbeat=5&declare=verify,amqp://two").expect("legal");
        assert_eq!(
            (addresses.heartbeat.as_secs(), addresses.declare),
            (5, Declare::Verify)
        );
        assert_eq!(addresses.turn(1).uri.query.heartbeat, Some(5));
    }

    #[test]
    fn what_is_wrong_is_said_without_the_password() {
        let check = |text: &str, expected: &str| {
            assert_eq!(addresses(text).expect_err(text), expected);
        };
        check(
            "amqp://u:secret@one?heartbeat=0",
            "events at `amqp:`: `heartbeat=0`: expected 1 to 600 seconds",
        );
        check(
            "amqp://u:secret@one?declare=no",
            "events at `amqp:`: `declare=no`: expected `make` or `verify`",
        );
        check(
            "amqp://u:secret@one?frame_max=1",
            "events at `amqp:`: unknown `frame_max`: expected `heartbeat` or `declare`",
        );
        for text in [
            "amqp:guest:secret@127.0.0.1:1",
            "amqp:/guest:secret@host:1",
            "amqp://guest:secret@host/one/two",
            "amqp://",
        ] {
            check(
                text,
                "the address of events is none: expected `amqp://user:password@host:port/vhost`",
            );
        }
        let long = format!("amqp://one/{}", "h".repeat(256));
        check(&long, "events: a virtual host of 256 bytes: expected at most 255");
        let shown = format!("{:?}", addresses("amqp://u:secret@one").expect("legal"));
        assert!(!shown.contains("secret"), "{shown}");
    }
}
