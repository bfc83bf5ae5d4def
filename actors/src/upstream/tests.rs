#![allow(clippy::unwrap_used)]

use std::cell::RefCell;
use std::time::Duration;

use hedgerow_config::{Balance, BreakerPolicy, OpenFor, RetryPolicy, Upstream};
use hedgerow_store::Store;
use hedgerow_supervisor::{Arbiters, Events, Ground, Supervisor, Tree};
use hedgerow_view::View;
use hedgerow_view::breaker::BreakerState;

use super::pick::choose;
use super::spec::place;
use super::{CallKeys, Membership, UpstreamHandle};
use crate::CallError;
use crate::breaker::Means;
use crate::paused::run;
use crate::verdict::Verdict;

pub(super) struct Site {
    pub(super) tree: Tree,
    events: Events,
    pub(super) upstream: UpstreamHandle,
    pub(super) membership: Membership,
}

/// Endpoints that take turns.
pub(super) async fn site(endpoints: &[&str], store: &Store) -> Site {
    retrying(endpoints, store, RetryPolicy::off()).await
}

/// The same, that make attempts again.
pub(super) async fn retrying(endpoints: &[&str], store: &Store, retry: RetryPolicy) -> Site {
    let addrs = endpoints.iter().map(|addr| addr.parse().unwrap()).collect();
    let config = Upstream {
        balance: Balance::RoundRobin,
        retry,
        ..Upstream::new("payments", addrs)
    };
    site_of(config, store).await
}

/// An upstream with the breakers of these tests.
pub(super) async fn site_of(upstream: Upstream, store: &Store) -> Site {
    let ground = Ground::new(Arbiters::current_thread());
    let means = Means {
        store: store.clone(),
        events: ground.events.clone(),
        clock: ground.clock,
    };
    let config = Upstream {
        timeout: Duration::from_secs(2),
        breaker: BreakerPolicy {
            consecutive_failures: Some(3),
            open_for: OpenFor::fixed(Duration::from_secs(30)),
            ..BreakerPolicy::default()
        },
        ..upstream
    };
    let placed = place(&config, &means, None).unwrap();
    let tree = Tree::start(Supervisor::one_for_one("root").child(placed.supervisor), &ground)
        .await
        .unwrap();
    Site {
        tree,
        events: ground.events,
        upstream: placed.handle,
        membership: placed.membership,
    }
}

impl Site {
    /// The state of the breaker of the endpoint at this index, as it is shown.
    pub(super) fn shown(&self, endpoint: usize) -> BreakerState {
        let breakers: Vec<BreakerState> = self
            .tree
            .directory()
            .views()
            .into_iter()
            .filter_map(|(_, view)| {
                if let View::Breaker(breaker) = view {
                    Some(breaker.state)
                } else {
                    None
                }
            })
            .collect();
        breakers[endpoint]
    }

    pub(super) async fn until(&self, endpoint: usize, state: BreakerState) {
        while self.shown(endpoint) != state {
            tokio::task::yield_now().await;
        }
    }

    async fn call(
        &self,
        result: Result<&'static str, &'static str>,
    ) -> Result<&'static str, CallError<&'static str>> {
        self.upstream.call(|_| async move { result }).await
    }

    /// Waits for an event of this kind, and returns its cause.
    pub(super) async fn told(&self, kind: &str, count: usize) -> Vec<String> {
        loop {
            let told: Vec<String> = self
                .events
                .since(0)
                .iter()
                .filter(|event| event.kind == kind)
                .map(|event| event.cause.clone())
                .collect();
            if told.len() >= count {
                return told;
            }
            tokio::task::yield_now().await;
        }
    }
}

#[test]
fn failures_open_the_breaker_and_the_way_back_leads_through_probes() {
    run(async {
        let site = site(&["127.0.0.1:9001"], &Store::memory()).await;
        assert_eq!(site.call(Ok("fine")).await, Ok("fine"));
        for _ in 0..3 {
            assert_eq!(site.call(Err("no")).await, Err(CallError::Failed("no")));
        }
        site.until(0, BreakerState::Open).await;
        let Err(CallError::Refused(refusal)) = site.call(Ok("fine")).await else {
            panic!("an open breaker let through")
        };
        assert_eq!(
            refusal.to_string(),
            "payments/endpoint/127.0.0.1:9001; rule=consecutiveFailures; limit=3; observed=3"
        );
        assert_eq!(refusal.retry_after.unwrap().as_secs(), 30);

        tokio::time::advance(Duration::from_secs(30)).await;
        site.until(0, BreakerState::HalfOpen).await;
        assert_eq!(site.call(Err("no")).await, Err(CallError::Failed("no")));
        site.until(0, BreakerState::Open).await;
        tokio::time::advance(Duration::from_secs(30)).await;
        site.until(0, BreakerState::HalfOpen).await;
        for _ in 0..2 {
            assert_eq!(site.call(Ok("fine")).await, Ok("fine"));
        }
        site.until(0, BreakerState::Closed).await;
        let told = site.told("breakerTransition", 5).await;
        assert_eq!(
            told,
            [
                "closed to open: consecutiveFailures: limit 3, observed 3",
                "open to halfOpen: openFor: 30000 ms are over",
                "halfOpen to open: probe failed",
                "open to halfOpen: openFor: 30000 ms are over",
                "halfOpen to closed: halfOpen.successes: limit 2, observed 2",
            ]
        );
        site.tree.stop().await;
    });
}

