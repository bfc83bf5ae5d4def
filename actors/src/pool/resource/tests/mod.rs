#![allow(clippy::unwrap_used)]

mod bound;
mod hammer;
