//! What the full test run needs beside Rust, and how to get it.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::cargo;
use crate::failure::Failure;

/// A program that a component test runs.
struct Need {
    program: &'static str,
    /// The Debian package that brings it.
    package: &'static str,
    why: &'static str,
}

const NEEDS: [Need; 8] = [
    Need {
        program: "promtool",
        package: "prometheus",
        why: "checks what /metrics answers",
    },
    Need {
        program: "strace",
        package: "strace",
        why: "proves that the store reaches the disk",
    },
    Need {
        program: "faketime",
        package: "faketime",
        why: "starts the gateway under a wrong clock",
    },
    Need {
        program: "redis-server",
        package: "redis-server",
        why: "is guarded, killed and started again",
    },
    Need {
        program: "chromium",
        package: "chromium",
        why: "shows the page",
    },
    Need {
        program: "chromedriver",
        package: "chromium-driver",
        why: "drives the browser",
    },
    Need {
        program: "prometheus",
        package: "prometheus",
        why: "scrapes /metrics",
    },
    Need {
        program: "python3",
        package: "python3-venv",
        why: "runs schemathesis, which judges the admin API by its document, and decodes what is exported, by the official protocol buffers",
    },
];

/// Makes sure that every program is there: installs it as root on Debian, else fails.
///
/// # Errors
///
/// Names each missing program with its package where it may not install, and
/// passes on a failure of `apt-get` where it may.
pub(crate) fn satisfy() -> Result<(), Failure> {
    let search = std::env::var_os("PATH").unwrap_or_default();
    let missing: Vec<&Need> = NEEDS
        .iter()
        .filter(|need| !on_path(need.program, &search))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !is_root_on_debian() {
        return Err(Failure::Missing {
            missing: described(&missing),
        });
    }
    eprintln!("xtask: installing {}", described(&missing));
    // The lists of a fresh machine are empty or old, so they are read first.
    cargo::run(apt().arg("update"))?;
    let packages = missing.iter().map(|need| need.package);
    cargo::run(
        apt()
            .args(["install", "--yes", "--no-install-recommends"])
            .args(packages),
    )
}

fn described(needs: &[&Need]) -> String {
    let each = needs
        .iter()
        .map(|need| format!("{} (package {}: {})", need.program, need.package, need.why));
    each.collect::<Vec<_>>().join(", ")
}

fn on_path(program: &str, search: &OsStr) -> bool {
    std::env::split_paths(search).any(|folder| folder.join(program).is_file())
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    // apt-get's own chatter goes to stderr's side: stdout belongs to the tests.
    command
        .arg("--quiet=2")
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

fn is_root_on_debian() -> bool {
    let user = Command::new("id").arg("-u").output();
    let root = user.is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    root && Path::new("/etc/debian_version").exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_only_in_the_folders_of_the_path() {
        assert!(on_path("sh", OsStr::new("/nowhere:/bin")));
        assert!(!on_path("sh", OsStr::new("/nowhere")));
        assert!(!on_path("no-such-program", OsStr::new("/bin")));
    }

    #[test]
    fn what_is_missing_is_named_with_its_package_and_reason() {
        let text = described(&NEEDS.iter().collect::<Vec<_>>());
        assert!(
            text.starts_with("promtool (package prometheus: checks what /metrics answers), strace"),
            "{text}"
        );
    }
}
