//! What lies under the attempts: layers, protocols, certificates, proxies, connections.

mod connections;
mod layers;
mod proxy;
mod tls;
