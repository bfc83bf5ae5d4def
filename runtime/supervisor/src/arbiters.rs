//! The threads that actors live on: the mesh's own, never the service's.
//!
//! A mesh starts one thread that runs an actix `System`, and on it as many arbiters as asked for. So it works the
//! same under `#[tokio::main]`, under `#[actix_web::main]` and with no runtime at all, and several meshes in one
//! process do not meet.

use std::future::Future;
use std::io;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use actix_rt::{Arbiter, ArbiterHandle, System};
use tokio::sync::oneshot;

/// Where actors are placed.
#[derive(Clone, Debug)]
pub struct Arbiters {
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    Threads(Arc<Threads>),
    CurrentThread,
}

#[derive(Debug)]
struct Threads {
    arbiters: Vec<ArbiterHandle>,
    /// Dropped or sent to, the system thread stops its arbiters and ends.
    stop: Mutex<Option<oneshot::Sender<()>>>,
    system: Mutex<Option<thread::JoinHandle<()>>>,
}

type Local = Pin<Box<dyn Future<Output = ()>>>;

impl Arbiters {
    /// Starts `count` arbiter threads under a system thread of their own.
    ///
    /// # Errors
    /// Where the operating system gives no thread.
    pub fn threads(count: NonZeroUsize) -> io::Result<Self> {
        let (started, wait) = std::sync::mpsc::sync_channel(1);
        let (stop, stopped) = oneshot::channel();
        let system = thread::Builder::new()
            .name("hedgerow-system".into())
            .spawn(move || run_system(count.get(), &started, stopped))?;
        let arbiters = wait.recv().map_err(io::Error::other)??;
        Ok(Self {
            place: Place::Threads(Arc::new(Threads {
                arbiters,
                stop: Mutex::new(Some(stop)),
                system: Mutex::new(Some(system)),
            })),
        })
    }

    /// Places every actor on the thread that starts the tree, so that paused tokio time moves it. For tests: the
    /// caller must be inside a `LocalSet` or a local runtime.
    pub fn current_thread() -> Self {
        Self {
            place: Place::CurrentThread,
        }
    }

    /// Runs a future, made on the spot, on the arbiter with this number (modulo their count).
    #[allow(clippy::disallowed_methods, reason = "the one place that starts actors")]
    pub(crate) fn spawn(&self, number: usize, make: impl FnOnce() -> Local + Send + 'static) {
        match &self.place {
            Place::Threads(threads) => {
                // A dead arbiter drops the future, and its guard reports the incarnation as lost.
                let arbiter = &threads.arbiters[number % threads.arbiters.len()];
                arbiter.spawn_fn(move || {
                    tokio::task::spawn_local(make());
                });
            }
            Place::CurrentThread => {
                tokio::task::spawn_local(make());
            }
        }
    }

    /// Stops all threads and waits until they have ended. The tree on them must have ended before; an actor that
    /// blocks its thread is waited for.
    pub async fn shutdown(&self) {
        let Place::Threads(threads) = &self.place else {
            return;
        };
        drop(threads.stop.lock().unwrap_or_else(PoisonError::into_inner).take());
        let system = threads
            .system
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(system) = system {
            let (ended, wait) = oneshot::channel();
            let joiner = thread::Builder::new()
                .name("hedgerow-join".into())
                .spawn(move || {
                    // The system thread runs no code of actors: it cannot have panicked.
                    let _ = system.join();
                    let _ = ended.send(());
                });
            if joiner.is_ok() {
                let _ = wait.await;
            }
        }
    }
}

fn run_system(
    count: usize,
    started: &std::sync::mpsc::SyncSender<io::Result<Vec<ArbiterHandle>>>,
    stopped: oneshot::Receiver<()>,
) {
    System::new().block_on(async {
        let arbiters: io::Result<Vec<Arbiter>> = (0..count).map(|_| Arbiter::try_new()).collect();
        let arbiters = match arbiters {
            Ok(arbiters) => arbiters,
            Err(error) => {
                let _ = started.send(Err(error));
                return;
            }
        };
        let _ = started.send(Ok(arbiters.iter().map(Arbiter::handle).collect()));
        let _ = stopped.await;
        for arbiter in &arbiters {
            arbiter.stop();
        }
        // `System::stop` does not wait for its arbiters; what they hold must be dropped before this ends.
        for arbiter in arbiters {
            let _ = arbiter.join();
        }
    });
}
