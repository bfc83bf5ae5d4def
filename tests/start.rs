//! How the gateway starts, and how it refuses to.
#![allow(clippy::unwrap_used)]

use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use hedgerow_tests::program::{Ended, run};
use hedgerow_tests::{Endpoint, Gateway, Place};
use serde_json::Value;

/// Nothing was started, because what was asked for is wrong.
const USAGE: Option<i32> = Some(2);
/// As asked.
const FINE: Option<i32> = Some(0);

/// Three mistakes, in each format, with the place and the key of each.
const MISTAKES: [(&str, &str, [&str; 3]); 3] = [
    (
        "bad.yaml",
        r#"version: 1
listeners:
  - { bind: 127.0.0.1:0, chain: egde }
chains:
  edge:
    nodes:
      - { kind: route, rules: [ { path: /, upstream: web } ] }
upstreams:
  web:
    endpoints: [ "127.0.0.1:9001" ]
    timeout: 5
    balanse: p2cEwma
"#,
        [
            "bad.yaml:3:33: listeners[0].chain: there is no chain `egde`; did you mean `edge`?",
            "bad.yaml:11:14: upstreams.web.timeout: expected a duration, found the number 5;",
            "bad.yaml:12:5: upstreams.web.balanse: unknown key `balanse`; did you mean `balance`?",
        ],
    ),
    (
        "bad.json",
        r#"{ "version": 2,
  "listeners": [ { "bind": "127.0.0.1:0", "chain": "edge" } ],
  "chains": { "edge": { "nodes": [ { "kind": "route", "rules": [ { "path": "/", "upstream": "wbe" } ] } ] } },
  "upstreams": { "web": { "endpoints": [ "127.0.0.1:9001" ], "timeout": 5 } } }
"#,
        [
            "bad.json:1:14: version: expected the version of the format, 1, found the number 2;",
            "bad.json:3:93: chains.edge.nodes[0].rules[0].upstream: there is no upstream `wbe`; did you mean `web`?",
            "bad.json:4:73: upstreams.web.timeout: expected a duration, found the number 5;",
        ],
    ),
    (
        "bad.toml",
        r#"version = 1
[[listeners]]
bind = "127.0.0.1"
chain = "edge"
[[chains.edge.nodes]]
kind = "route"
rules = [ { path = "pay", upstream = "web" } ]
[upstreams.web]
endpoints = [ "127.0.0.1:9001" ]
timeout = "5"
"#,
        [
            "bad.toml:3:8: listeners[0].bind: expected an IP address and a port up to 65535, found the text `127.0.0.1`;",
            "bad.toml:7:20: chains.edge.nodes[0].rules[0].path: expected a path that begins with `/`,",
            "bad.toml:10:11: upstreams.web.timeout: expected a duration,",
        ],
    ),
];

