//! HTTP in and out: the listener, the proxy and the pooled connections to endpoints.
//!
//! What a client sends is judged by a guard before the server sees it. A request that passes walks down a chain, passes
//! the gate of an endpoint, and goes out over a pooled connection. hyper drives both sides. Bodies are streamed in both
//! directions and never held as a whole: who is slow to read slows down who writes.
//!
//! Start at [`listener::spec`], the child that serves a chain on a socket, or at [`adapter::ChainAdapters`], which puts a chain around
//! what serves already.
//!
//! | file | subject |
//! |---|---|
//! | `listener` | the actor that owns a listening socket and the server behind it |
//! | `connection` | a client's connection: what comes is guarded, what goes is timed, and its end is a proper one |
//! | `guard` | which requests the server gets to see |
//! | `admission` | how many requests a worker has under way at once, and who waits |
//! | `ingress` | a worker: what one thread of the server has for itself |
//! | `exchange` | the way of one request |
//! | `deadline`, `limit` | how long a call may take |
//! | `target` | whom and what a request is for, as an endpoint is asked |
//! | `path` | the one form of a path |
//! | `reply` | replies as the nodes of a chain see them on their way out |
//! | `headers` | which fields are passed on, and which are added |
//! | `request_id` | the id that a request keeps or is given |
//! | `told` | what an answer says of its request |
//! | `body` | bodies on their way, in both directions |
//! | `wire` | connections to endpoints: shelf, dial, send |
//! | `probe` | asks endpoints whether they are there and well |
//! | `denied` | why a request gets an answer of our own |
//! | `answer` | answers of our own |
//! | `escape` | values that strangers have a say in, as a header field holds them |
//! | `account` | what is known of a request that was denied |
//! | `adapter` | a chain around what is no gateway: a server's handlers, a client, a call |
//! | `resolve` | looks names up |
//! | `bind` | opens listening sockets |
//!
//! # What is guaranteed
//! - A request comes out as exactly one request that can be read in one way only, or not at all; and every answer goes to
//!   who asked for it.
//! - No lock is taken and no message is sent for a request that is answered at the first attempt: connections and counters belong to the worker's thread.
//! - A request is sent a second time only where the endpoint cannot have acted on it, or where acting twice is allowed:
//!   see `wire` and `exchange`.
//! - An endpoint's answer is read by the letter before hyper sees it: it can be read in one way only, or is a 502. See
//!   `wire::scan`.
//! - A connection is used again only when request and answer before were read to their ends, and nothing stood behind it.
//! - Every refusal says who refused, by which rule, and carries the request's id; and the client can read it.
//! - A body is never taken for whole where it was not: an answer that breaks off resets the client's connection.
//!
//! # Limits
//! HTTP/1.1 and 1.0 in clear text come in, HTTP/1.1 goes out. `CONNECT` and `Upgrade` are answered 501. `100
//! Continue` is sent when an endpoint has been found for the request, not when that says so. Other interim answers (1xx) are
//! passed on while the client takes what is written to it. Trailers are passed on where `Trailer` announces them.
//!
//! An endpoint's head has at most 100 fields and 64 KiB of them, a status line 4 KiB; before an answer there are at most 16
//! interim ones; its trailers have at most 8 KiB, its chunk extensions 4 KiB. A body is as large as it likes, and never held
//! as a whole; but the first bytes of a request that may be sent again are kept until its answer has ended (`replayBytes`).
//!
//! A client that closes its sending side while it waits is given some seconds (`halfClosedTime`), as it may have gone away.
//! One that goes away while its body is held back is noticed when the call's time is over.
#![forbid(unsafe_code)]

mod account;
pub mod adapter;
mod admission;
mod answer;
mod bind;
mod body;
mod connection;
mod deadline;
mod denied;
mod escape;
mod exchange;
mod guard;
mod headers;
mod ingress;
mod leasing;
mod limit;
pub mod listener;
mod path;
mod probe;
mod reply;
mod request_id;
mod resolve;
mod target;
mod told;
mod wire;

pub use bind::{ListeningSocket, bind};
pub use probe::Prober;
pub use resolve::Dns;
