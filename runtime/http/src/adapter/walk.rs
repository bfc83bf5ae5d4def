//! The way of one request through a [`ChainService`](super::ChainService).

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hedgerow_actors::chain::{Arrival, ChainHandle, Cursor, Passage};
use http::{Method, Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::allowance::Allowance;
use super::body::{Begun, ChainBody, told_length};
use super::body_limit;
use super::grpc;
use super::head::Head;
use super::marks::{self, Marks};
use super::own::Own;
use super::tail::Speaks;
use crate::denied::Denied;
use crate::reply;

/// A request on its way down the nodes.
pub(super) struct Walk<B> {
    cursor: Cursor,
    request: Option<Request<B>>,
    peer: Option<SocketAddr>,
}

/// Where it has arrived.
pub(super) enum Arrived<B> {
    /// Past all nodes: the service is to be called.
    Through(Request<B>, UnderWay),
    /// At an answer of the chain's.
    Answered(Own),
}

/// A request that the service has.
pub(super) struct UnderWay {
    passage: Passage,
    asked: Asked,
    allowance: Option<Box<Allowance>>,
}

/// What is to be remembered of a request while the service has it.
struct Asked {
    marks: Marks,
    is_headless: bool,
    speaks: Speaks,
}

impl<B> Walk<B> {
    pub(super) fn new(chain: &ChainHandle, request: Request<B>, peer: Option<SocketAddr>) -> Self {
        Self {
            cursor: chain.enter(),
            request: Some(request),
            peer,
        }
    }

    pub(super) fn poll(&mut self, chain: &ChainHandle, task: &mut Context<'_>) -> Poll<Arrived<B>> {
        let request = self.request.as_mut().expect(UNTIL_IT_ARRIVES);
        let peer = self.peer;
        let mut head = Head { request, peer };
        let arrival = ready!(self.cursor.poll_descend(&mut head, task));
        let request = self.request.take().expect(UNTIL_IT_ARRIVES);
        // A node may have given it its id.
        let (revision, id) = (self.cursor.revision(), marks::id(request.headers()));
        let marks = Marks { revision, id };
        let speaks = grpc::spoken(request.headers());
        let own = match arrival {
            Ok(Arrival::Through(passage)) if passage.is_led() => {
                passage.refuse();
                Own::led_away(chain, marks)
            }
            Ok(Arrival::Through(passage)) => match admitted(chain, passage, &request) {
                Ok((passage, allowance)) => {
                    let is_headless = request.method() == Method::HEAD;
                    let asked = Asked {
                        marks,
                        is_headless,
                        speaks,
                    };
                    let under_way = UnderWay {
                        passage,
                        asked,
                        allowance,
                    };
                    return Poll::Ready(Arrived::Through(request, under_way));
                }
                Err(denied) => Own::denying(&denied, marks),
            },
            Ok(Arrival::Replied(reply, ending)) => {
                ending.complete();
                Own::replying(*reply, marks)
            }
            Err(turned) => Own::turning(turned, marks),
        };
        Poll::Ready(Arrived::Answered(speaks.say(own)))
    }
}

/// The request, if there is time for it, and it tells no larger body than it may have.
fn admitted<B>(
    chain: &ChainHandle,
    passage: Passage,
    request: &Request<B>,
) -> Result<(Passage, Option<Box<Allowance>>), Denied> {
    let (passage, allowance) = Allowance::of(chain, passage)?;
    let passage = body_limit::check_told(passage, told_length(request.headers()))?;
    Ok((passage, allowance))
}

impl Asked {
    /// The answer to a request that is denied while the service has it.
    #[cold]
    fn deny(self, denied: &Denied) -> Own {
        self.speaks.say(Own::denying(denied, self.marks))
    }
}

impl Speaks {
    fn say(self, own: Own) -> Own {
        match self {
            Self::Http => own,
            Self::Grpc => grpc::trailers_only(own),
        }
    }
}

const UNTIL_IT_ARRIVES: &str = "a walk has its request until it arrives, and is not polled after";
const UNTIL_IT_IS_ANSWERED: &str = "a call has its passage until it is answered";

pin_project! {
    /// What a [`ChainService`](super::ChainService) does with one request. It can be sent to another thread where the
    /// service's own future can.
    pub struct ChainFuture<S, B>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        state: State<S, S::Future, B>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, F, B> {
        Walking { walk: Walk<B>, chain: ChainHandle, service: S },
        Calling { #[pin] call: F, under_way: Option<UnderWay> },
        Answered { own: Option<Own> },
        Done,
    }
}

impl<S: Service<Request<B>>, B> ChainFuture<S, B> {
    /// The service is the one that has been made ready for it.
    pub(super) fn walking(walk: Walk<B>, chain: ChainHandle, service: S) -> Self {
        Self {
            state: State::Walking { walk, chain, service },
        }
    }

    pub(super) fn arrived(arrived: Arrived<B>, service: &mut S) -> Self {
        Self {
            state: State::arrived(arrived, service),
        }
    }
}

impl<S: Service<Request<B>>, B> State<S, S::Future, B> {
    fn arrived(arrived: Arrived<B>, service: &mut S) -> Self {
        match arrived {
            Arrived::Through(request, under_way) => Self::Calling {
                call: service.call(request),
                under_way: Some(under_way),
            },
            Arrived::Answered(own) => Self::Answered { own: Some(own) },
        }
    }
}

impl<S, B, R> Future for ChainFuture<S, B>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body,
{
    type Output = Result<Response<ChainBody<R>>, S::Error>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            match state.as_mut().project() {
                StateProjection::Walking { walk, chain, service } => {
                    let next = State::arrived(ready!(walk.poll(chain, task)), service);
                    state.set(next);
                }
                StateProjection::Calling { call, under_way } => {
                    let outcome = match call.poll(task) {
                        Poll::Ready(outcome) => Ok(outcome),
                        Poll::Pending => {
                            let under_way = under_way.as_mut().expect(UNTIL_IT_IS_ANSWERED);
                            Err(ready!(Allowance::poll_over(&mut under_way.allowance, task)))
                        }
                    };
                    let UnderWay { passage, asked, .. } = under_way.take().expect(UNTIL_IT_IS_ANSWERED);
                    // A call that is cut short ends before its request does.
                    state.set(State::Done);
                    return Poll::Ready(match outcome {
                        Ok(Ok(answer)) => Ok(answered(answer, passage, asked)),
                        Ok(Err(error)) => {
                            passage.fail();
                            Err(error)
                        }
                        Err(over) => Ok(ChainBody::of_chain(asked.deny(&over.end(passage)))),
                    });
                }
                StateProjection::Answered { own } => {
                    let own = own.take().expect(UNTIL_IT_IS_ANSWERED);
                    state.set(State::Done);
                    return Poll::Ready(Ok(ChainBody::of_chain(own)));
                }
                StateProjection::Done => panic!("the future of a chain was polled after it was ready"),
            }
        }
    }
}

/// The service's answer, past the nodes.
fn answered<R: Body>(mut answer: Response<R>, passage: Passage, asked: Asked) -> Response<ChainBody<R>> {
    let Asked {
        marks,
        is_headless,
        speaks,
    } = asked;
    let ending = match passage.answer(&mut reply::Head(&mut answer)) {
        Ok(ending) => ending,
        Err(turned) => return ChainBody::of_chain(speaks.say(Own::turning(turned, marks))),
    };
    marks.put(answer.headers_mut());
    // Whoever answers gRPC with something else is taken at its word.
    let speaks = match speaks {
        Speaks::Grpc => grpc::spoken(answer.headers()),
        Speaks::Http => Speaks::Http,
    };
    let (head, body) = answer.into_parts();
    let begun = Begun {
        status: head.status,
        headers: &head.headers,
        is_headless,
        speaks,
    };
    let body = ChainBody::of_service(body, &begun, ending);
    Response::from_parts(head, body)
}

impl<S: Service<Request<B>>, B> fmt::Debug for ChainFuture<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChainFuture").finish_non_exhaustive()
    }
}
