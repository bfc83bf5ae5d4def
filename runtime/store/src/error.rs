//! What can go wrong, who says so, and what to do about it.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::limits::{MAX_HELD_BYTES, MAX_PAYLOAD, MAX_QUEUED, MAX_QUEUED_BYTES};
use crate::record::RecordError;

/// Why a directory could not be opened as a store.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another store, in this process or another one, has the directory open.
    #[error("store directory {} is in use by another store; stop the other process or give this one a directory of its own", dir.display())]
    Locked {
        /// The directory.
        dir: PathBuf,
    },
    /// The directory, or the disk under it, may not be written.
    #[error("store path {} may not be read and written ({detail}); give this user the right to, or choose another directory", path.display())]
    Permission {
        /// The file or directory that was refused.
        path: PathBuf,
        /// What the system said.
        detail: String,
    },
    /// The directory holds files that are not a store's.
    #[error("directory {} holds {found:?}, which is no part of a store; choose an empty or new directory", dir.display())]
    Foreign {
        /// The directory.
        dir: PathBuf,
        /// The first entry that does not belong.
        found: String,
    },
    /// A newer release made the store.
    #[error("store directory {} was made by a newer release (it says {found:?}, this one reads {expected:?}); run the newer release or choose another directory", dir.display())]
    Newer {
        /// The directory.
        dir: PathBuf,
        /// What its format file says.
        found: String,
        /// What this build writes.
        expected: String,
    },
    /// What is stored cannot be used.
    #[error("store directory {} is damaged ({detail}); restore it from a copy, or start with an empty one", dir.display())]
    Damaged {
        /// The directory.
        dir: PathBuf,
        /// What was observed.
        detail: String,
    },
    /// Any other answer of the system.
    #[error("store path {} cannot be opened ({detail}); check the disk: space, mount, cables", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The system's answer by kind.
        kind: io::ErrorKind,
        /// The system's answer in words.
        detail: String,
    },
}

/// What an engine was doing when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// Reading one record.
    Load,
    /// Reading many records.
    Scan,
    /// Applying a batch.
    Apply,
    /// Making applied changes safe.
    Flush,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Load => "load",
            Self::Scan => "scan",
            Self::Apply => "apply",
            Self::Flush => "flush",
        })
    }
}

/// Why an engine could not do what it was asked. The store then opens it anew.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The disk refused.
    #[error(
        "store {operation} failed ({detail}); check the disk: space, mount, cables; it is tried again by itself"
    )]
    Io {
        /// What was being done.
        operation: Operation,
        /// The system's answer by kind.
        kind: io::ErrorKind,
        /// The system's answer in words.
        detail: String,
    },
    /// What was read makes no sense to the engine.
    #[error(
        "store {operation} found damage ({detail}); restore the directory from a copy, or start with an empty one"
    )]
    Damaged {
        /// What was being done.
        operation: Operation,
        /// What was observed.
        detail: String,
    },
    /// The engine panicked; the panic was caught.
    #[error("store {operation} panicked ({detail}); the engine is opened anew, please report this")]
    Panicked {
        /// What was being done.
        operation: Operation,
        /// The panic's message.
        detail: String,
    },
}

/// Why a save or a delete was not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SaveError {
    /// The disk fails. The change is held in memory: loads see it, and it is brought to
    /// the disk as soon as that takes writes again, unless a newer one of its key is.
    #[error("not on the disk yet, held in memory: {0}")]
    Failed(#[source] Problem),
    /// The disk fails, and so much is held in memory that there is no room. Nothing was changed.
    #[error(
        "store refused a save: the disk fails, and {entries} records of {bytes} bytes are held in memory, \
         at most {MAX_HELD_BYTES} bytes are allowed; make the disk work, the problem is in the store's health"
    )]
    NoRoom {
        /// Records that are held.
        entries: usize,
        /// Their bytes.
        bytes: usize,
    },
    /// Too much is waiting for a slow disk. Nothing was queued.
    #[error(
        "store refused a save: {entries} entries and {bytes} bytes are queued, at most {MAX_QUEUED} and \
         {MAX_QUEUED_BYTES} are allowed; the disk is too slow for what is saved"
    )]
    Full {
        /// Entries in the queue.
        entries: usize,
        /// Bytes in the queue.
        bytes: usize,
    },
    /// The payload is over [`MAX_PAYLOAD`]. Nothing was queued.
    #[error(
        "store refused a save: payload of {length} bytes, at most {MAX_PAYLOAD} are allowed; save less, or split it"
    )]
    TooLarge {
        /// Length of the payload in bytes.
        length: usize,
    },
    /// The store is closed.
    #[error("store refused a save: it is closed; save before closing")]
    Closed,
}

/// Why a load or a scan gives no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The record is there and cannot be used.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The disk fails, and what was asked for is not held in memory: it may be on the disk.
    #[error("not loaded: {0}")]
    Failed(#[source] Problem),
    /// Too much is waiting for a slow disk.
    #[error(
        "store refused a load: {entries} entries are queued, at most {MAX_QUEUED} are allowed; \
         the disk is too slow for what is asked"
    )]
    Full {
        /// Entries in the queue.
        entries: usize,
    },
    /// The store is closed.
    #[error("store refused a load: it is closed; load before closing")]
    Closed,
}

/// What keeps a store from being what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Problem {
    /// The engine could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The engine was open and failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The system gave no thread, so the store is closed.
    #[error("the store's thread could not be started ({detail}); raise the limit on threads")]
    Thread {
        /// What the system said.
        detail: String,
    },
}
