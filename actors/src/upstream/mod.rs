//! A named service that can be called.
//!
//! | file | subject |
//! |---|---|
//! | `spec` | the supervisor of an upstream, with its endpoints and their breakers |
//! | `membership` | who joins and who leaves while it serves |
//! | `slot` | what belongs to its place in the tree |
//! | `handle` | what callers hold |
//! | `guard` | what stands in front of it as a whole: nothing, a breaker, or one for each key |
//! | `call` | one call: one outcome, however many attempts |
//! | `attempt` | one attempt at one endpoint |
//! | `repeat` | a call of any protocol, attempt after attempt |
//! | `traced` | the span of one attempt at it |
//! | `pick` | which endpoint an attempt goes to |
//! | `mirror` | copies of requests, for another upstream |
//! | `tried` | which endpoints a call has tried |
//! | `roll` | what all endpoints come to together; why one is left out |
//! | `level` | which priority calls go to |
//! | `set` | the endpoints at one instant |
//! | `endpoint` | one address with its breaker and its figures |
//!
//! The order of a call is fixed: pass the gate of upstream, route or tenant; choose an endpoint and pass its gate; make the
//! attempt; report to both.

mod attempt;
#[cfg(test)]
mod balanced_tests;
mod call;
mod endpoint;
mod guard;
mod handle;
#[cfg(test)]
mod judged_tests;
mod level;
#[cfg(test)]
mod level_tests;
mod membership;
#[cfg(test)]
mod membership_tests;
mod mirror;
mod pick;
mod repeat;
#[cfg(test)]
mod repeat_tests;
mod roll;
mod set;
mod slot;
mod spec;
#[cfg(test)]
mod tests;
mod traced;
mod tried;

pub use attempt::Attempt;
pub use call::Call;
pub use endpoint::{Dial, Endpoint, Share};
pub use guard::CallKeys;
pub use handle::UpstreamHandle;
pub use membership::{Changed, JoinError, Membership};
pub use mirror::{CopyEnd, Mirror, Mirrored};
pub use roll::Exclusion;
pub use set::EndpointSet;
pub(crate) use spec::place;
pub use spec::spec;
