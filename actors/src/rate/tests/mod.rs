//! What a quota promises.
#![allow(clippy::unwrap_used)]

mod changes;
mod clock;
mod hammer;
mod keys;
mod model;

use std::time::Duration;

use hedgerow_config::{LimitKey, RateLimit};

use super::{Limiter, LimiterMemory, Over, Whose};
use crate::chain::Memory as _;

const SECOND: Duration = Duration::from_secs(1);

/// A quota for each key.
fn keyed(quota: RateLimit) -> RateLimit {
    quota.key(LimitKey::header("x-tenant"))
}

fn gauge(memory: &LimiterMemory, name: &str) -> u64 {
    let gauges = memory.gauges();
    gauges.iter().find(|gauge| gauge.name == name).unwrap().value
}

/// How many of these are admitted at this instant, one after the other.
fn admitted(limiter: &Limiter, now: Duration, key: &str, asked: u32) -> u32 {
    (0..asked)
        .map(|_| u32::from(limiter.check_key(now, key.as_bytes()).is_ok()))
        .sum()
}
