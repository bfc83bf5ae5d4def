//! A directory of a test's own.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A directory that goes with its test.
#[derive(Debug)]
pub struct Place {
    dir: PathBuf,
}

impl Place {
    /// A new, empty one.
    #[allow(
        clippy::new_without_default,
        reason = "it makes a directory, which no default should"
    )]
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("hedgerow-{}-{number}", std::process::id()));
        // What a process with this id left behind long ago is not of this test.
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        Self { dir }
    }

    /// Writes a file, and says where it is.
    pub fn file(&self, name: &str, text: &(impl Display + ?Sized)) -> PathBuf {
        let path = self.dir.join(name);
        fs::write(&path, text.to_string()).unwrap();
        path
    }

    /// Where a file of this name would be.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The directory of what must survive a crash.
    pub fn state(&self) -> PathBuf {
        self.dir.join("state")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}
