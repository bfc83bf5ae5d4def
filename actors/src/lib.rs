//! What lives in the tree: breakers, endpoints, upstreams, chains.
//!
//! Each kind of actor has a room of its own: what it decides is a pure `machine`, what has a mailbox is the
//! `actor`, what others hold is the `handle`. Callers read what was published and write their own counters; they
//! send no messages.
//!
//! Start at [`breaker`]: it has all the parts that an actor may have. A request's way begins at [`chain`], and its call at
//! [`upstream`].
//!
//! | room | what lives there |
//! |---|---|
//! | [`breaker`] | refuses calls to what is failing so that it can recover |
//! | [`keyed`] | a breaker for each tenant, route, user: made when needed, dropped when idle |
//! | [`discovery`] | who says which endpoints an upstream has, where they are not listed |
//! | [`registry`] | who is where, told by those who are there |
//! | [`upstream`] | a named service, its endpoints, and a call to one of them |
//! | [`readiness`] | whether each upstream was ever reached |
//! | [`factory`] | what is costly to make: made by the first use, once for all |
//! | [`balance`] | which endpoint of an upstream a call goes to |
//! | [`outlier`] | leaves out endpoints that are clearly worse than their siblings |
//! | [`reputation`] | what calls have taught of endpoints, kept across a crash |
//! | [`health`] | asks endpoints whether they are well |
//! | [`histogram`] | how often something took how long |
//! | [`probe`] | the port by which they are asked |
//! | [`chain`] | the ordered nodes that a request walks through |
//! | [`nodes`] | the nodes that come with a chain |
//! | [`pool`] | objects that are used again, leased by value |
//! | [`rate`] | so many requests in so much time, for all or for each key |
//! | [`request_id`] | the ids of requests |
//! | [`retry`] | when a call is made once more, and what that may cost |
//! | [`verdict`] | how a call ended, for the breaker in front of it |
//! | [`journal`] | the last events, for the next life of the process |
//! | [`revision`] | all that a request reads and an edit changes, in one pointer; who edits it |
//! | [`storage`] | how the store is, for everyone to see |
//!
//! `rate`, `concurrency` and `shed` are what the nodes of those names count and decide with; the node itself is in [`nodes`].
#![forbid(unsafe_code)]

pub mod balance;
pub mod breaker;
pub mod chain;
pub mod deadline;
pub mod discovery;
pub mod factory;
pub mod health;
pub mod histogram;
pub mod journal;
pub mod keyed;
pub mod nodes;
pub mod outlier;
pub mod pool;
pub mod probe;
pub mod rate;
pub mod readiness;
pub mod registry;
pub mod reputation;
pub mod request_id;
pub mod retry;
pub mod revision;
pub mod storage;
pub mod upstream;
pub mod verdict;

mod bell;
mod call;
mod concurrency;
mod cookie;
mod fnv;
#[cfg(test)]
mod paused;
mod shed;
mod stopwatch;
mod unix;

pub use call::CallError;
use hedgerow_supervisor::chance;
