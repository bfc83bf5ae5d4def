//! An engine for tests that counts, fails and waits as it is told, and waiting for a state.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hedgerow_store::{
    Change, Engine, EngineError, Key, Memory, OpenError, Opened, Operation, Records, Store, decode,
};

/// A test that waits longer than this has failed. Far more than anything takes, also on a machine with other work.
const PATIENCE: Duration = Duration::from_secs(60);

/// Looks until what is seen passes, with a short pause between two looks.
#[expect(clippy::disallowed_methods, reason = "stores live in real time")]
pub(crate) fn until<T: std::fmt::Debug>(
    what: &str,
    mut see: impl FnMut() -> T,
    passes: impl Fn(&T) -> bool,
) -> T {
    let begun = Instant::now();
    loop {
        let seen = see();
        if passes(&seen) {
            return seen;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "waited in vain for {what}; seen last: {seen:?}"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Waits until the store works and everything that it held is on its disk.
pub(crate) fn until_well(store: &Store) {
    until(
        "a store that is well",
        || store.health(),
        |health| health.durable && health.problem.is_none() && health.held == 0,
    );
}

pub(crate) fn key(name: &str) -> Key {
    Key::new("breaker", name, ["endpoint", "127.0.0.1:9001"]).expect("the test's key is valid")
}

/// What the test does to an engine from outside.
#[derive(Clone, Default)]
pub(crate) struct Control {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    records: Mutex<Memory>,
    faults: Mutex<Vec<(Operation, Fault)>>,
    broken: AtomicBool,
    tries: AtomicUsize,
    held: Mutex<Option<(SyncSender<()>, Receiver<()>)>>,
    opens: AtomicUsize,
    flushes: AtomicUsize,
    refuse_open: AtomicUsize,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Fault {
    Error,
    Panic,
}

/// Holds the store's thread inside its next flush.
pub(crate) struct Hold {
    arrived: Receiver<()>,
    release: SyncSender<()>,
}

impl Hold {
    /// Returns when the store's thread is inside the flush.
    pub(crate) fn arrived(&self) {
        self.arrived.recv().expect("the store flushes");
    }

    pub(crate) fn release(self) {
        self.release.send(()).expect("the store waits");
    }
}

impl Control {
    /// A store on a double that this controls. Its records outlive its incarnations.
    pub(crate) fn store(&self) -> Store {
        let control = self.clone();
        Store::with_engine(move || control.open())
    }

    /// From now on every operation fails, and so does every opening.
    pub(crate) fn break_down(&self) {
        self.inner.broken.store(true, Ordering::SeqCst);
    }

    /// From now on nothing fails.
    pub(crate) fn mend(&self) {
        self.inner.broken.store(false, Ordering::SeqCst);
    }

    /// Another disk with the same records.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::default();
        let records = self
            .records(|records| records.scan(b""))
            .expect("memory never fails");
        let puts: Vec<_> = records
            .into_iter()
            .map(|(key, record)| Change::Put { key, record })
            .collect();
        copy.records(|records| records.apply(&puts))
            .expect("memory never fails");
        copy
    }

    /// What is on the disk under the key of this name, whether or not the disk answers.
    pub(crate) fn on_disk(&self, name: &str) -> Option<String> {
        let key = key(name);
        let record = self.records(|records| records.load(key.to_string().as_bytes()));
        let record = record.expect("memory never fails")?;
        let payload = decode(&key, &record).expect("the record is whole");
        Some(String::from_utf8_lossy(payload).into_owned())
    }

    /// How often it was opened, also in vain.
    pub(crate) fn tries(&self) -> usize {
        self.inner.tries.load(Ordering::SeqCst)
    }

    /// An engine on the same records.
    pub(crate) fn engine(&self) -> Box<dyn Engine> {
        Box::new(Double {
            control: self.clone(),
        })
    }

    fn open(&self) -> Result<Opened, OpenError> {
        self.inner.tries.fetch_add(1, Ordering::SeqCst);
        if self.inner.broken.load(Ordering::SeqCst) {
            return Err(OpenError::Io {
                path: "double".into(),
                kind: io::ErrorKind::StorageFull,
                detail: "told to fail".to_owned(),
            });
        }
        let refusals = &self.inner.refuse_open;
        if refusals
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
            .is_ok()
        {
            return Err(OpenError::Locked { dir: "double".into() });
        }
        self.inner.opens.fetch_add(1, Ordering::SeqCst);
        Ok(Opened {
            engine: self.engine(),
            set_aside: None,
        })
    }

    /// Fails the next `operation`.
    pub(crate) fn fail_next(&self, operation: Operation, fault: Fault) {
        self.inner
            .faults
            .lock()
            .expect("no test panics here")
            .push((operation, fault));
    }

    pub(crate) fn refuse_opens(&self, times: usize) {
        self.inner.refuse_open.store(times, Ordering::SeqCst);
    }

    pub(crate) fn hold_next_flush(&self) -> Hold {
        let (arrive, arrived) = sync_channel(1);
        let (release, released) = sync_channel(1);
        *self.inner.held.lock().expect("no test panics here") = Some((arrive, released));
        Hold { arrived, release }
    }

    pub(crate) fn opens(&self) -> usize {
        self.inner.opens.load(Ordering::SeqCst)
    }

    pub(crate) fn flushes(&self) -> usize {
        self.inner.flushes.load(Ordering::SeqCst)
    }

    fn fault(&self, operation: Operation) -> Result<(), EngineError> {
        if self.inner.broken.load(Ordering::SeqCst) {
            return Err(EngineError::Io {
                operation,
                kind: io::ErrorKind::StorageFull,
                detail: "told to fail".to_owned(),
            });
        }
        let mut faults = self.inner.faults.lock().expect("no test panics here");
        let Some(at) = faults.iter().position(|(of, _)| *of == operation) else {
            return Ok(());
        };
        let (_, fault) = faults.remove(at);
        drop(faults);
        assert!(fault == Fault::Error, "the double panics as it was told");
        Err(EngineError::Io {
            operation,
            kind: io::ErrorKind::StorageFull,
            detail: "told to fail".to_owned(),
        })
    }

    fn records<T>(&self, work: impl FnOnce(&mut Memory) -> T) -> T {
        work(&mut self.inner.records.lock().expect("no test panics here"))
    }
}

struct Double {
    control: Control,
}

impl Engine for Double {
    fn name(&self) -> &'static str {
        "double"
    }

    fn is_durable(&self) -> bool {
        true
    }

    fn load(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        self.control.fault(Operation::Load)?;
        self.control.records(|records| records.load(key))
    }

    fn apply(&mut self, batch: &[Change]) -> Result<(), EngineError> {
        self.control.fault(Operation::Apply)?;
        self.control.records(|records| records.apply(batch))
    }

    fn flush(&mut self) -> Result<(), EngineError> {
        let held = self
            .control
            .inner
            .held
            .lock()
            .expect("no test panics here")
            .take();
        if let Some((arrive, released)) = held {
            arrive.send(()).expect("the test waits");
            released.recv().expect("the test releases");
        }
        self.control.fault(Operation::Flush)?;
        self.control.inner.flushes.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn scan(&mut self, prefix: &[u8]) -> Result<Records, EngineError> {
        self.control.fault(Operation::Scan)?;
        self.control.records(|records| records.scan(prefix))
    }
}
