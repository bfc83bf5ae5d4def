//! Objects that are used again: costly to make or to reset, leased by value, and reset when they come back.
//!
//! | file | subject |
//! |---|---|
//! | `reset` | what an object must be able to do to be used again |
//! | `store` | the pool: a shelf for each thread over a store for all |
//! | `shelf` | what waits for one thread, and what waits for all |
//! | `lease` | an object in use |
//! | `lent` | how a thread finds its own shelf without counting that it does |
//! | `counts` | how well it works |
//!
//! # When not to use one
//! A buffer without a costly beginning is as cheap from a good allocator as from here. What pays is an object that owns many
//! allocations, such as the context of a request with the states of all its nodes.
//!
//! ```
//! use hedgerow_actors::pool::{Limits, Pool, Reset};
//!
//! #[derive(Debug, Default, PartialEq)]
//! struct Page {
//!     lines: Vec<String>,
//! }
//!
//! impl Reset for Page {
//!     fn reset(&mut self) {
//!         self.lines.clear();
//!     }
//! }
//!
//! let pages = Pool::new(Limits::default());
//! let mut page = pages.take(Page::default);
//! page.lines.push("once upon a time".into());
//! drop(page);
//!
//! let again = pages.take(|| unreachable!("the first one has come back"));
//! assert!(again.lines.is_empty() && again.lines.capacity() > 0);
//! ```
//!
//! A lease cannot be given back twice:
//!
//! ```compile_fail,E0382
//! use hedgerow_actors::pool::{Limits, Pool};
//!
//! let pool = Pool::<String>::new(Limits::default());
//! let lease = pool.take(String::new);
//! drop(lease);
//! drop(lease);
//! ```

pub mod resource;

mod counts;
mod lease;
mod lent;
mod reset;
mod shelf;
mod store;
#[cfg(test)]
mod tests;

pub use counts::Counts;
pub use lease::Lease;
pub(crate) use reset::leftover;
pub use reset::{Pooled, Reset};
pub use store::{Limits, Pool};
