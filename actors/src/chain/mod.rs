//! The ordered nodes that a request walks through.
//!
//! | file | subject |
//! |---|---|
//! | `node` | what a node is: one step of a chain |
//! | `head` | the heads of requests and replies, whatever protocol brought them |
//! | `flow` | where a request goes from a node, and how it ends |
//! | `cx`, `attributes`, `waits` | what a node can do with the request in hand |
//! | `spawned` | work that goes on beside a request, and ends with it |
//! | `handle` | what callers hold |
//! | `cursor` | the walk of one request, as its adapter drives it: down, up, and to its end |
//! | `context` | what one request has in a chain, used again for others: the states of all nodes, and how far it has come |
//! | `step` | a filter beside its state, with their types erased |
//! | `deadline` | how long a request may take |
//! | `turned` | why a request was turned back |
//! | `slot`, `lead` | what stays while actors come and go: the plan, the counts, where it leads |
//! | `budget` | whether a node is over its panic budget, pure |
//! | `actor` | the actor behind each node: publishes its filter, restarts after a crash, keeps the budget |
//! | `spec` | the part of the tree that a chain is |
//! | `memory` | what a node keeps while its actors come and go |

mod actor;
mod attributes;
mod budget;
mod context;
mod cursor;
mod cx;
mod deadline;
mod flow;
mod handle;
mod head;
mod lead;
mod memory;
mod node;
mod slot;
mod spawned;
mod spec;
mod step;
#[cfg(test)]
mod tests;
mod turned;
mod waits;

pub use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

pub use attributes::Attributes;
pub use cursor::{Arrival, Cursor, Ending, Passage};
pub use cx::Cx;
pub use deadline::TimeLeft;
pub use flow::{End, Flow, Reply};
pub use handle::ChainHandle;
pub use head::{KnownId, NotEditable, ReplyHead, RequestHead};
pub use lead::Lead;
pub use memory::{Gauge, Memory};
pub use node::{Node, node_fn};
pub use spawned::NotSpawned;
pub use spec::{NodeSpec, spec};
pub use turned::Turned;
