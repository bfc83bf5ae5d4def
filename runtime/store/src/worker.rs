//! The store's thread: it alone touches the engine.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::engine::{Engine, Opened, Records, SetAside};
use crate::error::{EngineError, LoadError, OpenError, Operation, SaveError};
use crate::health::{Counting, Health, Problem};
use crate::key::{Key, Prefix};
use crate::queue::{Commit, Queue, Read, Step};
use crate::record;
use crate::reply::{Saved, Scan};
use crate::sled::message;

/// Opens the engine at the start and after each failure.
pub(crate) type Opener = Box<dyn FnMut() -> Result<Opened, OpenError> + Send>;

/// What the handles and the thread share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) lane: Mutex<Lane>,
    /// Rung when a step is queued or the store is closing.
    pub(crate) queued: Condvar,
    /// Rung when the thread has ended.
    pub(crate) ended: Condvar,
    pub(crate) health: Mutex<Health>,
    pub(crate) counting: Counting,
}

/// The way to the thread.
#[derive(Debug, Default)]
pub(crate) struct Lane {
    pub(crate) queue: Queue,
    pub(crate) closing: bool,
    pub(crate) ended: bool,
}

/// A panic inside these locks leaves plain data that is whole after every statement.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Marks the end of the thread, even by a panic, so that nobody waits for it in vain.
struct Ending(Arc<Shared>);

impl Drop for Ending {
    fn drop(&mut self) {
        let mut lane = lock(&self.0.lane);
        lane.closing = true;
        lane.ended = true;
        // Dropping the steps answers those who wait with "closed".
        let unanswered = lane.queue.take();
        drop(lane);
        drop(unanswered);
        self.0.ended.notify_all();
    }
}

pub(crate) struct Worker {
    shared: Arc<Shared>,
    engine: Option<Box<dyn Engine>>,
    opener: Opener,
}

impl Worker {
    pub(crate) fn new(shared: Arc<Shared>, engine: Box<dyn Engine>, opener: Opener) -> Self {
        Self {
            shared,
            engine: Some(engine),
            opener,
        }
    }

    /// Serves until the store is closed and the queue is empty.
    pub(crate) fn run(mut self) {
        // Declared first, so it ends last: the engine is closed before anyone hears of it.
        let _ending = Ending(Arc::clone(&self.shared));
        while let Some(steps) = self.next() {
            self.serve(steps);
        }
        self.discard_engine();
    }

    fn next(&self) -> Option<VecDeque<Step>> {
        let mut lane = lock(&self.shared.lane);
        while lane.queue.is_empty() {
            if lane.closing {
                return None;
            }
            lane = self
                .shared
                .queued
                .wait(lane)
                .unwrap_or_else(PoisonError::into_inner);
        }
        Some(lane.queue.take())
    }

    /// Group commit: every change that waited goes to the engine, then one flush, then
    /// everyone is answered. A failure anywhere fails all changes of the group, since an
    /// engine that was opened anew knows nothing of what the old one had not flushed.
    fn serve(&mut self, steps: VecDeque<Step>) {
        let mut waiters = Vec::new();
        let mut asked = 0;
        let mut failure = None;
        for step in steps {
            match step {
                Step::Write(run) => {
                    let Commit {
                        batch,
                        waiters: waiting,
                        asked: more,
                    } = run.into_commit();
                    waiters.extend(waiting);
                    asked += more;
                    if failure.is_none() {
                        failure = self
                            .with_engine(Operation::Apply, |engine| engine.apply(&batch))
                            .err();
                    }
                }
                Step::Read(read) => {
                    let lost = self.answer(read);
                    if asked > 0 {
                        failure = failure.or(lost);
                    }
                }
            }
        }
        if asked == 0 {
            return;
        }
        let flushed = match failure {
            Some(problem) => Err(problem),
            None => self.with_engine(Operation::Flush, |engine| {
                engine.flush()?;
                Ok(if engine.is_durable() {
                    Saved::Durable
                } else {
                    Saved::InMemory
                })
            }),
        };
        let counting = &self.shared.counting;
        let answer = match flushed {
            Ok(saved) => {
                counting.saved.fetch_add(asked, Ordering::Relaxed);
                counting.commits.fetch_add(1, Ordering::Relaxed);
                self.recovered();
                Ok(saved)
            }
            Err(problem) => {
                counting.failed.fetch_add(asked, Ordering::Relaxed);
                Err(SaveError::Failed(problem))
            }
        };
        for waiter in waiters {
            // Who dropped the reply does not want to know.
            let _ = waiter.send(answer.clone());
        }
    }

