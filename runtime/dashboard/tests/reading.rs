//! What can be read from the admin listener.
#![allow(clippy::unwrap_used)]

mod kit;

use kit::client::{get, raw, request};
use kit::{HOSTILE, Mesh, block_on, views};

#[test]
fn it_is_alive() {
    let mesh = Mesh::start();
    for path in ["/healthz", "/livez"] {
        let answer = get(mesh.addr, path);
        assert_eq!((answer.status, answer.body.as_str()), (200, "alive\n"));
        assert_eq!(request(mesh.addr, "HEAD", path, &[], "").status, 200);
    }
}

#[test]
fn it_is_ready_until_an_actor_cannot_be_kept_alive_and_says_which() {
    let mesh = Mesh::start();
    let ready = get(mesh.addr, "/readyz");
    assert_eq!((ready.status, ready.body.as_str()), (200, "ready\n"));
    block_on(async {
        // One fall more than the intensity allows: its supervisor, which is the root, gives up.
        for _ in 0..6 {
            assert!(mesh.clerk.ask(kit::Panic).await.is_err());
        }
        while mesh.directory.tree().state != hedgerow_view::tree::ActorState::Failed {
            tokio::task::yield_now().await;
        }
    });
    let down = get(mesh.addr, "/readyz?verbose");
    assert_eq!(down.status, 503);
    assert!(
        down.body
            .starts_with("not ready\n[-] shop: failed\n[-] shop/%3Cimg"),
        "{down:?}"
    );
}

#[test]
fn a_store_that_lost_its_disk_is_a_warning_and_no_reason_to_be_unready() {
    let mesh = Mesh::start_with("127.0.0.1:0", views::lost_store(), |admin| admin);
    let answer = get(mesh.addr, "/readyz?verbose");
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body,
        "ready\n[!] store: in memory only: no space left on the disk\n"
    );
}

#[test]
fn metrics_are_what_the_renderer_writes() {
    let mesh = Mesh::start();
    let answer = get(mesh.addr, "/metrics");
    assert_eq!((answer.status, answer.body.as_str()), (200, "metric 1\n"));
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
}

#[test]
fn the_tree_shows_every_actor_and_its_last_exit() {
    let mesh = Mesh::start();
    mesh.fall();
    let tree = get(mesh.addr, "/api/tree").json();
    assert_eq!(
        (&tree["path"], &tree["state"]),
        (&"shop".into(), &"running".into())
    );
    let deep = &tree["children"][1]["children"][0]["children"][1]["children"][0];
    assert_eq!(deep["path"], "shop/upstreams/payments/127.0.0.1:9002/breaker");
    let clerk = &tree["children"][4];
    assert_eq!(clerk["restarts"], 1);
    assert_eq!(clerk["lastExit"]["message"], "<b>told to</b>");
    assert_eq!(clerk["mailbox"]["capacity"], 1024);
}

#[test]
fn every_breaker_chain_and_upstream_is_listed() {
    let mesh = Mesh::start();
    let breakers = get(mesh.addr, "/api/breakers").json();
    let ids: Vec<_> = breakers
        .as_array()
        .unwrap()
        .iter()
        .map(|breaker| &breaker["id"])
        .collect();
    let expected = [
        "payments/endpoint/127.0.0.1:9001",
        "payments/endpoint/127.0.0.1:9002",
        "payments/endpoint/%3Cb%3Ea%2Fb%3C%2Fb%3E",
    ];
    assert_eq!(ids, expected);
    assert_eq!(
        get(mesh.addr, "/api/chains").json()[0]["nodes"][0]["name"],
        "route"
    );
    assert_eq!(
        get(mesh.addr, "/api/upstreams").json()[0]["endpoints"][1]["state"],
        "open"
    );
}

#[test]
fn what_is_refused_because_it_crashes_is_listed_with_the_door_that_refuses_it() {
    let mesh = Mesh::start();
    let chain = get(mesh.addr, "/api/chains/edge").json();
    assert_eq!(
        get(mesh.addr, "/api/quarantine").json(),
        serde_json::json!([{
            "path": chain["path"],
            "what": "request",
            "of": "route",
            "fingerprint": "00000000000000ff",
            "crashes": 3,
            "refused": 7,
        }])
    );
}

#[test]
fn an_id_can_be_pasted_behind_the_url() {
    let mesh = Mesh::start();
    for breaker in get(mesh.addr, "/api/breakers").json().as_array().unwrap() {
        let id = breaker["id"].as_str().unwrap();
        assert_eq!(get(mesh.addr, &format!("/api/breakers/{id}")).json()["id"], id);
    }
    assert_eq!(get(mesh.addr, "/api/chains/edge").json()["revision"], 3);
}

#[test]
fn what_is_not_there_is_a_problem() {
    let mesh = Mesh::start();
    for path in [
        "/api/breakers/payments",
        "/api/breakers/payments/endpoint",
        "/api/breakers/",
        "/api/breakers/a/b/c/d",
        "/api/chains/nowhere",
        "/api/nothing",
        "/ui/nothing.js",
        "/ui/../Cargo.toml",
        "/nothing",
        "/api/breakers//payments",
    ] {
        get(mesh.addr, path).is_problem(404, "not found");
    }
    get(mesh.addr, "/api/breakers/%FF%FE").is_problem(400, "bad path");
}

