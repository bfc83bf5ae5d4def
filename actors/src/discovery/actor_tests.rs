#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hedgerow_config::{Discovery, DnsDiscovery, DnsRecords, RegistryDiscovery, Upstream};
use hedgerow_store::Store;
use hedgerow_supervisor::{Arbiters, Ground, Inspect as _, Operate as _, Order, Supervisor, Tree};
use hedgerow_view::upstream::{DiscoveryState, UpstreamView};
use hedgerow_view::{Path, View};
use serde_json::json;

use super::resolve::{Answer, Question, Resolve, ResolveError, Resolved, Resolver, Resolving};
use super::{Member, Sources, upstream};
use crate::breaker::Means;
use crate::paused::{idle, pass_until, run, until};
use crate::registry::{self, RegistryHandle};
use crate::upstream::Share;
use crate::upstream::{CallKeys, UpstreamHandle};
use crate::verdict::Verdict;

/// A resolver whose answers are written down beforehand; the last one is given again and again.
#[derive(Clone, Default)]
struct Scripted(Arc<Mutex<VecDeque<Result<Resolved, ResolveError>>>>);

impl Scripted {
    fn of(answers: impl IntoIterator<Item = Result<Resolved, ResolveError>>) -> Self {
        Self(Arc::new(Mutex::new(answers.into_iter().collect())))
    }
}

impl Resolve for Scripted {
    fn resolver(&self, _: Option<SocketAddr>) -> Result<Box<dyn Resolver>, ResolveError> {
        Ok(Box::new(self.clone()))
    }
}

impl Resolver for Scripted {
    fn look_up(&self, _: &Question) -> Resolving {
        let mut answers = self.0.lock().unwrap();
        let answer = match answers.len() {
            1 => answers[0].clone(),
            _ => answers.pop_front().unwrap(),
        };
        Box::pin(async { answer })
    }
}

fn found(ports: &[u16]) -> Result<Resolved, ResolveError> {
    let member = |port: &u16| Member {
        addr: format!("127.0.0.1:{port}").parse().unwrap(),
        share: Share::default(),
    };
    Ok(Resolved::Found(Answer {
        members: ports.iter().map(member).collect(),
        ttl: Duration::from_secs(10),
        unresolved: 0,
    }))
}

fn failed() -> Result<Resolved, ResolveError> {
    Err(ResolveError::Failed {
        why: "SERVFAIL".to_owned(),
    })
}

struct Site {
    tree: Tree,
    ground: Ground,
    upstream: UpstreamHandle,
    registry: RegistryHandle,
}

async fn site(discovery: Discovery, resolve: Scripted) -> Site {
    life(discovery, resolve, &Store::memory()).await
}

/// One life of a process with this store.
async fn life(discovery: Discovery, resolve: Scripted, store: &Store) -> Site {
    let ground = Ground::new(Arbiters::current_thread());
    let means = Means {
        store: store.clone(),
        events: ground.events.clone(),
        clock: ground.clock,
    };
    let (registrar, registry) = registry::spec(&means);
    let sources = Sources {
        resolve: Arc::new(resolve),
        registry: registry.clone(),
        probe: None,
    };
    let config = Upstream::discovered("payments", discovery);
    let (child, upstream) = upstream(&config, &means, &sources).unwrap();
    let root = Supervisor::one_for_one("root").child(registrar).child(child);
    let tree = Tree::start(root, &ground).await.unwrap();
    Site {
        tree,
        ground,
        upstream,
        registry,
    }
}

fn by_dns() -> Discovery {
    Discovery::Dns(DnsDiscovery::new(
        "payments.internal",
        DnsRecords::Addresses { port: 80 },
    ))
}

impl Site {
    fn ports(&self) -> Vec<u16> {
        let endpoints = self.upstream.endpoints();
        let mut ports: Vec<u16> = endpoints.iter().map(|endpoint| endpoint.addr().port()).collect();
        ports.sort_unstable();
        ports
    }

