//! The limiter beside a slow one that counts exactly, and never forgets.

use std::time::Duration;

use hedgerow_config::RateLimit;
use proptest::prelude::*;

use super::SECOND;
use crate::rate::{Limiter, LimiterMemory};

/// Units of a token: as many nanoseconds as an hour has, so that every rate gives whole units in a nanosecond.
const TOKEN: u128 = 3_600_000_000_000;

/// How much later than it could a request may be admitted: 1 of 2,000 tokens, and what a rate loses by being rounded.
const SLACK: u128 = TOKEN / 2_000;

/// A bucket as one would write it who has time: what is outstanding, in whole units.
struct Slow {
    quota: RateLimit,
    outstanding: u128,
    seen: Duration,
}

impl Slow {
    fn new(quota: RateLimit) -> Self {
        Self {
            quota,
            outstanding: 0,
            seen: Duration::ZERO,
        }
    }

    fn flow_until(&mut self, now: Duration) {
        let rate = self.quota.rate;
        let each_nanosecond = u128::from(rate.requests) * (TOKEN / rate.per.length().as_nanos());
        let flown = now.saturating_sub(self.seen).as_nanos() * each_nanosecond;
        self.outstanding = self.outstanding.saturating_sub(flown);
        self.seen = self.seen.max(now);
    }

    /// What was given back until now was given back at the rate before.
    fn change(&mut self, quota: RateLimit, now: Duration) {
        self.flow_until(now);
        self.outstanding = self.outstanding.min(u128::from(quota.most_at_once()) * TOKEN);
        self.quota = quota;
    }

    /// What could still be outstanding for one more to be admitted.
    fn room(&self) -> u128 {
        u128::from(self.quota.most_at_once() - 1) * TOKEN
    }

    fn admits(&self) -> bool {
        self.outstanding <= self.room()
    }

    fn surely_admits(&self) -> bool {
        self.outstanding + SLACK <= self.room() || self.outstanding == 0
    }

    fn admit(&mut self) {
        self.outstanding += TOKEN;
    }
}

fn quota() -> impl Strategy<Value = RateLimit> {
    let requests = prop_oneof![1..10_u32, 1..2_000_u32, Just(1_000_000)];
    (0..3_u8, requests, prop::option::of(1..50_u32)).prop_map(|(per, requests, burst)| {
        let quota = match per {
            0 => RateLimit::per_second(requests),
            1 => RateLimit::per_minute(requests),
            _ => RateLimit::per_hour(requests),
        };
        RateLimit { burst, ..quota }
    })
}

/// Times between requests, from none to an hour.
fn pause() -> impl Strategy<Value = Duration> {
    prop_oneof![
        3 => Just(Duration::ZERO),
        3 => (1..5_000_000_u64).prop_map(Duration::from_nanos),
        3 => (1..3_000_u64).prop_map(Duration::from_millis),
        1 => (1..3_600_u64).prop_map(Duration::from_secs),
    ]
}

#[derive(Debug, Clone)]
enum Step {
    Ask(Duration),
    Change(RateLimit),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => pause().prop_map(Step::Ask),
        1 => quota().prop_map(Step::Change),
    ]
}

/// Asks, and holds the answer against the slow one's.
fn ask(limiter: &Limiter, slow: &mut Slow, now: Duration) -> Result<bool, TestCaseError> {
    slow.flow_until(now);
    match limiter.check(now) {
        Ok(()) => {
            prop_assert!(slow.admits(), "admitted too early at {now:?}");
            slow.admit();
            Ok(true)
        }
        Err(over) => {
            prop_assert!(!slow.surely_admits(), "refused at {now:?}: {over:?}");
            prop_assert!(
                limiter.check(now + over.retry_after() / 2).is_err() || over.retry_after().as_nanos() < 2
            );
            Ok(false)
        }
    }
}

