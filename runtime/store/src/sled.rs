//! The engine on sled 0.34.7: the one file that knows sled.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::directory::{self, Directory, Past};
use crate::engine::{Change, Engine, Opened, Records};
use crate::error::{EngineError, OpenError, Operation};

/// sled's default is 1 GiB; all records of a mesh fit in far less.
const CACHE_BYTES: u64 = 8 << 20;

/// How often sled's own thread tidies the log. Every save is flushed by its commit, so
/// this decides nothing about safety, only how soon space is found again.
const TIDY_EVERY_MS: u64 = 1_000;

/// In the tree of every complete store, under a key that no [`Key`](crate::Key) has.
const MARK: &[u8] = b"hedgerow/format";

/// Opens `dir`, making it if it is not there, as a durable engine.
///
/// A damaged directory is moved to `NAME.corrupt-<unix-ms>` beside it and a fresh one
/// is opened; [`Opened::set_aside`] then says so. Blocks while sled reads its log.
///
/// # Errors
/// [`OpenError`] if the directory is locked, not permitted, of a newer release or not
/// a store's, or if a damaged one cannot be moved; then nothing in it was changed.
pub fn open(dir: &Path) -> Result<Opened, OpenError> {
    match open_as_is(dir) {
        Ok(engine) => Ok(Opened {
            engine: Box::new(engine),
            set_aside: None,
        }),
        Err(cause @ OpenError::Damaged { .. }) => {
            // sled panics on a full disk too, and then nothing is damaged.
            directory::check_writable(dir)?;
            let set_aside = directory::set_aside(dir, cause)?;
            let engine = open_as_is(dir)?;
            Ok(Opened {
                engine: Box::new(engine),
                set_aside: Some(set_aside),
            })
        }
        Err(other) => Err(other),
    }
}

fn open_as_is(dir: &Path) -> Result<Sled, OpenError> {
    let past = directory::inspect(dir)?;
    let config = ::sled::Config::new()
        .path(dir)
        .cache_capacity(CACHE_BYTES)
        .flush_every_ms(Some(TIDY_EVERY_MS));
    // sled panics on some damage that it does not expect.
    let db = catch_unwind(AssertUnwindSafe(|| config.open()))
        .map_err(|panic| directory::damaged(dir, format!("sled panicked: {}", message(panic.as_ref()))))?
        .map_err(|error| open_error(dir, error))?;
    let directory = Directory::opened(dir).map_err(|error| directory::refused(dir, &error))?;
    let mut engine = Sled {
        db: Some(db),
        directory,
        failed: false,
    };
    engine.check_mark(past)?;
    Ok(engine)
}

fn open_error(dir: &Path, error: ::sled::Error) -> OpenError {
    match error {
        // sled gives its lock error no kind of its own.
        ::sled::Error::Io(io) if io.to_string().contains("could not acquire lock") => {
            OpenError::Locked { dir: dir.to_owned() }
        }
        ::sled::Error::Io(io)
            if matches!(
                io.kind(),
                io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData
            ) =>
        {
            directory::damaged(dir, io.to_string())
        }
        ::sled::Error::Io(io) => directory::refused(dir, &io),
        // "Unsupported" is also what sled says of a settings file that is not text.
        other => directory::damaged(dir, other.to_string()),
    }
}

#[derive(Debug)]
struct Sled {
    /// Some until the engine is dropped.
    db: Option<::sled::Db>,
    directory: Directory,
    /// The disk has refused something: what the directory holds is not known any more.
    failed: bool,
}

impl Sled {
    fn db(&self) -> &::sled::Db {
        self.db.as_ref().expect("the database is taken only by drop")
    }

