//! A gateway with too little memory, and one with too little processor time.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stderr, reason = "a test that is skipped must be seen")]

use std::io::Write as _;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use hedgerow_tests::cgroup::{Bound, Cgroup};
use hedgerow_tests::config::Config;
use hedgerow_tests::patience::{now, until};
use hedgerow_tests::{Endpoint, Gateway, Mood, Place};
use serde_json::Value;

/// A group, or a line that says why there is none.
fn group(bound: Bound) -> Option<Cgroup> {
    match Cgroup::new(bound) {
        Ok(group) => Some(group),
        Err(refused) => {
            eprintln!("SKIPPED: no control group can be made here ({refused}); run it as root");
            None
        }
    }
}

/// Clients that send more than the gateway may have, to an endpoint that reads none of it.
const CLIENTS: usize = 200;
const BODY: usize = 4 << 20;
/// Beyond what the gateway has when it is idle; all bodies together are more than twelve times as much.
const MEMORY: u64 = 64 << 20;

#[test]
#[ignore = "needs root, to make a control group"]
fn component_p5_big_bodies_of_many_clients_stay_within_a_limit_of_memory_and_nobody_is_killed() {
    let Some(group) = group(Bound::Memory(MEMORY)) else {
        return;
    };
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    // What may be kept for a retry is no way around the limit either.
    let config =
        Config::to("/", "payments", &[payments.addr()]).keys("timeout: 1h, pool: { maxLeases: 200 }");
    let gateway = Gateway::serve(&place, &config);
    assert_eq!(gateway.get("/").status, 200);
    group.hold(gateway.process());
    payments.set(Mood::Hang);
    let body = vec![b'x'; BODY];
    let head = format!("PUT / HTTP/1.1\r\nhost: payments\r\ncontent-length: {BODY}\r\n\r\n");
    // Each sends until nobody takes more of it: a write that would wait is an end here.
    let clients: Vec<TcpStream> = (0..CLIENTS)
        .map(|_| {
            let mut client = TcpStream::connect(gateway.addr()).unwrap();
            client.write_all(head.as_bytes()).unwrap();
            client.set_nonblocking(true).unwrap();
            client
        })
        .collect();
    let sent = |mut client: &TcpStream| {
        let mut sent = 0;
        while let Ok(written @ 1..) = client.write(&body[..64 << 10]) {
            sent += written;
        }
        sent
    };
    let mut total = 0;
    until(
        "nobody to take more",
        || {
            let taken: usize = clients.iter().map(sent).sum();
            total += taken;
            taken
        },
        |taken| *taken == 0 && payments.calls() > CLIENTS / 2,
    );
    assert!(total > 0);
    assert_eq!(group.kills(), 0);
    assert_eq!(gateway.ask("/healthz").status, 200);
    drop(clients);
    payments.set(Mood::Answer(200));
    until(
        "requests to be answered again",
        || gateway.get("/").status,
        |status| *status == 200,
    );
    assert_eq!(group.kills(), 0);
    gateway.kill();
}

/// Percent of one processor.
const STARVED: u32 = 15;
const CALLERS: usize = 16;
const EACH: usize = 60;

#[test]
#[ignore = "needs root, to make a control group"]
fn component_p6_with_hardly_any_processor_time_no_endpoint_is_taken_for_dead_and_requests_are_answered() {
    let Some(group) = group(Bound::Cpu(STARVED)) else {
        return;
    };
    let (place, one, other) = (Place::new(), Endpoint::start("one"), Endpoint::start("other"));
    // Each of them would act on a handful of false time-outs.
    let config = Config::to("/", "payments", &[one.addr(), other.addr()])
        .keys("timeout: 5s")
        .keys("breaker: { consecutiveFailures: 3, consecutiveTimeouts: 2, minCalls: 5, openFor: 1h }")
        .keys("outlier: { consecutive: 2, ejectFor: 1h }")
        .keys("healthChecks: [ { kind: http, path: /, every: 100ms, timeout: 1s, unhealthyAfter: 2 } ]");
    let gateway = Gateway::serve(&place, &config);
    until(
        "both to be healthy",
        || endpoints(&gateway),
        |endpoints| endpoints.iter().all(|endpoint| endpoint["health"] == "healthy"),
    );
    group.hold(gateway.process());
    let begun = now();
    let answered: usize = thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| scope.spawn(|| (0..EACH).filter(|_| gateway.get("/").status == 200).count()))
            .collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).sum()
    });
    // Refusals for want of room are honest, and few.
    assert!(
        answered * 10 >= CALLERS * EACH * 9,
        "{answered} of {} in {:?}",
        CALLERS * EACH,
        begun.elapsed()
    );
    assert!(begun.elapsed() < Duration::from_secs(60));
    for endpoint in endpoints(&gateway) {
        assert_eq!(endpoint["state"], "closed", "{endpoint}");
        assert_eq!(endpoint["health"], "healthy", "{endpoint}");
        assert_eq!(endpoint["ejections"], 0, "{endpoint}");
    }
    let events = gateway.api("/api/events").to_string();
    for kind in ["endpointUnhealthy", "endpointEjected", "breakerTransition"] {
        assert!(!events.contains(kind), "{events}");
    }
    gateway.kill();
}

fn endpoints(gateway: &Gateway) -> Vec<Value> {
    let upstreams = gateway.api("/api/upstreams");
    upstreams[0]["endpoints"].as_array().unwrap().clone()
}
