//! The same job without the mesh: an actix-web handler that passes requests on over pooled connections of hyper.
//!
//! The server's settings, the connections and the streaming of bodies are those of the gateway. There is no chain, no
//! gate, no breaker, no time limit, no count and no actor.

use std::cell::RefCell;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, ResponseError, web};
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt as _};
use http::header::{HeaderName, HeaderValue};
use http_body_util::{Either, Empty, StreamBody};
use hyper::body::{Body as _, Frame, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::role::ready;

/// Fields that end at each hop.
const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Why a request was not answered by the upstream.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("no connection: {0}")]
    Connect(#[from] io::Error),
    #[error("no answer: {0}")]
    Upstream(#[from] hyper::Error),
    #[error("not to be passed on: {0}")]
    Message(#[from] http::Error),
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        StatusCode::BAD_GATEWAY
    }
}

/// One worker, until the process ends.
pub(crate) fn serve(upstream: SocketAddr) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async move {
        let app = move || {
            let pool = web::Data::new(Pool::to(upstream));
            App::new().app_data(pool).default_service(web::to(pass_on))
        };
        let server = HttpServer::new(app)
            .workers(1)
            .client_request_timeout(Duration::from_secs(5))
            .keep_alive(Duration::from_secs(75))
            .tcp_nodelay(true)
            .h1_allow_half_closed(false)
            .disable_signals()
            .bind((Ipv4Addr::LOCALHOST, 0))?;
        let addr = server
            .addrs()
            .first()
            .copied()
            .ok_or_else(|| io::Error::other("not bound"))?;
        ready(addr)?;
        server.run().await
    })
}

/// None, or what comes from the client as it comes.
type Outbound = Either<StreamBody<Frames>, Empty<Bytes>>;
type Frames = Pin<Box<dyn Stream<Item = Result<Frame<Bytes>, PayloadError>>>>;

/// The idle connections of the worker; the one that came last is taken first.
struct Pool {
    upstream: SocketAddr,
    idle: RefCell<Vec<SendRequest<Outbound>>>,
}

impl Pool {
    fn to(upstream: SocketAddr) -> Self {
        Self {
            upstream,
            idle: RefCell::default(),
        }
    }

    async fn take(&self) -> Result<SendRequest<Outbound>, Failure> {
        loop {
            let Some(mut idle) = self.idle.borrow_mut().pop() else {
                return self.dial().await;
            };
            if idle.ready().await.is_ok() {
                return Ok(idle);
            }
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "as in the gateway, the worker drives its connections"
    )]
    async fn dial(&self) -> Result<SendRequest<Outbound>, Failure> {
        let stream = TcpStream::connect(self.upstream).await?;
        stream.set_nodelay(true)?;
        let (sender, driver) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::task::spawn_local(driver);
        Ok(sender)
    }
}

async fn pass_on(
    request: HttpRequest,
    payload: web::Payload,
    pool: web::Data<Pool>,
) -> Result<HttpResponse<Relayed>, Failure> {
    let mut sender = pool.take().await?;
    let answer = sender.send_request(outbound(&request, payload)?).await?;
    let (parts, body) = answer.into_parts();
    let status = StatusCode::from_u16(parts.status.as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
    let relayed = Relayed {
        body,
        sender: Some(sender),
        pool,
    };
    let mut response = HttpResponse::with_body(status, relayed);
    for (name, value) in &parts.headers {
        let name = name.as_str();
        if HOP_BY_HOP.contains(&name) || name == "content-length" {
            continue;
        }
        if let (Ok(name), Ok(value)) = (
            actix_web::http::header::HeaderName::from_bytes(name.as_bytes()),
            actix_web::http::header::HeaderValue::from_bytes(value.as_bytes()),
        ) {
            response.headers_mut().append(name, value);
        }
    }
    Ok(response)
}

fn outbound(request: &HttpRequest, payload: web::Payload) -> Result<http::Request<Outbound>, Failure> {
    let has_body = ["content-length", "transfer-encoding"]
        .iter()
        .any(|name| request.headers().contains_key(*name));
    let body = if has_body {
        let frames: Frames = Box::pin(payload.into_inner().map_ok(Frame::data));
        Either::Left(StreamBody::new(frames))
    } else {
        Either::Right(Empty::new())
    };
    let target = request
        .uri()
        .path_and_query()
        .map_or("/", |target| target.as_str());
    let mut outbound = http::Request::builder()
        .method(request.method().as_str())
        .uri(target)
        .body(body)?;
    for (name, value) in request.headers() {
        let name = name.as_str();
        if HOP_BY_HOP.contains(&name) {
            continue;
        }
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_bytes(value.as_bytes()),
        ) {
            outbound.headers_mut().append(name, value);
        }
    }
    Ok(outbound)
}

/// A body that is passed on as it comes. Its connection goes back to the pool at its end, and is closed where it is
/// dropped before.
struct Relayed {
    body: Incoming,
    sender: Option<SendRequest<Outbound>>,
    pool: web::Data<Pool>,
}

impl MessageBody for Relayed {
    type Error = hyper::Error;

    fn size(&self) -> BodySize {
        self.body
            .size_hint()
            .exact()
            .map_or(BodySize::Stream, BodySize::Sized)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, hyper::Error>>> {
        loop {
            match ready!(Pin::new(&mut self.body).poll_frame(task)) {
                Some(Ok(frame)) => {
                    if let Ok(chunk) = frame.into_data() {
                        return Poll::Ready(Some(Ok(chunk)));
                    }
                }
                Some(Err(error)) => {
                    self.sender = None;
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    if let Some(sender) = self.sender.take() {
                        self.pool.idle.borrow_mut().push(sender);
                    }
                    return Poll::Ready(None);
                }
            }
        }
    }
}
