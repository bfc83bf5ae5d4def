//! Refusing early what matters least.

use std::time::Duration;

/// Refuses requests while there is too much to do, those of the least important level first.
///
/// ```
/// use std::time::Duration;
/// use hedgerow_config::Shed;
///
/// let shed = Shed::new().header("x-priority").in_flight(200).latency(Duration::from_millis(500));
/// assert_eq!(shed.levels, ["criticalPlus", "critical", "sheddablePlus", "sheddable"]);
/// assert_eq!(shed.default_level(), Some(1));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Shed {
    /// The header that says a request's level (`priority`), its name in lower case. Default: none, all have the default one.
    pub header: Option<String>,
    /// The levels, the most important one first (`levels`). Default: those of Google's (*Site Reliability Engineering*,
    /// chapter 21): `criticalPlus`, `critical`, `sheddablePlus`, `sheddable`.
    pub levels: Vec<String>,
    /// The level of requests that say none, or one that is not there (`default`). Default: the second.
    pub default: Option<String>,
    /// Whom a level is believed that is above the default one (`believe`). Default: a trusted hop.
    pub believe: Believe,
    /// So many requests in flight are too many for the most important level (`when.inFlight`). Default: any number may be.
    pub in_flight: Option<u32>,
    /// The share of them that is too many for the least important one; the others lie evenly between (`when.from`). Default
    /// 0.5.
    pub from: f64,
    /// The mean time of requests beyond which one level after the other is refused, but for the most important one
    /// (`when.latency`). Default: any.
    pub latency: Option<Duration>,
}

/// Whom a level is believed that is above the default one. That a request matters less, everybody is believed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Believe {
    /// `trustedHops`: a trusted hop of the listener.
    #[default]
    TrustedHops,
    /// `everyone`.
    Everyone,
}

impl Shed {
    /// The fewest and the most levels.
    pub const LEVELS: std::ops::RangeInclusive<usize> = 2..=8;

    /// One without a signal yet; it needs at least one.
    pub fn new() -> Self {
        Self {
            header: None,
            levels: ["criticalPlus", "critical", "sheddablePlus", "sheddable"]
                .map(str::to_owned)
                .to_vec(),
            default: None,
            believe: Believe::TrustedHops,
            in_flight: None,
            from: 0.5,
            latency: None,
        }
    }

    /// The same, and this header says a request's level.
    #[must_use]
    pub fn header(mut self, name: impl AsRef<str>) -> Self {
        self.header = Some(name.as_ref().to_ascii_lowercase());
        self
    }

    /// The same with these levels, the most important one first.
    #[must_use]
    pub fn levels(mut self, levels: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.levels = levels.into_iter().map(Into::into).collect();
        self
    }

    /// The same, and requests that say no level have this one.
    #[must_use]
    pub fn default_to(mut self, level: impl Into<String>) -> Self {
        self.default = Some(level.into());
        self
    }

    /// The same, and this one is believed a level above the default.
    #[must_use]
    pub fn believe(mut self, believe: Believe) -> Self {
        self.believe = believe;
        self
    }

    /// The same, and so many in flight are too many.
    #[must_use]
    pub fn in_flight(mut self, requests: u32) -> Self {
        self.in_flight = Some(requests);
        self
    }

    /// The same, and the least important are refused from this share of those in flight on.
    #[must_use]
    pub fn from(mut self, share: f64) -> Self {
        self.from = share;
        self
    }

    /// The same, and a mean time beyond this is too long.
    #[must_use]
    pub fn latency(mut self, target: Duration) -> Self {
        self.latency = Some(target);
        self
    }

    /// The place of the default level among [`levels`](Self::levels), where it is one of them.
    pub fn default_level(&self) -> Option<usize> {
        match &self.default {
            Some(name) => self.levels.iter().position(|level| level == name),
            None => (self.levels.len() > 1).then_some(1),
        }
    }
}

impl Default for Shed {
    fn default() -> Self {
        Self::new()
    }
}
