//! The admin listener: health, API, event stream and the page.
//!
//! [`Admin`] reads the [`Directory`](hedgerow_supervisor::Directory) of one mesh: published state, so that an actor
//! that is blocked or down is still shown, and reading slows nobody. It can be mounted in any actix-web app
//! ([`Admin::configure`]) or served on a listener of its own ([`serve`]).
//!
//! | path | what |
//! |---|---|
//! | `/` | the page |
//! | `/healthz`, `/livez`, `/readyz` | alive; ready or not, with `?verbose` and why |
//! | `/metrics` | Prometheus text |
//! | `/api/...` | JSON, and RFC 9457 problem documents |
//! | `/events` | what happens, as server-sent events |
//! | `/live` | everything the page shows, and what changes of it, as server-sent events |
//!
//! # What is refused
//! A `Host` that is neither loopback nor the listener's own (so that a name that was rebound to loopback reaches
//! nothing), a foreign `Origin` (so that a page elsewhere does nothing), a mutation without the token where one is set
//! or from beyond loopback where none is, and a mutation that is not `application/json`.
#![forbid(unsafe_code)]

mod access;
mod admin;
mod api;
mod audit;
mod health;
mod live;
mod mounting;
mod openapi;
mod page;
mod problem;
mod routes;
mod serve;
mod stream;

pub use admin::{Admin, Render};
pub use serve::{ServeError, serve};
