//! The lock-free words and counters that callers touch on the hot path.
//!
//! A [`Gate`] is what a breaker publishes to its callers: one word that says whether calls flow, and counters
//! that say how they ended. Its [`Owner`] is the only one who changes the state; callers ask for a [`Permit`],
//! make their call, and report how it ended.
//!
//! ```
//! use std::sync::Arc;
//! use hedgerow_gate::{Bell, Gate, Permit, Publish};
//!
//! struct Silent;
//! impl Bell for Silent {
//!     fn ring(&self) {}
//! }
//!
//! let (gate, owner) = Gate::new(Arc::new(Silent));
//! let permit = Permit::acquire(&*gate).expect("a new gate is closed: calls flow");
//! permit.success();
//! assert_eq!(owner.sums().successes, 1);
//!
//! owner.publish(Publish::Open { refuse_until: std::time::Duration::from_secs(5) });
//! assert!(Permit::acquire(&*gate).is_err());
//! ```
//!
//! # What it costs
//!
//! | path | shared lines read | atomic read-modify-writes |
//! |---|---|---|
//! | closed, success | word (twice), streak | 0; a plain store on the thread's own line |
//! | closed, failure | word (three times), rules | 2: streak, fuse; 3 where runs of time-outs have a limit |
//! | the same, in a window of calls | and the ring | 1 more, each 21st call 2: the order of the calls is one for all threads |
//! | open | word, `refuse_until` | 0 |
//! | half-open, admitted | word | 1 to enter, 2 to report |
//! | fenced | word, clock | 0 |
//!
//! No path takes a lock or allocates. A clock is read by the one who fences and by those who meet the fence, and by nobody
//! else. The bell rings only where the owner may have to act.
//!
//! # What holds, whatever the interleaving
//!
//! - Only the owner changes the state; each change begins a new *generation*.
//! - A fence is no state. It is set by a caller that has crossed the rules by its own reading, in the generation that
//!   admitted it; it ends with that generation, when the owner lifts it, or after [`FENCE_LASTS`], and its bell has rung.
//! - A half-open generation never has more calls under way than it has permits, and never more failed calls than
//!   permits: a failed probe keeps its permit, because it has already decided the generation.
//! - A permit that is dropped is a cancelled call: its probe permit comes back, and nothing is counted.
//! - The report of a call that was admitted in an older generation changes neither streak, probes nor permits.
//!   (The sums are cumulative and untagged: a report whose thread is interrupted between its generation check and
//!   its count lands there late. At most one for each such thread; the windows are seeded anew when a gate closes.)
//! - A bad call is either in the sums that the owner has seen, or has burnt the fuse that the owner has armed.
//! - A run that reached its limit is latched: a success afterwards does not hide it.
//!
//! These are checked by the models in `tests/loom.rs`.
#![forbid(unsafe_code)]

mod bell;
mod fence;
mod fuse;
mod gate;
mod owner;
mod permit;
mod posted;
mod probes;
mod ring;
mod rules;
mod seat;
mod shard;
mod streak;
mod sync;
mod tally;
#[cfg(all(test, not(loom)))]
mod tests;
mod word;

pub use bell::Bell;
pub use fence::{Clock, FENCE_LASTS};
pub use gate::Gate;
pub use owner::{Armed, Observation, Owner, Pace, Publish, Rest};
pub use permit::{Permit, Shut};
pub use probes::Probes;
pub use ring::MAX_LAST_CALLS;
pub use rules::{Join, Rates, Rules};
pub use seat::{MAX_SEATS, seat};
pub use shard::Sums;
pub use streak::Runs;
pub use tally::Tally;
pub use word::{MAX_PERMITS, State};
