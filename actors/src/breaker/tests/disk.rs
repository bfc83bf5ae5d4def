//! A disk that is slow or broken when a test says so.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex};

use hedgerow_store::{Change, Engine, EngineError, Opened, Operation, Records, Store};

#[derive(Clone, Default)]
pub(crate) struct Disk(Arc<(Mutex<Inner>, Condvar)>);

#[derive(Default)]
struct Inner {
    records: BTreeMap<Vec<u8>, Vec<u8>>,
    held: bool,
    writes_held: bool,
    broken: bool,
    tries: u64,
    asked: u64,
    writes: u64,
}

impl Disk {
    pub(crate) fn store(&self) -> Store {
        let disk = self.clone();
        Store::with_engine(move || {
            Ok(Opened {
                engine: Box::new(disk.clone()),
                set_aside: None,
            })
        })
    }

    /// From now on nothing is answered.
    pub(crate) fn hold(&self) {
        self.change(|inner| inner.held = true);
    }

    /// From now on it is read, and nothing is written.
    pub(crate) fn hold_writes(&self) {
        self.change(|inner| inner.writes_held = true);
    }

    /// What waits is answered.
    pub(crate) fn release(&self) {
        self.change(|inner| (inner.held, inner.writes_held) = (false, false));
    }

    /// From now on every write fails.
    pub(crate) fn break_down(&self) {
        self.change(|inner| inner.broken = true);
    }

    pub(crate) fn mend(&self) {
        self.change(|inner| inner.broken = false);
    }

    /// Batches that were to be written so far, also in vain.
    pub(crate) fn tries(&self) -> u64 {
        self.0.0.lock().unwrap().tries
    }

    /// Questions that have reached it so far, answered or not.
    pub(crate) fn asked(&self) -> u64 {
        self.0.0.lock().unwrap().asked
    }

    /// Batches that have reached it so far, written or not.
    pub(crate) fn writes(&self) -> u64 {
        self.0.0.lock().unwrap().writes
    }

    fn change(&self, change: impl FnOnce(&mut Inner)) {
        change(&mut self.0.0.lock().unwrap());
        self.0.1.notify_all();
    }

    fn answer<T>(&self, answer: impl FnOnce(&mut Inner) -> T) -> T {
        let inner = self.0.0.lock().unwrap();
        let mut inner = self.0.1.wait_while(inner, |inner| inner.held).unwrap();
        answer(&mut inner)
    }
}

impl Engine for Disk {
    fn name(&self) -> &'static str {
        "double"
    }

    fn is_durable(&self) -> bool {
        true
    }

    fn load(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        self.change(|inner| inner.asked += 1);
        self.answer(|inner| Ok(inner.records.get(key).cloned()))
    }

    fn apply(&mut self, batch: &[Change]) -> Result<(), EngineError> {
        self.change(|inner| inner.writes += 1);
        let inner = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(inner, |inner| inner.writes_held).unwrap());
        self.answer(|inner| {
            inner.tries += 1;
            if inner.broken {
                return Err(EngineError::Io {
                    operation: Operation::Apply,
                    kind: io::ErrorKind::StorageFull,
                    detail: "no space".into(),
                });
            }
            for change in batch {
                match change {
                    Change::Put { key, record } => inner.records.insert(key.clone(), record.clone()),
                    Change::Remove { key } => inner.records.remove(key),
                };
            }
            Ok(())
        })
    }

    fn flush(&mut self) -> Result<(), EngineError> {
        Ok(())
    }

    fn scan(&mut self, prefix: &[u8]) -> Result<Records, EngineError> {
        self.change(|inner| inner.asked += 1);
        self.answer(|inner| {
            let records = inner.records.iter();
            let records = records.filter(|(key, _)| key.starts_with(prefix));
            Ok(records
                .map(|(key, record)| (key.clone(), record.clone()))
                .collect())
        })
    }
}
