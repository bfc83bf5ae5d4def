//! The store's thread: it alone touches the engine.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::engine::{Change, Engine, Opened, Records, SetAside};
use crate::error::Problem;
use crate::error::{EngineError, LoadError, OpenError, Operation, SaveError};
use crate::held::{Held, NoRoom};
use crate::key::{Key, Prefix};
use crate::lane::{Ending, Lane, Shared, lock};
use crate::queue::{Read, Step, Waiter};
use crate::record;
use crate::reply::{Saved, Scan};
use crate::retry::Retry;
use crate::sled::message;

/// A pause in which nothing more was queued ends the gathering of a group.
const GATHER: Duration = Duration::from_micros(5);

/// The longest that a group is gathered.
const GATHER_AT_MOST: Duration = Duration::from_micros(200);

/// Opens the engine at the start and after each failure.
pub(crate) type Opener = Box<dyn FnMut() -> Result<Opened, OpenError> + Send>;

pub(crate) struct Worker {
    shared: Arc<Shared>,
    /// None while the disk fails.
    engine: Option<Box<dyn Engine>>,
    opener: Opener,
    /// What is not on the disk; empty while there is an engine.
    held: Held,
    /// Set exactly while there is no engine.
    outage: Option<Outage>,
}

/// While there is no engine.
struct Outage {
    problem: Problem,
    retry: Retry,
    due: Instant,
}

impl Outage {
    fn new(problem: Problem) -> Self {
        let mut outage = Self {
            problem,
            retry: Retry::default(),
            due: now(),
        };
        outage.pause();
        outage
    }

    fn pause(&mut self) {
        self.due = now() + self.retry.pause();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "on the store's own thread, which has no mesh's clock"
)]
fn now() -> Instant {
    Instant::now()
}

/// The changes of one group, until they are flushed.
#[derive(Default)]
struct Group {
    waiters: Vec<Waiter>,
    asked: u64,
    unflushed: Vec<Change>,
    failure: Option<SaveError>,
}

impl Worker {
    /// A worker on the engine that was opened, or without one for the reason given.
    pub(crate) fn new(shared: Arc<Shared>, engine: Result<Box<dyn Engine>, Problem>, opener: Opener) -> Self {
        let (engine, outage) = match engine {
            Ok(engine) => (Some(engine), None),
            Err(problem) => {
                let mut outage = Outage::new(problem);
                // It was tried a moment ago.
                outage.pause();
                (None, Some(outage))
            }
        };
        Self {
            shared,
            engine,
            opener,
            held: Held::default(),
            outage,
        }
    }

    /// Serves until the store is closed and the queue is empty.
    pub(crate) fn run(mut self) {
        // Declared first, so it ends last: the engine is closed before anyone hears of it.
        let _ending = Ending(Arc::clone(&self.shared));
        while let Some(steps) = self.next() {
            if self.outage.as_ref().is_some_and(|outage| outage.due <= now()) {
                self.resume();
            }
            self.serve(steps);
        }
        if self.outage.is_some() && self.held.len() > 0 {
            self.resume();
        }
        if self.held.len() > 0 {
            tracing::error!(
                records = self.held.len(),
                "the store is closed while its disk fails; what was held in memory is lost"
            );
        }
        self.discard_engine();
    }