    /// Answers a question, and returns the problem if the engine was lost over it.
    fn answer(&mut self, read: Read) -> Option<Problem> {
        match read {
            Read::Load(key, asker) => {
                let found = self.with_engine(Operation::Load, |engine| engine.load(&key.to_bytes()));
                let lost = found.as_ref().err().cloned();
                let _ = asker.send(
                    found
                        .map_err(LoadError::Failed)
                        .and_then(|found| unwrap(&key, found)),
                );
                lost
            }
            Read::Scan(prefix, asker) => {
                let found = self.with_engine(Operation::Scan, |engine| engine.scan(&prefix.to_bytes()));
                let lost = found.as_ref().err().cloned();
                let _ = asker.send(found.map(|found| sift(&prefix, found)).map_err(LoadError::Failed));
                lost
            }
        }
    }

    /// Runs `work` on the engine, opening it first if the last one failed. An engine
    /// that returns an error or panics is dropped.
    fn with_engine<T>(
        &mut self,
        operation: Operation,
        work: impl FnOnce(&mut dyn Engine) -> Result<T, EngineError>,
    ) -> Result<T, Problem> {
        let engine = match &mut self.engine {
            Some(engine) => engine,
            slot => match (self.opener)() {
                Ok(opened) => {
                    if let Some(set_aside) = opened.set_aside {
                        report_set_aside(&set_aside);
                        lock(&self.shared.health).set_aside = Some(set_aside);
                    }
                    slot.insert(opened.engine)
                }
                Err(error) => return Err(self.failed(Problem::Open(error))),
            },
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| work(engine.as_mut()))).unwrap_or_else(|panic| {
            Err(EngineError::Panicked {
                operation,
                detail: message(panic.as_ref()),
            })
        });
        outcome.map_err(|error| {
            self.discard_engine();
            self.failed(Problem::Engine(error))
        })
    }

    fn discard_engine(&mut self) {
        let engine = self.engine.take();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(engine))) {
            tracing::error!(
                detail = message(panic.as_ref()),
                "the store's engine panicked while it was closed"
            );
        }
    }

    /// Shows the problem, and logs it if the store was well until now.
    fn failed(&self, problem: Problem) -> Problem {
        let mut health = lock(&self.shared.health);
        if health.problem.is_none() {
            tracing::error!(%problem, backend = health.backend, "the store has failed; state is not being saved");
        }
        health.problem = Some(problem.clone());
        health.durable = false;
        problem
    }

    /// Clears a problem of the engine in use. One that made the store start in memory stays.
    fn recovered(&self) {
        let Some(engine) = &self.engine else { return };
        let mut health = lock(&self.shared.health);
        if engine.is_durable() != health.durable || engine.name() != health.backend {
            tracing::info!(backend = engine.name(), "the store saves again");
            health.backend = engine.name();
            health.durable = engine.is_durable();
            health.problem = None;
        }
    }
}

/// Says once that a damaged directory was replaced by an empty one.
pub(crate) fn report_set_aside(set_aside: &SetAside) {
    tracing::error!(
        to = %set_aside.to.display(),
        cause = %set_aside.cause,
        "the store was damaged and starts empty; the damaged one was moved aside"
    );
}

fn unwrap(key: &Key, found: Option<Vec<u8>>) -> Result<Option<Vec<u8>>, LoadError> {
    let payload = found
        .map(|record| record::decode(key, &record).map(<[u8]>::to_vec))
        .transpose()?;
    Ok(payload)
}

fn sift(prefix: &Prefix, found: Records) -> Scan {
    let mut scan = Scan::default();
    for (encoded, record) in found {
        let text = String::from_utf8_lossy(&encoded);
        match Key::parse(&text) {
            Ok(key) if !prefix.matches(&key) => {}
            Ok(key) => match record::decode(&key, &record).map(<[u8]>::to_vec) {
                Ok(payload) => scan.records.push((key, payload)),
                Err(error) => scan.unusable.push(error),
            },
            Err(error) => scan.unusable.push(record::RecordError::Damaged {
                key: text.into_owned(),
                why: error.to_string(),
            }),
        }
    }
    scan
}
