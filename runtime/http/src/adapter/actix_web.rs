//! Middleware of actix-web.

use std::cell::RefCell;
use std::fmt;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{self, Poll, Waker};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::error::InternalError;
use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{Error, HttpRequest, HttpResponse};
use hedgerow_actors::chain::{Arrival, BodyLimit, ChainHandle, Cursor, Passage, Turned};
use pin_project_lite::pin_project;

use super::actix_body::ActixBody;
use super::actix_head::{Answer, Head, name_of, status_of, value_of};
use super::actix_payload::{Watch, told_length};
use super::allowance::Allowance;
use super::body_limit;
use super::in_trace::InTrace;
use super::marks::{self, Marks};
use super::own::Own;
use crate::answer;
use crate::denied::Denied;
use hedgerow_actors::request_id::is_sane;

const REVISION: HeaderName = HeaderName::from_static("x-hedgerow-revision");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

thread_local! {
    /// The last long revision that was written, as a field that is shared by this thread's answers and by no other's.
    static WRITTEN: RefCell<Option<(u64, HeaderValue)>> = const { RefCell::new(None) };
}

fn revision(number: u64) -> HeaderValue {
    match marks::short(number) {
        Some(text) => HeaderValue::from_static(text),
        None => long(number),
    }
}

#[cold]
fn long(number: u64) -> HeaderValue {
    WRITTEN.with_borrow_mut(|written| match written {
        Some((known, field)) if *known == number => field.clone(),
        _ => {
            let field = HeaderValue::from(number);
            *written = Some((number, field.clone()));
            field
        }
    })
}

/// Puts a chain around an app, a scope or a route: [`ChainAdapters::middleware`](super::ChainAdapters::middleware).
///
/// An error of the app's handlers is an answer, as actix-web makes one of it; an error of a middleware behind this one is
/// none: the request has failed for the nodes. Where the chain refuses a request that the app has already, by its deadline
/// or for its body, its answer is an error to the middleware before this one: actix-web sends it as it is.
///
/// The layer for tower is no middleware of actix-web:
///
/// ```compile_fail,E0277
/// use hedgerow_http::adapter::ChainAdapters;
///
/// fn app(chain: hedgerow_actors::chain::ChainHandle) {
///     let _ = actix_web::App::new().wrap(chain.layer()); // `chain.middleware()`
/// }
/// ```
#[derive(Debug, Clone)]
pub struct ActixChain {
    chain: ChainHandle,
}

impl ActixChain {
    pub(super) fn new(chain: ChainHandle) -> Self {
        Self { chain }
    }
}

impl<S, B> Transform<S, ServiceRequest> for ActixChain
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<ActixBody<B>>;
    type Error = Error;
    type Transform = ActixService<S>;
    type InitError = ();
    type Future = Ready<Result<ActixService<S>, ()>>;

    fn new_transform(&self, app: S) -> Self::Future {
        let chain = self.chain.clone();
        ready(Ok(ActixService {
            around: Rc::new(Around { chain, app }),
        }))
    }
}

/// An app of actix-web with a chain around it.
#[derive(Debug)]
pub struct ActixService<S> {
    around: Rc<Around<S>>,
}

#[derive(Debug)]
struct Around<S> {
    chain: ChainHandle,
    app: S,
}

impl<S, B> Service<ServiceRequest> for ActixService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<ActixBody<B>>;
    type Error = Error;
    type Future = ActixFuture<S>;

    fn poll_ready(&self, task: &mut task::Context<'_>) -> Poll<Result<(), Error>> {
        self.around.app.poll_ready(task)
    }

    fn call(&self, mut request: ServiceRequest) -> ActixFuture<S> {
        let Around { chain, app } = &*self.around;
        let mut cursor = chain.enter();
        // Most requests wait in no node. Who does is polled again with a waker.
        let mut nobody = task::Context::from_waker(Waker::noop());
        let state = match cursor.poll_descend(&mut Head(&mut request), &mut nobody) {
            Poll::Ready(arrival) => {
                let arrived = arrived(chain, cursor.revision(), arrival, &mut request);
                State::arrived(arrived, request, app)
            }
            Poll::Pending => State::Walking {
                walk: Walk {
                    cursor,
                    request: Some(request),
                },
                around: Rc::clone(&self.around),
            },
        };
        ActixFuture { state }
    }
}

