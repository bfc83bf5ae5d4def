//! The actor over real endpoints and a store, under paused time.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use hedgerow_config::{Balance, BreakerPolicy, OutlierPolicy, Scope, Upstream};
use hedgerow_store::Store;
use hedgerow_supervisor::{Arbiters, Events, Ground, Supervisor, Tree};

use super::super::{Record, key};
use crate::breaker::Means;
use crate::paused::{pass_until, run, until};
use crate::upstream::{CallKeys, Membership, Share, UpstreamHandle, place};
use crate::verdict::Verdict;

/// A life of a process in front of two endpoints, or as many.
struct Life {
    tree: Tree,
    events: Events,
    upstream: UpstreamHandle,
    membership: Membership,
    store: Store,
}

fn config(balance: Balance, ports: &[u16]) -> Upstream {
    let addrs = ports
        .iter()
        .map(|port| format!("127.0.0.1:{port}").parse().unwrap());
    Upstream {
        per: Scope::Upstream,
        breaker: BreakerPolicy::off(),
        balance,
        outlier: OutlierPolicy {
            jitter: 0.0,
            ..OutlierPolicy::default()
        },
        ..Upstream::new("payments", addrs.collect())
    }
}

/// Each life has a tree of its own, as a process has; the one before is let go of without a stop.
async fn life(store: &Store, config: &Upstream) -> Life {
    let ground = Ground::new(Arbiters::current_thread());
    let means = Means {
        store: store.clone(),
        events: ground.events.clone(),
        clock: ground.clock,
    };
    let placed = place(config, &means, None).unwrap();
    let tree = Tree::start(Supervisor::one_for_one("root").child(placed.supervisor), &ground)
        .await
        .unwrap();
    Life {
        tree,
        events: ground.events,
        upstream: placed.handle,
        membership: placed.membership,
        store: store.clone(),
    }
}

impl Life {
    /// A call; the port that it went to.
    fn call(&self, sick: u16) -> u16 {
        let mut call = self.upstream.enter(&CallKeys::default()).unwrap();
        let attempt = call.attempt().unwrap();
        let port = attempt.endpoint().addr().port();
        let verdict = if port == sick {
            Verdict::failure()
        } else {
            Verdict::success()
        };
        attempt.report(verdict);
        call.report(verdict);
        port
    }

    fn calls(&self, count: usize, sick: u16) -> Vec<u16> {
        (0..count).map(|_| self.call(sick)).collect()
    }

    /// Lets calls come until the endpoint has failed one: what made it look worse than the others has to fade first.
    async fn fails_once(&self, sick: u16) {
        while self.call(sick) != sick {
            tokio::time::advance(Duration::from_millis(100)).await;
        }
    }

    async fn kept(&self) -> Option<Record> {
        let kept = self.store.load(&key("payments").unwrap()).await.unwrap();
        kept.map(|bytes| Record::decode(&bytes).unwrap())
    }

    async fn is_kept(&self, passes: impl Fn(&Record) -> bool) {
        while !self.kept().await.is_some_and(|record| passes(&record)) {
            tokio::time::advance(Duration::from_millis(10)).await;
        }
    }

    fn told(&self, kind: &str) -> Vec<String> {
        let events = self.events.since(0);
        let told = events.iter().filter(|event| event.kind == kind);
        told.map(|event| format!("{} {}", event.id.as_ref().unwrap(), event.cause))
            .collect()
    }
}

#[test]
fn after_one_failure_the_next_life_leaves_the_endpoint_alone_from_its_first_call_on() {
    run(async {
        let (store, config) = (Store::memory(), config(Balance::P2cEwma, &[9_001, 9_002]));
        let first = life(&store, &config).await;
        first.calls(8, 0);
        first.fails_once(9_001).await;
        first.is_kept(|record| record.endpoints.len() == 1).await;
        let second = life(&store, &config).await;
        // More at once than there were: the well one is no stranger that is to be waited for.
        let mut under_way = Vec::new();
        for _ in 0..50 {
            let mut call = second.upstream.enter(&CallKeys::default()).unwrap();
            let attempt = call.attempt().unwrap();
            assert_eq!(attempt.endpoint().addr().port(), 9_002);
            under_way.push((call, attempt));
        }
        let told = second.told("endpointRestored");
        assert_eq!(told.len(), 1, "{told:?}");
        // A half, less what has faded until it was on the disk.
        let share =
            told[0].strip_prefix("payments/endpoint/127.0.0.1:9001 restored: a share of failures of ");
        let share = share.and_then(|rest| rest.split([',', ' ', ';']).next()?.parse::<f64>().ok());
        assert!(
            share.is_some_and(|share| (0.4..=0.5).contains(&share)),
            "{told:?}"
        );
        drop(under_way);
        first.tree.stop().await;
        second.tree.stop().await;
    });
}

