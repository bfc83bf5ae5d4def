//! A gateway starts and listens whether or not anybody is there for it to call; it is ready when each upstream was reached.
#![allow(clippy::unwrap_used)]

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use hedgerow::prelude::*;
use hedgerow_tests::client::request;
use hedgerow_tests::config::Config;
use hedgerow_tests::patience::until;
use hedgerow_tests::{ClosedPort, Endpoint as Server, Gateway, Place};

/// A gateway in front of these upstreams, each with its addresses and further keys.
fn config(upstreams: &[(&str, &[SocketAddr], &str)]) -> Config {
    upstreams
        .iter()
        .fold(Config::default(), |config, (name, addrs, keys)| {
            config.and_to(&format!("/{name}"), name, addrs).keys(keys)
        })
}

/// What is listened for at an address that was kept closed before.
fn open(port: ClosedPort) -> (TcpListener, SocketAddr) {
    let addr = port.addr();
    (port.open(), addr)
}

/// Whom the gateway waits for, by line.
fn awaited(gateway: &Gateway) -> Vec<String> {
    let told = gateway.ask("/readyz?verbose").text().to_owned();
    let lines = told.lines().filter_map(|line| line.strip_prefix("[-] "));
    lines.map(str::to_owned).collect()
}

#[test]
fn with_ten_dead_upstreams_it_starts_says_why_for_each_and_is_ready_once_they_come() {
    let dead: Vec<(String, ClosedPort)> = (0..10)
        .map(|number| (format!("shop-{number}"), ClosedPort::new()))
        .collect();
    let addrs: Vec<[SocketAddr; 1]> = dead.iter().map(|(_, port)| [port.addr()]).collect();
    let upstreams: Vec<(&str, &[SocketAddr], &str)> = dead
        .iter()
        .zip(&addrs)
        .map(|((name, _), addr)| (name.as_str(), addr.as_slice(), ""))
        .collect();
    let place = Place::new();
    // It says `ready`, as it listens.
    let gateway = Gateway::serve(&place, &config(&upstreams));
    assert_eq!(gateway.ask("/readyz").text(), "not ready\n");
    let expected: Vec<String> = upstreams
        .iter()
        .map(|(name, addr, _)| {
            format!(
                "gateway/upstreams/{name}: no endpoint could be dialled yet: {} connection refused",
                addr[0]
            )
        })
        .collect();
    until(
        "all ten to be named",
        || awaited(&gateway),
        |seen| *seen == expected,
    );
    assert_eq!(gateway.ask("/readyz").status, 503);
    assert_eq!(gateway.ask("/healthz").status, 200);
    assert!(gateway.ask("/metrics").text().contains("hedgerow_ready 0\n"));
    // Requests are answered all the same.
    assert_eq!(gateway.get("/shop-0").status, 502);

    let mut came = Vec::new();
    let mut dead = dead.into_iter();
    came.extend(dead.next().map(|(_, port)| open(port)));
    until(
        "the first to be awaited no more",
        || awaited(&gateway),
        |seen| *seen == expected[1..],
    );
    came.extend(dead.map(|(_, port)| open(port)));
    gateway.is_ready();
    assert_eq!(gateway.ask("/readyz").text(), "ready\n");
    assert!(gateway.ask("/metrics").text().contains("hedgerow_ready 1\n"));
}

#[test]
fn who_was_reached_once_is_awaited_no_more_whatever_becomes_of_it() {
    let (place, web) = (Place::new(), ClosedPort::new());
    let addr = web.addr();
    let gateway = Gateway::serve(&place, &config(&[("web", &[addr], "breaker: off")]));
    let events = gateway.events();
    until("it to be awaited", || awaited(&gateway), |seen| seen.len() == 1);
    let (listener, _) = open(web);
    gateway.is_ready();
    let mut events = events;
    events.wait_for("upstreamReached", "reached by a dial of ");
    drop(listener);
    // What still waits in the backlog of the socket is gone as well.
    until(
        "a request to fail",
        || gateway.get("/web").status,
        |status| *status == 502,
    );
    assert_eq!(gateway.ask("/readyz").text(), "ready\n");
}

#[test]
fn one_endpoint_of_an_upstream_is_enough() {
    let (place, web, dead) = (Place::new(), Server::start("web"), ClosedPort::new());
    let gateway = Gateway::serve(&place, &config(&[("web", &[dead.addr(), web.addr()], "")]));
    gateway.is_ready();
}

#[test]
fn an_upstream_that_is_not_required_is_waited_for_by_nobody() {
    let (place, web, dead) = (Place::new(), Server::start("web"), ClosedPort::new());
    let upstreams: [(&str, &[SocketAddr], &str); 2] = [
        ("web", &[web.addr()], ""),
        ("extra", &[dead.addr()], "required: false"),
    ];
    let gateway = Gateway::serve(&place, &config(&upstreams));
    gateway.is_ready();
    assert_eq!(
        gateway.api("/api/upstreams")[1]["unreached"],
        serde_json::Value::Null
    );
}

#[test]
fn an_endpoint_that_takes_connections_and_never_answers_is_there() {
    let place = Place::new();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let addr = listener.local_addr().unwrap();
    let kept = thread::spawn(move || listener.accept().map(|(stream, _): (TcpStream, _)| stream));
    let gateway = Gateway::serve(&place, &config(&[("web", &[addr], "")]));
    gateway.is_ready();
    kept.join().unwrap().unwrap();
}

#[test]
fn a_required_factory_is_awaited_with_why_until_it_has_made_its_thing() {
    let is_there = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&is_there);
    let ledger = Factory::new("ledger", move || {
        let is_there = seen.load(Ordering::SeqCst);
        async move { is_there.then_some(7_u64).ok_or("the ledger is\nshut") }
    });
    let tree = Supervisor::one_for_one("shop").child(ledger.required());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mesh = runtime
        .block_on(Mesh::new(tree).dashboard("127.0.0.1:0").start())
        .unwrap();
    let ask = |target: &str| request(mesh.admin_addr().unwrap(), "GET", target, &[], b"").unwrap();
    until(
        "it to be awaited",
        || ask("/readyz?verbose"),
        |told| {
            told.status == 503
                && told.text().starts_with(
                    "not ready\n[-] mesh/shop/ledger: could not be made yet: the ledger is shut\n",
                )
        },
    );
    let factory = &ask("/api/factories").json()[0];
    assert_eq!(
        (&factory["id"], &factory["scope"]),
        (&"ledger".into(), &"global".into())
    );
    assert_eq!(factory["problem"], "the ledger is\nshut");
    assert_eq!(factory["slo"]["breached"], true);
    assert!(ask("/metrics").text().contains("hedgerow_ready 0\n"));

    is_there.store(true, Ordering::SeqCst);
    until("it to be ready", || ask("/readyz"), |told| told.status == 200);
    let metrics = ask("/metrics");
    assert!(
        metrics
            .text()
            .contains("hedgerow_factory_there{factory=\"ledger\"} 1\n")
    );
    assert!(metrics.text().contains("hedgerow_ready 1\n"));
    let ledger = mesh.factory::<u64>("ledger").unwrap();
    assert_eq!(*runtime.block_on(ledger.lease()).unwrap(), 7);
    runtime.block_on(mesh.shutdown()).unwrap();
}
