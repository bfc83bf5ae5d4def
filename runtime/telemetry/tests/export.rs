//! What a small tree exports.
#![allow(clippy::unwrap_used)]

mod shown;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::num::NonZeroUsize;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use actix::{Actor, Handler, Message};
use hedgerow_supervisor::{Arbiters, CellContext, ChildSpec, Ground, Handle, Inspect, Supervisor, Tree};
use hedgerow_telemetry::{FAMILIES, Measure, Metrics};

use hedgerow_view::breaker::{BreakerState, BreakerView, KeysView, PolicyView, WindowView};
use hedgerow_view::chain::{ChainView, NodeView, QuarantinedRequestView};
use hedgerow_view::listener::BoundView;
use hedgerow_view::registry::{RegistrationState, RegistrationView, RegistryView};
use hedgerow_view::upstream::{
    DiscoveryState, DiscoveryView, EndpointView, MirrorView, RetriesView, UpstreamView,
};
use hedgerow_view::{Identity, ListenerView, Path, StoreView, View};
use shown::{exporter, factory, pool};

struct Clerk;

impl Actor for Clerk {
    type Context = CellContext<Self>;
}

#[derive(Message)]
#[rtype(result = "()")]
struct Panic;

impl Handler<Panic> for Clerk {
    type Result = ();
    fn handle(&mut self, _: Panic, _: &mut CellContext<Self>) {
        panic!("told to");
    }
}

/// Shows a view that is made from the path.
struct Shown<F>(F);

impl<F: Fn(&Path) -> View + Send + Sync> Inspect for Shown<F> {
    fn view(&self, path: &Path) -> View {
        (self.0)(path)
    }
}

fn shown(name: &str, view: impl Fn(&Path) -> View + Send + Sync + 'static) -> (ChildSpec, Handle<Clerk>) {
    let (spec, handle) = ChildSpec::actor(name, || Clerk);
    (spec.inspect(Arc::new(Shown(view))), handle)
}

fn breaker(path: &Path) -> View {
    View::Breaker(BreakerView {
        id: Identity::keyed("breaker", "pay\"ments", "endpoint", "127.0.0.1:9001"),
        path: path.clone(),
        state: BreakerState::Open,
        fenced: false,
        persisted: true,
        since: SystemTime::UNIX_EPOCH.into(),
        half_open_at: None,
        window: WindowView {
            calls: 20,
            failures: 11,
            slow: 0,
            failure_rate: 0.55,
        },
        policy: Box::new(PolicyView {
            window_ms: Some(10_000),
            window_calls: None,
            trip_when: "any",
            failure_rate: Some(0.5),
            slow_call_over_ms: None,
            slow_call_rate: None,
            consecutive_failures: None,
            consecutive_timeouts: Some(5),
            min_calls: 20,
            open_for_ms: 1_000,
            max_open_for_ms: 60_000,
            half_open_permits: 3,
            half_open_every_ms: 0,
            half_open_timeout_ms: 1_500,
            half_open_successes: 2,
            half_open_max_stay_ms: 30_000,
        }),
        last_transition: None,
    })
}

fn keys(path: &Path) -> View {
    View::Keys(KeysView {
        name: "payments".into(),
        scope: "tenant".into(),
        path: path.clone(),
        keys: 9,
        max_keys: 10,
        breakers: 1,
        not_closed: 1,
        turned_away: 1,
    })
}

/// The breaker of one key.
fn invented(path: &Path) -> View {
    let View::Breaker(breaker) = breaker(path) else {
        unreachable!("a breaker is made")
    };
    View::Breaker(BreakerView {
        id: Identity::keyed("breaker", "payments", "tenant", "invented"),
        ..breaker
    })
}

fn chain(path: &Path) -> View {
    View::Chain(ChainView {
        id: Identity::new("chain", "edge"),
        path: path.clone(),
        revision: 1,
        nodes: vec![NodeView {
            name: "a \"quoted\"\nname".into(),
            kind: "route",
            state: "enabled",
            standing: "served",
            calls: 7,
            refused: 2,
            errors: 5,
            panics: 1,
            p50_ns: Some(240),
            p99_ns: Some(9_472),
            skipped: 4,
            spawned: 9,
            working: 3,
            overdue: 1,
            gauges: [("keys", 3)].into(),
        }],
        refused: 11,
        quarantined: vec![QuarantinedRequestView {
            node: "route".into(),
            fingerprint: "00000000000000ff".into(),
            crashes: 3,
            refused: 7,
            left_ms: 540_000,
        }],
        edits: Vec::new(),
    })
}

