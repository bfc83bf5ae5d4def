//! A service on axum that guards the client of a database: any asynchronous function that may fail.
//!
//!     cargo run --example guarded_database       then    curl -i localhost:3000/price/tea
//!                                                        curl -i -X PUT localhost:3000/price/tea/340
//!                                                        curl -X POST localhost:3000/database/0/hangs
//!                                                        (or fails, down, works; of server 0 or 1)
//!
//! The database is a stand-in within this program: two servers with the same prices, each of which can be told to fail.
//! In front of them stands an upstream, with a breaker for each server and a time-out. A read that fails is made once
//! more, at the other server; a write only where nothing of it was sent. Each server has a pool of connections, with a
//! contract. The dashboard on <http://127.0.0.1:9901> shows all of it.
#![allow(clippy::print_stdout, reason = "a program that says where it listens")]

mod client;
mod server;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use hedgerow::prelude::*;
use tokio::net::TcpListener;

use client::{Connections, Query, QueryError};
use server::{Mood, Prices, Server};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What the handlers share.
#[derive(Clone)]
struct Shop {
    database: UpstreamHandle,
    connections: Arc<HashMap<EndpointAddr, ResourcePool<Connections>>>,
    servers: Arc<[Server]>,
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let prices = Prices::default();
    let servers = [Server::start(prices.clone()).await?, Server::start(prices).await?];
    let addrs: Vec<EndpointAddr> = servers
        .iter()
        .map(|server| server.addr().to_string().parse())
        .collect::<Result<_, _>>()?;

    let database = Upstream::new("database")
        .endpoints(addrs.iter().map(EndpointAddr::as_str))
        .balance(Balance::RoundRobin) // by default a server that has failed is avoided, and its breaker hears little
        .timeout(Duration::from_secs(1))
        .breaker(BreakerPolicy {
            consecutive_failures: Some(3),
            consecutive_timeouts: Some(3),
            open_for: OpenFor {
                initial: Duration::from_secs(5),
                ..OpenFor::default()
            },
            ..BreakerPolicy::default()
        })
        .retry(RetryPolicy {
            backoff: RetryBackoff {
                initial: Duration::from_millis(5),
                max: Duration::from_millis(50),
            },
            ..RetryPolicy::default()
        });
    // A pool makes connections to one server, so there is one for each.
    let pools = addrs.iter().map(|addr| {
        let slo = Slo {
            p95_latency: Some(Duration::from_millis(100)),
            error_rate: Some(0.05),
            ..Slo::default()
        };
        let policy = PoolPolicy {
            max_leases: 8,
            slo,
            ..PoolPolicy::default()
        };
        Pool::new(pool_of(addr), Connections::to(addr.clone()))
            .policy(policy)
            .into()
    });
    let tree = Supervisor::rest_for_one("shop").children(pools).child(database);
    let mesh = Mesh::new(tree).dashboard("127.0.0.1:9901").start().await?;

    let mut connections = HashMap::new();
    for addr in addrs {
        connections.insert(addr.clone(), mesh.pool::<Connections>(&pool_of(&addr))?);
    }
    let shop = Shop {
        database: mesh.upstream("database")?,
        connections: Arc::new(connections),
        servers: servers.into(),
    };
    let app = Router::new()
        .route("/price/{product}", get(read))
        .route("/price/{product}/{pence}", put(write))
        .route("/database/{server}/{mood}", post(change))
        .with_state(shop);
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("http://127.0.0.1:3000/price/tea, shown on http://127.0.0.1:9901");
    axum::serve(listener, app)
        .with_graceful_shutdown(async { drop(tokio::signal::ctrl_c().await) })
        .await?;
    Ok(mesh.shutdown().await?)
}

/// The name of the pool of connections to this server.
fn pool_of(addr: &EndpointAddr) -> String {
    format!("connections-{}", addr.port())
}

impl Shop {
    /// Asks a server that its breaker admits, on a connection of that server's pool; another one where that may be.
    async fn ask(&self, query: Result<Query, QueryError>) -> Result<String, CallError<QueryError>> {
        let query = query.map_err(CallError::Failed)?;
        self.database
            .call_judged(query.judge, |server| {
                let pool = self.connections.get(&server.addr());
                client::ask(pool.expect("each server was given a pool"), &query)
            })
            .await
    }
}

async fn read(State(shop): State<Shop>, Path(product): Path<String>) -> Response {
    answer(shop.ask(Query::read(&product)).await)
}

async fn write(State(shop): State<Shop>, Path((product, pence)): Path<(String, u32)>) -> Response {
    answer(shop.ask(Query::write(&product, pence)).await)
}

/// Tells a server of the stand-in how to treat what it is asked from now on.
async fn change(State(shop): State<Shop>, Path((server, mood)): Path<(usize, String)>) -> StatusCode {
    match (shop.servers.get(server), Mood::named(&mood)) {
        (Some(server), Some(mood)) => {
            server.treat(mood);
            StatusCode::NO_CONTENT
        }
        _ => StatusCode::NOT_FOUND,
    }
}

/// What the client of this service is told.
fn answer(result: Result<String, CallError<QueryError>>) -> Response {
    match result {
        Ok(text) => format!("{text}\n").into_response(),
        Err(CallError::Failed(QueryError::Unknown)) => StatusCode::NOT_FOUND.into_response(),
        Err(CallError::Failed(error)) => (StatusCode::BAD_GATEWAY, format!("{error}\n")).into_response(),
        // No query was made: the breakers of both servers refuse it. When one of them will let one through is known.
        Err(CallError::Refused(refusal)) => {
            let seconds = refusal.retry_after.unwrap_or_default().as_secs() + 1;
            let fields = [(header::RETRY_AFTER, seconds.to_string())];
            (StatusCode::SERVICE_UNAVAILABLE, fields, format!("{refusal}\n")).into_response()
        }
        Err(late @ CallError::Deadline { .. }) => {
            (StatusCode::GATEWAY_TIMEOUT, format!("{late}\n")).into_response()
        }
        Err(other) => (StatusCode::BAD_GATEWAY, format!("{other}\n")).into_response(),
    }
}
