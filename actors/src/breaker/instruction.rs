//! What an operator can tell a breaker.

use std::fmt;

use hedgerow_gate::{State, Sums};

use super::machine::Phase;
use super::{Cause, Machine, Now, Transition};

/// What an operator can tell a breaker. A state that is forced stays, over restarts, until another instruction ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Instruction {
    /// Refuse every call.
    ForceOpen,
    /// Be closed with an empty window, and go by the rules from there.
    Close,
    /// Let every call through, and count none.
    Disable,
    /// Let every call through, and count.
    MetricsOnly,
    /// Go by the rules again: half-open after a forced open, so that nothing closes without a probe; closed with an empty
    /// window after the others. In a state that is not forced it changes nothing.
    Release,
}

impl Instruction {
    /// Every instruction.
    pub const ALL: [Self; 5] = [
        Self::ForceOpen,
        Self::Close,
        Self::Disable,
        Self::MetricsOnly,
        Self::Release,
    ];

    /// The name, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ForceOpen => "forceOpen",
            Self::Close => "close",
            Self::Disable => "disable",
            Self::MetricsOnly => "metricsOnly",
            Self::Release => "release",
        }
    }
}

impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Machine {
    /// Does what `author` says, and makes the move that follows, if one does. `base` is what was counted so far: an empty
    /// window begins there.
    ///
    /// | instruction | from | to |
    /// |---|---|---|
    /// | forceOpen, disable, metricsOnly | any other state | forcedOpen, disabled, metricsOnly |
    /// | close | any state, also closed | closed, empty window, the open time starts over |
    /// | release | forcedOpen | halfOpen |
    /// | release | disabled, metricsOnly | closed, empty window |
    pub fn instruct(
        &mut self,
        now: Now,
        instruction: Instruction,
        author: &str,
        base: Sums,
    ) -> Option<Transition> {
        let from = self.state();
        let to = match (instruction, from) {
            (Instruction::ForceOpen, _) => State::ForcedOpen,
            (Instruction::Disable, _) => State::Disabled,
            (Instruction::MetricsOnly, _) => State::MetricsOnly,
            (Instruction::Close, _) | (Instruction::Release, State::Disabled | State::MetricsOnly) => {
                State::Closed
            }
            (Instruction::Release, State::ForcedOpen) => State::HalfOpen,
            (Instruction::Release, State::Closed | State::Open | State::HalfOpen) => return None,
        };
        let phase = match to {
            State::Closed => {
                self.begin_window(now, base);
                self.open_count = 0;
                Phase::Closed
            }
            State::HalfOpen => Phase::half_open(now, &self.policy),
            forced if forced == from => return None,
            forced => {
                if forced == State::MetricsOnly {
                    self.begin_window(now, base);
                }
                Phase::Forced {
                    state: forced,
                    author: author.into(),
                }
            }
        };
        Some(self.enter(phase, now, Cause::Instructed(instruction), Some(author)))
    }
}