fn upstream(path: &Path) -> View {
    View::Upstream(UpstreamView {
        id: Identity::new("upstream", "payments"),
        path: path.clone(),
        balance: "p2cEwma",
        panicking: false,
        calls: 40,
        refused: 5,
        unreached: None,
        discovery: Some(DiscoveryView {
            source: "dns",
            name: "payments.internal:80".into(),
            state: DiscoveryState::Stale,
            members: 3,
            age_ms: Some(7_999),
            look_ups: 15,
            failures: 4,
            problem: Some("SERVFAIL".into()),
        }),
        retries: RetriesView {
            retries: 8,
            hedges: 4,
            hedges_won: 2,
            resent: 6,
            budget: 21,
            stopped_by_attempts: 11,
            stopped_by_budget: 12,
            stopped_by_deadline: 13,
            stopped_by_pushback: 14,
            stopped_nested: 15,
        },
        mirror: Some(MirrorView {
            upstream: "shadow".to_owned(),
            fraction: 0.1,
            in_flight: 1,
            sent: 9,
            failed: 3,
            refused: 2,
            skipped_by_bound: 5,
            skipped_by_body: 4,
        }),
        endpoints: vec![EndpointView {
            addr: "127.0.0.1:9001".into(),
            state: BreakerState::Closed,
            weight: 3,
            priority: 0,
            excluded: vec!["ejected"],
            ewma_ms: Some(4.2),
            in_flight: 1,
            successes: 30,
            failures: 9,
            dials: 4,
            dial_failures: 2,
            resent: 6,
            broken_answers: 1,
            idle: 3,
            ejected_until: Some(SystemTime::UNIX_EPOCH.into()),
            ejections: 2,
            health: Some("unhealthy"),
            health_checks: 40,
            health_check_failures: 4,
        }],
    })
}

fn registry(_: &Path) -> View {
    let registration = |service: &str, state| RegistrationView {
        service: service.into(),
        id: "a".into(),
        path: Path::root(service).child("a"),
        addr: "127.0.0.1:9001".into(),
        weight: 1,
        ttl_ms: 30_000,
        state,
        age_ms: 1,
        heartbeats: 0,
    };
    View::Registry(RegistryView {
        registrations: vec![
            registration("payments", RegistrationState::Live),
            registration("invented", RegistrationState::Live),
            registration("web", RegistrationState::Suspect),
        ],
        ..RegistryView::default()
    })
}

fn store(_: &Path) -> View {
    View::Store(StoreView {
        backend: "memory".into(),
        durable: false,
        problem: None,
        saved: 12,
        failed: 1,
    })
}

fn listener(path: &Path) -> View {
    View::Listener(ListenerView {
        id: Identity::new("listener", "127.0.0.1:8080"),
        path: path.clone(),
        waited: 21,
        overloaded: 8,
        refused_late: 2,
        bound: Some(BoundView {
            requests: 24,
            busy_percent: 95,
        }),
    })
}

/// A tree with one of everything, whose first child has panicked once, and its threads: they end when dropped.
async fn tree() -> (Tree, Arbiters) {
    let (breaker, clerk) = shown("breaker", breaker);
    let spec = Supervisor::one_for_one("root")
        .child(breaker)
        .child(shown("tenants", keys).0)
        .child(
            Supervisor::one_for_one("those")
                .kind("keys")
                .child(shown("invented", invented).0),
        )
        .child(shown("chain", chain).0)
        .child(shown("upstream", upstream).0)
        .child(shown("pool", pool).0)
        .child(shown("factory", factory).0)
        .child(shown("store", store).0)
        .child(shown("exporter", exporter).0)
        .child(shown("registry", registry).0)
        .child(shown("listener", listener).0);
    let arbiters = Arbiters::threads(NonZeroUsize::MIN).unwrap();
    let tree = Tree::start(spec, &Ground::new(arbiters.clone())).await.unwrap();
    assert!(clerk.ask(Panic).await.is_err());
    while tree.directory().tree().children[0].restarts == 0 || !tree.directory().not_ready().is_empty() {
        tokio::task::yield_now().await;
    }
    (tree, arbiters)
}

