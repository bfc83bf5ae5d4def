//! Refuses calls to what is failing so that it can recover.
//!
//! | file | subject |
//! |---|---|
//! | `machine` | the decisions: state, observation, now -> transition |
//! | `trip`, `rate` | the rules that trip, how they are joined, and how far they are from it |
//! | `basis`, `window` | what the rates are taken of: a sliding window of time, or the gate's last calls |
//! | `open_time` | the growing open time |
//! | `instruction`, `retune` | what operators say, and another policy |
//! | `cause` | why it moved: rule, limit, observed |
//! | `record`, `restore` | what is kept across a crash, and where a breaker begins after one |
//! | `drive` | how a machine and its [gate](hedgerow_gate) meet |
//! | `spec` | the child that a breaker is |
//! | `slot` | what belongs to its place in the tree |
//! | `actor` | the shell: a mailbox, a timer and a store around a machine |
//! | `recover`, `keep` | how the shell begins; how it saves what the breaker is and tells what happened |
//! | `messages` | what the shell is told from outside |
//! | `handle`, `meter` | what callers hold, and measure their calls by |
//! | `report` | what a verdict does to the gate |
//! | `operate` | what can be told it by name, from outside |
//! | `shown` | what is published for the API |
//!
//! The words are the field's: **closed, calls flow; open, calls are refused; half-open, a few probes are let
//! through**. But for the shell, nothing here reads a clock, waits, or does I/O: `now` is an argument, and what follows is
//! returned.
//!
//! # How it is driven
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//! use hedgerow_actors::breaker::{self, Machine, Now};
//! use hedgerow_config::BreakerPolicy;
//! use hedgerow_gate::{Bell, Gate, Permit, State};
//!
//! struct Silent;
//! impl Bell for Silent {
//!     fn ring(&self) {} // a real one asks the owner to `drive` soon
//! }
//!
//! let (gate, owner) = Gate::new(Arc::new(Silent));
//! let start = Now { elapsed: Duration::ZERO, unix_ms: 1_800_000_000_000 };
//! let mut machine = Machine::new(BreakerPolicy::default(), start, owner.sums(), 1);
//! breaker::take_charge(&mut machine, &owner, start);
//! assert_eq!(breaker::drive(&mut machine, &owner, start).wake_at, None);
//!
//! for _ in 0..7 {
//!     Permit::acquire(&*gate).expect("closed").failure();
//! }
//! let driven = breaker::drive(&mut machine, &owner, start);
//! assert_eq!(driven.transitions[0].to, State::Open);
//! assert_eq!(driven.transitions[0].cause.to_string(), "consecutiveFailures: limit 7, observed 7");
//! assert!(Permit::acquire(&*gate).is_err());
//! assert!(driven.wake_at.expect("the end of the open time") <= Duration::from_secs(1));
//! ```

mod actor;
mod basis;
mod cause;
mod drive;
mod half_open;
mod handle;
mod instruction;
mod keep;
mod machine;
mod messages;
mod meter;
mod open_time;
mod operate;
mod rate;
mod record;
mod recover;
mod report;
mod restore;
mod retune;
mod shown;
mod slot;
mod spec;
#[cfg(test)]
pub(crate) mod tests;
mod trip;
mod window;

pub(crate) use basis::Basis;
pub use cause::Cause;
pub use drive::{Driven, drive, instruct, retune, take_charge};
pub(crate) use half_open::HalfOpenGates;
pub use handle::{BreakerHandle, LONGEST_AUTHOR};
pub(crate) use handle::{by_fence, through};
pub use instruction::Instruction;
pub use machine::{Machine, Now, Transition};
pub use messages::{Instruct, Retune};
pub(crate) use meter::{Began, CallMeter, Timed};
pub use record::{Held, RECORD_VERSION, Record, RecordError, Summary, policy_hash};
pub(crate) use recover::LOAD_WITHIN;
pub use report::Counted;
pub use restore::{FRESH_FOR, Restored};
pub(crate) use shown::state;
pub(crate) use slot::{BreakerSlot, Past};
pub use spec::{Means, spec};
pub(crate) use spec::{around, key};
pub use trip::Crossed;
pub(crate) use trip::rules;
use window::Window;
