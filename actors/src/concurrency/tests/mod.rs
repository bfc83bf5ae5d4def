//! What a limit of those at once promises.
#![allow(clippy::unwrap_used)]

mod gradient;
mod hammer;
mod queue;
