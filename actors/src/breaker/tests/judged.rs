//! What a verdict does to a breaker: calls that are judged by a closure, and probes that are slow.

use std::time::Duration;

use hedgerow_config::{BreakerPolicy, OpenFor, SlowCall, TripWhen};
use hedgerow_gate::Sums;
use hedgerow_store::Store;
use hedgerow_view::breaker::BreakerState;

use super::actor::{Site, site_of};
use super::policy;
use crate::CallError;
use crate::paused::run;
use crate::verdict::Verdict;

type Outcome = Result<u16, &'static str>;

/// Any number is as its status; errors are as they say.
fn judge(result: &Outcome) -> Verdict {
    match result {
        Ok(200) => Verdict::success(),
        Ok(429) => Verdict::throttled(),
        Ok(_) => Verdict::failure(),
        Err("late") => Verdict::timeout(),
        Err("declined") => Verdict::ignored(),
        Err("not found") => Verdict::success(),
        Err("busy") => Verdict::failure().retry_after(Duration::from_secs(40)),
        Err(_) => Verdict::failure(),
    }
}

/// Trips after three failures or two time-outs in a row, and is open for ten seconds.
fn strict() -> BreakerPolicy {
    BreakerPolicy {
        consecutive_failures: Some(3),
        consecutive_timeouts: Some(2),
        failure_rate: None,
        open_for: OpenFor {
            initial: Duration::from_secs(10),
            max: Duration::from_secs(60),
            jitter: 0.0,
        },
        ..policy()
    }
}

async fn strict_site() -> Site {
    site_of(strict(), Store::memory()).await
}

async fn call(site: &Site, result: Outcome) -> Result<u16, CallError<&'static str>> {
    site.breaker.call_judged(judge, || async move { result }).await
}

async fn calls(site: &Site, times: usize, result: Outcome) {
    for _ in 0..times {
        assert_eq!(call(site, result).await, result.map_err(CallError::Failed));
    }
}

async fn half_open(site: &Site) {
    calls(site, 3, Err("broken")).await;
    site.until(BreakerState::Open).await;
    tokio::time::advance(Duration::from_secs(10)).await;
    site.until(BreakerState::HalfOpen).await;
}

/// A call that takes so long, and then ends well.
async fn taking(site: &Site, time: Duration) -> Result<u16, CallError<&'static str>> {
    let call = || async {
        tokio::time::advance(time).await;
        Ok(200)
    };
    site.breaker.call_judged(judge, call).await
}

#[test]
fn the_judge_decides_what_counts_and_the_result_comes_back_untouched() {
    run(async {
        let site = strict_site().await;
        calls(&site, 1, Ok(200)).await;
        calls(&site, 2, Ok(500)).await;
        calls(&site, 4, Err("not found")).await;
        calls(&site, 1, Err("late")).await;
        let counted = Sums {
            successes: 5,
            failures: 3,
            timeouts: 1,
            slow: 0,
        };
        assert_eq!(site.breaker.sums(), counted);
        calls(&site, 2, Ok(500)).await;
        site.until(BreakerState::Open).await;
        assert!(matches!(call(&site, Ok(200)).await, Err(CallError::Refused(_))));
        site.stop().await;
    });
}

#[test]
fn time_outs_in_a_row_trip_by_their_own_rule_and_other_failures_do_not() {
    run(async {
        let site = strict_site().await;
        calls(&site, 1, Err("late")).await;
        calls(&site, 1, Err("broken")).await;
        calls(&site, 1, Ok(200)).await;
        calls(&site, 2, Err("late")).await;
        site.until(BreakerState::Open).await;
        let (told, _) = site.told(1).await.remove(0);
        assert_eq!(
            told,
            "breakerTransition: closed to open: consecutiveTimeouts: limit 2, observed 2"
        );
        site.stop().await;
    });
}

#[test]
fn an_ignored_call_neither_counts_nor_ends_a_run() {
    run(async {
        let site = strict_site().await;
        calls(&site, 2, Err("broken")).await;
        calls(&site, 50, Err("declined")).await;
        assert_eq!(site.breaker.sums().calls(), 2);
        calls(&site, 1, Err("broken")).await;
        site.until(BreakerState::Open).await;
        site.stop().await;
    });
}

#[test]
fn an_ignored_probe_gives_its_permit_back_however_long_it_took() {
    run(async {
        let site = strict_site().await;
        half_open(&site).await;
        for _ in 0..10 {
            let late = site.breaker.call_judged(judge, || async {
                tokio::time::advance(Duration::from_secs(2)).await;
                Err("declined")
            });
            assert_eq!(late.await, Err(CallError::Failed("declined")));
        }
        assert_eq!(site.view().state, BreakerState::HalfOpen);
        assert_eq!(site.breaker.gate().free_permits(), policy().half_open.permits);
        calls(&site, 2, Ok(200)).await;
        site.until(BreakerState::Closed).await;
        site.stop().await;
    });
}

