//! What goes wrong around a chain, and is not the chain's: it is handed on as it is.

use hedgerow::actors::chain::End;
use hedgerow::config::Route;
use hedgerow::prelude::*;
use hedgerow_tests::{ClosedPort, client::request};

use crate::nodes::{self, Log, NODES};
use crate::stands::{Client, Ground, front, serve_axum};

#[test]
fn a_client_whose_call_comes_to_nothing_gives_its_own_error_and_the_request_has_failed() {
    for client in [Client::Hyper, Client::Reqwest] {
        let log = Log::default();
        let (ground, chain) = Ground::new(nodes::chain(&log));
        let closed = ClosedPort::new();
        let front = front(&ground, &chain, closed.addr(), client);
        assert_eq!(request(front, "GET", "/pass", &[], b"").unwrap().status, 502);
        log.ended("a call that is refused by the system", &NODES, End::Failed);
    }
}

#[test]
fn a_users_own_error_comes_back_untouched_from_a_plain_call() {
    let log = Log::default();
    let (ground, chain) = Ground::new(nodes::chain(&log));
    let called = ground
        .runtime
        .block_on(chain.call(CallHead::new("/pass"), |_| async {
            Err::<(), _>(std::io::Error::other("mine"))
        }));
    let Err(CallError::Failed(error)) = called else {
        panic!("{called:?}")
    };
    assert_eq!(error.to_string(), "mine");
    log.ended("a call that failed", &NODES, End::Failed);
}

#[test]
fn a_call_that_panics_has_failed_for_the_nodes_and_its_panic_goes_on() {
    let log = Log::default();
    let (ground, chain) = Ground::new(nodes::chain(&log));
    let call = chain.call(CallHead::new("/pass"), |_| async {
        assert!(std::hint::black_box(false), "mine");
        Ok::<_, ()>(())
    });
    let crashed = ground.runtime.block_on(ground.runtime.spawn(call)).unwrap_err();
    assert!(crashed.is_panic());
    log.ended("a call that panicked", &NODES, End::Failed);
}

#[test]
fn a_chain_whose_nodes_lead_to_an_upstream_says_that_nobody_here_calls_it() {
    let upstream = Upstream::new("web").endpoints(["127.0.0.1:9"]);
    let log = Log::default();
    let chain = nodes::chain(&log).node("route", Route::new().rule("/", "web"));
    let (ground, chain) = Ground::with(Some(upstream), chain);
    let app = axum::Router::new().fallback(|| async { "never reached" });
    let addr = serve_axum(&ground, app.layer(chain.layer()));
    let answer = request(addr, "GET", "/", &[], b"").unwrap();
    answer.is_refused(500, "edge", "route");
    assert!(
        answer.text().contains("take the route out of the chain"),
        "{}",
        answer.text()
    );
    log.ended("a request that is led away", &NODES, End::Refused);
}

#[test]
fn after_the_end_of_the_mesh_what_was_published_last_goes_on_to_hold() {
    let log = Log::default();
    let (ground, chain) = Ground::new(nodes::chain(&log));
    let app = axum::Router::new().fallback(|| async { "served" });
    let addr = serve_axum(&ground, app.layer(chain.layer()));
    ground.end();
    assert_eq!(request(addr, "GET", "/pass", &[], b"").unwrap().text(), "served");
    log.ended("a request after the end", &NODES, End::Ok);
    request(addr, "GET", "/quota", &[], b"")
        .unwrap()
        .is_refused(429, "edge/node/middle", "quota");
}