    fn view(&self) -> UpstreamView {
        match self.upstream.view(&Path::root("root")) {
            View::Upstream(view) => view,
            other => panic!("no upstream: {other:?}"),
        }
    }

    fn state(&self) -> DiscoveryState {
        self.view().discovery.unwrap().state
    }

    fn told(&self) -> Vec<&'static str> {
        let events = self.ground.events.since(0);
        let of_discovery = |kind: &&str| kind.starts_with("endpoint") || kind.starts_with("discovery");
        events
            .iter()
            .map(|event| event.kind)
            .filter(of_discovery)
            .collect()
    }
}

#[test]
fn where_nobody_answers_at_a_start_those_of_the_last_life_are_called() {
    run(async {
        let store = Store::memory();
        let first = life(by_dns(), Scripted::of([found(&[1, 2])]), &store).await;
        until(|| first.ports() == [1, 2]).await;
        first.tree.stop().await;

        let second = life(by_dns(), Scripted::of([failed()]), &store).await;
        until(|| second.ports() == [1, 2]).await;
        assert_eq!(second.state(), DiscoveryState::Stale);
        assert!(
            second.told().contains(&"discoveryRestored"),
            "{:?}",
            second.told()
        );
        second.tree.stop().await;
    });
}

#[test]
fn where_somebody_answers_at_a_start_nobody_of_the_last_life_is_called() {
    run(async {
        let store = Store::memory();
        let first = life(by_dns(), Scripted::of([found(&[1, 2])]), &store).await;
        until(|| first.ports() == [1, 2]).await;
        first.tree.stop().await;

        // And where it fails later on, whom it named stays.
        let second = life(by_dns(), Scripted::of([found(&[3]), failed()]), &store).await;
        pass_until(|| second.state() == DiscoveryState::Stale).await;
        assert_eq!(second.ports(), [3]);
        assert_eq!(second.told(), ["endpointJoined", "discoveryProblem"]);
        second.tree.stop().await;
    });
}

#[test]
fn a_name_that_is_said_to_be_gone_is_not_kept() {
    run(async {
        let store = Store::memory();
        let nothing = || Ok(Resolved::Nothing { ttl: None });
        let answers = Scripted::of([found(&[1]), nothing(), nothing()]);
        let first = life(by_dns(), answers, &store).await;
        until(|| first.ports() == [1]).await;
        pass_until(|| first.ports().is_empty()).await;
        first.tree.stop().await;

        let second = life(by_dns(), Scripted::of([failed()]), &store).await;
        until(|| second.view().discovery.unwrap().failures > 0).await;
        assert_eq!(second.told(), ["discoveryProblem"]);
        assert!(second.ports().is_empty());
        second.tree.stop().await;
    });
}

#[test]
fn endpoints_follow_the_answers_of_the_resolver() {
    run(async {
        let answers = Scripted::of([found(&[1, 2]), found(&[2, 3])]);
        let site = site(by_dns(), answers).await;
        until(|| site.ports() == [1, 2]).await;
        assert_eq!(site.state(), DiscoveryState::Fresh);
        let awaited = site.view().awaited().unwrap();
        assert!(
            awaited.starts_with("no endpoint could be dialled yet"),
            "{awaited}"
        );
        pass_until(|| site.ports() == [2, 3]).await;
        until(|| site.told().len() == 4).await;
        assert_eq!(
            site.told(),
            [
                "endpointJoined",
                "endpointJoined",
                "endpointJoined",
                "endpointLeft"
            ]
        );
        site.tree.stop().await;
    });
}

