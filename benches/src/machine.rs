//! What a reader must know about the machine, and the time a process has had of it.
//!
//! What Linux tells under `/proc`; elsewhere it is unknown.

use std::fmt;
use std::fs;
use std::time::Duration;

/// A tick of `/proc/PID/stat`. The kernel has shown times to programs in hundredths of a second on every architecture
/// since 2.6, whatever its own tick is.
const TICK: Duration = Duration::from_millis(10);

/// What the figures of a run depend on.
#[derive(Debug, Clone)]
pub struct Facts {
    cores: usize,
    model: Option<String>,
    load: Option<String>,
}

impl Facts {
    /// Those of this moment. To be taken before anything is measured, as the load would be our own.
    pub fn now() -> Self {
        Self {
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            model: fs::read_to_string("/proc/cpuinfo")
                .ok()
                .and_then(|text| model(&text).map(str::to_owned)),
            load: fs::read_to_string("/proc/loadavg")
                .ok()
                .and_then(|text| text.split(' ').next().map(str::to_owned)),
        }
    }
}

impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unknown = || "unknown".to_owned();
        let profile = if cfg!(debug_assertions) {
            "with debug assertions: THESE FIGURES SAY NOTHING"
        } else {
            "optimised"
        };
        write!(
            f,
            "machine: {} cores of {}, {} {}; load average at the start {}; build: {profile}",
            self.cores,
            self.model.clone().unwrap_or_else(unknown),
            std::env::consts::OS,
            std::env::consts::ARCH,
            self.load.clone().unwrap_or_else(unknown),
        )
    }
}

fn model(cpuinfo: &str) -> Option<&str> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim())
}

/// The time that a process has run on a core, in user and kernel mode, all its threads; `None` where it is unknown.
/// To the nearest hundredth of a second.
pub fn cpu_time(pid: u32) -> Option<Duration> {
    ticks(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?).map(|ticks| TICK * ticks)
}

/// The 14th and 15th field. The second is the program's name in brackets, which may hold blanks and brackets.
fn ticks(stat: &str) -> Option<u32> {
    let (_, after_the_name) = stat.rsplit_once(") ")?;
    let mut fields = after_the_name.split(' ').skip(11);
    let mut field = || fields.next()?.parse::<u32>().ok();
    Some(field()? + field()?)
}

/// The memory of a process that is in RAM, in KiB; `None` where it is unknown.
pub fn resident_kib(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_blanks_and_brackets_hides_no_field() {
        let stat = "42 (a) (b c) S 1 42 42 0 -1 4194304 100 0 0 0 250 31 0 0 20 0 5 0 100";
        assert_eq!(ticks(stat), Some(281));
        assert_eq!(ticks("42 (a) S 1"), None);
    }

    #[test]
    fn the_model_is_found() {
        assert_eq!(model("processor\t: 0\nmodel name\t: A 9000\n"), Some("A 9000"));
        assert_eq!(model("processor\t: 0\n"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_had_time_and_memory() {
        assert!(cpu_time(std::process::id()).is_some());
        assert!(resident_kib(std::process::id()).is_some_and(|kib| kib > 0));
    }
}
