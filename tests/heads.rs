//! What nodes change in requests and replies on their way through the gateway.
#![allow(clippy::unwrap_used)]

use hedgerow_tests::client::request;
use hedgerow_tests::config::Config;
use hedgerow_tests::{Answer, Endpoint, Gateway, Place};

/// A gateway with these nodes in front of a route to `/pay`; all else leads nowhere.
fn config(payments: &Endpoint, nodes: &[&str]) -> Config {
    let config = Config::to("/pay", "payments", &[payments.addr()]);
    nodes.iter().fold(config, |config, node| config.node(node))
}

fn ask(gateway: &Gateway, target: &str, headers: &[(&str, &str)]) -> Answer {
    request(gateway.addr(), "GET", target, headers, b"").unwrap()
}

#[test]
fn an_id_is_the_same_for_the_endpoint_and_the_client_by_the_rules_of_its_node() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let node = "{ kind: requestId, header: x-correlation-id, keep: trusted, characters: plain }";
    let name = "x-correlation-id";
    for (listener, keeps) in [("trustedHops: [ 127.0.0.0/8 ]", true), ("", false)] {
        let gateway = Gateway::serve(&place, &config(&payments, &[node]).listener(listener));
        for (came, may_be_kept) in [("7-b", true), ("7/b", false)] {
            let answer = ask(&gateway, "/pay", &[(name, came), ("x-request-id", "other")]);
            let id = answer.header(name).unwrap();
            assert_eq!(id == came, keeps && may_be_kept, "{id}");
            let head = payments.heads().pop().unwrap();
            assert_eq!(head.field(name), Some(id));
            assert_eq!(head.field("x-request-id"), Some("other"), "it is not the node's");
        }
        let refused = ask(&gateway, "/nowhere", &[(name, "8")]);
        refused.is_refused(404, "edge", "route");
        assert_eq!(refused.header(name) == Some("8"), keeps);
        gateway.kill();
    }
}

#[test]
fn headers_are_edited_both_ways_and_a_client_cannot_take_an_edit_back() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let headers = "kind: headers
        request: { remove: [ cookie ], set: { x-user: anna, x-forwarded-proto: https }, add: { x-seen-by: edge } }
        reply: { remove: [ server ], set: { x-frame-options: DENY } }";
    let made = "{ name: made, kind: reply, path: /made, headers: { server: ours } }";
    let gateway = Gateway::serve(&place, &config(&payments, &[headers, made]));
    payments.add(Some(("server", "theirs")));
    let came = [
        ("cookie", "secret"),
        ("x-user", "mallory"),
        ("x-seen-by", "client"),
        ("x-forwarded-proto", "gopher"),
        ("connection", "close, x-user, x-seen-by, content-length"),
    ];
    for path in ["/pay", "/made"] {
        let answer = ask(&gateway, path, &came);
        assert_eq!(answer.status, 200);
        assert_eq!(
            (answer.header("server"), answer.header("x-frame-options")),
            (None, Some("DENY"))
        );
    }
    let head = payments.heads().pop().unwrap();
    let sent = ["cookie", "x-user", "x-seen-by", "x-forwarded-proto"].map(|name| head.field(name));
    assert_eq!(sent, [None, Some("anna"), Some("edge"), Some("https")]);
    let refused = ask(&gateway, "/nowhere", &[]);
    refused.is_refused(404, "edge", "route");
    assert_eq!(refused.header("x-frame-options"), None, "a refusal is no reply");
}

