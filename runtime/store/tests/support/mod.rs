//! An engine for tests that counts, fails and waits as it is told.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use hedgerow_store::{
    Change, Engine, EngineError, Key, Memory, OpenError, Opened, Operation, Records, Store,
};

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

    fn open(&self) -> Result<Opened, OpenError> {
        let refusals = &self.inner.refuse_open;
        if refusals
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
            .is_ok()
        {
            return Err(OpenError::Locked { dir: "double".into() });
        }
        self.inner.opens.fetch_add(1, Ordering::SeqCst);
        Ok(Opened {
            engine: Box::new(Double {
                control: self.clone(),
            }),
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
