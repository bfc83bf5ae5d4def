//! The directory under the engine: whose it is, what is in it, and what must reach
//! the disk before a save is acknowledged.
//!
//! What sled 0.34.7 writes there:
//!
//! | name | what | who makes it durable |
//! |---|---|---|
//! | `db` | the log: every record | sled calls `sync_file_range` only, so [`Directory::sync`] does |
//! | `blobs/N` | values and tree pages over 128 KiB | sled never, so [`Directory::sync`] does |
//! | `snap.N` | where the log stood at open and close | sled calls `fsync` on the file, [`Directory::sync_names`] on its name |
//! | `conf` | constant settings | [`Directory::sync_names`] |
//!
//! Two files are ours. `format` says that the store was once complete: without it an
//! empty log is a store that was never finished, with it one that lost everything.
//! `closed` holds the log's length and is there only between a close and the next open:
//! sled takes a log that was cut for one whose last write was torn, and says nothing.
//! (After a kill nobody knows how long the log was, so a cut is not noticed then.)

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::engine::SetAside;
use crate::error::OpenError;

/// What the `format` file says.
pub(crate) const FORMAT_LINE: &str = "hedgerow store 1";

const FORMAT_FILE: &str = "format";
const CLOSED_FILE: &str = "closed";
const LOG_FILE: &str = "db";
const BLOBS: &str = "blobs";
const PROBE_FILE: &str = "probe";
const OURS: [&str; 6] = [FORMAT_FILE, CLOSED_FILE, LOG_FILE, BLOBS, PROBE_FILE, "conf"];

/// Two segments of sled's log.
const PROBE_BYTES: usize = 1 << 20;

/// How often, and how far apart, a close looks whether the engine's lock is gone.
const RELEASE_LOOKS: u32 = 2_000;
const RELEASE_PAUSE: Duration = Duration::from_millis(1);

/// A store's directory whose engine is open.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    /// A handle of our own on the log. The kernel reports a failed write-back once to
    /// every handle, so sled's background `fsync` cannot take the error away from us.
    log: File,
    /// Blob files never change once written: each needs one sync.
    synced_blobs: HashSet<OsString>,
}

/// Whether a store was completed in this directory before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Past {
    /// Nothing was ever acknowledged here.
    Fresh,
    /// Records may have been.
    Complete,
}

/// Looks at `dir` without changing anything in it.
pub(crate) fn inspect(dir: &Path) -> Result<Past, OpenError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Past::Fresh),
        Err(error) => return Err(refused(dir, &error)),
    };
    let names = entries
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<Vec<_>>>()
        .map_err(|error| refused(dir, &error))?;
    let ours = |name: &String| OURS.contains(&name.as_str()) || name.starts_with("snap.");
    if !names.iter().any(ours)
        && let Some(found) = names.first()
    {
        return Err(OpenError::Foreign {
            dir: dir.to_owned(),
            found: found.clone(),
        });
    }
    check_lock(dir)?;
    check_length(dir)?;
    match fs::read(dir.join(FORMAT_FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Past::Fresh),
        Err(error) => Err(refused(&dir.join(FORMAT_FILE), &error)),
        Ok(bytes) => read_format(dir, &String::from_utf8_lossy(&bytes)),
    }
}

fn read_format(dir: &Path, text: &str) -> Result<Past, OpenError> {
    let found = text.trim_end();
    let number = |line: &str| {
        line.strip_prefix("hedgerow store ")
            .and_then(|n| n.parse::<u32>().ok())
    };
    match (number(found), number(FORMAT_LINE)) {
        (Some(found_number), Some(known)) if found_number > known => Err(OpenError::Newer {
            dir: dir.to_owned(),
            found: found.to_owned(),
            expected: FORMAT_LINE.to_owned(),
        }),
        _ if found == FORMAT_LINE => Ok(Past::Complete),
        _ => Err(damaged(dir, format!("its format file says {found:?}"))),
    }
}

/// Fails if another store holds the lock on `dir`.
fn check_lock(dir: &Path) -> Result<(), OpenError> {
    let log = dir.join(LOG_FILE);
    match File::open(&log) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(refused(&log, &error)),
        Ok(file) => take_lock(dir, &file).map(drop),
    }
}

/// Fails if the log is shorter than it was when the store was closed.
fn check_length(dir: &Path) -> Result<(), OpenError> {
    let closed = fs::read_to_string(dir.join(CLOSED_FILE))
        .ok()
        .and_then(|text| text.trim_end().parse().ok());
    // No file, or one that was half written: nothing is known.
    let Some(closed) = closed else { return Ok(()) };
    let length = fs::metadata(dir.join(LOG_FILE)).map_or(0, |log| log.len());
    if length < closed {
        return Err(damaged(
            dir,
            format!("its log has {length} bytes, {closed} when it was closed"),
        ));
    }
    Ok(())
}

