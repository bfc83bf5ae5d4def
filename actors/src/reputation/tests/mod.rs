//! What is kept of endpoints, and what of it holds.

mod actor;
mod record;