/// A request that waits in a node on its way down.
struct Walk {
    cursor: Cursor,
    request: Option<ServiceRequest>,
}

/// Where a request has arrived: with the app, which is to be called now, or at an answer of the chain's.
type Arrived = Result<UnderWay, Box<Own>>;

/// A request that the app has.
struct UnderWay {
    in_trace: InTrace,
    passage: Passage,
    /// Where its body came without a length, and its nodes limit it.
    body: Option<Watch>,
    asked: Asked,
    allowance: Option<Box<Allowance>>,
}

/// What is to be remembered of a request while the app has it.
struct Asked {
    revision: u64,
    id: Option<HeaderValue>,
    is_headless: bool,
}

impl Asked {
    fn of(revision: u64, request: &ServiceRequest) -> Self {
        let mut came = request.headers().get_all(REQUEST_ID);
        let id = came.next().filter(|id| is_sane(id.as_bytes()));
        Self {
            revision,
            id: id.filter(|_| came.next().is_none()).cloned(),
            is_headless: request.method() == Method::HEAD,
        }
    }

    /// For an answer of the chain's own.
    fn marks(&self) -> Marks {
        let id = self.id.as_ref();
        Marks {
            revision: self.revision,
            id: id.and_then(|id| http::HeaderValue::from_bytes(id.as_bytes()).ok()),
        }
    }

    fn put(self, headers: &mut HeaderMap) {
        headers.insert(REVISION, revision(self.revision));
        if let Some(id) = self.id {
            headers.insert(REQUEST_ID, id);
        }
    }
}

const UNTIL_IT_ARRIVES: &str = "a walk has its request until it arrives, and is not polled after";
const UNTIL_IT_IS_ANSWERED: &str = "a call has its passage until it is answered";

impl Walk {
    fn poll(&mut self, chain: &ChainHandle, task: &mut task::Context<'_>) -> Poll<(ServiceRequest, Arrived)> {
        let request = self.request.as_mut().expect(UNTIL_IT_ARRIVES);
        let arrival = task::ready!(self.cursor.poll_descend(&mut Head(request), task));
        let mut request = self.request.take().expect(UNTIL_IT_ARRIVES);
        let arrived = arrived(chain, self.cursor.revision(), arrival, &mut request);
        Poll::Ready((request, arrived))
    }
}

/// Where this request has arrived.
fn arrived(
    chain: &ChainHandle,
    revision: u64,
    arrival: Result<Arrival, Turned>,
    request: &mut ServiceRequest,
) -> Arrived {
    // A node may have given it its id.
    let asked = Asked::of(revision, request);
    let own = match arrival {
        Ok(Arrival::Through(passage)) if passage.is_led() => {
            passage.refuse();
            Own::led_away(chain, asked.marks())
        }
        Ok(Arrival::Through(passage)) => match admitted(chain, passage, request) {
            Ok((mut passage, allowance)) => {
                let body = Watch::over(request, &passage);
                return Ok(UnderWay {
                    in_trace: InTrace::of(&mut passage),
                    passage,
                    body,
                    asked,
                    allowance,
                });
            }
            Err(denied) => Own::denying(&denied, asked.marks()),
        },
        Ok(Arrival::Replied(reply, ending)) => {
            ending.complete();
            Own::replying(*reply, asked.marks())
        }
        Err(turned) => Own::turning(turned, asked.marks()),
    };
    Err(Box::new(own))
}

/// The request, if there is time for it, and it tells no larger body than it may have.
fn admitted(
    chain: &ChainHandle,
    passage: Passage,
    request: &ServiceRequest,
) -> Result<(Passage, Option<Box<Allowance>>), Denied> {
    let (passage, allowance) = Allowance::of(chain, passage)?;
    let passage = body_limit::check_told(passage, || told_length(request))?;
    Ok((passage, allowance))
}

/// The limit that the request's body is known to be over.
fn exceeded(under_way: Option<&UnderWay>) -> Option<BodyLimit> {
    under_way?.body.as_ref()?.exceeded()
}

