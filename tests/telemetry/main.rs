//! What the gateway tells a collector of OpenTelemetry, and what becomes of requests where the collector does not listen.
#![allow(clippy::unwrap_used)]

mod collector;
mod deaf;
mod rejects;
mod spans;
mod told;
