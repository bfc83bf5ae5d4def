//! When a contract is broken, and when it is kept again.

use std::time::Duration;

use hedgerow_config::Slo;
use proptest::prelude::*;

use super::*;

const WINDOW: Duration = Duration::from_secs(60);
const LIMIT: Duration = Duration::from_millis(120);

fn slo() -> Slo {
    Slo {
        p95_latency: Some(LIMIT),
        error_rate: Some(0.005),
        window: WINDOW,
    }
}

/// Counts as the pool does, and reads once a second.
struct Pool {
    contract: Contract,
    reading: Reading,
    now: Duration,
}

impl Pool {
    fn new(slo: Slo) -> Self {
        Self {
            contract: Contract::new(slo, Duration::ZERO, Reading::default()),
            reading: Reading::default(),
            now: Duration::ZERO,
        }
    }

    fn lease(&mut self, took: Duration, count: u64) {
        self.reading.ended += count;
        (0..count).for_each(|_| self.reading.latencies.add(took));
        if took > LIMIT {
            self.reading.slow += count;
        }
    }

    fn refused(&mut self, count: u64) {
        self.reading.ended += count;
        self.reading.errors += count;
    }

    fn after(&mut self, time: Duration) -> Vec<String> {
        let mut told = Vec::new();
        for _ in 0..time.as_secs() {
            self.now += Duration::from_secs(1);
            for change in self.contract.observe(self.now, &self.reading) {
                let kind = if change.is_breach { "breached" } else { "met" };
                told.push(format!("{kind} {}", change.cause()));
            }
        }
        told
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_breach_is_told_once_with_its_rule_its_limit_and_what_was_observed() {
    let mut pool = Pool::new(slo());
    pool.lease(Duration::from_millis(10), 95);
    pool.lease(Duration::from_millis(500), 5);
    assert_eq!(pool.after(SECOND), [""; 0], "95 of 100 were in time");
    pool.lease(Duration::from_millis(500), 1);
    assert_eq!(
        pool.after(SECOND * 5),
        ["breached p95Latency: limit 120 ms, observed 524 ms of 101 leases"]
    );
}

#[test]
fn leases_that_were_not_to_be_had_are_errors_and_no_latencies() {
    let mut pool = Pool::new(slo());
    pool.lease(Duration::from_millis(10), 199);
    pool.refused(1);
    assert_eq!(pool.after(SECOND), [""; 0], "half a percent is what was promised");
    pool.refused(1);
    assert_eq!(
        pool.after(SECOND),
        ["breached errorRate: limit 0.5 %, observed 1 % of 201 leases"]
    );
    assert_eq!(pool.contract.measured().ended, 201);
    assert_eq!(pool.contract.broken().collect::<Vec<_>>(), [Rule::ErrorRate]);
}

#[test]
fn a_breach_is_over_when_its_window_is_and_has_been_for_a_while() {
    let mut pool = Pool::new(slo());
    pool.refused(20);
    assert_eq!(pool.after(SECOND).len(), 1);
    assert_eq!(pool.after(WINDOW - SECOND), [""; 0]);
    // Within a slice of three seconds and three of quiet.
    assert_eq!(
        pool.after(SECOND * 13),
        ["met errorRate: limit 0.5 %, observed no lease"]
    );
    assert!(pool.contract.is_quiet());
}

#[test]
fn a_rule_that_is_kept_for_a_moment_only_is_not_told_as_kept() {
    let mut pool = Pool::new(slo());
    pool.refused(20);
    assert_eq!(pool.after(SECOND).len(), 1);
    for _ in 0..10 {
        // Good leases push the share below its limit, and the next refusal above it again.
        pool.lease(Duration::from_millis(1), 100_000);
        assert_eq!(pool.after(SECOND * 5), [""; 0]);
        pool.refused(600);
        assert_eq!(pool.after(SECOND), [""; 0]);
        pool.refused(2_000);
    }
}

#[test]
fn a_few_leases_are_not_judged() {
    let mut pool = Pool::new(slo());
    pool.refused(LEAST - 1);
    assert_eq!(pool.after(SECOND), [""; 0]);
    assert_eq!(pool.contract.measured().error_rate, Some(1.0), "but shown");
    pool.refused(1);
    assert_eq!(pool.after(SECOND).len(), 1);
}

#[test]
fn what_is_not_promised_is_not_broken() {
    let mut pool = Pool::new(Slo::default());
    pool.refused(1_000);
    pool.lease(Duration::from_secs(100), 1_000);
    assert_eq!(pool.after(WINDOW), [""; 0]);
}

#[test]
fn what_was_counted_before_the_beginning_is_nobodys_breach() {
    let mut pool = Pool::new(slo());
    pool.refused(1_000);
    pool.contract = Contract::new(slo(), pool.now, pool.reading.clone());
    assert_eq!(pool.after(SECOND), [""; 0]);
}

proptest! {
    /// The window never holds what is older than itself and a slice, nor misses what is younger than itself.
    #[test]
    fn the_window_holds_what_ended_within_its_length_to_a_slice(counts in prop::collection::vec(0_u64..50, 1..400)) {
        let mut pool = Pool::new(slo());
        for (at, count) in counts.iter().enumerate() {
            pool.lease(Duration::from_millis(1), *count);
            pool.after(SECOND);
            let last = |seconds: usize| counts[(at + 1).saturating_sub(seconds)..=at].iter().sum::<u64>();
            let ended = pool.contract.measured().ended;
            prop_assert!(last(60) <= ended && ended <= last(63), "{ended} at {at}");
        }
    }
}
