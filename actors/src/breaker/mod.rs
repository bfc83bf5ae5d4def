//! Refuses calls to what is failing so that it can recover.
//!
//! | file | subject |
//! |---|---|
//! | `machine` | the decisions: state, observation, now -> transition |
//! | `window`, `rate`, `open_time` | the sliding window, the failure-rate rule, the growing open time |
//! | `cause` | why it moved: rule, limit, observed |
//! | `record`, `restore` | what is kept across a crash, and where a breaker begins after one |
//! | `drive` | how a machine and its [gate](hedgerow_gate) meet |
//! | `actor` | the shell: a mailbox, a timer and a store around a machine |
//! | `recover`, `keep` | how the shell begins; how it saves what the breaker is and tells what happened |
//! | `handle` | what callers hold |
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
mod cause;
mod drive;
mod fnv;
mod handle;
mod keep;
mod machine;
mod open_time;
mod rate;
mod record;
mod recover;
mod restore;
mod shown;
#[cfg(test)]
mod tests;
mod window;

pub use actor::{Means, spec};
pub use cause::Cause;
pub use drive::{Driven, drive, take_charge};
pub use handle::BreakerHandle;
pub use machine::{HALF_OPEN_MAX_STAY, Machine, Now, TRANSITIONS, Transition};
pub use record::{Held, Record, RecordError, Summary, policy_hash};
pub use recover::LOAD_WITHIN;
pub use restore::{FRESH_FOR, Restored};
pub(crate) use shown::state;
pub use window::Window;
