//! A chain around a call that no protocol brought.

use std::borrow::Cow;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hedgerow_actors::CallError;
use hedgerow_actors::chain::{
    Arrival, ChainHandle, Cursor, HeaderMap, HeaderName, HeaderValue, NotEditable, Passage, ReplyHead,
    RequestHead, StatusCode, Turned,
};
use hedgerow_view::Refusal;
use pin_project_lite::pin_project;

use super::allowance::Allowance;
use super::head::{editable, no_path, target};
use super::in_trace::InTrace;
use crate::answer;

/// The head of a call that no protocol brought: what the nodes of a chain see of it.
///
/// ```
/// use hedgerow_http::adapter::CallHead;
/// use http::{HeaderName, HeaderValue};
///
/// let head = CallHead::new("/charge").header(HeaderName::from_static("x-tenant"), HeaderValue::from_static("acme"));
/// # let _ = head;
/// ```
#[derive(Debug, Clone)]
pub struct CallHead {
    method: Cow<'static, str>,
    path: Cow<'static, str>,
    headers: HeaderMap,
}

impl CallHead {
    /// Of a call by this path, with the method `CALL` and without headers. A path begins with a slash.
    pub fn new(path: impl Into<Cow<'static, str>>) -> Self {
        Self {
            method: Cow::Borrowed("CALL"),
            path: path.into(),
            headers: HeaderMap::new(),
        }
    }

    /// The same, by another method.
    #[must_use]
    pub fn method(mut self, method: impl Into<Cow<'static, str>>) -> Self {
        self.method = method.into();
        self
    }

    /// The same, with a header. It takes the place of all of this name.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Its headers, as the nodes have left them.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}

impl RequestHead for CallHead {
    fn method(&self) -> &str {
        &self.method
    }

    fn path(&self) -> &str {
        &self.path
    }

    fn header(&self, name: &HeaderName) -> Option<&[u8]> {
        self.headers.get(name).map(HeaderValue::as_bytes)
    }

    fn each_header(&self, name: &HeaderName, look: &mut dyn FnMut(&[u8])) {
        for value in self.headers.get_all(name) {
            look(value.as_bytes());
        }
    }

    fn set_header(&mut self, name: HeaderName, value: HeaderValue) -> Result<(), NotEditable> {
        editable(&name)?;
        self.headers.insert(name, value);
        Ok(())
    }

    fn append_header(&mut self, name: HeaderName, value: HeaderValue) -> Result<(), NotEditable> {
        editable(&name)?;
        self.headers.append(name, value);
        Ok(())
    }

    fn remove_header(&mut self, name: &HeaderName) -> Result<(), NotEditable> {
        editable(name)?;
        self.headers.remove(name);
        Ok(())
    }

    fn set_path(&mut self, path: &str) -> Result<(), NotEditable> {
        self.path = target(path, None).ok_or_else(|| no_path(path))?.into();
        Ok(())
    }
}

/// What nodes see of a result: that there is one. It has no headers, and what they do to it changes nothing.
struct Done(StatusCode);

impl ReplyHead for Done {
    fn status(&self) -> StatusCode {
        self.0
    }

    fn set_status(&mut self, status: StatusCode) {
        self.0 = status;
    }

    fn header(&self, _: &HeaderName) -> Option<&[u8]> {
        None
    }

    fn set_header(&mut self, _: HeaderName, _: HeaderValue) {}

    fn append_header(&mut self, _: HeaderName, _: HeaderValue) {}

