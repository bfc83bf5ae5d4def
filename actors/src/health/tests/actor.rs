//! The actor over a scripted probe, under paused time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, pending, ready};
use hedgerow_config::{Balance, EndpointAddr, HealthCheck, HealthCheckKind, Upstream};
use hedgerow_store::Store;
use hedgerow_supervisor::{Arbiters, Events, Ground, Order, Supervisor, Tree};
use hedgerow_view::upstream::EndpointView;
use hedgerow_view::{Path, View};

use crate::breaker::Means;
use crate::paused::{idle, pass_until, run, until};
use crate::probe::Probe;
use crate::upstream::{Membership, Share, UpstreamHandle, place};

/// What an endpoint answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Status(u16),
    Refuse,
    Hang,
}

/// Answers as it is told, by port; 200 where it is told nothing.
#[derive(Default)]
struct Script {
    moods: Mutex<HashMap<u16, Mood>>,
    asked: Mutex<Vec<String>>,
}

impl Script {
    fn set(&self, port: u16, mood: Mood) {
        self.moods.lock().unwrap().insert(port, mood);
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    fn answer(&self, addr: &EndpointAddr, question: &str) -> BoxFuture<'static, Result<u16, String>> {
        self.asked.lock().unwrap().push(format!("{question} {addr}"));
        let mood = self.moods.lock().unwrap().get(&addr.port()).copied();
        match mood.unwrap_or(Mood::Status(200)) {
            Mood::Status(status) => ready(Ok(status)).boxed(),
            Mood::Refuse => ready(Err("connection refused".to_owned())).boxed(),
            Mood::Hang => pending().boxed(),
        }
    }
}

impl Probe for Script {
    fn tcp(&self, addr: EndpointAddr, _: Duration) -> BoxFuture<'static, Result<(), String>> {
        self.answer(&addr, "tcp").map(|answer| answer.map(drop)).boxed()
    }

    fn http(&self, addr: EndpointAddr, path: String, _: Duration) -> BoxFuture<'static, Result<u16, String>> {
        self.answer(&addr, &path)
    }
}

struct Site {
    tree: Tree,
    events: Events,
    upstream: UpstreamHandle,
    membership: Membership,
    script: Arc<Script>,
}

async fn site(checks: Vec<HealthCheck>, before: impl FnOnce(&Script)) -> Site {
    let ground = Ground::new(Arbiters::current_thread());
    let means = Means {
        store: Store::memory(),
        events: ground.events.clone(),
        clock: ground.clock,
    };
    let addrs = ["127.0.0.1:9001", "127.0.0.1:9002"];
    let config = Upstream {
        health_checks: checks,
        balance: Balance::RoundRobin,
        ..Upstream::new(
            "payments",
            addrs.iter().map(|addr| addr.parse().unwrap()).collect(),
        )
    };
    let script = Arc::new(Script::default());
    before(&script);
    let probe: Arc<dyn Probe> = script.clone();
    let placed = place(&config, &means, Some(&probe)).unwrap();
    let tree = Tree::start(Supervisor::one_for_one("root").child(placed.supervisor), &ground)
        .await
        .unwrap();
    Site {
        tree,
        events: ground.events,
        upstream: placed.handle,
        membership: placed.membership,
        script,
    }
}

fn http() -> HealthCheck {
    HealthCheck::new(HealthCheckKind::http("/healthz"))
}

impl Site {
    fn views(&self) -> Vec<EndpointView> {
        let views = self.tree.directory().views();
        let shown = views.into_iter().find_map(|(_, view)| match view {
            View::Upstream(upstream) => Some(upstream.endpoints),
            _ => None,
        });
        shown.unwrap()
    }

    fn health(&self) -> Vec<&'static str> {
        self.views()
            .iter()
            .map(|endpoint| endpoint.health.unwrap())
            .collect()
    }

    async fn ports(&self, calls: usize) -> Vec<u16> {
        let mut ports = Vec::new();
        for _ in 0..calls {
            let call = self
                .upstream
                .call(|endpoint| async move { Ok::<_, ()>(endpoint.addr().port()) });
            ports.push(call.await.unwrap());
        }
        ports.sort_unstable();
        ports.dedup();
        ports
    }

    fn told(&self, kind: &str) -> Vec<String> {
        let events = self.events.since(0);
        let told = events.iter().filter(|event| event.kind == kind);
        told.map(|event| format!("{} {}", event.id.as_ref().unwrap(), event.cause))
            .collect()
    }
}

