//! Faults that are made on purpose.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::duration::duration;

/// Makes faults on purpose: in requests that ask for them by a header, and in a share of all others.
///
/// ```
/// use std::time::Duration;
/// use hedgerow_config::{Fault, FaultKind, Inject};
///
/// let on_demand = Inject::by_header("x-inject").allow([FaultKind::Delay, FaultKind::Abort]);
/// let now_and_then = Inject::share(0.01).fault(Fault::Delay(Duration::from_millis(200)));
/// # let _ = (on_demand, now_and_then);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Inject {
    /// Requests ask for faults by this header (`header`), whose value lists them: `delay=200ms, abort=503`. It goes no
    /// further. Default: none.
    pub header: Option<String>,
    /// What the header may ask for (`allow`). Default: everything.
    pub allow: Vec<FaultKind>,
    /// The longest delay that the header may ask for (`maxDelay`). Default [`Inject::MAX_DELAY`].
    pub max_delay: Duration,
    /// The share of the requests without that header that get the `faults` (`share`), from 0 to 1. Default 1.
    pub share: f64,
    /// What they get (`delay`, `abort`, `panic`): at most one of a kind, and not both an abort and a panic. A delay comes
    /// first. Default: nothing.
    pub faults: Vec<Fault>,
}

impl Inject {
    /// The longest delay that a request may ask for, unless another one is said: 10 s.
    pub const MAX_DELAY: Duration = Duration::from_secs(10);

    /// Faults for requests that ask for them by this header.
    pub fn by_header(name: impl Into<String>) -> Self {
        Self {
            header: Some(name.into()),
            ..Self::share(1.0)
        }
    }

    /// Faults for this share of the requests, from 0 to 1. It needs at least one [`fault`](Self::fault).
    pub fn share(share: f64) -> Self {
        Self {
            header: None,
            allow: FaultKind::ALL.to_vec(),
            max_delay: Self::MAX_DELAY,
            share,
            faults: Vec::new(),
        }
    }

    /// The same, with these alone to be asked for by the header.
    #[must_use]
    pub fn allow(mut self, kinds: impl IntoIterator<Item = FaultKind>) -> Self {
        self.allow = kinds.into_iter().collect();
        self
    }

    /// The same, with this longest delay to be asked for by the header.
    #[must_use]
    pub fn max_delay(mut self, longest: Duration) -> Self {
        self.max_delay = longest;
        self
    }

    /// The same, with one more fault for the share of the requests.
    #[must_use]
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }
}

/// A fault that is made on purpose. As text: `delay=200ms`, `abort=503`, `panic`.
///
/// ```
/// use hedgerow_config::Fault;
///
/// assert_eq!("abort=503".parse(), Ok(Fault::Abort(503)));
/// assert!("abort=200".parse::<Fault>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The request is held up so long.
    Delay(Duration),
    /// The request is refused with this status, from 400 to 599.
    Abort(u16),
    /// The node crashes on the request.
    Panic,
}

impl Fault {
    /// Which kind it is.
    pub fn kind(self) -> FaultKind {
        match self {
            Self::Delay(_) => FaultKind::Delay,
            Self::Abort(_) => FaultKind::Abort,
            Self::Panic => FaultKind::Panic,
        }
    }

    /// Whether a request can be refused with this status.
    pub(crate) fn refuses_with(status: u16) -> bool {
        (400..=599).contains(&status)
    }
}

impl FromStr for Fault {
    type Err = InvalidFault;

    fn from_str(text: &str) -> Result<Self, InvalidFault> {
        let fault = match text.split_once('=') {
            None => (text == "panic").then_some(Self::Panic),
            Some(("delay", time)) => duration(time).map(Self::Delay),
            Some(("abort", status)) => {
                let is_plain = status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit());
                let status = status.parse().ok().filter(|_| is_plain);
                status
                    .filter(|status| Self::refuses_with(*status))
                    .map(Self::Abort)
            }
            Some(_) => None,
        };
        fault.ok_or(InvalidFault)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delay(time) => write!(f, "delay={}ms", time.as_millis()),
            Self::Abort(status) => write!(f, "abort={status}"),
            Self::Panic => f.write_str("panic"),
        }
    }
}

/// A text that is no fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected `delay=` and a time, `abort=` and a status from 400 to 599, or `panic`; write for example `delay=200ms`"
)]
#[non_exhaustive]
pub struct InvalidFault;

/// A kind of fault, without how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// [`Fault::Delay`]
    Delay,
    /// [`Fault::Abort`]
    Abort,
    /// [`Fault::Panic`]
    Panic,
}

impl FaultKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Delay, Self::Abort, Self::Panic];

    /// As it is written: `delay`, `abort`, `panic`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Delay => "delay",
            Self::Abort => "abort",
            Self::Panic => "panic",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_read_as_it_is_written_and_nothing_else_is_one() {
        let delay = |millis| Some(Fault::Delay(Duration::from_millis(millis)));
        let cases = [
            ("panic", Some(Fault::Panic)),
            ("abort=503", Some(Fault::Abort(503))),
            ("abort=400", Some(Fault::Abort(400))),
            ("delay=200ms", delay(200)),
            ("delay=2s", delay(2_000)),
            ("delay=0ms", delay(0)),
            ("", None),
            ("Panic", None),
            ("panic=1", None),
            (" panic", None),
            ("abort", None),
            ("abort=", None),
            ("abort=399", None),
            ("abort=600", None),
            ("abort=+503", None),
            ("abort=0503", None),
            ("abort=65536", None),
            ("delay", None),
            ("delay=", None),
            ("delay=200", None),
            ("delay=-1s", None),
            ("delay=1.5s", None),
            ("delay=200 ms", None),
            ("delay=ms", None),
            ("reset", None),
        ];
        for (text, fault) in cases {
            assert_eq!(text.parse::<Fault>().ok(), fault, "{text:?}");
        }
        for fault in [Fault::Panic, Fault::Abort(404), Fault::Delay(Inject::MAX_DELAY)] {
            assert_eq!(fault.to_string().parse(), Ok(fault));
        }
    }
}