    /// Waits for steps, or until the disk is to be tried again; then there may be none.
    fn next(&self) -> Option<VecDeque<Step>> {
        let mut lane = lock(&self.shared.lane);
        while lane.queue.is_empty() {
            if lane.closing {
                return None;
            }
            lane = match &self.outage {
                None => self
                    .shared
                    .queued
                    .wait(lane)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(outage) => {
                    let pause = outage.due.saturating_duration_since(now());
                    if pause.is_zero() {
                        break;
                    }
                    let waited = self.shared.queued.wait_timeout(lane, pause);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        Some(self.gather(lane).queue.take())
    }

    /// Waits while more is coming: those who save at the same moment shall share a flush,
    /// which takes a hundred times as long.
    fn gather<'a>(&'a self, mut lane: MutexGuard<'a, Lane>) -> MutexGuard<'a, Lane> {
        let begun = now();
        let mut entries = lane.queue.entries();
        while !lane.closing && now() - begun < GATHER_AT_MOST {
            drop(lane);
            let since = now();
            while now() - since < GATHER {
                std::thread::yield_now();
            }
            lane = lock(&self.shared.lane);
            if lane.queue.entries() == entries {
                break;
            }
            entries = lane.queue.entries();
        }
        lane
    }

    /// Group commit: every change that waited goes to the engine, then one flush, then
    /// everyone is answered. A failure anywhere fails all changes of the group, since an
    /// engine that was opened anew knows nothing of what the old one had not flushed.
    fn serve(&mut self, steps: VecDeque<Step>) {
        let mut group = Group::default();
        for step in steps {
            match step {
                Step::Write(run) => {
                    let commit = run.into_commit();
                    group.waiters.extend(commit.waiters);
                    group.asked += commit.asked;
                    let applied = self.with_engine(Operation::Apply, |engine| engine.apply(&commit.batch));
                    group.unflushed.extend(commit.batch);
                    if let Err(problem) = applied {
                        self.hold(&mut group, problem);
                    }
                }
                Step::Read(read) => {
                    let lost = self.answer(read).filter(|_| group.asked > 0);
                    if let Some(problem) = lost {
                        self.hold(&mut group, problem);
                    }
                }
            }
        }
        if group.asked == 0 {
            return;
        }
        let flushed = match group.failure.take() {
            Some(error) => Err(error),
            None => self.with_engine(Operation::Flush, flush).map_err(|problem| {
                self.hold(&mut group, problem.clone());
                group.failure.take().unwrap_or(SaveError::Failed(problem))
            }),
        };
        let counting = &self.shared.counting;
        if flushed.is_ok() {
            counting.saved.fetch_add(group.asked, Ordering::Relaxed);
            counting.commits.fetch_add(1, Ordering::Relaxed);
        } else {
            counting.failed.fetch_add(group.asked, Ordering::Relaxed);
        }
        // Who waits for several waits for the first first: when it wakes, all are answered.
        for waiter in group.waiters.into_iter().rev() {
            waiter.answer(flushed.clone());
        }
    }

    /// Takes the group's changes into memory, and fails the group.
    fn hold(&mut self, group: &mut Group, problem: Problem) {
        let mut failure = SaveError::Failed(problem);
        for change in group.unflushed.drain(..) {
            if let Err(NoRoom { entries, bytes }) = self.held.put(change) {
                failure = SaveError::NoRoom { entries, bytes };
            }
        }
        group.failure = Some(failure);
        lock(&self.shared.health).held = self.held.len();
    }

    /// Answers a question, and returns the problem if it could not be answered.
    fn answer(&mut self, read: Read) -> Option<Problem> {
        match read {
            Read::Load(key, asker) => {
                let encoded = key.to_bytes();
                let found = match self.held.get(&encoded) {
                    Some(held) => Ok(held.map(<[u8]>::to_vec)),
                    None => self.with_engine(Operation::Load, |engine| engine.load(&encoded)),
                };
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

    /// Runs `work` on the engine. An engine that returns an error or panics is dropped,
    /// and an outage begins.
    fn with_engine<T>(
        &mut self,
        operation: Operation,
        work: impl FnOnce(&mut dyn Engine) -> Result<T, EngineError>,
    ) -> Result<T, Problem> {
        let engine = match (&mut self.engine, &self.outage) {
            (Some(engine), _) => engine,
            (None, Some(outage)) => return Err(outage.problem.clone()),
            (None, None) => unreachable!("an engine that was lost leaves an outage"),
        };
        attempt(engine.as_mut(), operation, work).map_err(|error| {
            let problem = Problem::Engine(error);
            tracing::error!(%problem, "the store has failed; it serves from memory and tries again");
            self.discard_engine();
            self.outage = Some(Outage::new(problem.clone()));
            let mut health = lock(&self.shared.health);
            health.problem = Some(problem.clone());
            health.last_problem = Some(problem.clone());
            health.outages += 1;
            health.durable = false;
            drop(health);
            problem
        })
    }

    /// Opens the engine anew and brings to the disk what is held. Only then is the outage over.
    fn resume(&mut self) {
        let (engine, set_aside) = match (self.opener)() {
            Ok(Opened { engine, set_aside }) => (engine, set_aside),
            Err(error) => return self.still_out(Problem::Open(error)),
        };
        if let Some(set_aside) = set_aside {
            report_set_aside(&set_aside);
            lock(&self.shared.health).set_aside = Some(set_aside);
        }
        let engine = self.engine.insert(engine);
        let outcome = self
            .held
            .batches()
            .iter()
            .try_for_each(|batch| attempt(engine.as_mut(), Operation::Apply, |engine| engine.apply(batch)))
            .and_then(|()| attempt(engine.as_mut(), Operation::Flush, flush));
        let (name, durable) = (engine.name(), engine.is_durable());
        if let Err(error) = outcome {
            self.discard_engine();
            return self.still_out(Problem::Engine(error));
        }
        tracing::info!(
            backend = name,
            records = self.held.len(),
            "the store saves again, and what was held in memory is saved"
        );
        let mut health = lock(&self.shared.health);
        health.backend = name;
        health.durable = durable;
        health.problem = None;
        health.held = 0;
        drop(health);
        self.held = Held::default();
        self.outage = None;
    }

    fn still_out(&mut self, problem: Problem) {
        let mut health = lock(&self.shared.health);
        health.problem = Some(problem.clone());
        health.last_problem = Some(problem.clone());
        drop(health);
        if let Some(outage) = &mut self.outage {
            outage.problem = problem;
            outage.pause();
        }
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
}

/// Runs `work`; a panic is an error like others.
fn attempt<T>(
    engine: &mut dyn Engine,
    operation: Operation,
    work: impl FnOnce(&mut dyn Engine) -> Result<T, EngineError>,
) -> Result<T, EngineError> {
    catch_unwind(AssertUnwindSafe(|| work(engine))).unwrap_or_else(|panic| {
        Err(EngineError::Panicked {
            operation,
            detail: message(panic.as_ref()),
        })
    })
}

fn flush(engine: &mut dyn Engine) -> Result<Saved, EngineError> {
    engine.flush()?;
    Ok(if engine.is_durable() {
        Saved::Durable
    } else {
        Saved::InMemory
    })
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
