//! Which requests are copied to another upstream.

use crate::{Violation, check};

/// Has a share of the requests to an upstream copied to another one (`mirror`), whose answers nobody sees: to try a new version
/// under the traffic of the old one.
///
/// The rule is that of Envoy's `request_mirror_policies`, and stands with the upstream as there it may stand with a cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct MirrorPolicy {
    /// The name of the upstream that is sent the copies (`upstream`); another one.
    pub upstream: String,
    /// The share of the requests that are copied, above 0 and at most 1 (`fraction`). Default 1.
    pub fraction: f64,
    /// How many copies may be under way, 1 to [`MOST_IN_FLIGHT`](Self::MOST_IN_FLIGHT) (`maxInFlight`); a request beyond is not
    /// copied. Default 64.
    pub max_in_flight: u32,
}

impl MirrorPolicy {
    /// The most copies that can be asked for.
    pub const MOST_IN_FLIGHT: u32 = 10_000;

    /// Of every request, to the upstream with this name.
    pub fn to(upstream: impl Into<String>) -> Self {
        Self {
            upstream: upstream.into(),
            fraction: 1.0,
            max_in_flight: 64,
        }
    }

    /// Checks its share and its bound.
    ///
    /// # Errors
    /// Every rule that is broken, each with its key within the `mirror` of a document.
    pub fn check(&self) -> Result<(), Vec<Violation>> {
        check::mirror(self)
    }
}
