//! A gateway starts and listens whether or not anybody is there for it to call; it is ready when each upstream was reached.
#![allow(clippy::unwrap_used)]

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use hedgerow_tests::patience::until;
use hedgerow_tests::{ClosedPort, Endpoint, Gateway, Place};

/// A gateway in front of these upstreams, each with its addresses and further lines.
fn config(upstreams: &[(&str, &[SocketAddr], &str)]) -> String {
    let mut config = "version: 1
listeners:
  - { bind: 127.0.0.1:8080, chain: edge }
chains:
  edge: { nodes: [ { kind: route, rules: [ "
        .to_owned();
    let rules = upstreams
        .iter()
        .map(|(name, ..)| format!("{{ path: /{name}, upstream: {name} }}"));
    config += &rules.collect::<Vec<_>>().join(", ");
    config += " ] } ] }\nupstreams:\n";
    for (name, addrs, lines) in upstreams {
        let addrs: Vec<String> = addrs.iter().map(|addr| format!("\"{addr}\"")).collect();
        let addrs = addrs.join(", ");
        config += &format!("  {name}:\n    endpoints: [ {addrs} ]\n{lines}");
    }
    config
}

/// What is listened for at an address that was kept closed before.
fn open(port: ClosedPort) -> (TcpListener, SocketAddr) {
    let addr = port.addr();
    drop(port);
    let listener = until(
        "the address to be free",
        || TcpListener::bind(addr),
        |bound| bound.is_ok(),
    );
    (listener.unwrap(), addr)
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
    for (name, port) in dead {
        came.push(open(port));
        let path = format!("gateway/upstreams/{name}: ");
        until(
            "it to be awaited no more",
            || awaited(&gateway),
            |seen| !seen.iter().any(|line| line.starts_with(&path)),
        );
    }
    gateway.is_ready();
    assert_eq!(gateway.ask("/readyz").text(), "ready\n");
    assert!(gateway.ask("/metrics").text().contains("hedgerow_ready 1\n"));
}

#[test]
fn who_was_reached_once_is_awaited_no_more_whatever_becomes_of_it() {
    let (place, web) = (Place::new(), ClosedPort::new());
    let addr = web.addr();
    let gateway = Gateway::serve(&place, &config(&[("web", &[addr], "    breaker: off\n")]));
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
    let (place, web, dead) = (Place::new(), Endpoint::start("web"), ClosedPort::new());
    let gateway = Gateway::serve(&place, &config(&[("web", &[dead.addr(), web.addr()], "")]));
    gateway.is_ready();
}

#[test]
fn an_upstream_that_is_not_required_is_waited_for_by_nobody() {
    let (place, web, dead) = (Place::new(), Endpoint::start("web"), ClosedPort::new());
    let upstreams: [(&str, &[SocketAddr], &str); 2] = [
        ("web", &[web.addr()], ""),
        ("extra", &[dead.addr()], "    required: false\n"),
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
