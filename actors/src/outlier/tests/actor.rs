//! The actor over real endpoints, under paused time.

use std::time::Duration;

use hedgerow_config::{Balance, Consecutive, FailurePercentage, OutlierPolicy, Scope, Upstream};
use hedgerow_store::Store;
use hedgerow_supervisor::{Arbiters, Events, Ground, OperateError, Order, Supervisor, Tree};
use hedgerow_view::upstream::EndpointView;
use hedgerow_view::{Path, View};

use super::secs;
use crate::breaker::Means;
use crate::paused::{idle, pass_until, run, until};
use crate::upstream::{CallKeys, UpstreamHandle, spec};
use crate::verdict::Verdict;

struct Site {
    tree: Tree,
    events: Events,
    upstream: UpstreamHandle,
}

async fn site(endpoints: u16, outlier: OutlierPolicy) -> Site {
    let ground = Ground::new(Arbiters::current_thread());
    let means = Means {
        store: Store::memory(),
        events: ground.events.clone(),
        clock: ground.clock,
    };
    let addrs = (0..endpoints).map(|number| format!("127.0.0.1:{}", 9_001 + number).parse().unwrap());
    let config = Upstream {
        per: Scope::Upstream,
        outlier: OutlierPolicy {
            jitter: 0.0,
            ..outlier
        },
        breaker: hedgerow_config::BreakerPolicy::off(),
        balance: Balance::RoundRobin,
        ..Upstream::new("payments", addrs.collect())
    };
    let (child, upstream) = spec(&config, &means, None).unwrap();
    let tree = Tree::start(Supervisor::one_for_one("root").child(child), &ground)
        .await
        .unwrap();
    Site {
        tree,
        events: ground.events,
        upstream,
    }
}

impl Site {
    /// A call that ends so; the port that it went to.
    fn call(&self, judge: impl Fn(u16) -> Verdict) -> u16 {
        let mut call = self.upstream.enter(&CallKeys::default()).unwrap();
        let attempt = call.attempt().unwrap();
        let port = attempt.endpoint().addr().port();
        let verdict = judge(port);
        attempt.report(verdict);
        call.report(verdict);
        port
    }

    fn calls(&self, count: usize, judge: impl Fn(u16) -> Verdict) -> Vec<u16> {
        (0..count).map(|_| self.call(&judge)).collect()
    }

    fn views(&self) -> Vec<EndpointView> {
        let views = self.tree.directory().views();
        let shown = views.into_iter().find_map(|(_, view)| match view {
            View::Upstream(upstream) => Some(upstream.endpoints),
            _ => None,
        });
        shown.unwrap()
    }

    fn ejected(&self) -> Vec<bool> {
        let views = self.views();
        views
            .iter()
            .map(|endpoint| endpoint.ejected_until.is_some())
            .collect()
    }

    fn told(&self, kind: &str) -> Vec<String> {
        let events = self.events.since(0);
        let told = events.iter().filter(|event| event.kind == kind);
        told.map(|event| format!("{} {}", event.id.as_ref().unwrap(), event.cause))
            .collect()
    }
}

fn sick(port: u16) -> impl Fn(u16) -> Verdict {
    move |asked| {
        if asked == port {
            Verdict::failure()
        } else {
            Verdict::success()
        }
    }
}

