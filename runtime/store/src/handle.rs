//! The handle: what everyone else holds.

use std::fmt;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::engine::{Engine, Opened};
use crate::error::Problem;
use crate::error::{LoadError, OpenError, SaveError};
use crate::health::{Counters, Counting, Health};
use crate::key::{Key, Prefix};
use crate::lane::{Lane, Shared, lock};
use crate::limits::MAX_PAYLOAD;
use crate::memory::Memory;
use crate::queue::{Call, Read, Waiter};
use crate::record;
use crate::reply::{Reply, Saved, Scan};
use crate::worker::{Opener, Worker, report_set_aside};

/// How long dropping the last handle waits for the disk.
const DROP_PATIENCE: Duration = Duration::from_secs(5);

/// A handle on the records that survive a crash. Cloning it is cheap.
///
/// One thread of its own (`hedgerow-store`) owns the engine. Requests are queued when
/// they are called, not when they are polled, and are served in that order: a load
/// sees every save that was called before it and none that was called after. Saves
/// that wait together are applied as one batch and made durable by one flush; of
/// several saves of one key only the newest is written, and all are acknowledged by it.
///
/// When the last handle is dropped, what is queued is still saved; the drop waits for
/// that, five seconds at most, and then leaves the thread to finish alone.
/// [`close`](Store::close) waits for as long as it takes.
#[derive(Debug, Clone)]
pub struct Store {
    owner: Arc<Owner>,
}

/// Exists once for all handles; its drop closes the store.
struct Owner {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl fmt::Debug for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Owner")
            .field("health", &*lock(&self.shared.health))
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the directory `dir`, making it if it is not there.
    ///
    /// Never fails. A directory that cannot be opened (in use, not permitted, not a
    /// store's, of a newer release) is left as it is, and the store serves from memory
    /// until it can be; [`health`](Store::health) and one error in the log say why. A
    /// damaged one is moved to `NAME.corrupt-<unix-ms>` and a fresh one is opened.
    /// Blocks while the records are read: call it before serving.
    #[must_use]
    pub fn open(dir: impl AsRef<Path>) -> Self {
        let dir = dir.as_ref().to_owned();
        Self::with_engine(move || crate::sled::open(&dir))
    }

    /// A store that forgets everything when the process ends, and says so in every
    /// acknowledgement.
    #[must_use]
    pub fn memory() -> Self {
        Self::with_engine(|| {
            Ok(Opened {
                engine: Box::new(Memory::new()),
                set_aside: None,
            })
        })
    }

    /// A store on an engine of your own.
    ///
    /// `open` is called at once on this thread, and again on the store's thread after
    /// each failure of the engine, with growing pauses for as long as it fails.
    #[must_use]
    pub fn with_engine(mut open: impl FnMut() -> Result<Opened, OpenError> + Send + 'static) -> Self {
        let opened = open();
        let health = match &opened {
            Ok(opened) => Health {
                backend: opened.engine.name(),
                durable: opened.engine.is_durable(),
                problem: None,
                last_problem: None,
                outages: 0,
                held: 0,
                set_aside: opened.set_aside.clone(),
            },
            Err(error) => {
                tracing::error!(%error, "the store serves from memory until its disk can be used");
                Health {
                    backend: "memory",
                    durable: false,
                    problem: Some(Problem::Open(error.clone())),
                    last_problem: Some(Problem::Open(error.clone())),
                    outages: 1,
                    held: 0,
                    set_aside: None,
                }
            }
        };
        if let Some(set_aside) = &health.set_aside {
            report_set_aside(set_aside);
        }
        let shared = Arc::new(Shared {
            lane: Mutex::new(Lane::default()),
            queued: Condvar::new(),
            ended: Condvar::new(),
            health: Mutex::new(health),
            counting: Counting::default(),
        });
        let engine = opened.map(|opened| opened.engine).map_err(Problem::Open);
        Self::start(shared, engine, Box::new(open))
    }

    fn start(shared: Arc<Shared>, engine: Result<Box<dyn Engine>, Problem>, opener: Opener) -> Self {
        let worker = Worker::new(Arc::clone(&shared), engine, opener);
        let thread = thread::Builder::new()
            .name("hedgerow-store".to_owned())
            .spawn(move || worker.run());
        if let Err(error) = &thread {
            let problem = Problem::Thread {
                detail: error.to_string(),
            };
            tracing::error!(%problem, "the store is closed");
            let mut lane = lock(&shared.lane);
            lane.closing = true;
            lane.ended = true;
            drop(lane);
            let mut health = lock(&shared.health);
            health.durable = false;
            health.problem = Some(problem);
        }
        Self {
            owner: Arc::new(Owner {
                shared,
                thread: Mutex::new(thread.ok()),
            }),
        }
    }

    /// Saves `payload` under `key`, in place of what was there.
    ///
    /// # Errors
    /// The reply is [`SaveError`] if the store refused the payload, is closed or has too
    /// much waiting, or if the disk failed.
    pub fn save(&self, key: &Key, payload: impl AsRef<[u8]>) -> Reply<Saved, SaveError> {
        let payload = payload.as_ref();
        let length = payload.len();
        if length > MAX_PAYLOAD {
            return self.refuse(SaveError::TooLarge { length });
        }
        self.change(key, Some(record::encode(key, payload)))
    }

