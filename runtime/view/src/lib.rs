//! What is shown outside: the JSON types of the admin API, events and refusals.
//!
//! Everything here is plain data in camelCase. The same types serve the admin
//! API, the event stream, the dashboard page and the error headers, so that
//! they cannot disagree. No type here decides anything.
//!
//! | module | what it shows |
//! |---|---|
//! | [`identity`] | who an actor is (`id`), escaped for URLs |
//! | [`path`] | where it lives (`path`), escaped for URLs |
//! | [`tree`] | the supervision tree |
//! | [`breaker`] | one breaker: state, window, policy, last transition |
//! | [`chain`] | one chain and its nodes |
//! | [`config`] | what the mesh was asked for |
//! | [`upstream`] | one upstream and its endpoints |
//! | [`factory`] | what is costly to make, and whether it is made as promised |
//! | [`pool`] | one pool: leases, contract, leaks |
//! | [`listener`] | what became of a listener's requests |
//! | [`store`] | the store behind the mesh |
//! | [`telemetry`] | what goes out to a collector |
//! | [`event`] | what happened, in order |
//! | [`quarantine`] | what is refused because it keeps crashing who gets it |
//! | [`registry`] | who has registered |
//! | [`refusal`] | why a request was refused |
//! | [`denial`] | which request was denied, by whom and why |
//! | [`problem`] | an error answer of the admin API |
#![forbid(unsafe_code)]

pub mod breaker;
pub mod chain;
pub mod config;
pub mod denial;
pub mod event;
pub mod factory;
pub mod identity;
pub mod listener;
pub mod path;
pub mod pool;
pub mod problem;
pub mod quarantine;
pub mod refusal;
pub mod registry;
pub mod store;
pub mod telemetry;
pub mod tree;
pub mod upstream;

mod escape;
mod schema;
mod stamp;

pub use breaker::{BreakerView, KeysView};
pub use chain::ChainView;
pub use config::ConfigView;
pub use denial::DenialView;
pub use event::Event;
pub use factory::FactoryView;
pub use identity::Identity;
pub use listener::ListenerView;
pub use path::Path;
pub use pool::PoolView;
pub use problem::Problem;
pub use quarantine::{HeldKind, HeldView};
pub use refusal::Refusal;
pub use registry::{RegistrationView, RegistryView};
pub use stamp::Stamp;
pub use store::StoreView;
pub use telemetry::TelemetryView;
pub use tree::ActorView;
pub use upstream::{DiscoveryView, UpstreamView};

use serde::Serialize;

/// What one actor shows of itself beyond its place in the tree.
///
/// Each kind has its own shape; an actor without one shows [`View::Plain`].
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", content = "view", rename_all = "camelCase")]
#[non_exhaustive]
pub enum View {
    /// Nothing beyond the tree's own columns.
    Plain,
    /// A circuit breaker.
    Breaker(BreakerView),
    /// A chain of nodes.
    Chain(ChainView),
    /// An upstream with its endpoints.
    Upstream(UpstreamView),
    /// A factory.
    Factory(FactoryView),
    /// A pool of leases.
    Pool(PoolView),
    /// A listener.
    Listener(ListenerView),
    /// A breaker for each key.
    Keys(KeysView),
    /// The store behind the mesh.
    Store(StoreView),
    /// Where the endpoints of an upstream come from.
    Discovery(DiscoveryView),
    /// Who has registered.
    Registry(RegistryView),
    /// What goes out to a collector.
    Telemetry(TelemetryView),
}
