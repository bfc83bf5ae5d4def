//! Around an app of actix-web.

use std::net::SocketAddr;
use std::thread;

use actix_web::body::{MessageBody, SizedStream};
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::{App, Error, HttpRequest, HttpResponse, HttpServer, rt, web};
use hedgerow::actors::chain::ChainHandle;
use hedgerow::prelude::*;

use super::free;
use crate::nodes::wish;
use crate::service::{self, Calls};

pub(super) fn around(chain: &ChainHandle, calls: &Calls) -> SocketAddr {
    let (chain, calls) = (chain.clone(), calls.clone());
    serve(move || {
        let calls = calls.clone();
        App::new()
            .wrap(chain.middleware())
            .default_service(web::to(move |request| handle(calls.clone(), request)))
    })
}

/// Serves an app until the process ends: its system is nobody else's.
pub(crate) fn serve<F, T, B>(app: F) -> SocketAddr
where
    F: Fn() -> App<T> + Send + Clone + 'static,
    T: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<B>,
            Error = Error,
            InitError = (),
        > + 'static,
    B: MessageBody + 'static,
{
    let (listener, addr) = free();
    thread::spawn(move || {
        rt::System::new().block_on(async move {
            HttpServer::new(app)
                .workers(1)
                // A client that closes its sending side has gone.
                .h1_allow_half_closed(false)
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
        Some(pieces) if wish == "sized" => answer.body(SizedStream::new(15, pieces)),
        Some(pieces) => answer.streaming(pieces),
        None if wish == "never" || wish == "late" => std::future::pending().await,
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
