//! The engine that forgets: records in a map.

use std::collections::BTreeMap;

use crate::engine::{Change, Engine, Records};
use crate::error::EngineError;

/// Keeps records in memory for as long as it lives. It never fails.
#[derive(Debug, Default)]
pub struct Memory {
    records: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Memory {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Engine for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn is_durable(&self) -> bool {
        false
    }

    fn load(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        Ok(self.records.get(key).cloned())
    }

    fn apply(&mut self, batch: &[Change]) -> Result<(), EngineError> {
        for change in batch {
            match change {
                Change::Put { key, record } => self.records.insert(key.clone(), record.clone()),
                Change::Remove { key } => self.records.remove(key),
            };
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), EngineError> {
        Ok(())
    }

    fn scan(&mut self, prefix: &[u8]) -> Result<Records, EngineError> {
        let from = self.records.range(prefix.to_vec()..);
        Ok(from
            .take_while(|(key, _)| key.starts_with(prefix))
            .map(|(key, record)| (key.clone(), record.clone()))
            .collect())
    }
}