proptest! {
    #[test]
    fn over_all_changes_of_quota_it_decides_as_one_that_counts_exactly(
        first in quota(),
        steps in prop::collection::vec(step(), 1..200),
    ) {
        let memory = LimiterMemory::default();
        let mut limiter = memory.limiter(&first);
        let mut slow = Slow::new(first.clone());
        let (mut now, mut change) = (Duration::from_secs(5), None);
        let (mut admitted, mut largest) = (Vec::new(), vec![first]);
        for step in steps {
            match step {
                Step::Change(quota) => {
                    limiter = memory.limiter(&quota);
                    change = Some(quota);
                }
                Step::Ask(pause) => {
                    now += pause;
                    // A change counts from the first request that meets it.
                    if let Some(quota) = change.take() {
                        slow.change(quota.clone(), now);
                        largest.push(quota);
                    }
                    if ask(&limiter, &mut slow, now)? {
                        admitted.push(now);
                    }
                }
            }
        }
        // By itself, whatever the slow one says: in any stretch of time at most the largest burst, and what the fastest
        // rate gives.
        let burst = largest.iter().map(RateLimit::most_at_once).max().unwrap();
        let rate = largest.iter().map(|quota| f64::from(quota.rate.requests) / quota.rate.per.length().as_secs_f64());
        let rate = rate.fold(0.0, f64::max);
        for (index, from) in admitted.iter().enumerate() {
            for (count, to) in (1_u32..).zip(&admitted[index..]) {
                let bound = f64::from(burst) + rate * (*to - *from).as_secs_f64();
                prop_assert!(f64::from(count) <= bound + 1e-6, "{count} in {:?}", *to - *from);
            }
        }
    }

    #[test]
    fn a_clock_that_stands_still_or_goes_back_admits_no_more_than_its_course_allows(
        quota in quota(),
        times in prop::collection::vec(0..20_000_u64, 1..200),
    ) {
        let limiter = Limiter::new(&quota);
        let times = times.into_iter().map(Duration::from_millis);
        let asked: Vec<_> = times.map(|now| (now, limiter.check(now).is_ok())).collect();
        let (from, to) = (asked.iter().min().unwrap().0, asked.iter().max().unwrap().0);
        let given = (to - from).as_nanos() * u128::from(quota.rate.requests);
        let bound = u128::from(quota.most_at_once()) + given / quota.rate.per.length().as_nanos();
        let admitted = asked.iter().filter(|(_, admitted)| *admitted).count();
        prop_assert!(admitted as u128 <= bound, "{admitted} by a bound of {bound}");
    }
}

#[test]
fn a_clock_that_has_gone_back_for_good_shuts_nobody_out() {
    let limiter = Limiter::new(&RateLimit::per_second(1).burst(5));
    let late = Duration::from_secs(36_000);
    (0..5).for_each(|_| limiter.check(late).unwrap());
    let early = Duration::from_secs(10);
    let over = limiter.check(early).unwrap_err();
    assert!(over.retry_after() <= Duration::from_millis(1_001), "{over:?}");
    let later = early + over.retry_after();
    assert!(limiter.check(later).is_ok(), "as after a whole burst");
    assert!(limiter.check(later).is_err());
}

#[test]
fn a_reading_that_is_a_little_behind_forgets_nothing() {
    let limiter = Limiter::new(&RateLimit::per_second(1).burst(5));
    let now = Duration::from_secs(100);
    (0..5).for_each(|_| limiter.check(now).unwrap());
    for behind in [1, 30, 59] {
        assert!(limiter.check(now - Duration::from_secs(behind)).is_err());
    }
    assert!(limiter.check(now + Duration::from_millis(990)).is_err());
}

#[test]
fn times_that_no_clock_reads_are_borne() {
    let limiter = Limiter::new(&RateLimit::per_second(1_000_000).burst(u32::MAX));
    for now in [Duration::ZERO, Duration::from_secs(u64::MAX), Duration::MAX] {
        assert!(limiter.check(now).is_ok());
    }
    assert!(limiter.check(Duration::ZERO).is_err(), "an age behind");
    assert!(limiter.check(SECOND).is_ok());
}
