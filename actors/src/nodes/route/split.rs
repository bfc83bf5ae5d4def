//! Which of several upstreams a request goes to.
//!
//! A request that belongs to no others is drawn. One that does goes where its key leads by weighted rendezvous hashing:
//! each upstream has a time that follows from its name and the key alone, divided by its weight, and the one whose time
//! comes first takes it (D. Thaler and C. Ravishankar, "Using name-based mappings to increase hit rates", IEEE/ACM ToN 6(1),
//! 1998; weights by the logarithmic method of C. Schindelhauer and G. Schomaker, "Weighted distributed hash tables", SPAA
//! 2005). So the order of the upstreams means nothing, it is the same in every process, and where a weight changes, keys
//! move from or to that upstream alone, no more than the change asks for.

use hedgerow_config::{Split as Config, Sticky};
use http::HeaderName;
use http::header::COOKIE;

use crate::chain::RequestHead;
use crate::chance;
use crate::cookie::cookie;
use crate::fnv::{fnv1a, mixed};

/// Upstreams with their weights; those that get nothing are left out.
pub(super) struct Split {
    targets: Box<[Target]>,
    /// Of all weights.
    sum: u64,
    sticky: Option<Key>,
}

struct Target {
    lead: usize,
    weight: u32,
    /// What follows from its name.
    seed: u64,
}

/// What requests that belong together have in common.
enum Key {
    Header(HeaderName),
    Cookie(Box<[u8]>),
    Address,
}

impl Split {
    /// What a config cannot say is left out: it has been checked.
    pub(super) fn new(split: &Config, first_lead: usize) -> Self {
        let targets = split.targets.iter().zip(first_lead..);
        let targets: Box<[Target]> = targets
            .filter(|(target, _)| target.weight > 0)
            .map(|(target, lead)| Target {
                lead,
                weight: target.weight,
                seed: mixed(fnv1a(target.upstream.bytes())),
            })
            .collect();
        Self {
            sum: targets.iter().map(|target| u64::from(target.weight)).sum(),
            targets,
            sticky: split.sticky.as_ref().and_then(Key::new),
        }
    }

    /// The number of the lead that a request takes.
    pub(super) fn lead(&self, head: &dyn RequestHead) -> usize {
        match self.sticky.as_ref().and_then(|key| key.of(head)) {
            Some(key) => self.lead_of(key),
            None => self.drawn(chance::draw()),
        }
    }

    /// Where this number of all that there are leads.
    pub(super) fn drawn(&self, number: u64) -> usize {
        // The upper half of the product is a number below the sum (D. Lemire, "Fast random integer generation in an
        // interval", ACM TOMACS 29(1), 2019); what it prefers is less than one in 2^31.
        let wide = u128::from(number) * u128::from(self.sum);
        let mut point = u64::try_from(wide >> 64).unwrap_or_default();
        for target in &self.targets {
            let weight = u64::from(target.weight);
            if point < weight {
                return target.lead;
            }
            point -= weight;
        }
        self.targets.last().map_or(usize::MAX, |target| target.lead)
    }

    /// Where a key leads: to the target that comes first, where each comes after a time that is the shorter, the greater its
    /// weight is.
    pub(super) fn lead_of(&self, key: u64) -> usize {
        let when = |target: &Target| {
            let point = chance::point(mixed(key ^ target.seed));
            // Never 0: its logarithm has no end.
            -(point + f64::EPSILON / 4.0).ln() / f64::from(target.weight)
        };
        let first = self.targets.iter().map(|target| (when(target), target.lead));
        let first = first.min_by(|(one, _), (other, _)| one.total_cmp(other));
        first.map_or(usize::MAX, |(_, lead)| lead)
    }
}

impl Key {
    fn new(sticky: &Sticky) -> Option<Self> {
        Some(match sticky {
            Sticky::Header(name) => Self::Header(name.parse().ok()?),
            Sticky::Cookie(name) => Self::Cookie(name.as_bytes().into()),
            Sticky::Address => Self::Address,
        })
    }

    /// What follows from what a request has of it; `None` where it has nothing.
    fn of(&self, head: &dyn RequestHead) -> Option<u64> {
        let hashed = |value: &[u8]| (!value.is_empty()).then(|| fnv1a(value.iter().copied()));
        match self {
            Self::Header(name) => hashed(head.header(name)?),
            Self::Cookie(name) => hashed(cookie(head.header(&COOKIE)?, name)?),
            Self::Address => Some(match head.peer()?.ip().to_canonical() {
                std::net::IpAddr::V4(address) => fnv1a(address.octets()),
                std::net::IpAddr::V6(address) => fnv1a(address.octets()),
            }),
        }
    }
}