/// Fails if a file as large as what sled writes at once cannot be written in `dir`.
///
/// Whoever finds damage asks this first: what looks like damage on a disk that refuses
/// is no reason to move anything.
pub(crate) fn check_writable(dir: &Path) -> Result<(), OpenError> {
    let probe = dir.join(PROBE_FILE);
    let written = File::create(&probe).and_then(|mut file| {
        file.write_all(&vec![0; PROBE_BYTES])?;
        file.sync_all()
    });
    let removed = fs::remove_file(&probe);
    written.and(removed).map_err(|error| refused(&probe, &error))
}

/// Takes the lock that sled takes, for as long as `file` lives.
fn take_lock(dir: &Path, file: &File) -> Result<(), OpenError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked { dir: dir.to_owned() }),
        Err(TryLockError::Error(error)) => Err(refused(&dir.join(LOG_FILE), &error)),
    }
}

/// Moves a damaged directory to `NAME.corrupt-<unix-ms>` beside it.
///
/// The lock is held meanwhile, so that no store in use is moved.
#[expect(
    clippy::disallowed_methods,
    reason = "the time only makes a directory's name, nothing is decided by it"
)]
pub(crate) fn set_aside(dir: &Path, cause: OpenError) -> Result<SetAside, OpenError> {
    let log = File::open(dir.join(LOG_FILE)).ok();
    if let Some(log) = &log {
        take_lock(dir, log)?;
    }
    // A clock before 1970 still gives a name, and a taken name fails the rename.
    let ms = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis());
    let mut name = dir
        .file_name()
        .map_or_else(|| OsString::from("store"), OsString::from);
    name.push(format!(".corrupt-{ms}"));
    let to = dir.with_file_name(name);
    fs::rename(dir, &to).map_err(|error| refused(dir, &error))?;
    Ok(SetAside { to, cause })
}

impl Directory {
    /// Takes charge of a directory that sled has just opened.
    pub(crate) fn opened(path: &Path) -> io::Result<Self> {
        let directory = Self {
            path: path.to_owned(),
            log: File::open(path.join(LOG_FILE))?,
            synced_blobs: HashSet::new(),
        };
        File::open(path.join("conf"))?.sync_all()?;
        match fs::remove_file(path.join(CLOSED_FILE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        directory.sync_names()?;
        Ok(directory)
    }

    /// Says, durably, that the store is complete.
    pub(crate) fn mark_complete(&self) -> io::Result<()> {
        let mut file = File::create(self.path.join(FORMAT_FILE))?;
        writeln!(file, "{FORMAT_LINE}")?;
        file.sync_all()?;
        self.sync_names()
    }

    /// Makes the log and every new blob reach the disk.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        let blobs = self.path.join(BLOBS);
        let mut present = HashSet::new();
        let mut found_new = false;
        for entry in fs::read_dir(&blobs)? {
            let name = entry?.file_name();
            if !self.synced_blobs.contains(&name) {
                match File::open(blobs.join(&name)) {
                    Ok(blob) => blob.sync_data()?,
                    // sled removes blobs that it no longer needs from its own threads.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    Err(error) => return Err(error),
                }
                found_new = true;
            }
            present.insert(name);
        }
        if found_new {
            File::open(&blobs)?.sync_all()?;
        }
        self.synced_blobs = present;
        self.log.sync_data()
    }

    /// Makes the names of the files, and of the directory itself, reach the disk.
    pub(crate) fn sync_names(&self) -> io::Result<()> {
        File::open(self.path.join(BLOBS))?.sync_all()?;
        File::open(&self.path)?.sync_all()?;
        match self.path.parent() {
            Some(parent) if parent.as_os_str().is_empty() => File::open(".")?.sync_all(),
            // A parent that may be passed through but not read cannot be synced by us.
            Some(parent) => match File::open(parent) {
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
                opened => opened?.sync_all(),
            },
            None => Ok(()),
        }
    }

    /// Ends a close: waits until the engine's lock is gone, two seconds at most, and
    /// writes down how long the log is.
    ///
    /// sled's own threads drop their last handle a little after the database is
    /// dropped, and until then the directory cannot be opened again.
    pub(crate) fn closed(&self) -> io::Result<()> {
        self.wait_until_released()?;
        let mut file = File::create(self.path.join(CLOSED_FILE))?;
        writeln!(file, "{}", self.log.metadata()?.len())?;
        file.sync_all()?;
        self.sync_names()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "on the store's own thread; a lock gives no signal when it goes"
    )]
    pub(crate) fn wait_until_released(&self) -> io::Result<()> {
        for _ in 0..RELEASE_LOOKS {
            match self.log.try_lock() {
                // Ours now; it goes with the handle.
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) => std::thread::sleep(RELEASE_PAUSE),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the engine still holds its lock",
        ))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// The typed form of what the system said about `path`.
pub(crate) fn refused(path: &Path, error: &io::Error) -> OpenError {
    let (path, detail) = (path.to_owned(), error.to_string());
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            OpenError::Permission { path, detail }
        }
        kind => OpenError::Io { path, kind, detail },
    }
}

pub(crate) fn damaged(dir: &Path, detail: String) -> OpenError {
    OpenError::Damaged {
        dir: dir.to_owned(),
        detail,
    }
}
