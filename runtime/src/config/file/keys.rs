//! Every key of the file.

pub(super) const DEFAULTS: &str = "defaults";
pub(super) const SERVICES: &str = "services";
pub(super) const ENDPOINTS: &str = "endpoints";

pub(super) const URL: &str = "url";
pub(super) const TIMEOUT: &str = "timeout";
pub(super) const ATTEMPT_TIMEOUT: &str = "attempt_timeout";
pub(super) const CONNECT_TIMEOUT: &str = "connect_timeout";
pub(super) const IDLE_TIMEOUT: &str = "idle_timeout";
pub(super) const RETRY: &str = "retry";
pub(super) const BREAKER: &str = "breaker";
pub(super) const API_KEY: &str = "api_key";
pub(super) const HEADERS: &str = "headers";
pub(super) const ENVELOPE: &str = "envelope";
pub(super) const HEALTH_PATH: &str = "health_path";
pub(super) const REDIRECTS: &str = "redirects";

pub(super) const TIMES: &str = "times";
pub(super) const BACKOFF: &str = "backoff";
pub(super) const DELAY: &str = "delay";
pub(super) const MAX_DELAY: &str = "max_delay";
pub(super) const ON: &str = "on";

pub(super) const FAILURES: &str = "failures";
pub(super) const MAX_OPEN: &str = "max_open";

pub(super) const DATA: &str = "data";
pub(super) const CODE: &str = "code";
pub(super) const MESSAGE: &str = "message";
pub(super) const OK: &str = "ok";

pub(super) const ROOT: [&str; 2] = [DEFAULTS, SERVICES];
pub(super) const IN_SERVICE: [&str; 13] = [
    URL,
    TIMEOUT,
    ATTEMPT_TIMEOUT,
    CONNECT_TIMEOUT,
    IDLE_TIMEOUT,
    RETRY,
    BREAKER,
    API_KEY,
    HEADERS,
    ENVELOPE,
    HEALTH_PATH,
    REDIRECTS,
    ENDPOINTS,
];
/// All but where a service is and what it consists of.
pub(super) const IN_DEFAULTS: [&str; 11] = [
    TIMEOUT,
    ATTEMPT_TIMEOUT,
    CONNECT_TIMEOUT,
    IDLE_TIMEOUT,
    RETRY,
    BREAKER,
    API_KEY,
    HEADERS,
    ENVELOPE,
    HEALTH_PATH,
    REDIRECTS,
];
/// All but what concerns the service as a whole: its addresses, its connections, its health.
pub(super) const IN_ENDPOINT: [&str; 9] = [
    TIMEOUT,
    ATTEMPT_TIMEOUT,
    IDLE_TIMEOUT,
    RETRY,
    BREAKER,
    API_KEY,
    HEADERS,
    ENVELOPE,
    REDIRECTS,
];
pub(super) const IN_RETRY: [&str; 5] = [TIMES, BACKOFF, DELAY, MAX_DELAY, ON];
pub(super) const IN_BREAKER: [&str; 2] = [FAILURES, MAX_OPEN];
pub(super) const IN_ENVELOPE: [&str; 4] = [DATA, CODE, MESSAGE, OK];
