//! `rateLimit`.

use std::time::Duration;

use hedgerow_config::{LimitKey, Node, RateLimit, WithoutKey};
use hedgerow_view::Refusal;
use http::{HeaderName, HeaderValue};

use super::{Asked, Stage, run};
use crate::chain::Turned;

fn of_tenant(tenant: &str) -> Asked {
    let mut asked = Asked::get("/");
    let name = HeaderName::from_static("x-tenant");
    asked.headers.insert(name, HeaderValue::from_str(tenant).unwrap());
    asked
}

fn from(peer: &str) -> Asked {
    Asked {
        peer: format!("{peer}:4711").parse().unwrap(),
        ..Asked::get("/")
    }
}

async fn stage(limit: RateLimit) -> Stage {
    Stage::of(vec![Node::new("quota", limit)]).await
}

fn refused(stage: &Stage, mut asked: Asked) -> Refusal {
    match stage.walk(&mut asked) {
        Err(Turned::Refused { status, refusal }) => {
            assert_eq!(status.as_u16(), 429);
            *refusal
        }
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn the_request_over_the_burst_is_told_by_which_quota_and_until_when_and_is_admitted_then() {
    run(async {
        let stage = stage(RateLimit::per_second(10).burst(2)).await;
        for _ in 0..2 {
            stage.walk(&mut Asked::get("/")).unwrap();
        }
        let refusal = refused(&stage, Asked::get("/"));
        assert_eq!(
            refusal.to_string(),
            "edge/node/quota; rule=rateLimit; limit=10 per second, burst 2; observed=all: next in 100.0ms"
        );
        let after = refusal.retry_after.unwrap();
        tokio::time::advance(after - Duration::from_millis(1)).await;
        refused(&stage, Asked::get("/"));
        tokio::time::advance(Duration::from_millis(2)).await;
        stage.walk(&mut Asked::get("/")).unwrap();
        refused(&stage, Asked::get("/"));
        stage.end().await;
    });
}

#[test]
fn each_value_of_the_header_has_its_own_and_those_without_it_share_one() {
    run(async {
        let stage = stage(RateLimit::per_minute(1).key(LimitKey::header("X-Tenant"))).await;
        for tenant in ["acme", "globex"] {
            stage.walk(&mut of_tenant(tenant)).unwrap();
            let observed = refused(&stage, of_tenant(tenant)).observed;
            assert_eq!(observed, format!("{tenant}: next in 60.0s"));
        }
        stage.walk(&mut Asked::get("/")).unwrap();
        assert_eq!(refused(&stage, Asked::get("/")).observed, "all: next in 60.0s");
        stage.end().await;
    });
}

#[test]
fn requests_without_the_key_pass_where_that_is_asked_for() {
    run(async {
        let limit = RateLimit::per_minute(1).key(LimitKey::Tenant);
        let stage = stage(limit.without_key(WithoutKey::Pass)).await;
        for _ in 0..3 {
            stage.walk(&mut Asked::get("/")).unwrap();
        }
        let acme = || Asked {
            tenant: Some("acme".to_owned()),
            ..Asked::get("/")
        };
        stage.walk(&mut acme()).unwrap();
        refused(&stage, acme());
        stage.end().await;
    });
}

#[test]
fn an_ipv4_address_counts_by_itself_however_it_is_written_and_an_ipv6_one_by_its_network() {
    run(async {
        let stage = stage(RateLimit::per_hour(1).key(LimitKey::Address)).await;
        for (first, same, told) in [
            ("192.0.2.1", "[::ffff:192.0.2.1]", "192.0.2.1"),
            ("192.0.2.2", "192.0.2.2", "192.0.2.2"),
            ("[2001:db8::1]", "[2001:db8::ffff:1]", "2001:db8::/64"),
            ("[2001:db8:0:1::1]", "[2001:db8:0:1::1]", "2001:db8:0:1::/64"),
        ] {
            stage.walk(&mut from(first)).unwrap();
            let observed = refused(&stage, from(same)).observed;
            assert!(observed.starts_with(&format!("{told}: ")), "{observed}");
        }
        stage.end().await;
    });
}

#[test]
fn a_key_of_any_length_and_any_bytes_is_told_shortly() {
    run(async {
        let stage = stage(RateLimit::per_hour(1).key(LimitKey::header("x-tenant"))).await;
        let long = || of_tenant(&"x".repeat(10_000));
        stage.walk(&mut long()).unwrap();
        assert!(refused(&stage, long()).observed.len() < 100);
        let odd = || {
            let mut asked = Asked::get("/");
            let value = HeaderValue::from_bytes(b"\xff\xfe").unwrap();
            asked.headers.insert("x-tenant", value);
            asked
        };
        stage.walk(&mut odd()).unwrap();
        refused(&stage, odd());
        stage.end().await;
    });
}

#[test]
fn a_restart_of_the_node_forgets_nobody_who_is_over() {
    run(async {
        let stage = stage(RateLimit::per_hour(1)).await;
        stage.walk(&mut Asked::get("/")).unwrap();
        stage.restart("quota").await;
        refused(&stage, Asked::get("/"));
        stage.end().await;
    });
}

#[test]
fn a_quota_that_is_changed_while_it_serves_forgets_nobody_who_is_over() {
    run(async {
        let stage = stage(RateLimit::per_hour(1).burst(3)).await;
        (0..3).for_each(|_| drop(stage.walk(&mut Asked::get("/")).unwrap()));
        refused(&stage, Asked::get("/"));
        stage
            .replace(Node::new("quota", RateLimit::per_second(1).burst(3)))
            .await;
        let refusal = refused(&stage, Asked::get("/"));
        assert_eq!(refusal.limit, "1 per second, burst 3");
        tokio::time::advance(refusal.retry_after.unwrap()).await;
        stage.walk(&mut Asked::get("/")).unwrap();
        refused(&stage, Asked::get("/"));
        stage.end().await;
    });
}
