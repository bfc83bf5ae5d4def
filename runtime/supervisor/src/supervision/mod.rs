//! Supervisors: who starts, watches, restarts and stops whom.
//!
//! | file | what it is |
//! |---|---|
//! | [`decide`] | the one restart decision |
//! | [`machine`] | what a supervisor does, pure |
//! | [`step`] | what goes into the machine, and what comes out of it |
//! | [`spec`] | what a user declares: children and supervisors as plain data |
//! | [`validate`] | every mistake in a tree of specs, before anything starts |
//! | [`actor`] | the shell that carries the machine's orders out |

pub(crate) mod actor;
pub(crate) mod decide;
pub(crate) mod machine;
pub(crate) mod spec;
pub(crate) mod step;
pub(crate) mod validate;

pub use decide::{AutoShutdown, Restart, Strategy};
pub use spec::{ChildSpec, Supervisor};
pub use step::Order;
pub use validate::{InvalidTree, SpecError};
