//! The admin side while the gateway has too much to do, and who orders what.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use hedgerow_tests::client::request;
use hedgerow_tests::patience::until;
use hedgerow_tests::{Connection, Endpoint, Gateway, Mood, Place, config};

/// Requests that may be under way on a thread.
const UNDER_WAY: usize = 4;

#[test]
fn w5_the_admin_side_answers_each_question_while_most_requests_are_shed() {
    let shop = Endpoint::start("shop");
    let place = Place::new();
    let limits = format!("limits: {{ requests: {UNDER_WAY}, requestsWaiting: 1, requestWait: 1ms }}");
    let config = config::leading_to(shop.addr())
        .keys("timeout: 10m")
        .listener(&limits);
    let gateway = Gateway::with_one_worker(&place, &config);
    shop.set(Mood::Hang);
    let mut held: Vec<Connection> = (0..UNDER_WAY)
        .map(|_| Connection::open(gateway.addr()).unwrap())
        .collect();
    for client in &mut held {
        client.send("GET", "/held", &[], b"").unwrap();
    }
    shop.reached_by(UNDER_WAY);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        // Five times what it can have under way, each asking again at once when it is refused.
        let clients: Vec<_> = (0..5 * UNDER_WAY)
            .map(|_| {
                scope.spawn(|| {
                    let mut refused = 0_u64;
                    let mut client = Connection::open(gateway.addr()).unwrap();
                    while !over.load(Ordering::Relaxed) {
                        let answer = client.ask("GET", "/", &[], b"").unwrap();
                        assert_eq!(answer.status, 503, "{answer:?}");
                        refused += 1;
                    }
                    refused
                })
            })
            .collect();
        let asked = std::panic::catch_unwind(|| {
            until(
                "requests to be shed",
                || gateway.api("/api/why?limit=1000").as_array().map_or(0, Vec::len),
                |shed| *shed >= 500,
            );
            for round in 0..5 {
                for target in [
                    "/livez",
                    "/readyz",
                    "/metrics",
                    "/api/tree",
                    "/api/chains",
                    "/api/upstreams",
                    "/api/pools",
                    "/api/events",
                    "/api/openapi.json",
                    "/",
                ] {
                    assert_eq!(gateway.ask(target).status, 200, "{target} in round {round}");
                }
            }
            // An order is carried out, too.
            gateway.restart("gateway/chains/edge/route");
        });
        over.store(true, Ordering::Relaxed);
        let refused: u64 = clients.into_iter().map(|client| client.join().unwrap()).sum();
        assert!(refused >= 500, "{refused}");
        if let Err(panic) = asked {
            std::panic::resume_unwind(panic);
        }
    });
    shop.set(Mood::Answer(200));
    for client in &mut held {
        assert_eq!(client.answer().unwrap().status, 200);
    }
}

#[test]
fn w6_each_order_leaves_a_line_and_an_event_carried_out_or_refused() {
    let (place, shop) = (Place::new(), Endpoint::start("shop"));
    let file = place.file("mesh.yaml", &config::leading_to(shop.addr()));
    let args = ["--config", file.to_str().unwrap(), "--admin-token", "s3cret"];
    let gateway = Gateway::start(&place, &args, &[]);
    let mut events = gateway.events();
    let order = |headers: &[(&str, &str)]| {
        let fields = [&[("content-type", "application/json")], headers].concat();
        let (target, body) = (
            "/api/actors/gateway/chains/edge/route",
            br#"{"action":"restart"}"#,
        );
        request(gateway.admin(), "POST", target, &fields, body)
            .unwrap()
            .status
    };
    assert_eq!(order(&[]), 401);
    events.wait_for(
        "audit",
        "POST /api/actors/gateway/chains/edge/route of 127.0.0.1:",
    );
    let bearer = ("authorization", "Bearer s3cret");
    assert_eq!(order(&[bearer, ("origin", "http://evil.example")]), 403);
    let told = events.wait_for("audit", "POST /api/actors/");
    assert!(
        told["cause"]
            .as_str()
            .unwrap()
            .ends_with(" refused: foreign origin")
    );
    assert_eq!(order(&[bearer]), 200);
    events.wait_for("audit", "restart ordered by 127.0.0.1:");
    let orders = |log: &str| log.matches("hedgerow::audit").count();
    let log = until(
        "the lines of the orders",
        || gateway.log(),
        |log| orders(log) >= 3,
    );
    assert_eq!(orders(&log), 3, "{log}");
    assert!(!log.contains("s3cret"), "a token is never told");
}
