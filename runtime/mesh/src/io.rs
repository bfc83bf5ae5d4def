//! The threads that factories work on: no actor lives there, and no request is served.

use std::io;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use futures_core::future::BoxFuture;
use hedgerow_actors::factory::Spawn;
use tokio::runtime::{Builder, Handle, Runtime};

/// Threads, so that one that somebody blocks leaves the other.
const THREADS: NonZeroUsize = NonZeroUsize::new(2).expect("two is not zero");

/// A runtime of the mesh's own. It is made by its first use, and ends with the mesh, or with the last who holds it.
#[derive(Clone, Default)]
pub(crate) struct Io {
    running: Arc<Running>,
}

#[derive(Default)]
struct Running(Mutex<State>);

#[derive(Default)]
enum State {
    #[default]
    Unused,
    Used(Runtime),
    Ended,
}

impl Io {
    /// Ends it, with all that runs there.
    pub(crate) fn end(&self) {
        self.running.end();
    }
}

impl Running {
    /// `None` once it has ended.
    fn handle(&self) -> io::Result<Option<Handle>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Unused = &*state {
            let runtime = Builder::new_multi_thread()
                .worker_threads(THREADS.get())
                .thread_name("hedgerow-io")
                .enable_all()
                .build()?;
            *state = State::Used(runtime);
        }
        Ok(match &*state {
            State::Used(runtime) => Some(runtime.handle().clone()),
            State::Unused | State::Ended => None,
        })
    }

    fn end(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *state, State::Ended);
        drop(state);
        if let State::Used(runtime) = before {
            // Whoever drops it may be on a runtime of his own, which must not be made to wait.
            runtime.shutdown_background();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

impl Spawn for Io {
    fn spawn(&self, work: BoxFuture<'static, ()>) {
        match self.running.handle() {
            Ok(Some(runtime)) => {
                // Who began the work has its end told.
                drop(runtime.spawn(work));
            }
            Ok(None) => {}
            Err(error) => tracing::error!("no threads for what factories make: {error}"),
        }
    }
}
