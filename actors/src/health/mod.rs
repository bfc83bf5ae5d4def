//! Asks endpoints from time to time whether they are well, and leaves out those that are not.
//!
//! | file | subject |
//! |---|---|
//! | `machine` | one check of one endpoint: when it is made, what its results come to |
//! | `vitals` | what is known of an endpoint's health, for those who choose among endpoints |
//! | `actor` | the shell: a timer and a [`Probe`](crate::probe::Probe) around the machines |
//!
//! The rules are those of Envoy's and HAProxy's active checks (`unhealthy_threshold` and `healthy_threshold`, `fall` and
//! `rise`): so many results in a row turn an endpoint. The first result decides at once, and before it an endpoint is given
//! calls: a start waits for nobody. Each endpoint is asked by itself, so that one that hangs holds up no other.

mod actor;
mod machine;
#[cfg(test)]
mod tests;
mod vitals;

pub(crate) use actor::{Checks, spec};
pub use machine::{Answer, Checkup, Turn};
pub use vitals::Health;
pub(crate) use vitals::Vitals;
