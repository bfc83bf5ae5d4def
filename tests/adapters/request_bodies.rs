//! A request's body is held to what a node allows.

use std::future::pending;
use std::io::{Read as _, Result};
use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{App, HttpRequest, HttpResponse, web};
use futures_util::StreamExt as _;
use hedgerow::actors::chain::{End, Flow, NodeSpec, node_fn};
use hedgerow::prelude::*;
use hedgerow_tests::Connection;

use crate::nodes::{NODES, wish};
use crate::stands::{Dialect, Ground, Told, each, serve_actix};

const CHUNKED: [(&str, &str); 1] = [("transfer-encoding", "chunked")];

#[test]
fn a_length_over_the_limit_is_refused_by_the_node_before_the_service_is_called_under_every_adapter() {
    each(|stand| {
        if stand.dialect != Dialect::Http {
            // gRPC tells no length, and a plain call has no body.
            return;
        }
        let told = stand.post("small", b"four");
        assert_eq!(told.code, 200, "{}: {told:?}", stand.name);
        let called = stand.calls.so_far();
        stand.log.clear();
        let told = stand.post("small", b"fives");
        assert_eq!(told.code, 413, "{}: {told:?}", stand.name);
        let refused = "edge/node/middle; rule=bodyLimit; limit=4 bytes; observed=more than 4 bytes";
        assert_eq!(told.refused.as_deref(), Some(refused), "{}", stand.name);
        assert_eq!(stand.calls.so_far(), called, "{}", stand.name);
        stand.log.ended(stand.name, &NODES, End::Refused);
    });
}

/// An app of actix-web behind a node that allows four bytes.
fn app() -> (Arc<Ground>, SocketAddr) {
    let small = NodeSpec::new("small", "small", || {
        node_fn(|_, cx| {
            cx.limit_body(4);
            Flow::Next
        })
    });
    let (ground, chain) = Ground::new(Chain::new("edge").own(small));
    let addr = serve_actix(move || {
        App::new()
            .wrap(chain.middleware())
            .default_service(web::to(handle))
    });
    (ground, addr)
}

async fn handle(request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let wish = wish(request.path()).to_owned();
    let mut payload: Payload = payload.into_inner();
    if wish == "echo" {
        return HttpResponse::Ok().streaming(payload);
    }
    let mut read = 0;
    while let Some(piece) = payload.next().await {
        match piece {
            Ok(bytes) => read += bytes.len(),
            Err(_) if wish == "hang" => pending().await,
            Err(broken) => return HttpResponse::BadRequest().body(broken.to_string()),
        }
    }
    HttpResponse::Ok().body(format!("read {read}"))
}

fn ask(addr: SocketAddr, wish: &str, chunks: &[u8]) -> Result<Told> {
    let mut connection = Connection::open(addr)?;
    connection.send("POST", &format!("/{wish}"), &CHUNKED, chunks)?;
    Ok(connection.answer()?.into())
}

#[test]
fn a_body_without_a_length_is_refused_by_the_node_where_the_app_reads_too_much_of_it() {
    let (_ground, addr) = app();
    let fits = b"2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n";
    assert_eq!(ask(addr, "read", fits).unwrap().body, "read 4");
    let too_large = b"2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n";
    // Whatever the app makes of it, and also where it makes nothing of it.
    for wish in ["read", "hang"] {
        let told = ask(addr, wish, too_large).unwrap();
        assert_eq!(told.code, 413, "{wish}: {told:?}");
        let refused = "edge/node/small; rule=bodyLimit; limit=4 bytes; observed=more than 4 bytes";
        assert_eq!(told.refused.as_deref(), Some(refused), "{wish}");
        assert_eq!(told.field("x-hedgerow-revision"), Some("1"), "{wish}");
        assert!(told.field("x-request-id").is_some(), "{wish}");
    }
}

#[test]
fn a_body_that_turns_out_too_large_behind_the_head_of_its_answer_breaks_the_answer_off() {
    let (_ground, addr) = app();
    let mut connection = Connection::open(addr).unwrap();
    connection
        .send("POST", "/echo", &CHUNKED, b"2\r\nab\r\n")
        .unwrap();
    let head = connection.head().unwrap();
    assert!(head.first.contains(" 200 "), "{}", head.first);
    let mut piece = [0; 2];
    let mut writer = connection.writer();
    let mut body = connection.body(&head);
    body.read_exact(&mut piece).unwrap();
    assert_eq!(&piece, b"ab");
    std::io::Write::write_all(&mut writer, b"3\r\ncde\r\n").unwrap();
    let mut rest = Vec::new();
    assert!(body.read_to_end(&mut rest).is_err(), "{rest:?}");
    assert_eq!(rest, b"");
}