#[test]
fn endpoints_take_turns_and_an_open_one_is_skipped() {
    run(async {
        let site = site(&["127.0.0.1:9001", "127.0.0.1:9002"], &Store::memory()).await;
        let sick = |port: u16| if port == 9001 { Err("sick") } else { Ok(port) };
        let served = RefCell::new(Vec::new());
        for _ in 0..6 {
            let _ = site
                .upstream
                .call(|endpoint| {
                    served.borrow_mut().push(endpoint.addr().port());
                    std::future::ready(sick(endpoint.addr().port()))
                })
                .await;
        }
        assert_eq!(served.borrow().iter().filter(|port| **port == 9001).count(), 3);
        site.until(0, BreakerState::Open).await;
        for _ in 0..4 {
            let call = site
                .upstream
                .call(|endpoint| std::future::ready(sick(endpoint.addr().port())))
                .await;
            assert_eq!(call, Ok(9002));
        }
        site.tree.stop().await;
    });
}

#[test]
fn who_alternates_two_upstreams_meets_every_endpoint_of_each() {
    run(async {
        let addrs = ["127.0.0.1:9001", "127.0.0.1:9002"];
        let sites = [
            site(&addrs, &Store::memory()).await,
            site(&addrs, &Store::memory()).await,
        ];
        let mut served = [[0; 2]; 2];
        for call in 0..8 {
            let mut entered = sites[call % 2].upstream.enter(&CallKeys::default()).unwrap();
            let attempt = entered.attempt().unwrap();
            served[call % 2][usize::from(attempt.endpoint().addr().port() - 9_001)] += 1;
            attempt.report(Verdict::success());
            entered.report(Verdict::success());
        }
        assert_eq!(served, [[2, 2], [2, 2]]);
        for site in sites {
            site.tree.stop().await;
        }
    });
}

#[test]
fn an_endpoint_that_turns_half_open_while_one_is_chosen_is_not_skipped() {
    // It was not half-open when the probing ones were looked for, nor admitting when the balancer looked.
    let chosen = choose([].iter(), || None, [9_001].iter(), |port: &u16| Some(*port));
    assert_eq!(chosen, Some(9_001));
}

#[test]
fn one_that_probes_is_chosen_first() {
    let balanced = || Some(9_001);
    let chosen = choose([9_002].iter(), balanced, [9_001, 9_002].iter(), |port| {
        Some(*port)
    });
    assert_eq!(chosen, Some(9_002));
    let none_free = |port: &u16| (*port != 9_002).then_some(*port);
    let chosen = choose([9_002].iter(), balanced, [9_001, 9_002].iter(), none_free);
    assert_eq!(chosen, Some(9_001));
}

#[test]
fn where_no_endpoint_admits_a_call_the_refusal_counts_them() {
    run(async {
        let site = site(&["127.0.0.1:9001", "127.0.0.1:9002"], &Store::memory()).await;
        for _ in 0..6 {
            assert!(site.call(Err("no")).await.is_err());
        }
        site.until(0, BreakerState::Open).await;
        site.until(1, BreakerState::Open).await;
        let Err(CallError::Refused(refusal)) = site.call(Ok("fine")).await else {
            panic!("let through")
        };
        assert_eq!(
            refusal.to_string(),
            "payments; rule=endpoints; limit=1 that admits a call; observed=0 of 2"
        );
        site.tree.stop().await;
    });
}

#[test]
fn a_call_that_takes_too_long_is_dropped_and_counts_as_a_failure_but_one_that_its_caller_drops_does_not() {
    run(async {
        let site = site(&["127.0.0.1:9001"], &Store::memory()).await;
        let endless = || site.upstream.call(|_| std::future::pending::<Result<(), ()>>());
        for _ in 0..3 {
            let dropped = tokio::time::timeout(Duration::from_millis(1), endless());
            let (dropped, ()) = tokio::join!(dropped, tokio::time::advance(Duration::from_millis(2)));
            assert!(dropped.is_err());
        }
        assert_eq!(site.shown(0), BreakerState::Closed);
        for _ in 0..3 {
            let (late, ()) = tokio::join!(endless(), tokio::time::advance(Duration::from_millis(2_001)));
            assert_eq!(
                late,
                Err(CallError::Deadline {
                    limit: Duration::from_secs(2)
                })
            );
        }
        site.until(0, BreakerState::Open).await;
        let view = site.upstream.endpoints()[0].view();
        assert_eq!((view.in_flight, view.successes, view.failures), (0, 0, 3));
        site.tree.stop().await;
    });
}

#[test]
fn a_breaker_that_is_restarted_stays_open_for_the_remaining_time() {
    run(async {
        let store = Store::memory();
        let first = site(&["127.0.0.1:9001"], &store).await;
        for _ in 0..3 {
            assert!(first.call(Err("no")).await.is_err());
        }
        first.told("breakerTransition", 1).await;
        let path = hedgerow_view::Path::root("root")
            .child("payments")
            .child("endpoints");
        let path = path.child("127.0.0.1:9001").child("breaker");
        first
            .tree
            .directory()
            .operate(&path, hedgerow_supervisor::Order::Restart)
            .await
            .unwrap();
        let told = first.told("breakerRestored", 1).await;
        assert!(told[0].starts_with("restored: open"), "{told:?}");
        assert!(matches!(first.call(Ok("fine")).await, Err(CallError::Refused(_))));
        tokio::time::advance(Duration::from_secs(30)).await;
        first.until(0, BreakerState::HalfOpen).await;
        first.tree.stop().await;

        let second = site(&["127.0.0.1:9001"], &store).await;
        assert_eq!(
            second.shown(0),
            BreakerState::HalfOpen,
            "another mesh on the same store goes on from there"
        );
        second.tree.stop().await;
    });
}
