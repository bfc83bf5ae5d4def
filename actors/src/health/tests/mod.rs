#![allow(clippy::unwrap_used)]

mod actor;
mod machine;
