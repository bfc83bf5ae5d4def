//! How endpoints are asked whether they are well.

use std::time::Duration;

/// How the endpoints of an upstream are asked from time to time whether they are well (one of `healthChecks`). An endpoint is
/// given calls while it passes all checks; until its first answer it is taken to pass.
///
/// ```
/// use hedgerow_config::{HealthCheck, HealthCheckKind};
///
/// let check = HealthCheck::new(HealthCheckKind::http("/healthz"));
/// assert_eq!((check.unhealthy_after, check.healthy_after), (3, 2));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct HealthCheck {
    /// What is asked, and which answer passes (`kind`).
    pub kind: HealthCheckKind,
    /// Time from one check to the next (`every`). Default 5 s.
    pub every: Duration,
    /// A check that takes longer has failed (`timeout`). Default 1 s.
    pub timeout: Duration,
    /// Checks in a row that must fail before a healthy endpoint is unhealthy, at least 1 (`unhealthyAfter`). Default 3.
    pub unhealthy_after: u32,
    /// Checks in a row that must pass before an unhealthy endpoint is healthy, at least 1 (`healthyAfter`). Default 2.
    pub healthy_after: u32,
    /// The share of `every` that is random, 0 to 1: so much at most is taken off (`jitter`). Default 0.1.
    pub jitter: f64,
}

impl HealthCheck {
    /// One of this kind, and otherwise the defaults.
    pub fn new(kind: HealthCheckKind) -> Self {
        Self {
            kind,
            every: Duration::from_secs(5),
            timeout: Duration::from_secs(1),
            unhealthy_after: 3,
            healthy_after: 2,
            jitter: 0.1,
        }
    }
}

/// What is asked of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HealthCheckKind {
    /// `GET` of this path; passed by an answer with one of these statuses (`kind: http`, `path`, `expect`).
    Http {
        /// The path, which begins with `/`.
        path: String,
        /// The statuses, at least one, each from 200 to 599. Default 200 alone.
        expect: Vec<u16>,
    },
    /// A connection; passed where it can be opened (`kind: tcp`).
    Tcp,
}

impl HealthCheckKind {
    /// The status that passes where none is named.
    pub const EXPECTED: u16 = 200;

    /// `GET` of this path, passed by an answer with status 200.
    pub fn http(path: impl Into<String>) -> Self {
        Self::Http {
            path: path.into(),
            expect: vec![Self::EXPECTED],
        }
    }
}