    /// Removes what is under `key`; it is no error if nothing is.
    ///
    /// # Errors
    /// As for [`save`](Store::save).
    pub fn delete(&self, key: &Key) -> Reply<Saved, SaveError> {
        self.change(key, None)
    }

    /// The payload under `key`, if there is one. It may not be durable yet.
    ///
    /// # Errors
    /// The reply is [`LoadError`] if the record is damaged or of a newer release, if the
    /// store is closed or has too much waiting, or if the disk failed.
    pub fn load(&self, key: &Key) -> Reply<Option<Vec<u8>>, LoadError> {
        let (asker, answer) = oneshot::channel();
        self.ask(Read::Load(key.clone(), asker), answer)
    }

    /// Every record that `prefix` matches. Records that cannot be used are listed, not
    /// an error of the scan.
    ///
    /// # Errors
    /// The reply is [`LoadError`] if the store is closed or has too much waiting, or if
    /// the disk failed.
    pub fn scan(&self, prefix: &Prefix) -> Reply<Scan, LoadError> {
        let (asker, answer) = oneshot::channel();
        self.ask(Read::Scan(prefix.clone(), asker), answer)
    }

    /// How the store is now.
    #[must_use]
    pub fn health(&self) -> Health {
        lock(&self.owner.shared.health).clone()
    }

    /// What the store has done since it was opened.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.owner.shared.counting.read()
    }

    /// Saves what is queued, closes the engine and returns when the directory can be
    /// opened again. Blocks for as long as the disk takes. Requests on other handles
    /// are refused from now on.
    pub fn close(self) {
        self.owner.begin_closing();
        let thread = lock(&self.owner.thread).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the store's thread has panicked; what was queued is not saved");
        }
    }

    /// [`save`](Store::save), for those who cannot wait: `answered` is called once, on the
    /// store's thread. It must be quick; a panic in it is caught.
    ///
    /// # Errors
    /// [`SaveError`] if nothing was queued; then `answered` is dropped without being called.
    pub fn save_then(
        &self,
        key: &Key,
        payload: impl AsRef<[u8]>,
        answered: impl FnOnce(Result<Saved, SaveError>) + Send + 'static,
    ) -> Result<(), SaveError> {
        let payload = payload.as_ref();
        let length = payload.len();
        let queued = if length > MAX_PAYLOAD {
            Err(SaveError::TooLarge { length })
        } else {
            let record = record::encode(key, payload);
            self.queue(key, Some(record), || Waiter::Call(Call::new(answered)))
        };
        queued.inspect_err(|_| self.count_refusal())
    }

    fn change(&self, key: &Key, record: Option<Vec<u8>>) -> Reply<Saved, SaveError> {
        let (waiter, answer) = oneshot::channel();
        match self.queue(key, record, || Waiter::Reply(waiter)) {
            Ok(()) => Reply::queued(answer),
            Err(error) => self.refuse(error),
        }
    }

    fn queue(
        &self,
        key: &Key,
        record: Option<Vec<u8>>,
        waiter: impl FnOnce() -> Waiter,
    ) -> Result<(), SaveError> {
        let shared = &self.owner.shared;
        let key = key.to_bytes();
        let mut lane = lock(&shared.lane);
        if lane.closing {
            return Err(SaveError::Closed);
        }
        let queued = lane.queue.write(key, record, waiter);
        drop(lane);
        queued.map_err(|full| SaveError::Full {
            entries: full.entries,
            bytes: full.bytes,
        })?;
        shared.queued.notify_one();
        Ok(())
    }

    fn count_refusal(&self) {
        self.owner.shared.counting.failed.fetch_add(1, Ordering::Relaxed);
    }

    fn refuse(&self, error: SaveError) -> Reply<Saved, SaveError> {
        self.count_refusal();
        Reply::refused(error)
    }

    fn ask<T>(&self, read: Read, answer: oneshot::Receiver<Result<T, LoadError>>) -> Reply<T, LoadError> {
        let shared = &self.owner.shared;
        let mut lane = lock(&shared.lane);
        if lane.closing {
            return Reply::refused(LoadError::Closed);
        }
        let queued = lane.queue.read(read);
        drop(lane);
        match queued {
            Ok(()) => {
                shared.queued.notify_one();
                Reply::queued(answer)
            }
            Err(full) => Reply::refused(LoadError::Full {
                entries: full.entries,
            }),
        }
    }
}

impl Owner {
    fn begin_closing(&self) {
        lock(&self.shared.lane).closing = true;
        self.shared.queued.notify_one();
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.begin_closing();
        let Some(thread) = lock(&self.thread).take() else {
            return;
        };
        if thread.thread().id() == thread::current().id() {
            return;
        }
        let lane = lock(&self.shared.lane);
        let (lane, _) = self
            .shared
            .ended
            .wait_timeout_while(lane, DROP_PATIENCE, |lane| !lane.ended)
            .unwrap_or_else(PoisonError::into_inner);
        let ended = lane.ended;
        drop(lane);
        if !ended {
            tracing::error!("the store's disk is too slow to close in time; its thread goes on alone");
        } else if thread.join().is_err() {
            tracing::error!("the store's thread has panicked; what was queued is not saved");
        }
    }
}
