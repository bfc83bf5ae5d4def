//! Internal member: the kit with which the tests run the gateway from outside, as a process with real sockets.
//!
//! | module | what it is |
//! |---|---|
//! | [`gateway`] | the gateway as a child process, never outliving its test |
//! | [`program`] | where its program is, and a run of it that is expected to end by itself |
//! | [`config`] | config files of gateways |
//! | [`corpus`] | requests that strangers send, and what is to become of them |
//! | [`endpoint`] | a scripted HTTP server behind the gateway that counts what reaches it |
//! | [`script`] | a service that is broken as a test says, and what a client sees of it |
//! | [`fuzz`](mod@fuzz) | inputs that were made at random |
//! | [`names`] | a scripted name server |
//! | [`recorder`] | an endpoint that takes requests in one canonical form only, and takes them down |
//! | [`client`] | as much HTTP/1.1 as a client needs |
//! | [`stream`] | the live events |
//! | [`wire`] | heads and bodies, for both sides |
//! | [`cgroup`] | a control group around the gateway |
//! | [`place`] | a directory of a test's own |
//! | [`patience`] | waiting for a state, with a deadline |
#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

pub mod cgroup;
pub mod client;
pub mod config;
pub mod corpus;
pub mod endpoint;
pub mod fuzz;
pub mod gateway;
pub mod names;
pub mod patience;
pub mod place;
pub mod program;
pub mod recorder;
pub mod script;
pub mod stream;
pub mod wire;

pub use client::{Answer, Connection};
pub use endpoint::{ClosedPort, Endpoint, FullPort, Mood};
pub use fuzz::fuzz;
pub use gateway::{Gateway, breaker_id, breaker_path};
pub use names::NameServer;
pub use patience::eventually;
pub use place::Place;
