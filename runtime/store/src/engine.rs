//! The port: what a store needs from an engine, and what opening one returns.

use std::path::PathBuf;

use crate::error::{EngineError, OpenError};

/// One change of one key, in the engine's own terms: encoded keys, wrapped records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Write `record` under `key`, whatever was there.
    Put {
        /// The encoded key.
        key: Vec<u8>,
        /// The wrapped record.
        record: Vec<u8>,
    },
    /// Remove `key`; no error if it is not there.
    Remove {
        /// The encoded key.
        key: Vec<u8>,
    },
}

/// Encoded keys and wrapped records, in the order of the keys' bytes.
pub type Records = Vec<(Vec<u8>, Vec<u8>)>;

/// Where records live. Synchronous, and called only from the store's own thread.
///
/// After an error or a panic the store drops the engine and opens a new one, because
/// neither sled nor a file system promises anything about a handle that has failed.
pub trait Engine: Send {
    /// The name shown in [`Health`](crate::Health), for example `sled`.
    fn name(&self) -> &'static str;

    /// Whether what [`flush`](Engine::flush) acknowledges survives the process.
    fn is_durable(&self) -> bool;

    /// The record under `key`, if there is one, with every applied change visible.
    ///
    /// # Errors
    /// If the record cannot be read.
    fn load(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError>;

    /// Applies all changes, in order, or none of them.
    ///
    /// # Errors
    /// If the changes cannot be applied; whether they were is then unknown.
    fn apply(&mut self, batch: &[Change]) -> Result<(), EngineError>;

    /// Returns when everything applied before is as safe as this engine makes it.
    ///
    /// # Errors
    /// If that cannot be said; what was applied since the last flush is then unknown.
    fn flush(&mut self) -> Result<(), EngineError>;

    /// All keys that begin with `prefix`, in the order of their bytes, with records.
    ///
    /// # Errors
    /// If the records cannot be read.
    fn scan(&mut self, prefix: &[u8]) -> Result<Records, EngineError>;
}

/// An engine that was opened, and what had to be moved out of its way.
pub struct Opened {
    /// The engine, ready for use.
    pub engine: Box<dyn Engine>,
    /// The damaged directory that was moved aside, if there was one.
    pub set_aside: Option<SetAside>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened")
            .field("engine", &self.engine.name())
            .field("set_aside", &self.set_aside)
            .finish()
    }
}

/// A damaged directory that was moved aside, with everything in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// Where it is now.
    pub to: PathBuf,
    /// Why it could not be used.
    pub cause: OpenError,
}
