//! The address of a proxy, its password apart.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Uri};
use percent_encoding::percent_decode_str;
use url::Url;

use crate::{Error, ErrorKind};

/// A proxy that passes HTTP requests on and opens tunnels for HTTPS.
#[derive(Clone)]
pub(crate) struct Proxy {
    /// Without the user and the password.
    pub(super) address: Uri,
    authorization: Option<HeaderValue>,
}

impl Proxy {
    /// The proxy at this address: `http://[user:password@]host[:port]`, or with `https`.
    ///
    /// # Errors
    /// `Config` when it is none; the error shows nothing of a password inside it.
    pub(crate) fn parse(address: &str) -> Result<Self, Error> {
        Self::read(address).ok_or_else(|| {
            Error::new(
                ErrorKind::Config,
                "`proxy` is not an address such as `http://proxy:3128`",
            )
        })
    }

    fn read(address: &str) -> Option<Self> {
        let url = Url::parse(address).ok()?;
        let authority = match (url.host_str()?, url.port_or_known_default()?) {
            ("", _) => return None,
            (host, port) => format!("{host}:{port}"),
        };
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        let address = Uri::builder()
            .scheme(url.scheme())
            .authority(authority)
            .path_and_query("/");
        Some(Self {
            address: address.build().ok()?,
            authorization: basic(&url),
        })
    }

    /// The value of `Proxy-Authorization`.
    pub(super) fn authorization(&self) -> Option<HeaderValue> {
        self.authorization.clone()
    }
}

/// The user and password of an address (RFC 7617).
fn basic(url: &Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let decoded = |text| percent_decode_str(text).collect::<Vec<u8>>();
    let user = decoded(url.username());
    let pair = [&user, &b":"[..], &decoded(url.password().unwrap_or_default())].concat();
    let value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(&pair)));
    let mut value = value.expect("base64 is legal in a header value");
    value.set_sensitive(true);
    Some(value)
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Proxy").field(&self.address).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_kept_apart_and_decoded() {
        let proxy = Proxy::parse("http://us%40er:pa%3Ass@proxy:3128/ignored").unwrap();
        assert_eq!(proxy.address, "http://proxy:3128/");
        assert_eq!(proxy.authorization().unwrap(), "Basic dXNAZXI6cGE6c3M=");
        assert_eq!(format!("{proxy:?}"), "Proxy(http://proxy:3128/)");
    }

    #[test]
    fn an_address_without_a_port_has_that_of_its_scheme() {
        assert_eq!(Proxy::parse("http://proxy").unwrap().address, "http://proxy:80/");
        assert_eq!(
            Proxy::parse("https://[::1]").unwrap().address,
            "https://[::1]:443/"
        );
        assert!(Proxy::parse("http://proxy").unwrap().authorization().is_none());
    }

    #[test]
    fn what_is_no_proxy_is_refused() {
        for address in [
            "",
            "proxy",
            "proxy:3128",
            "ftp://proxy",
            "socks5://proxy",
            "http://",
            "http://a b",
        ] {
            assert!(Proxy::parse(address).is_err(), "{address}");
        }
    }
}
