//! Events over HTTP: the messaging service of family A takes what is published, and sends what is subscribed to as
//! requests to the subscriber's own server.
//!
//! Publishing is a call of the service `messaging`, with all that a call has. What arrives is held as a request until it
//! is handled: 2xx is given for nothing else. What is tried again later is answered with 503 and `Retry-After`, so that
//! the messaging service, which has the event on its disk, sends it again; nothing that is not handled is kept here but
//! dead letters, which the messaging service was told of with 422.
//!
//! - `settings`, `dialect`: where to, and in which words; `publish`: one event out
//! - `register`: tells the messaging service where to send events to
//! - `callbacks`: the service for the subscriber's server; `request`, `answer`: what it reads and says
//! - `line`: the requests that wait for a handler; `attempts`: how often an event was tried that will be sent again

mod answer;
mod attempts;
mod callbacks;
mod dialect;
mod line;
mod publish;
mod register;
mod request;
mod settings;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, timeout};
use url::Url;

use self::line::Line;
use super::memory::{Bounds, MemoryBus};
use super::{Declaration, Nack, Outgoing};
use crate::client::{ServiceClient, Shared, lock};
use crate::{Error, ErrorKind};

pub use self::callbacks::Callbacks;
pub use self::dialect::MessagingDialect;
pub(crate) use self::line::{Source, Token};
pub(crate) use self::settings::HttpSettings;

/// The name that the messaging service has in settings, spans and figures.
const SERVICE: &str = "messaging";

/// How long a subscription waits for its first registration before it goes on in the background.
const FIRST_REGISTRATION: Duration = Duration::from_secs(2);

/// The messaging service, as one client sees it.
pub(crate) struct HttpBus {
    base: Url,
    settings: HttpSettings,
    /// Set when the client is built; weak, since the client owns this.
    shared: OnceLock<Attached>,
    /// One for each running subscription.
    lines: Mutex<Vec<Weak<Line>>>,
    /// Dead letters, and those that are replayed.
    shelves: Arc<MemoryBus>,
    is_down: AtomicBool,
    /// How often the messaging service came back.
    returns: watch::Sender<u64>,
}

/// The client of a bus.
struct Attached {
    shared: Weak<Shared>,
    /// Whether its settings say where the messaging service is.
    has_instances: bool,
}

impl HttpBus {
    /// # Errors
    /// `Config` for an address, a dialect or an address of callbacks that is not allowed.
    pub(super) fn open(url: &Url, settings: &HttpSettings) -> Result<Self, Error> {
        Ok(Self {
            base: settings::base(url)?,
            settings: settings.or_of(url)?,
            shared: OnceLock::new(),
            lines: Mutex::default(),
            shelves: Arc::new(MemoryBus::new(Bounds::default())),
            is_down: AtomicBool::new(false),
            returns: watch::Sender::new(0),
        })
    }

    /// Publishing is a call of this client: to the instances that the settings name for the messaging service, else to the
    /// address of the events.
    pub(super) fn attach(&self, shared: &Arc<Shared>) {
        self.shared.get_or_init(|| {
            let settings = shared.sources().service(SERVICE);
            Attached {
                shared: Arc::downgrade(shared),
                has_instances: settings.is_ok_and(|settings| settings.service.urls.is_some()),
            }
        });
    }

    pub(super) fn shelves(&self) -> &MemoryBus {
        &self.shelves
    }

    pub(super) fn check(&self, outgoing: &Outgoing) -> Result<(), Nack> {
        publish::check(self.dialect(), outgoing)
    }

    pub(super) async fn publish(&self, outgoing: &Outgoing, deadline: Option<Instant>) -> Result<(), Nack> {
        let service = self.service().ok_or_else(|| Nack::temporary(GONE))?;
        let published = publish::publish(&service, self.dialect(), outgoing, deadline).await;
        self.notice(published.is_err_and_down());
        published.into_result()
    }

    /// Tells the messaging service where to send the events of these names, and takes what it sends. Returns once it was
    /// told, or after a moment: then it is told in the background, until it worked.
    pub(super) async fn subscribe(self: &Arc<Self>, declaration: &Declaration) -> Result<Source, Error> {
        let replayed = self.shelves.subscribe(declaration)?;
        let line = Arc::new(Line::new(declaration));
        {
            let mut lines = lock(&self.lines);
            lines.retain(|line| line.strong_count() > 0);
            lines.push(Arc::downgrade(&line));
        }
        let (told, is_told) = oneshot::channel();
        let registering = tokio::spawn(register::run(Arc::clone(self), declaration.clone(), told));
        let source = Source::new(line, replayed, Arc::clone(&self.shelves), registering);
        // Later is as good: it goes on in the background.
        let _ = timeout(FIRST_REGISTRATION, is_told).await;
        Ok(source)
    }

    fn dialect(&self) -> MessagingDialect {
        self.settings.dialect.unwrap_or_default()
    }

    fn service(&self) -> Option<ServiceClient> {
        let Attached {
            shared,
            has_instances,
        } = self.shared.get()?;
        let address = (!has_instances).then(|| self.base.as_str().trim_end_matches('/'));
        Some(ServiceClient::untyped(&shared.upgrade()?, SERVICE, address))
    }

    /// The open lines of a group.
    fn lines(&self, group: &str) -> Vec<Arc<Line>> {
        let lines = lock(&self.lines);
        let open = lines.iter().filter_map(Weak::upgrade);
        open.filter(|line| line.is_of(group) && line.is_open()).collect()
    }

    /// Notices that the messaging service went away, and that it came back: it may have forgotten who subscribed.
    fn notice(&self, is_down: bool) {
        if self.is_down.swap(is_down, Ordering::Relaxed) && !is_down {
            self.returns.send_modify(|returns| *returns += 1);
        }
    }
}

const GONE: &str = "the client is gone";

/// # Errors
/// `Config` where events do not go over HTTP.
pub(crate) fn not_over_http() -> Error {
    let message = "callbacks of events: expected events at an address of `http:` or `https:`";
    Error::new(ErrorKind::Config, message)
}

impl fmt::Debug for HttpBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpBus")
            .field("base", &self.base.as_str())
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
