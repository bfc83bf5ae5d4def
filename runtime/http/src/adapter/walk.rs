//! The way of one request through a [`ChainService`](super::ChainService).

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hedgerow_actors::chain::{Arrival, ChainHandle, Cursor, Passage, Turned};
use http::{Method, Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::allowance::Allowance;
use super::body::{ChainBody, told_length};
use super::body_limit;
use super::grpc;
use super::head::Head;
use super::in_trace::InTrace;
use super::marks::{self, Marks, Said};
use super::own::Own;
use super::tail::{Speaks, Tail};
use crate::denied::Denied;
use crate::reply;

/// A request that waits in a node on its way down.
pub(super) struct Walk<B> {
    pub(super) cursor: Cursor,
    pub(super) request: Option<Request<B>>,
    pub(super) peer: Option<SocketAddr>,
}

/// A request that the service has.
pub(super) struct UnderWay {
    in_trace: InTrace,
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
    fn poll(&mut self, chain: &ChainHandle, task: &mut Context<'_>) -> Poll<(Request<B>, Arrived)> {
        let request = self.request.as_mut().expect(UNTIL_IT_ARRIVES);
        let peer = self.peer;
        let mut head = Head { request, peer };
        let arrival = ready!(self.cursor.poll_descend(&mut head, task));
        let request = self.request.take().expect(UNTIL_IT_ARRIVES);
        let arrived = arrived(chain, self.cursor.revision(), arrival, &request);
        Poll::Ready((request, arrived))
    }
}

/// Where a request has arrived: with the service, which is to be called now, or at an answer of the chain's.
pub(super) type Arrived = Result<UnderWay, Box<Own>>;

/// Where this request has arrived. It stays where it is: it is large, and the service takes it next.
pub(super) fn arrived<B>(
    chain: &ChainHandle,
    revision: u64,
    arrival: Result<Arrival, Turned>,
    request: &Request<B>,
) -> Arrived {
    // A node may have given it its id.
    let Said { id, speaks } = marks::said(request.headers());
    let marks = Marks { revision, id };
    let own = match arrival {
        Ok(Arrival::Through(passage)) if passage.is_led() => {
            passage.refuse();
            Own::led_away(chain, marks)
        }
        Ok(Arrival::Through(passage)) => match admitted(chain, passage, request) {
            Ok((mut passage, allowance)) => {
                let is_headless = request.method() == Method::HEAD;
                let asked = Asked {
                    marks,
                    is_headless,
                    speaks,
                };
                return Ok(UnderWay {
                    in_trace: InTrace::of(&mut passage),
                    passage,
                    asked,
                    allowance,
                });
            }
            Err(denied) => Own::denying(&denied, marks),
        },
        Ok(Arrival::Replied(reply, ending)) => {
            ending.complete();
            Own::replying(*reply, marks)
        }
        Err(turned) => Own::turning(turned, marks),
    };
    Err(Box::new(speaks.say(own)))
}

/// The request, if there is time for it, and it tells no larger body than it may have.
fn admitted<B>(
    chain: &ChainHandle,
    passage: Passage,
    request: &Request<B>,
) -> Result<(Passage, Option<Box<Allowance>>), Denied> {
    let (passage, allowance) = Allowance::of(chain, passage)?;
    let passage = body_limit::check_told(passage, || told_length(request.headers()))?;
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
        Answered { own: Option<Box<Own>> },
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

    /// Of a request that has waited in no node.
    #[inline]
    pub(super) fn arrived(arrived: Arrived, request: Request<B>, service: &mut S) -> Self {
        Self {
            state: State::arrived(arrived, request, service),
        }
    }
}

impl<S: Service<Request<B>>, B> State<S, S::Future, B> {
    #[inline]
    fn arrived(arrived: Arrived, request: Request<B>, service: &mut S) -> Self {
        match arrived {
            Ok(under_way) => Self::Calling {
                call: under_way.in_trace.run(|| service.call(request)),
                under_way: Some(under_way),
            },
            Err(own) => Self::Answered { own: Some(own) },
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
                    let (request, arrived) = ready!(walk.poll(chain, task));
                    let next = State::arrived(arrived, request, service);
                    state.set(next);
                }
                StateProjection::Calling { call, under_way } => {
                    let polled = under_way.as_ref().expect(UNTIL_IT_IS_ANSWERED);
                    let outcome = match polled.in_trace.run(|| call.poll(task)) {
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
                    return Poll::Ready(Ok(ChainBody::of_chain(*own)));
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
    let tail = Tail::of(&answer, is_headless, speaks, ending);
    answer.map(|body| ChainBody::of_service(body, tail))
}

impl<S: Service<Request<B>>, B> fmt::Debug for ChainFuture<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChainFuture").finish_non_exhaustive()
    }
}
