//! A collector that does not listen: it is down, it never answers, or it refuses.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use hedgerow_tests::config::Config;
use hedgerow_tests::patience::until;
use hedgerow_tests::{ClosedPort, Endpoint, Gateway, Place};

/// Spans and lines that may wait, in these tests.
const ROOM: u64 = 8;

/// What is asked of the gateway, far more than has room.
const ASKED: u64 = 60;

fn config(web: &Endpoint, collector: SocketAddr) -> Config {
    Config::to("/web", "web", &[web.addr()]).telemetry(&format!(
        "otlp: \"http://{collector}\", sample: 1, queue: {ROOM}, metricsEvery: 50ms, exportTimeout: 200ms, flushTime: 100ms"
    ))
}

/// What `/metrics` tells under this name.
fn metric(gateway: &Gateway, series: &str) -> u64 {
    let answer = gateway.ask("/metrics");
    let found = answer
        .text()
        .lines()
        .find_map(|line| line.strip_prefix(series)?.trim().parse().ok());
    found.unwrap_or_else(|| panic!("no {series} in {}", answer.text()))
}

fn told(gateway: &Gateway, what: &str, signal: &str) -> u64 {
    metric(
        gateway,
        &format!("hedgerow_telemetry_{what}{{signal=\"{signal}\"}}"),
    )
}

/// The gateway serves as ever, bounds what waits, counts what it drops, says what is wrong, and ends.
fn serves_all_the_same(collector: SocketAddr, why: &str) {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let mut gateway = Gateway::serve(&place, &config(&web, collector));
    for _ in 0..ASKED {
        assert_eq!(gateway.get("/web").status, 200);
        // Leaves a line in the log.
        assert_eq!(
            gateway.act("/api/actors/gateway/nobody", "restart", &[]).status,
            404
        );
    }
    assert_eq!(
        metric(&gateway, "hedgerow_upstream_calls_total{upstream=\"web\"}"),
        ASKED
    );
    assert_eq!(
        metric(
            &gateway,
            "hedgerow_chain_node_errors_total{chain=\"edge\",node=\"route\"}"
        ),
        0
    );
    until(
        "lines to be dropped",
        || told(&gateway, "dropped_total", "logs"),
        |dropped| *dropped > 0,
    );
    assert!(told(&gateway, "waiting", "logs") <= ROOM);
    until(
        "the metrics to have been tried",
        || told(&gateway, "failures_total", "metrics"),
        |failures| *failures > 1,
    );
    assert_eq!(
        told(&gateway, "exported_total", "metrics") + told(&gateway, "exported_total", "logs"),
        0
    );
    let log = until(
        "a line that says so",
        || gateway.log(),
        |log| {
            let mut lines = log.lines();
            lines.any(|line| {
                line.contains("does not reach the collector") && line.contains("signal=\"metrics\"")
            })
        },
    );
    let said = log
        .lines()
        .filter(|line| line.contains("telemetry does not reach the collector"));
    let said: Vec<_> = said.filter(|line| line.contains("signal=\"metrics\"")).collect();
    assert_eq!(
        said.len(),
        1,
        "it is said once, as long as it is the same: {said:?}"
    );
    assert!(said[0].contains(why), "{said:?}");
    gateway.terminate();
    assert_eq!(gateway.ended().0, Some(0));
}

#[test]
fn p11_a_collector_that_is_down_costs_no_request_and_what_has_no_room_is_counted() {
    let closed = ClosedPort::new();
    serves_all_the_same(closed.addr(), "refused");
}

/// Listens, and does this with each connection.
fn listening(with: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let addr = listener.local_addr().unwrap();
    let with = Arc::new(with);
    // It ends with the process of the test.
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let with = Arc::clone(&with);
            thread::spawn(move || with(stream));
        }
    });
    addr
}

#[test]
fn p11_a_collector_that_never_answers_costs_no_request_and_what_has_no_room_is_counted() {
    let slow = listening(|mut stream| {
        // Takes everything, until the other side gives up.
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    serves_all_the_same(slow, "no answer within 200ms");
}

#[test]
fn p11_a_collector_that_refuses_costs_no_request_and_what_has_no_room_is_counted() {
    let asked = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&asked);
    let refusing = listening(move |mut stream| {
        let mut head = [0; 1024];
        let _ = stream.read(&mut head);
        counted.fetch_add(1, Ordering::Relaxed);
        let _ = stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n");
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    serves_all_the_same(refusing, "503");
    assert!(asked.load(Ordering::Relaxed) > 1);
}
