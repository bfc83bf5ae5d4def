//! How a machine and its gate meet.

use std::num::NonZeroU64;
use std::time::Duration;

use hedgerow_config::{BreakerPolicy, HalfOpen, TripWhen};
use hedgerow_gate::{Armed, Observation, Owner, Rest, State, Sums};

use super::{Instruction, Machine, Now, Transition};

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
    /// The sums of the last look: what comes after them rings, or is seen at `wake_at`.
    pub seen: Sums,
}

/// Takes charge of a gate: sets its rules and publishes the machine's state where callers meet another. To be
/// called once by each incarnation, before its first [`drive`].
///
/// Where callers meet the same state already, its generation goes on with all that it has counted: permits of
/// probes that are under way are not given out twice.
pub fn take_charge(machine: &mut Machine, owner: &Owner, now: Now) {
    // A gate that was published to tells what an operator said last; the record may be of the time before.
    if owner.generation() > 0 {
        machine.unforce(owner.published(), now);
    }
    machine.heed(owner.published(), now);
    owner.set_rules(&machine.rules());
    if owner.state() != machine.state() {
        owner.publish(machine.publish());
    }
}

/// Has the machine do what `author` says, and publishes the move that follows. To be followed by a [`drive`].
pub fn instruct(
    machine: &mut Machine,
    owner: &Owner,
    now: Now,
    instruction: Instruction,
    author: &str,
) -> Option<Transition> {
    let transition = machine.instruct(now, instruction, author, owner.sums())?;
    owner.set_rules(&machine.rules());
    owner.publish(machine.publish());
    Some(transition)
}

/// Gives the machine another policy, and publishes what callers are to know of it. To be followed by a [`drive`].
///
/// A half-open gate whose permits or pace change begins its probing anew: probes that are under way are not counted.
pub fn retune(machine: &mut Machine, owner: &Owner, now: Now, policy: BreakerPolicy) {
    let (before, probing) = (machine.publish(), machine.policy().half_open);
    machine.retune(policy, now, owner.sums());
    owner.set_rules(&machine.rules());
    let HalfOpen { permits, every, .. } = machine.policy().half_open;
    let paced_otherwise =
        machine.state() == State::HalfOpen && (permits, every) != (probing.permits, probing.every);
    if machine.publish() != before || paced_otherwise {
        owner.publish(machine.publish());
    }
}

/// Looks at the gate, makes and publishes the moves that follow, arms the fuse, and goes to rest if nothing is
/// going on. For every occasion: bell, tick, end of the open time, start. It waits for nothing.
pub fn drive(machine: &mut Machine, owner: &Owner, now: Now) -> Driven {
    let mut transitions = Vec::new();
    let mut last = Sums::default();
    for _ in 0..MAX_LOOKS {
        if machine.state() == State::HalfOpen {
            owner.retract();
        }
        let seen = owner.observe();
        last = seen.sums;
        if let Some(transition) = machine.step(now, &seen) {
            owner.publish(machine.publish());
            transitions.push(transition);
            // The observation is of the generation before: look again.
            continue;
        }
        if machine.take_grant() {
            owner.grant();
            continue;
        }
        // Nothing is crossed: a fence that was raised before this look was raised too early.
        owner.lift();
        let wake_at = machine.deadline(now.elapsed);
        let settled = match machine.state() {
            State::Closed => {
                if machine.policy().trip_when == TripWhen::All {
                    owner.forget_runs(seen.runs);
                }
                owner.allow_fence(machine.window().base());
                settle(machine, owner, &seen, wake_at)
            }
            State::MetricsOnly => settle(machine, owner, &seen, wake_at),
            State::Open | State::HalfOpen | State::ForcedOpen | State::Disabled => true,
        };
        if settled {
            return Driven {
                transitions,
                wake_at,
                seen: last,
            };
        }
    }
    Driven {
        transitions,
        wake_at: Some(now.elapsed),
        seen: last,
    }
}

/// Arms the fuse, and goes to rest where no tick is needed. False where there is news already.
fn settle(machine: &Machine, owner: &Owner, seen: &Observation, wake_at: Option<Duration>) -> bool {
    match wake_at {
        None => owner.rest(fuse(machine), seen.sums) == Rest::Asleep,
        Some(_) => owner.arm(fuse(machine), seen.sums) == Armed::Set,
    }
}

/// At least one: what successes alone can cross is found by the tick, which is armed while there are calls.
fn fuse(machine: &Machine) -> Option<NonZeroU64> {
    machine
        .fuse()
        .map(|failures| NonZeroU64::MIN.saturating_add(failures.saturating_sub(1)))
}
