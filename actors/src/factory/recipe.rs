//! How a thing is made, closed, reset.

use std::fmt::Display;
use std::sync::Arc;

use futures_util::future::BoxFuture;

type Make<T> = dyn Fn() -> BoxFuture<'static, Result<T, String>> + Send + Sync;
type Close<T> = dyn Fn(Arc<T>) -> BoxFuture<'static, ()> + Send + Sync;
type Reset<T> = dyn Fn(Arc<T>) -> BoxFuture<'static, Result<(), String>> + Send + Sync;

/// How a thing is made, closed, reset. All of it runs on threads that no actor lives on, in a tokio runtime with I/O and time;
/// what it spawns there lives as long as the mesh.
pub struct Recipe<T> {
    pub(super) make: Arc<Make<T>>,
    pub(super) close: Option<Arc<Close<T>>>,
    pub(super) reset: Option<Arc<Reset<T>>>,
}

impl<T: Send + Sync + 'static> Recipe<T> {
    /// A thing that is made so, and dropped where it is of no use any more. `make` runs under the
    /// [context](hedgerow_supervisor::Context) of the caller that began the attempt: its trace, its deadline, its tenant. The
    /// deadline is to be read there, and cuts no attempt short, as others wait for it too.
    pub fn new<F, E>(make: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        E: Display,
    {
        Self {
            make: Arc::new(move || {
                let making = make();
                Box::pin(async move { making.await.map_err(|error| error.to_string()) })
            }),
            close: None,
            reset: None,
        }
    }

    /// Closes so what is of no use any more: broken, too old, unused, or at the end of the mesh. Nobody has a lease of it then,
    /// unless the mesh has waited for that in vain.
    #[must_use]
    pub fn close<F>(mut self, close: impl Fn(Arc<T>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.close = Some(Arc::new(move |thing| Box::pin(close(thing))));
        self
    }

    /// Brings so into its first state what its holder wants reset. Where that fails, it is closed, and another is made.
    #[must_use]
    pub fn reset<F, E>(mut self, reset: impl Fn(Arc<T>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        self.reset = Some(Arc::new(move |thing| {
            let resetting = reset(thing);
            Box::pin(async move { resetting.await.map_err(|error| error.to_string()) })
        }));
        self
    }
}

impl<T> Clone for Recipe<T> {
    fn clone(&self) -> Self {
        Self {
            make: Arc::clone(&self.make),
            close: self.close.clone(),
            reset: self.reset.clone(),
        }
    }
}
