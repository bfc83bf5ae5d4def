//! The port through which work is run on threads without actors.

use futures_util::future::BoxFuture;

/// Runs work in a tokio runtime with I/O and time, on threads that no actor lives on.
pub trait Spawn: Send + Sync {
    /// Runs it. Where nobody can run it, it is dropped, which its owner notices.
    fn spawn(&self, work: BoxFuture<'static, ()>);
}
