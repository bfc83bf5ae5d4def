//! A Redis behind a breaker, over a connection that a factory makes by its first use.
//!
//!     redis-server --port 6379 &
//!     cargo run --example guarded_redis [-- 127.0.0.1:6379]
//!
//! The program starts whether or not Redis is there, and counts a visit each second. Stop Redis and start it again: after a few
//! calls in vain the breaker opens, and calls are refused without being made; once Redis is back, probes find it.
#![allow(clippy::print_stdout, reason = "a program that tells its story")]

mod guarded;

use std::time::Duration;

use hedgerow::prelude::*;

use guarded::{Failure, Guarded, declared};

#[tokio::main]
async fn main() -> hedgerow::Result<()> {
    let addr = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:6379".to_owned());
    let breaker = BreakerPolicy {
        consecutive_failures: Some(3),
        ..BreakerPolicy::default()
    };
    let (upstream, connection) = declared(&addr, breaker);
    let tree = Supervisor::one_for_one("shop").child(upstream).child(connection);
    let mesh = Mesh::new(tree).start().await?;
    let redis = Guarded::of(&mesh)?;
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            _ = seconds.tick() => {}
            _ = tokio::signal::ctrl_c() => return mesh.shutdown().await,
        }
        match redis.visit().await {
            Ok(visits) => println!("visit {visits}"),
            Err(CallError::Refused(refusal)) => println!("not asked: {refusal}"),
            Err(CallError::Failed(Failure::NoConnection(refusal))) => println!("no connection: {refusal}"),
            Err(CallError::Failed(Failure::Redis(error))) => println!("asked in vain: {error}"),
            Err(other) => println!("{other}"),
        }
    }
}
