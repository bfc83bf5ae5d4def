//! The same chain around an axum app, an actix-web app, clients of hyper and of reqwest, a gRPC server and a gRPC client of
//! tonic, and a plain call: the same answers, over real sockets, and every node that was entered is ended once.
#![allow(clippy::unwrap_used)]

mod bodies;
mod deadlines;
mod gone;
mod heads;
mod layer;
mod nodes;
mod own_errors;
mod readiness;
mod request_bodies;
mod service;
mod stands;
mod table;