#[test]
fn an_operator_puts_an_ejected_endpoint_back_and_the_event_names_him() {
    run(async {
        let site = site(3, OutlierPolicy::default()).await;
        let order = |endpoint: &str| {
            let arguments = serde_json::json!({ "endpoint": endpoint });
            let (directory, endpoint) = (site.tree.directory(), arguments.as_object().unwrap().clone());
            async move {
                let outlier = Path::parse("root/payments/outlier").unwrap();
                directory
                    .act(&outlier, "readmit", &endpoint, "the operator")
                    .await
            }
        };
        let early = order("127.0.0.1:9002").await.unwrap_err();
        assert!(matches!(early, OperateError::NotDone { .. }), "{early}");
        site.calls(15, sick(9_002));
        until(|| site.ejected() == [false, true, false]).await;
        let unknown = order("127.0.0.1:9999").await.unwrap_err();
        assert!(matches!(unknown, OperateError::Missing { .. }), "{unknown}");
        let odd = order("nowhere").await.unwrap_err();
        assert!(matches!(odd, OperateError::BadArguments { .. }), "{odd}");
        assert_eq!(site.ejected(), [false, true, false]);

        order("127.0.0.1:9002").await.unwrap();
        assert_eq!(site.ejected(), [false; 3]);
        assert_eq!(
            site.told("endpointReturned"),
            ["payments/endpoint/127.0.0.1:9002 readmitted by the operator"]
        );
        let asked = site.calls(3, sick(0));
        assert!(asked.contains(&9_002), "{asked:?}");

        // It begins anew, and is out for twice as long where it goes on.
        site.calls(15, sick(9_002));
        until(|| site.ejected() == [false, true, false]).await;
        let told = site.told("endpointEjected");
        assert!(told[1].ends_with("observed 5; for 60000 ms"), "{told:?}");
        site.tree.stop().await;
    });
}

#[test]
fn five_failures_in_a_row_eject_at_once_and_its_time_brings_it_back() {
    run(async {
        let site = site(3, OutlierPolicy::default()).await;
        site.calls(15, sick(9_002));
        until(|| site.ejected() == [false, true, false]).await;
        assert_eq!(
            site.told("endpointEjected"),
            ["payments/endpoint/127.0.0.1:9002 consecutive: limit 5, observed 5; for 30000 ms"]
        );
        assert!(!site.calls(10, sick(9_002)).contains(&9_002));
        pass_until(|| site.ejected() == [false; 3]).await;
        let mut ports = site.calls(3, sick(0));
        ports.sort_unstable();
        assert_eq!(ports, [9_001, 9_002, 9_003]);
        until(|| site.told("endpointReturned").len() == 1).await;
        assert_eq!(site.views()[1].ejections, 1);
        site.tree.stop().await;
    });
}

#[test]
fn an_ejection_outlives_the_actors_restart_and_ends_also_while_it_is_stopped() {
    run(async {
        let site = site(2, OutlierPolicy::default()).await;
        site.calls(10, sick(9_001));
        until(|| site.ejected() == [true, false]).await;
        let path = Path::root("root").child("payments").child("outlier");
        let directory = site.tree.directory();
        directory.operate(&path, Order::Restart).await.unwrap();
        assert_eq!(site.ejected(), [true, false]);
        assert!(!site.calls(4, sick(0)).contains(&9_001));
        directory.operate(&path, Order::Stop).await.unwrap();
        tokio::time::advance(secs(31)).await;
        assert_eq!(site.ejected(), [false, false]);
        assert!(site.calls(4, sick(0)).contains(&9_001));
        assert_eq!(site.told("endpointReturned"), [] as [&str; 0]);
        // Who is back tells of it.
        directory.operate(&path, Order::Start).await.unwrap();
        until(|| site.told("endpointReturned").len() == 1).await;
        site.tree.stop().await;
    });
}

#[test]
fn what_was_begun_before_an_ejection_does_not_eject_again_after_it() {
    run(async {
        let site = site(2, OutlierPolicy::default()).await;
        let mut before = Vec::new();
        while before.len() < 6 {
            let mut call = site.upstream.enter(&CallKeys::default()).unwrap();
            let attempt = call.attempt().unwrap();
            if attempt.endpoint().addr().port() == 9_001 {
                before.push(attempt);
            }
        }
        site.calls(10, sick(9_001));
        until(|| site.ejected() == [true, false]).await;
        pass_until(|| site.ejected() == [false, false]).await;
        until(|| site.told("endpointReturned").len() == 1).await;
        for attempt in before {
            attempt.report(Verdict::failure());
        }
        idle().await;
        assert_eq!(site.ejected(), [false, false]);
        site.tree.stop().await;
    });
}

