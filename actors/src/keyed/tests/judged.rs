//! Calls under a key whose ends are judged.

use super::*;
use crate::CallError;
use crate::verdict::Verdict;

/// Any number is as its status, `Err` says nothing about the callee.
fn judge(result: &Result<u16, ()>) -> Verdict {
    match result {
        Ok(200) => Verdict::success(),
        Ok(429) => Verdict::throttled(),
        Ok(_) => Verdict::failure(),
        Err(()) => Verdict::ignored(),
    }
}

async fn call(site: &Site, key: &str, result: Result<u16, ()>) {
    let called = site.keyed.call_judged(key, judge, || std::future::ready(result));
    assert_eq!(called.await, result.map_err(CallError::Failed));
}

#[test]
fn a_key_that_is_well_by_its_judge_has_no_breaker_and_one_that_is_not_has_its_own() {
    run(async {
        let site = site().await;
        for _ in 0..20 {
            call(&site, "acme", Ok(429)).await;
            call(&site, "acme", Err(())).await;
        }
        site.after(Duration::from_secs(1)).await;
        assert_eq!(site.view().breakers, 0);
        assert_eq!(site.keyed.family.place("acme").owner.sums().calls(), 20);
        for _ in 0..3 {
            call(&site, "acme", Ok(500)).await;
        }
        site.until_it_is("acme", State::Open).await;
        let refused = site
            .keyed
            .call_judged("acme", judge, || std::future::ready(Ok(200)));
        assert!(matches!(refused.await, Err(CallError::Refused(_))));
        call(&site, "globex", Ok(200)).await;
        site.stop().await;
    });
}
