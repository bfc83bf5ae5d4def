//! What a listener takes from its clients.

use std::time::Duration;

use crate::check::{self, Violation};

/// The limits of a listener.
///
/// They are on by default, with figures for a listener that faces strangers: where nginx, Apache httpd and Envoy differ,
/// the one that their guides to hardening recommend.
///
/// ```
/// use hedgerow_config::ListenerLimits;
///
/// let limits = ListenerLimits { body_bytes: None, ..ListenerLimits::default() };
/// assert_eq!(limits.target_bytes, 8192);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ListenerLimits {
    /// Bytes of a request's target (`targetBytes`), at most [`MOST_TARGET_BYTES`](Self::MOST_TARGET_BYTES). More is
    /// answered 414. Default 8192, as nginx and Apache httpd.
    pub target_bytes: u32,
    /// Bytes of a request's field lines together (`headerBytes`), at most
    /// [`MOST_HEADER_BYTES`](Self::MOST_HEADER_BYTES). More is answered 431. Default 32768, as nginx.
    pub header_bytes: u32,
    /// Field lines of a request (`headerCount`), at most [`MOST_HEADERS`](Self::MOST_HEADERS). More is answered 431.
    /// Default 100, as Envoy and Apache httpd.
    pub header_count: u32,
    /// Bytes of a request's body (`bodyBytes`), or as many as come. More is answered 413, also in the middle of a chunked
    /// body. Default 104857600 (100 MiB): bodies are streamed, and cost no memory.
    pub body_bytes: Option<u32>,
    /// From the first byte of a request's head to its last (`headerTime`), which is answered 408; and from the beginning of
    /// a connection to its first byte, after which it is closed. Default 10 s, as Envoy's guide to edges.
    pub header_time: Duration,
    /// How long a body may be waited for in all (`bodyTime`), beside what `body_rate` allows. Then 408. Default 20 s, as
    /// Apache httpd.
    pub body_time: Duration,
    /// Bytes a second that a body must come at (`bodyRate`): each byte that has come is worth so much more time. Default
    /// 500, as Apache httpd.
    pub body_rate: u32,
    /// How long a connection is kept for its next request (`idleTime`). Default 75 s, as nginx.
    pub idle_time: Duration,
    /// How long a client may keep an answer waiting in all (`writeTime`), beside what `write_rate` allows. Then its
    /// connection is reset. Default 30 s.
    pub write_time: Duration,
    /// Bytes a second that an answer must be taken at (`writeRate`). Default 500.
    pub write_rate: u32,
    /// How long a client that has closed its sending side is taken to wait for its answer (`halfClosedTime`): it may just
    /// as well have gone away. Then its call is cancelled. Default 5 s.
    pub half_closed_time: Duration,
    /// Connections at once (`connections`). Further ones wait in the backlog until one ends. Default 10000.
    pub connections: u32,
    /// Connections at once of one address, or one /64 of IPv6, that is no trusted hop (`connectionsPerAddress`), or as
    /// many as come. Further ones are answered 503. Default 4096.
    pub connections_per_address: Option<u32>,
    /// Requests under way at once (`requests`): from when they are led into the chain until the last byte of the answer has
    /// been taken. Each worker thread has its part, rounded up, so that no counter is shared. Further requests wait in
    /// one line for each thread. Default 2048: enough for endpoints that take their time, and bounded in memory and in connections
    /// to them; Envoy's is 1024 for each cluster.
    pub requests: u32,
    /// Requests that may wait (`requestsWaiting`), in the same parts. Further ones are answered 503 at once. Default 2048.
    pub requests_waiting: u32,
    /// How long a request may wait (`requestWait`). Then it is answered 503, too. Default 1 s.
    pub request_wait: Duration,
    /// The share of its time for which a worker thread is to be busy while requests wait (`utilization`). A thread that is
    /// busier works on fewer requests at once, though at least 16, and one that is idle meanwhile on more, up to its part of
    /// `requests`: of those that have no answer yet. Further requests wait as those beyond `requests` do. Endpoints that take
    /// their time leave the thread idle, and hold nothing back. `None` has no such bound. Default 0.95.
    pub utilization: Option<f64>,
}

impl ListenerLimits {
    /// What [`target_bytes`](Self::target_bytes) may be at most.
    pub const MOST_TARGET_BYTES: u32 = 60_000;
    /// What [`header_bytes`](Self::header_bytes) may be at most.
    pub const MOST_HEADER_BYTES: u32 = 262_144;
    /// What [`header_count`](Self::header_count) may be at most.
    pub const MOST_HEADERS: u32 = 10_000;

    /// Checks the numbers.
    ///
    /// # Errors
    ///
    /// Every rule that they break, each with its key below `limits`.
    ///
    /// ```
    /// use hedgerow_config::ListenerLimits;
    ///
    /// let limits = ListenerLimits { header_count: 0, ..ListenerLimits::default() };
    /// let violations = limits.check().unwrap_err();
    /// assert_eq!(violations[0].to_string(), "headerCount: expected at least 1, found 0");
    /// ```
    pub fn check(&self) -> Result<(), Vec<Violation>> {
        check::limits(self)
    }
}

impl Default for ListenerLimits {
    fn default() -> Self {
        Self {
            target_bytes: 8_192,
            header_bytes: 32_768,
            header_count: 100,
            body_bytes: Some(104_857_600),
            header_time: Duration::from_secs(10),
            body_time: Duration::from_secs(20),
            body_rate: 500,
            idle_time: Duration::from_secs(75),
            write_time: Duration::from_secs(30),
            write_rate: 500,
            half_closed_time: Duration::from_secs(5),
            connections: 10_000,
            connections_per_address: Some(4_096),
            requests: 2_048,
            requests_waiting: 2_048,
            request_wait: Duration::from_secs(1),
            utilization: Some(0.95),
        }
    }
}
