//! What a run is asked to measure, by its arguments. Cargo adds arguments of its own, which are not looked at.

use std::env;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;

/// Which tables are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Requests,
    Overload,
    Disk,
    Peers,
}

impl Part {
    /// Those that are named among the arguments; all where none is.
    pub(crate) fn of_this_run() -> Vec<Self> {
        let named = env::args().filter_map(|argument| match argument.as_str() {
            "requests" => Some(Self::Requests),
            "overload" => Some(Self::Overload),
            "disk" => Some(Self::Disk),
            "peers" => Some(Self::Peers),
            _ => None,
        });
        let named: Vec<Self> = named.collect();
        if named.is_empty() {
            vec![Self::Requests, Self::Overload, Self::Disk, Self::Peers]
        } else {
            named
        }
    }
}

/// The limits that bound the requests under way, as a config file says them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bounds(pub(crate) String);

/// Bounds that have a name.
const NAMED: [(&str, &str); 4] = [
    ("default", ""),
    ("off", "utilization: off"),
    ("fixed", "requests: 16, requestsWaiting: 1024, utilization: off"),
    ("short", "requests: 32, requestsWaiting: 96, utilization: off"),
];

impl Bounds {
    fn named() -> Vec<Self> {
        NAMED.map(|(_, limits)| Self(limits.to_owned())).to_vec()
    }
}

impl FromStr for Bounds {
    type Err = io::Error;

    /// Bounds by their name, or by the share of the time for which a worker is to be busy.
    fn from_str(text: &str) -> io::Result<Self> {
        if let Some((_, limits)) = NAMED.iter().find(|(name, _)| *name == text) {
            return Ok(Self((*limits).to_owned()));
        }
        let names = || NAMED.map(|(name, _)| name).join(", ");
        text.parse::<f64>()
            .map(|share| Self(format!("utilization: {share}")))
            .map_err(|_| io::Error::other(format!("no bounds are called {text}: {}, or a share", names())))
    }
}

/// What the part `overload` goes through.
#[derive(Debug)]
pub(crate) struct Overloads {
    /// `bounds=default,fixed,0.9`; all that have a name where it is not said.
    pub(crate) bounds: Vec<Bounds>,
    /// `loads=1,10`, times the rate of the peak.
    pub(crate) loads: Vec<u32>,
    /// See [`rounds`].
    pub(crate) rounds: usize,
    /// See [`beside`].
    pub(crate) beside: Option<PathBuf>,
}

impl Overloads {
    /// What the arguments say.
    ///
    /// # Errors
    /// Where a value is none that there is.
    pub(crate) fn of_this_run() -> io::Result<Self> {
        Ok(Self {
            bounds: list("bounds=")?.unwrap_or_else(Bounds::named),
            loads: list("loads=")?.unwrap_or_else(|| vec![1, 2, 5, 10]),
            rounds: rounds()?.unwrap_or(5),
            beside: beside(),
        })
    }
}

/// `rounds=5`, of all parts but `disk`; `None` where it is not said.
///
/// # Errors
/// Where it is no number.
pub(crate) fn rounds() -> io::Result<Option<usize>> {
    let rounds = value("rounds=").map(|rounds| rounds.parse());
    rounds.transpose().map_err(io::Error::other)
}

/// `beside=PATH`: this bench as another build has made it, whose gateways take turns with those of this one.
pub(crate) fn beside() -> Option<PathBuf> {
    value("beside=").map(PathBuf::from)
}

fn value(name: &str) -> Option<String> {
    env::args().find_map(|argument| argument.strip_prefix(name).map(str::to_owned))
}

fn list<T: FromStr>(name: &str) -> io::Result<Option<Vec<T>>>
where
    T::Err: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let Some(value) = value(name) else {
        return Ok(None);
    };
    let all: Result<_, _> = value.split(',').map(str::parse).collect();
    all.map(Some).map_err(io::Error::other)
}
