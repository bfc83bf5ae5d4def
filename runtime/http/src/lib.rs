//! HTTP in and out: the listener, the proxy and the pooled connections to endpoints.
//!
//! A request comes in through actix-web's server, walks down a chain, passes the gate of an endpoint, and goes out over
//! a pooled connection that hyper drives. Bodies are streamed in both directions and never held as a whole: who is slow
//! to read slows down who writes.
//!
//! | file | subject |
//! |---|---|
//! | `listener` | the actor that owns a listening socket and the server behind it |
//! | `ingress` | a worker: what one thread of the server has for itself |
//! | `framing` | requests that are not passed on, because peers could read them differently |
//! | `exchange` | the way of one request |
//! | `reply` | replies as the nodes of a chain see them on their way out |
//! | `headers` | which fields are passed on, and which are added |
//! | `request_id` | the id that a request keeps or is given |
//! | `body` | bodies on their way, in both directions |
//! | `wire` | connections to endpoints: shelf, dial, send |
//! | `denied` | why a request gets an answer of our own |
//! | `answer` | answers of our own |
//! | `bind` | opens listening sockets |
//!
//! # What is guaranteed
//! - No lock is taken and no message is sent for a request: connections and counters belong to the worker's thread.
//! - A request is sent a second time only where the endpoint cannot have acted on it, or where acting twice is allowed:
//!   see `wire`.
//! - A connection is used again only when the answer before was read to its end.
//!
//! # Limits
//! HTTP/1.1 and 1.0 in clear text come in, HTTP/1.1 goes out. `CONNECT` and `Upgrade` are answered 501. What the server
//! cannot parse at all it answers 400, 408 or 431 by itself, without the fields that our answers carry. A client that
//! closes its sending side while it waits is taken as gone; one that goes away while its body is held back is noticed
//! when the call's time is over. A client that reads slowly may hold a connection for as long as it likes.
//!
//! The server keeps version, `HEAD` and `Connection` by connection, not by request: a client that pipelines must not mix
//! `HEAD` with other methods, nor HTTP/1.0 with 1.1. An answer there may lack its body, or the connection may close.
#![forbid(unsafe_code)]

mod answer;
mod bind;
mod body;
mod denied;
mod exchange;
mod framing;
mod headers;
mod ingress;
pub mod listener;
mod reply;
mod request_id;
mod wire;

pub use bind::{ListeningSocket, bind};
