//! What Prometheus makes of the metrics: a real one scrapes them, and what strangers make up is no series.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};

use hedgerow::actors::upstream::CallKeys;
use hedgerow::prelude::*;
use hedgerow_tests::client::request;
use hedgerow_tests::config::Config;
use hedgerow_tests::patience::until;
use hedgerow_tests::program::Killed;
use hedgerow_tests::{Endpoint, Gateway, Place};
use serde_json::Value;

/// Tenants that are made up.
const TENANTS: u32 = 100_000;

/// Keys that are remembered at once.
const KEYS: u32 = 100;

/// The series of a scrape: names with labels, without values.
fn series(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.rsplit_once(' ').unwrap().0.to_owned())
        .collect()
}

/// One call through the chain and to the upstream, of a tenant, by a method and a path that nobody else has.
async fn visit(edge: &ChainHandle, payments: &UpstreamHandle, number: u32) {
    let tenant = format!("invented-{number}");
    let head = CallHead::new(format!("/invented/{number}"))
        .method(format!("INVENTED{number}"))
        .header(
            HeaderName::from_static("x-tenant"),
            HeaderValue::from_str(&tenant).unwrap(),
        );
    let _ = edge.call(head, |_| async { Ok::<_, io::Error>(()) }).await;
    let keys = CallKeys {
        tenant: Some(&tenant),
        ..CallKeys::default()
    };
    // Some succeed; the others open a breaker where their tenant has one.
    let charge = |_| async move {
        if number.is_multiple_of(3) {
            Ok(())
        } else {
            Err(io::Error::other("invented"))
        }
    };
    let _ = payments.call_under(&keys, verdict::of_result, charge).await;
}

#[tokio::test]
async fn k10_a_hundred_thousand_tenants_with_methods_and_paths_of_their_own_add_no_series() {
    let limits = KeyLimits {
        max_keys: KEYS,
        ..KeyLimits::default()
    };
    let payments = Upstream::new("payments")
        .endpoints(["127.0.0.1:9001"])
        .breaker_per(Scope::Tenant)
        .key_limits(limits)
        .breaker(BreakerPolicy {
            consecutive_failures: Some(1),
            ..BreakerPolicy::default()
        });
    let quota = RateLimit::per_second(1)
        .key(LimitKey::header("x-tenant"))
        .max_keys(KEYS);
    let edge = Chain::new("edge")
        .node("quota", quota)
        .node("trace", Trace::new());
    let tree = Supervisor::one_for_one("shop").child(payments).child(edge);
    let mesh = Mesh::new(tree).dashboard("127.0.0.1:0").start().await.unwrap();
    let (edge, payments) = (mesh.chain("edge").unwrap(), mesh.upstream("payments").unwrap());
    let admin = mesh.admin_addr().unwrap();
    let scrape = || async move {
        let asked = tokio::task::spawn_blocking(move || request(admin, "GET", "/metrics", &[], b"").unwrap());
        asked.await.unwrap().text().to_owned()
    };

    visit(&edge, &payments, 0).await;
    let before = scrape().await;
    for number in 1..=TENANTS {
        visit(&edge, &payments, number).await;
    }
    let after = scrape().await;
    let (known, found) = (series(&before), series(&after));
    // How long nodes take is told once a request was timed, which not every one is: two percentiles of two nodes.
    let times = "hedgerow_chain_node_duration_seconds{";
    let (timed, added): (Vec<_>, Vec<_>) = found.difference(&known).partition(|name| name.starts_with(times));
    assert_eq!(added, [""; 0]);
    assert!(timed.len() <= 4, "{timed:?}");
    assert!(
        !after.contains("invented") && !after.contains("INVENTED"),
        "{after}"
    );
    // Longer by the digits of the counts, and by nothing else.
    assert!(
        after.len() < before.len() + 20 * found.len() + 1_000,
        "{} {}",
        before.len(),
        after.len()
    );
    let turned_away = "hedgerow_keys_turned_away_total{name=\"payments\",scope=\"tenant\"} ";
    let turned_away: u32 = after
        .lines()
        .find_map(|line| line.strip_prefix(turned_away)?.parse().ok())
        .unwrap();
    assert!(turned_away > 0, "{after}");
    mesh.shutdown().await.unwrap();
}

/// An address that nobody listens at.
fn free() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap()
}

/// A Prometheus of the test's own, that scrapes the gateway and follows our rules.
fn prometheus(place: &Place, gateway: &Gateway) -> (Killed, SocketAddr) {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operating/rules/hedgerow.yml");
    let config = place.file(
        "prometheus.yml",
        &format!(
            "global: {{ scrape_interval: 200ms, evaluation_interval: 200ms }}
rule_files: [ {rules:?} ]
scrape_configs:
  - {{ job_name: hedgerow, static_configs: [ {{ targets: [ \"{}\" ] }} ] }}
",
            gateway.admin()
        ),
    );
    let addr = free();
    let child = Command::new("prometheus")
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.tsdb.path={}", place.path("series").display()))
        .arg(format!("--web.listen-address={addr}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    (Killed(child.unwrap()), addr)
}

/// What it answers; nothing while it does not.
fn asked(prometheus: SocketAddr, target: &str) -> Value {
    let answer = request(prometheus, "GET", target, &[], b"");
    let text = answer.ok().filter(|answer| answer.status == 200);
    text.map_or(Value::Null, |answer| serde_json::from_str(answer.text()).unwrap())
}

#[test]
#[ignore = "needs prometheus"]
fn component_a_prometheus_scrapes_the_gateway_and_follows_the_rules() {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let gateway = Gateway::serve(&place, &Config::to("/", "web", &[web.addr()]));
    for _ in 0..9 {
        assert_eq!(gateway.get("/").status, 200);
    }
    let (_prometheus, addr) = prometheus(&place, &gateway);
    until(
        "the calls",
        || asked(addr, "/api/v1/query?query=hedgerow_upstream_calls_total"),
        |found| {
            let found = &found["data"]["result"][0];
            found["metric"]["upstream"] == "web" && found["value"][1] == "9"
        },
    );
    let rules = until(
        "the rules to have been looked at",
        || asked(addr, "/api/v1/rules"),
        |rules| {
            let groups = rules["data"]["groups"].as_array().into_iter().flatten();
            let rules = groups.flat_map(|group| group["rules"].as_array().unwrap());
            let mut healths = rules.map(|rule| &rule["health"]).peekable();
            healths.peek().is_some() && healths.all(|health| health != "unknown")
        },
    );
    for group in rules["data"]["groups"].as_array().unwrap() {
        for rule in group["rules"].as_array().unwrap() {
            assert_eq!(
                (&rule["health"], &rule["lastError"]),
                (&"ok".into(), &Value::Null),
                "{rule}"
            );
        }
    }
}