#[test]
fn another_method_is_a_problem_that_names_the_right_one() {
    let mesh = Mesh::start();
    let json = ["content-type: application/json"];
    for path in ["/api/tree", "/healthz", "/", "/api/breakers"] {
        let answer = request(mesh.addr, "POST", path, &json, "{}");
        answer.is_problem(405, "method not allowed");
        assert_eq!(answer.header("allow"), Some("get, head"));
    }
    let answer = get(mesh.addr, "/api/actors/shop");
    answer.is_problem(405, "method not allowed");
    assert_eq!(answer.header("allow"), Some("post"));
    let answer = request(mesh.addr, "PUT", "/api/breakers/payments", &json, "{}");
    answer.is_problem(405, "method not allowed");
    assert_eq!(answer.header("allow"), Some("get, head, post"));
}

#[test]
fn events_are_listed_from_a_number_on() {
    let mesh = Mesh::start();
    mesh.fall();
    let all = get(mesh.addr, "/api/events").json();
    let all = all.as_array().unwrap();
    let last = all.last().unwrap()["seq"].as_u64().unwrap();
    assert_eq!(last, all.len() as u64);
    let tail = get(mesh.addr, &format!("/api/events?since={}", last - 1)).json();
    assert_eq!(tail.as_array().unwrap().len(), 1);
    get(mesh.addr, "/api/events?since=yesterday").is_problem(400, "bad query");
}

#[test]
fn every_answer_protects_the_browser() {
    let mesh = Mesh::start();
    for path in ["/", "/api/tree", "/nothing", "/ui/app.js", "/ui/page.css"] {
        let answer = get(mesh.addr, path);
        let policy = answer.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'self';") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let refused = raw(
        mesh.addr,
        "GET / HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n",
    );
    assert!(refused.header("content-security-policy").is_some());
}

#[test]
fn the_page_names_only_files_that_are_served_and_has_nothing_inline() {
    let mesh = Mesh::start();
    let page = get(mesh.addr, "/");
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(
        !page.body.contains("style=") && !page.body.contains("<style") && !page.body.contains(" onclick")
    );
    assert_eq!(
        page.body.matches("<script").count(),
        page.body.matches("<script type=\"module\" src=").count()
    );
    let mut files: Vec<String> = quoted(&page.body, "\"ui/");
    assert!(files.len() >= 3, "{files:?}");
    while let Some(file) = files.pop() {
        let answer = get(mesh.addr, &format!("/ui/{file}"));
        assert_eq!(answer.status, 200, "{file}");
        files.extend(quoted(&answer.body, "from \"./"));
    }
}

/// What stands between `before` and the next quotation mark.
fn quoted(text: &str, before: &str) -> Vec<String> {
    text.split(before)
        .skip(1)
        .filter_map(|rest| rest.split('"').next().map(str::to_owned))
        .collect()
}

#[test]
fn the_hostile_name_is_only_ever_sent_escaped() {
    let mesh = Mesh::start();
    assert!(!get(mesh.addr, "/api/tree").body.contains(HOSTILE));
}

/// Keeps a denied request.
fn deny(mesh: &Mesh, request: &str) {
    mesh.directory.denials().keep(|at| hedgerow_view::DenialView {
        request_id: Some(request.into()),
        trace_id: Some("0af7651916cd43dd8448eb211c80319c".into()),
        at,
        status: 503,
        id: "payments/endpoint/127.0.0.1:9001".into(),
        rule: "consecutiveFailures".into(),
        limit: "7".into(),
        observed: "7".into(),
        retry_after_ms: Some(1_000),
        chain: "edge".into(),
        revision: Some(3),
        method: Some("GET".into()),
        path: Some("/pay".into()),
        upstream: Some("payments".into()),
        attempts: 1,
    });
}

#[test]
fn why_a_request_was_denied_is_told_by_its_id_and_by_its_trace() {
    let mesh = Mesh::start();
    deny(&mesh, "a/b c");
    for id in ["a%2Fb%20c", "0af7651916cd43dd8448eb211c80319c"] {
        let told = get(mesh.addr, &format!("/api/why/{id}")).json();
        assert_eq!(told["requestId"], "a/b c");
        assert_eq!(
            (&told["rule"], &told["limit"], &told["observed"]),
            (&"consecutiveFailures".into(), &"7".into(), &"7".into())
        );
    }
    let unknown = get(mesh.addr, "/api/why/nobody");
    unknown.is_problem(404, "not found");
    let detail = unknown.json()["detail"].as_str().unwrap().to_owned();
    assert!(
        detail.contains("`nobody`") && detail.contains("1 are kept"),
        "{detail}"
    );
}

#[test]
fn the_newest_denied_requests_are_listed_first() {
    let mesh = Mesh::start();
    for request in ["first", "second", "third"] {
        // Each by a thread of its own, as the worker of a listener would.
        std::thread::scope(|scope| scope.spawn(|| deny(&mesh, request)).join()).unwrap();
    }
    let ids = |target: &str| -> Vec<String> {
        let listed = get(mesh.addr, target).json();
        let each = listed.as_array().unwrap().iter();
        each.map(|denial| denial["requestId"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids("/api/why"), ["third", "second", "first"]);
    assert_eq!(ids("/api/why?limit=1"), ["third"]);
    for wrong in ["0", "1001", "x", "-1", "+1", ""] {
        get(mesh.addr, &format!("/api/why?limit={wrong}")).is_problem(400, "bad query");
    }
}

#[test]
fn the_document_of_the_api_is_served_and_says_whether_a_token_is_asked_for() {
    let open = Mesh::start();
    let document = get(open.addr, "/api/openapi.json").json();
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["components"]["securitySchemes"].is_null());
    let closed = Mesh::start_with("127.0.0.1:0", views::durable_store(), |admin| {
        admin.token("s3cret")
    });
    let document = get(closed.addr, "/api/openapi.json").json();
    assert_eq!(
        document["components"]["securitySchemes"]["bearer"]["scheme"],
        "bearer"
    );
}
