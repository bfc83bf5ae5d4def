//! A request through a chain that stands around something: what the adapter adds to the bare service's own allocations.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::pin;
use std::sync::Barrier;
use std::sync::mpsc::sync_channel;
use std::task::{Context, Poll, Waker};

use actix_web::HttpResponse;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory as _, ServiceRequest, ServiceResponse, Transform as _, fn_service};
use actix_web::test::TestRequest;
use bytes::Bytes;
use hedgerow::actors::chain::{
    Attributes, ChainHandle, Cx, Flow, Node, NodeSpec, ReplyHead, RequestHead, StatusCode,
};
use hedgerow::prelude::*;
use hedgerow_benches::allocations;
use hedgerow_benches::nodes::Waiting;
use http::{Request, Response};
use http_body::Body as _;
use http_body_util::Full;
use tower::{Layer as _, Service};

const DEPTHS: [usize; 6] = [1, 5, 10, 20, 37, 64];
const REQUESTS: u64 = 200;

/// Uses a state, an attribute and the heads.
struct Busy;

impl Node for Busy {
    type State = String;

    fn on_request(&self, head: &mut dyn RequestHead, path: &mut String, cx: &mut Cx) -> Flow {
        path.push_str(head.path());
        assert!(head.header(&HeaderName::from_static("x-tenant")).is_none());
        cx.attributes().set("path", path);
        Flow::Next
    }

    fn on_reply(&self, head: &mut dyn ReplyHead, path: &mut String, told: &mut Attributes) {
        assert_eq!(told.get("path"), Some(path.as_str()));
        head.set_status(StatusCode::ACCEPTED);
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

/// Lets requests through what `around` makes for each of some threads, warm, at every depth: each thread must ask for no
/// more memory than by what `bare` makes.
fn adds_nothing<B: FnMut(), A: FnMut()>(
    bare: impl Fn() -> B + Sync,
    around: impl Fn(&ChainHandle) -> A + Sync,
) {
    let node = |waits: bool, index: usize| {
        if waits {
            NodeSpec::new(format!("n{index}"), "waits", || Waiting)
        } else {
            NodeSpec::new(format!("n{index}"), "busy", || Busy)
        }
    };
    for (depth, waits) in DEPTHS
        .into_iter()
        .flat_map(|depth| [(depth, false), (depth, true)])
    {
        let nodes = (0..depth).map(|index| node(waits, index));
        let chain = nodes.fold(Chain::new("edge"), Chain::own);
        let mesh = run(Mesh::new(Supervisor::one_for_one("shop").child(chain)).start()).unwrap();
        let chain = mesh.chain("edge").unwrap();
        for threads in [1, 3] {
            let (told, counts) = sync_channel(threads);
            let all_warm = Barrier::new(threads);
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    let (chain, told, all_warm) = (&chain, told.clone(), &all_warm);
                    let (bare, around) = (&bare, &around);
                    scope.spawn(move || {
                        let (mut bare, mut around) = (bare(), around(chain));
                        (0..10).for_each(|_| (bare(), around()).1);
                        all_warm.wait();
                        let own = allocations::during(|| (0..REQUESTS).for_each(|_| bare())).1;
                        let all = allocations::during(|| (0..REQUESTS).for_each(|_| around())).1;
                        told.send((own, all)).unwrap();
                    });
                }
            });
            for (own, all) in counts.try_iter() {
                assert_eq!(all, own, "{depth} nodes, waiting: {waits}, on {threads} threads");
            }
        }
        run(mesh.shutdown()).unwrap();
    }
}

/// The bare service: it answers with one header and a body.
#[derive(Clone)]
struct Bare;

impl Service<Request<()>> for Bare {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        let answer = Response::builder().header("content-type", "text/plain");
        ready(Ok(answer.body(Full::from("well")).unwrap()))
    }
}

fn ask<S, B>(service: &mut S)
where
    S: Service<Request<()>, Response = Response<B>, Error = Infallible>,
    B: http_body::Body<Data = Bytes, Error = Infallible>,
{
    let mut request = Request::new(());
    *request.uri_mut() = http::Uri::from_static("/pay");
    // As a server hands it over: a value that is shared already.
    let id = HeaderValue::from_static("asked-1");
    request.headers_mut().insert("x-request-id", id);
    let answer = run(service.call(request)).unwrap_or_else(|never| match never {});
    let mut body = pin!(answer.into_body());
    let mut read = 0;
    let mut task = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(Ok(frame))) = body.as_mut().poll_frame(&mut task) {
        read += frame.data_ref().map_or(0, Bytes::len);
    }
    assert_eq!((read, body.is_end_stream()), (4, true));
}

#[test]
fn a_layer_adds_no_allocation_to_those_of_the_service() {
    adds_nothing(
        || || ask(&mut Bare),
        |chain| {
            let mut service = chain.layer().layer(Bare);
            move || ask(&mut service)
        },
    );
}

#[test]
fn a_plain_call_allocates_nothing() {
    let work = || async { Ok::<_, Infallible>(7) };
    adds_nothing(
        || || assert_eq!(run(work()), Ok(7)),
        |chain| {
            let chain = chain.clone();
            move || assert_eq!(run(chain.call(CallHead::new("/pay"), |_| work())), Ok(7))
        },
    );
}

/// The bare app of actix-web. Its own allocations are those of a response and of a test's request.
fn app(request: ServiceRequest) -> Ready<Result<ServiceResponse, actix_web::Error>> {
    ready(Ok(request.into_response(
        HttpResponse::Ok().content_type("text/plain").body("well"),
    )))
}

fn ask_app<S, B>(service: &S)
where
    S: actix_web::dev::Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: MessageBody,
{
    // As a server hands it over: a value that is shared already.
    let id = actix_web::http::header::HeaderValue::from_static("asked-1");
    let request = TestRequest::get().uri("/pay").insert_header(("x-request-id", id));
    let answer = run(service.call(request.to_srv_request())).unwrap();
    let mut body = pin!(answer.into_body());
    let mut read = 0;
    let mut task = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(Ok(bytes))) = body.as_mut().poll_next(&mut task) {
        read += bytes.len();
    }
    assert_eq!(read, 4);
}

#[test]
fn middleware_of_actix_web_adds_no_allocation_to_those_of_the_app() {
    let made = || run(fn_service(app).new_service(())).unwrap();
    adds_nothing(
        || {
            let service = made();
            move || ask_app(&service)
        },
        |chain| {
            let service = run(chain.middleware().new_transform(made())).unwrap();
            move || ask_app(&service)
        },
    );
}
