//! Typed, lazy factories: what is costly to make (a client, a manager of connections, a model) is made by its first use.
//!
//! Starting makes nothing. The first use makes; those who come meanwhile wait for the same attempt, which goes on whoever of
//! them goes away. Where an attempt fails, a back-off begins, and callers are refused at once until it is over. What was made
//! is leased by one look at a pointer: no message, no lock.
//!
//! | file | subject |
//! |---|---|
//! | `policy` | scope, objective, limits |
//! | `recipe` | how the thing is made, closed, reset |
//! | `spawn` | the port through which work is run on threads without actors |
//! | `machine` | whether to make it now, pure |
//! | `record` | how first attempts went, held against the objective, pure |
//! | `held` | what was made, closed once nobody has it any more |
//! | `place` | one key: what is published for its callers |
//! | `slot` | what belongs to the factory's place in the tree |
//! | `attempt` | one attempt, from the pointer to the context that it runs under to its report |
//! | `actor` | begins attempts, publishes, retires |
//! | `lease` | what a caller has of it |
//! | `handle` | what callers hold of the factory |
//! | `waiting` | a caller who waits, in its trace |
//! | `shown` | what is shown of it |
//! | `spec` | the child that it is |

mod actor;
mod attempt;
mod handle;
mod held;
mod lease;
mod machine;
mod place;
mod policy;
mod recipe;
mod record;
mod shown;
mod slot;
mod spawn;
mod spec;
#[cfg(test)]
mod tests;
mod waiting;

pub use handle::FactoryHandle;
pub use lease::{FactoryLease, Sla, Standing};
pub use policy::{FactoryPolicy, FactoryScope, FactorySlo};
pub use recipe::Recipe;
pub use spawn::Spawn;
pub use spec::spec;
