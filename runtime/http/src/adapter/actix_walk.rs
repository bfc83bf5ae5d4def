//! The way of one request through an [`ActixService`](super::ActixService).

use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{Error, HttpRequest, HttpResponse};
use hedgerow_actors::chain::{Arrival, Cursor, Passage, Turned};
use hedgerow_actors::request_id::is_sane;
use pin_project_lite::pin_project;

use super::actix_body::ActixBody;
use super::actix_head::{Answer, Head, name_of, status_of, value_of};
use super::actix_payload::{Brought, Watch, Watched, told_length};
use super::allowance::Over;
use super::marks::{self, Marks, Written};
use super::own::{Case, Own};
use super::walk::{Answers, Said, Surrounded, Walk};
use crate::account::Account;
use crate::answer;
use crate::denied::Denied;

const REVISION: HeaderName = HeaderName::from_static("x-hedgerow-revision");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

thread_local! {
    static WRITTEN: Written<HeaderValue> = const { Written::new() };
}

/// An app, while a request to it waits in a node.
pub(super) struct App<S>(pub(super) Rc<S>);

/// Hands a request over that has passed the nodes.
#[inline]
pub(super) fn hand_over<S: Service<ServiceRequest>>(
    app: &S,
    mut request: ServiceRequest,
    passage: &Passage,
) -> Watched<S::Future> {
    let body = Watch::over(&mut request, passage);
    Watched {
        call: app.call(request),
        body,
    }
}

/// What is to be remembered of a request while the app has it.
pub(super) struct Asked {
    revision: u64,
    id: Option<HeaderValue>,
    is_headless: bool,
}

impl Asked {
    /// What the chain says by itself of this request.
    #[cold]
    fn own(&self, said: Said) -> Own {
        let id = self.id.as_ref();
        let marks = Marks {
            revision: self.revision,
            id: id.and_then(|id| http::HeaderValue::from_bytes(id.as_bytes()).ok()),
        };
        Own::of(said, marks)
    }

    #[cold]
    fn denied<B>(&self, denied: Denied, case: Case) -> HttpResponse<ActixBody<B>> {
        response(self.own(Said::Denied(Box::new(denied), Box::new(case))))
    }

    fn put(self, headers: &mut HeaderMap) {
        let revision = marks::field(&WRITTEN, self.revision, HeaderValue::from_static);
        headers.insert(REVISION, revision);
        if let Some(id) = self.id {
            headers.insert(REQUEST_ID, id);
        }
    }
}

impl<S: Service<ServiceRequest>> Surrounded for App<S> {
    type Request = ServiceRequest;
    type Asked = Asked;
    type Call = Watched<S::Future>;
    type Own = (HttpRequest, Own);

    fn descend(
        &self,
        cursor: &mut Cursor,
        request: &mut ServiceRequest,
        task: &mut Context<'_>,
    ) -> Poll<Result<Arrival, Turned>> {
        cursor.poll_descend(&mut Head(request), task)
    }

    #[inline]
    fn asked(request: &ServiceRequest, revision: u64) -> Asked {
        let mut came = request.headers().get_all(REQUEST_ID);
        let id = came.next().filter(|id| is_sane(id.as_bytes()));
        Asked {
            revision,
            id: id.filter(|_| came.next().is_none()).cloned(),
            is_headless: request.method() == Method::HEAD,
        }
    }

    fn told_length(request: &ServiceRequest) -> Option<u64> {
        told_length(request)
    }

    #[cold]
    fn account(request: &ServiceRequest) -> Account {
        let came = request.headers().get_all("traceparent");
        let said = came.map(|value| value.as_bytes());
        Account::said(request.method().as_str(), request.uri().path(), said)
    }

    fn call(&mut self, request: ServiceRequest, passage: &Passage) -> Self::Call {
        hand_over(&*self.0, request, passage)
    }

    #[cold]
    fn own(said: Said, asked: Asked, request: ServiceRequest) -> Self::Own {
        (request.into_parts().0, asked.own(said))
    }
}

impl<S, B> Answers for App<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Answer = Result<ServiceResponse<ActixBody<B>>, Error>;

    #[inline]
    fn called(
        brought: Brought<Result<ServiceResponse<B>, Error>>,
        passage: Passage,
        asked: Asked,
    ) -> Self::Answer {
        match brought {
            Brought::Outcome(Ok(answer)) => Ok(answered(answer, passage, asked)),
            Brought::Outcome(Err(error)) => {
                passage.fail();
                Err(error)
            }
            Brought::TooLarge(limit, outcome) => {
                let case = Case::of(passage.docket());
                let denied = passage.refuse_body(limit).into();
                match outcome {
                    // What the app says of a body that it was not given.
                    Some(Ok(answer)) => Ok(answer.into_response(asked.denied(denied, case))),
                    _ => Err(instead(denied, &asked, case)),
                }
            }
        }
    }

    fn cut(over: Over, passage: Passage, asked: Asked) -> Self::Answer {
        let case = Case::of(passage.docket());
        Err(instead(over.end(passage), &asked, case))
    }

    fn answer((request, own): Self::Own) -> Self::Answer {
        Ok(ServiceResponse::new(request, response(own)))
    }
}

/// The app's answer, past the nodes.
fn answered<B: MessageBody>(
    mut answer: ServiceResponse<B>,
    passage: Passage,
    asked: Asked,
) -> ServiceResponse<ActixBody<B>> {
    let ending = match passage.answer_or_deny(&mut Answer(answer.response_mut())) {
        Ok(ending) => ending,
        Err(denied) => {
            let (turned, docket) = *denied;
            return answer.into_response(asked.denied(turned.into(), Case::of(docket)));
        }
    };
    let is_headless = asked.is_headless;
    asked.put(answer.headers_mut());
    answer.map_body(|_, body| ActixBody::of_app(body, is_headless, ending))
}

/// What is answered in the place of the app, which has the request and does not give it back: to actix-web an answer without
/// a request is an error. A clone of the request would keep the app from changing it.
#[cold]
fn instead(denied: Denied, asked: &Asked, case: Case) -> Error {
    let (_, refusal) = answer::told(&denied);
    let said = refusal.to_string();
    let answer: HttpResponse<ActixBody<BoxBody>> = asked.denied(denied, case);
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

pin_project! {
    /// What an [`ActixService`](super::ActixService) does with one request.
    pub struct ActixFuture<S>
    where
        S: Service<ServiceRequest>,
    {
        #[pin]
        pub(super) walk: Walk<App<S>>,
    }
}

impl<S, B> Future for ActixFuture<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<ActixBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().walk.poll(task)
    }
}

impl<S: Service<ServiceRequest>> fmt::Debug for ActixFuture<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActixFuture").finish_non_exhaustive()
    }
}