    fn remove_header(&mut self, _: &HeaderName) {}
}

pin_project! {
    /// A call through a chain: [`ChainAdapters::call`](super::ChainAdapters::call). It can be sent to another thread where
    /// the head, the work and its future can.
    #[must_use = "nothing is called before it is polled"]
    pub struct ChainCall<H, W, F> {
        #[pin]
        state: State<H, W, F>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<H, W, F> {
        Walking { chain: ChainHandle, cursor: Cursor, parts: Option<(H, W)> },
        Calling { #[pin] call: F, passage: Option<Passage>, in_trace: InTrace, allowance: Option<Box<Allowance>> },
        Done,
    }
}

const UNTIL_IT_IS_CALLED: &str = "a call has its head and its work until it is made";
const UNTIL_IT_IS_ANSWERED: &str = "a call has its passage until it is answered";

impl<H, W, F> ChainCall<H, W, F> {
    pub(super) fn new(chain: &ChainHandle, head: H, work: W) -> Self {
        Self {
            state: State::Walking {
                cursor: chain.enter(),
                chain: chain.clone(),
                parts: Some((head, work)),
            },
        }
    }
}

impl<H, W, F, T, E> Future for ChainCall<H, W, F>
where
    H: RequestHead,
    W: FnOnce(H) -> F,
    F: Future<Output = Result<T, E>>,
{
    type Output = Result<T, CallError<E>>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let next = match state.as_mut().project() {
                StateProjection::Walking { chain, cursor, parts } => {
                    let (head, _) = parts.as_mut().expect(UNTIL_IT_IS_CALLED);
                    match ready!(cursor.poll_descend(head, task)) {
                        Ok(Arrival::Through(passage)) if passage.is_led() => {
                            let who = chain.id().to_string();
                            passage.refuse();
                            Err(CallError::Refused(led_away(who)))
                        }
                        Ok(Arrival::Through(passage)) => match Allowance::of(chain, passage) {
                            Ok((mut passage, allowance)) => {
                                let (head, work) = parts.take().expect(UNTIL_IT_IS_CALLED);
                                let in_trace = InTrace::of(&mut passage);
                                Ok(State::Calling {
                                    call: in_trace.run(|| work(head)),
                                    in_trace,
                                    passage: Some(passage),
                                    allowance,
                                })
                            }
                            Err(denied) => Err(CallError::Refused(answer::told(&denied).1.clone())),
                        },
                        Ok(Arrival::Replied(reply, ending)) => {
                            ending.complete();
                            Err(CallError::Replied(reply))
                        }
                        Err(turned) => Err(told(turned)),
                    }
                }
                StateProjection::Calling {
                    call,
                    passage,
                    in_trace,
                    allowance,
                } => {
                    let outcome = match in_trace.run(|| call.poll(task)) {
                        Poll::Ready(outcome) => Ok(outcome),
                        Poll::Pending => Err(ready!(Allowance::poll_over(allowance, task))),
                    };
                    let passage = passage.take().expect(UNTIL_IT_IS_ANSWERED);
                    // A call that is cut short ends before its request does.
                    state.set(State::Done);
                    return Poll::Ready(match outcome {
                        Ok(outcome) => done(outcome, passage),
                        Err(over) => {
                            let limit = over.limit;
                            over.end(passage);
                            Err(CallError::Deadline { limit })
                        }
                    });
                }
                StateProjection::Done => panic!("the future of a call was polled after it was ready"),
            };
            match next {
                Ok(next) => state.set(next),
                Err(error) => {
                    state.set(State::Done);
                    return Poll::Ready(Err(error));
                }
            }
        }
    }
}

fn done<T, E>(outcome: Result<T, E>, passage: Passage) -> Result<T, CallError<E>> {
    match outcome {
        Ok(value) => {
            let ending = passage.answer(&mut Done(StatusCode::OK)).map_err(told)?;
            ending.complete();
            Ok(value)
        }
        Err(error) => {
            passage.fail();
            Err(CallError::Failed(error))
        }
    }
}

#[cold]
fn told<E>(turned: Turned) -> CallError<E> {
    match turned {
        Turned::NodeCrashed(refusal) => CallError::Crashed(*refusal),
        turned => CallError::Refused(turned.refusal().clone()),
    }
}

#[cold]
fn led_away(chain: String) -> Refusal {
    Refusal::new(chain, "route", "the call that the chain is around", "an upstream")
}

impl<H, W, F> fmt::Debug for ChainCall<H, W, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChainCall").finish_non_exhaustive()
    }
}
