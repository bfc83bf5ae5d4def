//! Resources that are leased: connections, devices, whatever is made by waiting and is bounded in number.
//!
//! A pool bounds how many leases are out, over all threads; who comes when all are waits in turn, for a bounded time, in a
//! bounded queue. What comes back is kept for the next one while it is fit, not idle for too long, and not too old. What the
//! pool promises, its contract, is held against what it measures of itself, and leases that are out for too long are reported
//! with the line that took them.
//!
//! | file | subject |
//! |---|---|
//! | `bound` | how many leases may be out, and whose turn it is |
//! | `census` | the word that it is counted in |
//! | `turn` | one who waits |
//! | `grant` | the right to one lease, whatever is leased |
//! | `holding` | who has it: line, trace, since when |
//! | `figures` | what is counted |
//! | `contract` | what is promised, held against what was measured |
//! | `slot` | what belongs to the place in the tree |
//! | `actor` | measures, reports, closes what is idle |
//! | `shown` | what is shown of it |
//! | `source` | where resources come from |
//! | `kept` | how long one is kept |
//! | `shelf` | what waits for one thread, and what waits for all |
//! | `stock` | what a pool has: what waits, and the making of more |
//! | `lease` | a resource in use |
//! | `pool` | the pool, as its users hold it |
//! | `divided` | leases of a part of a resource |
//! | `leases` | a pool that keeps nothing itself |
//!
//! A lease cannot be given back twice, and none can be made up:
//!
//! ```compile_fail,E0382
//! # async fn run<S: hedgerow_actors::pool::resource::Source>(pool: hedgerow_actors::pool::resource::ResourcePool<S>) {
//! let Ok(lease) = pool.take().await else { return };
//! drop(lease);
//! drop(lease);
//! # }
//! ```

mod actor;
mod bound;
mod census;
mod contract;
mod divided;
mod figures;
mod grant;
mod holding;
mod kept;
mod lease;
mod leases;
mod pool;
mod shelf;
mod shown;
mod slot;
mod source;
mod stock;
mod turn;

#[cfg(test)]
#[path = "tests/mod.rs"]
mod tests;

pub use divided::{Divided, Part};
pub use grant::{Grant, LeaseEnd};
pub use kept::{Life, OverAge};
pub use lease::Lease;
pub use leases::Leases;
pub use pool::{CHECK_AFTER, ResourcePool, spec};
pub use source::{Fitness, LeaseError, Source, WarmedUp};
