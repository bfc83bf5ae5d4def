//! Endpoints that are not listed: who is there is asked of the domain name system, or told by those who register.
//!
//! | file | subject |
//! |---|---|
//! | `member` | who is there: address and share; what has changed between two answers |
//! | `resolve` | the port to a resolver |
//! | `machine` | pure: answers, failures and time in, changes of the members and the next look-up out |
//! | `actor` | asks the resolver or the registry, and brings the endpoints of its upstream in line |
//! | `kept` | what the store keeps of the last answer, for a start at which nobody answers |
//! | `align` | which endpoint joins or leaves next, one at a time |
//! | `shown` | where the endpoints come from and how fresh that is, for everyone to see |
//! | `spec` | the child of an upstream that does it |
//!
//! What was learned last stays while the source fails: a resolver that is down says nothing about the endpoints. An
//! answer without an endpoint is doubted until it was given as often as config says.

mod actor;
mod align;
mod kept;
#[cfg(test)]
mod kept_tests;
mod machine;
mod member;
mod resolve;
mod shown;
mod spec;

#[cfg(test)]
mod actor_tests;
#[cfg(test)]
mod machine_tests;

pub use member::{Member, Members};
pub use resolve::{Answer, Question, Resolve, ResolveError, Resolved, Resolver, Resolving};
pub(crate) use shown::Shown;
pub use spec::{Sources, upstream};
