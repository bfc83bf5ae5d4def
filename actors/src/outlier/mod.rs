//! Leaves out endpoints that are clearly worse than their siblings, for a while.
//!
//! | file | subject |
//! |---|---|
//! | `machine` | the decisions: what was seen of the endpoints, now -> who is ejected and who returns |
//! | `rules` | the rules that compare endpoints: shares of successes and failures, latency |
//! | `cause` | why: rule, limit, observed |
//! | `monitor` | what is known of one endpoint: its callers write it, and read whether it is ejected |
//! | `streak` | failures in a row |
//! | `latencies` | how long calls took |
//! | `actor` | the shell: a bell and a timer around a machine |
//! | `operate` | what it can be told from outside: to put an endpoint back |
//!
//! A caller writes its own counters where a call ends; a run of failures that is long enough rings the actor at once, the
//! shares are looked at each `every`, while there are calls. An ejection is a word at the endpoint: until when. It ends by
//! time, whoever runs or does not.
//!
//! Global to all threads is one word for each endpoint, the run of failures: a success writes it only where there is a run.

mod actor;
mod cause;
mod latencies;
mod machine;
mod monitor;
mod operate;
mod rules;
mod streak;
#[cfg(test)]
mod tests;

pub(crate) use actor::spec;
pub use cause::Cause;
pub use latencies::Histogram;
pub(crate) use machine::has_room;
pub use machine::{Machine, Move, Seen, Step, To, Traffic};
pub(crate) use monitor::{Alarm, Monitor, Watched};
pub use rules::Ends;
