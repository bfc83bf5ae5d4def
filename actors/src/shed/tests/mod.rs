//! What is refused first.
#![allow(clippy::unwrap_used)]

mod levels;
mod overload;
