//! The same apps without sockets: what of the cost is any layer's, what the chain's, and what its nodes'.

use std::convert::Infallible;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use actix_web::App;
use actix_web::body::MessageBody;
use actix_web::dev::{Service as ActixService, ServiceResponse};
use actix_web::test::{TestRequest, init_service};
use axum::Router;
use axum::body::Body;
use futures_util::TryFutureExt as _;
use futures_util::future::MapOk;
use hedgerow::actors::chain::ChainHandle;
use hedgerow::prelude::*;
use hedgerow_benches::Contest;
use http::{HeaderValue, Request, Response};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use http_body_util::combinators::MapErr;
use tower::{Layer, Service};

use crate::apps::{Node, Stage, axum_app, hello};

/// A layer that hands on the request, and the answer with its body in one of its own: what any layer does that wants to know
/// when an answer has ended.
#[derive(Clone, Copy)]
struct HandingOn;

#[derive(Clone)]
struct HandsOn<S>(S);

type Same = fn(axum::Error) -> axum::Error;
type Wrapped = Response<MapErr<Body, Same>>;

impl<S> Layer<S> for HandingOn {
    type Service = HandsOn<S>;

    fn layer(&self, inner: S) -> HandsOn<S> {
        HandsOn(inner)
    }
}

impl<S: Service<Request<Body>, Response = Response<Body>>> Service<Request<Body>> for HandsOn<S> {
    type Response = Wrapped;
    type Error = S::Error;
    type Future = MapOk<S::Future, fn(Response<Body>) -> Wrapped>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(task)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        fn same(error: axum::Error) -> axum::Error {
            error
        }
        fn wrapped(answer: Response<Body>) -> Wrapped {
            answer.map(|body| body.map_err(same as Same))
        }
        self.0.call(request).map_ok(wrapped)
    }
}

/// Polls a future until it is ready, with a waker that asks for nothing.
fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
}

/// The fields of each request.
const FIELDS: [(&str, &str); 3] = [("host", "bench"), ("user-agent", "load"), ("accept", "*/*")];

fn ask_axum(mut app: Router, count: u64) {
    let mut task = Context::from_waker(Waker::noop());
    for _ in 0..count {
        let mut request = Request::new(Body::empty());
        for (name, value) in FIELDS {
            request
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
        let answer: Result<_, Infallible> = run(app.call(request));
        let (head, body) = answer.unwrap_or_else(|never| match never {}).into_parts();
        let mut body = pin!(body);
        black_box((head, body.size_hint()));
        while !body.is_end_stream() {
            let Poll::Ready(Some(_)) = black_box(body.as_mut().poll_frame(&mut task)) else {
                break;
            };
        }
    }
}

fn ask_actix<S, Q, B>(app: S, request: impl Fn() -> Q, count: u64)
where
    S: ActixService<Q, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: MessageBody,
{
    let mut task = Context::from_waker(Waker::noop());
    for _ in 0..count {
        let answer = run(app.call(request())).expect("an app answers");
        let (request, answer) = answer.into_parts();
        let (head, body) = answer.into_parts();
        let mut body = pin!(body);
        black_box((request, head, body.size()));
        while let Poll::Ready(Some(Ok(_))) = black_box(body.as_mut().poll_next(&mut task)) {}
    }
}

fn of_actix() -> TestRequest {
    let request = TestRequest::default();
    FIELDS.into_iter().fold(request, TestRequest::insert_header)
}

/// Runs the contests, and prints how they ended.
pub(crate) fn run_all(stage: &Stage) {
    println!(
        "without sockets, nanoseconds for one request; an app alone, with a layer that only hands on, and with a chain\n"
    );
    let chains = [
        ("a chain of no node", stage.chain_of_none()),
        ("the chain, way in only", stage.chain(Node::Looking)),
        ("the chain, all hooks", stage.chain(Node::Stateful)),
    ];
    let bare = |count| ask_axum(axum_app(), count);
    let layered = |count| ask_axum(axum_app().layer(HandingOn), count);
    let around = |chain: &ChainHandle, count| ask_axum(axum_app().layer(chain.layer()), count);
    contest("axum", bare, layered, around, &chains);

    let made = || of_actix().to_request();
    let bare = |count| ask_actix(run(init_service(App::new().route("/", hello()))), made, count);
    let layered = |count| {
        let app = App::new().wrap_fn(|request, app| app.call(request));
        ask_actix(run(init_service(app.route("/", hello()))), made, count);
    };
    let around = |chain: &ChainHandle, count| {
        let app = App::new().wrap(chain.middleware());
        ask_actix(run(init_service(app.route("/", hello()))), made, count);
    };
    contest("actix-web", bare, layered, around, &chains);
}

fn contest(
    name: &str,
    bare: impl Fn(u64) + Sync,
    layered: impl Fn(u64) + Sync,
    around: impl Fn(&ChainHandle, u64) + Sync,
    chains: &[(&str, ChainHandle)],
) {
    let contest = Contest::new(NonZeroUsize::MIN)
        .contestant(format!("{name}, bare"), bare)
        .contestant("a layer that hands on", layered);
    let around = &around;
    let outcome = chains
        .iter()
        .fold(contest, |contest, (what, chain)| {
            contest.contestant(*what, move |count| around(chain, count))
        })
        .run();
    println!("{outcome}");
}
