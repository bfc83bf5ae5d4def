//! Where the resources of a pool come from.

use std::fmt;

use hedgerow_view::Refusal;

/// Makes, checks and closes what a [`ResourcePool`](super::ResourcePool) leases.
///
/// ```
/// use hedgerow_actors::pool::resource::{Fitness, Source};
///
/// /// A client of some database.
/// struct Client;
///
/// # impl Client {
/// #     async fn connect(_: &str) -> Result<Self, std::io::Error> { Ok(Self) }
/// #     fn is_closed(&self) -> bool { false }
/// #     async fn ping(&mut self) -> Result<(), std::io::Error> { Ok(()) }
/// # }
/// struct Database {
///     url: String,
/// }
///
/// impl Source for Database {
///     type Resource = Client;
///     type Error = std::io::Error;
///
///     async fn create(&self) -> Result<Client, std::io::Error> {
///         Client::connect(&self.url).await
///     }
///
///     fn is_fit(&self, client: &Client) -> bool {
///         !client.is_closed()
///     }
///
///     async fn check(&self, client: &mut Client) -> Fitness {
///         match client.ping().await {
///             Ok(()) => Fitness::Fit,
///             Err(_) => Fitness::Broken,
///         }
///     }
/// }
/// ```
pub trait Source: Send + Sync + 'static {
    /// What is leased.
    type Resource: Send + 'static;

    /// Why one could not be made.
    type Error: Send + 'static;

    /// Makes one, on the runtime of whoever wants a lease.
    ///
    /// # Cancel safety
    /// It is dropped where the lease is not wanted any more, or its time is over.
    fn create(&self) -> impl Future<Output = Result<Self::Resource, Self::Error>> + Send;

    /// Whether one that was used may be used again, as far as can be told at once. It is asked each time that one comes back
    /// and each time before one is leased again. Default: yes.
    fn is_fit(&self, _resource: &Self::Resource) -> bool {
        true
    }

    /// Whether one that has been idle for [`CHECK_AFTER`](super::CHECK_AFTER) and more may be leased, as whoever wants it can
    /// find out by waiting. Default: it is.
    ///
    /// # Cancel safety
    /// Where it is dropped before its end, the resource is closed.
    fn check(&self, _resource: &mut Self::Resource) -> impl Future<Output = Fitness> + Send {
        std::future::ready(Fitness::Fit)
    }

    /// Ends one that is not leased again. It is called wherever that turns out, also on threads that actors live on, and must
    /// not block: what takes its time is for a task of yours. Default: it is dropped.
    fn close(&self, resource: Self::Resource) {
        drop(resource);
    }
}

/// Whether a resource may be leased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fitness {
    /// It may.
    Fit,
    /// It is closed, and another one taken in its place.
    Broken,
}

/// There is no lease.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LeaseError<E> {
    /// None was to be had: the limit, and how many there were and waited.
    #[error("no lease: {0}")]
    Refused(Refusal),
    /// Nothing could be made for it: the source's own error, untouched.
    #[error("nothing to lease could be made")]
    NotMade(#[source] E),
    /// Nothing was made for it in time.
    #[error("nothing to lease was made within {limit:?}")]
    TooSlow {
        /// The time that there was, from when the lease was asked for.
        limit: std::time::Duration,
    },
}

/// What was made beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WarmedUp {
    /// Resources that were made and wait now.
    pub made: u32,
    /// Those that could not be made.
    pub failed: u32,
}

impl fmt::Display for WarmedUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} made, {} not", self.made, self.failed)
    }
}
