//! So many requests in so much time.

use std::fmt;
use std::time::Duration;

/// Admits so many requests in a second, a minute or an hour, for all together or for each key.
///
/// ```
/// use hedgerow_config::{LimitKey, RateLimit};
///
/// let quota = RateLimit::per_second(500).burst(100).key(LimitKey::header("x-tenant")).max_keys(10_000);
/// assert_eq!(quota.burst, Some(100));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimit {
    /// How many requests in how much time (`perSecond`, `perMinute` or `perHour`).
    pub rate: Rate,
    /// How many may come at once after a quiet time (`burst`). Default: as many as [`rate`](Self::rate) says.
    pub burst: Option<u32>,
    /// What there is one bucket for (`key`). Default: one for all.
    pub key: LimitKey,
    /// What becomes of requests without the key (`withoutKey`). Default: they share one bucket.
    pub without_key: WithoutKey,
    /// The most keys that have a bucket of their own (`maxKeys`). Default 10,000.
    pub max_keys: u32,
}

impl RateLimit {
    /// The most requests that may be configured: a million in a second, and as many times that as a longer time has seconds.
    pub const MOST_PER_SECOND: u32 = 1_000_000;

    /// The most keys that may be configured: a table for them takes 32 MiB.
    pub const MOST_KEYS: u32 = 1_000_000;

    /// This many requests in a second.
    pub fn per_second(requests: u32) -> Self {
        Self::new(requests, Per::Second)
    }

    /// This many requests in a minute.
    pub fn per_minute(requests: u32) -> Self {
        Self::new(requests, Per::Minute)
    }

    /// This many requests in an hour.
    pub fn per_hour(requests: u32) -> Self {
        Self::new(requests, Per::Hour)
    }

    fn new(requests: u32, per: Per) -> Self {
        Self {
            rate: Rate { requests, per },
            burst: None,
            key: LimitKey::None,
            without_key: WithoutKey::Share,
            max_keys: 10_000,
        }
    }

    /// The same, and so many may come at once.
    #[must_use]
    pub fn burst(mut self, requests: u32) -> Self {
        self.burst = Some(requests);
        self
    }

    /// The same, with a bucket for each of these.
    #[must_use]
    pub fn key(mut self, key: LimitKey) -> Self {
        self.key = key;
        self
    }

    /// The same, and this becomes of requests without the key.
    #[must_use]
    pub fn without_key(mut self, without: WithoutKey) -> Self {
        self.without_key = without;
        self
    }

    /// The same, with a bucket of their own for so many keys.
    #[must_use]
    pub fn max_keys(mut self, keys: u32) -> Self {
        self.max_keys = keys;
        self
    }

    /// How many may come at once: [`burst`](Self::burst), or as many as the rate says.
    pub fn most_at_once(&self) -> u32 {
        self.burst.unwrap_or(self.rate.requests)
    }
}

/// So many requests in a length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub requests: u32,
    /// In how much time.
    pub per: Per,
}

impl fmt::Display for Rate {
    /// As people say it: `500 per second`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} per {}", self.requests, self.per.name())
    }
}

/// The lengths of time that a rate is told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// `perSecond`
    Second,
    /// `perMinute`
    Minute,
    /// `perHour`
    Hour,
}

impl Per {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Second, Self::Minute, Self::Hour];

    /// The key of a document that tells a rate in it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Second => "perSecond",
            Self::Minute => "perMinute",
            Self::Hour => "perHour",
        }
    }

    /// As people say it: `second`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
        }
    }

    /// How long it is.
    pub fn length(self) -> Duration {
        Duration::from_secs(match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 60 * 60,
        })
    }
}

/// What there is one bucket for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum LimitKey {
    /// `none`: all requests together.
    #[default]
    None,
    /// `address`: who sent the request, as the transport says. An IPv6 address counts by its first 64 bits: whoever has one
    /// such address has the other 2^64 of its network, too.
    Address,
    /// `tenant`: the tenant of the request, as the listener says (`listeners[].tenant`).
    Tenant,
    /// `header:NAME`: the first value of a header, its name in lower case.
    Header(String),
}

impl LimitKey {
    /// The first value of the header with this name.
    pub fn header(name: impl AsRef<str>) -> Self {
        Self::Header(name.as_ref().to_ascii_lowercase())
    }
}

impl fmt::Display for LimitKey {
    /// As a document writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Address => f.write_str("address"),
            Self::Tenant => f.write_str("tenant"),
            Self::Header(name) => write!(f, "header:{name}"),
        }
    }
}

/// What becomes of requests without the key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WithoutKey {
    /// `share`: they have one bucket together.
    #[default]
    Share,
    /// `pass`: they are not limited.
    Pass,
}