#[test]
fn an_ejection_goes_on_in_the_next_life_and_ends_there() {
    run(async {
        let (store, config) = (
            Store::memory(),
            config(Balance::RoundRobin, &[9_001, 9_002, 9_003]),
        );
        let first = life(&store, &config).await;
        first.calls(15, 9_002);
        first
            .is_kept(|record| record.endpoints.iter().any(|one| one.ejected_until.is_some()))
            .await;
        let second = life(&store, &config).await;
        assert!(!second.calls(12, 0).contains(&9_002));
        let told = second.told("endpointRestored");
        assert!(
            told[0].starts_with("payments/endpoint/127.0.0.1:9002 restored: ejected for "),
            "{told:?}"
        );
        pass_until(|| second.calls(3, 0).contains(&9_002)).await;
        until(|| second.told("endpointReturned").len() == 1).await;
        first.tree.stop().await;
        second.tree.stop().await;
    });
}

#[test]
fn one_that_joins_goes_on_as_it_was() {
    run(async {
        let (store, all) = (Store::memory(), [9_001, 9_002, 9_003]);
        let first = life(&store, &config(Balance::RoundRobin, &all)).await;
        first.calls(15, 9_002);
        first
            .is_kept(|record| record.endpoints.iter().any(|one| one.ejected_until.is_some()))
            .await;
        let second = life(&store, &config(Balance::RoundRobin, &[9_001])).await;
        for port in [9_002, 9_003] {
            let addr = format!("127.0.0.1:{port}").parse().unwrap();
            second.membership.join(addr, Share::default()).await.unwrap();
        }
        assert!(!second.calls(12, 0).contains(&9_002));
        first.tree.stop().await;
        second.tree.stop().await;
    });
}

#[test]
fn the_only_endpoint_is_not_ejected_by_what_is_remembered() {
    run(async {
        let store = Store::memory();
        let of = |ports| {
            let mut config = config(Balance::RoundRobin, ports);
            config.outlier.panic_below = 0.0;
            config
        };
        let first = life(&store, &of(&[9_001, 9_002])).await;
        first.calls(12, 9_002);
        first
            .is_kept(|record| record.endpoints.iter().any(|one| one.ejected_until.is_some()))
            .await;
        let second = life(&store, &of(&[9_002])).await;
        assert_eq!(second.calls(3, 0), [9_002; 3]);
        first.tree.stop().await;
        second.tree.stop().await;
    });
}

#[test]
fn once_all_are_well_nothing_is_kept_and_the_next_failure_is() {
    run(async {
        let (store, config) = (Store::memory(), config(Balance::P2cEwma, &[9_001, 9_002]));
        let life = life(&store, &config).await;
        life.calls(8, 0);
        assert_eq!(life.kept().await, None, "without a failure nothing is written");
        for _ in 0..2 {
            life.fails_once(9_001).await;
            life.is_kept(|record| record.endpoints.len() == 1).await;
            while life.kept().await.is_some() {
                tokio::time::advance(Duration::from_millis(100)).await;
            }
        }
        life.tree.stop().await;
    });
}

#[test]
fn bytes_that_are_no_record_are_told_and_stop_nobody() {
    run(async {
        let (store, config) = (Store::memory(), config(Balance::P2cEwma, &[9_001, 9_002]));
        store.save(&key("payments").unwrap(), b"no record").await.unwrap();
        let life = life(&store, &config).await;
        assert_eq!(life.told("recordUnusable").len(), 1);
        life.calls(4, 0);
        life.fails_once(9_001).await;
        let is_written = || async {
            let bytes = store.load(&key("payments").unwrap()).await.unwrap();
            bytes.is_some_and(|bytes| Record::decode(&bytes).is_ok())
        };
        while !is_written().await {
            tokio::time::advance(Duration::from_millis(10)).await;
        }
        life.tree.stop().await;
    });
}
