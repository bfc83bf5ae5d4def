//! What Hedgerow costs, measured beside its peers in one run.
//!
//! A figure by itself says as much about the machine as about the code. So every bench here lets its contestants take
//! turns, round by round, and compares them **within** each round; a machine that slows down slows all of them down.
//!
//! | item | subject |
//! |---|---|
//! | [`Contest`] | contestants of some nanoseconds, interleaved, on one thread or several |
//! | [`statistics`] | the least, the median, and the median of ratios |
//! | [`Random`] | which key is next |
//! | [`Table`] | figures in columns |
//! | [`allocations`] | how often a thread has asked for memory: an exact count, which may decide a test |
//! | [`nodes`] | nodes and heads that several benches walk through |
//! | [`cores`] | which cores a thread may use |
//! | [`machine`] | what a reader must know about the machine, and the time a process has had of it |
//! | [`peers`] | programs of others that are on this machine |
//!
//! Times never decide a test; they are printed for people.

pub mod allocations;
mod contest;
pub mod cores;
pub mod machine;
pub mod nodes;
mod pace;
pub mod peers;
mod random;
pub mod statistics;
mod table;

pub use contest::{Contest, Outcome, Row};
pub use random::Random;
pub use table::Table;
