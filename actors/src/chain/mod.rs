//! The ordered nodes that a request walks through.
//!
//! | file | subject |
//! |---|---|
//! | `node` | what a node is: one step of a chain |
//! | `route` | the node that chooses the upstream |
//! | `walk` | what callers hold: a walk down the nodes |
//! | `actor` | the actor behind each node: publishes its filter, and restarts after a crash |
//! | `spec` | the part of the tree that a chain is |

mod actor;
mod node;
mod route;
mod spec;
#[cfg(test)]
mod tests;
mod walk;

pub use node::{Flow, Node, RequestHead, Steps};
pub use spec::{NodeSpec, spec};
pub use walk::{ChainHandle, Lead, Turned};
