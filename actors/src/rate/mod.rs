//! So many requests in so much time, for all together or for each of many keys.
//!
//! The algorithm is GCRA, the Generic Cell Rate Algorithm (ITU-T I.371, appendix on the virtual scheduling algorithm), by the
//! crate `governor`: a bucket is one number, its *theoretical arrival time* (TAT), which says how long what was admitted
//! takes at the rate. What is ours is the time, the store, and that both outlive a quota:
//!
//! - **Time** is the request's own reading of the clock: reading it again would cost several times the decision.
//! - **Time is counted in tokens** (`pace`), as many as the rate gives. So a TAT says how many requests were admitted
//!   beyond what time has given back, whatever the rate was then and is now: a quota is changed by going on at another pace
//!   from the same number of tokens, and no bucket has to be touched for it but one that has more outstanding than the new
//!   burst.
//! - **A bucket** (`bucket`) is one atomic word, written when a request is admitted and not when one is refused.
//! - **Keys** (`table`) have a bucket in a table whose size is fixed from the start.
//!
//! # A change of quota
//!
//! What a key has used stays used. After a change to burst *b* it has what it had used before (at most *b*) outstanding, and
//! gets back tokens at the new rate from then on: one that was over waits for one token of the new rate, one that had used 3
//! may use *b* - 3 at once. So over any time and any changes, no bucket admits more than the largest burst and what the
//! rates gave meanwhile. The change counts from the first request that meets it.
//!
//! # What it costs
//!
//! One atomic compare-and-swap for each request that is admitted, on the line of its bucket, and none for one that is
//! refused. A bucket that all share is a bound on all threads together: its line goes from thread to thread.

mod bucket;
mod limiter;
mod memory;
mod pace;
mod table;
#[cfg(test)]
mod tests;

pub use limiter::{Limiter, Over, Whose};
pub use memory::LimiterMemory;
