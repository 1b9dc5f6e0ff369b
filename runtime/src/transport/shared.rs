//! The transports of one client: what they share, and the ones that were made so far.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::ClientConfig;

use super::http_client::{HttpClient, HttpOptions};
use super::layered::Layers;
use super::{Transport, tls};
use crate::Error;
use crate::client::shutting_down;

/// The most transports that are kept for services to come; more connect timeouts than these are a mistake.
const MOST: usize = 64;

/// What the layers stand on.
pub(crate) enum Base {
    Http(HttpOptions),
    #[cfg(feature = "testing")]
    Scripted(crate::testing::Script),
}

/// What all transports of a client share, and the ones that were made from it, one a connect timeout.
pub(crate) struct Transports {
    base: Base,
    layers: Layers,
    made: Mutex<Made>,
}

#[derive(Default)]
struct Made {
    /// Costs 2 ms and 100 KiB, and is the same for all.
    tls: Option<ClientConfig>,
    transports: Vec<(Duration, Transport)>,
    is_closed: bool,
}

impl Transports {
    pub(crate) fn new(base: Base, layers: Layers) -> Self {
        Self {
            base,
            layers,
            made: Mutex::default(),
        }
    }

    /// The transport whose connections are given up after this time; services with the same one share its pool.
    pub(crate) fn get(&self, connect_timeout: Duration) -> Result<Transport, Error> {
        let mut made = self.made();
        if made.is_closed {
            return Err(shutting_down());
        }
        if let Some((_, transport)) = made.transports.iter().find(|(time, _)| *time == connect_timeout) {
            return Ok(transport.clone());
        }
        let base = match &self.base {
            Base::Http(options) => {
                let tls = made.tls(options)?;
                Transport::Http(HttpClient::new(options, tls, connect_timeout))
            }
            #[cfg(feature = "testing")]
            Base::Scripted(script) => Transport::Scripted(script.clone(), connect_timeout),
        };
        let transport = self.layers.wrap(base);
        if made.transports.len() >= MOST {
            made.transports.remove(0);
        }
        made.transports.push((connect_timeout, transport.clone()));
        Ok(transport)
    }

    /// Gives up the pools for good: their idle connections close with the last call that holds one.
    pub(crate) fn close(&self) {
        let mut made = self.made();
        made.is_closed = true;
        made.transports.clear();
    }

    fn made(&self) -> MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Made {
    fn tls(&mut self, options: &HttpOptions) -> Result<ClientConfig, Error> {
        if let Some(config) = &self.tls {
            return Ok(config.clone());
        }
        let mut config = tls::config(&options.tls)?;
        config.alpn_protocols = options.versions.alpn();
        Ok(self.tls.insert(config).clone())
    }
}
