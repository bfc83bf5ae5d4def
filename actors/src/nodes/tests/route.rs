//! `route`.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use hedgerow_config::{HeaderMatch, Node, Route, RouteRule, Sticky};
use http::HeaderValue;
use http::header::{COOKIE, HOST, HeaderName};

use super::{Asked, Stage, run};
use crate::chain::{Arrival, Turned};
use crate::chance;

#[test]
fn a_request_that_no_rule_covers_is_turned_back_by_the_route() {
    run(async {
        let route = Route::new().rule("/pay", "payments");
        let stage = Stage::of(vec![Node::new("route", route)]).await;
        let Err(Turned::NoRoute(refusal)) = stage.walk(&mut Asked::get("/other")) else {
            panic!("routed")
        };
        assert_eq!(
            refusal.to_string(),
            "edge; rule=route; limit=1 rules; observed=/other"
        );
        stage.end().await;
    });
}

/// The number of the lead that a request takes, which is the name of its upstream; `None` where no rule matches.
fn led(stage: &Stage, asked: &mut Asked) -> Option<usize> {
    match stage.walk(asked) {
        Ok(Arrival::Through(mut passage)) => {
            let lead = passage.lead().unwrap();
            Some(lead.upstream.id().name().parse().unwrap())
        }
        Err(Turned::NoRoute(_)) => None,
        other => panic!("{other:?}"),
    }
}

/// `GET` of a path, with these headers.
fn get(path: &str, headers: &[(HeaderName, &'static str)]) -> Asked {
    let mut asked = Asked::get(path);
    for (name, value) in headers {
        asked
            .headers
            .insert(name.clone(), HeaderValue::from_static(value));
    }
    asked
}

const A: HeaderName = HeaderName::from_static("x-a");
const B: HeaderName = HeaderName::from_static("x-b");

#[test]
fn the_first_rule_wins_that_a_request_is_like_in_everything() {
    run(async {
        let is = |value: &str| HeaderMatch::Is(value.to_owned());
        let route = Route::new()
            .with(RouteRule::new("/pay", "0").exact())
            .with(RouteRule::new("/pay", "1").method("POST").method("PUT"))
            .with(
                RouteRule::new("/pay", "2")
                    .header("X-A", is("1"))
                    .header("x-b", HeaderMatch::Present),
            )
            .with(RouteRule::new("/", "3").host("Shop.example"))
            .with(RouteRule::new("/", "4").host("*.shop.example"))
            .rule("/pay", "5")
            .with(RouteRule::new("/", "6").exact());
        let stage = Stage::of(vec![Node::new("route", route)]).await;
        let cases = [
            (get("/pay", &[]), Some(0)),
            (get("/pay/1", &[]), Some(5)),
            (get("/pay/", &[]), Some(5)),
            (get("/PAY", &[]), None),
            (get("/payload", &[]), None),
            (get("/", &[]), Some(6)),
            (get("/pay/1", &[(A, "1"), (B, "")]), Some(2)),
            (get("/pay/1", &[(A, "1")]), Some(5)),
            (get("/pay/1", &[(A, "2"), (B, "")]), Some(5)),
            (get("/pay/1", &[(A, "12"), (B, "")]), Some(5)),
            (get("/pay/1", &[(A, ""), (B, "")]), Some(5)),
            (get("/x", &[(HOST, "shop.example")]), Some(3)),
            (get("/x", &[(HOST, "SHOP.EXAMPLE.:8080")]), Some(3)),
            (get("/x", &[(HOST, "a.shop.example")]), Some(4)),
            (get("/x", &[(HOST, "a.b.shop.example:80")]), Some(4)),
            (get("/x", &[(HOST, ".shop.example")]), None),
            (get("/x", &[(HOST, "ashop.example")]), None),
            (get("/x", &[(HOST, "shop.example.org")]), None),
            (get("/x", &[(HOST, "[::1]:80")]), None),
            (get("/x", &[]), None),
        ];
        for (mut asked, lead) in cases {
            let shown = format!("{} {:?}", asked.path, asked.headers);
            assert_eq!(led(&stage, &mut asked), lead, "{shown}");
        }
        for (method, lead) in [
            ("POST", Some(1)),
            ("PUT", Some(1)),
            ("HEAD", Some(5)),
            ("post", Some(5)),
        ] {
            let mut asked = get("/pay/1", &[]);
            asked.method = method;
            assert_eq!(led(&stage, &mut asked), lead, "{method}");
        }
        stage.end().await;
    });
}

#[test]
fn leads_are_numbered_over_rules_and_the_targets_within() {
    run(async {
        let route = Route::new()
            .rule("/a", "0")
            .with(RouteRule::split("/b", [("1", 0), ("2", 1)]))
            .rule("/c", "3");
        let stage = Stage::of(vec![Node::new("route", route)]).await;
        for (path, lead) in [("/a", 0), ("/b", 2), ("/c", 3)] {
            assert_eq!(led(&stage, &mut get(path, &[])), Some(lead), "{path}");
        }
        stage.end().await;
    });
}

#[test]
fn requests_that_belong_together_take_one_lead_and_all_others_are_drawn() {
    run(async {
        chance::seed(5);
        // Users who are led apart, and one cookie among others.
        let users = ["ann", "bob", "eve", "ida", "leo", "mia", "tom", "zoe"];
        let cookies = ["a=1; sid=ann", "sid=ann", "sid=ann;b=2"];
        let keys = [
            (Sticky::Header("x-a".to_owned()), A, &users[..], 2),
            (Sticky::Cookie("sid".to_owned()), COOKIE, &cookies[..], 1),
        ];
        for (sticky, name, values, apart) in keys {
            let route = Route::new().with(RouteRule::split("/", [("0", 50), ("1", 50)]).sticky(sticky));
            let stage = Stage::of(vec![Node::new("route", route)]).await;
            let takes = |headers: &[(HeaderName, &'static str)]| -> BTreeSet<_> {
                (0..50).map(|_| led(&stage, &mut get("/", headers))).collect()
            };
            let mut leads = BTreeSet::new();
            for &value in values {
                let mut taken = takes(&[(name.clone(), value)]);
                assert_eq!(taken.len(), 1, "{value}: {taken:?}");
                leads.append(&mut taken);
            }
            assert_eq!(leads.len(), apart, "{leads:?}");
            assert_eq!(takes(&[]), BTreeSet::from([Some(0), Some(1)]));
            stage.end().await;
        }
    });
}

#[test]
fn an_address_is_the_same_in_both_of_its_forms_and_by_any_port() {
    run(async {
        let route = Route::new().with(RouteRule::split("/", [("0", 50), ("1", 50)]).sticky(Sticky::Address));
        let stage = Stage::of(vec![Node::new("route", route)]).await;
        let lead = |address: IpAddr, port| {
            let mut asked = get("/", &[]);
            asked.peer = SocketAddr::from((address, port));
            led(&stage, &mut asked).unwrap()
        };
        let mut leads = [0, 0];
        for last in 0..100 {
            let address = Ipv4Addr::new(192, 0, 2, last);
            let mapped = address.to_ipv6_mapped();
            assert_eq!(lead(address.into(), 1), lead(mapped.into(), 2), "{address}");
            leads[lead(address.into(), 3)] += 1;
        }
        assert!(leads.iter().all(|count| (30..=70).contains(count)), "{leads:?}");
        stage.end().await;
    });
}
