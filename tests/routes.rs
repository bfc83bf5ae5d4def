//! Which upstream a request goes to, through the gateway.
#![allow(clippy::unwrap_used)]

use hedgerow_tests::client::request;
use hedgerow_tests::{Connection, Endpoint, Gateway, Place};

/// A gateway with these rules, and upstreams `web`, `next` and `pay` behind it.
fn gateway(place: &Place, rules: &str) -> (Gateway, [Endpoint; 3]) {
    let endpoints = ["web", "next", "pay"].map(Endpoint::start);
    let upstreams: String = endpoints
        .iter()
        .zip(["web", "next", "pay"])
        .map(|(endpoint, name)| format!("  {name}: {{ endpoints: [ \"{}\" ] }}\n", endpoint.addr()))
        .collect();
    let config = format!(
        "version: 1
listeners:
  - {{ bind: 127.0.0.1:8080, chain: edge }}
chains:
  edge:
    nodes:
      - kind: route
        rules:
{rules}
upstreams:
{upstreams}"
    );
    (Gateway::serve(place, &config), endpoints)
}

/// Who answers.
fn answered(gateway: &Gateway, method: &str, target: &str, headers: &[(&str, &str)]) -> String {
    let answer = request(gateway.addr(), method, target, headers, b"").unwrap();
    match answer.status {
        200 => answer.text().to_owned(),
        status => status.to_string(),
    }
}

#[test]
fn a_request_goes_where_the_first_rule_leads_that_it_is_like_in_everything() {
    let place = Place::new();
    let rules = "
          - { exact: /pay/state, upstream: web }
          - { path: /pay, methods: [POST], upstream: pay }
          - { path: /, headers: { x-beta: present, x-version: \"2\" }, upstream: next }
          - { path: /, host: \"*.next.example\", upstream: next }
          - { path: /shop, upstream: web }";
    let (gateway, _endpoints) = gateway(&place, rules);
    type Case = (
        &'static str,
        &'static str,
        &'static [(&'static str, &'static str)],
        &'static str,
    );
    let cases: [Case; 11] = [
        ("GET", "/pay/state", &[], "web"),
        ("POST", "/pay/state/1", &[], "pay"),
        ("POST", "/pay?a=/shop", &[], "pay"),
        ("GET", "/pay", &[], "404"),
        ("GET", "/pay", &[("x-beta", ""), ("x-version", "2")], "next"),
        ("GET", "/shop", &[("x-beta", "1"), ("x-version", "3")], "web"),
        ("GET", "/shop", &[], "web"),
        ("GET", "/shopping", &[], "404"),
        ("GET", "/pay", &[("host", "A.next.example:8080")], "next"),
        (
            "GET",
            "http://a.next.example/pay",
            &[("host", "a.next.example")],
            "next",
        ),
        ("GET", "/pay", &[("host", "next.example")], "404"),
    ];
    for (method, target, headers, who) in cases {
        assert_eq!(
            answered(&gateway, method, target, headers),
            who,
            "{method} {target} {headers:?}"
        );
    }
    gateway.get("/other").is_refused(404, "edge", "route");
}

#[test]
fn k7_every_spelling_of_a_path_goes_where_its_normal_form_leads_and_in_that_form() {
    let place = Place::new();
    let rules = "
          - { path: /admin, upstream: pay }
          - { exact: /~user/a-b, upstream: next }
          - { path: /, upstream: web }";
    let (gateway, [_, _, pay]) = gateway(&place, rules);
    let cases = [
        ("/admin", "pay"),
        ("//admin", "pay"),
        ("/./admin", "pay"),
        ("/x/../admin/1", "pay"),
        ("/%61dmin", "pay"),
        ("/%2e/admin", "pay"),
        ("/x/%2E%2e/admin", "pay"),
        ("/admin/..", "web"),
        ("/admin/../x", "web"),
        ("/Admin", "web"),
        ("/admin;a=b", "web"),
        ("/administrator", "web"),
        ("/%7euser/a%2db", "next"),
        ("/admin%2f1", "400"),
        ("/x/..;/admin", "400"),
        ("/..%5cadmin", "400"),
        ("/admin%00", "400"),
        ("/../admin", "400"),
    ];
    for (target, who) in cases {
        assert_eq!(answered(&gateway, "GET", target, &[]), who, "{target}");
    }
    let asked: Vec<String> = pay.heads().into_iter().map(|head| head.first).collect();
    assert!(
        asked
            .iter()
            .all(|line| ["GET /admin HTTP/1.1", "GET /admin/1 HTTP/1.1"].contains(&line.as_str())),
        "{asked:?}"
    );
}

#[test]
fn a_split_shares_requests_by_weight_and_a_user_stays_with_one_upstream() {
    let place = Place::new();
    let rules = "
          - { path: /none, split: [ { upstream: web, weight: 0 }, { upstream: next, weight: 1 } ] }
          - path: /
            split: [ { upstream: web, weight: 80 }, { upstream: next, weight: 20 } ]
            sticky: \"cookie:sid\"";
    let (gateway, [web, next, _]) = gateway(&place, rules);
    assert_eq!(answered(&gateway, "GET", "/none", &[]), "next");
    let mut connection = Connection::open(gateway.addr()).unwrap();
    for _ in 0..500 {
        assert_eq!(connection.ask("GET", "/", &[], b"").unwrap().status, 200);
    }
    // Five standard deviations: 45.
    assert!(
        next.calls().abs_diff(101) < 45,
        "{} and {}",
        web.calls(),
        next.calls()
    );
    let mut seen = std::collections::BTreeSet::new();
    for user in 0..20 {
        let cookie = format!("a=b; sid={user}");
        let mut ask = || {
            let answer = connection.ask("GET", "/", &[("cookie", &cookie)], b"").unwrap();
            answer.text().to_owned()
        };
        let first = ask();
        for _ in 0..5 {
            assert_eq!(ask(), first, "{cookie}");
        }
        seen.insert(first);
    }
    assert_eq!(seen.len(), 2, "{seen:?}");
}