    /// Does `work`, and remembers if it fails or panics.
    fn tried<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, EngineError>) -> Result<T, EngineError> {
        let before = std::mem::replace(&mut self.failed, true);
        let done = work(self)?;
        self.failed = before;
        Ok(done)
    }

    /// sled takes a log that it cannot read for an empty one; the mark tells.
    fn check_mark(&mut self, past: Past) -> Result<(), OpenError> {
        let dir = self.directory.path().to_owned();
        // A disk that cannot be read now says nothing about what is on it.
        let io = |error: EngineError| match error {
            EngineError::Io { kind, detail, .. } => directory::refused(&dir, &io::Error::new(kind, detail)),
            other => directory::damaged(&dir, other.to_string()),
        };
        let line = directory::FORMAT_LINE.as_bytes();
        let mark = catch_unwind(AssertUnwindSafe(|| self.load(MARK)))
            .map_err(|panic| directory::damaged(&dir, message(panic.as_ref())))?
            .map_err(io)?;
        match (past, mark) {
            (Past::Complete, Some(found)) if found == line => Ok(()),
            (Past::Complete, found) => Err(directory::damaged(
                &dir,
                if found.is_none() {
                    "its records are gone"
                } else {
                    "its mark is wrong"
                }
                .to_owned(),
            )),
            (Past::Fresh, _) => {
                self.apply(&[Change::Put {
                    key: MARK.to_vec(),
                    record: line.to_vec(),
                }])
                .map_err(io)?;
                self.flush().map_err(io)?;
                self.directory
                    .mark_complete()
                    .map_err(|error| directory::refused(&dir, &error))
            }
        }
    }
}

impl Engine for Sled {
    fn name(&self) -> &'static str {
        "sled"
    }

    fn is_durable(&self) -> bool {
        true
    }

    fn load(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        let found = self.tried(|sled| sled.db().get(key).map_err(|error| failed(Operation::Load, error)));
        Ok(found?.map(|record| record.to_vec()))
    }

    fn apply(&mut self, batch: &[Change]) -> Result<(), EngineError> {
        // One change is whole by itself; a batch costs a record more in the log.
        if let [change] = batch {
            return self.tried(|sled| {
                let done = match change {
                    Change::Put { key, record } => sled.db().insert(key, record.as_slice()),
                    Change::Remove { key } => sled.db().remove(key),
                };
                done.map(drop).map_err(|error| failed(Operation::Apply, error))
            });
        }
        let mut changes = ::sled::Batch::default();
        for change in batch {
            match change {
                Change::Put { key, record } => changes.insert(key.as_slice(), record.as_slice()),
                Change::Remove { key } => changes.remove(key.as_slice()),
            }
        }
        self.tried(|sled| {
            sled.db()
                .apply_batch(changes)
                .map_err(|error| failed(Operation::Apply, error))
        })
    }

    fn flush(&mut self) -> Result<(), EngineError> {
        self.tried(|sled| {
            sled.db()
                .flush()
                .map_err(|error| failed(Operation::Flush, error))?;
            // On Linux sled has only called sync_file_range so far, which does not make
            // the disk write its cache and does not write the file's new length.
            sled.directory
                .sync()
                .map_err(|error| disk(Operation::Flush, &error))
        })
    }

    fn scan(&mut self, prefix: &[u8]) -> Result<Records, EngineError> {
        self.tried(|sled| {
            sled.db()
                .scan_prefix(prefix)
                .map(|entry| entry.map(|(key, record)| (key.to_vec(), record.to_vec())))
                .collect::<Result<_, _>>()
                .map_err(|error| failed(Operation::Scan, error))
        })
    }
}

impl Drop for Sled {
    /// Closes sled and returns when the directory can be opened again.
    fn drop(&mut self) {
        let db = self.db.take();
        // sled's own drop unwraps an fsync.
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(db))) {
            tracing::error!(
                detail = message(panic.as_ref()),
                "sled panicked while it was closed"
            );
        }
        let ended = if self.failed {
            self.directory.wait_until_released()
        } else {
            self.directory.closed()
        };
        if let Err(error) = ended {
            tracing::warn!(%error, dir = %self.directory.path().display(), "the store's directory is not closed cleanly");
        }
    }
}

fn failed(operation: Operation, error: ::sled::Error) -> EngineError {
    match error {
        ::sled::Error::Io(error) => disk(operation, &error),
        other => EngineError::Damaged {
            operation,
            detail: other.to_string(),
        },
    }
}

fn disk(operation: Operation, error: &io::Error) -> EngineError {
    EngineError::Io {
        operation,
        kind: error.kind(),
        detail: error.to_string(),
    }
}

/// What a caught panic said.
pub(crate) fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
