//! What a layer makes of services that no real server would be, called without a socket.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hedgerow::actors::chain::{End, Flow, HeaderName, HeaderValue, NodeSpec, node_fn};
use hedgerow::prelude::*;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::Empty;
use tower::{Layer as _, ServiceExt as _, service_fn};

use crate::nodes::{self, Log, NODES};
use crate::stands::Ground;

const ID: HeaderName = HeaderName::from_static("x-request-id");

/// One piece of data whose length nobody tells, after which nothing comes, and no trailers.
struct Piece(Option<Bytes>);

impl Body for Piece {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|data| Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }
}

/// What comes back through the chain where the service answers with these fields, its body unread.
fn answer(
    (ground, chain): &(std::sync::Arc<Ground>, ChainHandle),
    request: http::request::Builder,
    fields: &[(HeaderName, &'static str)],
) -> Response<impl Body<Data = Bytes, Error = Infallible> + use<>> {
    let fields = fields.to_vec();
    let service = service_fn(move |_: Request<Empty<Bytes>>| {
        let mut answer = Response::new(Piece(Some(Bytes::from_static(b"piece"))));
        for (name, value) in &fields {
            answer.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        std::future::ready(Ok::<_, Infallible>(answer))
    });
    let request = request.body(Empty::new()).unwrap();
    let answered = ground
        .runtime
        .block_on(chain.layer().layer(service).oneshot(request));
    answered.unwrap()
}

/// Reads one frame, and asks for no more where the body says that it is at its end.
fn read<B: Body<Data = Bytes, Error = Infallible>>(answer: Response<B>) {
    let mut body = std::pin::pin!(answer.into_body());
    let mut task = Context::from_waker(std::task::Waker::noop());
    let Poll::Ready(Some(Ok(frame))) = body.as_mut().poll_frame(&mut task) else {
        panic!("no frame")
    };
    assert_eq!(frame.into_data().unwrap(), "piece");
    assert!(body.is_end_stream());
}

#[test]
fn a_body_that_says_that_it_is_at_its_end_has_come_whole() {
    let log = Log::default();
    let stand = Ground::new(nodes::chain(&log));
    read(answer(&stand, Request::get("/pass"), &[]));
    log.ended("a body of one piece", &NODES, End::Ok);
}

#[test]
fn a_grpc_answer_without_a_status_has_failed_and_one_that_is_no_grpc_is_taken_at_its_word() {
    let log = Log::default();
    let stand = Ground::new(nodes::chain(&log));
    for (content, end) in [
        ("application/grpc", End::Failed),
        ("application/grpc+proto", End::Failed),
        ("text/plain", End::Ok),
    ] {
        log.clear();
        let request = Request::post("/pass").header(CONTENT_TYPE, "application/grpc");
        read(answer(&stand, request, &[(CONTENT_TYPE, content)]));
        log.ended(content, &NODES, end);
    }
}

#[test]
fn an_id_that_the_service_gives_stays_and_of_two_that_a_client_gives_none_does() {
    let stand = Ground::new(nodes::chain(&Log::default()));
    let request = || Request::get("/pass").header(ID, "asked-1");
    let told = answer(&stand, request(), &[(ID, "theirs")]);
    assert_eq!(told.headers()[ID], "theirs");
    let told = answer(&stand, request(), &[]);
    assert_eq!(told.headers()[ID], "asked-1");
    let told = answer(&stand, request().header(ID, "asked-2"), &[]);
    assert_eq!(told.headers().get(ID), None);
}

#[test]
fn a_node_changes_no_header_that_frames_a_request() {
    let node = NodeSpec::new("framing", "test", || {
        node_fn(|head, _| {
            let value = HeaderValue::from_static("1");
            assert!(head.set_header(CONTENT_LENGTH, value.clone()).is_err());
            assert!(head.append_header(CONTENT_LENGTH, value).is_err());
            assert!(head.remove_header(&CONTENT_LENGTH).is_err());
            Flow::Next
        })
    });
    let stand = Ground::new(Chain::new("edge").own(node));
    assert_eq!(answer(&stand, Request::get("/"), &[]).status(), 200);
}
