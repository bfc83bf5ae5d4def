//! Where a chain can lead.

use crate::upstream::UpstreamHandle;

/// Where a chain can lead.
#[derive(Debug, Clone)]
pub struct Lead {
    /// The upstream.
    pub upstream: UpstreamHandle,
    /// The rule that leads there, as breakers for each route know it: `CHAIN:PATH`.
    pub route: Box<str>,
}

impl Lead {
    /// To this upstream, by the rule for a path in the chain with this name.
    pub fn new(upstream: UpstreamHandle, chain: &str, path: &str) -> Self {
        Self {
            upstream,
            route: format!("{chain}:{path}").into(),
        }
    }
}
