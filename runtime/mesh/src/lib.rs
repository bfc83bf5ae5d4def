//! A resilience runtime for services: supervised actors, breakers that remember, a live dashboard.
//!
//! A service declares a tree of actors in code, or a gateway reads it from a file; Hedgerow starts it on threads of its
//! own, keeps every part alive, guards the calls to what the service depends on, and shows all of it.
//!
//! Start at [`Mesh`]. Users import [`prelude`]; whoever writes an actor takes its traits from [`actix`], which stands here so that
//! both are of one version.
//!
//! ```
//! use std::time::Duration;
//! use hedgerow::prelude::*;
//!
//! async fn charge(endpoint: EndpointAddr) -> Result<String, std::io::Error> {
//!     Ok(format!("charged by {endpoint}")) // a real one speaks any protocol to this address
//! }
//!
//! #[tokio::main]
//! async fn main() -> hedgerow::Result<()> {
//!     let mesh = Mesh::new(
//!         Supervisor::rest_for_one("shop")
//!             .intensity(5, Duration::from_secs(30))
//!             .child(Upstream::new("payments").endpoints(["127.0.0.1:9001", "127.0.0.1:9002"])),
//!     )
//!     .start()
//!     .await?;
//!
//!     let payments = mesh.upstream("payments")?;
//!     match payments.call(|endpoint| charge(endpoint.addr())).await {
//!         Ok(receipt) => println!("{receipt}"),
//!         Err(CallError::Refused(refusal)) => println!("not tried: {refusal}"),
//!         Err(CallError::Failed(error)) => println!("tried in vain: {error}"),
//!         Err(other) => println!("{other}"), // such as no answer in time
//!     }
//!     mesh.shutdown().await
//! }
//! ```
//!
//! # What is where
//! | in | is |
//! |---|---|
//! | [`prelude`] | all that a service needs in one import |
//! | this crate | what is declared ([`Supervisor`], [`Upstream`], [`Breaker`], [`KeyedBreaker`], [`Chain`]), started ([`Builder`]) and held ([`Mesh`]) |
//! | [`actors`] | what lives in the tree, and the handles to it |
//! | [`adapter`] | a chain around servers, clients and calls |
//! | [`config`] | what a config file or a policy may say |
//! | [`supervisor`] | the kernel, for trees without a mesh |
//! | [`view`] | the shapes of the API and of events |
//! | [`actix`] | the traits of an actor of one's own |
#![forbid(unsafe_code)]

mod admin;
mod boot;
mod builder;
mod check;
mod declare;
mod ending;
mod error;
mod factory;
mod gateway;
mod io;
mod mesh;
mod open_listener;
mod pool;
pub mod prelude;
mod source;
mod telemetry;

pub use builder::Builder;
pub use declare::{Breaker, Chain, Child, KeyedBreaker, Supervisor, Upstream};
pub use error::{DeclaredError, Error, UnreadableConfig};
pub use factory::Factory;
pub use mesh::Mesh;
pub use pool::Pool;

pub use hedgerow_actors as actors;
pub use hedgerow_config as config;
pub use hedgerow_dashboard::Admin;
pub use hedgerow_http::adapter;
pub use hedgerow_supervisor as supervisor;
pub use hedgerow_telemetry::{LogLayer, LogLines, LogWriter};
pub use hedgerow_view as view;

pub use actix;

/// What most functions here return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The README's examples, compiled and run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// The same for the page about actors.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/actors.md")]
struct Actors;

/// The same for the page about scopes.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/scopes.md")]
struct Scopes;

/// The same for the page about verdicts.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/verdicts.md")]
struct Verdicts;

/// The same for the page about outliers.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/outliers.md")]
struct Outliers;

/// The same for the page about chains.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/chains.md")]
struct Chains;

/// The same for the page about nodes.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/nodes.md")]
struct Nodes;

/// The same for the page about factories.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/factories.md")]
struct Factories;

/// The same for the page about traces.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/traces.md")]
struct Traces;

/// The same for the page about pools.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/pools.md")]
struct Pools;

/// The same for the page about adapters.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/adapters.md")]
struct Adapters;

/// The same for the page about retries.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/retries.md")]
struct Retries;

/// The same for the page about telemetry.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/telemetry.md")]
struct TelemetryPage;
