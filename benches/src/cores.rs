//! Which cores a thread may use.

use std::io;

/// Keeps the calling thread, and those that it starts, to one core.
///
/// # Errors
/// What the system says that refuses it.
#[cfg(target_os = "linux")]
pub fn keep_to(core: usize) -> io::Result<()> {
    let mut set = rustix::thread::CpuSet::new();
    set.set(core);
    Ok(rustix::thread::sched_setaffinity(None, &set)?)
}

/// The cores that the calling thread may use; none where the system does not say.
#[cfg(target_os = "linux")]
pub fn allowed() -> Vec<usize> {
    let Ok(set) = rustix::thread::sched_getaffinity(None) else {
        return Vec::new();
    };
    (0..rustix::thread::CpuSet::MAX_CPU)
        .filter(|core| set.is_set(*core))
        .collect()
}

/// Does nothing on this system.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub fn keep_to(_core: usize) -> io::Result<()> {
    Ok(())
}

/// None: this system is not asked.
#[cfg(not(target_os = "linux"))]
pub fn allowed() -> Vec<usize> {
    Vec::new()
}
