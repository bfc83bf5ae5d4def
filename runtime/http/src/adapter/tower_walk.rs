//! The way of one request through a [`ChainService`](super::ChainService).

use std::fmt;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use hedgerow_actors::chain::{Arrival, Cursor, Passage, Turned};
use http::{Method, Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::allowance::Over;
use super::body::{ChainBody, told_length};
use super::grpc;
use super::head::Head;
use super::marks::{self, Marks};
use super::own::{Case, Own};
use super::tail::{Speaks, Tail};
use super::walk::{Answers, Said, Surrounded, Walk};
use crate::account::Account;
use crate::denied::Denied;
use crate::reply;

/// A service that was made ready for one request.
pub(super) struct Ready<S, B> {
    service: S,
    peer: Option<SocketAddr>,
    request: PhantomData<fn(B)>,
}

impl<S, B> Ready<S, B> {
    pub(super) fn new(service: S, peer: Option<SocketAddr>) -> Self {
        Self {
            service,
            peer,
            request: PhantomData,
        }
    }
}

/// What is to be remembered of a request while the service has it.
pub(super) struct Asked {
    marks: Marks,
    is_headless: bool,
    speaks: Speaks,
}

impl Asked {
    /// What the chain says by itself of this request.
    #[cold]
    fn own(self, said: Said) -> Own {
        let own = Own::of(said, self.marks);
        match self.speaks {
            Speaks::Http => own,
            Speaks::Grpc => grpc::trailers_only(own),
        }
    }

    #[cold]
    fn denied<R>(self, denied: Denied, case: Case) -> Response<ChainBody<R>> {
        ChainBody::of_chain(self.own(Said::Denied(Box::new(denied), Box::new(case))))
    }
}

impl<S: Service<Request<B>>, B> Surrounded for Ready<S, B> {
    type Request = Request<B>;
    type Asked = Asked;
    type Call = S::Future;
    type Own = Own;

    fn descend(
        &self,
        cursor: &mut Cursor,
        request: &mut Request<B>,
        task: &mut Context<'_>,
    ) -> Poll<Result<Arrival, Turned>> {
        let peer = self.peer;
        cursor.poll_descend(&mut Head { request, peer }, task)
    }

    #[inline]
    fn asked(request: &Request<B>, revision: u64) -> Asked {
        let said = marks::said(request.headers());
        Asked {
            marks: Marks {
                revision,
                id: said.id,
            },
            is_headless: request.method() == Method::HEAD,
            speaks: said.speaks,
        }
    }

    fn told_length(request: &Request<B>) -> Option<u64> {
        told_length(request.headers())
    }

    #[cold]
    fn account(request: &Request<B>) -> Account {
        Account::of(request.method(), request.uri(), request.headers())
    }

    fn call(&mut self, request: Request<B>, _: &Passage) -> S::Future {
        self.service.call(request)
    }

    #[cold]
    fn own(said: Said, asked: Asked, _: Request<B>) -> Own {
        asked.own(said)
    }
}

impl<S, B, R> Answers for Ready<S, B>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body,
{
    type Answer = Result<Response<ChainBody<R>>, S::Error>;

    #[inline]
    fn called(outcome: Result<Response<R>, S::Error>, passage: Passage, asked: Asked) -> Self::Answer {
        match outcome {
            Ok(answer) => Ok(answered(answer, passage, asked)),
            Err(error) => {
                passage.fail();
                Err(error)
            }
        }
    }

    fn cut(over: Over, passage: Passage, asked: Asked) -> Self::Answer {
        let case = Case::of(passage.docket());
        Ok(asked.denied(over.end(passage), case))
    }

    fn answer(own: Own) -> Self::Answer {
        Ok(ChainBody::of_chain(own))
    }
}

/// The service's answer, past the nodes.
fn answered<R: Body>(mut answer: Response<R>, passage: Passage, asked: Asked) -> Response<ChainBody<R>> {
    let ending = match passage.answer_or_deny(&mut reply::Head(&mut answer)) {
        Ok(ending) => ending,
        Err(denied) => {
            let (turned, docket) = *denied;
            return asked.denied(turned.into(), Case::of(docket));
        }
    };
    let Asked {
        marks,
        is_headless,
        speaks,
    } = asked;
    marks.put(answer.headers_mut());
    // Whoever answers gRPC with something else is taken at its word.
    let speaks = match speaks {
        Speaks::Grpc => grpc::spoken(answer.headers()),
        Speaks::Http => Speaks::Http,
    };
    let tail = Tail::of(&answer, is_headless, speaks, ending);
    answer.map(|body| ChainBody::of_service(body, tail))
}

pin_project! {
    /// What a [`ChainService`](super::ChainService) does with one request. It can be sent to another thread where the
    /// service's own future can.
    pub struct ChainFuture<S, B>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        pub(super) walk: Walk<Ready<S, B>>,
    }
}

impl<S, B, R> Future for ChainFuture<S, B>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body,
{
    type Output = Result<Response<ChainBody<R>>, S::Error>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().walk.poll(task)
    }
}

impl<S: Service<Request<B>>, B> fmt::Debug for ChainFuture<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChainFuture").finish_non_exhaustive()
    }
}
