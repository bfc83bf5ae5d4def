//! What can be done from outside, and by whom.
#![allow(clippy::unwrap_used)]

mod kit;

use std::net::TcpListener;
use std::sync::Arc;

use hedgerow_dashboard::{Admin, ServeError, serve};
use kit::client::{Answer, get, order, raw, request};
use kit::{Mesh, views};
use serde_json::Value;

const JSON: &str = "content-type: application/json";

fn hostile_path(mesh: &Mesh) -> String {
    get(mesh.addr, "/api/tree").json()["children"][4]["path"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Reads the tree until the actor with the hostile name is as wished.
fn until(mesh: &Mesh, wished: impl Fn(&Value) -> bool) {
    loop {
        let clerk = &get(mesh.addr, "/api/tree").json()["children"][4];
        if wished(clerk) {
            return;
        }
    }
}

fn audits(mesh: &Mesh) -> Vec<String> {
    let events = mesh.directory.events().since(0);
    let audits = events.iter().filter(|event| event.kind == "audit");
    audits
        .map(|event| format!("{} {}", event.path, event.cause))
        .collect()
}

#[test]
fn an_actor_with_any_name_is_restarted_and_the_tree_shows_it() {
    let mesh = Mesh::start();
    let path = hostile_path(&mesh);
    assert!(path.contains("%2F") && path.contains("%2541"), "{path}");
    let answer = order(mesh.addr, &path, "restart", &[]);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["path"], path.as_str());
    until(&mesh, |clerk| {
        clerk["restarts"] == 1 && clerk["state"] == "running"
    });
}

#[test]
fn a_path_with_a_segment_that_is_no_name_is_not_taken_for_its_neighbours() {
    let mesh = Mesh::start();
    for path in [
        "shop//upstreams",
        "/shop/upstreams",
        "shop/upstreams/",
        "shop%2F%2Fupstreams",
    ] {
        order(mesh.addr, path, "restart", &[]).is_problem(404, "not found");
    }
    for path in ["shop/%ff", "shop/%fe", "%C0%AFshop"] {
        order(mesh.addr, path, "restart", &[]).is_problem(400, "bad path");
    }
    order(mesh.addr, "shop/upstreams?force=1", "restart", &[]).is_problem(400, "bad query");
    assert_eq!(order(mesh.addr, "shop/upstreams", "restart", &[]).status, 200);
}

#[test]
fn an_actor_deep_in_the_tree_is_stopped_and_started_by_hand() {
    let mesh = Mesh::start();
    let path = "shop/upstreams/payments/127.0.0.1:9002/breaker";
    let state = || {
        let tree = get(mesh.addr, "/api/tree").json();
        tree["children"][1]["children"][0]["children"][1]["children"][0]["state"].clone()
    };
    assert_eq!(order(mesh.addr, path, "stop", &[]).status, 200);
    while state() != "stopped" {}
    let ready = get(mesh.addr, "/readyz?verbose");
    assert_eq!(ready.status, 200, "somebody decided so");
    assert!(ready.body.contains(&format!("[!] {path}: stopped")), "{ready:?}");
    assert_eq!(order(mesh.addr, path, "start", &[]).status, 200);
    while state() != "running" {}
    assert!(!get(mesh.addr, "/readyz?verbose").body.contains(path));
}

#[test]
fn w6_an_order_leaves_an_event_that_says_who_and_what() {
    let mesh = Mesh::start();
    let path = hostile_path(&mesh);
    order(mesh.addr, &path, "restart", &[]);
    let audits = audits(&mesh);
    assert_eq!(audits.len(), 1, "{audits:?}");
    assert!(
        audits[0].starts_with(&format!("{path} restart ordered by 127.0.0.1:")),
        "{audits:?}"
    );
}

#[test]
fn w6_each_order_that_is_refused_leaves_an_event_that_says_who_what_and_why() {
    let mesh = Mesh::start();
    let last = || audits(&mesh).pop().unwrap_or_default();
    for (method, target, body, why) in [
        (
            "POST",
            "/api/actors/shop/edge",
            r#"{"action":"explode"}"#,
            "unknown action",
        ),
        (
            "POST",
            "/api/actors/shop/nobody",
            r#"{"action":"stop"}"#,
            "not found",
        ),
        (
            "POST",
            "/api/breakers/nobody",
            r#"{"action":"close"}"#,
            "not found",
        ),
        ("POST", "/api/chains/edge", "{", "bad JSON"),
        ("DELETE", "/api/registry/web/1", "", "not found"),
        ("PATCH", "/api/tree", "", "method not allowed"),
    ] {
        let answer = request(mesh.addr, method, target, &[JSON], body);
        assert!(answer.status >= 400, "{answer:?}");
        let audit = last();
        assert!(
            audit.starts_with(&format!("shop {method} {target} of 127.0.0.1:"))
                && audit.ends_with(&format!(" refused: {why}")),
            "{audit}"
        );
    }
    request(
        mesh.addr,
        "POST",
        "/api/actors/shop/edge",
        &["content-type: text/plain"],
        "",
    );
    assert!(last().ends_with(" refused: not JSON"));
    // Who reads orders nothing.
    let before = audits(&mesh).len();
    get(mesh.addr, "/api/breakers/nobody").is_problem(404, "not found");
    assert_eq!(audits(&mesh).len(), before);
}

#[test]
fn w6_a_flood_of_refused_orders_does_not_drive_out_what_happened() {
    let mesh = Mesh::start_with("127.0.0.1:0", views::durable_store(), |admin| {
        admin.token("s3cret")
    });
    let before = mesh.directory.events().since(0).len();
    for _ in 0..100 {
        order(mesh.addr, "shop/edge", "stop", &[]).is_problem(401, "token needed");
    }
    let told = mesh.directory.events().since(0).len() - before;
    assert!((16..100).contains(&told), "{told}");
}

#[test]
fn an_order_that_makes_no_sense_is_a_problem_and_does_nothing() {
    let mesh = Mesh::start();
    let post = |body: &str| request(mesh.addr, "POST", "/api/actors/shop/edge", &[JSON], body);
    post("{").is_problem(400, "bad JSON");
    post("").is_problem(400, "bad JSON");
    post(r#"{"action":1}"#).is_problem(400, "bad JSON");
    post(r#"{"action":"stop","force":true}"#).is_problem(400, "bad arguments");
    post(r#"{"action":"explode"}"#).is_problem(400, "unknown action");
    post(&format!(r#"{{"action":"{}"}}"#, "x".repeat(17_000))).is_problem(413, "body too large");
    order(mesh.addr, "shop/nobody", "stop", &[]).is_problem(404, "not found");
    order(mesh.addr, "", "stop", &[]).is_problem(404, "not found");
    order(mesh.addr, "shop", "stop", &[]).is_problem(409, "the root has no supervisor");
    assert_eq!(get(mesh.addr, "/readyz").status, 200);
}

#[test]
fn w1_where_a_token_is_set_only_its_bearer_may_give_orders() {
    let mesh = Mesh::start_with("127.0.0.1:0", views::durable_store(), |admin| {
        admin.token("s3cret")
    });
    let with = |headers: &[&str]| order(mesh.addr, "shop/edge", "restart", headers);
    for wrong in [
        &[][..],
        &["authorization: Bearer wrong"],
        &["authorization: Bearer s3cretx"],
        &["authorization: Basic s3cret"],
        &["authorization: Bearer s3cret", "authorization: Bearer wrong"],
    ] {
        let answer = with(wrong);
        answer.is_problem(401, "token needed");
        assert_eq!(answer.header("www-authenticate"), Some("bearer"));
    }
    let audits = audits(&mesh);
    assert_eq!(audits.len(), 5);
    assert!(
        audits
            .iter()
            .all(|audit| audit.ends_with(" refused: token needed")),
        "{audits:?}"
    );
    assert_eq!(with(&["authorization: Bearer s3cret"]).status, 200);
    assert_eq!(get(mesh.addr, "/api/tree").status, 200);
}

#[test]
fn w2_a_foreign_host_reads_nothing_and_does_nothing() {
    let mesh = Mesh::start();
    for host in [
        "evil.example",
        "localhost.evil.example",
        "10.1.2.3:9900",
        "a@localhost",
    ] {
        let host = format!("host: {host}");
        for path in ["/", "/api/tree", "/metrics", "/events"] {
            request(mesh.addr, "GET", path, &[&host], "").is_problem(403, "unknown host");
        }
        order(mesh.addr, "shop/edge", "stop", &[&host]).is_problem(403, "unknown host");
    }
    let refused = |head: &str| {
        raw(mesh.addr, &format!("GET {head}connection: close\r\n\r\n")).is_problem(403, "unknown host")
    };
    refused("/api/tree HTTP/1.0\r\n");
    refused("http://evil.example/api/tree HTTP/1.1\r\nhost: localhost\r\n");
    refused(
        "/api/tree HTTP/1.1\r\nhost: evil.example\r\nx-forwarded-host: localhost\r\nforwarded: host=localhost\r\n",
    );
    let twice =
        "GET /api/tree HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\nconnection: close\r\n\r\n";
    assert_eq!(raw(mesh.addr, twice).status, 400);
    for known in ["host: localhost", "host: 127.0.0.1:1", "host: [::1]:9900"] {
        assert_eq!(
            request(mesh.addr, "GET", "/api/tree", &[known], "").status,
            200,
            "{known}"
        );
    }
}

#[test]
fn w2_a_foreign_origin_does_nothing_even_with_the_token() {
    let mesh = Mesh::start_with("127.0.0.1:0", views::durable_store(), |admin| {
        admin.token("s3cret")
    });
    let from = |origin: &str| -> Answer {
        let origin = format!("origin: {origin}");
        order(
            mesh.addr,
            "shop/edge",
            "restart",
            &["authorization: Bearer s3cret", &origin],
        )
    };
    for foreign in [
        "http://evil.example",
        "null",
        "http://127.0.0.1:1",
        "https://localhost",
    ] {
        from(foreign).is_problem(403, "foreign origin");
    }
    assert_eq!(from(&format!("http://{}", mesh.addr)).status, 200);
    assert_eq!(audits(&mesh).len(), 5);
}

#[test]
fn w2_a_form_of_another_page_does_nothing() {
    let mesh = Mesh::start();
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
    ] {
        let header = format!("content-type: {content_type}");
        let body = r#"{"action":"stop"}"#;
        request(mesh.addr, "POST", "/api/actors/shop/edge", &[&header], body).is_problem(415, "not JSON");
    }
    assert_eq!(get(mesh.addr, "/readyz").status, 200);
}

#[test]
fn a_host_name_that_was_given_is_known() {
    let mesh = Mesh::start_with("127.0.0.1:0", views::durable_store(), |admin| {
        admin.known_as("shop.example")
    });
    let answer = request(mesh.addr, "GET", "/api/tree", &["host: shop.example"], "");
    assert_eq!(answer.status, 200);
}

#[test]
fn w1_beyond_loopback_it_is_not_served_without_a_token() {
    let mesh = Mesh::start();
    let metrics = Arc::new(String::new);
    for token in [None, Some("")] {
        let admin = Admin::new(mesh.directory.clone(), metrics.clone());
        let admin = token.map_or(admin.clone(), |token| admin.token(token));
        let refused = serve(TcpListener::bind("0.0.0.0:0").unwrap(), admin);
        assert!(matches!(refused, Err(ServeError::TokenNeeded { .. })));
    }
}
