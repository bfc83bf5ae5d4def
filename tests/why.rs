//! Why a request was denied, as it is told afterwards.
#![allow(clippy::unwrap_used)]

use hedgerow_tests::client::{Answer, request};
use hedgerow_tests::config::{Config, ONE_TRY, UNASKED};
use hedgerow_tests::patience::until;
use hedgerow_tests::{Connection, Endpoint, Gateway, Mood, Place};
use serde_json::Value;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

fn config(pay: &Endpoint, gone: &Endpoint) -> Config {
    let breaker = "consecutiveFailures: 2, failureRate: off, consecutiveTimeouts: off, openFor: 60s";
    Config::to("/pay", "payments", &[pay.addr()])
        .keys(UNASKED)
        .keys("timeout: 300ms, retry: { maxRetries: 1 }")
        .keys(&format!("breaker: {{ {breaker} }}"))
        .and_to("/gone", "gone", &[gone.addr()])
        .keys(UNASKED)
        .keys(ONE_TRY)
        .keys("breaker: off")
        .node("{ kind: trace }")
        .node("{ kind: inject, header: x-inject, allow: [ abort, panic ] }")
        .node("{ name: quota, kind: rateLimit, perSecond: 1, burst: 1, key: \"header:x-tenant\" }")
}

/// Asks with this id, for a tenant of its own, as part of the trace.
fn ask(gateway: &Gateway, method: &str, target: &str, id: &str, more: &[(&str, &str)]) -> Answer {
    let parent = format!("00-{TRACE}-b7ad6b7169203331-01");
    let own = [
        ("x-request-id", id),
        ("traceparent", parent.as_str()),
        ("x-tenant", id),
    ];
    let fields = [more, &own].concat();
    request(gateway.addr(), method, target, &fields, b"").unwrap()
}

/// What is told of the request with this id, which was answered so.
fn why(gateway: &Gateway, id: &str, answer: &Answer) -> Value {
    let told = gateway.api(&format!("/api/why/{id}"));
    assert_eq!(told["requestId"], id);
    assert_eq!(told["traceId"], TRACE, "{told}");
    assert_eq!(told["status"], answer.status, "{told}");
    let refused = answer.header("x-hedgerow-refused").unwrap();
    let (who, rule) = (told["id"].as_str().unwrap(), told["rule"].as_str().unwrap());
    assert!(
        refused.starts_with(&format!("{who}; rule={rule}; ")),
        "{refused}: {told}"
    );
    assert_eq!(told["chain"], "edge");
    told
}

