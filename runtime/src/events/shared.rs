//! What all handles on the events of one client share.

use std::sync::Arc;

use url::Url;

use super::bus::http::{Callbacks, HttpSettings, not_over_http};
use super::bus::{Bus, Opening};
use super::figures::{EventFigures, EventMetrics};
use super::format::EventFormat;
use super::id::EventIds;
use super::inbox::Inboxes;
#[cfg(feature = "outbox")]
use super::state::with_outbox;
use super::text::Text;
use super::worker::Workers;
use crate::client::Shared;
use crate::encode::SizeHint;
use crate::{Error, ErrorKind, Result};

/// The most bytes of an event, unless it is raised.
pub(crate) const MAX_BODY: usize = 1024 * 1024;

/// The events of one client.
pub(crate) struct EventsShared {
    /// Who publishes.
    pub(super) source: Text,
    pub(super) format: EventFormat,
    pub(super) max_body: usize,
    pub(super) body_size: SizeHint,
    pub(super) ids: EventIds,
    pub(super) figures: EventFigures,
    pub(crate) workers: Workers,
    pub(super) inboxes: Inboxes,
    #[cfg(feature = "outbox")]
    pub(crate) outbox: Option<super::Outbox>,
    /// What is wrong with the address is the error of whoever uses events, and of nobody else.
    bus: Result<Bus>,
    #[cfg(feature = "testing")]
    recording: Option<super::RecordingEvents>,
}

/// What a builder has decided of events.
pub(crate) struct EventSettings {
    /// None: in process. Several: the nodes of one broker.
    pub(crate) urls: Vec<Url>,
    pub(crate) http: HttpSettings,
    pub(crate) format: EventFormat,
    pub(crate) max_body: usize,
    #[cfg(feature = "outbox")]
    pub(crate) outbox: Option<super::Outbox>,
    #[cfg(feature = "testing")]
    pub(crate) recording: Option<super::RecordingEvents>,
    /// Whom to trust.
    #[cfg(feature = "amqp")]
    pub(crate) tls: crate::transport::TlsOptions,
}

/// The client that the events are of.
pub(crate) struct Owner<'a> {
    pub(crate) name: &'a str,
    pub(crate) metrics: bool,
    #[cfg(feature = "amqp")]
    pub(crate) logging: bool,
    #[cfg(feature = "amqp")]
    pub(crate) random: &'a crate::random::Random,
}

