//! So many requests at once, and a short queue for those that come beside.
//!
//! - [`admissions`]: who is inside and who waits, in one atomic word. To go in is one atomic read-modify-write, to go out another;
//!   both are on one line for all threads, because the bound is one for all of them. A lock is taken by those alone who
//!   wait, and by the one who lets them in.
//! - [`queued`]: one who waits. Whoever goes away while waiting leaves nothing behind, and an admission that was given to one who
//!   is just going passes to the next.
//! - [`gradient`]: the limit itself, where latency tells what it should be. A pure machine.

mod admissions;
mod gradient;
mod memory;
mod queued;
#[cfg(test)]
mod tests;

pub(crate) use admissions::{Census, Joined};
pub(crate) use memory::ConcurrencyMemory;
pub(crate) use queued::{Admission, Waiter};
