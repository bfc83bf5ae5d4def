//! Where a chain can lead.

use crate::upstream::UpstreamHandle;

/// Where a chain can lead.
#[derive(Debug, Clone)]
pub struct Lead {
    /// The upstream.
    pub upstream: UpstreamHandle,
    /// The rule that leads there, as breakers for each route know it: `CHAIN:PATH`, with what else the rule asks for.
    pub route: Box<str>,
}

impl Lead {
    /// To this upstream, by a rule in the chain with this name, as the rule is
    /// [written](hedgerow_config::RouteRule#impl-Display-for-RouteRule): `/pay`.
    pub fn new(upstream: UpstreamHandle, chain: &str, rule: &str) -> Self {
        Self {
            upstream,
            route: format!("{chain}:{rule}").into(),
        }
    }
}