#[test]
fn where_most_are_out_calls_go_to_all() {
    run(async {
        let outlier = OutlierPolicy {
            max_eject: 1.0,
            ..OutlierPolicy::default()
        };
        let site = site(3, outlier).await;
        site.calls(30, |port| sick(9_001)(port));
        until(|| site.ejected() == [true, false, false]).await;
        assert!(!site.calls(6, sick(0)).contains(&9_001));
        // Who takes the turns of the one that is out is drawn.
        site.calls(60, sick(9_002));
        until(|| site.ejected() == [true, true, false]).await;
        // One of three is less than half.
        let mut ports = site.calls(3, sick(0));
        ports.sort_unstable();
        assert_eq!(ports, [9_001, 9_002, 9_003]);
        site.tree.stop().await;
    });
}

#[test]
fn shares_are_looked_at_while_there_are_calls_and_nobody_wakes_while_there_are_none() {
    run(async {
        let outlier = OutlierPolicy {
            consecutive: Consecutive::Off,
            failure_percentage: Some(FailurePercentage {
                threshold: 0.5,
                min_endpoints: 2,
                min_calls: 10,
            }),
            ..OutlierPolicy::default()
        };
        let site = site(2, outlier).await;
        let turn = std::cell::Cell::new(0);
        // Three of four fail, and never five in a row.
        let mostly = |port: u16| {
            if port != 9_001 {
                return Verdict::success();
            }
            turn.set(turn.get() + 1);
            if turn.get() % 4 < 3 {
                Verdict::failure()
            } else {
                Verdict::success()
            }
        };
        tokio::time::advance(secs(100)).await;
        site.calls(40, mostly);
        idle().await;
        tokio::time::advance(secs(9)).await;
        idle().await;
        assert_eq!(site.ejected(), [false, false]);
        tokio::time::advance(secs(1)).await;
        until(|| site.ejected() == [true, false]).await;
        assert_eq!(site.told("endpointEjected").len(), 1);
        site.tree.stop().await;
    });
}

#[test]
fn an_answer_that_breaks_off_is_a_failure() {
    run(async {
        let outlier = OutlierPolicy {
            consecutive: Consecutive::After(1),
            ..OutlierPolicy::default()
        };
        let site = site(2, outlier).await;
        site.upstream.endpoints()[1].count_broken_answer(None);
        until(|| site.ejected() == [false, true]).await;
        site.tree.stop().await;
    });
}

#[test]
fn one_that_is_slower_than_its_siblings_is_ejected() {
    run(async {
        let outlier = OutlierPolicy {
            consecutive: Consecutive::Off,
            latency: Some(hedgerow_config::LatencyFactor {
                min_calls: 5,
                ..Default::default()
            }),
            ..OutlierPolicy::default()
        };
        let site = site(3, outlier).await;
        for _ in 0..15 {
            let mut call = site.upstream.enter(&CallKeys::default()).unwrap();
            let attempt = call.attempt().unwrap();
            let takes = if attempt.endpoint().addr().port() == 9_003 {
                400
            } else {
                20
            };
            tokio::time::advance(Duration::from_millis(takes)).await;
            attempt.report(Verdict::success());
        }
        pass_until(|| site.ejected() == [false, false, true]).await;
        let told = site.told("endpointEjected");
        assert!(told[0].contains("latency: limit 100 ms, observed 4"), "{told:?}");
        site.tree.stop().await;
    });
}

#[test]
fn an_endpoint_alone_is_never_ejected() {
    run(async {
        let site = site(1, OutlierPolicy::default()).await;
        site.calls(20, sick(9_001));
        idle().await;
        assert_eq!(site.ejected(), [false]);
        site.tree.stop().await;
    });
}