#[test]
fn each_request_that_is_denied_can_be_asked_for_by_its_id_and_by_its_trace() {
    let (place, pay, gone) = (Place::new(), Endpoint::start("pay"), Endpoint::start("gone"));
    let gateway = Gateway::serve(&place, &config(&pay, &gone));

    let answer = ask(&gateway, "GET", "/nowhere?card=4111", "no-route", &[]);
    let told = why(&gateway, "no-route", &answer);
    assert_eq!((&told["rule"], &told["status"]), (&"route".into(), &404.into()));
    assert_eq!(
        (&told["method"], &told["path"]),
        (&"GET".into(), &"/nowhere".into())
    );
    assert!(told["upstream"].is_null() && told["attempts"] == 0, "{told}");
    assert!(told["revision"].is_u64(), "{told}");
    assert!(
        !told.to_string().contains("4111"),
        "a query is nobody's business: {told}"
    );

    let answer = ask(&gateway, "GET", "/pay", "crash", &[("x-inject", "panic")]);
    let told = why(&gateway, "crash", &answer);
    assert_eq!(
        (&told["rule"], &told["status"]),
        (&"nodeCrashed".into(), &500.into())
    );

    assert_eq!(ask(&gateway, "GET", "/pay", "twice", &[]).status, 200);
    let answer = ask(&gateway, "GET", "/pay", "twice", &[]);
    let told = why(&gateway, "twice", &answer);
    assert_eq!(
        (&told["id"], &told["status"]),
        (&"edge/node/quota".into(), &429.into())
    );
    assert!(told["retryAfterMs"].is_u64(), "{told}");

    gone.set(Mood::Reset);
    let answer = ask(&gateway, "GET", "/gone", "broke", &[]);
    let told = why(&gateway, "broke", &answer);
    assert_eq!(
        (&told["upstream"], &told["attempts"], &told["status"]),
        (&"gone".into(), &1.into(), &502.into())
    );
    assert_eq!(told["path"], "/gone");

    gone.set(Mood::Babble);
    let answer = ask(
        &gateway,
        "POST",
        "/gone?card=4111",
        "babbled",
        &[("content-length", "0")],
    );
    let told = why(&gateway, "babbled", &answer);
    assert_eq!(
        (&told["method"], &told["path"]),
        (&"POST".into(), &"/gone".into())
    );

    // Every attempt takes too long; the second one trips the breaker, which refuses the next request.
    pay.set(Mood::Hang);
    let answer = ask(&gateway, "GET", "/pay", "late", &[]);
    let told = why(&gateway, "late", &answer);
    assert_eq!((&told["rule"], &told["status"]), (&"timeout".into(), &504.into()));
    ask(&gateway, "GET", "/pay", "later", &[]);
    until(
        "the breaker to open",
        || gateway.breaker("payments", pay.addr()),
        |breaker| breaker["state"] == "open",
    );
    let answer = ask(&gateway, "GET", "/pay", "open", &[]);
    let told = why(&gateway, "open", &answer);
    assert_eq!(
        (&told["rule"], &told["status"], &told["upstream"]),
        (&"consecutiveFailures".into(), &503.into(), &"payments".into())
    );
    assert_eq!(told["attempts"], 0);

    // By its trace the newest is found, and the list begins with it.
    assert_eq!(gateway.api(&format!("/api/why/{TRACE}")), told);
    let listed = gateway.api("/api/why?limit=2");
    assert_eq!(listed.as_array().map(Vec::len), Some(2));
    assert_eq!(listed[0], told);
    assert_eq!(listed[1]["requestId"], "later");

    // One that was served is not there.
    gone.set(Mood::Answer(200));
    assert_eq!(ask(&gateway, "GET", "/gone", "served", &[]).status, 200);
    gateway.ask("/api/why/served").is_problem(404, "not found");
}

#[test]
fn what_the_guard_refuses_is_found_by_the_id_that_its_answer_bears() {
    let (place, pay) = (Place::new(), Endpoint::start("pay"));
    let gateway = Gateway::serve(&place, &config(&pay, &pay));
    let mut client = Connection::open(gateway.addr()).unwrap();
    let head = b"GET /pay HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n";
    client.write(head).unwrap();
    let answer = client.answer().unwrap();
    assert_eq!(answer.status, 400);
    let id = answer.header("x-request-id").unwrap();
    let told = gateway.api(&format!("/api/why/{id}"));
    assert_eq!((&told["status"], &told["id"]), (&400.into(), &"edge".into()));
    assert!(told["path"].is_null(), "nobody has read it: {told}");
}

/// As many as are kept and more, by one client at a time.
#[test]
fn a_flood_of_denied_requests_is_bounded_and_the_newest_stay() {
    let (place, pay) = (Place::new(), Endpoint::start("pay"));
    let gateway = Gateway::with_one_worker(&place, &config(&pay, &pay));
    let mut client = Connection::open(gateway.addr()).unwrap();
    for number in 0..1_100 {
        let id = format!("flood-{number}");
        let answer = client
            .ask(
                "GET",
                "/nowhere",
                &[("x-request-id", &id), ("x-tenant", &id)],
                b"",
            )
            .unwrap();
        assert_eq!(answer.status, 404);
    }
    let unknown = gateway.ask("/api/why/flood-0");
    unknown.is_problem(404, "not found");
    let detail = unknown.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("1024 are kept"), "{detail}");
    assert_eq!(gateway.api("/api/why/flood-1099")["rule"], "route");
    assert_eq!(gateway.api("/api/why")[0]["requestId"], "flood-1099");
}
