//! Who runs on which core.

use std::fmt;
use std::io;

/// Two cores, where there are two: one for whoever is measured, one for the load and the upstream. So a contestant has
/// a whole core, and none of its own work is done elsewhere.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cores {
    pub(crate) contestant: Option<usize>,
    pub(crate) load: Option<usize>,
}

impl Cores {
    pub(crate) fn of_this_machine() -> Self {
        let mut allowed = allowed().into_iter();
        let (load, contestant) = (allowed.next(), allowed.next());
        Self {
            contestant,
            load: load.filter(|_| contestant.is_some()),
        }
    }

    /// Keeps this process to the load's core; where that is refused, the load runs anywhere.
    pub(crate) fn keep_to_the_load(self) {
        if let Some(core) = self.load {
            let _ = keep_to(core);
        }
    }
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.contestant, self.load) {
            (Some(contestant), Some(load)) => write!(
                f,
                "cores: the contestant has core {contestant}; load and upstream share core {load}"
            ),
            _ => f.write_str("cores: nobody has one to itself, so the figures are those of a scramble"),
        }
    }
}

/// Keeps the calling thread, and those that it starts, to one core.
#[cfg(target_os = "linux")]
pub(crate) fn keep_to(core: usize) -> io::Result<()> {
    let mut set = rustix::thread::CpuSet::new();
    set.set(core);
    Ok(rustix::thread::sched_setaffinity(None, &set)?)
}

#[cfg(target_os = "linux")]
fn allowed() -> Vec<usize> {
    let Ok(set) = rustix::thread::sched_getaffinity(None) else {
        return Vec::new();
    };
    (0..rustix::thread::CpuSet::MAX_CPU)
        .filter(|core| set.is_set(*core))
        .collect()
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn keep_to(_core: usize) -> io::Result<()> {
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn allowed() -> Vec<usize> {
    Vec::new()
}
