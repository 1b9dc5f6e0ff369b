//! The one TLS configuration of a client: rustls with aws-lc-rs and the platform's certificates.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use crate::{Error, ErrorKind};

/// Whom to trust beside the platform's certificates.
#[derive(Clone, Debug, Default)]
pub(crate) struct TlsOptions {
    pub(crate) root_certificates: Vec<Vec<u8>>,
    /// Whether the warning is left out that there are no certificates at all.
    pub(crate) silent: bool,
}

/// The configuration, its crypto provider named: two compiled-in providers and a guess are a panic at first use.
pub(crate) fn config(options: &TlsOptions) -> Result<ClientConfig, Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(tls_error)?;
    let config = match Verifier::new_with_extra_roots(extra_roots(options)?, provider) {
        Ok(verifier) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth(),
        // A container without certificates may still call plain HTTP services; its HTTPS calls fail one by one.
        Err(error) => {
            if !options.silent {
                tracing::warn!(target: "trunkline", %error, "no root certificates: no HTTPS server will be trusted");
            }
            builder
                .with_root_certificates(RootCertStore::empty())
                .with_no_client_auth()
        }
    };
    Ok(config)
}

fn extra_roots(options: &TlsOptions) -> Result<Vec<CertificateDer<'static>>, Error> {
    let mut roots = Vec::new();
    for pem in &options.root_certificates {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            roots.push(certificate.map_err(|error| {
                Error::new(
                    ErrorKind::Config,
                    format!("a root certificate is not PEM: {error}"),
                )
                .with_source(error)
            })?);
        }
        if roots.len() == before {
            return Err(Error::new(
                ErrorKind::Config,
                "a root certificate holds no `-----BEGIN CERTIFICATE-----`",
            ));
        }
    }
    Ok(roots)
}

fn tls_error(error: rustls::Error) -> Error {
    Error::new(ErrorKind::Config, format!("TLS cannot be set up: {error}")).with_source(error)
}
