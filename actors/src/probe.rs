//! The port by which endpoints are asked whether they are there and well.

use std::time::Duration;

use futures_util::future::BoxFuture;
use hedgerow_config::EndpointAddr;

/// Asks endpoints. Actors own the port; who implements it does the work on threads of its own, never on an actor's.
///
/// # Cancel safety
/// An answer that is dropped ends what was begun for it.
pub trait Probe: Send + Sync {
    /// Opens a connection within `limit`, and closes it.
    ///
    /// # Errors
    /// Why none could be opened, for people.
    fn tcp(&self, addr: EndpointAddr, limit: Duration) -> BoxFuture<'static, Result<(), String>>;

    /// Asks `GET path` over a connection of its own, and answers the status that came within `limit`.
    ///
    /// # Errors
    /// Why no answer came, for people.
    fn http(
        &self,
        addr: EndpointAddr,
        path: String,
        limit: Duration,
    ) -> BoxFuture<'static, Result<u16, String>>;
}