pin_project! {
    /// What an [`ActixService`] does with one request.
    pub struct ActixFuture<S>
    where
        S: Service<ServiceRequest>,
    {
        #[pin]
        state: State<S, S::Future>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, F> {
        Walking { walk: Walk, around: Rc<Around<S>> },
        Calling { #[pin] call: F, under_way: Option<UnderWay> },
        Answered { own: Option<(HttpRequest, Box<Own>)> },
        Done,
    }
}

impl<S: Service<ServiceRequest>> State<S, S::Future> {
    #[inline]
    fn arrived(arrived: Arrived, request: ServiceRequest, app: &S) -> Self {
        match arrived {
            Ok(under_way) => Self::Calling {
                call: under_way.in_trace.run(|| app.call(request)),
                under_way: Some(under_way),
            },
            Err(own) => Self::Answered {
                own: Some((request.into_parts().0, own)),
            },
        }
    }
}

impl<S, B> Future for ActixFuture<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<ActixBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            match state.as_mut().project() {
                StateProjection::Walking { walk, around } => {
                    let (request, arrived) = task::ready!(walk.poll(&around.chain, task));
                    let next = State::arrived(arrived, request, &around.app);
                    state.set(next);
                }
                StateProjection::Calling { call, under_way } => {
                    let polled = under_way.as_ref().expect(UNTIL_IT_IS_ANSWERED);
                    let outcome = polled.in_trace.run(|| call.poll(task));
                    if let Some(limit) = exceeded(under_way.as_ref()) {
                        let UnderWay { passage, asked, .. } = under_way.take().expect(UNTIL_IT_IS_ANSWERED);
                        state.set(State::Done);
                        let denied = passage.refuse_body(limit).into();
                        return Poll::Ready(match outcome {
                            // What the app says of a body that it was not given.
                            Poll::Ready(Ok(answer)) => {
                                Ok(answer.into_response(response(Own::denying(&denied, asked.marks()))))
                            }
                            _ => Err(instead(&denied, &asked)),
                        });
                    }
                    let outcome = match outcome {
                        Poll::Ready(outcome) => Ok(outcome),
                        Poll::Pending => {
                            let under_way = under_way.as_mut().expect(UNTIL_IT_IS_ANSWERED);
                            Err(task::ready!(Allowance::poll_over(&mut under_way.allowance, task)))
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
                        Err(over) => Err(instead(&over.end(passage), &asked)),
                    });
                }
                StateProjection::Answered { own } => {
                    let (request, own) = own.take().expect(UNTIL_IT_IS_ANSWERED);
                    state.set(State::Done);
                    return Poll::Ready(Ok(ServiceResponse::new(request, response(*own))));
                }
                StateProjection::Done => panic!("the future of a chain was polled after it was ready"),
            }
        }
    }
}

/// The app's answer, past the nodes.
fn answered<B: MessageBody>(
    mut answer: ServiceResponse<B>,
    passage: Passage,
    asked: Asked,
) -> ServiceResponse<ActixBody<B>> {
    let ending = match passage.answer(&mut Answer(answer.response_mut())) {
        Ok(ending) => ending,
        Err(turned) => {
            let own = Own::turning(turned, asked.marks());
            return answer.into_response(response(own));
        }
    };
    let is_headless = asked.is_headless;
    asked.put(answer.headers_mut());
    answer.map_body(|_, body| ActixBody::of_app(body, is_headless, ending))
}

/// What is answered in the place of the app, which has the request and does not give it back: to actix-web an answer without
/// a request is an error. A clone of the request would keep the app from changing it.
#[cold]
fn instead(denied: &Denied, asked: &Asked) -> Error {
    let (_, refusal) = answer::told(denied);
    let said = refusal.to_string();
    let answer: HttpResponse<ActixBody<BoxBody>> = response(Own::denying(denied, asked.marks()));
    InternalError::from_response(said, answer.map_into_boxed_body()).into()
}

/// An answer of the chain's as actix-web sends it.
#[cold]
fn response<B>(own: Own) -> HttpResponse<ActixBody<B>> {
    let Own {
        status,
        headers,
        body,
    } = own;
    let mut response = HttpResponse::with_body(status_of(status), ActixBody::of_chain(body));
    for (name, value) in &headers {
        if let (Some(name), Some(value)) = (name_of(name), value_of(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

impl<S: Service<ServiceRequest>> fmt::Debug for ActixFuture<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActixFuture").finish_non_exhaustive()
    }
}
