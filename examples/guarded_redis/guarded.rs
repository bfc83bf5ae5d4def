//! Redis, behind a breaker, over a connection that a factory makes.
#![allow(unreachable_pub, reason = "a test is its second user")]

use hedgerow::prelude::*;
use redis::aio::MultiplexedConnection;

/// Why Redis has given no answer.
#[derive(Debug)]
pub enum Failure {
    /// No connection could be made, or none is made for a while.
    NoConnection(Refusal),
    /// It was asked in vain.
    Redis(redis::RedisError),
}

/// Redis at one address.
#[derive(Clone)]
pub struct Guarded {
    redis: UpstreamHandle,
    connections: FactoryHandle<MultiplexedConnection>,
}

/// What guards the Redis at `addr`: a breaker that goes by `breaker`, and a factory of the connection that all calls share.
pub fn declared(addr: &str, breaker: BreakerPolicy) -> (Upstream, Factory<MultiplexedConnection>) {
    let url = format!("redis://{addr}");
    let connection = Factory::new("redis-connection", move || {
        let client = redis::Client::open(url.as_str());
        async move { client?.get_multiplexed_async_connection().await }
    });
    (
        Upstream::new("redis").endpoints([addr]).breaker(breaker),
        connection,
    )
}

impl Guarded {
    /// That of a mesh in which it was [declared].
    ///
    /// # Errors
    /// Where it was not.
    pub fn of(mesh: &Mesh) -> hedgerow::Result<Self> {
        Ok(Self {
            redis: mesh.upstream("redis")?,
            connections: mesh.factory("redis-connection")?,
        })
    }

    /// Counts a visit, and returns how many there were.
    ///
    /// # Errors
    /// Where the breaker refuses the call, or it fails.
    pub async fn visit(&self) -> Result<u64, CallError<Failure>> {
        let asked = self.redis.call(|_| async {
            let lease = self.connections.lease().await.map_err(Failure::NoConnection)?;
            // All clones of it are one connection.
            let mut connection = lease.clone();
            let counted = redis::cmd("INCR")
                .arg("visits")
                .query_async(&mut connection)
                .await;
            counted.map_err(|error| {
                if error.is_unrecoverable_error() {
                    lease.invalidate(error.to_string());
                }
                Failure::Redis(error)
            })
        });
        asked.await
    }
}
