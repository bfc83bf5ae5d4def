//! A breaker for each key: tenant, route, user, whatever tells calls apart.
//!
//! | file | subject |
//! |---|---|
//! | `place` | one key: its gate, and its breaker while it has one |
//! | `family` | all of them: a bounded map that callers read, and the one that the rest share |
//! | `handle` | what callers hold |
//! | `keeper` | the actor that gives a key its breaker |
//! | `rest` | how it takes it away again |
//! | `messages` | what it is told from outside |
//! | `sweep` | which keys are dropped |
//! | `memory` | what is kept of keys, and how they begin after a crash |
//! | `spec` | the part of the tree that they are |
//!
//! Most keys are well most of the time. A key that is has a compact gate and nothing else: its calls are counted, send no
//! message and wake nobody. The first bad call rings the keeper, which starts a [breaker](crate::breaker) round that gate: an
//! actor as any other, in the tree, with its record in the store. Once it is closed and its window holds no bad call, it
//! is stopped, and the gate is left to itself. So a caller's way is the same as that to any other breaker, with a look into
//! a map before it.
//!
//! What the keeper does for a key is written at the key's place, so that one that falls is followed by one that goes on.
//! Breakers that are up stay as they are.
//!
//! # What is exact, and what is not
//! - Runs of failures and time-outs are counted by the gate, and are exact throughout. A caller that completes one fences
//!   the gate at once, whether or not there is a breaker.
//! - A rate is taken from the first bad call on: of the calls before it, which were all good, the window knows nothing.
//! - A key is dropped when it is well and no call of it has ended between two sweeps, which are as long apart as
//!   [`KeyLimits::idle_for`](hedgerow_config::KeyLimits). A call that begins in that very instant may go uncounted.
//! - Calls without a key, with a key longer than [`LONGEST_KEY`], or with one that finds the map full share one breaker.

mod family;
mod handle;
mod keeper;
mod memory;
mod messages;
mod place;
mod rest;
mod spec;
mod sweep;
#[cfg(test)]
mod tests;

pub use family::LONGEST_KEY;
pub use handle::{InstructError, KeyedBreakerHandle};
pub use place::KeyGate;
pub use spec::spec;
