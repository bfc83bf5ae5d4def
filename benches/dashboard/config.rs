//! The config file of the mesh.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// A gateway with one chain and many upstreams, all at one address. Removed with this value.
pub(crate) struct Config {
    pub(crate) path: PathBuf,
}

impl Config {
    /// `/u0`, `/u1` and so on lead to an upstream each.
    pub(crate) fn write(upstreams: usize, endpoint: SocketAddr) -> io::Result<Self> {
        let mut rules = String::new();
        let mut declared = String::new();
        for number in 0..upstreams {
            // Writing to a string cannot fail.
            let _ = writeln!(rules, "          - {{ path: /u{number}, upstream: u{number} }}");
            let _ = writeln!(declared, "  u{number}: {{ endpoints: [ \"{endpoint}\" ] }}");
        }
        let text = format!(
            "version: 1\n\
             listeners:\n  - {{ bind: \"127.0.0.1:0\", chain: edge }}\n\
             chains:\n  edge:\n    nodes:\n      - kind: requestId\n      - kind: route\n        rules:\n{rules}\
             upstreams:\n{declared}"
        );
        let name = format!("bench-dashboard-{}.yaml", std::process::id());
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&path, text)?;
        Ok(Self { path })
    }
}

impl Drop for Config {
    fn drop(&mut self) {
        // A file that stays behind is in the build directory and harms nobody.
        let _ = fs::remove_file(&self.path);
    }
}
