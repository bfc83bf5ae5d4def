//! The actor.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{BoxFuture, ready};
use hedgerow_config::{EndpointAddr, Upstream};
use hedgerow_store::Store;
use hedgerow_supervisor::{Arbiters, Events, Ground, Supervisor, Tree};
use hedgerow_view::{UpstreamView, View};

use crate::breaker::Means;
use crate::paused::{idle, pass_until, run, until};
use crate::probe::Probe;
use crate::readiness;
use crate::upstream::{self, UpstreamHandle};

/// Reaches those that it was told of, and takes down whom it was asked for.
#[derive(Default)]
struct Scripted {
    up: Mutex<BTreeSet<String>>,
    asked: Mutex<Vec<String>>,
}

impl Scripted {
    fn comes_up(&self, addr: &str) {
        self.up.lock().unwrap().insert(addr.to_owned());
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl Probe for Scripted {
    fn tcp(&self, addr: EndpointAddr, _: Duration) -> BoxFuture<'static, Result<(), String>> {
        self.asked.lock().unwrap().push(addr.to_string());
        let is_up = self.up.lock().unwrap().contains(addr.as_str());
        let refused = || "connection refused".to_owned();
        Box::pin(ready(is_up.then_some(()).ok_or_else(refused)))
    }

    fn http(&self, _: EndpointAddr, _: String, _: Duration) -> BoxFuture<'static, Result<u16, String>> {
        Box::pin(ready(Err("not asked for".to_owned())))
    }
}

struct Site {
    tree: Tree,
    events: Events,
    probe: Arc<Scripted>,
    upstreams: Vec<UpstreamHandle>,
}

async fn site(upstreams: &[(&str, &[&str])], adjust: impl Fn(&mut Upstream), up: &[&str]) -> Site {
    let ground = Ground::new(Arbiters::current_thread());
    let means = Means {
        store: Store::memory(),
        events: ground.events.clone(),
        clock: ground.clock,
    };
    let probe = Arc::new(Scripted::default());
    up.iter().for_each(|addr| probe.comes_up(addr));
    let dialling: Arc<dyn Probe> = Arc::clone(&probe) as _;
    let mut root = Supervisor::one_for_one("root");
    let mut handles = Vec::new();
    for (name, addrs) in upstreams {
        let addrs = addrs.iter().map(|addr| addr.parse().unwrap()).collect();
        let mut config = Upstream::new(*name, addrs);
        adjust(&mut config);
        let (spec, handle) = upstream::spec(&config, &means, None).unwrap();
        root = root.child(spec);
        handles.push(handle);
    }
    let readiness = readiness::spec(handles.clone(), Some(&dialling), &means.events);
    let tree = Tree::start(root.child(readiness), &ground).await.unwrap();
    Site {
        tree,
        events: ground.events,
        probe,
        upstreams: handles,
    }
}

impl Site {
    /// What each upstream is waited for.
    fn awaited(&self) -> Vec<Option<String>> {
        let views = self.tree.directory().views().into_iter();
        let upstreams = views.filter_map(|(_, view)| match view {
            View::Upstream(upstream) => Some(UpstreamView::awaited(&upstream)),
            _ => None,
        });
        upstreams.collect()
    }

    fn told(&self, kind: &str) -> Vec<(String, String)> {
        let events = self.events.since(0).into_iter();
        let told = events.filter(|event| event.kind == kind);
        told.map(|event| (event.id.as_ref().unwrap().to_string(), event.cause.clone()))
            .collect()
    }
}

#[test]
fn each_upstream_is_awaited_with_why_until_one_endpoint_of_it_was_reached() {
    run(async {
        let upstreams: [(&str, &[&str]); 2] = [
            ("catalog", &["127.0.0.1:9001"]),
            ("payments", &["127.0.0.1:9002", "127.0.0.1:9003"]),
        ];
        let site = site(&upstreams, |_| {}, &[]).await;
        let why = "no endpoint could be dialled yet: ";
        let (one, two) = (
            format!("{why}127.0.0.1:9001 connection refused"),
            format!("{why}127.0.0.1:9002 connection refused, 127.0.0.1:9003 connection refused"),
        );
        until(|| site.awaited() == [Some(one.clone()), Some(two.clone())]).await;
        until(|| site.told("upstreamAwaited").len() == 2).await;

        site.probe.comes_up("127.0.0.1:9003");
        pass_until(|| site.awaited() == [Some(one.clone()), None]).await;
        let told = site.told("upstreamReached");
        assert_eq!((told.len(), told[0].0.as_str()), (1, "payments"));
        assert!(
            told[0]
                .1
                .starts_with("reached by a dial of 127.0.0.1:9003, after "),
            "{told:?}"
        );

        site.probe.comes_up("127.0.0.1:9001");
        pass_until(|| site.awaited() == [None, None]).await;
        assert_eq!(site.told("upstreamAwaited").len(), 2);
        site.tree.stop().await;
    });
}

#[test]
fn once_all_were_reached_nobody_is_dialled_any_more_and_nothing_was_told() {
    run(async {
        let addr = "127.0.0.1:9001";
        let site = site(&[("payments", &[addr])], |_| {}, &[addr]).await;
        until(|| site.awaited() == [None]).await;
        tokio::time::advance(Duration::from_secs(60)).await;
        idle().await;
        assert_eq!(site.probe.asked(), 1);
        assert_eq!(site.told("upstreamReached"), []);
        site.tree.stop().await;
    });
}

#[test]
fn a_call_that_succeeds_counts_as_well_and_one_that_fails_does_not() {
    run(async {
        let site = site(&[("payments", &["127.0.0.1:9001"])], |_| {}, &[]).await;
        let payments = &site.upstreams[0];
        let _ = payments.call(|_| async { Err::<(), _>("no") }).await;
        assert!(site.awaited()[0].is_some());
        payments.call(|_| async { Ok::<_, ()>(()) }).await.unwrap();
        assert_eq!(site.awaited(), [None]);
        let asked = site.probe.asked();
        pass_until(|| !site.told("upstreamReached").is_empty()).await;
        assert!(
            site.told("upstreamReached")[0]
                .1
                .starts_with("reached by a call, after ")
        );
        // What fails later is no matter of readiness.
        for _ in 0..20 {
            let _ = payments.call(|_| async { Err::<(), _>("no") }).await;
        }
        assert_eq!((site.awaited(), site.probe.asked()), (vec![None], asked));
        site.tree.stop().await;
    });
}

#[test]
fn who_is_not_required_is_neither_awaited_nor_dialled() {
    run(async {
        let adjust = |upstream: &mut Upstream| upstream.required = false;
        let site = site(&[("payments", &["127.0.0.1:9001"])], adjust, &[]).await;
        idle().await;
        assert_eq!((site.awaited(), site.probe.asked()), (vec![None], 0));
        site.tree.stop().await;
    });
}

#[test]
fn many_endpoints_are_told_in_short() {
    run(async {
        let addrs: Vec<String> = (9001..=9010).map(|port| format!("127.0.0.1:{port}")).collect();
        let addrs: Vec<&str> = addrs.iter().map(String::as_str).collect();
        let site = site(&[("payments", &addrs)], |_| {}, &[]).await;
        until(|| {
            let told = site.awaited()[0].clone().unwrap_or_default();
            told.contains("127.0.0.1:9004 connection refused, and 6 more") && !told.contains("9005")
        })
        .await;
        site.tree.stop().await;
    });
}