#[test]
fn a_judge_that_panics_makes_the_call_one_that_never_was() {
    run(async {
        let site = strict_site().await;
        half_open(&site).await;
        let breaker = site.breaker.clone();
        let permits = breaker.gate().free_permits();
        let judged = breaker.call_judged(
            |_: &Outcome| -> Verdict { panic!("no idea") },
            || std::future::ready(Ok(200)),
        );
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            poll_once(judged);
        }));
        assert!(panicked.is_err());
        assert_eq!(site.breaker.gate().free_permits(), permits);
        assert_eq!(site.view().state, BreakerState::HalfOpen);
        site.stop().await;
    });
}

/// Polls a future once.
fn poll_once<F: Future>(future: F) {
    let mut task = std::task::Context::from_waker(std::task::Waker::noop());
    let _ = std::pin::pin!(future).poll(&mut task);
}

#[test]
fn a_callee_that_asks_for_fewer_calls_is_well_while_closed_and_fails_its_probe() {
    run(async {
        let site = strict_site().await;
        calls(&site, 50, Ok(429)).await;
        assert_eq!(
            (site.breaker.sums().successes, site.breaker.sums().failures),
            (50, 0)
        );
        half_open(&site).await;
        calls(&site, 1, Ok(429)).await;
        site.until(BreakerState::Open).await;
        site.stop().await;
    });
}

#[test]
fn a_callee_that_asks_to_be_left_alone_is_left_alone_for_as_long() {
    run(async {
        let site = strict_site().await;
        calls(&site, 3, Err("busy")).await;
        site.until(BreakerState::Open).await;
        tokio::time::advance(Duration::from_millis(39_900)).await;
        let Err(CallError::Refused(refusal)) = call(&site, Ok(200)).await else {
            panic!("let through before its time")
        };
        assert_eq!(refusal.retry_after, Some(Duration::from_millis(100)));
        tokio::time::advance(Duration::from_millis(100)).await;
        site.until(BreakerState::HalfOpen).await;
        site.stop().await;
    });
}

#[test]
fn a_time_out_that_asks_to_be_left_alone_is_both() {
    run(async {
        let site = strict_site().await;
        for _ in 0..2 {
            let judge = |_: &Outcome| Verdict::timeout().retry_after(Duration::from_secs(50));
            let ended = site.breaker.call_judged(judge, || async { Ok(504) });
            assert_eq!(ended.await, Ok(504));
        }
        site.until(BreakerState::Open).await;
        let Err(CallError::Refused(refusal)) = call(&site, Ok(200)).await else {
            panic!("an open breaker let through")
        };
        assert_eq!(&*refusal.rule, "consecutiveTimeouts");
        assert_eq!(refusal.retry_after, Some(Duration::from_secs(50)));
        site.stop().await;
    });
}

#[test]
fn slow_calls_are_judged_by_time_whatever_the_verdict_but_for_the_ignored() {
    run(async {
        let slow = BreakerPolicy {
            slow_call: Some(SlowCall {
                over: Duration::from_millis(500),
                rate: 1.0,
            }),
            trip_when: TripWhen::All,
            ..strict()
        };
        let site = site_of(slow, Store::memory()).await;
        for (result, expected) in [
            (Ok(200), 1),
            (Ok(500), 2),
            (Err("late"), 3),
            (Ok(429), 4),
            (Err("declined"), 4),
        ] {
            let ended = site.breaker.call_judged(judge, || async move {
                tokio::time::advance(Duration::from_millis(501)).await;
                result
            });
            assert_eq!(ended.await, result.map_err(CallError::Failed));
            assert_eq!(site.breaker.sums().slow, expected, "{result:?}");
        }
        site.stop().await;
    });
}

#[test]
fn a_slow_probe_fails_where_slow_calls_have_a_rule_and_only_there() {
    run(async {
        let ms = Duration::from_millis;
        let rule = Some(SlowCall {
            over: ms(500),
            rate: 0.9,
        });
        for (slow_call, took, after) in [
            (rule, ms(500), BreakerState::Closed),
            (rule, ms(501), BreakerState::Open),
            (None, ms(501), BreakerState::Closed),
            (None, ms(1_501), BreakerState::Open),
        ] {
            let policy = BreakerPolicy {
                slow_call,
                ..strict()
            };
            let site = site_of(policy, Store::memory()).await;
            half_open(&site).await;
            assert_eq!(taking(&site, took).await, Ok(200), "it is not cut short");
            if after == BreakerState::Closed {
                assert_eq!(taking(&site, took).await, Ok(200));
            }
            site.until(after).await;
            site.stop().await;
        }
    });
}
