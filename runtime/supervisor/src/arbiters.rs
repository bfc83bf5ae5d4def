//! The threads that actors live on: the mesh's own, never the service's.
//!
//! A mesh starts one thread that runs an actix `System`, and on it as many arbiters as asked for. So it works the
//! same under `#[tokio::main]`, under `#[actix_web::main]` and with no runtime at all, and several meshes in one
//! process do not meet.

use std::cell::RefCell;
use std::future::{Future, pending};
use std::io;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;

use actix_rt::{Arbiter, ArbiterHandle, System};
use hedgerow_view::Path;
use tokio::sync::{oneshot, watch};

use crate::events::Events;
use crate::watchdog::{Activity, Blocked, Lookout, Watched};

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
    posts: Vec<Post>,
    /// Dropped or sent to, the system thread stops its arbiters and ends.
    stop: Mutex<Option<oneshot::Sender<()>>>,
    /// Closed once they have ended.
    ended: watch::Receiver<()>,
    /// Of the trees on these threads, as long as there is one.
    lookout: Mutex<Weak<Lookout>>,
}

/// One arbiter, as others see it.
#[derive(Debug, Clone)]
struct Post {
    arbiter: ArbiterHandle,
    /// Whether its thread takes no more work.
    is_gone: Arc<AtomicBool>,
    activity: Arc<Activity>,
}

thread_local! {
    /// What the current thread writes down of itself, if it is an arbiter of ours.
    static HERE: RefCell<Option<Arc<Activity>>> = const { RefCell::new(None) };
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
        let (ending, ended) = watch::channel(());
        thread::Builder::new()
            .name("hedgerow-system".into())
            .spawn(move || {
                run_system(count.get(), &started, stopped);
                drop(ending);
            })?;
        let posts = wait.recv().map_err(io::Error::other)??;
        Ok(Self {
            place: Place::Threads(Arc::new(Threads {
                posts,
                stop: Mutex::new(Some(stop)),
                ended,
                lookout: Mutex::default(),
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

    /// Runs a future, made on the spot, on the arbiter with this number (modulo their count); on the next one, if that
    /// thread is gone or something blocks it. If all are gone, what makes it is dropped.
    #[allow(clippy::disallowed_methods, reason = "the one place that starts actors")]
    pub(crate) fn spawn(&self, number: usize, make: impl FnOnce() -> Local + Send + 'static) {
        let Place::Threads(threads) = &self.place else {
            tokio::task::spawn_local(make());
            return;
        };
        let Some(post) = threads.post(number) else {
            return;
        };
        if post.is_here() {
            // No other thread has to be asked.
            tokio::task::spawn_local(make());
            return;
        }
        let taken = post.arbiter.spawn_fn(move || {
            tokio::task::spawn_local(make());
        });
        if !taken {
            post.is_gone.store(true, Ordering::Release);
        }
    }

    /// Has `events` told who of the tree of `root` blocks one of the threads, for as long as what is returned is kept.
    /// None on the current thread, where nobody could tell.
    ///
    /// # Errors
    /// Where the operating system gives no thread.
    pub(crate) fn watch_over(&self, root: &Path, events: &Events) -> io::Result<Option<Watched>> {
        let Place::Threads(threads) = &self.place else {
            return Ok(None);
        };
        let mut kept = threads.lookout.lock().unwrap_or_else(PoisonError::into_inner);
        let lookout = match kept.upgrade() {
            Some(lookout) => lookout,
            None => {
                let lookout = Arc::new(Lookout::start(threads.activities(), events.clock())?);
                *kept = Arc::downgrade(&lookout);
                lookout
            }
        };
        Ok(Some(Watched::new(lookout, root.clone(), events.clone())))
    }

    /// What holds up one of the threads at present.
    pub(crate) fn blocked(&self) -> Vec<Blocked> {
        match &self.place {
            Place::Threads(threads) => {
                let blocked = |activity: &Arc<Activity>| activity.blocked();
                threads.activities().iter().filter_map(blocked).collect()
            }
            Place::CurrentThread => Vec::new(),
        }
    }

    /// Stops all threads and waits until they have ended. The tree on them must have ended before; an actor that
    /// blocks its thread is waited for.
    pub async fn shutdown(&self) {
        let Place::Threads(threads) = &self.place else {
            return;
        };
        drop(threads.stop.lock().unwrap_or_else(PoisonError::into_inner).take());
        // Nothing is ever sent: this ends when the other end is gone.
        let _ = threads.ended.clone().changed().await;
    }
}

impl Threads {
    /// What each thread is doing.
    fn activities(&self) -> Vec<Arc<Activity>> {
        self.posts.iter().map(|post| post.activity.clone()).collect()
    }

    /// The thread with this number, or the next one that is there and free, or at least there.
    fn post(&self, number: usize) -> Option<&Post> {
        let first = number % self.posts.len();
        let (before, after) = self.posts.split_at(first);
        let there = || after.iter().chain(before).filter(|post| !post.is_gone());
        there()
            .find(|post| !post.activity.is_blocked())
            .or_else(|| there().next())
    }
}

impl Post {
    fn new(arbiter: &Arbiter) -> Self {
        let post = Self {
            arbiter: arbiter.handle(),
            is_gone: Arc::default(),
            activity: Arc::default(),
        };
        let (gone, activity) = (Gone(post.is_gone.clone()), post.activity.clone());
        post.arbiter.spawn_fn(move || {
            HERE.set(Some(activity));
            post_guard(gone);
        });
        post
    }

    fn is_gone(&self) -> bool {
        self.is_gone.load(Ordering::Acquire)
    }

    fn is_here(&self) -> bool {
        here().is_some_and(|here| Arc::ptr_eq(&here, &self.activity))
    }
}

/// What the current thread writes down of itself, if it is an arbiter of ours.
pub(crate) fn here() -> Option<Arc<Activity>> {
    // None on a thread that is ending.
    HERE.try_with(|here| here.borrow().clone()).ok().flatten()
}

/// Says so when the thread that it lives on drops its tasks.
struct Gone(Arc<AtomicBool>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[allow(clippy::disallowed_methods, reason = "ends with its thread, and tells that")]
fn post_guard(gone: Gone) {
    tokio::task::spawn_local(async move {
        let _gone = gone;
        pending::<()>().await;
    });
}

fn run_system(
    count: usize,
    started: &std::sync::mpsc::SyncSender<io::Result<Vec<Post>>>,
    stopped: oneshot::Receiver<()>,
) {
    System::new().block_on(async {
        let mut arbiters = Vec::with_capacity(count);
        let failed = (0..count).find_map(|_| match Arbiter::try_new() {
            Ok(arbiter) => {
                arbiters.push(arbiter);
                None
            }
            Err(error) => Some(error),
        });
        let _ = started.send(match failed {
            None => Ok(arbiters.iter().map(Post::new).collect()),
            Some(error) => Err(error),
        });
        // Over at once where nobody took them.
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