#[test]
fn a_sick_endpoint_is_taken_out_and_comes_back_when_it_is_well() {
    run(async {
        let site = site(vec![http()], |_| ()).await;
        pass_until(|| site.health() == ["healthy", "healthy"]).await;
        assert_eq!(
            site.told("endpointHealthy"),
            [] as [&str; 0],
            "nothing has changed"
        );
        site.script.set(9_001, Mood::Status(503));
        pass_until(|| site.health() == ["unhealthy", "healthy"]).await;
        assert_eq!(
            site.told("endpointUnhealthy"),
            [
                "payments/endpoint/127.0.0.1:9001 unhealthyAfter: limit 3, observed 3; http /healthz: status 503"
            ]
        );
        assert_eq!(site.ports(4).await, [9_002]);
        let shown = &site.views()[0];
        assert_eq!(shown.health_check_failures, 3);
        assert!(shown.health_checks > 3);
        site.script.set(9_001, Mood::Status(200));
        pass_until(|| site.health() == ["healthy", "healthy"]).await;
        assert_eq!(site.told("endpointHealthy").len(), 1);
        assert_eq!(site.ports(4).await, [9_001, 9_002]);
        site.tree.stop().await;
    });
}

#[test]
fn the_first_check_decides_and_before_it_an_endpoint_is_given_calls() {
    run(async {
        let site = site(vec![http()], |script| {
            script.set(9_001, Mood::Hang);
            script.set(9_002, Mood::Refuse);
        })
        .await;
        assert_eq!(site.health()[0], "unknown");
        assert_eq!(site.ports(1).await.len(), 1);
        // One that hangs holds up no other.
        pass_until(|| site.health() == ["unknown", "unhealthy"]).await;
        assert_eq!(site.ports(4).await, [9_001]);
        assert!(site.told("endpointUnhealthy")[0].ends_with("http /healthz: connection refused"));
        site.tree.stop().await;
    });
}

#[test]
fn it_passes_where_all_checks_do() {
    run(async {
        let site = site(vec![http(), HealthCheck::new(HealthCheckKind::Tcp)], |script| {
            script.set(9_001, Mood::Status(404));
        })
        .await;
        // The connection is accepted, and the answer is none that passes.
        pass_until(|| site.health() == ["unhealthy", "healthy"]).await;
        let asked = site.script.asked.lock().unwrap().clone();
        for question in ["/healthz 127.0.0.1:9001", "tcp 127.0.0.1:9001"] {
            assert!(asked.iter().any(|asked| asked == question), "{asked:?}");
        }
        site.tree.stop().await;
    });
}

#[test]
fn where_all_are_sick_calls_go_to_all() {
    run(async {
        let site = site(vec![http()], |script| {
            script.set(9_001, Mood::Refuse);
            script.set(9_002, Mood::Refuse);
        })
        .await;
        pass_until(|| site.health() == ["unhealthy", "unhealthy"]).await;
        assert_eq!(site.ports(4).await, [9_001, 9_002]);
        site.tree.stop().await;
    });
}

#[test]
fn health_outlives_the_actors_restart_and_stays_while_it_is_stopped() {
    run(async {
        let site = site(vec![http()], |script| script.set(9_001, Mood::Refuse)).await;
        pass_until(|| site.health() == ["unhealthy", "healthy"]).await;
        let path = Path::root("root").child("payments").child("health");
        let directory = site.tree.directory();
        directory.operate(&path, Order::Stop).await.unwrap();
        site.script.set(9_001, Mood::Status(200));
        let asked = site.script.asked();
        tokio::time::advance(Duration::from_secs(60)).await;
        idle().await;
        assert_eq!((site.health()[0], site.script.asked()), ("unhealthy", asked));
        directory.operate(&path, Order::Start).await.unwrap();
        // It is known to be unhealthy: one that passes is not enough.
        pass_until(|| site.script.asked() > asked).await;
        assert_eq!(site.health()[0], "unhealthy");
        pass_until(|| site.health() == ["healthy", "healthy"]).await;
        site.tree.stop().await;
    });
}

#[test]
fn who_joins_is_asked_and_who_leaves_is_not() {
    run(async {
        let site = site(vec![http()], |_| ()).await;
        pass_until(|| site.health() == ["healthy", "healthy"]).await;
        site.membership
            .join("127.0.0.1:9003".parse().unwrap(), Share::default())
            .await
            .unwrap();
        site.membership
            .leave(&"127.0.0.1:9001".parse().unwrap())
            .await
            .unwrap();
        pass_until(|| site.health() == ["healthy", "healthy"]).await;
        until(|| site.views()[1].health_checks > 0).await;
        let before = site.script.asked();
        pass_until(|| site.script.asked() > before + 10).await;
        let asked = site.script.asked.lock().unwrap().clone();
        assert!(
            !asked[before..].iter().any(|asked| asked.ends_with(":9001")),
            "{asked:?}"
        );
        assert!(asked[before..].iter().any(|asked| asked.ends_with(":9003")));
        site.tree.stop().await;
    });
}
