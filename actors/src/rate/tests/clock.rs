//! Clocks that begin anywhere, stand still, go back, and come to the end of what is counted.

use std::time::Duration;

use hedgerow_config::RateLimit;

use super::super::Limiter;
use super::SECOND;

/// Requests a second.
const RATE: u32 = 100;

/// Grants of a limiter that is asked each millisecond for a minute, from this time on.
fn in_a_minute_from(begin: Duration) -> u32 {
    let limiter = Limiter::new(&RateLimit::per_second(RATE).burst(1));
    let asked = (0..60_000).map(|ms| begin.saturating_add(Duration::from_millis(ms)));
    asked.map(|now| u32::from(limiter.check(now).is_ok())).sum()
}

#[test]
fn b11_a_quota_is_granted_to_one_percent_wherever_time_begins() {
    let year = SECOND * 3600 * 24 * 365;
    for begin in [
        Duration::ZERO,
        Duration::from_nanos(1),
        year,
        year * 100,
        Duration::from_nanos(u64::MAX) - SECOND * 61,
    ] {
        let granted = in_a_minute_from(begin);
        assert!(
            granted.abs_diff(60 * RATE) <= 60 * RATE / 100,
            "{granted} from {begin:?}"
        );
    }
}

#[test]
fn b11_where_time_comes_to_the_end_of_what_is_counted_nobody_is_granted_more_than_his_quota() {
    for begin in [
        Duration::from_nanos(u64::MAX) - SECOND * 30,
        Duration::MAX - SECOND,
        Duration::MAX,
    ] {
        let granted = in_a_minute_from(begin);
        assert!(granted <= 60 * RATE + 1, "{granted} from {begin:?}");
    }
}

#[test]
fn b11_a_clock_that_stands_still_or_goes_back_grants_nothing_anew() {
    let limiter = Limiter::new(&RateLimit::per_second(RATE).burst(10));
    let granted = |now: Duration| (0..50).filter(|_| limiter.check(now).is_ok()).count();
    let noon = SECOND * 3600 * 12;
    assert_eq!(granted(noon), 10);
    assert_eq!(granted(noon), 0, "it stands still");
    assert_eq!(granted(noon - SECOND), 0, "it went back");
    assert_eq!(granted(noon + SECOND / 50), 2, "it goes on where it was");
}
