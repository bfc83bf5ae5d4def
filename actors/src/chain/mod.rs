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
//! | `outcome` | what becomes of a request, told to nodes that have asked for it |
//! | `cursor` | the walk of one request, as its adapter drives it: down, up, and to its end |
//! | `context` | what one request has in a chain, used again for others: the states of all nodes, and how far it has come |
//! | `walk` | down the nodes, back up, and to the end in each |
//! | `step` | a filter beside its state, with their types erased |
//! | `deadline` | how long a request may take |
//! | `body_limit` | how large a request's body may be |
//! | `came`, `trace_state` | the trace that a request came with, and what of it goes no further |
//! | `recorded` | the span of a request |
//! | `turned` | why a request was turned back |
//! | `docket` | in whose name a request is denied, and where that is kept |
//! | `slot`, `node_slot`, `lead` | what stays while actors come and go: who is in it, the counts, where it leads |
//! | `lineup` | which nodes stand in a chain, in what order, and how far requests came |
//! | `plan` | the filters that a request meets, in order |
//! | `published` | the revision in force: one pointer for all chains |
//! | `revisions` | the revisions of one mesh, and who makes the next |
//! | `edit`, `rearranged` | what can be changed while it serves, and what comes of it, pure |
//! | `change` | the steps of an edit: ask, prepare, publish, stop |
//! | `times`, `held` | how long nodes hold requests, of which some stand for all |
//! | `budget` | whether a node is over its panic budget, pure |
//! | `actor` | the actor behind each node: publishes its filter, restarts after a crash, keeps the budget |
//! | `quarantine`, `door` | which requests are refused at the door because those like them keep crashing a node |
//! | `serial` | nodes that answer their requests one at a time, in the mailbox of their actor |
//! | `spec` | the part of the tree that a chain is |
//! | `memory` | what a node keeps while its actors come and go |

mod actor;
mod attributes;
mod body_limit;
mod budget;
pub(crate) mod came;
mod change;
mod context;
mod cursor;
mod cx;
mod deadline;
mod docket;
mod door;
mod edit;
mod flow;
mod handle;
mod head;
mod held;
mod lead;
mod lineup;
mod memory;
mod node;
mod node_slot;
pub(crate) mod outcome;
mod plan;
mod published;
mod quarantine;
mod rearranged;
mod recorded;
mod revisions;
mod serial;
mod slot;
mod spawned;
mod spec;
mod step;
#[cfg(test)]
mod tests;
mod times;
mod trace_state;
mod turned;
mod waits;
mod walk;

pub use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

pub use attributes::Attributes;
pub use body_limit::BodyLimit;
pub(crate) use change::Prepared;
pub use cursor::{Arrival, Cursor, Ending, Passage};
pub use cx::Cx;
pub use deadline::TimeLeft;
pub use docket::Docket;
pub use edit::{Edit, EditError};
pub use flow::{End, Flow, Reply};
pub use handle::ChainHandle;
pub use head::{KnownId, NotEditable, ReplyHead, RequestHead};
pub use lead::Lead;
pub use memory::{Gauge, Memory};
pub use node::{Node, node_fn};
pub use node_slot::Touch;
pub(crate) use published::Published;
pub use published::Revision;
pub use rearranged::Misfit;
pub(crate) use revisions::Editor;
pub use revisions::Revisions;
pub use serial::{SerialLimits, SerialNode};
pub(crate) use slot::ChainSlot;
pub use spawned::NotSpawned;
pub use spec::{NodeSpec, spec};
pub use turned::Turned;
