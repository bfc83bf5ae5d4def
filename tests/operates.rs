//! The gateway as it is seen and operated from outside.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use hedgerow_tests::client::request;
use hedgerow_tests::config::Config;
use hedgerow_tests::patience::{eventually, until};
use hedgerow_tests::{Connection, Endpoint, Gateway, Mood, Place, breaker_id, breaker_path};
use serde_json::Value;

fn config(web: SocketAddr) -> Config {
    Config::to("/web", "web", &[web])
        .keys("breaker: { consecutiveFailures: 3, failureRate: off, openFor: 60s }")
}

fn serve() -> (Place, Endpoint, Gateway) {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let gateway = Gateway::serve(&place, &config(web.addr()));
    (place, web, gateway)
}

/// Runs `work` while two clients ask without a pause, and returns the answers' statuses and what went wrong on the way.
fn under_load<T>(gateway: &Gateway, work: impl FnOnce() -> T) -> (Vec<Result<u16, String>>, T) {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let client = || {
            let mut answers = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let answer = request(gateway.addr(), "GET", "/web", &[], b"");
                answers.push(
                    answer
                        .map(|answer| answer.status)
                        .map_err(|error| error.to_string()),
                );
            }
            answers
        };
        let clients = [scope.spawn(client), scope.spawn(client)];
        // Also where the work fails, the clients have to end.
        let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        over.store(true, Ordering::Relaxed);
        let answers = clients
            .into_iter()
            .flat_map(|client| client.join().unwrap())
            .collect();
        match worked {
            Ok(worked) => (answers, worked),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn assert_all_served(answers: &[Result<u16, String>]) {
    assert!(!answers.is_empty(), "no request was made");
    let failed: Vec<_> = answers.iter().filter(|answer| **answer != Ok(200)).collect();
    assert!(
        failed.is_empty(),
        "{} of {}: {failed:?}",
        failed.len(),
        answers.len()
    );
}

fn assert_restarted_by_order(actor: &Value) {
    assert_eq!(
        (&actor["restarts"], &actor["state"]),
        (&1.into(), &"running".into()),
        "{actor:#}"
    );
    assert_eq!(actor["lastExit"]["reason"], "shutdown", "{actor:#}");
    assert!(actor["lastExit"]["at"].is_string(), "{actor:#}");
}

#[test]
fn the_tree_shows_every_actor_with_its_mailbox() {
    let (_place, web, gateway) = serve();
    let tree = gateway.api("/api/tree");
    assert_eq!(
        (&tree["path"], &tree["state"]),
        (&"gateway".into(), &"running".into())
    );
    let endpoint = web.addr();
    let listener = format!("gateway/listeners/{}", gateway.addr());
    for (path, kind) in [
        ("gateway/store", "store"),
        ("gateway/registry", "registry"),
        ("gateway/admin", "listener"),
        ("gateway/upstreams/web", "upstream"),
        (&format!("gateway/upstreams/web/endpoints/{endpoint}"), "endpoint"),
        (&breaker_path("web", endpoint), "breaker"),
        ("gateway/chains/edge", "chain"),
        ("gateway/chains/edge/route", "node"),
        (&listener, "listener"),
    ] {
        let actor = gateway.actor(path);
        assert_eq!(
            (
                &actor["kind"],
                &actor["state"],
                &actor["restarts"],
                &actor["lastExit"]
            ),
            (&kind.into(), &"running".into(), &0.into(), &Value::Null),
            "{actor:#}"
        );
        assert!(actor["mailbox"]["capacity"].as_u64().unwrap() > 0, "{actor:#}");
    }
}

#[test]
fn breakers_chains_and_upstreams_are_shown_with_their_figures() {
    let (_place, web, gateway) = serve();
    for _ in 0..4 {
        assert_eq!(gateway.get("/web").status, 200);
    }
    assert_eq!(gateway.get("/elsewhere").status, 404);
    let breakers = gateway.api("/api/breakers");
    assert_eq!(breakers.as_array().unwrap().len(), 1);
    assert_eq!(breakers[0]["id"], breaker_id("web", web.addr()).as_str());
    assert_eq!(breakers[0]["path"], breaker_path("web", web.addr()).as_str());
    assert_eq!(breakers[0]["state"], "closed");
    assert_eq!(breakers[0]["policy"]["failureRate"], Value::Null);
    let chain = gateway.api("/api/chains/edge");
    let node = &chain["nodes"][0];
    assert_eq!(
        (&node["calls"], &node["refused"]),
        (&5.into(), &1.into()),
        "{chain:#}"
    );
    let upstreams = gateway.api("/api/upstreams");
    let (upstream, endpoint) = (&upstreams[0], &upstreams[0]["endpoints"][0]);
    assert_eq!((&upstream["id"], &upstream["calls"]), (&"web".into(), &4.into()));
    assert_eq!(
        (&endpoint["successes"], &endpoint["inFlight"]),
        (&4.into(), &0.into())
    );
    assert_eq!(endpoint["addr"], web.addr().to_string().as_str());
}

#[test]
fn a_breaker_is_restarted_without_a_request_noticing() {
    let (_place, web, gateway) = serve();
    let (answers, actor) = under_load(&gateway, || gateway.restart(&breaker_path("web", web.addr())));
    assert_restarted_by_order(&actor);
    assert_all_served(&answers);
}

#[test]
fn a_supervisor_of_endpoints_is_restarted_without_a_request_noticing() {
    let (_place, web, gateway) = serve();
    let path = "gateway/upstreams/web/endpoints";
    let (answers, actor) = under_load(&gateway, || gateway.restart(path));
    assert_restarted_by_order(&actor);
    assert_all_served(&answers);
    // What is below it was stopped with it, and started again.
    assert_restarted_by_order(&gateway.actor(&breaker_path("web", web.addr())));
}

#[test]
fn a_route_node_is_restarted_without_a_request_noticing() {
    let (_place, _web, gateway) = serve();
    let (answers, actor) = under_load(&gateway, || gateway.restart("gateway/chains/edge/route"));
    assert_restarted_by_order(&actor);
    assert_all_served(&answers);
}

#[test]
fn a_listener_is_restarted_after_the_request_under_way_and_serves_on() {
    let (_place, web, gateway) = serve();
    let path = format!("gateway/listeners/{}", gateway.addr());
    web.set(Mood::Hang);
    let early = thread::scope(|scope| {
        let early = scope.spawn(|| gateway.get("/web").status);
        web.reached_by(1);
        // The order is taken; the listener drains until the request that hangs is answered.
        assert_eq!(gateway.order(&path, "restart", &[]).status, 200);
        web.set(Mood::Answer(200));
        // A connection that crosses the end of the old server is closed before any answer: the client tries again.
        let late = eventually("an answer after the restart", || {
            request(gateway.addr(), "GET", "/web", &[], b"").ok()
        });
        assert_eq!(late.status, 200);
        early.join().unwrap()
    });
    assert_eq!(early, 200, "the request that was under way");
    let listener = until(
        "the listener to run again",
        || gateway.actor(&path),
        |actor| actor["restarts"] == 1 && actor["state"] == "running",
    );
    assert_restarted_by_order(&listener);
    assert_eq!(gateway.get("/web").status, 200);
}

#[test]
fn a_breaker_that_is_open_is_open_after_its_restart() {
    let (_place, web, gateway) = serve();
    let mut events = gateway.events();
    web.set(Mood::Answer(500));
    for _ in 0..3 {
        gateway.get("/web");
    }
    events.wait_for("breakerTransition", "closed to open");
    let before = gateway.breaker("web", web.addr());
    gateway.restart(&breaker_path("web", web.addr()));
    let after = gateway.breaker("web", web.addr());
    assert_eq!(after["state"], "open");
    assert_eq!(after["lastTransition"], before["lastTransition"]);
    assert_eq!(gateway.get("/web").status, 503);
    assert_eq!(web.calls(), 3);
}

#[test]
fn a_node_stopped_by_hand_is_shown_and_what_it_published_still_serves() {
    let (_place, _web, gateway) = serve();
    let path = "gateway/chains/edge/route";
    let mut events = gateway.events();
    assert_eq!(gateway.order(path, "stop", &[]).status, 200);
    until(
        "the node to stop",
        || gateway.actor(path),
        |actor| actor["state"] == "stopped",
    );
    events.wait_for("audit", "stop ordered by 127.0.0.1:");
    // It was meant to stop, so it is no reason not to be ready.
    assert_eq!(
        (gateway.ask("/healthz").status, gateway.ask("/readyz").status),
        (200, 200)
    );
    assert_eq!(gateway.get("/web").status, 200);

    assert_eq!(gateway.order(path, "start", &[]).status, 200);
    until(
        "the node to run",
        || gateway.actor(path),
        |actor| actor["state"] == "running",
    );
    assert_eq!(gateway.get("/web").status, 200);
}

#[test]
fn while_a_listener_drains_it_is_not_ready_and_says_why() {
    let (_place, web, gateway) = serve();
    let path = format!("gateway/listeners/{}", gateway.addr());
    web.set(Mood::Hang);
    let mut connection = Connection::open(gateway.addr()).unwrap();
    connection.send("GET", "/web", &[], b"").unwrap();
    web.reached_by(1);
    assert_eq!(gateway.order(&path, "restart", &[]).status, 200);
    let told = until(
        "the gateway not to be ready",
        || gateway.ask("/readyz?verbose"),
        |told| told.status == 503,
    );
    assert!(
        told.text()
            .starts_with(&format!("not ready\n[-] {path}: stopping\n")),
        "{told:?}"
    );
    assert_eq!(gateway.ask("/healthz").status, 200);
    web.set(Mood::Answer(200));
    assert_eq!(connection.answer().unwrap().status, 200);
    until(
        "the gateway to be ready again",
        || gateway.ask("/readyz").status,
        |status| *status == 200,
    );
}

#[test]
fn a_stopped_listener_serves_again_once_it_is_started() {
    let (_place, _web, gateway) = serve();
    let path = format!("gateway/listeners/{}", gateway.addr());
    assert_eq!(gateway.order(&path, "stop", &[]).status, 200);
    until(
        "the listener to stop",
        || gateway.actor(&path),
        |actor| actor["state"] == "stopped",
    );
    // The socket belongs to the place: who connects now waits.
    let mut waiting = Connection::open(gateway.addr()).unwrap();
    waiting.send("GET", "/web", &[], b"").unwrap();
    assert_eq!(gateway.order(&path, "start", &[]).status, 200);
    assert_eq!(waiting.answer().unwrap().status, 200);
}

#[test]
fn orders_need_the_token_where_one_is_set_and_reading_does_not() {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let file = place.file("mesh.yaml", &config(web.addr()));
    let args = ["--config", file.to_str().unwrap(), "--admin-token", "secret"];
    let gateway = Gateway::start(&place, &args, &[]);
    let path = "gateway/chains/edge/route";
    gateway
        .order(path, "restart", &[])
        .is_problem(401, "token needed");
    let wrong = [("authorization", "Bearer public")];
    gateway
        .order(path, "restart", &wrong)
        .is_problem(401, "token needed");
    assert_eq!(gateway.actor(path)["restarts"], 0);
    let right = [("authorization", "Bearer secret")];
    assert_eq!(gateway.order(path, "restart", &right).status, 200);
}

#[test]
fn what_cannot_be_done_is_a_problem_document() {
    let (_place, _web, gateway) = serve();
    gateway
        .order("gateway/nobody", "restart", &[])
        .is_problem(404, "not found");
    gateway
        .order("gateway/chains/edge", "explode", &[])
        .is_problem(400, "unknown action");
    gateway.ask("/api/breakers/nobody").is_problem(404, "not found");
    gateway.ask("/api/nothing").is_problem(404, "not found");
    gateway.ask("/api/events?since=x").is_problem(400, "bad query");
    let foreign = |header| {
        let admin = gateway.admin();
        request(admin, "GET", "/api/tree", &[header], b"").unwrap()
    };
    foreign(("host", "evil.example")).is_problem(403, "unknown host");
    let origin = [("origin", "http://evil.example")];
    gateway
        .order("gateway/chains/edge", "restart", &origin)
        .is_problem(403, "foreign origin");
    let plain = request(
        gateway.admin(),
        "POST",
        "/api/actors/gateway/chains/edge",
        &[("content-type", "text/plain")],
        b"{\"action\":\"restart\"}",
    );
    plain.unwrap().is_problem(415, "not JSON");
    assert_eq!(gateway.actor("gateway/chains/edge")["restarts"], 0);
}

#[test]
fn a_transition_is_seen_live_and_once_it_is_kept() {
    let (_place, web, gateway) = serve();
    let mut events = gateway.events();
    events.wait_for("listenerServing", "serves on ");
    web.set(Mood::Answer(500));
    for _ in 0..3 {
        gateway.get("/web");
    }
    let event = events.wait_for("breakerTransition", "closed to open: consecutiveFailures");
    assert_eq!(event["id"], breaker_id("web", web.addr()).as_str());
    assert_eq!(event["path"], breaker_path("web", web.addr()).as_str());
    assert_eq!(event["persisted"], true);
    let seq = event["seq"].as_u64().unwrap();
    let since = gateway.api(&format!("/api/events?since={}", seq - 1));
    assert_eq!(since[0], event, "the journal says the same");
}

#[test]
fn the_page_is_served() {
    let (_place, _web, gateway) = serve();
    let page = gateway.ask("/");
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-type").unwrap().starts_with("text/html"),
        "{page:?}"
    );
}
