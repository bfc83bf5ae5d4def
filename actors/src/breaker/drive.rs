//! How a machine and its gate meet.

use std::num::NonZeroU64;
use std::time::Duration;

use hedgerow_gate::{Armed, Owner, Rest, State};

use super::{Machine, Now, Transition};

/// Looks in a row that may find news, before others of the thread get their turn. News between two looks needs
/// callers that burn a whole fuse in a microsecond, and then do not trip: a few are luck, this many are not.
const MAX_LOOKS: u32 = 16;

/// What a look at the gate led to.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "transitions are to be recorded, and the timer to be armed"]
pub struct Driven {
    /// The moves that were made and published, in order. Mostly none.
    pub transitions: Vec<Transition>,
    /// When to look again if no bell rings before, as time since the mesh's epoch. It replaces what was asked for
    /// before; `None` is no timer at all. A time that is not after `now` asks for another look at once.
    pub wake_at: Option<Duration>,
}

/// Takes charge of a gate: sets its limits and publishes the machine's state where callers meet another. To be
/// called once by each incarnation, before its first [`drive`].
///
/// Where callers meet the same state already, its generation goes on with all that it has counted: permits of
/// probes that are under way are not given out twice.
pub fn take_charge(machine: &mut Machine, owner: &Owner, now: Now) {
    machine.heed(owner.published(), now);
    owner.limit_streak(machine.policy().consecutive_failures);
    if owner.state() != machine.state() {
        owner.publish(machine.publish());
    }
}

/// Looks at the gate, makes and publishes the moves that follow, arms the fuse, and goes to rest if nothing is
/// going on. For every occasion: bell, tick, end of the open time, start. It waits for nothing.
pub fn drive(machine: &mut Machine, owner: &Owner, now: Now) -> Driven {
    let mut transitions = Vec::new();
    for _ in 0..MAX_LOOKS {
        let seen = owner.observe();
        if let Some(transition) = machine.step(now, &seen) {
            owner.publish(machine.publish());
            transitions.push(transition);
            // The observation is of the generation before: look again.
            continue;
        }
        let wake_at = machine.deadline();
        let settled = match (machine.state(), wake_at) {
            (State::Closed, None) => owner.rest(fuse(machine), seen.sums) == Rest::Asleep,
            (State::Closed, Some(_)) => owner.arm(fuse(machine), seen.sums) == Armed::Set,
            (State::Open | State::HalfOpen, _) => true,
        };
        if settled {
            return Driven { transitions, wake_at };
        }
    }
    Driven {
        transitions,
        wake_at: Some(now.elapsed),
    }
}

/// At least one: what successes alone can cross is found by the tick, which is armed while there are calls.
fn fuse(machine: &Machine) -> Option<NonZeroU64> {
    machine
        .fuse()
        .map(|failures| NonZeroU64::MIN.saturating_add(failures.saturating_sub(1)))
}
