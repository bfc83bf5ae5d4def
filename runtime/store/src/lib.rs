//! What survives a crash: a small port, in memory or on sled.
//!
//! A [`Store`] keeps opaque payloads under a [`Key`], whose parts are an identity:
//! `(kind, name, key)`. Every record is versioned and checksummed, so damage is an
//! error that names the record and never a wrong value. A save is acknowledged when
//! it has reached the disk ([`Saved::Durable`]), or says that it has not
//! ([`Saved::InMemory`]).
//!
//! A store never stops its service. While the directory cannot be opened or written,
//! the newest record of each key is held in memory, saves say that they are not on the
//! disk, and the disk is tried again: at once, after 100 ms, and then with pauses that
//! double up to 5 s. When it works, what is held is saved. A damaged directory is moved
//! aside and a fresh one is used. [`Store::health`] says which, and the log says it once.
//!
//! ```
//! use hedgerow_store::{Key, Saved, Store};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! # let directory = directory.path().join("state");
//! let key = Key::new("breaker", "payments", ["endpoint", "127.0.0.1:9001"])?;
//!
//! let store = Store::open(&directory);
//! let saved = store.save(&key, b"open".to_vec()).wait()?; // or `.await`
//! assert_eq!(saved, Saved::Durable);
//! store.close();
//!
//! let store = Store::open(&directory);
//! assert_eq!(store.load(&key).wait()?.as_deref(), Some(&b"open"[..]));
//! # Ok(())
//! # }
//! ```
//!
//! What is promised: a save that was answered [`Saved::Durable`] is there after
//! `kill -9` and, as far as the disk keeps its own word about `fdatasync`, after a
//! power cut. The engine behind the port is one file, `sled.rs`.

mod directory;
mod engine;
mod error;
mod handle;
mod health;
mod held;
mod journal;
mod key;
mod lane;
mod limits;
mod memory;
mod queue;
mod record;
mod reply;
mod retry;
mod sled;
mod worker;

pub use engine::{Change, Engine, Opened, Records, SetAside};
pub use error::{EngineError, LoadError, OpenError, Operation, Problem, SaveError};
pub use handle::Store;
pub use health::{Counters, Health};
pub use journal::{Ended, Journal, Limits, Past, RESERVED};
pub use key::{Key, KeyError, MAX_KEY, Prefix};
pub use limits::{MAX_HELD_BYTES, MAX_PAYLOAD, MAX_QUEUED, MAX_QUEUED_BYTES};
pub use memory::Memory;
pub use record::{FORMAT, RecordError, decode, encode};
pub use reply::{Reply, Saved, Scan};
pub use sled::open as open_sled;
