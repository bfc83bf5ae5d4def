//! Which requests are refused while there is too much to do: those that matter least, first.
//!
//! - [`levels`]: how much a request matters, and how many may be in flight for it to go in. Levels are those of Google's
//!   criticality (*Site Reliability Engineering*, chapter 21, "Handling Overload"), the thresholds are those of Netflix'
//!   prioritized load shedding: each level has a share of what is possible, the least important one the smallest.
//! - [`overload`]: one level more or fewer, by the mean latency of a window. A pure machine.

mod levels;
mod memory;
mod overload;
#[cfg(test)]
mod tests;

pub(crate) use levels::Levels;
pub(crate) use memory::ShedMemory;
