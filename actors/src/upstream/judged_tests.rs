#![allow(clippy::unwrap_used)]

use std::time::Duration;

use hedgerow_store::Store;
use hedgerow_view::breaker::BreakerState;

use super::tests::{Site, site};
use crate::CallError;
use crate::paused::run;
use crate::verdict::Verdict;

/// Any number is as its status, `Err` says nothing about the endpoint.
fn judge(result: &Result<u16, ()>) -> Verdict {
    match result {
        Ok(200) => Verdict::success(),
        Ok(429) => Verdict::throttled(),
        Ok(504) => Verdict::timeout(),
        Ok(_) => Verdict::failure(),
        Err(()) => Verdict::ignored(),
    }
}

async fn call(site: &Site, result: Result<u16, ()>) {
    let called = site.upstream.call_judged(judge, |_| std::future::ready(result));
    assert_eq!(called.await, result.map_err(CallError::Failed));
}

/// Calls under way, successes and failures of the one endpoint.
fn figures(site: &Site) -> (u64, u64, u64) {
    let shown = site.upstream.endpoints()[0].view();
    (shown.in_flight, shown.successes, shown.failures)
}

#[test]
fn the_judge_of_a_call_decides_what_the_endpoint_is_shown_to_have_done() {
    run(async {
        let site = site(&["127.0.0.1:9001"], &Store::memory()).await;
        call(&site, Ok(200)).await;
        call(&site, Ok(429)).await;
        call(&site, Ok(500)).await;
        call(&site, Ok(504)).await;
        for _ in 0..20 {
            call(&site, Err(())).await;
        }
        assert_eq!(figures(&site), (0, 2, 2));
        assert_eq!(site.shown(0), BreakerState::Closed);
        call(&site, Ok(500)).await;
        site.until(0, BreakerState::Open).await;
        site.tree.stop().await;
    });
}

#[test]
fn a_throttled_probe_is_shown_as_a_failure_and_an_ignored_one_as_none() {
    run(async {
        let site = site(&["127.0.0.1:9001"], &Store::memory()).await;
        for _ in 0..3 {
            call(&site, Ok(500)).await;
        }
        site.until(0, BreakerState::Open).await;
        tokio::time::advance(Duration::from_secs(30)).await;
        site.until(0, BreakerState::HalfOpen).await;
        for _ in 0..20 {
            call(&site, Err(())).await;
        }
        assert_eq!(
            (site.shown(0), figures(&site)),
            (BreakerState::HalfOpen, (0, 0, 3))
        );
        call(&site, Ok(429)).await;
        site.until(0, BreakerState::Open).await;
        assert_eq!(figures(&site), (0, 0, 4));
        site.tree.stop().await;
    });
}

#[test]
fn a_call_that_is_cut_short_is_a_time_out_and_its_judge_is_not_asked() {
    run(async {
        let site = site(&["127.0.0.1:9001"], &Store::memory()).await;
        let endless = site
            .upstream
            .call_judged(judge, |_| std::future::pending::<Result<u16, ()>>());
        let (late, ()) = tokio::join!(endless, tokio::time::advance(Duration::from_millis(2_001)));
        let limit = Duration::from_secs(2);
        assert_eq!(late, Err(CallError::Deadline { limit }));
        assert_eq!(figures(&site), (0, 0, 1));
        assert_eq!(site.upstream.endpoints()[0].breaker().unwrap().sums().timeouts, 1);
        site.tree.stop().await;
    });
}
