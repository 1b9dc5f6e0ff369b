//! Every name of the environment that means something, the stronger before its aliases.

pub(super) const ENVIRONMENT: &str = "MICROSERVICE_ENV";
pub(super) const GATEWAY_URL: &str = "GATEWAY_URL";
pub(super) const MESSAGING_URL: &str = "MESSAGING_URL";
pub(super) const BREAKER_FAILURES: &str = "CB_FAILURE_THRESHOLD";
pub(super) const BREAKER_MAX_OPEN: &str = "CB_RECOVERY_TIMEOUT";
pub(super) const CACHE_TTL: &str = "SERVICE_CACHE_TTL";
pub(super) const METRICS: &str = "METRICS_ENABLED";
pub(super) const LOGGING: &str = "LOGGING_ENABLED";
pub(super) const DNS_SCHEME: &str = "RPC_CLIENT__DNS_SCHEME";
pub(super) const DNS_PORT: &str = "RPC_CLIENT__DNS_PORT";
pub(super) const DNS_FALLBACK: &str = "RPC_CLIENT__USE_DNS_FALLBACK";
pub(super) const CALLER: &str = "SERVICE__NAME";

pub(super) const TIMEOUT: [&str; 3] = [
    "DEFAULT_TIMEOUT",
    "RPC_CLIENT__DEFAULT_TIMEOUT",
    "RPC_CLIENT_TIMEOUT",
];
pub(super) const RETRY_TIMES: [&str; 3] = [
    "DEFAULT_RETRY_TIMES",
    "RPC_CLIENT__DEFAULT_RETRY_TIMES",
    "RPC_CLIENT_RETRIES",
];
pub(super) const RETRY_DELAY: [&str; 3] = [
    "DEFAULT_RETRY_DELAY",
    "RPC_CLIENT__RETRY_DELAY",
    "RPC_CLIENT_RETRY_DELAY",
];
pub(super) const SERVICES: [&str; 2] = ["RPC_CLIENT__SERVICES", "RPC_CLIENT_SERVICES"];

const SINGLE: [&str; 12] = [
    ENVIRONMENT,
    GATEWAY_URL,
    MESSAGING_URL,
    BREAKER_FAILURES,
    BREAKER_MAX_OPEN,
    CACHE_TTL,
    METRICS,
    LOGGING,
    DNS_SCHEME,
    DNS_PORT,
    DNS_FALLBACK,
    CALLER,
];

/// What follows the name of a service: `ORDER_SERVICE` + `_URL`.
pub(super) const URL: &str = "_URL";
pub(super) const SERVICE_TIMEOUT: &str = "_TIMEOUT";
pub(super) const SERVICE_RETRY: [&str; 2] = ["_RETRY", "_RETRY_TIMES"];
pub(super) const SERVICE_BREAKER: &str = "_CIRCUIT_BREAKER";
pub(super) const SERVICE_API_KEY: &str = "_API_KEY";

const SUFFIXES: [&str; 6] = [
    URL,
    SERVICE_TIMEOUT,
    SERVICE_RETRY[0],
    SERVICE_RETRY[1],
    SERVICE_BREAKER,
    SERVICE_API_KEY,
];

/// Services whose own names would be those of the client: `GATEWAY_URL`, `MESSAGING_URL`, `DEFAULT_TIMEOUT`.
const WITHOUT_NAMES: [&str; 3] = ["GATEWAY", "MESSAGING", "DEFAULT"];

/// Whether a name can mean anything to a client.
pub(super) fn is_ours(name: &str) -> bool {
    let lists: [&[&str]; 5] = [&SINGLE, &TIMEOUT, &RETRY_TIMES, &RETRY_DELAY, &SERVICES];
    lists.iter().any(|list| list.contains(&name)) || SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}

/// `order-service` as its names begin, `ORDER_SERVICE`; `None` when it takes none.
pub(super) fn service_prefix(service: &str) -> Option<String> {
    let prefix = service.to_ascii_uppercase().replace('-', "_");
    (!prefix.is_empty() && !WITHOUT_NAMES.contains(&prefix.as_str())).then_some(prefix)
}

/// The name under which the environment says where a service is; `None` when it takes none, or none that a shell can set.
pub(crate) fn url_variable(service: &str) -> Option<String> {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    service_prefix(service)
        .filter(|prefix| {
            prefix.bytes().all(is_legal) && !prefix.starts_with(|first: char| first.is_ascii_digit())
        })
        .map(|prefix| prefix + URL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_named_in_upper_case() {
        let check =
            |service, expected: Option<&str>| assert_eq!(service_prefix(service).as_deref(), expected);
        check("order-service", Some("ORDER_SERVICE"));
        check("Model2", Some("MODEL2"));
        check("a_b.c", Some("A_B.C"));
        check("gateway", None);
        check("Messaging", None);
        check("DEFAULT", None);
        check("default-service", Some("DEFAULT_SERVICE"));
        check("", None);
    }

    #[test]
    fn advises_only_what_a_shell_can_set() {
        let check = |service, expected: Option<&str>| assert_eq!(url_variable(service).as_deref(), expected);
        check("order-service", Some("ORDER_SERVICE_URL"));
        for service in ["a.b", "2nd", "größe", "two words", "gateway"] {
            check(service, None);
        }
    }

    #[test]
    fn knows_its_own_names() {
        for name in [
            "SERVICE__NAME",
            "RPC_CLIENT_RETRIES",
            "A_URL",
            "A_RETRY_TIMES",
            "A_API_KEY",
        ] {
            assert!(is_ours(name), "{name}");
        }
        for name in ["PATH", "HOME", "URL", "default_timeout", "A_URLS"] {
            assert!(!is_ours(name), "{name}");
        }
    }
}
