//! A control group of Linux, of version 1 or 2, around a process under test.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::patience::until;

/// Where the system shows its groups.
const ROOT: &str = "/sys/fs/cgroup";

/// What a group bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Bytes of memory, beyond which the system kills.
    Memory(u64),
    /// Percent of the time of one processor.
    Cpu(u32),
}

/// A group of its own for one process. It is removed with this value, once the process is gone: have it dropped last.
#[derive(Debug)]
pub struct Cgroup {
    dir: PathBuf,
}

impl Cgroup {
    /// A new group with this bound.
    ///
    /// # Errors
    /// Where the system has no groups of this kind, or nobody but root may make one.
    pub fn new(bound: Bound) -> io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("hedgerow-{}-{number}", std::process::id());
        let controller = match bound {
            Bound::Memory(_) => "memory",
            Bound::Cpu(_) => "cpu",
        };
        let first = Path::new(ROOT).join(controller);
        let is_first = first.is_dir();
        let parent = if is_first { first } else { PathBuf::from(ROOT) };
        let group = Self {
            dir: parent.join(name),
        };
        fs::create_dir(&group.dir)?;
        match (bound, is_first) {
            (Bound::Memory(bytes), true) => group.write("memory.limit_in_bytes", &bytes.to_string())?,
            (Bound::Memory(bytes), false) => {
                group.write("memory.max", &bytes.to_string())?;
            }
            (Bound::Cpu(percent), true) => {
                group.write("cpu.cfs_period_us", "100000")?;
                group.write("cpu.cfs_quota_us", &(percent * 1_000).to_string())?;
            }
            (Bound::Cpu(percent), false) => {
                group.write("cpu.max", &format!("{} 100000", percent * 1_000))?;
            }
        }
        Ok(group)
    }

    /// Takes a process in. What it has allocated before does not count.
    ///
    /// # Panics
    /// Where the system refuses.
    pub fn hold(&self, process: u32) {
        self.write("cgroup.procs", &process.to_string()).unwrap();
    }

    /// How often the system has killed for want of memory.
    ///
    /// # Panics
    /// Where the system does not say.
    pub fn kills(&self) -> u64 {
        let first = fs::read_to_string(self.dir.join("memory.oom_control"));
        let text = first
            .or_else(|_| fs::read_to_string(self.dir.join("memory.events")))
            .unwrap();
        let count = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
        // Old systems do not count them.
        count.map_or(0, |count| count.trim().parse().unwrap())
    }

    fn write(&self, file: &str, text: &str) -> io::Result<()> {
        fs::write(self.dir.join(file), text)
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = fs::remove_dir(&self.dir);
        } else {
            until(
                "the group to be empty",
                || fs::remove_dir(&self.dir).is_ok(),
                |is_gone| *is_gone,
            );
        }
    }
}