fn good(web: SocketAddr) -> String {
    format!(
        "version: 1
listeners:
  - {{ bind: 127.0.0.1:0, chain: edge }}
  - {{ bind: \"127.0.0.2:0\", chain: edge }}
chains:
  edge: {{ nodes: [ {{ kind: route, rules: [ {{ path: /, upstream: web }} ] }} ] }}
upstreams:
  web: {{ endpoints: [ \"{web}\" ] }}
"
    )
}

/// A place with a good config, `mesh.yaml`, in it.
fn place() -> (Place, Endpoint) {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    place.file("mesh.yaml", &good(web.addr()));
    (place, web)
}

/// Runs it on free ports, unless the arguments name others.
fn refused(place: &Place, args: &[&str], variables: &[(&str, &str)]) -> Ended {
    let mut all = args.to_vec();
    if !args.contains(&"--check") {
        for (flag, value) in [("--admin", "127.0.0.1:0"), ("--state", "state")] {
            if !args.contains(&flag) {
                all.extend([flag, value]);
            }
        }
    }
    run(place, &all, variables)
}

fn assert_nothing_started(place: &Place, ended: &Ended) {
    assert_eq!((ended.code, ended.out.as_str()), (USAGE, ""), "{ended:?}");
    assert!(!ended.err.contains("panicked"), "{ended:?}");
    assert!(!Path::exists(&place.state()), "a store was opened");
}

/// An address that is in use for as long as the listener lives.
fn taken() -> (TcpListener, String) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    (listener, addr)
}

#[test]
fn p13_all_mistakes_of_a_config_are_told_at_once_with_line_and_column_and_nothing_starts() {
    for (name, text, expected) in MISTAKES {
        let place = Place::new();
        place.file(name, text);
        let (_taken, listen) = taken();
        // Where the config is bad, nothing is bound: an address that is in use is not even tried.
        let ended = refused(&place, &["--config", name, "--listen", &listen], &[]);
        assert_nothing_started(&place, &ended);
        let lines: Vec<&str> = ended.err.lines().collect();
        assert_eq!(lines.len(), expected.len(), "{ended:?}");
        for (line, expected) in lines.iter().zip(expected) {
            assert!(
                line.starts_with(expected),
                "{line:?} does not begin with {expected:?}"
            );
        }
    }
}

#[test]
fn check_tells_the_same_mistakes_and_starts_nothing() {
    for (name, text, expected) in MISTAKES {
        let place = Place::new();
        place.file(name, text);
        let ended = refused(&place, &["--config", name, "--check"], &[]);
        assert_nothing_started(&place, &ended);
        for expected in expected {
            assert!(ended.err.contains(expected), "{expected}: {ended:?}");
        }
    }
}

#[test]
fn check_tells_mistakes_as_json_on_request() {
    let (name, text, expected) = MISTAKES[0];
    let place = Place::new();
    place.file(name, text);
    let ended = refused(&place, &["--config", name, "--check", "--json"], &[]);
    assert_eq!((ended.code, ended.err.as_str()), (USAGE, ""), "{ended:?}");
    let told: Value = serde_json::from_str(&ended.out).unwrap();
    let told = told.as_array().unwrap().iter().map(|mistake| {
        format!(
            "{}:{}:{}: {}: {}",
            mistake["file"].as_str().unwrap(),
            mistake["line"],
            mistake["column"],
            mistake["key"].as_str().unwrap(),
            mistake["message"].as_str().unwrap()
        )
    });
    let told: Vec<String> = told.collect();
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(
            told.starts_with(expected),
            "{told:?} does not begin with {expected:?}"
        );
    }
}

#[test]
fn check_accepts_a_good_config_and_starts_nothing() {
    let (place, _web) = place();
    let ended = refused(&place, &["--config", "mesh.yaml", "--check"], &[]);
    assert_eq!((ended.code, ended.err.as_str()), (FINE, ""), "{ended:?}");
    assert_eq!(
        ended.out,
        "mesh.yaml: fine: 2 listener(s), 1 chain(s), 1 upstream(s)\n"
    );
    let ended = refused(&place, &["--config", "mesh.yaml", "--check", "--json"], &[]);
    assert_eq!((ended.code, ended.out.as_str()), (FINE, "[]\n"), "{ended:?}");
    assert!(!Path::exists(&place.state()), "a store was opened");
}

#[test]
fn p13_a_config_that_cannot_be_read_is_one_clear_line() {
    let place = Place::new();
    place.file("empty.yaml", "");
    std::fs::write(place.path("binary.yaml"), b"version: \xff\xfe").unwrap();
    std::fs::create_dir(place.path("folder.yaml")).unwrap();
    for (name, why) in [
        ("nowhere.yaml", "nowhere.yaml: cannot be read (No such file"),
        (
            "nowhere/mesh.yaml",
            "nowhere/mesh.yaml: cannot be read (No such file",
        ),
        ("folder.yaml", "folder.yaml: is no regular file: name a YAML"),
        ("binary.yaml", "binary.yaml: "),
        ("empty.yaml", "empty.yaml:1:1: "),
    ] {
        for args in [&["--config", name][..], &["--config", name, "--check"]] {
            let ended = refused(&place, args, &[]);
            assert_nothing_started(&place, &ended);
            assert!(ended.err.starts_with(why), "{name}: {ended:?}");
            assert_eq!(ended.err.lines().count(), 1, "{ended:?}");
        }
    }
}

#[test]
fn check_tells_what_is_wrong_with_the_file_as_a_whole_as_json_too() {
    let place = Place::new();
    let ended = refused(&place, &["--config", "nowhere.yaml", "--check", "--json"], &[]);
    let told: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(
        (&told[0]["file"], &told[0]["line"]),
        (&"nowhere.yaml".into(), &Value::Null)
    );
    assert!(
        told[0]["message"].as_str().unwrap().contains("cannot be read"),
        "{told}"
    );
}

#[test]
fn p13_an_address_that_cannot_be_had_is_one_clear_line() {
    let (place, _web) = place();
    let (_listener, addr) = taken();
    for flag in ["--listen", "--admin"] {
        let ended = refused(&place, &["--config", "mesh.yaml", flag, &addr], &[]);
        assert_nothing_started(&place, &ended);
        assert!(
            ended
                .err
                .starts_with(&format!("cannot listen on {addr}: Address already in use")),
            "{ended:?}"
        );
        assert_eq!(ended.err.lines().count(), 1, "{ended:?}");
        // Documentation's own address: no machine has it.
        let ended = refused(
            &place,
            &["--config", "mesh.yaml", flag, "192.0.2.1:0", "--admin-token", "t"],
            &[],
        );
        assert_nothing_started(&place, &ended);
        let why = "cannot listen on 192.0.2.1:0: Cannot assign requested address";
        assert!(ended.err.starts_with(why), "{ended:?}");
        assert_eq!(ended.err.lines().count(), 1, "{ended:?}");
    }
}

#[test]
fn p13_flags_that_are_wrong_are_refused_with_their_names() {
    let (place, _web) = place();
    for args in [
        &["--nonsense"][..],
        &["--listen", "nonsense"],
        &["--config", "mesh.yaml", "--workers", "0"],
        &["--config", "mesh.yaml", "--workers", "513"],
        &["--config", "mesh.yaml", "--admin-token", ""],
        &["--check"],
        &["--config", "mesh.yaml", "--json"],
        &["--config", "mesh.yaml", "stray"],
        &["--config"],
    ] {
        let ended = run(&place, args, &[]);
        assert_nothing_started(&place, &ended);
        let first = ended.err.lines().next().unwrap_or_default();
        // `--check` and `--json` are refused for what they lack.
        let named = match args.last() {
            Some(&"--check") => "--config <FILE>",
            Some(&"--json") => "--check",
            Some(&"stray" | &"--nonsense" | &"--config") => args[args.len() - 1],
            _ => args[args.len() - 2],
        };
        assert!(first.starts_with("error: "), "{ended:?}");
        assert!(ended.err.contains(named), "{named}: {ended:?}");
    }
    for (variable, value, flag) in [
        ("HEDGEROW_LISTEN", "nonsense", "--listen"),
        // A variable that expanded to nothing must not open what it was to close.
        ("HEDGEROW_ADMIN_TOKEN", "", "--admin-token"),
    ] {
        let ended = refused(&place, &["--config", "mesh.yaml"], &[(variable, value)]);
        assert_nothing_started(&place, &ended);
        assert!(ended.err.contains(flag), "{ended:?}");
        assert!(ended.err.contains(variable), "{ended:?}");
        // Where the flag is said, it is the flag's.
        let ended = run(
            &place,
            &["--listen", "x", "--admin-token", ""],
            &[(variable, value)],
        );
        assert!(!ended.err.contains(variable), "{ended:?}");
    }
}

#[test]
fn p13_what_a_variable_asked_for_and_cannot_be_had_is_refused_with_the_name_of_the_variable() {
    let (place, _web) = place();
    let (_held, addr) = taken();
    let config = ["--config", "mesh.yaml"];
    for (args, variable, value) in [
        (&config[..], "HEDGEROW_LISTEN", addr.as_str()),
        (&config, "HEDGEROW_ADMIN", &addr),
        (&config, "HEDGEROW_ADMIN", "0.0.0.0:0"),
        (&[], "HEDGEROW_CONFIG", "gone.yaml"),
    ] {
        let ended = run(&place, args, &[(variable, value)]);
        assert_eq!(ended.code, USAGE, "{ended:?}");
        assert!(ended.err.contains(variable), "{ended:?}");
    }
}

#[test]
fn an_admin_address_beyond_loopback_needs_a_token() {
    let (place, _web) = place();
    let beyond = ["--config", "mesh.yaml", "--admin", "0.0.0.0:0"];
    let ended = refused(&place, &beyond, &[]);
    assert_nothing_started(&place, &ended);
    let why = "0.0.0.0:0 is not loopback and no token is set";
    assert!(ended.err.contains(why), "{ended:?}");
    let gateway = Gateway::start(&place, &[&beyond[..], &["--admin-token", "secret"]].concat(), &[]);
    assert!(gateway.admin().ip().is_unspecified());
}

#[test]
fn listen_replaces_the_address_of_the_first_listener_alone() {
    let (place, _web) = place();
    let gateway = Gateway::start(&place, &["--config", "mesh.yaml", "--listen", "127.0.0.3:0"], &[]);
    let hosts: Vec<String> = gateway
        .listeners()
        .iter()
        .map(|addr| addr.ip().to_string())
        .collect();
    assert_eq!(hosts, ["127.0.0.3", "127.0.0.2"]);
    assert_eq!(gateway.get("/").status, 200);
}

#[test]
fn flags_beat_the_environment_which_beats_the_file() {
    let (place, _web) = place();
    let first = |args: &[&str], variables: &[(&str, &str)]| {
        let gateway = Gateway::start(&place, &[&["--config", "mesh.yaml"], args].concat(), variables);
        let host = gateway.addr().ip().to_string();
        drop(gateway);
        host
    };
    let variable = [("HEDGEROW_LISTEN", "127.0.0.4:0")];
    assert_eq!(first(&[], &variable), "127.0.0.4");
    assert_eq!(first(&["--listen", "127.0.0.3:0"], &variable), "127.0.0.3");
}

#[test]
fn the_token_and_the_config_can_come_from_the_environment() {
    let (place, _web) = place();
    let variables = [
        ("HEDGEROW_CONFIG", "mesh.yaml"),
        ("HEDGEROW_ADMIN_TOKEN", "secret"),
    ];
    let gateway = Gateway::start(&place, &[], &variables);
    assert_eq!(gateway.get("/").text(), "web");
    let path = "gateway/chains/edge";
    assert_eq!(gateway.order(path, "restart", &[]).status, 401);
    let token = [("authorization", "Bearer secret")];
    assert_eq!(gateway.order(path, "restart", &token).status, 200);
}

#[test]
fn without_arguments_a_demo_of_at_least_eight_actors_serves() {
    let place = Place::new();
    let gateway = Gateway::start(&place, &[], &[]);
    assert_eq!(gateway.printed().last().map(String::as_str), Some("ready"));
    assert_eq!(gateway.printed().len(), 3, "{:?}", gateway.printed());
    fn running(at: &Value) -> usize {
        let children = at["children"].as_array().unwrap();
        usize::from(at["state"] == "running") + children.iter().map(running).sum::<usize>()
    }
    assert!(running(&gateway.api("/api/tree")) >= 8);
    assert_eq!(gateway.ask("/healthz").status, 200);
    gateway.is_ready();
    let page = gateway.ask("/");
    assert!(page.text().contains("<html"), "{page:?}");
    let catalog = gateway.get("/catalog");
    assert_eq!((catalog.status, catalog.text()), (200, "a catalog\n"));
}

#[test]
fn the_second_to_come_to_a_store_serves_from_memory_and_says_so() {
    let (place, _web) = place();
    let first = Gateway::start(&place, &["--config", "mesh.yaml"], &[]);
    let second = Gateway::start(&place, &["--config", "mesh.yaml"], &[]);
    assert_eq!((first.get("/").status, second.get("/").status), (200, 200));
    first.is_ready();
    second.is_ready();
    let told = first.ask("/readyz?verbose");
    assert_eq!(
        (told.status, told.text()),
        (200, "ready\n[+] store: sled, durable\n")
    );
    let told = second.ask("/readyz?verbose");
    assert_eq!(told.status, 200);
    assert!(
        told.text().starts_with("ready\n[!] store: in memory only: "),
        "{told:?}"
    );
    assert_eq!(second.ask("/readyz").text(), "ready\n");
}
