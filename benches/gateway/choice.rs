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
}

impl Part {
    /// Those that are named among the arguments; all where none is.
    pub(crate) fn of_this_run() -> Vec<Self> {
        let named = env::args().filter_map(|argument| match argument.as_str() {
            "requests" => Some(Self::Requests),
            "overload" => Some(Self::Overload),
            "disk" => Some(Self::Disk),
            _ => None,
        });
        let named: Vec<Self> = named.collect();
        if named.is_empty() {
            vec![Self::Requests, Self::Overload, Self::Disk]
        } else {
            named
        }
    }
}

/// What bounds the requests under way: the name by which it is chosen, and the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) name: &'static str,
    pub(crate) limits: &'static str,
}

impl Bounds {
    const ALL: [Self; 4] = [
        Self {
            name: "default",
            limits: "",
        },
        Self {
            name: "off",
            limits: "utilization: off",
        },
        Self {
            name: "16",
            limits: "requests: 16, requestsWaiting: 1024, utilization: off",
        },
        Self {
            name: "short",
            limits: "requests: 32, requestsWaiting: 96, utilization: off",
        },
    ];
}

impl FromStr for Bounds {
    type Err = io::Error;

    fn from_str(name: &str) -> io::Result<Self> {
        let found = Self::ALL.into_iter().find(|bounds| bounds.name == name);
        let known = || Self::ALL.map(|bounds| bounds.name).join(", ");
        found.ok_or_else(|| io::Error::other(format!("no bounds are called {name}; there are {}", known())))
    }
}

/// What the part `overload` goes through.
#[derive(Debug)]
pub(crate) struct Overloads {
    /// `bounds=default,16`; all where it is not said.
    pub(crate) bounds: Vec<Bounds>,
    /// `loads=1,10`, times the rate of the peak.
    pub(crate) loads: Vec<u32>,
    /// `rounds=5`.
    pub(crate) rounds: usize,
    /// `beside=PATH`: this bench as another build has made it, whose gateways take turns with those of this one.
    pub(crate) beside: Option<PathBuf>,
}

impl Overloads {
    /// What the arguments say.
    ///
    /// # Errors
    /// Where a value is none that there is.
    pub(crate) fn of_this_run() -> io::Result<Self> {
        Ok(Self {
            bounds: list("bounds=")?.unwrap_or_else(|| Bounds::ALL.to_vec()),
            loads: list("loads=")?.unwrap_or_else(|| vec![1, 2, 5, 10]),
            rounds: list("rounds=")?.and_then(|all| all.last().copied()).unwrap_or(5),
            beside: value("beside=").map(PathBuf::from),
        })
    }
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
