//! What nodes see of a request beside its fields, and what they cannot change.

use std::net::SocketAddr;

use actix_web::dev::Service as _;
use actix_web::{App, web};
use axum::Router;
use axum::extract::ConnectInfo;
use hedgerow::actors::chain::{Flow, HeaderName, HeaderValue, NodeSpec, StatusCode, node_fn};
use hedgerow::prelude::*;
use hedgerow_tests::client::request;

use crate::stands::{Ground, serve_actix};

/// Lets requests pass that name whom they are for, and came from this machine.
fn placed() -> Chain {
    let node = NodeSpec::new("placed", "placed", || {
        node_fn(|head, cx| {
            let is_near = head.peer().is_some_and(|peer| peer.ip().is_loopback());
            match (is_near, head.authority(), head.query()) {
                (true, Some("shop.example:81"), Some("a=1")) => Flow::Next,
                found => cx.refuse(StatusCode::FORBIDDEN, "placed", "near", format!("{found:?}")),
            }
        })
    });
    Chain::new("edge").own(node)
}

fn is_let_pass(addr: SocketAddr) {
    let answer = request(addr, "GET", "/?a=1", &[("host", "shop.example:81")], b"").unwrap();
    assert_eq!(
        (answer.status, answer.text()),
        (200, "served"),
        "{:?}",
        answer.head
    );
}

#[test]
fn nodes_see_who_asks_whom_where_axum_is_told_to_say_it() {
    let (ground, chain) = Ground::new(placed());
    let layer = chain.layer().peer_from(|extensions| {
        let info = extensions.get::<ConnectInfo<SocketAddr>>();
        info.map(|info| info.0)
    });
    let app = Router::new().fallback(|| async { "served" }).layer(layer);
    let (listener, addr) = ground.listener();
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    ground.spawn(async move { axum::serve(listener, app).await });
    is_let_pass(addr);
}

#[test]
fn nodes_see_who_asks_whom_in_actix_web() {
    let (_ground, chain) = Ground::new(placed());
    let addr = serve_actix(move || {
        App::new()
            .wrap(chain.middleware())
            .default_service(web::to(|| async { "served" }))
    });
    is_let_pass(addr);
}

#[test]
fn an_edit_of_a_request_that_another_middleware_of_actix_web_keeps_is_an_error_and_no_crash() {
    let node = NodeSpec::new("edits", "edits", || {
        node_fn(|head, cx| {
            let (name, value) = (HeaderName::from_static("x-told"), HeaderValue::from_static("1"));
            let edits = [
                head.set_header(name.clone(), value),
                head.remove_header(&name),
                head.set_path("/other"),
            ];
            match edits.into_iter().find_map(Result::err) {
                Some(fixed) => cx.refuse(StatusCode::CONFLICT, "edits", "an edit", fixed.to_string()),
                None => Flow::Next,
            }
        })
    });
    let (_ground, chain) = Ground::new(Chain::new("edge").own(node));
    let addr = serve_actix(move || {
        App::new()
            .wrap(chain.middleware())
            .wrap_fn(|request, next| {
                let kept = (request.path() == "/kept").then(|| request.request().clone());
                let served = next.call(request);
                async move {
                    let served = served.await;
                    drop(kept);
                    served
                }
            })
            .default_service(web::to(|| async { "served" }))
    });
    assert_eq!(request(addr, "GET", "/free", &[], b"").unwrap().text(), "served");
    let kept = request(addr, "GET", "/kept", &[], b"").unwrap();
    kept.is_refused(409, "edge/node/edits", "edits");
    assert!(
        kept.text().contains("a middleware before this one keeps a clone"),
        "{}",
        kept.text()
    );
}

#[test]
fn a_path_that_is_none_is_refused_and_the_query_stays_with_one_that_is() {
    let node = NodeSpec::new("moves", "moves", || {
        node_fn(|head, cx| {
            let refused =
                ["elsewhere", "/a?b", "/a#b", "/a b", "/\u{7f}"].map(|path| head.set_path(path).is_err());
            match (refused, head.set_path("/moved")) {
                ([true, true, true, true, true], Ok(())) => Flow::Next,
                found => cx.refuse(StatusCode::CONFLICT, "moves", "all refused", format!("{found:?}")),
            }
        })
    });
    let (ground, chain) = Ground::new(Chain::new("edge").own(node));
    let in_actix = chain.clone();
    let actix = serve_actix(move || {
        let told = |request: actix_web::HttpRequest| async move { request.uri().to_string() };
        App::new()
            .wrap(in_actix.middleware())
            .route("/moved", web::get().to(told))
    });
    let told = |uri: http::Uri| async move { uri.to_string() };
    let inner = Router::new().route("/moved", axum::routing::get(told));
    // Around the whole router, so that it routes by the new path.
    let whole = tower::Layer::layer(&chain.layer(), inner);
    let axum = crate::stands::serve_axum(&ground, Router::new().fallback_service(whole));
    for addr in [actix, axum] {
        let answer = request(addr, "GET", "/old?a=1", &[], b"").unwrap();
        assert_eq!(
            (answer.status, answer.text()),
            (200, "/moved?a=1"),
            "{:?}",
            answer.head
        );
    }
}
