//! A named service that can be called.
//!
//! | file | subject |
//! |---|---|
//! | `spec` | the supervisor of an upstream, with its endpoints and their breakers |
//! | `handle` | what callers hold: choose an endpoint, make the call, report how it ended |
//! | `guard` | what stands in front of it: a breaker for each endpoint, one for all, or one for each key |
//! | `admitted` | one attempt at one endpoint |
//! | `endpoint` | one address with its breaker and its figures |
//!
//! The order of a call is fixed: choose an endpoint, pass the gate in front of it, make the attempt, report to the gate.

mod admitted;
mod endpoint;
mod guard;
mod handle;
#[cfg(test)]
mod judged_tests;
mod spec;
#[cfg(test)]
mod tests;

pub use admitted::Admitted;
pub use endpoint::{Dial, Endpoint};
pub use guard::CallKeys;
pub use handle::UpstreamHandle;
pub use spec::spec;
