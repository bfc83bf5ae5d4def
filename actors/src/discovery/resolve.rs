//! The port to a resolver.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use hedgerow_config::DnsRecords;

use super::Members;

/// Makes resolvers. Implemented where sockets may be opened.
pub trait Resolve: Send + Sync {
    /// A resolver that asks `server`, or those that the system is configured with. It opens no connection.
    ///
    /// # Errors
    /// Where the system is not configured with any.
    fn resolver(&self, server: Option<SocketAddr>) -> Result<Box<dyn Resolver>, ResolveError>;
}

/// Looks names up, without blocking the thread. It remembers nothing between two look-ups.
pub trait Resolver: Send {
    /// Looks up what `question` says. Dropped, the look-up is given up.
    fn look_up(&self, question: &Question) -> Resolving;
}

/// A look-up that is under way.
pub type Resolving = Pin<Box<dyn Future<Output = Result<Resolved, ResolveError>> + Send>>;

/// What is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The name.
    pub name: String,
    /// Its records.
    pub records: DnsRecords,
}

/// What came of a look-up that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// There are endpoints.
    Found(Answer),
    /// There is no such name, or it has no such records.
    Nothing {
        /// How long that holds, where the answer says so (RFC 2308).
        ttl: Option<Duration>,
    },
}

/// An answer with endpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Who is there; of SRV records those of all priorities, with a weight of at least 1.
    pub members: Members,
    /// The shortest time to live of all records.
    pub ttl: Duration,
    /// Names of SRV records whose addresses could not be looked up: who is missing may be there nevertheless.
    pub unresolved: usize,
}

/// A look-up was not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// Nobody can be asked.
    #[error("no resolver to ask: {why}; name one as `resolver`")]
    NoResolver {
        /// What is wrong with the system's configuration.
        why: String,
    },
    /// The name cannot be looked up.
    #[error("`{name}` cannot be looked up: {why}")]
    BadName {
        /// The name.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// Nobody answered in time.
    #[error("no answer within {} ms", .within.as_millis())]
    TimedOut {
        /// How long was waited.
        within: Duration,
    },
    /// The answer is a failure, or none came.
    #[error("{why}")]
    Failed {
        /// What was answered, or what went wrong.
        why: String,
    },
}
