//! Around an app of actix-web.

use std::net::SocketAddr;
use std::thread;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, rt, web};
use hedgerow::actors::chain::ChainHandle;
use hedgerow::prelude::*;

use super::free;
use crate::nodes::wish;
use crate::service::{self, Calls};

pub(super) fn around(chain: &ChainHandle, calls: &Calls) -> SocketAddr {
    let (listener, addr) = free();
    let (chain, calls) = (chain.clone(), calls.clone());
    // It ends with the process: its system is nobody else's.
    thread::spawn(move || {
        rt::System::new().block_on(async move {
            HttpServer::new(move || {
                let calls = calls.clone();
                App::new()
                    .wrap(chain.middleware())
                    .default_service(web::to(move |request| handle(calls.clone(), request)))
            })
            .workers(1)
            .disable_signals()
            .listen(listener)
            .unwrap()
            .run()
            .await
        })
    });
    addr
}

async fn handle(calls: Calls, request: HttpRequest) -> HttpResponse {
    calls.count();
    let wish = wish(request.match_info().unprocessed()).to_owned();
    let mut answer = HttpResponse::Ok();
    answer.insert_header(("x-private", "1"));
    match service::pieces(&wish) {
        Some(pieces) => answer.streaming(pieces),
        None if wish == "never" => std::future::pending().await,
        None if wish == "empty" => answer.finish(),
        None => {
            let field = |name: &str| {
                let value = request.headers().get(name);
                value.map_or("-", |value| value.to_str().unwrap()).to_owned()
            };
            answer.body(format!("told={} secret={}", field("x-told"), field("x-secret")))
        }
    }
}
