//! Clients that do not finish what they have begun.
#![allow(clippy::unwrap_used)]

mod kit;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use actix_web::App;
use actix_web::dev::Service as _;
use actix_web::test::{TestRequest, init_service};
use hedgerow_dashboard::Admin;
use kit::Mesh;
use kit::block_on;
use kit::client::get;

/// As many connections as the listener serves.
const ALL: usize = 256;
/// A read that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn w7_half_orders_over_all_connections_are_answered_and_those_who_read_are_meanwhile() {
    let mesh = Mesh::start();
    let half = format!(
        "POST /api/breakers/x HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{{",
        mesh.addr
    );
    let mut clients: Vec<TcpStream> = (0..ALL)
        .map(|_| {
            let mut client = TcpStream::connect(mesh.addr).unwrap();
            client.set_read_timeout(Some(PATIENCE)).unwrap();
            client.write_all(half.as_bytes()).unwrap();
            client
        })
        .collect();
    assert_eq!(get(mesh.addr, "/readyz").status, 200);
    assert_eq!(get(mesh.addr, "/metrics").status, 200);
    let (mut slow, mut too_many) = (0, 0);
    for client in &mut clients {
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert!(
            answer.contains("content-type: application/problem+json"),
            "{answer}"
        );
        match &answer[..12] {
            "HTTP/1.1 408" => slow += 1,
            "HTTP/1.1 503" => too_many += 1,
            _ => panic!("{answer}"),
        }
    }
    assert!(slow >= 64, "as many are waited for: {slow} and {too_many}");
}

#[test]
fn w7_requests_that_are_sent_ahead_of_their_answers_are_all_answered() {
    let mesh = Mesh::start();
    let one = format!("GET /metrics HTTP/1.1\r\nhost: {}\r\n\r\n", mesh.addr);
    let last = format!(
        "GET /metrics HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
        mesh.addr
    );
    let mut client = TcpStream::connect(mesh.addr).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client.write_all((one.repeat(149) + &last).as_bytes()).unwrap();
    assert_eq!(get(mesh.addr, "/readyz").status, 200);
    let mut answers = String::new();
    client.read_to_string(&mut answers).unwrap();
    assert_eq!(answers.matches("metric 1\n").count(), 150);
}

#[test]
fn w7_a_request_lets_others_have_their_turn_before_it_is_looked_at() {
    let mesh = Mesh::start();
    let admin = Admin::new(mesh.directory.clone(), Arc::new(String::new));
    block_on(async {
        let app = init_service(App::new().configure(|config| admin.configure(config))).await;
        let mut answer = pin!(app.call(TestRequest::get().uri("/metrics").to_request()));
        let mut nobody = Context::from_waker(Waker::noop());
        assert!(answer.as_mut().poll(&mut nobody).is_pending());
        assert!(answer.as_mut().poll(&mut nobody).is_ready());
    });
}