#[tokio::test]
async fn a_scrape_tells_what_the_tree_shows() {
    let (tree, _arbiters) = tree().await;
    let text = Metrics::new(tree.directory().clone()).unwrap().render();
    let lines: BTreeSet<&str> = text.lines().collect();
    for expected in [
        "hedgerow_ready 1",
        "hedgerow_actors{state=\"running\"} 13",
        "hedgerow_actors{state=\"failed\"} 0",
        "hedgerow_actor_restarts_total{path=\"root/breaker\"} 1",
        "hedgerow_mailbox_capacity{path=\"root/chain\"} 1024",
        "hedgerow_breaker_state{id=\"pay%22ments/endpoint/127.0.0.1:9001\",state=\"open\"} 1",
        "hedgerow_breaker_state{id=\"pay%22ments/endpoint/127.0.0.1:9001\",state=\"closed\"} 0",
        "hedgerow_breaker_window_failures{id=\"pay%22ments/endpoint/127.0.0.1:9001\"} 11",
        "hedgerow_chain_node_panics_total{chain=\"edge\",node=\"a \\\"quoted\\\"\\nname\"} 1",
        "hedgerow_upstream_refused_total{upstream=\"payments\"} 5",
        "hedgerow_upstream_mirrored_total{to=\"shadow\",upstream=\"payments\"} 9",
        "hedgerow_upstream_mirror_skipped_total{reason=\"body\",to=\"shadow\",upstream=\"payments\"} 4",
        "hedgerow_upstream_panicking{upstream=\"payments\"} 0",
        "hedgerow_endpoint_weight{endpoint=\"127.0.0.1:9001\",upstream=\"payments\"} 3",
        "hedgerow_endpoint_excluded{endpoint=\"127.0.0.1:9001\",upstream=\"payments\"} 1",
        "hedgerow_endpoint_idle_connections{endpoint=\"127.0.0.1:9001\",upstream=\"payments\"} 3",
        "hedgerow_endpoint_ejected{endpoint=\"127.0.0.1:9001\",upstream=\"payments\"} 1",
        "hedgerow_endpoint_ejections_total{endpoint=\"127.0.0.1:9001\",upstream=\"payments\"} 2",
        "hedgerow_endpoint_unhealthy{endpoint=\"127.0.0.1:9001\",upstream=\"payments\"} 1",
        "hedgerow_endpoint_health_checks_total{endpoint=\"127.0.0.1:9001\",upstream=\"payments\"} 40",
        "hedgerow_endpoint_health_check_failures_total{endpoint=\"127.0.0.1:9001\",upstream=\"payments\"} 4",
        "hedgerow_endpoint_resent_total{endpoint=\"127.0.0.1:9001\",upstream=\"payments\"} 6",
        "hedgerow_endpoint_broken_answers_total{endpoint=\"127.0.0.1:9001\",upstream=\"payments\"} 1",
        "hedgerow_factory_leased_total{factory=\"ledger\"} 9120",
        "hedgerow_factory_slo_breached{factory=\"ledger\"} 1",
        "hedgerow_pool_waiting{pool=\"payments\"} 31",
        "hedgerow_pool_overdue{pool=\"payments\"} 1",
        "hedgerow_pool_contract_broken{pool=\"payments\",rule=\"p95Latency\"} 1",
        "hedgerow_listener_waited_total{listener=\"127.0.0.1:8080\"} 21",
        "hedgerow_listener_overloaded_total{listener=\"127.0.0.1:8080\"} 8",
        "hedgerow_listener_refused_late_total{listener=\"127.0.0.1:8080\"} 2",
        "hedgerow_listener_bound{listener=\"127.0.0.1:8080\"} 24",
        "hedgerow_listener_busy_percent{listener=\"127.0.0.1:8080\"} 95",
        "hedgerow_keys{name=\"payments\",scope=\"tenant\"} 9",
        "hedgerow_keys_turned_away_total{name=\"payments\",scope=\"tenant\"} 1",
        "hedgerow_discovery_members{source=\"dns\",upstream=\"payments\"} 3",
        "hedgerow_discovery_stale{source=\"dns\",upstream=\"payments\"} 1",
        "hedgerow_discovery_age_seconds{source=\"dns\",upstream=\"payments\"} 7",
        "hedgerow_registrations{state=\"live\"} 2",
        "hedgerow_registrations{state=\"suspect\"} 1",
        "hedgerow_store_durable{backend=\"memory\"} 0",
        "hedgerow_store_problem{backend=\"memory\"} 0",
        "hedgerow_telemetry_exported_total{signal=\"logs\"} 900",
        "hedgerow_telemetry_dropped_total{signal=\"logs\"} 5",
        "hedgerow_telemetry_failures_total{signal=\"logs\"} 2",
        "hedgerow_telemetry_rejected_total{signal=\"logs\"} 3",
        "hedgerow_telemetry_waiting{signal=\"logs\"} 17",
        "hedgerow_scrape_failures_total 0",
    ] {
        assert!(lines.contains(expected), "no `{expected}` in\n{text}");
    }
    assert!(
        !text.contains("invented"),
        "strangers invent keys: they have no series\n{text}"
    );
    tree.stop().await;
}

