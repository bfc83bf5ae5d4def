//! Around a server and around a client of gRPC. Messages are plain bytes: what a chain sees is the same for all.

use std::net::SocketAddr;

use bytes::{Buf as _, BufMut as _, Bytes};
use futures_util::{StreamExt as _, TryStreamExt as _};
use hedgerow::actors::chain::ChainHandle;
use hedgerow::prelude::*;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::runtime::Runtime;
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder, Streaming};
use tonic::server::Grpc;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Response, Status};
use tower::util::BoxCloneSyncService;
use tower::{ServiceBuilder, ServiceExt as _, service_fn};

use super::{Ground, Leave, Told};
use crate::nodes::wish;
use crate::service::{self, Calls};

/// Messages as they are.
#[derive(Clone, Copy, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put(message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

/// Every method answers with a stream of messages.
async fn serve(
    calls: Calls,
    request: http::Request<Body>,
) -> Result<http::Response<Body>, std::convert::Infallible> {
    let wish = wish(request.uri().path()).to_owned();
    let method = service_fn(move |request: Request<Bytes>| {
        calls.count();
        let wish = wish.clone();
        async move {
            let heard = service::heard(&request.metadata().clone().into_headers());
            let messages = match service::pieces(&wish) {
                Some(pieces) => pieces
                    .map_err(|broken| Status::data_loss(broken.to_string()))
                    .boxed(),
                None if wish == "never" || wish == "late" => std::future::pending().await,
                None if wish == "missing" => return Err(Status::not_found("no such thing")),
                None if wish == "empty" => futures_util::stream::empty().boxed(),
                None => futures_util::stream::iter([Ok(Bytes::from(heard))]).boxed(),
            };
            let mut answer = Response::new(messages);
            answer.metadata_mut().insert("x-private", "1".parse().unwrap());
            Ok(answer)
        }
    });
    Ok(Grpc::new(Raw).server_streaming(method, request).await)
}

pub(super) fn around_server(ground: &Ground, chain: &ChainHandle, calls: &Calls) -> Caller {
    let (listener, addr) = ground.listener();
    let calls = calls.clone();
    let service = service_fn(move |request| serve(calls.clone(), request));
    let server = Server::builder().layer(chain.layer());
    ground.spawn(server.serve_with_incoming(service, tonic::transport::server::TcpIncoming::from(listener)));
    Caller::new(BoxCloneSyncService::new(channel(ground, addr)))
}

pub(super) fn around_client(ground: &Ground, chain: &ChainHandle, calls: &Calls) -> Caller {
    let (listener, addr) = ground.listener();
    let calls = calls.clone();
    let service = service_fn(move |request| serve(calls.clone(), request));
    ground.spawn(
        Server::builder().serve_with_incoming(service, tonic::transport::server::TcpIncoming::from(listener)),
    );
    let client = ServiceBuilder::new()
        .layer(chain.layer())
        .service(channel(ground, addr));
    Caller::new(BoxCloneSyncService::new(
        client.map_response(|answer| answer.map(Body::new)),
    ))
}

fn channel(ground: &Ground, addr: SocketAddr) -> Channel {
    let _entered = ground.runtime.enter();
    Endpoint::from_shared(format!("http://{addr}"))
        .unwrap()
        .connect_lazy()
}

type Sender = BoxCloneSyncService<http::Request<Body>, http::Response<Body>, tonic::transport::Error>;

/// Who asks over gRPC.
#[derive(Clone)]
pub(super) struct Caller(Sender);

impl Caller {
    fn new(sender: Sender) -> Self {
        Self(sender)
    }

    async fn call(&self, wish: &str, fields: &[(&str, &str)]) -> Result<Response<Streaming<Bytes>>, Status> {
        let mut client = tonic::client::Grpc::new(self.0.clone());
        client.ready().await.unwrap();
        let mut fresh = HeaderMap::new();
        for (name, value) in fields {
            let name: HeaderName = name.parse().unwrap();
            fresh.insert(name, HeaderValue::from_str(value).unwrap());
        }
        let mut request = Request::new(Bytes::new());
        *request.metadata_mut() = tonic::metadata::MetadataMap::from_headers(fresh);
        let path = PathAndQuery::try_from(format!("/cases/{wish}")).unwrap();
        client.server_streaming(request, path, Raw).await
    }

    pub(super) async fn ask(&self, wish: &str, fields: &[(&str, &str)]) -> Told {
        let answer = match self.call(wish, fields).await {
            Ok(answer) => answer,
            Err(status) => return of_status(&status),
        };
        let (head, mut messages, _) = answer.into_parts();
        let mut body = String::new();
        loop {
            match messages.next().await {
                Some(Ok(message)) => body.push_str(std::str::from_utf8(&message).unwrap()),
                Some(Err(status)) => return of_status(&status),
                None => return Told::new(0, head.into_headers(), body),
            }
        }
    }

    pub(super) async fn reads_whole(&self, wish: &str) -> bool {
        self.ask(wish, &super::FIELDS).await.code == 0
    }

    pub(super) fn ask_and_leave(&self, runtime: &Runtime, wish: &str, when: Leave<'_>) {
        match when {
            Leave::Once(reached) => {
                let (caller, wish) = (self.clone(), wish.to_owned());
                let asking = runtime.spawn(async move { drop(caller.call(&wish, &super::FIELDS).await) });
                reached();
                asking.abort();
            }
            Leave::BehindFirstPiece => runtime.block_on(async {
                let answer = self.call(wish, &super::FIELDS).await.unwrap();
                assert_eq!(answer.into_inner().next().await.unwrap().unwrap(), "piece");
            }),
        }
    }
}

fn of_status(status: &Status) -> Told {
    let code = u16::try_from(status.code() as i32).unwrap();
    Told::new(
        code,
        status.metadata().clone().into_headers(),
        status.message().to_owned(),
    )
}
