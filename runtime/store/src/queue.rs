//! What waits for the store's thread: in order, merged per key, and bounded.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;

use crate::engine::Change;
use crate::error::{LoadError, SaveError};
use crate::key::{Key, Prefix};
use crate::limits::{MAX_QUEUED, MAX_QUEUED_BYTES};
use crate::reply::{Saved, Scan};

/// Who waits for a change to be acknowledged.
#[derive(Debug)]
pub(crate) enum Waiter {
    Reply(oneshot::Sender<Result<Saved, SaveError>>),
    Call(Call),
}

/// A function that is called once with the answer, on the store's thread; with "closed" if
/// the store ends before there is one.
pub(crate) struct Call(Option<Answered>);

type Answered = Box<dyn FnOnce(Result<Saved, SaveError>) + Send>;

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Call")
    }
}

impl Call {
    pub(crate) fn new(answered: impl FnOnce(Result<Saved, SaveError>) + Send + 'static) -> Self {
        Self(Some(Box::new(answered)))
    }

    fn answer(&mut self, answer: Result<Saved, SaveError>) {
        let Some(answered) = self.0.take() else { return };
        if catch_unwind(AssertUnwindSafe(|| answered(answer))).is_err() {
            tracing::error!("what was to be done after a save has panicked");
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.answer(Err(SaveError::Closed));
    }
}

impl Waiter {
    pub(crate) fn answer(self, answer: Result<Saved, SaveError>) {
        match self {
            // Who dropped the reply does not want to know.
            Self::Reply(sender) => drop(sender.send(answer)),
            Self::Call(mut call) => call.answer(answer),
        }
    }

    fn is_gone(&self) -> bool {
        matches!(self, Self::Reply(sender) if sender.is_closed())
    }
}

/// A question that is answered in its place among the changes.
#[derive(Debug)]
pub(crate) enum Read {
    Load(Key, oneshot::Sender<Result<Option<Vec<u8>>, LoadError>>),
    Scan(Prefix, oneshot::Sender<Result<Scan, LoadError>>),
}

/// One step of the store's thread.
#[derive(Debug)]
pub(crate) enum Step {
    Write(Run),
    Read(Read),
}

/// Changes with no question between them: the newest of each key.
#[derive(Debug, Default)]
pub(crate) struct Run {
    changes: BTreeMap<Vec<u8>, Newest>,
}

#[derive(Debug)]
struct Newest {
    /// The wrapped record, or nothing for a removal.
    record: Option<Vec<u8>>,
    waiters: Vec<Waiter>,
    /// Saves and deletes that were merged into this one, itself included.
    asked: u64,
}

/// A run, ready for the engine.
#[derive(Debug)]
pub(crate) struct Commit {
    pub(crate) batch: Vec<Change>,
    pub(crate) waiters: Vec<Waiter>,
    pub(crate) asked: u64,
}

impl Run {
    pub(crate) fn into_commit(self) -> Commit {
        let mut commit = Commit {
            batch: Vec::with_capacity(self.changes.len()),
            waiters: Vec::new(),
            asked: 0,
        };
        for (key, newest) in self.changes {
            commit.batch.push(match newest.record {
                Some(record) => Change::Put { key, record },
                None => Change::Remove { key },
            });
            commit.waiters.extend(newest.waiters);
            commit.asked += newest.asked;
        }
        commit
    }
}

/// The queue is full; what was to be queued was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full {
    pub(crate) entries: usize,
    pub(crate) bytes: usize,
}

/// Steps in the order in which they were asked for.
///
/// A change of a key that waits already takes its place and costs no entry, so a slow
/// disk makes the queue as long as the number of keys, not as the number of saves. A
/// question ends the run before it, so that it sees every earlier change and no later one.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    steps: VecDeque<Step>,
    entries: usize,
    bytes: usize,
}

impl Queue {
    /// Queues a change. The waiter is made only if the change is taken.
    pub(crate) fn write(
        &mut self,
        key: Vec<u8>,
        record: Option<Vec<u8>>,
        waiter: impl FnOnce() -> Waiter,
    ) -> Result<(), Full> {
        let size = record.as_ref().map_or(0, Vec::len);
        let waiting = match self.steps.back_mut() {
            Some(Step::Write(run)) => run.changes.get_mut(&key),
            _ => None,
        };
        let replaced = waiting
            .as_ref()
            .map(|newest| newest.record.as_ref().map_or(0, Vec::len));
        let (new_entries, new_bytes) = match replaced {
            Some(old) => (0, size.saturating_sub(old)),
            None => (1, key.len() + size),
        };
        if self.entries + new_entries > MAX_QUEUED || self.bytes + new_bytes > MAX_QUEUED_BYTES {
            return Err(self.full());
        }
        if let Some(newest) = waiting {
            self.bytes = self.bytes + size - replaced.unwrap_or(0);
            newest.record = record;
            newest.asked += 1;
            // Waiters that gave up would add up; looking only when the list must grow is cheap.
            if newest.waiters.len() == newest.waiters.capacity() {
                newest.waiters.retain(|waiter| !waiter.is_gone());
            }
            newest.waiters.push(waiter());
            return Ok(());
        }
        self.entries += 1;
        self.bytes += new_bytes;
        if !matches!(self.steps.back(), Some(Step::Write(_))) {
            self.steps.push_back(Step::Write(Run::default()));
        }
        if let Some(Step::Write(run)) = self.steps.back_mut() {
            run.changes.insert(
                key,
                Newest {
                    record,
                    waiters: vec![waiter()],
                    asked: 1,
                },
            );
        }
        Ok(())
    }

    pub(crate) fn read(&mut self, read: Read) -> Result<(), Full> {
        if self.entries >= MAX_QUEUED {
            return Err(self.full());
        }
        self.entries += 1;
        self.steps.push_back(Step::Read(read));
        Ok(())
    }

    /// Takes everything that waits.
    pub(crate) fn take(&mut self) -> VecDeque<Step> {
        std::mem::take(self).steps
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Keys with a change and questions.
    pub(crate) fn entries(&self) -> usize {
        self.entries
    }

    fn full(&self) -> Full {
        Full {
            entries: self.entries,
            bytes: self.bytes,
        }
    }
}

#[cfg(test)]
mod tests;
