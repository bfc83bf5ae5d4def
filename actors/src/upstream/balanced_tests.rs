//! Which endpoint an attempt is given.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use hedgerow_config::{Balance, Hashing, SlowStart, Upstream};
use hedgerow_store::Store;
use hedgerow_view::breaker::BreakerState;

use super::tests::{Site, site_of};
use super::{Attempt, CallKeys, Endpoint, Exclusion, Share};
use crate::balance::hash;
use crate::chance;
use crate::paused::run;
use crate::verdict::Verdict;

/// So many endpoints, from port 9,000 on.
fn upstream(endpoints: u16, balance: Balance) -> Upstream {
    let addrs = (0..endpoints).map(|number| format!("127.0.0.1:{}", 9_000 + number).parse().unwrap());
    Upstream {
        balance,
        ..Upstream::new("payments", addrs.collect())
    }
}

impl Site {
    /// An attempt of a call of its own, led by this key.
    fn attempt(&self, key: u64) -> Attempt {
        let keys = CallKeys {
            hash: Some(hash(key.to_le_bytes())),
            ..CallKeys::default()
        };
        self.upstream.enter(&keys).unwrap().attempt().unwrap()
    }

    /// How often each endpoint is given one of so many attempts, of which each succeeds at once.
    fn given(&self, attempts: u64) -> Vec<u64> {
        let mut given = vec![0; self.upstream.endpoints().len()];
        for key in 0..attempts {
            let attempt = self.attempt(key);
            given[index(&attempt)] += 1;
            attempt.report(Verdict::success());
        }
        given
    }

    fn endpoint(&self, index: usize) -> Arc<Endpoint> {
        Arc::clone(&self.upstream.endpoints()[index])
    }

    /// Has the breaker of an endpoint open.
    async fn open(&self, index: usize) {
        let endpoint = self.endpoint(index);
        for _ in 0..3 {
            let breaker = endpoint.breaker().unwrap();
            let _ = breaker.call(|| async { Err::<(), _>("no") }).await;
        }
        self.until(index, BreakerState::Open).await;
    }
}

fn index(attempt: &Attempt) -> usize {
    usize::from(attempt.endpoint().addr().port() - 9_000)
}

fn all() -> impl Iterator<Item = Balance> {
    Balance::NAMES.into_iter().filter_map(Balance::named)
}

#[test]
fn a_call_tries_another_endpoint_as_long_as_there_is_one() {
    run(async {
        for balance in all() {
            let site = site_of(upstream(3, balance.clone()), &Store::memory()).await;
            let keys = CallKeys {
                hash: Some(7),
                ..CallKeys::default()
            };
            let mut call = site.upstream.enter(&keys).unwrap();
            let mut tried = Vec::new();
            for _ in 0..3 {
                let attempt = call.attempt().unwrap();
                tried.push(index(&attempt));
                attempt.report(Verdict::failure());
            }
            tried.sort_unstable();
            assert_eq!(tried, [0, 1, 2], "{balance:?}");
            // Better the same once more than none.
            assert!(call.attempt().is_ok());
            drop(call);
            site.tree.stop().await;
        }
    });
}

#[test]
fn a_key_stays_at_its_endpoint_and_comes_back_to_it_when_its_breaker_closes() {
    run(async {
        for name in ["ringHash", "maglev"] {
            let balance = Balance::named(name).unwrap();
            let site = site_of(upstream(5, balance), &Store::memory()).await;
            let led = || (0..200).map(|key| index(&site.attempt(key))).collect::<Vec<_>>();
            let before = led();
            assert_eq!(before, led());
            site.open(2).await;
            let meanwhile = led();
            for (home, elsewhere) in before.iter().zip(&meanwhile) {
                assert!(if *home == 2 {
                    *elsewhere != 2
                } else {
                    home == elsewhere
                });
            }
            tokio::time::advance(Duration::from_secs(30)).await;
            site.until(2, BreakerState::HalfOpen).await;
            // Whoever comes first probes, wherever the key leads.
            for _ in 0..2 {
                let probe = site.attempt(before.iter().position(|home| *home == 0).unwrap() as u64);
                assert_eq!((index(&probe), probe.is_probe()), (2, true));
                probe.report(Verdict::success());
            }
            site.until(2, BreakerState::Closed).await;
            assert_eq!(before, led());
            site.tree.stop().await;
        }
    });
}

#[test]
fn weights_are_those_of_the_config() {
    run(async {
        let mut config = upstream(2, Balance::Weighted);
        config.weights.insert(config.endpoints[1].clone(), 3);
        let site = site_of(config, &Store::memory()).await;
        assert_eq!(site.given(40), [10, 30]);
        assert_eq!(site.endpoint(1).view().weight, 3);
        site.tree.stop().await;
    });
}

#[test]
fn who_joins_starts_slowly_and_who_was_there_does_not() {
    run(async {
        chance::seed(1);
        let config = Upstream {
            slow_start: Some(SlowStart::default()),
            ..upstream(2, Balance::RoundRobin)
        };
        let site = site_of(config, &Store::memory()).await;
        assert_eq!(site.given(100), [50, 50]);
        site.membership
            .join("127.0.0.1:9002".parse().unwrap(), Share::default())
            .await
            .unwrap();
        // A tenth of its share: a twenty-first of all.
        let its = site.given(2_100)[2];
        assert!((50..150).contains(&its), "{its}");
        tokio::time::advance(Duration::from_secs(15)).await;
        // Half of it: a fifth.
        let its = site.given(2_000)[2];
        assert!((330..470).contains(&its), "{its}");
        tokio::time::advance(Duration::from_secs(15)).await;
        assert_eq!(site.given(300), [100, 100, 100]);
        site.tree.stop().await;
    });
}

