//! Certificates of a private authority.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

/// All in PEM.
pub(super) struct Certificates {
    /// Of the authority: it makes the server's trusted.
    pub(super) root: String,
    /// For `localhost`.
    pub(super) server: String,
    pub(super) key: String,
}

impl Certificates {
    pub(super) fn new() -> Self {
        let mut authority = params(&[]);
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root_key = KeyPair::generate().expect("there is randomness");
        let root = authority.self_signed(&root_key).expect("it may sign");
        let key = KeyPair::generate().expect("there is randomness");
        let server = params(&["localhost"]).signed_by(&key, &Issuer::new(authority, root_key));
        Self {
            root: root.pem(),
            server: server.expect("the authority may sign").pem(),
            key: key.serialize_pem(),
        }
    }
}

fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    CertificateParams::new(names).expect("legal names")
}
