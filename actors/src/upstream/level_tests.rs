//! The order of priorities, as properties; and calls at endpoints of two priorities.
#![allow(clippy::unwrap_used)]

use hedgerow_config::{Balance, Upstream};
use hedgerow_store::Store;
use hedgerow_view::breaker::BreakerState;
use proptest::prelude::*;

use super::level::{Standing, in_order, panic};
use super::tests::{Site, site_of};
use super::{CallKeys, Exclusion, Share};
use crate::paused::run;
use crate::verdict::Verdict;

fn standings() -> impl Strategy<Value = Vec<Standing>> {
    let standing =
        (1_usize..6).prop_flat_map(|all| (0..=all).prop_map(move |judged| Standing { all, judged }));
    proptest::collection::vec(standing, 1..6)
}

proptest! {
    #[test]
    fn each_priority_is_turned_to_once(standings in standings(), below in 0.0..=1.0_f64) {
        let mut order: Vec<usize> = in_order(standings.iter().copied(), below).collect();
        order.sort_unstable();
        prop_assert_eq!(order, (0..standings.len()).collect::<Vec<_>>());
    }

    #[test]
    fn a_better_priority_comes_first_unless_few_of_it_are_left_and_enough_of_the_other(
        standings in standings(),
        below in 0.0..=1.0_f64,
    ) {
        let order: Vec<usize> = in_order(standings.iter().copied(), below).collect();
        for pair in order.windows(2) {
            let (first, next) = (standings[pair[0]], standings[pair[1]]);
            let is_passed_over = next.is_few(below) && !first.is_few(below);
            prop_assert!(pair[0] < pair[1] || is_passed_over, "{:?} of {:?}", order, standings);
        }
    }

    #[test]
    fn nobody_panics_while_enough_are_left_of_one_priority(standings in standings(), below in 0.0..=1.0_f64) {
        let order: Vec<usize> = in_order(standings.iter().copied(), below).collect();
        let panics = panic(standings.iter().copied(), below);
        prop_assert_eq!(panics, standings[order[0]].is_few(below));
        if panics {
            prop_assert_eq!(order, (0..standings.len()).collect::<Vec<_>>());
        }
    }
}

#[test]
fn a_priority_that_everybody_is_about_to_leave_forbids_nobody_the_panic() {
    let standing = |all, judged| Standing { all, judged };
    assert!(panic([standing(2, 2), standing(0, 0)].into_iter(), 0.5));
    assert!(!panic([standing(2, 2), standing(1, 0)].into_iter(), 0.5));
}

/// Two endpoints of the better priority, at ports 9,000 and 9,001, and one of the other at 9,002.
async fn site(balance: Balance) -> Site {
    let addrs = ["127.0.0.1:9000", "127.0.0.1:9001"].map(|addr| addr.parse().unwrap());
    let config = Upstream {
        balance,
        ..Upstream::new("payments", addrs.to_vec())
    };
    let site = site_of(config, &Store::memory()).await;
    // One that joins, as a discovery has it.
    let share = Share {
        weight: 1,
        priority: 1,
    };
    site.membership
        .join("127.0.0.1:9002".parse().unwrap(), share)
        .await
        .unwrap();
    site
}

impl Site {
    /// The ports that so many calls go to, each once.
    fn led(&self, calls: u64) -> Vec<u16> {
        let mut ports: Vec<u16> = (0..calls)
            .map(|key| {
                let keys = CallKeys {
                    hash: Some(crate::balance::hash(key.to_le_bytes())),
                    ..CallKeys::default()
                };
                let attempt = self.upstream.enter(&keys).unwrap().attempt().unwrap();
                let port = attempt.endpoint().addr().port();
                attempt.report(Verdict::success());
                port
            })
            .collect();
        ports.sort_unstable();
        ports.dedup();
        ports
    }

    fn exclude(&self, port: u16, exclusion: Exclusion) {
        let endpoints = self.upstream.endpoints();
        let endpoint = endpoints.iter().find(|endpoint| endpoint.addr().port() == port);
        endpoint.unwrap().exclude(exclusion);
    }
}

#[test]
fn a_lower_priority_is_called_when_nobody_of_the_better_one_is_available_and_not_before() {
    run(async {
        for balance in Balance::NAMES.into_iter().filter_map(Balance::named) {
            let site = site(balance.clone()).await;
            assert_eq!(site.led(50), [9_000, 9_001], "{balance:?}");
            site.exclude(9_000, Exclusion::Ejected);
            assert_eq!(site.led(50), [9_001], "{balance:?}");
            site.exclude(9_001, Exclusion::Unhealthy);
            assert_eq!(site.led(50), [9_002], "{balance:?}");
            // Few are left of either: it does not count who is left out, and the better one is the better one.
            site.exclude(9_002, Exclusion::Ejected);
            assert_eq!(site.led(50), [9_000, 9_001], "{balance:?}");
            site.tree.stop().await;
        }
    });
}

#[test]
fn listed_endpoints_have_the_priorities_of_the_config_whatever_their_order() {
    run(async {
        let addrs = ["127.0.0.1:9000", "127.0.0.1:9001"].map(|addr| addr.parse().unwrap());
        let mut config = Upstream::new("payments", addrs.to_vec());
        config.priorities.insert(addrs[0].clone(), 1);
        let site = site_of(config, &Store::memory()).await;
        assert_eq!(site.led(20), [9_001]);
        site.exclude(9_001, Exclusion::Draining);
        assert_eq!(site.led(20), [9_000]);
        site.tree.stop().await;
    });
}

#[test]
fn open_breakers_of_the_better_priority_lead_to_the_lower_one() {
    run(async {
        let site = site(Balance::P2cEwma).await;
        for index in [0, 1] {
            let endpoint = std::sync::Arc::clone(&site.upstream.endpoints()[index]);
            for _ in 0..3 {
                let breaker = endpoint.breaker().unwrap();
                let _ = breaker.call(|| async { Err::<(), _>("no") }).await;
            }
            site.until(index, BreakerState::Open).await;
        }
        assert_eq!(site.led(50), [9_002]);
        site.tree.stop().await;
    });
}

#[test]
fn a_retry_goes_to_the_lower_priority_rather_than_to_whom_the_call_has_tried() {
    run(async {
        let site = site(Balance::RoundRobin).await;
        let mut call = site.upstream.enter(&CallKeys::default()).unwrap();
        let mut tried = Vec::new();
        for _ in 0..3 {
            let attempt = call.attempt().unwrap();
            tried.push(attempt.endpoint().addr().port());
            attempt.report(Verdict::failure());
        }
        tried[..2].sort_unstable();
        assert_eq!(tried, [9_000, 9_001, 9_002]);
        drop(call);
        site.tree.stop().await;
    });
}

#[test]
fn another_priority_counts_from_the_next_call_on() {
    run(async {
        let site = site(Balance::RoundRobin).await;
        let share = Share {
            weight: 1,
            priority: 0,
        };
        site.membership
            .assign(&[("127.0.0.1:9002".parse().unwrap(), share)]);
        assert_eq!(site.led(50), [9_000, 9_001, 9_002]);
        assert_eq!(
            site.membership.share(&"127.0.0.1:9002".parse().unwrap()),
            Some(share)
        );
        site.tree.stop().await;
    });
}