#[test]
fn who_is_excluded_is_given_nothing_unless_too_few_are_left() {
    run(async {
        for balance in all() {
            let site = site_of(upstream(3, balance.clone()), &Store::memory()).await;
            site.endpoint(0).exclude(Exclusion::Ejected);
            assert_eq!(site.given(300)[0], 0, "{balance:?}");
            site.endpoint(0).exclude(Exclusion::Unhealthy);
            site.endpoint(1).exclude(Exclusion::Unhealthy);
            // One of three is left, less than half of them.
            let given = site.given(300);
            assert!(given.iter().all(|given| *given > 0), "{balance:?}: {given:?}");
            site.endpoint(1).readmit(Exclusion::Unhealthy);
            let given = site.given(300);
            assert!(given[0] == 0 && given[1] > 0, "{balance:?}: {given:?}");
            site.tree.stop().await;
        }
    });
}

#[test]
fn that_too_few_are_left_passes_over_neither_an_open_breaker_nor_one_that_is_about_to_leave() {
    run(async {
        for balance in all() {
            let site = site_of(upstream(4, balance.clone()), &Store::memory()).await;
            for index in 0..3 {
                site.endpoint(index).exclude(Exclusion::Ejected);
            }
            site.endpoint(1).exclude(Exclusion::Draining);
            site.open(2).await;
            let given = site.given(300);
            assert!(given[0] > 0 && given[3] > 0, "{balance:?}: {given:?}");
            assert_eq!((given[1], given[2]), (0, 0), "{balance:?}");
            site.tree.stop().await;
        }
    });
}

#[test]
fn where_all_are_about_to_leave_a_call_is_refused() {
    run(async {
        let site = site_of(upstream(2, Balance::default()), &Store::memory()).await;
        for index in 0..2 {
            site.endpoint(index).exclude(Exclusion::Draining);
        }
        let mut call = site.upstream.enter(&CallKeys::default()).unwrap();
        assert!(call.attempt().is_err());
        drop(call);
        site.tree.stop().await;
    });
}

#[test]
fn one_that_left_while_it_was_excluded_counts_no_more() {
    run(async {
        let site = site_of(upstream(3, Balance::RoundRobin), &Store::memory()).await;
        let gone = site.endpoint(2);
        gone.exclude(Exclusion::Ejected);
        site.membership.leave(&gone.addr()).await.unwrap();
        gone.exclude(Exclusion::Ejected);
        site.endpoint(0).exclude(Exclusion::Ejected);
        assert_eq!(site.given(10), [0, 10], "one of two is left, no less than half");
        site.tree.stop().await;
    });
}

#[test]
fn an_endpoint_that_falls_silent_is_picked_no_more_at_once() {
    run(async {
        chance::seed(2);
        let site = site_of(upstream(2, Balance::P2cEwma), &Store::memory()).await;
        for _ in 0..10 {
            let attempt = site.attempt(0);
            tokio::time::advance(Duration::from_millis(2)).await;
            attempt.report(Verdict::success());
        }
        let mut hanging = Vec::new();
        for _ in 0..200 {
            let attempt = site.attempt(0);
            if index(&attempt) == 0 {
                hanging.push(attempt);
            } else {
                tokio::time::advance(Duration::from_millis(2)).await;
                attempt.report(Verdict::success());
            }
        }
        assert!(hanging.len() <= 2, "{}", hanging.len());
        assert_eq!(site.endpoint(0).load().in_flight(), hanging.len() as u64);
        drop(hanging);
        assert_eq!(site.endpoint(0).load().in_flight(), 0);
        site.tree.stop().await;
    });
}

#[test]
fn what_is_under_way_is_counted_where_load_is_bounded_and_comes_back_to_nothing() {
    run(async {
        let hashing = Hashing {
            bounded_load: Some(1.5),
            ..Hashing::default()
        };
        let site = site_of(upstream(3, Balance::Maglev(hashing)), &Store::memory()).await;
        let home = index(&site.attempt(7));
        let mut under_way: Vec<Attempt> = (0..60).map(|_| site.attempt(7)).collect();
        let at_home = under_way.iter().filter(|attempt| index(attempt) == home).count();
        assert_eq!(at_home, 30, "one and a half times a third of all");
        under_way
            .drain(..)
            .for_each(|attempt| attempt.report(Verdict::success()));
        assert_eq!(site.endpoint(home).load().in_flight(), 0);
        assert_eq!(index(&site.attempt(7)), home);
        site.tree.stop().await;
    });
}

#[test]
fn how_fast_an_endpoint_answers_is_shown_whoever_chooses() {
    run(async {
        for balance in all() {
            let site = site_of(upstream(1, balance.clone()), &Store::memory()).await;
            assert_eq!(site.endpoint(0).view().ewma_ms, None);
            for _ in 0..8 {
                let attempt = site.attempt(0);
                tokio::time::advance(Duration::from_millis(5)).await;
                attempt.report(Verdict::success());
            }
            let shown = site.endpoint(0).view().ewma_ms.unwrap();
            assert!((4.9..=5.1).contains(&shown), "{balance:?}: {shown}");
            site.tree.stop().await;
        }
    });
}
