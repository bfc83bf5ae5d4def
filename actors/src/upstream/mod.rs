//! A named service that can be called.
//!
//! | file | subject |
//! |---|---|
//! | `spec` | the supervisor of an upstream, with its endpoints and their breakers |
//! | `handle` | what callers hold: choose an endpoint, make the call, report how it ended |
//! | `endpoint` | one address with its breaker and its figures |
//!
//! The order of a call is fixed: choose an endpoint, pass its gate, make the attempt, report to the gate.

mod endpoint;
mod handle;
#[cfg(test)]
mod judged_tests;
mod spec;
#[cfg(test)]
mod tests;

pub use endpoint::{Dial, Endpoint};
pub use handle::{Admitted, UpstreamHandle};
pub use spec::spec;
