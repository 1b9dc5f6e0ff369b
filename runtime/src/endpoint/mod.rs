//! What a service is, said once and for all: the static descriptors that `#[service]` writes.

mod attributes;
mod settings;
mod template;

pub use attributes::{Attributes, EnvelopeKeys};
pub(crate) use template::{PathTemplate, Piece, is_dot_segment, join};

use std::fmt;

/// The static description of a service: what stands on its trait.
///
/// Written by `#[service]`; reached through `{Trait}Client::ENDPOINTS` and [`Endpoint`].
pub struct Service {
    pub(crate) name: &'static str,
    pub(crate) prefix: &'static str,
    pub(crate) endpoints: &'static [&'static Endpoint],
    pub(crate) attributes: Attributes,
}

/// The static description of an endpoint: what stands on one method of a service.
///
/// ```
/// use trunkline::{Result, service};
///
/// #[service("model-service")]
/// trait Models {
///     #[get("/api/v1/models/{id}")]
///     async fn model(&self, id: &str) -> Result<String>;
/// }
///
/// let endpoint = ModelsClient::ENDPOINTS[0];
/// assert_eq!((endpoint.name(), endpoint.method(), endpoint.path()), ("model", "GET", "/api/v1/models/{id}"));
/// ```
pub struct Endpoint {
    pub(crate) index: usize,
    pub(crate) name: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) attributes: Attributes,
}

impl Endpoint {
    /// The name of the method in the trait.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The HTTP method.
    pub const fn method(&self) -> &'static str {
        self.method
    }

    /// The path template as it is written in the source, without the service's prefix.
    pub const fn path(&self) -> &'static str {
        self.path
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("name", &self.name)
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("name", &self.name)
            .field("endpoints", &self.endpoints)
            .finish_non_exhaustive()
    }
}

/// A service's descriptor, as the macro writes it.
pub const fn service(
    name: &'static str,
    prefix: &'static str,
    endpoints: &'static [&'static Endpoint],
    attributes: Attributes,
) -> Service {
    Service {
        name,
        prefix,
        endpoints,
        attributes,
    }
}

/// An endpoint's descriptor, as the macro writes it; `index` is its place in the service.
pub const fn endpoint(
    index: usize,
    name: &'static str,
    method: &'static str,
    path: &'static str,
    attributes: Attributes,
) -> Endpoint {
    Endpoint {
        index,
        name,
        method,
        path,
        attributes,
    }
}
