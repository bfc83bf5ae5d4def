//! What the rates are taken of.

use std::time::Duration;

use hedgerow_config::WindowLength;
use hedgerow_gate::{Observation, Sums};

use super::Window;

/// How often a window of calls is looked at while calls end, for those to whom it is shown.
const CALLS_TICK: Duration = Duration::from_millis(500);

/// What the rates are taken of: a window of time that the machine keeps, or one of calls that the gate keeps.
#[derive(Debug, Clone)]
pub(crate) enum Basis {
    /// The calls of the last stretch of time.
    Time(Window),
    /// Exactly the last so many calls.
    Calls(LastCalls),
}

/// The gate's last calls, as they were observed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LastCalls {
    held: Sums,
    /// What had ended in all at the last observation.
    ended: Sums,
    tick: Option<Duration>,
}

impl Basis {
    pub(super) fn new(length: WindowLength, now: Duration, base: Sums) -> Self {
        match length {
            WindowLength::Time(length) => Self::Time(Window::new(length, now, base)),
            WindowLength::Calls(_) => Self::Calls(LastCalls {
                ended: base,
                ..LastCalls::default()
            }),
        }
    }

    pub(super) fn observe(&mut self, now: Duration, seen: &Observation) {
        match self {
            Self::Time(window) => window.observe(now, seen.sums),
            Self::Calls(last) => {
                last.held = seen.last_calls;
                if last.tick.is_none_or(|tick| tick <= now) {
                    let stirred = last.ended != seen.sums;
                    last.ended = seen.sums;
                    last.tick = stirred.then(|| now.saturating_add(CALLS_TICK));
                }
            }
        }
    }

    /// Goes on with another length, and with what it holds where it is of the same kind.
    pub(super) fn resize(&mut self, length: WindowLength, now: Duration, base: Sums) {
        match (&mut *self, length) {
            (Self::Time(window), WindowLength::Time(length)) => window.resize(length),
            (Self::Calls(_), WindowLength::Calls(_)) => {}
            _ => *self = Self::new(length, now, base),
        }
    }

    /// What it holds.
    pub(crate) fn totals(&self) -> Sums {
        match self {
            Self::Time(window) => window.totals(),
            Self::Calls(last) => last.held,
        }
    }

    /// What the gate's sums were where it begins. A window of calls does not begin at sums.
    pub(super) fn base(&self) -> Sums {
        match self {
            Self::Time(window) => window.base(),
            Self::Calls(_) => Sums::default(),
        }
    }

    /// When it should be looked at next; `None` where only a call that ends can change it.
    pub(super) fn next_tick(&self) -> Option<Duration> {
        match self {
            Self::Time(window) => window.next_tick(),
            Self::Calls(last) => last.tick,
        }
    }
}
