//! What calls have taught of the endpoints of an upstream, kept across a crash.
//!
//! A balancer that goes by failures leaves a sick endpoint alone after the first of them, long before a breaker would trip;
//! were that forgotten with the process, the next one would learn it again from calls that may not be repeated.
//!
//! | file | subject |
//! |---|---|
//! | `record` | what is kept, and what of it holds after a while |
//! | `recalled` | what was found in the store, for the endpoints of this life |
//! | `alarm` | how calls wake the actor |
//! | `actor` | the shell: a bell, a timer and a store around them |
//!
//! One record for each upstream, with those of its endpoints that fail or are ejected, and how fast the others answer. The
//! first failure saves it, an ejection saves it at once, and while anybody is unwell it is saved again once a second where
//! something was heard. Once all are well it is deleted. Nothing is saved while there are no failures.

mod actor;
mod alarm;
mod recalled;
mod record;
#[cfg(test)]
mod tests;

pub(crate) use actor::{key, spec};
pub(crate) use alarm::Alarm;
pub(crate) use recalled::Recalled;
pub use record::{RECORD_VERSION, Record, RecordError};