impl EventsShared {
    #[cfg_attr(
        not(any(feature = "testing", feature = "outbox", feature = "amqp")),
        expect(
            clippy::needless_pass_by_value,
            reason = "what features bring is moved out of it"
        )
    )]
    pub(crate) fn new(settings: EventSettings, owner: &Owner<'_>) -> Self {
        let source = owner.name;
        let bus = Bus::open(&Opening {
            urls: &settings.urls,
            http: &settings.http,
            #[cfg(feature = "amqp")]
            format: settings.format,
            #[cfg(feature = "amqp")]
            name: source,
            #[cfg(feature = "amqp")]
            tls: settings.tls,
            #[cfg(feature = "amqp")]
            logging: owner.logging,
            #[cfg(feature = "amqp")]
            random: owner.random,
        });
        let largest = bus.as_ref().map_or(usize::MAX, Bus::largest);
        Self {
            source: Text::copy(source),
            format: settings.format,
            max_body: settings.max_body.min(largest),
            body_size: SizeHint::new(),
            ids: EventIds::default(),
            figures: EventFigures::new(owner.metrics),
            workers: Workers::default(),
            inboxes: Inboxes::default(),
            #[cfg(feature = "outbox")]
            outbox: settings.outbox,
            bus,
            #[cfg(feature = "testing")]
            recording: settings.recording,
        }
    }

    /// What carries the events.
    ///
    /// # Errors
    /// `Config` when the address is not one that this build speaks.
    pub(super) fn bus(&self) -> Result<&Bus> {
        self.bus.as_ref().map_err(Error::clone)
    }

    /// The service that takes the events of a group over HTTP.
    ///
    /// # Errors
    /// `Config` where events do not go over HTTP.
    pub(super) fn callbacks(&self, group: Text) -> Result<Callbacks> {
        match self.bus()? {
            Bus::Http(bus) => Ok(Callbacks::new(bus, group, self.max_body)),
            Bus::Memory(_) => Err(not_over_http()),
            #[cfg(feature = "amqp")]
            Bus::Amqp(_) => Err(not_over_http()),
        }
    }

    /// Gives the bus the client that it belongs to.
    pub(crate) fn attach(&self, shared: &Arc<Shared>) {
        if let Ok(bus) = &self.bus {
            bus.attach(shared);
        }
    }

    pub(crate) fn metrics(&self) -> EventMetrics {
        let metrics = self.figures.snapshot(self.bus.as_ref().ok());
        #[cfg(feature = "outbox")]
        let metrics = self.with_outbox(metrics);
        metrics
    }

    #[cfg(feature = "outbox")]
    fn with_outbox(&self, metrics: EventMetrics) -> EventMetrics {
        let outbox = self.outbox.as_ref().map(super::Outbox::metrics);
        let health = self.outbox.as_ref().map(super::Outbox::health);
        EventMetrics {
            state: with_outbox(metrics.state, health.as_ref()),
            in_flight: metrics.in_flight + outbox.as_ref().map_or(0, |outbox| outbox.depth),
            outbox,
            ..metrics
        }
    }

    /// Starts what works without being asked: the relay of the outbox.
    #[cfg(feature = "outbox")]
    pub(crate) fn start(&self, shared: &Arc<Shared>) {
        if let (Some(outbox), Ok(bus)) = (&self.outbox, &self.bus) {
            outbox.start(bus, shared);
        }
    }

    /// Ends what runs in the background.
    #[cfg(feature = "amqp")]
    pub(crate) async fn shutdown(&self, deadline: tokio::time::Instant) {
        if let Ok(bus) = &self.bus {
            bus.shutdown(deadline).await;
        }
    }

    #[cfg(feature = "testing")]
    pub(super) fn record(&self, message: &super::message::Message) -> Result<()> {
        self.recording
            .as_ref()
            .map_or(Ok(()), |recording| recording.record(message))
    }
}

/// The addresses that a builder was given, with commas between those of one broker's nodes.
///
/// # Errors
/// `Config` when one is no address, or this build does not speak its scheme.
pub(crate) fn parse_events_url(text: &str, http: &HttpSettings) -> Result<Vec<Url>> {
    let urls = addresses(text).map(|address| {
        // Without the text: it may hold a password.
        Url::parse(address).map_err(|error| {
            let message = format!(
                "the address of events is no URL: {error}; expected `memory:`, or a scheme, `://` and a host"
            );
            Error::new(ErrorKind::Config, message)
        })
    });
    let urls: Vec<Url> = urls.collect::<Result<_>>()?;
    Bus::open(&Opening {
        urls: &urls,
        http,
        #[cfg(feature = "amqp")]
        format: EventFormat::default(),
        #[cfg(feature = "amqp")]
        name: "",
        #[cfg(feature = "amqp")]
        tls: crate::transport::TlsOptions::default(),
        #[cfg(feature = "amqp")]
        logging: false,
        #[cfg(feature = "amqp")]
        random: &crate::random::Random::from_seed(0),
    })?;
    Ok(urls)
}

/// A list of addresses; only those of brokers are lists.
pub(crate) fn addresses(text: &str) -> impl Iterator<Item = &str> {
    let most = if text.starts_with("amqp") { usize::MAX } else { 1 };
    text.splitn(most, ',')
}

impl Default for EventSettings {
    fn default() -> Self {
        Self {
            urls: Vec::new(),
            http: HttpSettings::default(),
            format: EventFormat::default(),
            max_body: MAX_BODY,
            #[cfg(feature = "outbox")]
            outbox: None,
            #[cfg(feature = "testing")]
            recording: None,
            #[cfg(feature = "amqp")]
            tls: crate::transport::TlsOptions::default(),
        }
    }
}
