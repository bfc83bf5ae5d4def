//! Quotas that are changed while they are in use.

use super::*;

/// One that has used up all of its first quota at this instant.
fn used_up(quota: &RateLimit, now: Duration) -> LimiterMemory {
    let memory = LimiterMemory::default();
    let limiter = memory.limiter(quota);
    (0..quota.most_at_once()).for_each(|_| limiter.check(now).unwrap());
    assert!(limiter.check(now).is_err());
    memory
}

#[test]
fn who_was_over_waits_for_one_token_of_the_new_rate_be_it_faster_or_slower() {
    let now = 100 * SECOND;
    for (quota, wait) in [
        (RateLimit::per_hour(1).burst(10), 3_600 * SECOND),
        (RateLimit::per_second(1_000).burst(10), Duration::from_millis(1)),
        (RateLimit::per_minute(6).burst(3), 10 * SECOND),
    ] {
        let memory = used_up(&RateLimit::per_second(10).burst(10), now);
        let limiter = memory.limiter(&quota);
        let retry_after = limiter.check(now).unwrap_err().retry_after();
        let late = retry_after.saturating_sub(wait);
        assert!(
            retry_after >= wait && late <= wait / 1_000,
            "{quota:?}: {retry_after:?}"
        );
        assert!(limiter.check(now + wait / 2).is_err());
        assert!(limiter.check(now + retry_after).is_ok());
    }
}

#[test]
fn a_larger_burst_gives_who_was_over_the_difference_and_no_more() {
    let now = 100 * SECOND;
    let memory = used_up(&RateLimit::per_second(1).burst(10), now);
    let limiter = memory.limiter(&RateLimit::per_second(1).burst(15));
    let admitted = (0..20).filter(|_| limiter.check(now).is_ok()).count();
    assert_eq!(admitted, 5);
}

#[test]
fn changes_that_no_request_meets_are_as_if_they_had_not_been() {
    let now = 100 * SECOND;
    let first = RateLimit::per_second(1).burst(10);
    let memory = used_up(&first, now);
    for generous in 1..1_000 {
        let _ = memory.limiter(&RateLimit::per_second(1_000).burst(1_000 + generous));
    }
    let limiter = memory.limiter(&first);
    let admitted = (0..20)
        .filter(|_| limiter.check(now + 3 * SECOND).is_ok())
        .count();
    assert_eq!(admitted, 3);
}

#[test]
fn another_restart_with_the_same_quota_goes_on_with_it() {
    let now = 100 * SECOND;
    let quota = RateLimit::per_second(1).burst(10);
    let memory = used_up(&quota, now);
    assert!(memory.limiter(&quota).check(now).is_err());
}

#[test]
fn fewer_keys_forget_none_that_is_over() {
    let (now, quota) = (100 * SECOND, keyed(RateLimit::per_hour(1).burst(2)));
    let memory = LimiterMemory::default();
    let limiter = memory.limiter(&quota);
    for key in 0..100 {
        assert_eq!(admitted(&limiter, now, &format!("key-{key}"), 3), 2);
    }
    let limiter = memory.limiter(&quota.clone().max_keys(10));
    assert_eq!(gauge(&memory, "keys"), 10);
    for key in 0..100 {
        assert_eq!(admitted(&limiter, now, &format!("key-{key}"), 1), 0, "{key}");
    }
    let limiter = memory.limiter(&quota.max_keys(1_000));
    assert_eq!(admitted(&limiter, now, "another", 3), 2, "there is room again");
}

#[test]
fn another_key_is_another_limit() {
    let now = 100 * SECOND;
    let memory = LimiterMemory::default();
    let quota = RateLimit::per_hour(1);
    let limiter = memory.limiter(&keyed(quota.clone()));
    assert_eq!(admitted(&limiter, now, "acme", 2), 1);
    let limiter = memory.limiter(&quota.key(LimitKey::Tenant));
    assert_eq!(admitted(&limiter, now, "acme", 2), 1);
}
