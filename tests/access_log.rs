//! The line of each request, through the gateway.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::Stdio;

use hedgerow_tests::client::request;
use hedgerow_tests::config::Config;
use hedgerow_tests::patience::until;
use hedgerow_tests::program::command;
use hedgerow_tests::{ClosedPort, Connection, Endpoint, Gateway, Place};
use serde_json::Value;

fn config(web: SocketAddr, closed: SocketAddr, log: &str) -> Config {
    Config::to("/web", "web", &[web])
        .and_to("/closed", "closed", &[closed])
        .node(log)
        .node("{ kind: inject, header: x-inject }")
}

/// The lines for requests, beside those of the log.
fn lines(gateway: &Gateway) -> Vec<Value> {
    let log = gateway.log();
    let lines = log.lines().filter(|line| line.starts_with('{'));
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn k11_each_request_leaves_one_line_that_tells_what_its_client_was_told() {
    let (place, web, closed) = (Place::new(), Endpoint::start("web"), ClosedPort::new());
    let node = "{ kind: accessLog, to: stderr }";
    let gateway = Gateway::serve(&place, &config(web.addr(), closed.addr(), node));
    let cases: [(&str, &str, u16, &str, Option<&str>); 5] = [
        ("/web/1?secret", "", 200, "ok", None),
        ("/web", "abort=429", 429, "refused", Some("inject")),
        ("/web", "panic", 500, "panicked", Some("nodeCrashed")),
        ("/none", "", 404, "refused", Some("route")),
        ("/closed", "", 502, "failed", Some("connect")),
    ];
    for (at, (target, faults, status, end, rule)) in cases.into_iter().enumerate() {
        let id = format!("id-{at}\"\\");
        let mut headers = vec![("x-request-id", id.as_str())];
        if !faults.is_empty() {
            headers.push(("x-inject", faults));
        }
        assert_eq!(
            request(gateway.addr(), "GET", target, &headers, b"")
                .unwrap()
                .status,
            status
        );
        let line = until("its line", || lines(&gateway), |lines| lines.len() > at)
            .pop()
            .unwrap();
        let path = target.split('?').next().unwrap();
        assert_eq!(
            (&line["path"], &line["status"]),
            (&path.into(), &status.into()),
            "{line}"
        );
        assert_eq!(
            (&line["end"], line["rule"].as_str()),
            (&end.into(), rule),
            "{line}"
        );
        assert_eq!(
            (&line["requestId"], &line["method"]),
            (&id.as_str().into(), &"GET".into()),
            "{line}"
        );
        let leads = ["/web/1", "/closed"].contains(&path);
        assert_eq!(line["upstream"].is_string(), leads, "{line}");
        assert!(
            line["durationMs"].is_number() && line["revision"].is_number(),
            "{line}"
        );
    }
}

#[test]
fn p12_a_pipe_that_nobody_reads_holds_up_no_request_and_what_finds_no_room_is_counted() {
    let (place, web, closed) = (Place::new(), Endpoint::start("web"), ClosedPort::new());
    place.file(
        "mesh.yaml",
        &config(web.addr(), closed.addr(), "{ name: log, kind: accessLog }"),
    );
    let mut command = command(&place);
    command.args([
        "--config",
        "mesh.yaml",
        "--listen",
        "127.0.0.1:0",
        "--admin",
        "127.0.0.1:0",
    ]);
    command.arg("--state").arg(place.state());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Read up to `ready`, and kept open without being read.
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let (mut listen, mut admin) = (None, None);
    loop {
        let mut line = String::new();
        assert!(stdout.read_line(&mut line).unwrap() > 0, "it ended");
        let addr = |line: &str| line.trim_end().parse::<SocketAddr>().ok();
        listen = listen.or_else(|| addr(line.strip_prefix("gateway    http://")?));
        admin = admin.or_else(|| addr(line.strip_prefix("dashboard  http://")?));
        if line.trim_end() == "ready" {
            break;
        }
    }
    let (listen, admin): (SocketAddr, SocketAddr) = (listen.unwrap(), admin.unwrap());
    let dropped = || -> u64 {
        let metrics = request(admin, "GET", "/metrics", &[], b"").unwrap();
        let series = "hedgerow_chain_node_reading{chain=\"edge\",gauge=\"dropped\",node=\"log\"} ";
        let found = metrics
            .text()
            .lines()
            .find_map(|line| line.strip_prefix(series)?.parse().ok());
        found.unwrap_or_else(|| panic!("{}", metrics.text()))
    };
    let mut connection = Connection::open(listen).unwrap();
    let target = format!("/web/{}", "a".repeat(400));
    let mut asked = 0;
    while dropped() == 0 {
        for _ in 0..200 {
            assert_eq!(connection.ask("GET", &target, &[], b"").unwrap().status, 200);
        }
        asked += 200;
        assert!(asked < 40_000, "there is room for all");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