#[test]
fn an_upstream_waits_for_its_first_endpoint_and_says_why() {
    run(async {
        let site = site(by_dns(), Scripted::of([failed(), found(&[1])])).await;
        until(|| site.told() == ["discoveryProblem"]).await;
        assert_eq!(site.state(), DiscoveryState::Waiting);
        assert_eq!(
            site.view().awaited().unwrap(),
            "no endpoint yet from dns payments.internal:80: SERVFAIL"
        );
        let refused = site
            .upstream
            .enter(&CallKeys::default())
            .unwrap()
            .attempt()
            .err()
            .unwrap();
        assert_eq!(refused.rule, "endpoints");
        pass_until(|| site.ports() == [1]).await;
        until(|| site.state() == DiscoveryState::Fresh).await;
        site.tree.stop().await;
    });
}

#[test]
fn d3_while_the_resolver_fails_the_endpoints_stay_and_are_shown_as_stale() {
    run(async {
        let site = site(by_dns(), Scripted::of([found(&[1, 2]), failed()])).await;
        until(|| site.ports() == [1, 2]).await;
        pass_until(|| site.state() == DiscoveryState::Stale).await;
        for _ in 0..50 {
            tokio::time::advance(Duration::from_secs(60)).await;
            idle().await;
            assert_eq!(site.ports(), [1, 2]);
        }
        let shown = site.view().discovery.unwrap();
        assert!(
            shown.age_ms.unwrap() >= 3_000_000 && shown.failures > 10,
            "{shown:?}"
        );
        assert_eq!(shown.problem.as_deref(), Some("SERVFAIL"));
        site.tree.stop().await;
    });
}

#[test]
fn a_discovery_that_is_restarted_keeps_the_endpoints_and_goes_on() {
    run(async {
        let site = site(by_dns(), Scripted::of([found(&[1]), failed(), found(&[1, 2])])).await;
        until(|| site.ports() == [1]).await;
        let before = site.upstream.endpoints()[0].clone();
        let path = Path::root("root").child("payments").child("discovery");
        site.tree
            .directory()
            .operate(&path, Order::Restart)
            .await
            .unwrap();
        pass_until(|| site.ports() == [1, 2]).await;
        assert!(
            site.upstream
                .endpoints()
                .iter()
                .any(|endpoint| Arc::ptr_eq(endpoint, &before))
        );
        site.tree.stop().await;
    });
}

#[test]
fn what_is_under_way_at_an_endpoint_that_leaves_ends_as_it_would() {
    run(async {
        let site = site(by_dns(), Scripted::of([found(&[1]), found(&[2])])).await;
        until(|| site.ports() == [1]).await;
        let mut call = site.upstream.enter(&CallKeys::default()).unwrap();
        let attempt = call.attempt().unwrap();
        pass_until(|| site.ports() == [2]).await;
        assert!(attempt.endpoint().has_left());
        attempt.report(Verdict::success());
        call.report(Verdict::success());
        site.tree.stop().await;
    });
}

#[test]
fn endpoints_follow_the_registry_at_once() {
    run(async {
        let service = RegistryDiscovery {
            service: "pay".to_owned(),
        };
        let site = site(Discovery::Registry(service), Scripted::default()).await;
        until(|| site.view().awaited().is_some()).await;
        let act = async |action: &str, said: serde_json::Value| {
            let said = said.as_object().unwrap().clone();
            site.registry.act(action, &said, "a test").await.unwrap()
        };
        for port in [1, 2] {
            let addr = format!("127.0.0.1:{port}");
            act(
                "register",
                json!({ "service": "pay", "id": addr, "addr": addr, "weight": port }),
            )
            .await;
        }
        until(|| site.ports() == [1, 2]).await;
        let weights: Vec<u32> = site
            .upstream
            .endpoints()
            .iter()
            .map(|endpoint| endpoint.weight())
            .collect();
        assert_eq!(weights, [1, 2]);
        act(
            "register",
            json!({ "service": "pay", "id": "127.0.0.1:1", "addr": "127.0.0.1:1", "weight": 9 }),
        )
        .await;
        until(|| site.upstream.endpoints()[0].weight() == 9).await;
        act("deregister", json!({ "service": "pay", "id": "127.0.0.1:1" })).await;
        until(|| site.ports() == [2]).await;
        site.tree.stop().await;
    });
}
