//! The event stream, and the page in a place of its own.
#![allow(clippy::unwrap_used)]

mod kit;

use hedgerow_supervisor::Persistence;
use hedgerow_view::Path;
use kit::Mesh;
use kit::client::{Stream, get, request};

fn emit(mesh: &Mesh, cause: &str) {
    mesh.directory
        .events()
        .emit("test", &Path::root("shop"), None, cause, Persistence::Volatile);
}

#[test]
fn events_are_delivered_live_behind_the_kept_ones() {
    let mesh = Mesh::start();
    let kept = mesh.directory.events().since(0);
    let (mut stream, head) = Stream::open(mesh.addr, "");
    assert!(
        head.contains("200 ok") && head.contains("content-type: text/event-stream"),
        "{head}"
    );
    for event in &kept {
        assert_eq!(stream.next()["seq"], event.seq);
    }
    emit(&mesh, "line one\nline two");
    let event = stream.next();
    assert_eq!(
        (&event["kind"], &event["cause"]),
        (&"test".into(), &"line one\nline two".into())
    );
}

#[test]
fn a_client_that_comes_back_goes_on_where_it_was() {
    let mesh = Mesh::start();
    emit(&mesh, "seen");
    let seen = mesh.directory.events().since(0).last().unwrap().seq;
    emit(&mesh, "missed");
    let (mut stream, _) = Stream::open(mesh.addr, &format!("last-event-id: {seen}\r\n"));
    assert_eq!(stream.next()["cause"], "missed");
    emit(&mesh, "live");
    assert_eq!(stream.next()["cause"], "live");
}

#[test]
fn a_restart_by_hand_is_seen_in_the_stream() {
    let mesh = Mesh::start();
    let last = mesh.directory.events().since(0).last().unwrap().seq;
    let (mut stream, _) = Stream::open(mesh.addr, &format!("last-event-id: {last}\r\n"));
    kit::client::order(mesh.addr, "shop/edge", "restart", &[]);
    assert_eq!(stream.next()["kind"], "audit");
    while stream.next()["kind"] != "childStarted" {}
}

#[test]
fn w4_one_client_too_many_is_told_to_come_back_and_may_when_another_has_gone() {
    let mesh = Mesh::start();
    let mut streams: Vec<_> = (0..64).map(|_| Stream::open(mesh.addr, "").0).collect();
    let refused = get(mesh.addr, "/events");
    refused.is_problem(503, "too many streams");
    assert_eq!(refused.header("retry-after"), Some("5"));
    assert_eq!(get(mesh.addr, "/readyz").status, 200);
    streams.pop();
    // The server learns of it with the next thing it reads or writes.
    loop {
        emit(&mesh, "are you there");
        let (_, head) = Stream::open(mesh.addr, "");
        if head.contains("200 ok") {
            break;
        }
    }
}

#[test]
fn a_bad_since_is_a_problem() {
    let mesh = Mesh::start();
    request(mesh.addr, "GET", "/events?since=x", &[], "").is_problem(400, "bad query");
}

#[test]
fn the_stream_of_the_page_tells_all_there_is_and_then_what_changes() {
    let mesh = Mesh::start();
    let (mut stream, head) = Stream::open_at(mesh.addr, "/live", "");
    assert!(
        head.contains("200 ok") && head.contains("content-type: text/event-stream"),
        "{head}"
    );
    assert_eq!(stream.named("hello")["all"], true);
    let tree = stream.named("tree");
    let paths: Vec<_> = tree["order"].as_array().unwrap().iter().collect();
    let clerk = paths[paths.len() - 1].as_str().unwrap();
    assert_eq!(tree["set"][clerk]["restarts"], 0);
    mesh.fall();
    let mut restarts = serde_json::Value::Null;
    while restarts != 1 {
        let change = stream.named("tree");
        assert!(change["whole"].is_null() && change["order"].is_null(), "{change}");
        // Who did nothing is not told of.
        assert!(change["set"]["shop/store"].is_null(), "{change}");
        restarts = change["set"][clerk]["restarts"].clone();
    }
}

#[test]
fn the_streams_of_pages_count_among_those_that_may_follow() {
    let mesh = Mesh::start();
    let _streams: Vec<_> = (0..64)
        .map(|_| Stream::open_at(mesh.addr, "/live", "").0)
        .collect();
    get(mesh.addr, "/live").is_problem(503, "too many streams");
}

/// The memory that this process has now, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: usize = line.unwrap().split_whitespace().next().unwrap().parse().unwrap();
    kib * 1024
}

#[test]
fn w4_followers_that_never_read_cost_no_memory_and_hold_up_nobody() {
    let mesh = Mesh::start();
    let cause = "x".repeat(4_000);
    // What comes first to each of them is as long as it can be.
    for _ in 0..1_000 {
        emit(&mesh, &cause);
    }
    let before = resident();
    let followers: Vec<_> = (0..64).map(|_| Stream::open(mesh.addr, "").0).collect();
    for _ in 0..300 {
        get(mesh.addr, "/events").is_problem(503, "too many streams");
    }
    for _ in 0..5_000 {
        emit(&mesh, &cause);
    }
    mesh.fall();
    assert_eq!(get(mesh.addr, "/readyz").status, 200);
    let grown = resident().saturating_sub(before);
    // Each of them could have been sent 24 MB.
    assert!(
        grown < 64 << 20,
        "{} MiB for {} followers",
        grown >> 20,
        followers.len()
    );
    drop(followers);
    loop {
        emit(&mesh, "are you there");
        let (_, head) = Stream::open(mesh.addr, "");
        if head.contains("200 ok") {
            break;
        }
    }
}