#[tokio::test]
async fn every_family_of_the_table_is_exported_and_nothing_else() {
    let (tree, _arbiters) = tree().await;
    let text = Metrics::new(tree.directory().clone()).unwrap().render();
    let exported: BTreeSet<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .map(str::to_owned)
        .collect();
    let table: BTreeSet<String> = FAMILIES
        .iter()
        .map(|family| format!("{} {}", family.exported_name(), measure(family.measure)))
        .collect();
    assert_eq!(exported, table);
    tree.stop().await;
}

#[test]
fn the_page_on_metrics_lists_the_table() {
    let page = include_str!("../../../docs/operating/metrics.md");
    let rows: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("| `hedgerow_"))
        .collect();
    let table: Vec<String> = FAMILIES
        .iter()
        .map(|family| {
            let labels: Vec<String> = family.labels.iter().map(|label| format!("`{label}`")).collect();
            let row = [
                &format!("`{}`", family.exported_name()),
                measure(family.measure),
                &labels.join(", "),
                family.help,
            ];
            format!("| {} |", row.join(" | ")).replace("|  |", "| |")
        })
        .collect();
    assert_eq!(rows, table, "the rows should be\n{}", table.join("\n"));
}

fn measure(measure: Measure) -> &'static str {
    match measure {
        Measure::Counter => "counter",
        Measure::Gauge | Measure::Seconds => "gauge",
    }
}

#[tokio::test]
async fn a_view_that_panics_costs_its_scrape_and_no_other() {
    let broken = Arc::new(AtomicBool::new(true));
    let here = broken.clone();
    let (spec, _) = shown("store", move |path| {
        assert!(!here.load(Ordering::SeqCst), "a broken view");
        store(path)
    });
    let ground = Ground::new(Arbiters::threads(NonZeroUsize::MIN).unwrap());
    let tree = Tree::start(Supervisor::one_for_one("root").child(spec), &ground)
        .await
        .unwrap();
    let metrics = Metrics::new(tree.directory().clone()).unwrap();
    let first = metrics.render();
    broken.store(false, Ordering::SeqCst);
    let second = metrics.render();
    assert!(
        first.contains("hedgerow_scrape_failures_total 1") && first.contains("hedgerow_ready 1"),
        "{first}"
    );
    assert!(!first.contains("hedgerow_store_saved_total{"), "{first}");
    assert!(
        second.contains("hedgerow_store_saved_total{backend=\"memory\"} 12"),
        "{second}"
    );
    assert!(second.contains("hedgerow_scrape_failures_total 1"), "{second}");
    tree.stop().await;
}

#[tokio::test]
async fn an_actor_that_went_down_is_seen_by_the_next_scrape() {
    let (tree, _arbiters) = tree().await;
    let metrics = Metrics::new(tree.directory().clone()).unwrap();
    assert!(metrics.render().contains("hedgerow_ready 1"));
    tree.stop().await;
    assert!(metrics.render().contains("hedgerow_ready 0"));
}

#[tokio::test]
#[ignore = "needs promtool"]
async fn component_promtool_has_no_word_against_what_is_exported() {
    let (tree, _arbiters) = tree().await;
    let text = Metrics::new(tree.directory().clone()).unwrap().render();
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is installed: Debian's package is `prometheus`");
    promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let said = promtool.wait_with_output().unwrap();
    let words = String::from_utf8_lossy(&said.stdout).into_owned() + &String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success() && words.is_empty(), "{words}\n{text}");
    tree.stop().await;
}
