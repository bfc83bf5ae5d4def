//! Config files of gateways.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// A gateway's config file: one chain, one upstream, all else by default. Removed with this value.
pub(crate) struct Config {
    pub(crate) path: PathBuf,
}

impl Config {
    /// For the upstream at this address, with these limits of its listener.
    pub(crate) fn write_with_limits(upstream: SocketAddr, number: usize, limits: &str) -> io::Result<Self> {
        Self::of(
            &format!("limited-{number}"),
            &["{ path: /, upstream: target }"],
            &format!("  target:\n    endpoints: [ \"{upstream}\" ]\n"),
            limits,
        )
    }

    /// The same by default, with what is below `/sick` behind a breaker that trips at each failure, for 20 ms.
    pub(crate) fn write_with_a_sick_one(upstream: SocketAddr) -> io::Result<Self> {
        let rules = ["{ path: /sick, upstream: sick }", "{ path: /, upstream: target }"];
        let upstreams = format!(
            "  target:\n    endpoints: [ \"{upstream}\" ]\n  sick:\n    endpoints: [ \"{upstream}\" ]\n    \
             breaker: {{ consecutiveFailures: 1, failureRate: off, openFor: 20ms, halfOpen: {{ permits: 1, successes: 1 }} }}\n"
        );
        Self::of("sick", &rules, &upstreams, "")
    }

    fn of(name: &str, rules: &[&str], upstreams: &str, limits: &str) -> io::Result<Self> {
        let name = format!("bench-{name}-{}.yaml", std::process::id());
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let rules: String = rules.iter().map(|rule| format!("          - {rule}\n")).collect();
        let text = format!(
            "version: 1\n\
             listeners:\n  - {{ bind: \"127.0.0.1:0\", chain: edge, limits: {{ {limits} }} }}\n\
             chains:\n  edge:\n    nodes:\n      - kind: route\n        rules:\n{rules}\
             upstreams:\n{upstreams}"
        );
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
