#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use hedgerow_config::EndpointAddr;
use hedgerow_store::Store;
use hedgerow_view::breaker::BreakerState;

use super::membership::Changed;
use super::tests::{Site, site};
use super::{CallKeys, Share};
use crate::paused::run;
use crate::verdict::Verdict;

fn addr(text: &str) -> EndpointAddr {
    text.parse().unwrap()
}

/// The ports that the next so many calls go to, in order.
async fn ports(site: &Site, calls: usize) -> Vec<u16> {
    let mut ports = Vec::new();
    for _ in 0..calls {
        let call = site
            .upstream
            .call(|endpoint| async move { Ok::<_, ()>(endpoint.addr().port()) });
        ports.push(call.await.unwrap());
    }
    ports.sort_unstable();
    ports
}

#[test]
fn who_joins_is_given_calls_and_who_leaves_is_given_none() {
    run(async {
        let site = site(&["127.0.0.1:9001"], &Store::memory()).await;
        assert_eq!(
            site.membership
                .join(addr("127.0.0.1:9002"), Share::default())
                .await
                .unwrap(),
            Changed::Yes
        );
        assert_eq!(ports(&site, 4).await, [9001, 9001, 9002, 9002]);
        assert_eq!(site.shown(1), BreakerState::Closed);
        assert_eq!(
            site.membership.leave(&addr("127.0.0.1:9001")).await.unwrap(),
            Changed::Yes
        );
        assert_eq!(ports(&site, 2).await, [9002, 9002]);
        assert_eq!(site.membership.addrs(), [addr("127.0.0.1:9002")]);
        site.tree.stop().await;
    });
}

#[test]
fn joining_and_leaving_twice_changes_nothing() {
    run(async {
        let site = site(&["127.0.0.1:9001"], &Store::memory()).await;
        let before = Arc::clone(&site.upstream.endpoints()[0]);
        assert_eq!(
            site.membership
                .join(addr("127.0.0.1:9001"), Share::default())
                .await
                .unwrap(),
            Changed::Already
        );
        assert!(Arc::ptr_eq(&before, &site.upstream.endpoints()[0]));
        assert_eq!(
            site.membership.leave(&addr("127.0.0.1:9002")).await.unwrap(),
            Changed::Already
        );
        site.tree.stop().await;
    });
}

#[test]
fn what_is_under_way_at_one_that_leaves_ends_as_it_would() {
    run(async {
        let site = site(&["127.0.0.1:9001"], &Store::memory()).await;
        let mut call = site.upstream.enter(&CallKeys::default()).unwrap();
        let attempt = call.attempt().unwrap();
        let endpoint = Arc::clone(attempt.endpoint());
        assert!(!endpoint.has_left());
        site.membership.leave(&endpoint.addr()).await.unwrap();
        assert!(endpoint.has_left());
        attempt.report(Verdict::success());
        call.report(Verdict::success());
        let shown = endpoint.view();
        assert_eq!((shown.in_flight, shown.successes), (0, 1));
        let refused = site
            .upstream
            .enter(&CallKeys::default())
            .unwrap()
            .attempt()
            .err()
            .unwrap();
        assert_eq!(
            refused.to_string(),
            "payments; rule=endpoints; limit=1 that admits a call; observed=0 of 0"
        );
        site.tree.stop().await;
    });
}

#[test]
fn one_that_comes_back_goes_on_with_what_its_breaker_had_learned() {
    run(async {
        let site = site(&["127.0.0.1:9001"], &Store::memory()).await;
        for _ in 0..3 {
            let _ = site.upstream.call(|_| async { Err::<(), _>("no") }).await;
        }
        site.until(0, BreakerState::Open).await;
        let sick = addr("127.0.0.1:9001");
        site.told("breakerTransition", 1).await;
        site.membership.leave(&sick).await.unwrap();
        site.membership.join(sick, Share::default()).await.unwrap();
        site.until(0, BreakerState::Open).await;
        site.tree.stop().await;
    });
}
