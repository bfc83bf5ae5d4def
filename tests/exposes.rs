//! How much answers tell of what is behind a listener.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;

use hedgerow_tests::client::request;
use hedgerow_tests::{Endpoint, Gateway, Place};

#[test]
fn a_listener_tells_all_on_loopback_the_rule_elsewhere_and_what_it_is_told_to_expose() {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let listeners = [
        "127.0.0.1:0, chain: edge",
        "127.0.0.1:0, chain: edge, expose: code",
        "127.0.0.1:0, chain: edge, expose: none",
        "0.0.0.0:0, chain: edge",
        "0.0.0.0:0, chain: edge, expose: full",
    ];
    let listeners: String = listeners
        .iter()
        .map(|keys| format!("  - {{ bind: {keys} }}\n"))
        .collect();
    let config = format!(
        "version: 1\nlisteners:\n{listeners}chains: {{ edge: {{ nodes: [ {{ kind: route, rules: [ {{ path: /web, \
         upstream: web }} ] }} ] }} }}\nupstreams: {{ web: {{ endpoints: [ \"{}\" ] }} }}\n",
        web.addr()
    );
    let gateway = Gateway::serve(&place, &config);
    let full = "edge; rule=route; limit=1 rules; observed=/nowhere";
    let cases = [
        (Some(full), true),
        (Some("rule=route"), false),
        (None, false),
        (Some("rule=route"), false),
        (Some(full), true),
    ];
    for (at, (addr, (line, tells_revision))) in gateway.listeners().iter().zip(cases).enumerate() {
        let addr = SocketAddr::from(([127, 0, 0, 1], addr.port()));
        let id = format!("asked-{at}");
        let fields = [("x-request-id", id.as_str())];
        let answer = request(addr, "GET", "/nowhere", &fields, b"").unwrap();
        assert_eq!(answer.status, 404);
        let refused = answer.header("x-hedgerow-refused");
        if line == Some(full) {
            assert!(refused.unwrap().contains("; rule=route; limit="), "{refused:?}");
        } else {
            assert_eq!(refused, line);
            let body = match line {
                Some(line) => format!("404 Not Found; {line}\n"),
                None => "404 Not Found\n".to_owned(),
            };
            assert_eq!(answer.text(), body);
        }
        assert_eq!(answer.header("x-request-id"), Some(id.as_str()));
        let told = gateway.api(&format!("/api/why/{id}"));
        assert_eq!(
            (&told["rule"], &told["observed"]),
            (&"route".into(), &"/nowhere".into())
        );
        let passed = request(addr, "GET", "/web", &fields, b"").unwrap();
        assert_eq!(passed.status, 200);
        for answer in [answer, passed] {
            assert_eq!(answer.header("x-hedgerow-revision").is_some(), tells_revision);
        }
    }
}