#[test]
fn what_is_routed_and_forwarded_is_the_rewritten_path_in_its_normal_form() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let rewrite = "{ kind: rewrite, stripPrefix: /shop, host: \"pay.internal:81\" }";
    let private = "{ name: private, kind: reply, path: /pay/private, status: 403 }";
    let gateway = Gateway::serve(&place, &config(&payments, &[rewrite, private]));
    let spellings = [
        "/shop/pay/1?a=/shop",
        "/shop//pay/./1?a=/shop",
        "/x/../%73hop/p%61y/1?a=/shop",
    ];
    for target in spellings {
        assert_eq!(ask(&gateway, target, &[("host", "shop.example")]).status, 200);
        let head = payments.heads().pop().unwrap();
        assert_eq!(head.first, "GET /pay/1?a=/shop HTTP/1.1");
        assert_eq!(head.field("host"), Some("pay.internal:81"));
        assert_eq!(head.field("x-forwarded-host"), Some("shop.example"));
    }
    let calls = payments.calls();
    for target in [
        "/shop/pay/private",
        "/shop/pay/x/../private",
        "/shop/%70ay/priv%61te/1",
        "/pay/private",
    ] {
        assert_eq!(ask(&gateway, target, &[]).status, 403, "{target}");
    }
    ask(&gateway, "/shop", &[]).is_refused(404, "edge", "route");
    ask(&gateway, "/shopping/pay", &[]).is_refused(404, "edge", "route");
    assert_eq!(payments.calls(), calls);
}

#[test]
fn a_page_of_a_listed_origin_reads_replies_and_refusals_and_its_preflights_reach_no_endpoint() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let cors = "{ kind: cors, origins: [ \"https://*.shop.example\" ], methods: [ PUT ], credentials: true }";
    let gateway = Gateway::serve(&place, &config(&payments, &[cors]));
    let (page, allow) = ("https://a.shop.example", "access-control-allow-origin");
    let preflight = [("origin", page), ("access-control-request-method", "PUT")];
    let answer = request(gateway.addr(), "OPTIONS", "/pay", &preflight, b"").unwrap();
    assert_eq!((answer.status, answer.header(allow)), (204, Some(page)));
    assert_eq!(answer.header("access-control-allow-methods"), Some("PUT"));
    assert_eq!(payments.calls(), 0);
    for (origin, expected) in [(page, Some(page)), ("https://evil.example", None)] {
        let answer = ask(&gateway, "/pay", &[("origin", origin)]);
        assert_eq!((answer.status, answer.header(allow)), (200, expected));
        assert_eq!(answer.header("vary"), Some("origin"));
        let refused = ask(&gateway, "/nowhere", &[("origin", origin)]);
        refused.is_refused(404, "edge", "route");
        assert_eq!(refused.header(allow), expected);
    }
}

#[test]
fn a_body_that_is_too_large_is_refused_at_its_head_or_as_soon_as_it_shows() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let large = "{ name: large, kind: bodyLimit, max: 1000 }";
    let small = "{ name: small, kind: bodyLimit, max: 10 }";
    let gateway = Gateway::serve(&place, &config(&payments, &[large, small]));
    let post = |headers: &[(&str, &str)], body: &[u8]| {
        request(gateway.addr(), "POST", "/pay", headers, body).unwrap()
    };
    assert_eq!(post(&[], b"0123456789").status, 200);
    let calls = payments.calls();
    post(&[], b"0123456789a").is_refused(413, "edge/node/small", "bodyLimit");
    assert_eq!(payments.calls(), calls, "by its length alone");
    let chunked = [("transfer-encoding", "chunked")];
    assert_eq!(
        post(&chunked, b"5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n").status,
        200
    );
    let long = post(&chunked, b"5\r\n01234\r\n6\r\n56789a\r\n0\r\n\r\n");
    long.is_refused(413, "edge/node/small", "bodyLimit");
    let line = "hedgerow_chain_node_refused_total{chain=\"edge\",node=\"small\"} 2";
    let metrics = gateway.ask("/metrics");
    assert!(
        metrics.text().lines().any(|found| found == line),
        "{}",
        metrics.text()
    );
    let addr = payments.addr();
    let breaker = gateway.breaker("payments", addr);
    assert_eq!(breaker["window"]["failures"], 0, "it says nothing about {addr}");
}
