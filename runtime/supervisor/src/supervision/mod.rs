//! Supervisors: who starts, watches, restarts and stops whom.
//!
//! | file | what it is |
//! |---|---|
//! | [`decide`] | the one restart decision |
//! | [`machine`] | what a supervisor does, pure |
//! | [`step`] | what goes into the machine, and what comes out of it |
//! | [`spec`] | what a user declares: children |
//! | [`supervisor`] | what a user declares: supervisors |
//! | [`validate`] | every mistake in a tree of specs, before anything starts |
//! | [`placing`] | puts supervisors and their children in their places |
//! | [`unplaced`] | an actor with its cell, on the way to their place |
//! | [`list`] | the children as everyone sees them, and who waits for what becomes of them |
//! | [`actor`] | the shell around the machine: what its children's cells tell it goes in, what it decides is carried out |
//! | [`messages`] | the orders that a supervisor takes |
//! | [`telling`] | what a supervisor tells of its children |
//! | [`waits`] | its back-offs, on one timer |
//! | [`children`] | what adds, deletes and counts the children of a supervisor at work |

pub(crate) mod actor;
pub(crate) mod children;
pub(crate) mod decide;
pub(crate) mod list;
pub(crate) mod machine;
pub(crate) mod messages;
pub(crate) mod placing;
pub(crate) mod spec;
pub(crate) mod step;
pub(crate) mod supervisor;
pub(crate) mod telling;
pub(crate) mod unplaced;
pub(crate) mod validate;
pub(crate) mod waits;

pub use children::{AddError, Children, DeleteError};
pub use decide::{AutoShutdown, Restart};
pub use list::Counts;
pub use spec::ChildSpec;
pub use step::{ChildEvents, Order};
pub use supervisor::Supervisor;
pub use validate::{InvalidTree, SpecError};
