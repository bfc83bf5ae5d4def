#![allow(clippy::unwrap_used)]

mod actor;
mod broken_records;
pub(crate) mod disk;
mod drive;
mod fall;
mod faults;
mod judged;
mod machine;
mod model;
mod operators;
mod pace;
mod record;
mod restore;
mod rules;
mod story;
mod unread;
mod window;

use std::time::Duration;

use hedgerow_config::{BreakerPolicy, HalfOpen, OpenFor};
use hedgerow_gate::{Observation, Probes, Runs, Sums};

use super::{Machine, Now};

/// The wall clock's reading at the mesh's epoch, in these tests.
const EPOCH_UNIX_MS: u64 = 1_800_000_000_000;

const SEED: u64 = 7;

fn at(ms: u64) -> Now {
    Now {
        elapsed: Duration::from_millis(ms),
        unix_ms: EPOCH_UNIX_MS + ms,
    }
}

fn sums(successes: u64, failures: u64) -> Sums {
    Sums {
        successes,
        failures,
        ..Sums::default()
    }
}

/// No jitter, so that times are round.
fn policy() -> BreakerPolicy {
    BreakerPolicy {
        open_for: OpenFor {
            initial: Duration::from_secs(1),
            max: Duration::from_secs(5),
            jitter: 0.0,
        },
        half_open: HalfOpen {
            permits: 3,
            successes: 2,
            ..HalfOpen::default()
        },
        ..BreakerPolicy::default()
    }
}

fn closed() -> Machine {
    Machine::new(policy(), at(0), Sums::default(), SEED)
}

fn seen(sums: Sums) -> Observation {
    Observation {
        sums,
        last_calls: Sums::default(),
        runs: Runs::default(),
        probes: Probes::default(),
        free_permits: policy().half_open.permits,
        under_way: 0,
        retry_at: None,
    }
}

fn streak(failures: u32) -> Observation {
    Observation {
        runs: Runs::new(failures, 0),
        ..seen(Sums::default())
    }
}

fn probes(successes: u32, failed: bool) -> Observation {
    Observation {
        probes: Probes { successes, failed },
        ..seen(Sums::default())
    }
}

/// Nothing but so many permits that are free.
fn free(free_permits: u32) -> Observation {
    Observation {
        free_permits,
        under_way: policy().half_open.permits - free_permits,
        ..nothing()
    }
}

fn nothing() -> Observation {
    seen(Sums::default())
}
