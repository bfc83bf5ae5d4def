//! A chain around a call that no protocol brought.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use hedgerow_actors::CallError;
use hedgerow_actors::chain::{
    Arrival, ChainHandle, Cursor, HeaderMap, HeaderName, HeaderValue, NotEditable, Passage, Reply, ReplyHead,
    RequestHead, StatusCode, Turned,
};
use hedgerow_actors::request_id;
use pin_project_lite::pin_project;

use super::allowance::Over;
use super::head::{editable, no_path, target};
use super::own::Case;
use super::walk::{Answers, Said, Surrounded, Walk};
use crate::account::Account;
use crate::answer;
use crate::denied::Denied;

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

/// The work of a call, until it is called.
struct Work<H, W, F> {
    work: Option<W>,
    call: PhantomData<fn(H) -> F>,
}

const UNTIL_IT_IS_CALLED: &str = "a call has its work until it is made";

impl<H, W, F> Surrounded for Work<H, W, F>
where
    H: RequestHead,
    W: FnOnce(H) -> F,
    F: Future,
{
    type Request = H;
    /// The revision that it runs under.
    type Asked = u64;
    type Call = F;
    type Own = Result<Box<Reply>, Denied>;

    fn descend(
        &self,
        cursor: &mut Cursor,
        head: &mut H,
        task: &mut Context<'_>,
    ) -> Poll<Result<Arrival, Turned>> {
        cursor.poll_descend(head, task)
    }

    fn asked(_: &H, revision: u64) -> u64 {
        revision
    }

    /// It has no body.
    fn told_length(_: &H) -> Option<u64> {
        None
    }

    #[cold]
    fn account(head: &H) -> Account {
        Account::of_head(head)
    }

    fn call(&mut self, head: H, _: &Passage) -> F {
        let work = self.work.take().expect(UNTIL_IT_IS_CALLED);
        work(head)
    }

    #[cold]
    fn own(said: Said, revision: u64, head: H) -> Self::Own {
        match said {
            Said::Denied(denied, case) => {
                case.keep(&denied, id_of(&head).as_ref(), revision);
                Err(*denied)
            }
            Said::Reply(reply) => Ok(reply),
        }
    }
}

impl<H, W, F, T, E> Answers for Work<H, W, F>
where
    H: RequestHead,
    W: FnOnce(H) -> F,
    F: Future<Output = Result<T, E>>,
{
    type Answer = Result<T, CallError<E>>;

    fn called(outcome: Result<T, E>, passage: Passage, revision: u64) -> Self::Answer {
        match outcome {
            Ok(value) => {
                let ending = passage.answer_or_deny(&mut Done(StatusCode::OK));
                let ending = ending.map_err(|crashed| {
                    let (turned, docket) = *crashed;
                    let why = turned.into();
                    Case::of(docket).keep(&why, None, revision);
                    denied(why)
                });
                ending?.complete();
                Ok(value)
            }
            Err(error) => {
                passage.fail();
                Err(CallError::Failed(error))
            }
        }
    }

    fn cut(over: Over, passage: Passage, revision: u64) -> Self::Answer {
        let (limit, case) = (over.limit, Case::of(passage.docket()));
        case.keep(&over.end(passage), None, revision);
        Err(CallError::Deadline { limit })
    }

    fn answer(own: Self::Own) -> Self::Answer {
        Err(match own {
            Err(why) => denied(why),
            Ok(reply) => CallError::Replied(reply),
        })
    }
}

/// The id that a call brings, where it is a sane one.
#[cold]
fn id_of(head: &dyn RequestHead) -> Option<HeaderValue> {
    let said = head.header(&request_id::NAME);
    said.filter(|said| request_id::is_sane(said))
        .and_then(|said| HeaderValue::from_bytes(said).ok())
}

#[cold]
fn denied<E>(denied: Denied) -> CallError<E> {
    match denied {
        Denied::Turned(Turned::NodeCrashed(refusal)) => CallError::Crashed(*refusal),
        denied => CallError::Refused(answer::told(&denied).1.clone()),
    }
}

pin_project! {
    /// A call through a chain: [`ChainAdapters::call`](super::ChainAdapters::call). It can be sent to another thread where
    /// the head, the work and its future can.
    #[must_use = "nothing is called before it is polled"]
    pub struct ChainCall<H, W, F>
    where
        H: RequestHead,
        W: FnOnce(H) -> F,
        F: Future,
    {
        #[pin]
        walk: Walk<Work<H, W, F>>,
    }
}

impl<H, W, F> ChainCall<H, W, F>
where
    H: RequestHead,
    W: FnOnce(H) -> F,
    F: Future,
{
    pub(super) fn new(chain: &ChainHandle, head: H, work: W) -> Self {
        let work = Work {
            work: Some(work),
            call: PhantomData,
        };
        Self {
            walk: Walk::waiting(chain.clone(), chain.enter(), head, work),
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
        self.project().walk.poll(task)
    }
}

impl<H, W, F> fmt::Debug for ChainCall<H, W, F>
where
    H: RequestHead,
    W: FnOnce(H) -> F,
    F: Future,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChainCall").finish_non_exhaustive()
    }
}
