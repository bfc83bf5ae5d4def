//! One request to the collector.

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use opentelemetry_http::{HttpClient, HttpError};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::partial::PartialSuccess;

/// Bytes that an answer of a collector may have.
const LONGEST_ANSWER: usize = 64 * 1024;

/// What became of the last request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// There was none.
    Unasked,
    /// Nobody answered, or not in time: why.
    NoAnswer(String),
    /// The answer's status, and what it says that was not taken.
    Answered(StatusCode, Option<PartialSuccess>),
}

impl Outcome {
    /// Whether the same may be taken later: nobody answered, or with one of the statuses that OTLP/HTTP says so of.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Unasked => false,
            Self::NoAnswer(_) => true,
            Self::Answered(status, _) => matches!(status.as_u16(), 429 | 502 | 503 | 504),
        }
    }
}

/// Sends requests of one signal, each over a connection of its own: there are few, and none is left open to a collector
/// that has gone.
#[derive(Clone)]
pub(super) struct Courier {
    limit: Duration,
    last: Arc<Mutex<Outcome>>,
}

impl Courier {
    /// One whose requests may take so long.
    pub(super) fn new(limit: Duration) -> Self {
        Self {
            limit,
            last: Arc::new(Mutex::new(Outcome::Unasked)),
        }
    }

    /// What became of the last request.
    pub(super) fn last(&self) -> Outcome {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets what became of the one before.
    pub(super) fn forget(&self) {
        self.note(Outcome::Unasked);
    }

    fn note(&self, outcome: Outcome) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = outcome;
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = match timeout(self.limit, exchange(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(format!("no answer within {:?}", self.limit).into()),
        };
        self.note(match &answer {
            Ok(answer) => {
                let is_taken = answer.status().is_success();
                let partial = is_taken.then(|| PartialSuccess::read(answer.body())).flatten();
                Outcome::Answered(answer.status(), partial)
            }
            Err(error) => Outcome::NoAnswer(error.to_string()),
        });
        answer
    }
}

impl fmt::Debug for Courier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Courier")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl HttpClient for Courier {
    fn send_bytes<'a, 'f>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'f>>
    where
        'a: 'f,
        Self: 'f,
    {
        Box::pin(self.send(request))
    }
}

async fn exchange(request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let (request, host, port) = in_origin_form(request)?;
    let stream = TcpStream::connect((host.as_str(), port)).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let mut answer = pin!(async {
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, LONGEST_ANSWER).collect().await?.to_bytes();
        Ok(Response::from_parts(head, body))
    });
    // The connection moves the bytes for as long as it is polled, and nobody else polls it.
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        ended = connection => match ended {
            Ok(()) => answer.await,
            Err(error) => Err(error.into()),
        },
    }
}

/// As it goes over a connection to its host: the path as its target, the host as a field. And which host, at which port.
fn in_origin_form(request: Request<Bytes>) -> Result<(Request<Full<Bytes>>, String, u16), HttpError> {
    let (mut head, body) = request.into_parts();
    let authority = head.uri.authority().ok_or("the address has no host")?.clone();
    let host = authority
        .host()
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_owned();
    let port = authority.port_u16().unwrap_or(80);
    head.headers
        .insert(HOST, HeaderValue::from_str(authority.as_str())?);
    let path = head.uri.path_and_query().cloned();
    head.uri = Uri::from(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
    Ok((Request::from_parts(head, Full::new(body)), host, port))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_request_goes_to_its_host_in_origin_form() {
        for (uri, host, port, named, target) in [
            (
                "http://127.0.0.1:4318/v1/logs",
                "127.0.0.1",
                4318,
                "127.0.0.1:4318",
                "/v1/logs",
            ),
            (
                "http://collector/otlp/v1/traces",
                "collector",
                80,
                "collector",
                "/otlp/v1/traces",
            ),
            ("http://[::1]:4318", "::1", 4318, "[::1]:4318", "/"),
        ] {
            let request = Request::post(uri).body(Bytes::new()).unwrap();
            let (request, to, at) = in_origin_form(request).unwrap();
            assert_eq!((to.as_str(), at), (host, port), "{uri}");
            assert_eq!(request.headers()[HOST], named);
            assert_eq!(request.uri(), target);
        }
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        assert!(Outcome::NoAnswer(String::new()).is_passing());
        assert!(!Outcome::Unasked.is_passing());
        for (status, passing) in [
            (429, true),
            (502, true),
            (503, true),
            (504, true),
            (400, false),
            (404, false),
            (500, false),
        ] {
            let outcome = Outcome::Answered(StatusCode::from_u16(status).unwrap(), None);
            assert_eq!(outcome.is_passing(), passing, "{status}");
        }
    }
}
